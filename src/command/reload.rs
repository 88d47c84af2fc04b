//! `logbell reload`, and SIGHUP: a configuration that was changed is read, checked and handed to a running
//! agent.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::config::{Diagnostics, Level, Secrets, Settings, Style};
use crate::control::{self, Reply, Request};
use crate::pipeline::{Answer, Orders};

use super::load::{load, load_quietly};
use super::{StoreArgs, error_text};

/// The arguments of `logbell reload`.
#[derive(Args, Clone, Debug)]
pub struct ReloadArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Has the agent that runs on a state directory read its configuration anew, and says what changed.
///
/// Exits with 0 when it was taken, with 1 if it is wrong and the one of before stays, with 2 if no agent
/// can be asked.
pub fn run(args: &ReloadArgs) -> ExitCode {
    match ask(args) {
        Ok(Reply::Ok(said)) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Ok(Reply::Error(why)) => {
            eprintln!(
                "{}\nerror: the agent goes on with the configuration of before",
                why.trim_end()
            );
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("error: {}", error_text(&*error));
            ExitCode::from(2)
        }
    }
}

fn ask(args: &ReloadArgs) -> Result<Reply, Box<dyn Error>> {
    // What is wrong is shown with the colours of a terminal, and nothing is disturbed by it.
    if let Some(config) = &args.store.config
        && load(config, Secrets::Skip)?.is_none()
    {
        return Ok(Reply::Error(String::new()));
    }
    let state = args.store.state()?;
    let reply = control::ask(&state, &Request::Reload)?;
    reply.ok_or_else(|| format!("no agent runs on `{}`", state.display()).into())
}

/// Hands an agent its configuration anew. Clones do so one after the other.
#[derive(Clone, Debug)]
pub(super) struct Reloads {
    config: Arc<Path>,
    orders: Orders,
    /// Held by who reads it: what was read later must not be taken earlier.
    turn: Arc<Mutex<()>>,
}

/// What was read.
enum Read {
    /// Settings, with what there is to remark.
    Right(Box<Settings>, String),
    /// What is wrong, in a sentence, and in full.
    Wrong(String, String),
}

impl Reloads {
    /// Reloads of the file `config`, which is found wherever the program goes.
    pub(super) fn new(config: &Path, orders: Orders) -> Self {
        let config: PathBuf = std::path::absolute(config).unwrap_or_else(|_| config.into());
        Self { config: config.into(), orders, turn: Arc::default() }
    }

    /// Reads and checks the configuration and hands it over. The one of before stays where anything is
    /// wrong, which is logged, and returned.
    pub(super) async fn reload(&self) -> Answer {
        let _turn = self.turn.lock().await;
        let (config, orders) = (Arc::clone(&self.config), self.orders.clone());
        // It reads files, and compiles patterns for as long as that takes.
        let given = spawn_blocking(move || match read(&config) {
            Read::Right(settings, remarks) => {
                if !remarks.is_empty() {
                    tracing::warn!("{}\n{remarks}", config.display());
                }
                orders.reload(*settings).map_err(|error| {
                    let why = error_text(&error);
                    tracing::error!(
                        "the configuration cannot be used, and the one at hand stays: {why}"
                    );
                    drop(orders.keep(format!("the configuration was not taken: {why}")));
                    why
                })
            }
            Read::Wrong(why, all) => {
                tracing::error!("the configuration is wrong, and the one at hand stays\n{all}");
                drop(orders.keep(why));
                Err(all)
            }
        });
        let given = given.await.map_err(|error| error.to_string())?;
        let answered = given?.await;
        answered.unwrap_or_else(|_| Err("the agent stops".to_owned()))
    }
}

/// Reads and checks the configuration.
fn read(config: &Path) -> Read {
    let loaded = match load_quietly(config, Secrets::Fetch) {
        Ok(loaded) => loaded,
        Err(error) => {
            let why = error_text(&*error);
            return Read::Wrong(format!("the configuration was not taken: {why}"), why);
        }
    };
    let all = loaded.diagnostics.render(Style::Plain);
    match loaded.settings {
        Some(settings) => Read::Right(Box::new(settings), all),
        None => Read::Wrong(in_a_sentence(&loaded.diagnostics), all),
    }
}

/// What is wrong, in short: it stands in the status until it is right.
fn in_a_sentence(diagnostics: &Diagnostics) -> String {
    let first = diagnostics.iter().find(|own| own.level == Level::Error);
    let first = first.map_or("", |own| &own.message);
    let others = match diagnostics.n_errors() {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    format!("the configuration was not taken: {first}{others}")
}
