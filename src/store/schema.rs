//! The tables, and how a store of an older version becomes one of this version.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// `PRAGMA application_id` of a store: "bell".
const APPLICATION: i64 = 0x6265_6c6c;

/// One step for each schema version, oldest first. A step is never changed once released.
pub(super) const STEPS: [&str; 7] = [
    "
    -- `seed`: random, made with the store. `saved_at`: time of the last commit.
    CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

    -- Counts since the store was made. `untold`: matches that no message has announced (yet).
    -- `pruned`: matches announced by messages that are not kept any more.
    CREATE TABLE rule (
        name TEXT PRIMARY KEY,
        fingerprint BLOB NOT NULL,
        matched INTEGER NOT NULL,
        untold INTEGER NOT NULL,
        pruned INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    -- Groups with something to remember. `opened`, `held`: of the open incident. Times here and
    -- below are milliseconds since 1970.
    CREATE TABLE rule_group (
        rule TEXT NOT NULL,
        key TEXT NOT NULL,
        opened INTEGER,
        held INTEGER NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (rule, key)
    ) STRICT, WITHOUT ROWID;

    -- How far each generation of a log was read. Paths are text where they are UTF-8, else blobs.
    CREATE TABLE checkpoint (
        generation INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL,
        path ANY NOT NULL,
        seen_at ANY NOT NULL,
        dev INTEGER NOT NULL,
        ino INTEGER NOT NULL,
        born INTEGER,
        head_len INTEGER NOT NULL,
        head_hash BLOB NOT NULL,
        anchor_len INTEGER NOT NULL,
        anchor_hash BLOB NOT NULL,
        offset INTEGER NOT NULL,
        size INTEGER NOT NULL,
        finished INTEGER NOT NULL,
        after_fragment INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX checkpoint_of_stream ON checkpoint (stream, generation);

    -- How each watched log is doing. `rules`: a JSON array of their names.
    CREATE TABLE stream (
        id INTEGER PRIMARY KEY,
        path ANY NOT NULL,
        rules TEXT NOT NULL,
        state TEXT NOT NULL
    ) STRICT;

    -- The outbox and its history, oldest first by `seq`. `body`: the Chat message as JSON, for as
    -- long as it is to be sent.
    CREATE TABLE message (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        rule TEXT NOT NULL,
        group_key TEXT NOT NULL,
        incident TEXT NOT NULL,
        kind TEXT NOT NULL,
        count INTEGER NOT NULL,
        at INTEGER NOT NULL,
        severity TEXT NOT NULL,
        webhook TEXT NOT NULL,
        body TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        delivered_at INTEGER,
        merged_into TEXT,
        said TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX message_unsent ON message (seq) WHERE state IN ('waiting', 'parked');
    CREATE INDEX message_by_age ON message (at);

    -- What could not be read or matched, as it was noticed.
    CREATE TABLE loss (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        path ANY NOT NULL,
        kind TEXT NOT NULL,
        bytes INTEGER,
        what TEXT NOT NULL
    ) STRICT;
",
    "
    -- `anchors`: as `store::anchors` writes them. `packing`: plain, gzip or zstd.
    ALTER TABLE checkpoint ADD COLUMN anchors BLOB NOT NULL DEFAULT x'';
    ALTER TABLE checkpoint ADD COLUMN modified INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE checkpoint ADD COLUMN packing TEXT NOT NULL DEFAULT 'plain';

    -- `generation`: the one that is read now. `mode`: what wakes the reader. `why`: what keeps it
    -- from being read, in a sentence.
    ALTER TABLE stream ADD COLUMN generation INTEGER;
    ALTER TABLE stream ADD COLUMN mode TEXT NOT NULL DEFAULT 'events';
    ALTER TABLE stream ADD COLUMN why TEXT NOT NULL DEFAULT '';

    -- What a log is remembered by besides its positions, as `source` wrote it for itself.
    CREATE TABLE memo (
        stream INTEGER PRIMARY KEY,
        path ANY NOT NULL,
        text TEXT NOT NULL
    ) STRICT;

    -- When a message told of it; NULL: it is still to be told. What was lost before is not.
    ALTER TABLE loss ADD COLUMN told INTEGER;
    UPDATE loss SET told = at;
",
    "
    -- The losses that webhooks are still to be told of. `loss.told` is NULL until all were told.
    CREATE TABLE to_tell (
        webhook TEXT NOT NULL,
        loss INTEGER NOT NULL REFERENCES loss (id) ON DELETE CASCADE,
        PRIMARY KEY (webhook, loss)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX to_tell_by_loss ON to_tell (loss);
    CREATE INDEX loss_untold ON loss (path, kind) WHERE told IS NULL;

    -- When each webhook was last told of losses.
    CREATE TABLE notice (webhook TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
",
    "
    -- `state`: what else `engine` wrote of the rule, as JSON for itself; empty for nothing.
    ALTER TABLE rule ADD COLUMN state TEXT NOT NULL DEFAULT '';
",
    "
    -- What is not told for now. `selector`: as `flow::Selector` writes it. Rows go when the mute ends.
    CREATE TABLE mute (
        id INTEGER PRIMARY KEY,
        selector TEXT NOT NULL,
        who TEXT NOT NULL,
        why TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        until_resolved INTEGER NOT NULL
    ) STRICT;
",
    "
    -- `grounds`: what the message was made of, as JSON; empty where that is not known.
    ALTER TABLE message ADD COLUMN grounds TEXT NOT NULL DEFAULT '';

    -- The latest attempts to post each message, numbered from 1. `said`: how one ended; empty: Chat
    -- took the message.
    CREATE TABLE attempt (
        message INTEGER NOT NULL REFERENCES message (seq) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        at INTEGER NOT NULL,
        said TEXT NOT NULL,
        PRIMARY KEY (message, number)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Matching lines of a log whose stamps do not count: `future` lie ahead of when they came, `late`
    -- too far before. `told`: when a message last told of it.
    CREATE TABLE skew (
        path ANY NOT NULL PRIMARY KEY,
        future INTEGER NOT NULL,
        late INTEGER NOT NULL,
        told INTEGER
    ) STRICT, WITHOUT ROWID;
",
];

/// The schema version of this program.
#[allow(clippy::cast_possible_wrap)]
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Brings the database up to this version, in one transaction.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(db).map_err(|source| StoreError::opening(path, source))?;
    if found > VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    if found == VERSION {
        return Ok(());
    }
    step_up(db, found).map_err(|source| StoreError::writing(path, source))
}

/// The schema version of `db`; 0 for a new one.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn step_up(db: &mut Connection, found: i64) -> rusqlite::Result<()> {
    let changes = db.transaction()?;
    for step in &STEPS[usize::try_from(found).unwrap_or(0)..] {
        changes.execute_batch(step)?;
    }
    if found == 0 {
        changes.pragma_update(None, "application_id", APPLICATION)?;
        let seed = "INSERT INTO meta VALUES ('seed', randomblob(16))";
        changes.execute(seed, [])?;
    }
    changes.pragma_update(None, "user_version", VERSION)?;
    changes.commit()
}
