//! What an agent takes up when it starts.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::flow::{
    AlertKind, Checkpoint, Fingerprint, GenerationId, GroupKey, GroupRecord, Identity, IncidentId,
    Loss, Memo, Message, MessageId, Mute, MuteId, Packing, RuleRecord, Severity, SkewRecord,
    StreamId, Timestamp, ValueRecord, WebhookName,
};

use super::{Reader, Store, StoreError, anchors, mutes};

/// Everything that was saved.
#[derive(Debug, Default)]
pub struct Saved {
    /// Random, made with the store.
    pub seed: [u8; 16],
    /// When the last commit was made; `None` if there was none.
    pub saved_at: Option<Timestamp>,
    /// What the system called the time since the machine had started then, if it was known.
    pub boot: Option<String>,
    /// The greatest stream that was ever saved.
    pub last_stream: StreamId,
    /// The greatest generation that was ever saved.
    pub last_generation: GenerationId,
    /// The rules' counts.
    pub rules: Vec<RuleRecord>,
    /// The groups' states.
    pub groups: Vec<GroupRecord>,
    /// What rules with `new` have seen.
    pub values: Vec<ValueRecord>,
    /// What is muted.
    pub mutes: Vec<Mute>,
    /// The greatest mute that was ever saved.
    pub last_mute: MuteId,
    /// How far the logs were read.
    pub checkpoints: Vec<Checkpoint>,
    /// What logs were remembered by besides.
    pub memos: Vec<Memo>,
    /// Paths of logs that had no file.
    pub missing: Vec<PathBuf>,
    /// Messages that are not delivered, oldest first.
    pub messages: Vec<Waiting>,
    /// Losses that webhooks are still to be told of, oldest first.
    pub untold: Vec<(WebhookName, Loss)>,
    /// When each webhook was last told of losses.
    pub told: Vec<(WebhookName, Timestamp)>,
    /// Logs whose stamps did not all count.
    pub skews: Vec<SkewRecord>,
    /// Who was told of the rules that have something open.
    pub audience: Vec<ToldTo>,
}

/// A webhook that was told of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldTo {
    /// The rule's name.
    pub rule: Arc<str>,
    /// The webhook.
    pub webhook: WebhookName,
    /// How bad what the rule tells of is, or was.
    pub severity: Severity,
}

/// A message that is not delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The message.
    pub message: Message,
    /// Attempts to post it so far.
    pub attempts: u32,
    /// It was parked: Chat refused it.
    pub is_parked: bool,
}

impl Store {
    /// Reads everything that was saved.
    ///
    /// # Errors
    /// The host's: the database cannot be read, or holds what no `logbell` wrote.
    pub fn load(&self) -> Result<Saved, StoreError> {
        Self::read_all(&self.db).map_err(|source| StoreError::opening(&self.path, source))
    }

