//! The files of `logbell status`: how far each log was read, and what keeps it from being read.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::flow::{Identity, Mode, Packing, StreamState, Timestamp};
use crate::format::words;
use crate::store::{FileRow, GenerationRow};

use super::table::Table;
use super::time;

/// What stands in the place of an older file's state.
const OLDER: &str = "older";

/// Brings `row` up to now, where that can be seen from here: the store's is as of its last commit,
/// and nobody may have looked since.
pub(super) fn look(row: &mut FileRow) {
    if row.mode == Mode::Pipe.as_str() {
        return;
    }
    if let Ok(metadata) = fs::metadata(&row.path)
        && metadata.is_file()
    {
        take_in(row, &metadata);
    }
    // What the reader last thought of it, and what lies there now, must not contradict each other.
    let (following, reading) = (StreamState::Following.as_str(), StreamState::Reading.as_str());
    if row.state == following && row.lag() != Some(0) {
        reading.clone_into(&mut row.state);
    } else if row.state == reading && row.lag() == Some(0) {
        following.clone_into(&mut row.state);
    }
}

fn take_in(row: &mut FileRow, metadata: &fs::Metadata) {
    let is_it = |own: &&mut GenerationRow| {
        let Identity { dev, ino, .. } = own.identity;
        // One that is shorter now was cut off: all that is in it is new.
        (dev, ino) == (metadata.dev(), metadata.ino()) && own.offset <= metadata.len()
    };
    if let Some(own) = row.current.as_mut().filter(is_it) {
        own.size = metadata.len();
        own.is_finished &= own.size <= own.offset;
        return;
    }
    let unseen = GenerationRow {
        id: None,
        seen_at: row.path.clone(),
        identity: Identity { dev: metadata.dev(), ino: metadata.ino(), born: None },
        offset: 0,
        size: metadata.len(),
        packing: Packing::Plain,
        is_finished: false,
        read_at: None,
    };
    let before = row.current.replace(unseen).filter(|before| !before.is_finished);
    row.older.splice(0..0, before);
}

/// `row` as JSON.
pub(super) fn to_json(row: &FileRow) -> Value {
    let current = row.current.as_ref();
    json!({
        "path": row.path.to_string_lossy(),
        "rule_names": row.rule_names,
        "state": row.state,
        "mode": row.mode,
        "why": Some(&row.why).filter(|why| !why.is_empty()),
        "generation": current.and_then(|current| current.id),
        "future": row.future,
        "late": row.late,
        "offset": current.map_or(0, |current| current.offset),
        "size": current.map_or(0, |current| current.size),
        "lag": row.lag(),
        "read_at": current.and_then(|current| current.read_at).map(time::exact),
        "older": row.older.iter().map(older_to_json).collect::<Vec<_>>(),
    })
}

fn older_to_json(row: &GenerationRow) -> Value {
    json!({
        "generation": row.id,
        "path": row.seen_at.to_string_lossy(),
        "offset": row.offset,
        "size": row.size,
        "lag": row.lag(),
        "packing": row.packing.as_str(),
        "read_at": row.read_at.map(time::exact),
    })
}

/// What is said of stamps that do not count.
fn stamps(row: &FileRow) -> impl Iterator<Item = String> {
    let said = |n: u64, what: &str| (n > 0).then(|| format!("{} {what}", words::number(n)));
    let future = said(row.future, "matching lines were stamped ahead of when they came");
    let late = said(row.late, "matching lines were stamped long before they came");
    future.into_iter().chain(late)
}

/// The files for people: a row for each, under it what keeps it from being read, and a row for each
/// older file of the log that is still being read.
pub(super) fn table(rows: &[FileRow], now: Timestamp) -> Table {
    let headings = ["FILE", "STATE", "MODE", "GEN", "READ", "SIZE", "LAG", "LAST READ", "RULES"];
    let mut table = Table::new(&headings);
    for row in rows {
        let path = row.path.to_string_lossy().into_owned();
        let [generation, offset, size, lag, last] = cells(row.current.as_ref(), now);
        let (state, mode, rules) = (row.state.clone(), row.mode.clone(), row.rule_names.join(" "));
        table.row([path, state, mode, generation, offset, size, lag, last, rules]);
        if !row.why.is_empty() {
            table.note(&row.why);
        }
        for note in stamps(row) {
            table.note(&note);
        }
        for older in &row.older {
            let name = format!("  {}", name_beside(&older.seen_at, &row.path));
            let [generation, offset, size, lag, last] = cells(Some(older), now);
            let (state, none) = (OLDER.to_owned(), String::new);
            table.row([name, state, none(), generation, offset, size, lag, last, none()]);
        }
    }
    table
}

/// Generation, bytes read, size, lag, and how long ago it was last read.
fn cells(row: Option<&GenerationRow>, now: Timestamp) -> [String; 5] {
    let Some(row) = row else { return [const { String::new() }; 5] };
    let lag = row.lag().map_or_else(|| "?".to_owned(), words::bytes);
    let ago = |at: Timestamp| format!("{} ago", words::duration(now.since(at)));
    [
        row.id.map_or_else(String::new, |id| id.0.to_string()),
        words::bytes(row.offset),
        words::bytes(row.size),
        lag,
        row.read_at.map_or_else(|| "never".to_owned(), ago),
    ]
}

/// `path` as it is told apart from `log`: its name where it lies in the same directory.
fn name_beside(path: &Path, log: &Path) -> String {
    let name = path.file_name().filter(|_| path.parent() == log.parent());
    name.map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests;
