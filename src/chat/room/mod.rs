//! The local stand-in for Chat's spaces: takes what Chat takes, refuses what Chat refuses.
//!
//! For trying out rules without a space, and for tests. It keeps to what is documented of incoming
//! webhooks, and is stricter in two things that Chat passes over in silence: unknown query
//! parameters, and cards with too many widgets, which Chat would cut.
//!
//! `POST /v1/spaces/SPACE/messages?key=…&token=…` posts; `GET /messages`, which Chat does not have,
//! returns what was taken as a JSON array, for scripts.

mod draw;
mod fault;
mod pace;
mod request;
mod serve;
mod state;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;

pub use draw::{DrawOptions, draw, printable};
pub use fault::{Fault, FaultError, Faults, Probability, parse_duration};
pub use pace::Pace;
pub use state::{Event, Logged, MAX_REMEMBERED, Received};

/// Where a room listens unless told otherwise.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9601);

/// The webhook of a room that listens at [`LISTEN`]; what `url = "room"` stands for.
pub const WEBHOOK: &str = "http://127.0.0.1:9601/v1/spaces/room/messages?key=room&token=room";

/// Events that wait for one who watches; then the oldest are lost to him.
const MAX_EVENTS: usize = 1024;

/// How a room is set up.
#[derive(Clone, PartialEq, Debug)]
pub struct RoomOptions {
    /// Where it listens. [`LISTEN`] by default; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How often a space may be posted to; `None` for as often as anyone likes.
    pub pace: Option<Pace>,
    /// What it does wrong.
    pub faults: Faults,
    /// What decides about chances; a new one each time without.
    pub seed: Option<u64>,
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self { listen: LISTEN, pace: Some(Pace::default()), faults: Faults::default(), seed: None }
    }
}

impl RoomOptions {
    /// For tests: a free port of this host, and no pace.
    pub fn for_tests() -> Self {
        let listen = SocketAddr::new(LISTEN.ip(), 0);
        Self { listen, pace: None, seed: Some(1), ..Self::default() }
    }
}

/// Spaces that can be posted to, until it is dropped.
///
/// It remembers the last [`MAX_REMEMBERED`] messages and requests.
#[derive(Debug)]
pub struct Room {
    shared: Arc<serve::Shared>,
    address: SocketAddr,
    server: JoinHandle<std::convert::Infallible>,
}

impl Room {
    /// Opens a room, on the runtime that this is called on.
    ///
    /// # Errors
    /// The operator's: the address is in use, or is not this host's.
    pub async fn start(options: RoomOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let random = options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let state = state::State::new(pace::Pacer::new(options.pace), options.faults, random);
        let shared = Arc::new(serve::Shared::new(state, broadcast::Sender::new(MAX_EVENTS)));
        let server = tokio::spawn(serve::accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The webhook of one of its spaces. Any name is a space, and any key and token will do.
    pub fn webhook_url(&self, space: &str) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let address = SocketAddr::new(ip, self.address.port());
        format!("http://{address}/v1/spaces/{space}/messages?key=room&token=room")
    }

    /// Changes what it does wrong. Time begins anew for [`Faults::fail`].
    pub fn set_faults(&self, faults: Faults) {
        self.shared.state().set_faults(faults);
    }

    /// The messages that it has taken, oldest first.
    pub fn messages(&self) -> Vec<Received> {
        self.shared.state().messages().iter().cloned().collect()
    }

    /// The requests that it has answered, oldest first.
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.state().requests().iter().cloned().collect()
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// Waits until it has taken `n` messages in all, and returns those that it remembers.
    ///
    /// # Errors
    /// It has not within `timeout`.
    pub async fn wait_for(&self, n: usize, timeout: Duration) -> Result<Vec<Received>, Elapsed> {
        let mut taken = self.shared.n_taken.subscribe();
        // The sender is in `shared`: the channel is open as long as we are here.
        let _ = tokio::time::timeout(timeout, taken.wait_for(|taken| *taken >= n)).await?;
        Ok(self.messages())
    }

    /// Closes it and all connections to it, and waits until that is done.
    pub async fn close(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[cfg(test)]
mod tests;
