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

    /// How many bytes were packed, modulo 2^32, as the end of a gzip file says; that is certain only of
    /// a file of one member, so it is a hint.
    pub(super) fn packed_size(&self) -> io::Result<Option<u64>> {
        let Self::Packed(archive) = self else { return Ok(None) };
        if archive.packing() != Packing::Gzip {
            return Ok(None);
        }
        let size = archive.file().metadata()?.len();
        let mut bytes = [0; 4];
        let n_read = read_file(archive.file(), &mut bytes, size.saturating_sub(4))?;
        Ok((n_read == 4).then(|| u32::from_le_bytes(bytes).into()))
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
        {
            meter::count();
            faults::check(self.file())?;
        }
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
    #[cfg(test)]
    faults::check_open(&file)?;
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

/// Files that cannot be opened or read, for tests: a disk that fails, a user who is not root.
#[cfg(test)]
pub(super) mod faults {
    use std::cell::{Cell, RefCell};
    use std::collections::HashMap;
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// What fails.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(in crate::source) enum Fault {
        Open,
        Read,
    }

    thread_local! {
        static FAULTS: RefCell<HashMap<u64, Fault>> = RefCell::default();
        static N_DENIED: Cell<usize> = const { Cell::new(0) };
    }

    /// Has the file at `path` fail on this thread from now on; `None`: not any more.
    pub(in crate::source) fn set(path: &Path, fault: Option<Fault>) {
        let ino = path.metadata().expect("a file").ino();
        FAULTS.with_borrow_mut(|faults| match fault {
            Some(fault) => faults.insert(ino, fault),
            None => faults.remove(&ino),
        });
    }

    /// How often a file was not to be opened on this thread.
    pub(in crate::source) fn n_denied() -> usize {
        N_DENIED.get()
    }

    fn of(file: &File) -> io::Result<Option<Fault>> {
        if FAULTS.with_borrow(HashMap::is_empty) {
            return Ok(None);
        }
        let ino = file.metadata()?.ino();
        Ok(FAULTS.with_borrow(|faults| faults.get(&ino).copied()))
    }

    pub(super) fn check(file: &File) -> io::Result<()> {
        match of(file)? {
            Some(Fault::Read) => Err(io::Error::other("a bad block")),
            Some(Fault::Open) | None => Ok(()),
        }
    }

    pub(super) fn check_open(file: &File) -> io::Result<()> {
        match of(file)? {
            Some(Fault::Open) => {
                N_DENIED.set(N_DENIED.get() + 1);
                Err(io::ErrorKind::PermissionDenied.into())
            }
            Some(Fault::Read) | None => Ok(()),
        }
    }
}
