//! A configuration's file or text → `Loaded`.

use std::io;
use std::path::{Path, PathBuf};

use super::check::{self, Beside};
use super::excerpt::line_number;
use super::include::MAX_BYTES;
use super::origin::{Loaded, Origin, Secrets};
use super::overrides::Override;
use super::surroundings::Surroundings;

/// Why a configuration's file could not be read. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is nothing.
    #[error("there is no file `{}`", .0.display())]
    Missing(PathBuf),
    /// It may not be read.
    #[error("permission denied for `{}`; let the user that logbell runs as read it", .0.display())]
    Denied(PathBuf),
    /// It is no file.
    #[error("`{}` is a directory; name the configuration's file in it", .0.display())]
    Directory(PathBuf),
    /// It is over 4 MiB.
    #[error("`{}` is larger than 4 MiB; is it the right file?", .0.display())]
    TooLarge(PathBuf),
    /// It is not text.
    #[error("`{}` is not UTF-8 text: line {line} has other bytes", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first line with other bytes, from 1.
        line: usize,
    },
    /// Reading fails.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
}

/// Reads and checks the configuration in the file `path`.
///
/// # Errors
/// The operator's: the file cannot be read. What is wrong in it is in [`Loaded::diagnostics`].
pub fn load(
    path: &Path,
    surroundings: &dyn Surroundings,
    secrets: Secrets,
) -> Result<Loaded, LoadError> {
    load_with(path, surroundings, secrets, &[])
}

/// The same with words that are `set` on the command line, over those of the file.
///
/// # Errors
/// As of [`load`].
pub fn load_with(
    path: &Path,
    surroundings: &dyn Surroundings,
    secrets: Secrets,
    set: &[Override],
) -> Result<Loaded, LoadError> {
    let absolute = std::path::absolute(path).map_err(|error| LoadError::from_io(path, error))?;
    let file = surroundings.file(&absolute, MAX_BYTES);
    let file = file.map_err(|error| LoadError::from_io(path, error))?;
    let text = std::str::from_utf8(&file.bytes).map_err(|error| {
        let line = line_number(&file.bytes, error.valid_up_to());
        LoadError::NotText { path: path.to_owned(), line }
    })?;
    let origin = Origin {
        name: &path.to_string_lossy(),
        directory: absolute.parent().unwrap_or(&absolute),
        is_open_to_all: file.is_open_to_all,
        surroundings,
        secrets,
    };
    Ok(check::check(text, &origin, set, Beside::Tests))
}

/// Checks the configuration `text`, with what it includes.
pub fn parse(text: &str, origin: &Origin) -> Loaded {
    check::check(text, origin, &[], Beside::Tests)
}

impl LoadError {
    fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing(path),
            io::ErrorKind::PermissionDenied => Self::Denied(path),
            io::ErrorKind::IsADirectory => Self::Directory(path),
            io::ErrorKind::FileTooLarge => Self::TooLarge(path),
            _ => Self::Io { path, source },
        }
    }
}
