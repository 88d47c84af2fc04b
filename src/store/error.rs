//! What can go wrong with the store, and what the operator can do about it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The state directory cannot be made or written.
    #[error(
        "cannot use the state directory `{path}`: {what}; set `state` to a directory that this user \
         can write", path = path.display()
    )]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        what: io::Error,
    },
    /// Another agent holds the lock.
    #[error(
        "another logbell runs on the state directory `{path}`; stop it, or give this one a `state` \
         of its own", path = path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// It may not be read.
    #[error(
        "may not read the store `{path}`: permission denied; read it as the user that logbell runs \
         as, or as root", path = path.display()
    )]
    Denied {
        /// The database.
        path: PathBuf,
    },
    /// There is no database to read.
    #[error(
        "no store at `{path}`: no agent has run with this `state` directory yet", path = path.display()
    )]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// The file is not a sound database.
    #[error(
        "the store `{path}` is damaged ({what}); stop logbell, keep a copy of the file, and try \
         `sqlite3 {path} .recover`, or move it away to start without memory", path = path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        what: rusqlite::Error,
    },
    /// A newer version wrote it.
    #[error(
        "the store `{path}` was written by a newer logbell (schema {found}, this one knows {known}); \
         run that version, or move the file away to start without memory", path = path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The schema version found.
        found: i64,
        /// The newest schema version that is known here.
        known: i64,
    },
    /// An older version wrote it, and only an agent may change it.
    #[error(
        "the store `{path}` was written by an older logbell (schema {found}, this one reads {known}); \
         `logbell run` brings it up to date", path = path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// The schema version found.
        found: i64,
        /// The schema version that is read here.
        known: i64,
    },
    /// It cannot be opened or read.
    #[error("cannot open the store `{path}`: {what}", path = path.display())]
    Opening {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        what: rusqlite::Error,
    },
    /// It cannot be written.
    #[error(
        "cannot write the store `{path}`: {what}; check free space and permissions",
        path = path.display()
    )]
    Writing {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        what: rusqlite::Error,
    },
}

impl StoreError {
    /// What an error of opening or reading `path` means.
    pub(super) fn opening(path: &Path, what: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match what.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, what }
            }
            _ => Self::Opening { path, what },
        }
    }

    /// What an error of writing `path` means.
    pub(super) fn writing(path: &Path, what: rusqlite::Error) -> Self {
        match Self::opening(path, what) {
            Self::Opening { path, what } => Self::Writing { path, what },
            other => other,
        }
    }
}
