//! `logbell status`: how the rules, logs and messages are doing.

use std::io::{self, Write as _};

use clap::Args;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::flow::Timestamp;
use crate::format::words::number;
use crate::store::{LossRow, RuleRow, Status};

use super::table::Table;
use super::{ReadError, StoreArgs, files, json, mutes, time};

/// The arguments of `logbell status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Losses that are shown to people.
const MAX_LOSSES: usize = 20;

/// Shows the status, with the agent running or not.
///
/// # Errors
/// The operator's: there is no store, or it cannot be read.
pub fn run(args: &StatusArgs) -> Result<(), ReadError> {
    let mut status = args.store.open()?.status()?;
    status.files.iter_mut().for_each(files::look);
    let now = Clock::new().now();
    status.mutes.retain(|mute| mute.is_running(now));
    let text = if args.json { json::line(&to_json(&status)) } else { tables(&status, now) };
    // Nobody is left to be told if stdout cannot be written.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

fn to_json(status: &Status) -> Value {
    let outbox = status.outbox;
    json!({
        "rules": status.rules.iter().map(rule).collect::<Vec<_>>(),
        "files": status.files.iter().map(files::to_json).collect::<Vec<_>>(),
        "outbox": {
            "waiting": outbox.waiting, "parked": outbox.parked, "delivered": outbox.delivered,
        },
        "losses": status.losses.iter().map(loss).collect::<Vec<_>>(),
        "mutes": status.mutes.iter().map(mutes::to_json).collect::<Vec<_>>(),
        "config": status.config.as_ref().map(|(at, wrong)| json!({
            "at": time::exact(*at),
            "wrong": Some(wrong).filter(|wrong| !wrong.is_empty()),
        })),
    })
}

fn rule(row: &RuleRow) -> Value {
    let mut rule = json!({
        "name": row.name,
        "matched": row.matched,
        "messages": row.messages,
        "suppressed": row.suppressed,
        "open_groups": row.open_groups,
    });
    if row.pruned > 0 {
        rule["pruned"] = row.pruned.into();
    }
    rule
}

fn loss(row: &LossRow) -> Value {
    json!({
        "at": time::exact(row.at),
        "path": row.path.to_string_lossy(),
        "kind": row.kind,
        "bytes": row.bytes,
        "what": row.what,
        "told": row.told.map(time::exact),
    })
}

fn tables(status: &Status, now: Timestamp) -> String {
    let mut rules = Table::new(&["RULE", "MATCHED", "MESSAGES", "SUPPRESSED", "OPEN GROUPS"]);
    for row in &status.rules {
        let counts = [row.matched, row.messages, row.suppressed, row.open_groups].map(number);
        rules.row([row.name.clone()].into_iter().chain(counts));
    }
    let outbox = status.outbox;
    let counts = [outbox.waiting, outbox.parked, outbox.delivered].map(number);
    let [waiting, parked, delivered] = counts;
    let mut losses = Table::new(&["LOST AT", "FILE", "KIND", "BYTES", "WHAT"]);
    for row in status.losses.iter().rev().take(MAX_LOSSES).rev() {
        let path = row.path.to_string_lossy().into_owned();
        let bytes = row.bytes.map_or_else(|| "?".to_owned(), number);
        losses.row([time::local(row.at), path, row.kind.clone(), bytes, row.what.clone()]);
    }
    let wrong = status.config.as_ref().filter(|(_, wrong)| !wrong.is_empty());
    let wrong = wrong
        .map(|(at, wrong)| format!("{} {wrong}; the one of before stays\n\n", time::local(*at)));
    let muted = match &status.mutes[..] {
        [] => String::new(),
        muted => format!("{}\n", mutes::table(muted, now).render("")),
    };
    format!(
        "{}{muted}{}\n{}\noutbox: {waiting} waiting, {parked} parked, {delivered} delivered\n\n{}",
        wrong.unwrap_or_default(),
        rules.render("no rules"),
        files::table(&status.files, now).render("no files"),
        losses.render("nothing is known to be lost"),
    )
}
