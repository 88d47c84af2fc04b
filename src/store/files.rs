//! How far each watched log was read, for `status`.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::{Connection, Row};

use crate::flow::{GenerationId, Identity, Offset, Packing, StreamId, Timestamp};

use super::load::{number, path, strange};

/// One watched log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// The path that it is watched under; for what is no file, its name.
    pub path: PathBuf,
    /// The rules that watch it.
    pub rule_names: Vec<String>,
    /// Its state in a word.
    pub state: String,
    /// What wakes its reader, in a word.
    pub mode: String,
    /// Why it is not read, in a sentence; empty where it is.
    pub why: String,
    /// Matching lines of it that were stamped ahead of when they came.
    pub future: u64,
    /// Matching lines of it that came live, and were stamped too long ago.
    pub late: u64,
    /// The file that it is now; `None` where there was none yet.
    pub current: Option<GenerationRow>,
    /// Files that it was before and that may still be read on, newest first.
    pub older: Vec<GenerationRow>,
}

/// How far one physical file of a log was read, as of the last commit that it was in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenerationRow {
    /// Its number; `None` where the reader has not seen it yet.
    pub id: Option<GenerationId>,
    /// The path that it was last seen at.
    pub seen_at: PathBuf,
    /// What the file system calls it.
    pub identity: Identity,
    /// How far it has been read. A packed file's is a place in what was packed.
    pub offset: Offset,
    /// Its size on the disk.
    pub size: u64,
    /// What packs it.
    pub packing: Packing,
    /// Nothing more was expected of it.
    pub is_finished: bool,
    /// When it was last read; `None` if it never was.
    pub read_at: Option<Timestamp>,
}

impl FileRow {
    /// Bytes that are still to be read of it, older files included; `None` where a file that is
    /// still to be read is packed, so that nobody knows.
    pub fn lag(&self) -> Option<u64> {
        self.current.iter().chain(&self.older).map(GenerationRow::lag).sum()
    }
}

impl GenerationRow {
    /// Bytes that are still to be read of it; `None` where it is packed and nobody knows.
    pub fn lag(&self) -> Option<u64> {
        match self.packing {
            _ if self.is_finished => Some(0),
            Packing::Plain => Some(self.size.saturating_sub(self.offset)),
            Packing::Gzip | Packing::Zstd => None,
        }
    }
}

/// The watched logs, by path.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<FileRow>> {
    let mut generations = generations(db)?;
    let read = |row: &Row<'_>| {
        let rules: String = row.get(2)?;
        let known = generations.remove(&StreamId(number(row, 0)?)).unwrap_or_default();
        let mut known = known.into_iter();
        Ok(FileRow {
            path: path(row, 1)?,
            rule_names: serde_json::from_str(&rules).unwrap_or_default(),
            state: row.get(3)?,
            mode: row.get(4)?,
            why: row.get(5)?,
            future: number(row, 6)?,
            late: number(row, 7)?,
            current: known.next(),
            older: known.filter(|older| !older.is_finished).collect(),
        })
    };
    let sql =
        "SELECT id, stream.path, rules, state, mode, why, coalesce(future, 0), coalesce(late, 0)
        FROM stream LEFT JOIN skew ON skew.path = stream.path ORDER BY stream.path";
    db.prepare(sql)?.query_map([], read)?.collect()
}

/// The files of each log, newest first. Two plain walks: a join for each log would take long for
/// ten thousand of them.
fn generations(db: &Connection) -> rusqlite::Result<HashMap<StreamId, Vec<GenerationRow>>> {
    let mut statement = db.prepare(
        "SELECT stream, generation, seen_at, dev, ino, born, offset, size, packing, finished, at
         FROM checkpoint ORDER BY generation DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut generations: HashMap<_, Vec<_>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let generation = GenerationRow {
            id: Some(GenerationId(number(row, 1)?)),
            seen_at: path(row, 2)?,
            identity: Identity {
                dev: row.get::<_, i64>(3)?.cast_unsigned(),
                ino: row.get::<_, i64>(4)?.cast_unsigned(),
                born: row.get(5)?,
            },
            offset: number(row, 6)?,
            size: number(row, 7)?,
            packing: Packing::parse(row.get_ref(8)?.as_str()?).ok_or_else(|| strange(8))?,
            is_finished: row.get(9)?,
            read_at: Some(Timestamp::from_millis(row.get(10)?)),
        };
        generations.entry(StreamId(number(row, 0)?)).or_default().push(generation);
    }
    Ok(generations)
}
