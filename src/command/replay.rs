//! `logbell replay`: what the rules would have sent for old logs.

use std::collections::HashSet;
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use clap::Args;
use serde_json::{Value, json};

use crate::config::{Secrets, Settings};
use crate::flow::{Message, StreamId, Timestamp};
use crate::format::words::{bytes, number};
use crate::pipeline::{Fault, Replay, Replayed, RuleTally, StartError};
use crate::source::{Owners, Past};

use super::load::load;
use super::table::Table;
use super::{error_text, progress, time};

/// The arguments of `logbell replay`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArgs {
    /// The configuration
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
    /// Old logs, rotated and packed ones (.gz, .zst) included; what no rule follows by its name is
    /// matched against all rules
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
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
    let (files, mut faults) = open(&args.files, &Owners::new(&settings.sources));
    let n_threads =
        args.threads.or(settings.threads).or_else(|| thread::available_parallelism().ok());
    let replay = Replay::new(settings, n_threads.unwrap_or(NonZero::<usize>::MIN))?;
    let n_bytes = files.iter().map(Past::size).sum();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let replayed = progress::show(n_bytes, |n_done| {
        // Nobody is left to be told where stdout is closed; the sums are needed all the same.
        let mut tell = |message: &Message, at: Timestamp| {
            if args.json {
                let _ = writeln!(out, "{}", message_json(message, at));
            }
        };
        replay.run(files, n_done, &mut tell)
    });
    let said = if args.json {
        let rules: Vec<_> = replayed.rules.iter().map(rule_json).collect();
        format!("{}\n", json!({ "rules": rules }))
    } else {
        table(&replayed)
    };
    let _ = out.write_all(said.as_bytes());
    let _ = out.flush();
    faults.extend(replayed.faults);
    Ok(faults)
}

/// Opens each file once, and says which cannot be.
fn open(paths: &[PathBuf], owners: &Owners) -> (Vec<Past>, Vec<Fault>) {
    let (mut files, mut faults, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (stream, path) in (1..).map(StreamId).zip(paths) {
        match open_one(path, stream, owners, &mut seen) {
            Ok(past) => files.extend(past),
            Err(error) => faults.push(Fault { path: path.clone(), error }),
        }
    }
    (files, faults)
}

fn open_one(
    path: &Path,
    stream: StreamId,
    owners: &Owners,
    seen: &mut HashSet<PathBuf>,
) -> io::Result<Option<Past>> {
    if path.as_os_str() == "-" {
        return Err(io::Error::other("standard input is not replayed; write it to a file"));
    }
    // The name that it is given by says which rules it is of; what that leads to, whether it was
    // named before.
    let past = Past::open(&std::path::absolute(path)?, stream, owners)?;
    Ok(seen.insert(path.canonicalize()?).then_some(past))
}

fn message_json(message: &Message, at: Timestamp) -> Value {
    json!({
        "id": message.id.to_string(),
        // A notice is of no rule.
        "rule": Some(&*message.rule).filter(|rule| !rule.is_empty()),
        "group": message.group.to_json(),
        "kind": message.kind.as_str(),
        "count": message.count,
        "at": time::exact(at),
        "webhook": message.webhook.to_string(),
    })
}

fn rule_json(rule: &RuleTally) -> Value {
    json!({
        "name": &*rule.name,
        "matched": rule.matched,
        "groups": rule.groups,
        "messages": rule.messages,
        "suppressed": rule.suppressed,
        "first": rule.span.map(|(first, _)| time::exact(first)),
        "last": rule.span.map(|(_, last)| time::exact(last)),
    })
}

fn table(replayed: &Replayed) -> String {
    let headings = ["RULE", "MATCHED", "GROUPS", "MESSAGES", "SUPPRESSED", "FIRST", "LAST"];
    let mut table = Table::new(&headings);
    for rule in &replayed.rules {
        let (first, last) = rule.span.unzip();
        let at = |at: Option<Timestamp>| at.map_or_else(String::new, time::local);
        table.row([
            rule.name.to_string(),
            number(rule.matched),
            number(rule.groups),
            number(rule.messages),
            number(rule.suppressed),
            at(first),
            at(last),
        ]);
    }
    let cut = match replayed.n_cut {
        0 => String::new(),
        n_cut => format!("; {} of lines that were too long are left out", bytes(n_cut)),
    };
    format!("{}\n{} read{cut}\n", table.render("no rules"), bytes(replayed.n_bytes))
}
