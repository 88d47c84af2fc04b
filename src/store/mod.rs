//! What outlives a restart: one SQLite file, one writer.
//!
//! Read positions, engine state and messages change in one transaction, so that after a kill at any
//! moment each line is either not read yet or counted and told.

mod anchors;
mod attempts;
mod batch;
mod error;
mod files;
mod load;
mod losses;
mod mutes;
mod read;
mod schema;
mod why;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::flow::Timestamp;

pub use batch::Batch;
pub use error::StoreError;
pub use files::{FileRow, GenerationRow};
pub use load::{Saved, ToldTo, Waiting};
pub use read::{HistoryRow, LossRow, OutboxRow, Reader, RuleRow, Status};
pub use why::{Attempt, Found, Sibling, Why};

/// The store, opened for writing by the one agent that runs on it.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    path: PathBuf,
    /// Held for as long as the store is: a second agent on the same directory is refused.
    _lock: File,
}

impl Store {
    /// The name of the database in the state directory.
    pub const FILE: &str = "logbell.db";
    /// How long the writer waits for a reader's lock.
    const BUSY: Duration = Duration::from_secs(5);

    /// Opens the store in the directory `state`, and makes both where they are not there yet.
    ///
    /// # Errors
    /// The host's: the directory cannot be made or written, another agent runs on it, the database
    /// is damaged or of a newer `logbell`. Nothing is ever deleted or made anew to get around it.
    pub fn open(state: &Path) -> Result<Self, StoreError> {
        let denied = |what| StoreError::Directory { path: state.to_owned(), what };
        // Log text is in it, which not every user of the host may be meant to read.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(state).map_err(denied)?;
        let touch = |name| {
            let mut options = File::options();
            options.create(true).truncate(false).write(true).mode(0o600).open(state.join(name))
        };
        let lock = touch("lock").map_err(denied)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { path: state.to_owned() });
            }
            Err(fs::TryLockError::Error(error)) => return Err(denied(error)),
        }
        // SQLite gives its side files the mode of this one.
        touch(Self::FILE).map_err(denied)?;
        let path = state.join(Self::FILE);
        let db = Self::connect(&path).map_err(|source| StoreError::opening(&path, source))?;
        let mut store = Self { db, path, _lock: lock };
        schema::migrate(&mut store.db, &store.path)?;
        Ok(store)
    }

    /// Saves `batch` in one transaction.
    ///
    /// With messages or marks in it, it is on the disk when this returns; without, it may be lost
    /// to a power cut, but never in part.
    ///
    /// # Errors
    /// The host's: the disk is full, or fails. Nothing is saved then; the same batch may be tried
    /// again.
    pub fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        batch.write(&mut self.db).map_err(|source| StoreError::writing(&self.path, source))
    }

    /// Forgets losses, and messages that do not wait to be sent, of before `before`. Their counts are
    /// kept.
    ///
    /// # Errors
    /// As of [`Self::commit`].
    pub fn prune(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let pruned = batch::prune(&mut self.db, before);
        pruned.map_err(|source| StoreError::writing(&self.path, source))
    }

    fn connect(path: &Path) -> rusqlite::Result<Connection> {
        let db = Connection::open(path)?;
        db.busy_timeout(Self::BUSY)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "foreign_keys", "ON")?;
        // The database is small and its reader is mostly this program: half a MiB of pages.
        db.pragma_update(None, "cache_size", -512)?;
        db.pragma_update(None, "journal_size_limit", 4 << 20)?;
        db.set_prepared_statement_cache_capacity(32);
        Ok(db)
    }
}
