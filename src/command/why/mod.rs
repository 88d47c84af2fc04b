//! `logbell why`: what a message was made of, and what became of it.

mod because;
mod json;
mod show;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;

use crate::store::Found;

use super::{ReadError, StoreArgs, terminal};

/// The arguments of `logbell why`.
#[derive(Args, Clone, Debug)]
pub struct WhyArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The id in the message's last line (`#…`) or in `logbell history`, or how that begins
    #[arg(value_name = "ID")]
    id: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows why a message came, with the agent running or not.
///
/// Exits with 0 if there is one, with 1 if there is none, or several begin so.
///
/// # Errors
/// The operator's: there is no store, or it cannot be read.
pub fn run(args: &WhyArgs) -> Result<ExitCode, ReadError> {
    let found = args.store.open()?.why(&args.id)?;
    let is_colored = terminal::wants_color(&io::stdout());
    let said = match &found {
        Found::One(why) if args.json => super::json::line(&json::why(why)),
        Found::One(why) => show::why(why, is_colored),
        Found::Nothing => {
            eprintln!(
                "error: no message `{}` is kept; `logbell history` lists those that are",
                args.id
            );
            return Ok(ExitCode::from(1));
        }
        Found::Many(n, some) => {
            eprintln!("error: {n} messages begin with `{}`; write more of the id", args.id);
            eprint!("{}", super::history::table(some));
            return Ok(ExitCode::from(1));
        }
    };
    // Nobody is left to be told if stdout cannot be written.
    let _ = io::stdout().lock().write_all(said.as_bytes());
    Ok(ExitCode::SUCCESS)
}
