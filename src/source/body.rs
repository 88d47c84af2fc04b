//! The bytes of a generation, plain or packed: read at any offset, as if nothing packed them.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::archive::Archive;
use super::identity::Seen;
use super::unpack::Extent;
use super::unpacking::Unpacking;
use crate::flow::{Offset, Packing};

/// An open file, with what packs its bytes.
#[derive(Debug)]
pub(super) enum Body {
    Plain(File),
    /// Boxed, as it is rare and large.
    Packed(Box<Archive>),
}

impl Body {
    /// What is in `file`, which `seen` shows.
    pub(super) fn of(file: File, seen: &Seen, packing: Packing, unpacking: &Unpacking) -> Self {
        match packing {
            Packing::Plain => Self::Plain(file),
            Packing::Gzip | Packing::Zstd => {
                Self::Packed(Box::new(Archive::new(file, packing, seen.into(), unpacking)))
            }
        }
    }

    /// The file as it stands on the disk.
    pub(super) fn file(&self) -> &File {
        match self {
            Self::Plain(file) => file,
            Self::Packed(archive) => archive.file(),
        }
    }

    pub(super) fn archive(&self) -> Option<&Archive> {
        match self {
            Self::Plain(_) => None,
            Self::Packed(archive) => Some(archive),
        }
    }

    /// How far it goes; of a file that is not packed, its size says so.
    pub(super) fn extent(&self) -> Option<Extent> {
        self.archive().map(Archive::extent)
    }

    pub(super) fn look(&self) -> io::Result<Seen> {
        Ok(Seen::from(&self.file().metadata()?))
    }

    /// Gives up what unpacks it, until it is read again.
    pub(super) fn rest(&self) {
        self.archive().into_iter().for_each(Archive::rest);
    }

    /// Gives up what unpacks it, for others to have the memory.
    pub(super) fn pause(&self) {
        self.archive().into_iter().for_each(Archive::pause);
    }

    /// Gives that up, unless it is far in and there is memory.
    pub(super) fn settle(&self) {
        self.archive().into_iter().for_each(Archive::settle);
    }

    /// Fills `buffer` from `at` on, up to the end; returns how many bytes there were.
    pub(super) fn read_at(&self, buffer: &mut [u8], at: Offset) -> io::Result<usize> {
        #[cfg(test)]
        meter::count();
        match self {
            Self::Plain(file) => read_file(file, buffer, at),
            Self::Packed(archive) => archive.read_at(buffer, at),
        }
    }
}

fn read_file(file: &File, buffer: &mut [u8], at: Offset) -> io::Result<usize> {
    let mut n_read = 0;
    while n_read < buffer.len() {
        match file.read_at(&mut buffer[n_read..], at + n_read as u64) {
            Ok(0) => break,
            Ok(n) => n_read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n_read)
}

/// Opens `path` for reading, without waiting for the writer of a pipe.
pub(super) fn open(path: &Path) -> io::Result<(File, Seen)> {
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).expect("a flag of open(2)");
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let seen = Seen::from(&file.metadata()?);
    Ok((file, seen))
}

/// Counts reads of content and bytes unpacked, for tests that say how few there are.
#[cfg(test)]
pub(super) mod meter {
    use std::cell::Cell;

    thread_local!(static N_READS: Cell<usize> = const { Cell::new(0) });
    thread_local!(static N_UNPACKED: Cell<usize> = const { Cell::new(0) });

    pub(in crate::source) fn count() {
        N_READS.set(N_READS.get() + 1);
    }

    pub(in crate::source) fn unpack(n_bytes: usize) {
        N_UNPACKED.set(N_UNPACKED.get() + n_bytes);
    }

    /// How many bytes were unpacked on this thread.
    pub(in crate::source) fn n_unpacked() -> usize {
        N_UNPACKED.get()
    }

    /// How often content was read on this thread.
    pub(in crate::source) fn n_reads() -> usize {
        N_READS.get()
    }
}
