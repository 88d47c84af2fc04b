//! What a file is, whatever it is called: its inode, and what stands in it.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::time::UNIX_EPOCH;

use super::body::Body;
use crate::flow::{Fingerprint, Identity, Offset, Timestamp};

/// The device and inode of a file: certain while a descriptor is held, reused soon after.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Inode {
    pub(super) dev: u64,
    pub(super) ino: u64,
}

impl From<Identity> for Inode {
    fn from(identity: Identity) -> Self {
        Self { dev: identity.dev, ino: identity.ino }
    }
}

/// What one stat of a file tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub(super) identity: Identity,
    pub(super) size: u64,
    pub(super) is_file: bool,
    /// A named pipe, or through `/dev/stdin` one without a name.
    pub(super) is_fifo: bool,
    /// Whether any name leads to it.
    pub(super) is_linked: bool,
    /// Time of the last change of content, in nanoseconds since the epoch.
    pub(super) modified: i64,
    /// Time of the last change of the inode, a rename among them on Linux's own file systems.
    pub(super) changed: i64,
}

impl Seen {
    pub(super) fn inode(&self) -> Inode {
        self.identity.into()
    }

    /// Whether it was changed at `modified` or later.
    pub(super) fn is_not_before(&self, modified: i64) -> bool {
        self.modified >= modified || self.is_as_old_as(modified)
    }

    /// Whether it was changed at `modified`. Some programs set the times of what they write to whole
    /// seconds.
    pub(super) fn is_as_old_as(&self, modified: i64) -> bool {
        const SECOND: i64 = 1_000_000_000;
        let own = self.modified;
        own == modified || own % SECOND == 0 && own / SECOND == modified / SECOND
    }
}

impl From<&Metadata> for Seen {
    fn from(meta: &Metadata) -> Self {
        let nanos =
            |secs: i64, nanos: i64| secs.saturating_mul(1_000_000_000).saturating_add(nanos);
        let born = meta.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let seen = Self {
            identity: Identity {
                dev: meta.dev(),
                ino: meta.ino(),
                born: born.and_then(|at| i64::try_from(at.as_nanos()).ok()),
            },
            size: meta.len(),
            is_file: meta.is_file(),
            is_fifo: meta.file_type().is_fifo(),
            is_linked: meta.nlink() > 0,
            modified: nanos(meta.mtime(), meta.mtime_nsec()),
            changed: nanos(meta.ctime(), meta.ctime_nsec()),
        };
        #[cfg(test)]
        let seen = super::tests::clock::on_time(seen);
        seen
    }
}

/// When what was read was last found in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Proven {
    /// The file had this time of change then, in nanoseconds since the epoch.
    Modified(i64),
    /// Not later than this: all that a row of the first version tells is when it was stored.
    Before(Timestamp),
}

impl Proven {
    /// The time of change that the file had then, if it is known.
    pub(super) fn modified(self) -> Option<i64> {
        match self {
            Self::Modified(at) => Some(at),
            Self::Before(_) => None,
        }
    }

    /// The latest time of change that it can have had: what was made after it is younger.
    pub(super) fn latest(self) -> i64 {
        match self {
            Self::Modified(at) => at,
            Self::Before(at) => at.as_millis().saturating_mul(1_000_000),
        }
    }
}

/// What is known of a generation's content: enough to tell it from any other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Content {
    /// Its first bytes, of those before `offset`.
    pub(super) head: Fingerprint,
    /// The bytes just before `offset`.
    pub(super) anchor: Fingerprint,
    /// How far it was read.
    pub(super) offset: Offset,
}

impl Content {
    /// What `body` holds before `offset`.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` where it ends before: it was truncated since it was seen to be so long.
    pub(super) fn of(body: &Body, offset: Offset) -> io::Result<Self> {
        let (head_len, anchor_len) =
            (shorter(offset, Fingerprint::MAX_HEAD), shorter(offset, Fingerprint::MAX_ANCHOR));
        let head = print_of(body, 0, head_len)?;
        let anchor = print_before(body, offset, anchor_len)?;
        if (head.len as usize, anchor.len as usize) != (head_len, anchor_len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self { head, anchor, offset })
    }

    /// Whether `body` still holds it: a file that was read to `offset` and has only grown since.
    pub(super) fn is_in(&self, body: &Body) -> io::Result<bool> {
        Ok(self.is_begun_in(body)?
            && print_before(body, self.offset, self.anchor.len as usize)? == self.anchor)
    }

    /// Whether `body` begins as it does.
    pub(super) fn is_begun_in(&self, body: &Body) -> io::Result<bool> {
        Ok(print_of(body, 0, self.head.len as usize)? == self.head)
    }

    /// Whether it is long enough to be known again in another inode. Short beginnings are alike in
    /// many logs: to take one for another would lose lines, and to read one again only repeats.
    pub(super) fn is_telling(&self) -> bool {
        self.anchor.len as usize == Fingerprint::MAX_ANCHOR
    }
}

/// `offset` as a length, at most `max`.
pub(super) fn shorter(offset: Offset, max: usize) -> usize {
    usize::try_from(offset).map_or(max, |offset| offset.min(max))
}

/// The fingerprint of the `len` bytes before `offset`; of fewer where the file ends before.
pub(super) fn print_before(body: &Body, offset: Offset, len: usize) -> io::Result<Fingerprint> {
    print_of(body, offset - len as u64, len)
}

fn print_of(body: &Body, at: Offset, len: usize) -> io::Result<Fingerprint> {
    let mut bytes = [0; Fingerprint::MAX_HEAD];
    let n_read = body.read_at(&mut bytes[..len], at)?;
    Ok(Fingerprint::of(&bytes[..n_read]))
}
