//! What `status` and `history` show, with the agent running or not.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};

use crate::flow::{GroupKey, Mute, Timestamp};

use super::batch::key_text;
use super::files::{self, FileRow};
use super::load::{json, number, path};
use super::{Store, StoreError, mutes, schema};

/// The store, opened for reading only.
#[derive(Debug)]
pub struct Reader {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
}

/// How everything is, as of the last commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The rules, by name; those that are not configured any more included.
    pub rules: Vec<RuleRow>,
    /// The watched logs, by path.
    pub files: Vec<FileRow>,
    /// How many messages are in which state.
    pub outbox: OutboxRow,
    /// The losses, oldest first.
    pub losses: Vec<LossRow>,
    /// When a configuration was last to be taken, and what is wrong with it; empty where it was taken.
    pub config: Option<(Timestamp, String)>,
    /// What is muted, oldest first.
    pub mutes: Vec<Mute>,
}

/// One rule's counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleRow {
    /// The rule's name.
    pub name: String,
    /// Lines that it matched since the store was made.
    pub matched: u64,
    /// Messages about it that are kept, those merged into others not counted.
    pub messages: u64,
    /// Matches that no message has announced (yet).
    pub suppressed: u64,
    /// Matches announced by messages that are not kept any more.
    pub pruned: u64,
    /// Groups with an open incident.
    pub open_groups: u64,
}

/// How many messages are in which state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OutboxRow {
    /// To be sent.
    pub waiting: u64,
    /// Refused by Chat.
    pub parked: u64,
    /// Taken by Chat.
    pub delivered: u64,
}

/// One loss.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LossRow {
    /// When it was noticed.
    pub at: Timestamp,
    /// The log.
    pub path: PathBuf,
    /// What happened, in a word.
    pub kind: String,
    /// How many bytes, where that is known.
    pub bytes: Option<u64>,
    /// What happened, in a sentence.
    pub what: String,
    /// When the last of those who are to be told of it was; `None`: not yet.
    pub told: Option<Timestamp>,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryRow {
    /// Its id.
    pub id: String,
    /// The rule's name.
    pub rule: String,
    /// The group it is about.
    pub group: GroupKey,
    /// Its kind in a word.
    pub kind: String,
    /// Matches that it announces.
    pub count: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The webhook that it goes to.
    pub webhook: Arc<str>,
    /// Its state in a word.
    pub state: String,
    /// When Chat took it.
    pub delivered_at: Option<Timestamp>,
    /// The message that carries its count, if it was merged.
    pub merged_into: Option<String>,
    /// How the last attempt to post it ended, if not well.
    pub said: String,
}

impl Reader {
    /// Opens the store in the directory `state`.
    ///
    /// # Errors
    /// The operator's: there is no store, or it may not be read. Otherwise as of [`Store::open`].
    pub fn open(state: &Path) -> Result<Self, StoreError> {
        let path = state.join(Store::FILE);
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(StoreError::Denied { path });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { path });
            }
            _ => {}
        }
        let db = connect(&path).map_err(|source| StoreError::opening(&path, source))?;
        let found = schema::version(&db).map_err(|source| StoreError::opening(&path, source))?;
        match found {
            0 => Err(StoreError::Missing { path }),
            schema::VERSION => Ok(Self { db, path }),
            ..schema::VERSION => Err(StoreError::Older { path, found, known: schema::VERSION }),
            _ => Err(StoreError::Newer { path, found, known: schema::VERSION }),
        }
    }

    /// How everything is, as of one moment.
    ///
    /// # Errors
    /// The host's: the database cannot be read.
    pub fn status(&mut self) -> Result<Status, StoreError> {
        let opening = |source| StoreError::opening(&self.path, source);
        let moment = self.db.transaction().map_err(opening)?;
        let read = || {
            Ok(Status {
                rules: rules(&moment)?,
                files: files::all(&moment)?,
                outbox: outbox(&moment)?,
                losses: losses(&moment)?,
                config: config(&moment)?,
                mutes: mutes::read(&moment)?,
            })
        };
        read().map_err(opening)
    }

    /// The messages of a rule about `group`, or about many of its groups, that tell of something that
    /// happened `at`, oldest first; at most `max`.
    ///
    /// # Errors
    /// The host's: the database cannot be read.
    pub fn told_of(
        &self,
        rule: &str,
        group: &GroupKey,
        at: Timestamp,
        max: usize,
    ) -> Result<Vec<HistoryRow>, StoreError> {
        let told = told_of(&self.db, rule, group, at, max);
        told.map_err(|source| StoreError::opening(&self.path, source))
    }

    /// Gives each message to `each`, oldest first, until it returns false.
    ///
    /// # Errors
    /// The host's: the database cannot be read.
    pub fn history(&self, each: impl FnMut(HistoryRow) -> bool) -> Result<(), StoreError> {
        history(&self.db, each).map_err(|source| StoreError::opening(&self.path, source))
    }

    /// What is muted, oldest first.
    ///
    /// # Errors
    /// The host's: the database cannot be read.
    pub fn mutes(&self) -> Result<Vec<Mute>, StoreError> {
        mutes::read(&self.db).map_err(|source| StoreError::opening(&self.path, source))
    }
}

