//! `logbell room`: a stand-in for a Chat space that draws what is posted to it.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::broadcast::error::RecvError;

use crate::chat::room::{
    self, DrawOptions, Event, Fault, Faults, Pace, Probability, Room, RoomOptions, draw,
    parse_duration, printable,
};

use super::json;
use super::terminal::{self, StopSignals};

/// A Google Chat space on this host: shows what is posted to it, and fails on demand.
#[derive(clap::Args, Clone, Debug)]
pub struct RoomArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = room::LISTEN)]
    pub listen: SocketAddr,

    /// Answer this status, for this long from the first post on; one after another if repeated
    #[arg(long, value_name = "STATUS[:DURATION]")]
    pub fail: Vec<Fault>,

    /// Take a message but close the connection without an answer, this often (0 to 1)
    #[arg(long, value_name = "PROBABILITY", default_value = "0")]
    pub drop_answers: Probability,

    /// Answer this late
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    pub slow: Duration,

    /// Take more than one post a second to a space
    #[arg(long)]
    pub no_pace: bool,

    /// Make the same chances happen each time
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// Write one JSON object a line for each message instead of drawing it
    #[arg(long)]
    pub json: bool,
}

/// Why the room could not be opened or kept open.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// Another process listens there.
    #[error(
        "cannot listen on `{0}`: address in use; stop what uses it or choose another with `--listen`"
    )]
    InUse(SocketAddr),
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on `{address}`; choose another with `--listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason.
        source: io::Error,
    },
    /// No threads or signals were to be had.
    #[error("cannot start; see the limits of this process")]
    Start(#[source] io::Error),
    /// Standard output takes nothing more.
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
}

/// Keeps a room open until Ctrl-C, SIGTERM, or until nobody reads its output any more.
///
/// # Errors
/// The operator's or the system's: see [`RoomError`].
pub fn run(args: &RoomArgs) -> Result<(), RoomError> {
    // The room is served by the worker, so that it answers however slowly its output is read.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().map_err(RoomError::Start)?;
    runtime.block_on(keep_open(args))
}

async fn keep_open(args: &RoomArgs) -> Result<(), RoomError> {
    let mut signals = StopSignals::listen().map_err(RoomError::Start)?;
    let opened = Room::start(args.options()).await;
    let room = opened.map_err(|error| RoomError::listen(args.listen, error))?;
    let mut events = room.events();
    note(&invitation(&room));
    let mut tally = Tally::default();
    loop {
        let event = tokio::select! {
            () = signals.next() => break,
            event = events.recv() => event,
        };
        match event {
            Ok(event) => {
                tally.count(&event);
                match args.show(&event) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                    shown => shown.map_err(RoomError::Write)?,
                }
            }
            Err(RecvError::Lagged(n)) => note(&format!("{n} events are not shown: too many")),
            Err(RecvError::Closed) => break,
        }
    }
    note(&tally.to_string());
    Ok(())
}

impl RoomArgs {
    fn options(&self) -> RoomOptions {
        let faults = Faults {
            fail: self.fail.clone(),
            drop_answers: self.drop_answers,
            slow: self.slow,
            retry_after: None,
        };
        let pace = (!self.no_pace).then(Pace::default);
        RoomOptions { listen: self.listen, pace, faults, seed: self.seed }
    }

    /// Messages go to standard output, everything else to standard error.
    fn show(&self, event: &Event) -> io::Result<()> {
        match event {
            Event::Taken(received) if self.json => {
                let mut out = io::stdout().lock();
                out.write_all(json::line(received).as_bytes())?;
                out.flush()
            }
            Event::Taken(received) => {
                let zone = TimeZone::system();
                let drawn =
                    draw(received, &DrawOptions { width: terminal::width(), color: true, zone });
                // Leaves out the styles where they are not wanted.
                let mut out = anstream::stdout().lock();
                out.write_all(drawn.as_bytes())?;
                out.flush()
            }
            Event::Repeated(received) => {
                let (name, n) = (&received.name, received.repeats);
                note(&format!("repeated: {name} ({n} so far); kept once"));
                Ok(())
            }
            Event::Refused { status, why } => {
                note(&format!("refused: {status} {why}"));
                Ok(())
            }
        }
    }
}

impl RoomError {
    fn listen(address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::InUse(address),
            _ => Self::Listen { address, source: error },
        }
    }
}

/// What has happened so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
    taken: u64,
    repeated: u64,
    refused: u64,
}

impl Tally {
    fn count(&mut self, event: &Event) {
        match event {
            Event::Taken(_) => self.taken += 1,
            Event::Repeated(_) => self.repeated += 1,
            Event::Refused { .. } => self.refused += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, repeated, refused } = self;
        write!(f, "taken: {taken}, repeated: {repeated}, refused: {refused}")
    }
}

/// What to put into a configuration to post here.
fn invitation(room: &Room) -> String {
    let url = room.webhook_url("room");
    let short = if url == room::WEBHOOK { "; `url = \"room\"` stands for it" } else { "" };
    format!("listening on {}; Ctrl-C ends it\nwebhook: {url}{short}", room.address())
}

/// Writes lines to standard error. Where nobody reads it, there is nobody to tell.
fn note(lines: &str) {
    let mut out = anstream::stderr().lock();
    for line in lines.lines() {
        let _ = writeln!(out, "{}", printable(line));
    }
}

#[cfg(test)]
mod tests;
