//! `logbell check`: is the configuration right?

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::config::{self, Diagnostics, Secrets, Settings, Style, Surroundings, System};

use super::terminal;

mod cost;
mod costs;

/// The arguments of `logbell check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// The configuration to check.
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
    /// Leave out the webhooks' addresses: neither environment nor files are looked at for them.
    #[arg(long)]
    pub without_secrets: bool,
    /// Measure what each rule costs on the last 10,000 lines of its logs, or of LOG.
    #[arg(long, value_name = "LOG", num_args = 0..=1)]
    pub cost: Option<Option<PathBuf>>,
}

/// Shows every problem on stderr and a verdict on stdout.
///
/// Exits with 0 if the configuration can be used, with 1 if not, with 2 if it or the log to measure
/// on cannot be read.
pub fn run(args: &CheckArgs) -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    check(args, &System, style(), &mut out, &mut err).into()
}

/// How diagnostics are shown on stderr.
pub(super) fn style() -> Style {
    if terminal::wants_color(&io::stderr()) { Style::Styled } else { Style::Plain }
}

/// Checks within the given surroundings. Returns the exit code.
fn check(
    args: &CheckArgs,
    surroundings: &dyn Surroundings,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let secrets = if args.without_secrets { Secrets::Skip } else { Secrets::Fetch };
    // Nobody is left to be told if neither can be written to; the exit code still says it.
    match config::load(&args.config, surroundings, secrets) {
        Ok(loaded) => {
            let verdict = verdict(loaded.settings.as_ref(), &loaded.diagnostics);
            let _ = err.write_all(loaded.diagnostics.render(style).as_bytes());
            let _ = writeln!(out, "{verdict}");
            match (&loaded.settings, &args.cost) {
                (None, _) => 1,
                (Some(_), None) => 0,
                (Some(settings), Some(log)) => show_costs(settings, log.as_deref(), out, err),
            }
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let _ = writeln!(err, "error: {error}{}", cause.unwrap_or_default());
            2
        }
    }
}

/// Measures what the rules cost and shows it. Returns the exit code.
fn show_costs(
    settings: &Settings,
    log: Option<&Path>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    match cost::measure(settings, log) {
        Ok(costs) => {
            let _ = err.write_all(costs::troubles(&costs).as_bytes());
            let _ = write!(out, "\n{}", costs::render(&costs, &settings.rules));
            0
        }
        Err(error) => {
            let log = log.unwrap_or(Path::new("")).display();
            let _ = writeln!(err, "error: cannot measure on `{log}`: {error}");
            2
        }
    }
}

/// `ok: 3 rules, 2 webhooks, 5 file patterns`, or `2 errors, 1 warning`.
fn verdict(settings: Option<&Settings>, diagnostics: &Diagnostics) -> String {
    let mut parts = Vec::new();
    if let Some(settings) = settings {
        let n_webhooks = settings.webhooks.len() + settings.skipped.len();
        let n_files = settings.sources.iter().map(|source| source.files.len()).sum();
        parts.push(counted(settings.rules.len(), "rule"));
        parts.push(counted(n_webhooks, "webhook"));
        parts.push(counted(n_files, "file pattern"));
        if !settings.tests.is_empty() {
            parts.push(counted(settings.tests.len(), "test"));
        }
    } else {
        parts.push(counted(diagnostics.n_errors(), "error"));
    }
    if diagnostics.n_warnings() > 0 {
        parts.push(counted(diagnostics.n_warnings(), "warning"));
    }
    let prefix = if settings.is_some() { "ok: " } else { "" };
    format!("{prefix}{}", parts.join(", "))
}

/// `1 rule`, `2 rules`.
pub(super) fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
