//! `logbell replay`: what the rules would have sent for old logs.

mod diff;
mod files;
mod send;
mod sums;
mod timeline;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, IsTerminal as _, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::clock::Clock;
use crate::config::{Override, Secrets, Settings, parse_duration};
use crate::flow::{Message, Timestamp};
use crate::format::words::number;
use crate::pipeline::{Fault, Replay, Replayed, StartError};
use crate::source::Past;

use super::load::load_with;
use super::progress::{self, Progress};
use super::{error_text, terminal};

use diff::{Difference, Told};
use files::Files;
use send::Mail;
use timeline::Timeline;

/// The arguments of `logbell replay`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArgs {
    /// The configuration
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
    /// Old logs, rotated and packed ones (.gz, .zst) included; what no rule follows by its name is
    /// matched against all rules
    #[arg(required_unless_present = "since", value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Leave out lines that are older than this, as 7d; without FILES, of all logs that the
    /// configuration follows, rotated and packed ones included
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub since: Option<Duration>,
    /// Set a word of a rule for this once, as kernel-oom.debounce=10m; with --diff, of the other
    /// configuration
    #[arg(long, value_name = "RULE.WORD=VALUE")]
    pub set: Vec<Override>,
    /// Show instead which messages the configuration OTHER gains, and which it loses
    #[arg(long, value_name = "OTHER", conflicts_with_all = ["render", "to"])]
    pub diff: Option<PathBuf>,
    /// Send the messages to this webhook as well, marked as replayed; nothing is sent otherwise
    #[arg(long, value_name = "WEBHOOK")]
    pub to: Option<String>,
    /// Draw each message as Chat would show it, instead of a line
    #[arg(long, conflicts_with = "json")]
    pub render: bool,
    /// As one JSON object a message, and at last one with the sums of all rules
    #[arg(long)]
    pub json: bool,
    /// How many threads read and match; by default as many as `threads` says, else one for each processor
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
}

/// Why nothing is replayed, or not all of it.
enum Trouble {
    /// The configuration is wrong, which was said.
    Wrong,
    /// Something cannot be read, started or sent, for these reasons.
    Failed(Vec<String>),
}

impl<E: Into<Box<dyn Error>>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Failed(vec![error_text(&*error.into())])
    }
}

/// Puts old logs through the rules on a clock that shows the time of the line at hand. Saves nothing,
/// and sends nothing unless it is told to.
///
/// Exits with 0 when all was read, with 1 if a configuration is wrong, with 2 if something could
/// not be read or sent; the rest was replayed then.
pub fn run(args: &ReplayArgs) -> ExitCode {
    let ended = match &args.diff {
        Some(other) => diff(args, other),
        None => replay(args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Wrong) => ExitCode::from(1),
        Err(Trouble::Failed(reasons)) => {
            for reason in reasons {
                eprintln!("error: {reason}");
            }
            ExitCode::from(2)
        }
    }
}

/// Replays what can be read.
fn replay(args: &ReplayArgs) -> Result<(), Trouble> {
    let secrets = if args.to.is_some() { Secrets::Fetch } else { Secrets::Skip };
    let settings = load_with(&args.config, secrets, &args.set)?.ok_or(Trouble::Wrong)?;
    let mut mail = match &args.to {
        Some(webhook) => Some(Mail::new(webhook, &settings)?),
        None => None,
    };
    let show = Show::new(args, &settings);
    let replayed = walk(args, &settings, &mut |progress, message, at| {
        progress.aside(|| show.message(message, at));
        if let Some(mail) = &mut mail {
            mail.add(message);
        }
    })?;
    show.sums(&replayed);
    // What was read is sent, whatever was not.
    let sent = mail.map_or(Ok(()), Mail::send);
    let mut reasons = faults(replayed.faults);
    reasons.extend(sent.err().map(|error| error_text(&error)));
    if reasons.is_empty() { Ok(()) } else { Err(Trouble::Failed(reasons)) }
}

