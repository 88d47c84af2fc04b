//! The attempts to post messages: when each was, and how it ended.

use rusqlite::{Connection, Row, Transaction, params};

use crate::flow::{MessageMark, Timestamp};

use super::batch::number;
use super::load;

/// The latest attempts that are kept of a message: one that Chat leaves unanswered for a day has more
/// than a thousand.
const MAX: i64 = 8;

/// One attempt to post a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Which of the message's attempts it was, from 1.
    pub number: u64,
    /// When it ended.
    pub at: Timestamp,
    /// How, in words; empty: Chat took the message.
    pub said: String,
}

/// Writes those of `marks`, whose messages are there.
pub(super) fn write(db: &Transaction<'_>, marks: &[MessageMark]) -> rusqlite::Result<()> {
    // After a restart the outbox counts anew.
    let mut put = db.prepare_cached(
        "INSERT INTO attempt
         SELECT seq, 1 + coalesce((SELECT max(number) FROM attempt WHERE message = seq), 0), ?2, ?3
         FROM message WHERE id = ?1",
    )?;
    let mut drop = db.prepare_cached(
        "DELETE FROM attempt
         WHERE message = (SELECT seq FROM message WHERE id = ?1)
             AND number <= (SELECT max(number) FROM attempt
                 WHERE message = (SELECT seq FROM message WHERE id = ?1)) - ?2",
    )?;
    for mark in marks {
        let Some(at) = mark.attempted else { continue };
        let id = mark.id.to_string();
        put.execute(params![id, at.as_millis(), mark.said])?;
        if i64::from(mark.attempts) > MAX {
            drop.execute(params![id, MAX])?;
        }
    }
    Ok(())
}

/// The latest attempts to post the message with the number `seq`, oldest first.
pub(super) fn read(db: &Connection, seq: u64) -> rusqlite::Result<Vec<Attempt>> {
    let sql = "SELECT number, at, said FROM attempt WHERE message = ?1 ORDER BY number";
    let read = |row: &Row<'_>| {
        let number = load::number(row, 0)?;
        Ok(Attempt { number, at: Timestamp::from_millis(row.get(1)?), said: row.get(2)? })
    };
    db.prepare(sql)?.query_map([number(seq)], read)?.collect()
}
