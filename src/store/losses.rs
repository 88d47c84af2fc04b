//! Losses, and who is still to be told of them.

use rusqlite::{Transaction, params};

use super::batch::{SqlPath, number};
use crate::flow::{Loss, Timestamp, WebhookName};

/// Saves that webhooks were told of all losses saved so far, and after that further losses with
/// the webhooks that are to be told of them.
pub(super) fn write(
    db: &Transaction<'_>,
    told: &[(WebhookName, Timestamp)],
    losses: &[(Loss, Vec<WebhookName>)],
) -> rusqlite::Result<()> {
    for (webhook, at) in told {
        let at = at.as_millis();
        db.execute("DELETE FROM to_tell WHERE webhook = ?1", [&webhook.0])?;
        db.execute("INSERT OR REPLACE INTO notice VALUES (?1, ?2)", params![webhook.0, at])?;
        db.execute(
            "UPDATE loss SET told = ?1 WHERE told IS NULL
                 AND NOT EXISTS (SELECT 1 FROM to_tell WHERE to_tell.loss = loss.id)",
            [at],
        )?;
    }
    let mut put = db.prepare_cached(
        "INSERT INTO loss (at, path, kind, bytes, what) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut put_to_tell =
        db.prepare_cached("INSERT OR IGNORE INTO to_tell (webhook, loss) VALUES (?1, ?2)")?;
    for (loss, webhooks) in losses {
        if add_to_last(db, loss, webhooks)? {
            continue;
        }
        let (at, bytes) = (loss.at.as_millis(), loss.bytes.map(number));
        put.execute(params![at, SqlPath(&loss.path), loss.kind, bytes, loss.what])?;
        let id = db.last_insert_rowid();
        for webhook in webhooks {
            put_to_tell.execute(params![webhook.0, id])?;
        }
    }
    Ok(())
}

/// Adds a cut line to the row of the same log's last ones, while nobody was told of that: a log may
/// have thousands of them a second, and a row each would outgrow it. Returns whether there was one.
fn add_to_last(
    db: &Transaction<'_>,
    loss: &Loss,
    webhooks: &[WebhookName],
) -> rusqlite::Result<bool> {
    let (Loss::LINE_CUT, Some(bytes)) = (loss.kind, loss.bytes) else { return Ok(false) };
    let mut add = db.prepare_cached(
        "UPDATE loss SET bytes = bytes + ?3 WHERE id = (
             SELECT max(id) FROM loss WHERE path = ?1 AND kind = ?2 AND told IS NULL)
             AND (SELECT count(*) FROM to_tell WHERE to_tell.loss = loss.id) = ?4",
    )?;
    let (bytes, n_webhooks) = (number(bytes), number(webhooks.len() as u64));
    Ok(add.execute(params![SqlPath(&loss.path), loss.kind, bytes, n_webhooks])? > 0)
}
