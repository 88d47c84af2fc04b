//! One transaction: everything that a batch of lines, or the passing of time, led to.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, Transaction, params};

use super::{anchors, attempts, losses, mutes};
use crate::flow::{
    Checkpoint, GenerationId, GroupKey, GroupRecord, Loss, Memo, Message, MessageMark,
    MessageState, Mute, MuteId, RuleRecord, SkewRecord, StreamStatus, Timestamp, ValueRecord,
    WebhookName,
};

/// What is saved together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// When it was put together.
    pub at: Timestamp,
    /// What the system calls the time since the machine started; `None`: as in the batch before.
    pub boot: Option<String>,
    /// What is wrong with the configuration that was to be taken, empty where it was taken; `None`: as in
    /// the batch before.
    pub config: Option<String>,
    /// Rules whose counts changed.
    pub rules: Vec<RuleRecord>,
    /// Groups that changed.
    pub groups: Vec<GroupRecord>,
    /// Groups to forget, with their rule's name.
    pub gone: Vec<(Arc<str>, GroupKey)>,
    /// Values that rules saw, or saw again.
    pub values: Vec<ValueRecord>,
    /// Values to forget, with their rule's name.
    pub values_gone: Vec<(Arc<str>, u64)>,
    /// Mutes that are new or changed.
    pub mutes: Vec<Mute>,
    /// Mutes that are over.
    pub unmuted: Vec<MuteId>,
    /// Generations that were read on.
    pub checkpoints: Vec<Checkpoint>,
    /// What logs are remembered by besides.
    pub memos: Vec<Memo>,
    /// Generations to forget.
    pub forgotten: Vec<GenerationId>,
    /// Logs whose state changed, with the names of the rules that watch them.
    pub streams: Vec<(StreamStatus, Vec<Arc<str>>)>,
    /// `streams` is the whole list: rows of other logs are of an earlier run, and go.
    pub streams_are_all: bool,
    /// Losses noticed, with the webhooks that are to be told of them.
    pub losses: Vec<(Loss, Vec<WebhookName>)>,
    /// Webhooks that are told of all losses of earlier batches by one of `messages`, and when.
    pub told: Vec<(WebhookName, Timestamp)>,
    /// Logs of which more stamps do not count, or that were told of.
    pub skews: Vec<SkewRecord>,
    /// Messages that are new, or whose text and count changed.
    pub messages: Vec<Message>,
    /// Messages whose state changed. Applied after `messages`.
    pub marks: Vec<MessageMark>,
}

impl Batch {
    /// Whether there is nothing to save.
    pub fn is_empty(&self) -> bool {
        !self.is_urgent()
            && self.config.is_none()
            && self.rules.is_empty()
            && self.groups.is_empty()
            && self.gone.is_empty()
            && self.values.is_empty()
            && self.values_gone.is_empty()
            && self.checkpoints.is_empty()
            && self.memos.is_empty()
            && self.forgotten.is_empty()
            && self.streams.is_empty()
            && self.losses.is_empty()
            && self.skews.is_empty()
    }

    /// Whether it must be on the disk before anything else happens: something is told by it, or is not
    /// to be told.
    pub fn is_urgent(&self) -> bool {
        let is_told = !self.messages.is_empty() || !self.marks.is_empty();
        is_told || !self.mutes.is_empty() || !self.unmuted.is_empty()
    }

    pub(super) fn write(&self, db: &mut Connection) -> rusqlite::Result<()> {
        let level = if self.is_urgent() { "FULL" } else { "NORMAL" };
        db.pragma_update(None, "synchronous", level)?;
        let changes = db.transaction()?;
        changes
            .prepare_cached("INSERT OR REPLACE INTO meta VALUES ('saved_at', ?1)")?
            .execute([self.at.as_millis()])?;
        if let Some(boot) = &self.boot {
            changes
                .prepare_cached("INSERT OR REPLACE INTO meta VALUES ('boot', ?1)")?
                .execute([boot])?;
        }
        if let Some(config) = &self.config {
            let mut put = changes.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
            put.execute(params!["config", config])?;
            put.execute(params!["config_at", self.at.as_millis()])?;
        }
        self.write_engine(&changes)?;
        self.write_source(&changes)?;
        self.write_outbox(&changes)?;
        changes.commit()
    }

