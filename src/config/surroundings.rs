//! What a configuration may ask of its surroundings: the one place that touches them.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The environment, the host and its files, as `config` sees them.
pub trait Surroundings {
    /// The value of the environment variable `name`.
    fn variable(&self, name: &str) -> Option<OsString>;

    /// The name of this host.
    fn host(&self) -> String;

    /// The file at `path`.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::FileTooLarge`] for more than `max` bytes, and
    /// [`io::ErrorKind::IsADirectory`] for a directory.
    fn file(&self, path: &Path, max: u64) -> io::Result<File>;

    /// The path of the file at `path` without `.`, `..` and symbolic links; as it is where there is none.
    fn real_path(&self, path: &Path) -> PathBuf;

    /// The names of what is in the directory `path`, in any order.
    ///
    /// # Errors
    /// What the file system says.
    fn names_in(&self, path: &Path) -> io::Result<Vec<OsString>>;
}

/// A file that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Whether every user of this host may read it.
    pub is_open_to_all: bool,
}

/// The surroundings of this process.
#[derive(Clone, Copy, Debug)]
pub struct System;

impl Surroundings for System {
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn host(&self) -> String {
        gethostname::gethostname().to_string_lossy().into_owned()
    }

    fn file(&self, path: &Path, max: u64) -> io::Result<File> {
        let file = open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let mut bytes = Vec::new();
        file.take(max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(File { bytes, is_open_to_all: is_open_to_all(&metadata) })
    }

    fn real_path(&self, path: &Path) -> PathBuf {
        path.canonicalize().unwrap_or_else(|_| path.to_owned())
    }

    fn names_in(&self, path: &Path) -> io::Result<Vec<OsString>> {
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect()
    }
}

/// Opens `path`. A FIFO that nobody writes to is empty: to wait for somebody could take for ever.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    let at_once = OFlags::NONBLOCK.bits().cast_signed();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(at_once).open(path)?;
    // Who writes to it may still be about to.
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<std::fs::File> {
    std::fs::File::open(path)
}

#[cfg(unix)]
fn is_open_to_all(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.is_file() && metadata.permissions().mode() & 0o004 != 0
}

/// Elsewhere there is no such bit to look at.
#[cfg(not(unix))]
fn is_open_to_all(_: &std::fs::Metadata) -> bool {
    false
}

/// What `error` says, in the words of this program.
pub(super) fn problem(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::FileTooLarge => "it is too large".to_owned(),
        _ => error.to_string(),
    }
}
