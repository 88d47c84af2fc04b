//! Mutes: what operators do not want to be told of for now.

use rusqlite::{Connection, Row, Transaction, params};

use crate::flow::{Mute, MuteId, Timestamp};

use super::load::strange;

/// Saves mutes that are new or changed, and forgets those that are over.
pub(super) fn write(db: &Transaction<'_>, mutes: &[Mute], over: &[MuteId]) -> rusqlite::Result<()> {
    let mut put =
        db.prepare_cached("INSERT OR REPLACE INTO mute VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for mute in mutes {
        put.execute(params![
            mute.id.0,
            mute.selector.to_string(),
            mute.who,
            mute.why,
            mute.since.as_millis(),
            mute.until.as_millis(),
            mute.until_resolved,
        ])?;
    }
    // Ids are never used twice, though rows go: messages and people speak of them.
    if let Some(last) = mutes.iter().map(|mute| mute.id).max() {
        db.prepare_cached(
            "INSERT INTO meta VALUES ('last_mute', ?1)
             ON CONFLICT (key) DO UPDATE SET value = max(value, ?1)",
        )?
        .execute([last.0])?;
    }
    let mut forget = db.prepare_cached("DELETE FROM mute WHERE id = ?1")?;
    for id in over {
        forget.execute([id.0])?;
    }
    Ok(())
}

/// All mutes, oldest first.
pub(super) fn read(db: &Connection) -> rusqlite::Result<Vec<Mute>> {
    let sql = "SELECT id, selector, who, why, since, until, until_resolved FROM mute ORDER BY id";
    db.prepare(sql)?.query_map([], mute)?.collect()
}

fn mute(row: &Row<'_>) -> rusqlite::Result<Mute> {
    Ok(Mute {
        id: MuteId(row.get(0)?),
        selector: row.get_ref(1)?.as_str()?.parse().map_err(|_| strange(1))?,
        who: row.get(2)?,
        why: row.get(3)?,
        since: Timestamp::from_millis(row.get(4)?),
        until: Timestamp::from_millis(row.get(5)?),
        until_resolved: row.get(6)?,
    })
}