    fn write_engine(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut put_rule = db.prepare_cached(
            "INSERT INTO rule (name, fingerprint, matched, untold, state)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET
                 fingerprint = ?2, matched = ?3, untold = ?4, state = ?5",
        )?;
        for rule in &self.rules {
            let (matched, untold) = (number(rule.matched), number(rule.untold));
            let RuleRecord { name, fingerprint, state, .. } = rule;
            put_rule.execute(params![name, fingerprint, matched, untold, state])?;
        }
        let mut put_group =
            db.prepare_cached("INSERT OR REPLACE INTO rule_group VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for group in &self.groups {
            let opened = group.opened.map(Timestamp::as_millis);
            let key = key_text(&group.key);
            put_group.execute(params![group.rule, key, opened, number(group.held), group.state])?;
        }
        let mut drop_group =
            db.prepare_cached("DELETE FROM rule_group WHERE rule = ?1 AND key = ?2")?;
        for (rule, key) in &self.gone {
            drop_group.execute(params![rule, key_text(key)])?;
        }
        self.write_values(db)?;
        mutes::write(db, &self.mutes, &self.unmuted)
    }

    fn write_values(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut put = db.prepare_cached("INSERT OR REPLACE INTO seen_value VALUES (?1, ?2, ?3)")?;
        for ValueRecord { rule, value, last } in &self.values {
            put.execute(params![rule, value.cast_signed(), last.as_millis()])?;
        }
        let mut drop =
            db.prepare_cached("DELETE FROM seen_value WHERE rule = ?1 AND value = ?2")?;
        for (rule, value) in &self.values_gone {
            drop.execute(params![rule, value.cast_signed()])?;
        }
        Ok(())
    }

    fn write_source(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut put_checkpoint = db.prepare_cached(
            "INSERT OR REPLACE INTO checkpoint
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                 ?19)",
        )?;
        for c in &self.checkpoints {
            put_checkpoint.execute(params![
                number(c.generation.0),
                number(c.stream.0),
                SqlPath(&c.path),
                SqlPath(&c.seen_at),
                c.identity.dev.cast_signed(),
                c.identity.ino.cast_signed(),
                c.identity.born,
                c.head.len,
                c.head.hash,
                c.anchor.len,
                c.anchor.hash,
                number(c.offset),
                number(c.size),
                c.finished,
                c.after_fragment,
                c.at.as_millis(),
                anchors::pack(&c.anchors),
                // The column is of a step that is released, and has 0 where nothing is known.
                c.modified.unwrap_or(0),
                c.packing.as_str(),
            ])?;
        }
        // Ids are never used twice, though rows go: message ids derive from them.
        let mut put_last = db.prepare_cached(
            "INSERT INTO meta VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = max(value, ?2)",
        )?;
        let of_streams = self.streams.iter().map(|(stream, _)| stream.stream);
        let of_checkpoints = self.checkpoints.iter().map(|checkpoint| checkpoint.stream);
        let of_memos = self.memos.iter().map(|memo| memo.stream);
        if let Some(last) = of_streams.chain(of_checkpoints).chain(of_memos).max() {
            put_last.execute(params!["last_stream", number(last.0)])?;
        }
        let of_checkpoints = self.checkpoints.iter().map(|checkpoint| checkpoint.generation);
        // Feeds have no checkpoints.
        let of_streams = self.streams.iter().filter_map(|(stream, _)| stream.generation);
        if let Some(last) = of_checkpoints.chain(of_streams).max() {
            put_last.execute(params!["last_generation", number(last.0)])?;
        }
        let mut drop_checkpoint =
            db.prepare_cached("DELETE FROM checkpoint WHERE generation = ?1")?;
        for generation in &self.forgotten {
            drop_checkpoint.execute([number(generation.0)])?;
        }
        self.write_memos(db)?;
        if self.streams_are_all {
            db.execute("DELETE FROM stream", [])?;
        }
        let mut put_stream =
            db.prepare_cached("INSERT OR REPLACE INTO stream VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        for (stream, rules) in &self.streams {
            let rules = serde_json::to_string(rules).expect("strings");
            let (id, path, state) =
                (number(stream.stream.0), SqlPath(&stream.path), stream.state.as_str());
            let generation = stream.generation.map(|generation| number(generation.0));
            let (mode, why) = (stream.mode.as_str(), &stream.why);
            put_stream.execute(params![id, path, rules, state, generation, mode, why])?;
        }
        let mut put_skew =
            db.prepare_cached("INSERT OR REPLACE INTO skew VALUES (?1, ?2, ?3, ?4)")?;
        for skew in &self.skews {
            let [future, late] = [skew.future, skew.late].map(number);
            let told = skew.told.map(Timestamp::as_millis);
            put_skew.execute(params![SqlPath(&skew.path), future, late, told])?;
        }
        losses::write(db, &self.told, &self.losses)
    }

    fn write_memos(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut put = db.prepare_cached("INSERT OR REPLACE INTO memo VALUES (?1, ?2, ?3)")?;
        let mut drop = db.prepare_cached("DELETE FROM memo WHERE stream = ?1")?;
        for memo in &self.memos {
            let id = number(memo.stream.0);
            if memo.text.is_empty() {
                drop.execute([id])?;
            } else {
                put.execute(params![id, SqlPath(&memo.path), memo.text])?;
            }
        }
        Ok(())
    }

    fn write_outbox(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut put_message = db.prepare_cached(
            "INSERT INTO message
                 (id, rule, group_key, incident, kind, count, at, severity, webhook, body, grounds, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'waiting')
             ON CONFLICT (id) DO UPDATE SET kind = ?5, count = ?6, body = ?10, grounds = ?11",
        )?;
        for m in &self.messages {
            put_message.execute(params![
                m.id.to_string(),
                m.rule,
                key_text(&m.group),
                m.incident.to_string(),
                m.kind.as_str(),
                number(m.count),
                m.at.as_millis(),
                m.severity.as_str(),
                m.webhook.0,
                m.body,
                grounds(m),
            ])?;
        }
        let mut mark_message = db.prepare_cached(
            "UPDATE message
             SET state = ?2, attempts = ?3, said = ?4, delivered_at = ?5, merged_into = ?6,
                 body = iif(?2 IN ('waiting', 'parked'), body, ''),
                 grounds = iif(?2 = 'merged', '', grounds)
             WHERE id = ?1",
        )?;
        for mark in &self.marks {
            let (delivered_at, merged_into) = match mark.state {
                MessageState::Delivered { at } => (Some(at.as_millis()), None),
                MessageState::Merged { into } => (None, Some(into.to_string())),
                MessageState::Waiting | MessageState::Parked => (None, None),
            };
            let (id, state) = (mark.id.to_string(), mark.state.as_str());
            mark_message.execute(params![
                id,
                state,
                mark.attempts,
                mark.said,
                delivered_at,
                merged_into
            ])?;
        }
        attempts::write(db, &self.marks)
    }
}

