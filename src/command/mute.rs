//! `logbell mute`, `logbell unmute`: what is not to be told for some time.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::clock::Clock;
use crate::config::{Surroundings as _, System, nearest};
use crate::control::{Reply, Request};
use crate::flow::{Mute, MuteId, MuteOrder, Selector, SelectorError, Timestamp, Which};
use crate::store::{Batch, Reader, Saved, Store, StoreError};

use super::mutes::row_text;
use super::{ReadError, StoreArgs, error_text};

/// The arguments of `logbell mute`.
#[derive(Args, Clone, Debug)]
pub struct MuteArgs {
    /// What is meant: `rule=…`, `severity=…`, `source=…`, or a word of a rule's `group_by` or a label;
    /// `*` stands for any characters, and all of them have to fit
    #[arg(value_name = "MATCHERS", required = true)]
    matchers: Vec<String>,
    /// For how long, at most 30d
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = crate::config::parse_duration)]
    lasts: Duration,
    /// End when what is open of it is over, if that comes first
    #[arg(long)]
    until_resolved: bool,
    /// Why, for others to see
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    #[command(flatten)]
    store: StoreArgs,
}

/// The arguments of `logbell unmute`.
#[derive(Args, Clone, Debug)]
pub struct UnmuteArgs {
    /// A mute's id, or its matchers as they were written
    #[arg(value_name = "ID|MATCHERS", required_unless_present = "all")]
    which: Vec<String>,
    /// End all mutes
    #[arg(long, conflicts_with = "which")]
    all: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Why nothing was muted or unmuted.
#[derive(Debug, thiserror::Error)]
pub enum MuteError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The agent gave no answer.
    #[error(transparent)]
    Ask(#[from] crate::control::AskError),
    /// The matchers are wrong.
    #[error("`{text}`: {source}")]
    Selector {
        /// What was written.
        text: String,
        /// What is wrong with it.
        source: SelectorError,
    },
    /// It cannot be done.
    #[error("{0}")]
    Refused(String),
}

/// Mutes what is meant, at once where an agent runs, and else from the next start on.
///
/// # Errors
/// The operator's: see [`MuteError`]. Nothing is muted then.
pub fn mute(args: &MuteArgs) -> Result<(), MuteError> {
    let selector = selector(&args.matchers)?;
    let who = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| System.variable(name));
    let mut who = who.unwrap_or_default().to_string_lossy().into_owned();
    who.truncate(who.floor_char_boundary(MuteOrder::MAX_TEXT));
    let (lasts, until_resolved, why) = (args.lasts, args.until_resolved, args.why.clone());
    let order = MuteOrder { selector, lasts, until_resolved, why, who };
    let order = order.check().map_err(MuteError::Refused)?;
    let state = args.store.state()?;
    let id = match ask(&state, &Request::Mute(order.clone()))? {
        Some(id) => id.parse().map(MuteId).unwrap_or_default(),
        None => write(&state, |saved, now| add(order.clone().mute(now), saved))?,
    };
    let mut reader = Reader::open(&state)?;
    let rules = reader.status()?.rules;
    warn_of_unknown_rule(
        &order.selector,
        &rules.iter().map(|rule| &*rule.name).collect::<Vec<_>>(),
    );
    let mutes = reader.mutes()?;
    if let Some(mute) = mutes.iter().find(|mute| mute.id == id) {
        println!("muted {}\n`logbell unmute {id}` ends it", row_text(mute));
    }
    Ok(())
}

/// Says so where no rule is called what was written: such a mute is of no help.
fn warn_of_unknown_rule(selector: &Selector, rules: &[&str]) {
    let Some(written) = selector.unknown_rule(rules.iter().copied()) else { return };
    let meant = match nearest(&written, rules.iter().copied()) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    eprintln!("warning: no rule is called `{written}` so far{meant}");
}

/// Ends mutes. Exits with 0 if there were any, with 1 if there were none, with 2 if it cannot be done.
pub fn run_unmute(args: &UnmuteArgs) -> ExitCode {
    match unmute(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {}", error_text(&error));
            ExitCode::from(2)
        }
    }
}

fn unmute(args: &UnmuteArgs) -> Result<bool, MuteError> {
    let which = match &args.which[..] {
        [] => Which::All,
        [id] if id.bytes().all(|byte| byte.is_ascii_digit()) && !id.is_empty() => {
            let wrong = |_| MuteError::Refused(format!("there is no mute {id}"));
            Which::Id(id.parse().map(MuteId).map_err(wrong)?)
        }
        words => Which::Selector(selector(words)?),
    };
    let state = args.store.state()?;
    let n = match ask(&state, &Request::Unmute(which.clone()))? {
        Some(n) => n.parse().unwrap_or(0),
        None => write(&state, |saved, _| Ok(remove(&which, saved)))?,
    };
    match n {
        0 => eprintln!("there is no such mute; `logbell mutes` lists them"),
        1 => println!("1 mute ended"),
        n => println!("{n} mutes ended"),
    }
    Ok(n > 0)
}

/// What an agent that runs on `state` answers; `None` if none does.
fn ask(state: &Path, request: &Request) -> Result<Option<String>, MuteError> {
    match crate::control::ask(state, request)? {
        None => Ok(None),
        Some(Reply::Ok(said)) => Ok(Some(said)),
        Some(Reply::Error(why)) => Err(MuteError::Refused(why)),
    }
}

/// Changes the store, on which no agent runs. To all else it is as if that had not been: when the store
/// was last written says since when nobody reads the logs.
fn write<T>(
    state: &Path,
    change: impl FnOnce(&Saved, Timestamp) -> Result<(T, Batch), MuteError>,
) -> Result<T, MuteError> {
    // It is not to be made by this.
    Reader::open(state)?;
    let mut store = Store::open(state)?;
    let saved = store.load()?;
    let Some(at) = saved.saved_at else {
        let why = "no agent has run here yet; start it first";
        return Err(MuteError::Refused(why.to_owned()));
    };
    let (done, batch) = change(&saved, Clock::new().now())?;
    store.commit(&Batch { at, ..batch })?;
    Ok(done)
}

fn add(mute: Mute, saved: &Saved) -> Result<(MuteId, Batch), MuteError> {
    let n_running = saved.mutes.iter().filter(|own| own.until > mute.since).count();
    if n_running >= Mute::MAX {
        let why = format!("there are {n_running} mutes already; end one of them first");
        return Err(MuteError::Refused(why));
    }
    let id = MuteId(saved.last_mute.0 + 1);
    Ok((id, Batch { mutes: vec![Mute { id, ..mute }], ..Batch::default() }))
}

fn remove(which: &Which, saved: &Saved) -> (usize, Batch) {
    let unmuted: Vec<_> =
        saved.mutes.iter().filter(|mute| which.means(mute)).map(|mute| mute.id).collect();
    (unmuted.len(), Batch { unmuted, ..Batch::default() })
}

/// Matchers, in one argument or several.
fn selector(words: &[String]) -> Result<Selector, MuteError> {
    let text = words.join(" ");
    text.parse().map_err(|source| MuteError::Selector { text, source })
}