    fn read_all(db: &Connection) -> rusqlite::Result<Saved> {
        let seed = "SELECT value FROM meta WHERE key = 'seed'";
        let number_of = |key: &str| -> rusqlite::Result<Option<i64>> {
            let value = "SELECT value FROM meta WHERE key = ?1";
            db.query_row(value, [key], |row| row.get(0)).optional()
        };
        let last_of = |key| Ok::<_, rusqlite::Error>(number_of(key)?.unwrap_or(0).cast_unsigned());
        Ok(Saved {
            seed: db.query_row(seed, [], |row| row.get(0))?,
            saved_at: number_of("saved_at")?.map(Timestamp::from_millis),
            boot: db
                .query_row("SELECT value FROM meta WHERE key = 'boot'", [], |row| row.get(0))
                .optional()?,
            last_stream: StreamId(last_of("last_stream")?),
            last_generation: GenerationId(last_of("last_generation")?),
            rules: all(db, "SELECT name, fingerprint, matched, untold, state FROM rule", rule)?,
            groups: all(db, "SELECT rule, key, opened, held, state FROM rule_group", group)?,
            values: values(db)?,
            mutes: mutes::read(db)?,
            last_mute: MuteId(last_of("last_mute")?.try_into().unwrap_or(u32::MAX)),
            checkpoints: all(db, "SELECT * FROM checkpoint ORDER BY generation", checkpoint)?,
            memos: all(db, "SELECT stream, path, text FROM memo", memo)?,
            missing: all(db, "SELECT path FROM stream WHERE state = 'missing'", |row| {
                path(row, 0)
            })?,
            messages: all(
                db,
                "SELECT id, rule, group_key, incident, kind, count, at, severity, webhook, body,
                     attempts, state
                 FROM message WHERE state IN ('waiting', 'parked') ORDER BY seq",
                message,
            )?,
            untold: all(
                db,
                "SELECT webhook, at, path, kind, bytes, what
                 FROM to_tell JOIN loss ON loss.id = to_tell.loss ORDER BY loss.id",
                untold,
            )?,
            told: all(db, "SELECT webhook, at FROM notice", |row| {
                Ok((WebhookName(row.get(0)?), Timestamp::from_millis(row.get(1)?)))
            })?,
            audience: all(
                db,
                "SELECT DISTINCT rule, webhook, severity FROM message
                 WHERE rule IN (SELECT rule FROM rule_group WHERE opened IS NOT NULL)",
                told_to,
            )?,
            skews: all(db, "SELECT path, future, late, told FROM skew", |row| {
                let told = row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis);
                let (future, late) = (number(row, 1)?, number(row, 2)?);
                Ok(SkewRecord { path: path(row, 0)?.into(), future, late, told })
            })?,
        })
    }
}

impl Reader {
    /// Reads everything that was saved, as of one moment.
    ///
    /// # Errors
    /// As of [`Store::load`].
    pub fn load(&mut self) -> Result<Saved, StoreError> {
        let Self { db, path } = self;
        let saved = db.transaction().and_then(|moment| Store::read_all(&moment));
        saved.map_err(|source| StoreError::opening(path, source))
    }
}

fn all<T>(
    db: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare(sql)?.query_map([], read)?.collect()
}

fn rule(row: &Row<'_>) -> rusqlite::Result<RuleRecord> {
    Ok(RuleRecord {
        name: row.get(0)?,
        fingerprint: row.get(1)?,
        matched: number(row, 2)?,
        untold: number(row, 3)?,
        state: row.get(4)?,
    })
}

fn group(row: &Row<'_>) -> rusqlite::Result<GroupRecord> {
    Ok(GroupRecord {
        rule: row.get(0)?,
        key: json(row, 1)?,
        opened: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis),
        held: number(row, 3)?,
        state: row.get(4)?,
    })
}

/// What rules have seen. There may be many values of each: its name is kept once.
fn values(db: &Connection) -> rusqlite::Result<Vec<ValueRecord>> {
    let mut rule: Arc<str> = "".into();
    all(db, "SELECT rule, value, last FROM seen_value", |row| {
        let name = row.get_ref(0)?.as_str()?;
        if *rule != *name {
            rule = name.into();
        }
        let value = row.get::<_, i64>(1)?.cast_unsigned();
        Ok(ValueRecord {
            rule: Arc::clone(&rule),
            value,
            last: Timestamp::from_millis(row.get(2)?),
        })
    })
}

