//! `logbell explain`: why a line is told, or why not.

mod json;
mod marks;
mod show;
mod verdict;

use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::clock::Clock;
use crate::config::{Secrets, Settings};
use crate::flow::{GroupKey, Mute, RuleId, Timestamp};
use crate::pipeline::{Explain, Explained};
use crate::store::{HistoryRow, Reader, Saved, StoreError};

use super::load::load;
use super::{error_text, terminal};

/// The arguments of `logbell explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// The configuration, whose agent's state is looked at
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
    /// The line as it stands in the log, or several, played one after the other; `-` for standard
    /// input
    #[arg(required = true, value_name = "LINE")]
    pub lines: Vec<String>,
    /// The log that it is from; by default, one that each rule follows
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
    /// Only this rule
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// As if nothing had ever been told: leave out the agent's state
    #[arg(long)]
    pub fresh: bool,
    /// As one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// The most bytes of lines: what is more is for `replay`.
const MAX_INPUT: u64 = 1 << 20;

/// Messages that are named of those that tell of a line's time.
const MAX_TOLD: usize = 3;

/// What is asked about lines, and of what.
struct Question<'a> {
    args: &'a ExplainArgs,
    settings: &'a Settings,
    /// The state that is looked at, if there is any.
    reader: Option<Reader>,
    /// The mutes that hold.
    mutes: Vec<Mute>,
}

/// Plays lines through the rules and says what becomes of them. Sends nothing, saves nothing.
///
/// Exits with 0 if any is told or counts towards something, with 1 if none is or the configuration is
/// wrong, with 2 if something cannot be read.
pub fn run(args: &ExplainArgs) -> ExitCode {
    let settings = match load(&args.config, Secrets::Skip) {
        Ok(Some(settings)) => settings,
        Ok(None) => return ExitCode::from(1),
        Err(error) => return fail(&error_text(&*error)),
    };
    if let Some(name) = args.rule.as_ref()
        && settings.rules.iter().all(|rule| *rule.engine.name != **name)
    {
        return fail(&format!("there is no rule `{name}`; `logbell check` counts those there are"));
    }
    match explain(args, &settings) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => fail(&error),
    }
}

/// Whether any line is something to any rule.
fn explain(args: &ExplainArgs, settings: &Settings) -> Result<bool, String> {
    let input = input(&args.lines)?;
    let text = |error: &dyn std::error::Error| error_text(error);
    let (reader, saved) = state(args, settings)?;
    let now = Clock::new().now();
    let mut explain = Explain::new(settings, saved, now).map_err(|error| text(&error))?;
    let log = args.file.as_deref().map(std::path::absolute).transpose();
    let log = log.map_err(|error| text(&error))?;
    let explained = explain.run(&input, log.as_deref(), now).map_err(|error| text(&error))?;
    let question = Question { args, settings, reader, mutes: explain.mutes().to_vec() };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut is_something = false;
    let events = explained.into_iter().filter_map(|event| question.narrowed(event));
    for (place, event) in events.enumerate() {
        is_something |= event.rules.iter().any(|rule| rule.outcome.is_some());
        // Nobody is left to be told if stdout cannot be written.
        let _ = if args.json {
            write!(out, "{}", super::json::line(&json::event(&event, &question)))
        } else {
            let gap = if place > 0 { "\n" } else { "" };
            let is_colored = terminal::wants_color(&io::stdout());
            write!(out, "{gap}{}", show::event(&event, &question, is_colored))
        };
    }
    let _ = out.flush();
    Ok(is_something)
}

impl Question<'_> {
    /// Leaves what is asked for. `None`: it is an event to other rules alone, each as of its own log.
    fn narrowed(&self, mut event: Explained) -> Option<Explained> {
        let Some(name) = &self.args.rule else { return Some(event) };
        event.rules.retain(|own| *self.name(own.rule) == **name);
        (self.args.file.is_some() || !event.rules.is_empty()).then_some(event)
    }

    /// The messages that tell of what happened to a group `at` a time, as far as they are kept.
    fn told_of(&self, rule: RuleId, group: &GroupKey, at: Timestamp) -> Vec<HistoryRow> {
        let Some(reader) = &self.reader else { return Vec::new() };
        // The state was read before; what cannot be read now is not worth failing for.
        reader.told_of(self.name(rule), group, at, MAX_TOLD).unwrap_or_default()
    }

    /// The rules that do not look at the log of an event, by their names and what they look at.
    fn others(&self, event: &Explained) -> Vec<(&str, String)> {
        let is_asked = |name: &str| self.args.rule.as_ref().is_none_or(|own| own == name);
        let looks = |id| event.rules.iter().any(|own| own.rule == id);
        let rules = (0..).map(RuleId).zip(&self.settings.rules);
        let others = rules.filter(|(id, rule)| is_asked(&rule.engine.name) && !looks(*id));
        let what = others.map(|(_, rule)| {
            let source = &self.settings.sources[rule.matching.source.0 as usize];
            let files: Vec<_> = source.files.iter().map(|own| own.display().to_string()).collect();
            let files = if files.is_empty() { source.name.to_string() } else { files.join(", ") };
            (&*rule.engine.name, files)
        });
        what.collect()
    }

    fn name(&self, rule: RuleId) -> &str {
        &self.settings.rules[rule.0 as usize].engine.name
    }
}

/// The lines, each with its end.
fn input(lines: &[String]) -> Result<Vec<u8>, String> {
    let mut input = Vec::new();
    for line in lines {
        if line == "-" {
            let mut taken = io::stdin().lock().take(MAX_INPUT + 1);
            let read = taken.read_to_end(&mut input);
            read.map_err(|error| format!("cannot read standard input: {error}"))?;
        } else {
            input.extend_from_slice(line.as_bytes());
        }
        if input.last().is_some_and(|last| *last != b'\n') {
            input.push(b'\n');
        }
    }
    match input.len() as u64 {
        0 => Err("there is no line".to_owned()),
        n if n > MAX_INPUT => Err("more than 1 MiB of lines: use `logbell replay`".to_owned()),
        _ => Ok(input),
    }
}

/// What the configured agent has saved, if it has and that is wanted. What keeps it from being read is
/// said.
fn state(
    args: &ExplainArgs,
    settings: &Settings,
) -> Result<(Option<Reader>, Option<Saved>), String> {
    if args.fresh {
        return Ok((None, None));
    }
    let read = |path: &Path| -> Result<(Reader, Saved), StoreError> {
        let mut reader = Reader::open(path)?;
        let saved = reader.load()?;
        Ok((reader, saved))
    };
    match read(&settings.state) {
        Ok((reader, saved)) => Ok((Some(reader), Some(saved))),
        Err(StoreError::Missing { .. }) => Ok((None, None)),
        Err(error) => Err(format!("{}; `--fresh` does without", error_text(&error))),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(2)
}
