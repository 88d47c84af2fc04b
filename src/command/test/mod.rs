//! `logbell test`: do the rules say what the tests beside them expect?

mod accept;
mod compare;
mod json;
mod junit;
mod outcome;
mod show;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::config::{Secrets, Settings};

use super::error_text;
use super::load::load;
use outcome::{Played, Suite, Sums, Trouble};

/// The arguments of `logbell test`.
#[derive(Args, Clone, Debug)]
pub struct TestArgs {
    /// Configurations whose `[[test]]` tables to try
    #[arg(value_name = "FILES", default_value = "logbell.toml")]
    pub files: Vec<PathBuf>,
    /// Write what is told into the tests that expect something else, or nothing yet
    #[arg(long)]
    pub accept: bool,
    /// As one JSON object a test, and at last one with the sums
    #[arg(long)]
    pub json: bool,
    /// Write the results as JUnit XML too, for the pages of a CI
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// Tries the tests of all files and shows how they went. Sends nothing.
///
/// Exits with 0 if all pass or are accepted, with 1 if one fails or a configuration is wrong, with 2 if something
/// could not be read; the rest was tried then.
pub fn run(args: &TestArgs) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    // Nobody is left to be told if stdout is closed; the exit code still says it.
    let mut say = |text: &str| {
        let _ = out.write_all(text.as_bytes());
    };
    let loaded: Vec<_> = args.files.iter().map(|path| (path, load(path, Secrets::Skip))).collect();
    let (mut suites, mut sums) = (Vec::new(), Sums::default());
    for (path, loaded) in &loaded {
        let name = path.to_string_lossy();
        let suite = match loaded {
            Ok(Some(settings)) => try_all(args, path, settings, &mut say),
            Ok(None) => Suite::wrong(&name),
            Err(error) => {
                eprintln!("error: {}", error_text(&**error));
                Suite::unreadable(&name, error_text(&**error))
            }
        };
        sums.add(&suite);
        suites.push(suite);
    }
    say(&if args.json {
        super::json::line(&json::sums(&sums, &suites))
    } else {
        show::sums(&sums, &suites)
    });
    let _ = out.flush();
    if let Some(path) = &args.junit
        && let Err(error) = fs::write(path, junit::report(&suites, &sums))
    {
        eprintln!("error: cannot write `{}`: {error}", path.display());
        return ExitCode::from(2);
    }
    sums.exit_code().into()
}

/// What is said of a test.
fn told(args: &TestArgs, played: &Played<'_>) -> String {
    if args.json { super::json::line(&json::test(played)) } else { show::test(played) }
}

/// Tries every test of the configuration `path`, and says how each went.
fn try_all<'s>(
    args: &TestArgs,
    path: &Path,
    settings: &'s Settings,
    say: &mut dyn FnMut(&str),
) -> Suite<'s> {
    let mut suite = Suite::new(&path.to_string_lossy(), settings);
    for test in &settings.tests {
        let played = Played::play(settings, test);
        if !args.accept {
            say(&told(args, &played));
        }
        suite.tests.push(played);
    }
    if args.accept {
        // A test may stand in a file that the configuration includes.
        let files: BTreeSet<_> = settings.tests.iter().map(|test| Arc::clone(&test.file)).collect();
        for file in files {
            if let Err(error) = accept::write(Path::new(&*file), &mut suite.tests) {
                let error = format!("cannot write `{file}`: {}", error_text(&*error));
                eprintln!("error: {error}");
                suite.trouble = Some(Trouble::Unreadable(error));
            }
        }
        suite.tests.iter().for_each(|played| say(&told(args, played)));
    }
    suite
}

#[cfg(test)]
mod tests;