/// Replays what can be read twice, and shows how what is told differs.
fn diff(args: &ReplayArgs, other: &Path) -> Result<(), Trouble> {
    let before = load_with(&args.config, Secrets::Skip, &[])?;
    let after = load_with(other, Secrets::Skip, &args.set)?;
    let (before, after) = before.zip(after).ok_or(Trouble::Wrong)?;
    let mut reasons = BTreeSet::new();
    let mut tell = |settings: &Settings| -> Result<Told, Trouble> {
        // Never cut: what is told apart is shown once both are known.
        let timeline = Timeline::new(settings, None, false);
        let mut told = Told::default();
        let replayed = walk(args, settings, &mut |_, message, _| {
            told.add(message, || timeline.line(message, message.at));
        })?;
        reasons.extend(faults(replayed.faults));
        if told.is_cut {
            let max = number(Told::MAX as u64);
            reasons.insert(format!("only the first {max} messages are compared; use `--since`"));
        }
        Ok(told)
    };
    let (told_before, told_after) = (tell(&before)?, tell(&after)?);
    let rules = before.rules.iter().chain(&after.rules);
    let rules = rules.map(|rule| Arc::clone(&rule.engine.name));
    let difference = Difference::of(told_before, told_after, rules);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.json {
        for change in difference.to_json() {
            let _ = out.write_all(super::json::line(&change).as_bytes());
        }
    } else {
        let is_colored = terminal::wants_color(&io::stdout());
        let _ = out.write_all(difference.render(is_colored).as_bytes());
    }
    let _ = out.flush();
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Trouble::Failed(reasons.into_iter().collect()))
}

fn faults(faults: Vec<Fault>) -> Vec<String> {
    let said = |Fault { path, error }| format!("`{}`: {}", path.display(), error_text(&error));
    faults.into_iter().map(said).collect()
}

/// Replays with `settings`, and hands each message to `tell`.
fn walk(
    args: &ReplayArgs,
    settings: &Settings,
    tell: &mut dyn FnMut(&Progress, &Message, Timestamp),
) -> Result<Replayed, StartError> {
    let since = args.since.map(|span| Clock::new().now() - span);
    let Files { files, faults } = files::open(&args.files, settings, since);
    let n_threads =
        args.threads.or(settings.threads).or_else(|| thread::available_parallelism().ok());
    let mut replay = Replay::new(settings, n_threads.unwrap_or(NonZero::<usize>::MIN))?;
    if let Some(since) = since {
        replay = replay.since(since);
    }
    let n_bytes = files.iter().map(Past::size).sum();
    let mut replayed = progress::show(n_bytes, |progress| {
        let mut tell = |message: &Message, at: Timestamp| tell(progress, message, at);
        replay.run(files, &progress.n_done, &mut tell)
    });
    replayed.faults.splice(0..0, faults);
    Ok(replayed)
}

/// What goes to stdout. Nobody is left to be told where that is closed; the sums are needed all the
/// same.
struct Show<'a> {
    args: &'a ReplayArgs,
    timeline: Timeline,
    out: std::cell::RefCell<io::BufWriter<io::StdoutLock<'static>>>,
    is_terminal: bool,
}

impl<'a> Show<'a> {
    fn new(args: &'a ReplayArgs, settings: &Settings) -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let columns = is_terminal.then(terminal::columns);
        let timeline = Timeline::new(settings, columns, terminal::wants_color(&stdout));
        let out = io::BufWriter::new(stdout.lock()).into();
        Self { args, timeline, out, is_terminal }
    }

    fn message(&self, message: &Message, at: Timestamp) {
        let said = match self.args {
            ReplayArgs { json: true, .. } => super::json::line(&sums::message_json(message, at)),
            ReplayArgs { render: true, .. } => self.timeline.drawn(message, at),
            _ => self.timeline.line(message, at),
        };
        self.write(&said);
    }

    fn sums(&self, replayed: &Replayed) {
        let said = if self.args.json {
            let rules: Vec<_> = replayed.rules.iter().map(sums::rule_json).collect();
            super::json::line(&json!({ "rules": rules }))
        } else {
            let is_told = replayed.rules.iter().any(|rule| rule.messages > 0);
            let gap = if is_told { "\n" } else { "" };
            format!("{gap}{}", sums::table(replayed))
        };
        self.write(&said);
        let _ = self.out.borrow_mut().flush();
    }

    fn write(&self, said: &str) {
        let mut out = self.out.borrow_mut();
        let _ = out.write_all(said.as_bytes());
        if self.is_terminal {
            let _ = out.flush();
        }
    }
}
