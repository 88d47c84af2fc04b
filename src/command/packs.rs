//! `logbell packs`: the ready-made rules that are part of the program.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use crate::config::packs::PACKS;

use super::table::Table;

/// The arguments of `logbell packs`.
#[derive(Args, Clone, Debug)]
pub struct PacksArgs {
    /// Print this pack as it is written, to be read or copied
    #[arg(value_name = "NAME", value_parser = PACKS.map(|(name, _)| name))]
    pub name: Option<String>,
}

/// Lists the packs, or prints one. Exits with 0.
pub fn run(args: &PacksArgs) -> ExitCode {
    let text = match &args.name {
        Some(name) => {
            let pack = PACKS.iter().find(|(known, _)| known == name);
            pack.map(|(_, text)| (*text).to_owned()).unwrap_or_default()
        }
        None => list(),
    };
    // Nobody is left to be told if stdout is closed.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// The packs with what each is for: the first line of its file.
fn list() -> String {
    let mut table = Table::new(&["PACK", "FOR"]);
    for (name, text) in PACKS {
        let first = text.lines().next().unwrap_or_default();
        table.row([name.to_owned(), first.trim_start_matches(['#', ' ']).to_owned()]);
    }
    table.render("no packs")
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_pack_says_what_it_is_for() {
        let list = super::list();
        for (name, _) in super::PACKS {
            assert!(list.lines().any(|row| row.starts_with(name) && row.ends_with('.')), "{list}");
        }
    }
}
