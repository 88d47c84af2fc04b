//! One file a command: its arguments, what it prints, how it exits.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 yes, 1 the answer is no, 2 could
//! not run.

pub mod check;
pub mod demo;
pub mod explain;
pub mod history;
pub mod mute;
pub mod mutes;
pub mod packs;
pub mod reload;
pub mod replay;
pub mod room;
pub mod run;
pub mod status;
pub mod test;
pub mod why;

mod files;
mod json;
mod load;
mod progress;
mod table;
mod terminal;
mod time;

use std::error::Error;
use std::path::PathBuf;

use clap::Args;

use crate::config::{self, LoadError, Secrets, System};
use crate::store::{Reader, StoreError};

/// Where the store is that a command reads.
#[derive(Args, Clone, Debug)]
#[group(multiple = false)]
pub struct StoreArgs {
    /// The configuration whose `state` directory to read
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The state directory to read; by default `$STATE_DIRECTORY`, or `/var/lib/logbell`
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// Why the store cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The configuration is wrong.
    #[error("the configuration is wrong; `logbell check` says where")]
    Wrong,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreArgs {
    fn open(&self) -> Result<Reader, ReadError> {
        Ok(Reader::open(&self.state()?)?)
    }

    fn state(&self) -> Result<PathBuf, ReadError> {
        Ok(match (&self.config, &self.state) {
            (Some(config), _) => {
                let loaded = config::load(config, &System, Secrets::Skip)?;
                loaded.settings.ok_or(ReadError::Wrong)?.state
            }
            (None, Some(state)) => state.clone(),
            (None, None) => config::default_state(&System),
        })
    }
}

/// `error` with everything that led to it, on one line.
pub fn error_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