fn checkpoint(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    let at: Arc<Path> = path(row, 2)?.into();
    let seen_at = path(row, 3)?;
    // Nearly always they are one: it is kept once.
    let seen_at = if *seen_at == *at { Arc::clone(&at) } else { seen_at.into() };
    Ok(Checkpoint {
        generation: GenerationId(number(row, 0)?),
        stream: StreamId(number(row, 1)?),
        path: at,
        seen_at,
        identity: Identity {
            dev: row.get::<_, i64>(4)?.cast_unsigned(),
            ino: row.get::<_, i64>(5)?.cast_unsigned(),
            born: row.get(6)?,
        },
        head: Fingerprint { len: row.get(7)?, hash: row.get(8)? },
        anchor: Fingerprint { len: row.get(9)?, hash: row.get(10)? },
        offset: number(row, 11)?,
        size: number(row, 12)?,
        finished: row.get(13)?,
        after_fragment: row.get(14)?,
        at: Timestamp::from_millis(row.get(15)?),
        anchors: anchors::unpack(row.get_ref(16)?.as_blob()?).ok_or_else(|| strange(16))?,
        modified: Some(row.get(17)?).filter(|modified| *modified != 0),
        packing: Packing::parse(row.get_ref(18)?.as_str()?).ok_or_else(|| strange(18))?,
    })
}

fn memo(row: &Row<'_>) -> rusqlite::Result<Memo> {
    let stream = StreamId(number(row, 0)?);
    Ok(Memo { stream, path: path(row, 1)?.into(), text: row.get(2)? })
}

fn untold(row: &Row<'_>) -> rusqlite::Result<(WebhookName, Loss)> {
    let loss = Loss {
        at: Timestamp::from_millis(row.get(1)?),
        path: path(row, 2)?.into(),
        kind: Loss::kind_of(row.get_ref(3)?.as_str()?),
        bytes: row.get::<_, Option<i64>>(4)?.and_then(|bytes| u64::try_from(bytes).ok()),
        what: row.get(5)?,
    };
    Ok((WebhookName(row.get(0)?), loss))
}

fn told_to(row: &Row<'_>) -> rusqlite::Result<ToldTo> {
    let webhook = WebhookName(row.get(1)?);
    Ok(ToldTo { rule: row.get(0)?, webhook, severity: word(row, 2)? })
}

fn message(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let id: String = row.get(0)?;
    let incident: String = row.get(3)?;
    let message = Message {
        id: MessageId::parse(&id).ok_or_else(|| strange(0))?,
        rule: row.get(1)?,
        group: json(row, 2)?,
        incident: IncidentId::try_from(incident).map_err(|_| strange(3))?,
        kind: word(row, 4)?,
        count: number(row, 5)?,
        at: Timestamp::from_millis(row.get(6)?),
        severity: word(row, 7)?,
        webhook: WebhookName(row.get(8)?),
        body: row.get(9)?,
        grounds: None,
    };
    let state: String = row.get(11)?;
    Ok(Waiting { message, attempts: row.get(10)?, is_parked: state == "parked" })
}

/// A count, a size or an id.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| strange(column))
}

/// A path.
pub(super) fn path(row: &Row<'_>, column: usize) -> rusqlite::Result<PathBuf> {
    match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Ok(Path::new(OsStr::from_bytes(bytes)).to_owned())
        }
        _ => Err(strange(column)),
    }
}

/// A group's key.
pub(super) fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<GroupKey> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|_| strange(column))
}

/// One of the fixed words of an enum.
pub(super) fn word<T: WordOf>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    T::ALL.iter().find(|value| value.word() == text).copied().ok_or_else(|| strange(column))
}

pub(super) trait WordOf: Copy + 'static {
    const ALL: &'static [Self];
    fn word(&self) -> &'static str;
}

impl WordOf for AlertKind {
    const ALL: &'static [Self] =
        &[Self::Open, Self::Summary, Self::Reminder, Self::Resolved, Self::Digest, Self::Notice];
    fn word(&self) -> &'static str {
        self.as_str()
    }
}

impl WordOf for Severity {
    const ALL: &'static [Self] = &[Self::Info, Self::Warning, Self::Error, Self::Critical];
    fn word(&self) -> &'static str {
        self.as_str()
    }
}

/// A value that no `logbell` wrote.
pub(super) fn strange(column: usize) -> rusqlite::Error {
    let what = "a value that logbell did not write".into();
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what)
}
