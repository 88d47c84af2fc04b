//! `logbell run`: follow the logs and post to Chat, until stopped.

use std::error::Error;
use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use crate::config::{self, Secrets, Settings, Surroundings as _, System};
use crate::matcher::{Simd, SimdError};
use crate::pipeline::{Agent, Stopper};
use crate::telemetry::{log, server};

use super::check::counted;
use super::error_text;
use super::terminal::StopSignals;

/// Signals that come this soon after the first are taken for the same.
const ONE_SIGNAL: Duration = Duration::from_millis(300);

/// The environment variable that forces the matcher to use other instructions than the best that the
/// processor has: `off`, `avx2`, `avx512` or `neon`.
const SIMD: &str = "LOGBELL_SIMD";

/// Why [`SIMD`] cannot be followed.
#[derive(Debug, thiserror::Error)]
#[error("`{SIMD}`")]
struct SimdVariableError(#[source] SimdError);

/// The arguments of `logbell run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// The configuration
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs the agent until Ctrl-C or SIGTERM; a second one ends it at once.
///
/// Exits with 0 when it was stopped, with 1 if the configuration is wrong, with 2 if it cannot
/// start.
pub fn run(args: &RunArgs) -> ExitCode {
    let mut settings = match load(args) {
        Ok(Some(settings)) => settings,
        Ok(None) => return ExitCode::from(1),
        Err(error) => return fail(&error),
    };
    settings.simd = match simd(System.variable(SIMD)) {
        Ok(simd) => simd,
        Err(error) => return fail(&error),
    };
    log::start();
    match start(&settings) {
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

/// The settings; `None` where the configuration is wrong, which has been said then.
fn load(args: &RunArgs) -> Result<Option<Settings>, config::LoadError> {
    let loaded = config::load(&args.config, &System, Secrets::Fetch)?;
    eprint!("{}", loaded.diagnostics.render(super::check::style()));
    Ok(loaded.settings)
}

/// The instructions that the environment asks for.
fn simd(variable: Option<OsString>) -> Result<Simd, SimdVariableError> {
    let name = variable.unwrap_or_default();
    name.to_string_lossy().parse().and_then(Simd::checked).map_err(SimdVariableError)
}

fn start(settings: &Settings) -> Result<(Agent, Runtime), Box<dyn Error>> {
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
    stop_on_signal(&runtime, signals, agent.stopper());
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

fn stop_on_signal(runtime: &Runtime, mut signals: StopSignals, stopper: Stopper) {
    runtime.spawn(async move {
        signals.next().await;
        tracing::info!("stopping: saving what was read, sending what is due");
        stopper.stop();
        // Some senders, like timeout(1), send the same signal twice.
        tokio::time::sleep(ONE_SIGNAL).await;
        let Ok(mut signals) = StopSignals::listen() else { return };
        signals.next().await;
        // Safe at any moment: what is not saved is read again, what is not sent is sent later.
        std::process::exit(130);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_that_are_unknown_or_missing_are_refused_with_what_to_write() {
        assert_eq!(simd(None).unwrap(), Simd::Best);
        assert_eq!(simd(Some("off".into())).unwrap(), Simd::Off);
        let error = simd(Some("fast".into())).unwrap_err();
        let text = error_text(&error);
        assert!(text.contains("LOGBELL_SIMD") && text.contains("`avx2`"), "{text}");
        for missing in Simd::ALL.into_iter().filter(|simd| simd.checked().is_err()) {
            let text = error_text(&simd(Some(missing.name().into())).unwrap_err());
            assert!(text.contains("processor") && text.contains("`off`"), "{text}");
        }
    }
}
