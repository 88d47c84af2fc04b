//! `logbell replay`: what the rules would have sent for old logs.

mod files;
mod sums;
mod timeline;

use std::io::{self, IsTerminal as _, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::clock::Clock;
use crate::config::{Secrets, Settings, parse_duration};
use crate::flow::{Message, Timestamp};
use crate::pipeline::{Fault, Replay, Replayed, StartError};
use crate::source::Past;

use super::load::load;
use super::progress::{self, Progress};
use super::{error_text, terminal};

use files::Files;
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

/// Puts old logs through the rules on a clock that shows the time of the line at hand. Sends nothing,
/// saves nothing.
///
/// Exits with 0 when all was read, with 1 if the configuration is wrong, with 2 if something could
/// not be read; the rest was replayed then.
pub fn run(args: &ReplayArgs) -> ExitCode {
    let settings = match load(&args.config, Secrets::Skip) {
        Ok(Some(settings)) => settings,
        Ok(None) => return ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {}", error_text(&*error));
            return ExitCode::from(2);
        }
    };
    match replay(args, &settings) {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            for Fault { path, error } in faults {
                eprintln!("error: `{}`: {}", path.display(), error_text(&error));
            }
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {}", error_text(&error));
            ExitCode::from(2)
        }
    }
}

/// Replays what can be read. Returns what cannot.
fn replay(args: &ReplayArgs, settings: &Settings) -> Result<Vec<Fault>, StartError> {
    let show = Show::new(args, settings);
    let replayed = walk(args, settings, &mut |progress, message, at| {
        progress.aside(|| show.message(message, at));
    })?;
    show.sums(&replayed);
    Ok(replayed.faults)
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
            ReplayArgs { json: true, .. } => format!("{}\n", sums::message_json(message, at)),
            ReplayArgs { render: true, .. } => self.timeline.drawn(message, at),
            _ => self.timeline.line(message, at),
        };
        self.write(&said);
    }

    fn sums(&self, replayed: &Replayed) {
        let said = if self.args.json {
            let rules: Vec<_> = replayed.rules.iter().map(sums::rule_json).collect();
            format!("{}\n", json!({ "rules": rules }))
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
