//! `logbell mutes`: what is not told for now.

use std::io::{self, Write as _};

use clap::Args;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::flow::{Mute, Timestamp};
use crate::format::clean;

use super::table::Table;
use super::{ReadError, StoreArgs, json, time};

/// The arguments of `logbell mutes`.
#[derive(Args, Clone, Debug)]
pub struct MutesArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Lists the mutes that hold, oldest first, with the agent running or not.
///
/// # Errors
/// The operator's: there is no store, or it cannot be read.
pub fn run(args: &MutesArgs) -> Result<(), ReadError> {
    let mutes = args.store.open()?.mutes()?;
    let now = Clock::new().now();
    let running: Vec<_> = mutes.into_iter().filter(|mute| mute.is_running(now)).collect();
    let text = if args.json {
        running.iter().map(|mute| json::line(&to_json(mute))).collect()
    } else {
        table(&running, now).render("nothing is muted")
    };
    // Nobody is left to be told if stdout cannot be written.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

/// The mutes in columns.
pub(super) fn table(mutes: &[Mute], now: Timestamp) -> Table {
    let mut table = Table::new(&["MUTE", "MATCHERS", "UNTIL", "LEFT", "BY", "WHY"]);
    for mute in mutes {
        let left = crate::format::words::duration(mute.until.since(now));
        table.row([
            mute.id.to_string(),
            mute.selector.to_string(),
            until(mute),
            left,
            mute.who.clone(),
            mute.why.clone(),
        ]);
    }
    table
}

/// One mute as a sentence says it.
pub(super) fn row_text(mute: &Mute) -> String {
    format!(
        "{} until {} (mute {})",
        clean(mute.selector.to_string().as_bytes()),
        until(mute),
        mute.id
    )
}

/// One mute for programs.
pub(super) fn to_json(mute: &Mute) -> Value {
    json!({
        "id": mute.id.0,
        "matchers": mute.selector.to_string(),
        "since": time::exact(mute.since),
        "until": time::exact(mute.until),
        "until_resolved": mute.until_resolved,
        "by": Some(&mute.who).filter(|who| !who.is_empty()),
        "why": Some(&mute.why).filter(|why| !why.is_empty()),
    })
}

fn until(mute: &Mute) -> String {
    let until = time::local(mute.until);
    if mute.until_resolved { format!("{until}, or resolved") } else { until }
}
