//! `logbell history`: the messages, oldest first.

use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};

use crate::format::words::number;
use crate::store::HistoryRow;

use super::table::Table;
use super::{ReadError, StoreArgs, json, time};

/// The arguments of `logbell history`.
#[derive(Args, Clone, Debug)]
pub struct HistoryArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

const HEADINGS: [&str; 9] = ["ID", "AT", "RULE", "GROUP", "KIND", "COUNT", "WEBHOOK", "STATE", ""];

/// Lists the messages, with the agent running or not.
///
/// # Errors
/// The operator's: there is no store, or it cannot be read.
pub fn run(args: &HistoryArgs) -> Result<(), ReadError> {
    let reader = args.store.open()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.json {
        // Ends with the first line that nobody reads any more.
        reader.history(|row| out.write_all(json::line(&to_json(&row)).as_bytes()).is_ok())?;
    } else {
        let mut table = Table::new(&HEADINGS);
        reader.history(|row| {
            table.row(cells(&row));
            true
        })?;
        let _ = out.write_all(table.render("no messages yet").as_bytes());
    }
    let _ = out.flush();
    Ok(())
}

/// A message for programs.
pub(super) fn to_json(row: &HistoryRow) -> Value {
    let mut message = json!({
        "id": row.id,
        // A notice is of no rule.
        "rule": Some(&row.rule).filter(|rule| !rule.is_empty()),
        "group": row.group.to_json(),
        "kind": row.kind,
        "count": row.count,
        "at": time::exact(row.at),
        "webhook": &*row.webhook,
        "state": row.state,
        "delivered_at": row.delivered_at.map(time::exact),
    });
    if let Some(into) = &row.merged_into {
        message["merged_into"] = into.as_str().into();
    }
    if !row.said.is_empty() {
        message["said"] = row.said.as_str().into();
    }
    message
}

/// Messages for people.
pub(super) fn table(rows: &[HistoryRow]) -> String {
    let mut table = Table::new(&HEADINGS);
    for row in rows {
        table.row(cells(row));
    }
    table.render("no messages")
}

fn cells(row: &HistoryRow) -> [String; 9] {
    let group: Vec<_> = row.group.iter().map(|(name, value)| format!("{name}={value}")).collect();
    [
        // What messages are quoted by.
        row.id.chars().take(8).collect(),
        time::local(row.at),
        row.rule.clone(),
        group.join(" "),
        row.kind.clone(),
        number(row.count),
        row.webhook.to_string(),
        row.state.clone(),
        row.said.clone(),
    ]
}