/// What became of the configuration that was last to be taken, if an agent has noted it.
fn config(db: &Connection) -> rusqlite::Result<Option<(Timestamp, String)>> {
    let sql = "SELECT at.value, what.value FROM meta AS at, meta AS what
        WHERE at.key = 'config_at' AND what.key = 'config'";
    let read = |row: &Row<'_>| Ok((Timestamp::from_millis(row.get(0)?), row.get(1)?));
    db.query_row(sql, [], read).optional()
}

/// The rules' counts, by name.
fn rules(db: &Connection) -> rusqlite::Result<Vec<RuleRow>> {
    let sql = "SELECT name, matched, untold, pruned,
            (SELECT count(*) FROM message WHERE rule = name AND state <> 'merged'),
            (SELECT count(*) FROM rule_group WHERE rule = name AND opened IS NOT NULL)
        FROM rule ORDER BY name";
    let read = |row: &Row<'_>| {
        Ok(RuleRow {
            name: row.get(0)?,
            matched: number(row, 1)?,
            suppressed: number(row, 2)?,
            pruned: number(row, 3)?,
            messages: number(row, 4)?,
            open_groups: number(row, 5)?,
        })
    };
    db.prepare(sql)?.query_map([], read)?.collect()
}

/// How many messages are in which state.
fn outbox(db: &Connection) -> rusqlite::Result<OutboxRow> {
    let mut counts = OutboxRow::default();
    let mut statement = db.prepare("SELECT state, count(*) FROM message GROUP BY state")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let count = number(row, 1)?;
        match row.get_ref(0)?.as_str()? {
            "waiting" => counts.waiting = count,
            "parked" => counts.parked = count,
            "delivered" => counts.delivered = count,
            _ => {}
        }
    }
    Ok(counts)
}

/// The losses, oldest first.
fn losses(db: &Connection) -> rusqlite::Result<Vec<LossRow>> {
    let read = |row: &Row<'_>| {
        Ok(LossRow {
            at: Timestamp::from_millis(row.get(0)?),
            path: path(row, 1)?,
            kind: row.get(2)?,
            bytes: row.get::<_, Option<i64>>(3)?.and_then(|bytes| u64::try_from(bytes).ok()),
            what: row.get(4)?,
            told: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        })
    };
    let sql = "SELECT at, path, kind, bytes, what, told FROM loss ORDER BY id";
    db.prepare(sql)?.query_map([], read)?.collect()
}

/// A message's columns, in the order in which [`history_row`] reads them.
const HISTORY: &str =
    "id, rule, group_key, kind, count, at, webhook, state, delivered_at, merged_into, said";

/// Gives each message to `each`, oldest first.
pub(super) fn history(
    db: &Connection,
    mut each: impl FnMut(HistoryRow) -> bool,
) -> rusqlite::Result<()> {
    let mut statement = db.prepare(&format!("SELECT {HISTORY} FROM message ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if !each(history_row(row)?) {
            break;
        }
    }
    Ok(())
}

fn history_row(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    Ok(HistoryRow {
        id: row.get(0)?,
        rule: row.get(1)?,
        group: json(row, 2)?,
        kind: row.get(3)?,
        count: number(row, 4)?,
        at: Timestamp::from_millis(row.get(5)?),
        webhook: row.get(6)?,
        state: row.get(7)?,
        delivered_at: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_millis),
        merged_into: row.get(9)?,
        said: row.get(10)?,
    })
}

fn told_of(
    db: &Connection,
    rule: &str,
    group: &GroupKey,
    at: Timestamp,
    max: usize,
) -> rusqlite::Result<Vec<HistoryRow>> {
    // What tells of no match has a span as well.
    let sql = format!(
        "SELECT {HISTORY} FROM message
         WHERE rule = ?1 AND (group_key = ?2 OR kind = 'digest') AND state <> 'merged' AND count > 0
             AND grounds <> ''
             AND json_extract(grounds, '$.span.first') <= ?3
             AND json_extract(grounds, '$.span.last') >= ?3
         ORDER BY seq LIMIT ?4"
    );
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let given = params![rule, key_text(group), at.as_millis(), max];
    db.prepare(&sql)?.query_map(given, history_row)?.collect()
}

/// A read-only connection, also where the directory may not be written.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Store::BUSY)?;
    match schema::version(&db) {
        Ok(_) => Ok(db),
        // Reading a WAL database needs its side files. Where the agent has stopped and left none,
        // and they may not be made, nobody writes, and the file can be read as it is.
        Err(_) if !path.with_extension("db-wal").exists() => {
            let uri = format!("file:{}?immutable=1", uri_path(path));
            Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
        }
        Err(error) => Err(error),
    }
}

/// `path` as the path of a URI.
fn uri_path(path: &Path) -> String {
    let escape = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
            char::from(*byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    path.as_os_str().as_encoded_bytes().iter().map(escape).collect()
}