/// What a message was made of, as JSON; empty where that is not known.
fn grounds(message: &Message) -> String {
    let grounds = message.grounds.as_ref();
    // A path that is no text has none.
    grounds.and_then(|grounds| serde_json::to_string(&**grounds).ok()).unwrap_or_default()
}

/// Forgets what was decided or noticed before `before` and does not wait to be sent, and keeps the
/// counts.
pub(super) fn prune(db: &mut Connection, before: Timestamp) -> rusqlite::Result<()> {
    let changes = db.transaction()?;
    let before = before.as_millis();
    changes.execute(
        "UPDATE rule SET pruned = pruned + coalesce((
             SELECT sum(count) FROM message
             WHERE rule = rule.name AND at < ?1 AND state IN ('delivered', 'parked')
                 AND kind <> 'resolved'), 0)",
        [before],
    )?;
    changes.execute("DELETE FROM message WHERE at < ?1 AND state <> 'waiting'", [before])?;
    changes.execute("DELETE FROM loss WHERE at < ?1", [before])?;
    changes.execute("DELETE FROM skew WHERE path NOT IN (SELECT path FROM stream)", [])?;
    changes.commit()
}

/// SQLite's integers are signed. Counts, sizes and ids never come near the difference.
pub(super) fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A group's key as the text that tells it from the others of its rule.
pub(super) fn key_text(key: &GroupKey) -> String {
    serde_json::to_string(key).expect("strings")
}

/// A path, as text where it is UTF-8, so that operators can read it, else as a blob.
pub(super) struct SqlPath<'a>(pub(super) &'a Path);

impl ToSql for SqlPath<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes = self.0.as_os_str().as_bytes();
        Ok(ToSqlOutput::Borrowed(match self.0.to_str() {
            Some(_) => ValueRef::Text(bytes),
            None => ValueRef::Blob(bytes),
        }))
    }
}
