//! Arguments → library → error text → exit code.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;

use logbell::cli::{Cli, Command};
use logbell::command;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => command::run::run(&args),
        Command::Check(args) => command::check::run(&args),
        Command::Status(args) => tell(command::status::run(&args)),
        Command::History(args) => tell(command::history::run(&args)),
        Command::Mute(args) => tell(command::mute::mute(&args)),
        Command::Unmute(args) => command::mute::run_unmute(&args),
        Command::Mutes(args) => tell(command::mutes::run(&args)),
        Command::Reload(args) => command::reload::run(&args),
        Command::Replay(args) => command::replay::run(&args),
        Command::Explain(args) => command::explain::run(&args),
        Command::Why(args) => tell_code(command::why::run(&args)),
        Command::Test(args) => command::test::run(&args),
        Command::Packs(args) => command::packs::run(&args),
        Command::Room(args) => tell(command::room::run(&args)),
        Command::Demo(args) => tell(command::demo::run(&args)),
    }
}

/// The same of a command that has an answer.
fn tell_code(result: Result<ExitCode, impl Error>) -> ExitCode {
    result.unwrap_or_else(|error| tell(Err(error)))
}

/// Says on stderr why a command could not run, with what led to it.
fn tell(result: Result<(), impl Error>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("error: {}", command::error_text(&error));
    ExitCode::from(2)
}
