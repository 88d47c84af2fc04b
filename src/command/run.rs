//! `logbell run`: follow the logs and post to Chat, until stopped.

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::config::{Secrets, Settings};
use crate::control::{self, Reply, Request};
use crate::pipeline::{Agent, Orders, Stopper};
use crate::telemetry::{log, server};

use super::check::counted;
use super::error_text;
use super::load::load;
use super::reload::Reloads;
use super::terminal::{StopSignals, Wish};

/// Signals that come this soon after the first are taken for the same.
const ONE_SIGNAL: Duration = Duration::from_millis(300);

/// The arguments of `logbell run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// The configuration
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs the agent until Ctrl-C or SIGTERM; a second one ends it at once. SIGHUP has it read its
/// configuration anew.
///
/// Exits with 0 when it was stopped, with 1 if the configuration is wrong, with 2 if it cannot
/// start.
pub fn run(args: &RunArgs) -> ExitCode {
    let settings = match load(&args.config, Secrets::Fetch) {
        Ok(Some(settings)) => settings,
        Ok(None) => return ExitCode::from(1),
        Err(error) => return fail(&*error),
    };
    log::start();
    match start(&settings, &args.config) {
        Ok((agent, runtime)) => {
            agent.join();
            // Nobody waits for a post that Chat does not answer: it is repeated at the next start.
            runtime.shutdown_background();
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&*error),
    }
}

fn start(settings: &Settings, config: &Path) -> Result<(Agent, Runtime), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("deliver")
        .enable_all()
        .build()?;
    // Before the agent says that it is ready: who is told so may ask at once, or stop it.
    let page = settings.listen.and_then(listen);
    let signals = {
        let _entered = runtime.enter();
        StopSignals::listen()?
    };
    let agent = Agent::start(settings, runtime.handle())?;
    let reloads = Reloads::new(config, agent.orders());
    match control::bind(&settings.state) {
        Ok(listener) => take_orders(&runtime, listener, agent.orders(), reloads.clone()),
        Err(error) => tracing::error!("{error}"),
    }
    on_signals(&runtime, signals, agent.stopper(), reloads);
    if let Some(listener) = page {
        serve(&runtime, listener, &agent);
    }
    let (version, state) = (env!("CARGO_PKG_VERSION"), settings.state.display());
    let rules = counted(settings.rules.len(), "rule");
    let webhooks = counted(settings.webhooks.len(), "webhook");
    let host = &settings.host;
    tracing::info!("logbell {version} on `{host}`: {rules}, {webhooks}, state in `{state}`");
    Ok((agent, runtime))
}

fn on_signals(runtime: &Runtime, mut signals: StopSignals, stopper: Stopper, reloads: Reloads) {
    let wish = Arc::new(Notify::new());
    let wished = Arc::clone(&wish);
    runtime.spawn(async move {
        loop {
            // A signal that comes while it is at it counts for one reload after it: the file may have
            // been changed again.
            wished.notified().await;
            // What comes of it is logged where it is decided.
            let _ = reloads.reload().await;
        }
    });
    runtime.spawn(async move {
        // A reload may take long, or wait for a full disk, and must not keep the agent from stopping.
        while signals.next_wish().await == Wish::Reload {
            wish.notify_one();
        }
        tracing::info!("stopping: saving what was read, sending what is due");
        stopper.stop();
        // Some senders, like timeout(1), send the same signal twice.
        tokio::time::sleep(ONE_SIGNAL).await;
        let Ok(mut signals) = StopSignals::listen() else { return };
        signals.next_stop().await;
        // Safe at any moment: what is not saved is read again, what is not sent is sent later.
        std::process::exit(130);
    });
}

/// Does what is asked for over the socket in the state directory.
fn take_orders(runtime: &Runtime, listener: UnixListener, orders: Orders, reloads: Reloads) {
    let follow = move |request| {
        let (orders, reloads) = (orders.clone(), reloads.clone());
        async move {
            let answer = match request {
                Request::Mute(order) => orders.mute(order).await,
                Request::Unmute(which) => orders.unmute(which).await,
                Request::Reload => Ok(reloads.reload().await),
            };
            match answer {
                Ok(Ok(said)) => Reply::Ok(said),
                Ok(Err(why)) => Reply::Error(why),
                Err(_) => Reply::Error("the agent stops".to_owned()),
            }
        }
    };
    runtime.spawn(async move {
        if let Err(error) = control::serve(listener, follow).await {
            tracing::error!("no more orders are taken: {error}");
        }
    });
}

/// Takes the address of the local page. Without it the agent does its work all the same.
fn listen(address: SocketAddr) -> Option<TcpListener> {
    let bound = server::bind(address);
    match &bound {
        Ok(listener) => {
            let address = listener.local_addr().unwrap_or(address);
            tracing::info!("health and metrics on http://{address}");
        }
        Err(error) => tracing::error!("{error}"),
    }
    bound.ok()
}

fn serve(runtime: &Runtime, listener: TcpListener, agent: &Agent) {
    let pages = server::serve(listener, agent.health().clone(), agent.metrics().clone());
    runtime.spawn(async move {
        if let Err(error) = pages.await {
            tracing::error!("the local page has ended: {error}");
        }
    });
}

fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    eprintln!("error: {}", error_text(error));
    ExitCode::from(2)
}
