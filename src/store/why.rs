//! What there is to know of one message, for as long as it is kept.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::flow::{Grounds, GroupKey, MessageId, Severity, Timestamp};

use super::batch::key_text;
use super::load::{self, number};
use super::read::{HistoryRow, Reader};
use super::{StoreError, attempts};

pub use super::attempts::Attempt;

/// All that is known of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    /// The message.
    pub message: HistoryRow,
    /// How bad what it tells of is.
    pub severity: Severity,
    /// What it was made of; `None` where that was not kept.
    pub grounds: Option<Grounds>,
    /// Attempts to post it since the last start.
    pub n_attempts: u64,
    /// The latest of all.
    pub attempts: Vec<Attempt>,
    /// The other messages of its incident to the same webhook, oldest first.
    pub siblings: Vec<Sibling>,
    /// Matches that its incident holds back now, to be told later; `None`: it is over.
    pub held: Option<u64>,
}

/// Another message of an incident.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sibling {
    /// Its id.
    pub id: String,
    /// Its kind in a word.
    pub kind: String,
    /// Matches that it announces.
    pub count: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Its state in a word.
    pub state: String,
}

/// What a message that someone asks for may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// No message that is kept.
    Nothing,
    /// This one.
    One(Box<Why>),
    /// Several, oldest first: how many, and some of them.
    Many(usize, Vec<HistoryRow>),
}

impl Found {
    /// The most of many messages that are given.
    pub const MAX: usize = 10;
}

impl Reader {
    /// What is known of the message whose id begins with `id`, as it is shown or in its short form.
    ///
    /// # Errors
    /// The host's: the database cannot be read.
    pub fn why(&mut self, id: &str) -> Result<Found, StoreError> {
        let Self { db, path } = self;
        let opening = |source| StoreError::opening(path, source);
        let moment = db.transaction().map_err(opening)?;
        find(&moment, id).map_err(opening)
    }
}

fn find(db: &Connection, id: &str) -> rusqlite::Result<Found> {
    let id = id.trim_start_matches('#').to_ascii_lowercase();
    let begins_so = |full: &str| {
        let short = || MessageId::parse(full).map(MessageId::short).unwrap_or_default();
        !id.is_empty() && (full.starts_with(&id) || short().starts_with(&id))
    };
    let mut found = Vec::new();
    super::read::history(db, |row| {
        if begins_so(&row.id) {
            found.push(row);
        }
        true
    })?;
    if found.len() > 1 {
        // A short form that is whole is meant as such.
        let is_whole =
            |row: &HistoryRow| MessageId::parse(&row.id).is_some_and(|own| own.short() == id);
        if found.iter().filter(|row| is_whole(row)).count() == 1 {
            found.retain(is_whole);
        }
    }
    match found.len() {
        0 => Ok(Found::Nothing),
        1 => why(db, found.remove(0)).map(|why| Found::One(Box::new(why))),
        n => {
            found.truncate(Found::MAX);
            Ok(Found::Many(n, found))
        }
    }
}

fn why(db: &Connection, message: HistoryRow) -> rusqlite::Result<Why> {
    let sql = "SELECT seq, severity, grounds, attempts, incident FROM message WHERE id = ?1";
    let (seq, severity, grounds, n_attempts, incident) =
        db.query_row(sql, [&message.id], |row| {
            let grounds: String = row.get(2)?;
            let incident: String = row.get(4)?;
            Ok((number(row, 0)?, load::word(row, 1)?, grounds, number(row, 3)?, incident))
        })?;
    // What another version wrote may be more than this one knows.
    let grounds: Option<Grounds> = serde_json::from_str(&grounds).ok();
    let siblings = siblings(db, &message, &incident)?;
    let held = held(db, &message.rule, &message.group, &incident)?;
    Ok(Why {
        severity,
        n_attempts,
        attempts: attempts::read(db, seq)?,
        siblings,
        held,
        grounds,
        message,
    })
}

fn siblings(
    db: &Connection,
    message: &HistoryRow,
    incident: &str,
) -> rusqlite::Result<Vec<Sibling>> {
    let sql = "SELECT id, kind, count, at, state FROM message
        WHERE incident = ?1 AND webhook = ?2 AND id <> ?3 AND state <> 'merged' ORDER BY seq";
    let read = |row: &Row<'_>| {
        Ok(Sibling {
            id: row.get(0)?,
            kind: row.get(1)?,
            count: number(row, 2)?,
            at: Timestamp::from_millis(row.get(3)?),
            state: row.get(4)?,
        })
    };
    db.prepare(sql)?.query_map(params![incident, &*message.webhook, message.id], read)?.collect()
}

/// What the open incident of a group holds back, if it is `incident`.
fn held(
    db: &Connection,
    rule: &str,
    group: &GroupKey,
    incident: &str,
) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT held FROM rule_group
        WHERE rule = ?1 AND key = ?2 AND opened IS NOT NULL
            AND json_extract(state, '$.incident.id') = ?3";
    let read = |row: &Row<'_>| number(row, 0);
    db.query_row(sql, params![rule, key_text(group), incident], read).optional()
}
