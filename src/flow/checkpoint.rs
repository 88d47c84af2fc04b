//! How far a log has been read, and what is known of its file: what `source` needs after a restart.

use std::path::Path;
use std::sync::Arc;

use super::{GenerationId, Offset, StreamId, Timestamp};

/// How far one generation of a log has been read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The generation. Older generations of a stream have smaller ids.
    pub generation: GenerationId,
    /// The log that it belongs to.
    pub stream: StreamId,
    /// The path that the log is watched under.
    pub path: Arc<Path>,
    /// The path that the file was last seen at; another than `path` after a rename.
    pub seen_at: Arc<Path>,
    /// What the file system calls the file.
    pub identity: Identity,
    /// The beginning of the file, at most [`Fingerprint::MAX_HEAD`] bytes; grows with the file.
    pub head: Fingerprint,
    /// The bytes just before `offset`, at most [`Fingerprint::MAX_ANCHOR`] bytes.
    pub anchor: Fingerprint,
    /// Everything before it was matched. A line begins here, or the generation ends.
    pub offset: Offset,
    /// Bytes before older line ends, latest first, each about four times as far back from `offset` as
    /// the one before it: where the end of a file was lost, the last that still stands says how much
    /// is left.
    pub anchors: Vec<Anchor>,
    /// Size of the file when it was last looked at, in bytes.
    pub size: u64,
    /// When its content had last changed at that look, in nanoseconds since the epoch; `None`: the
    /// row is of the first version, which did not store it.
    pub modified: Option<i64>,
    /// What packs its bytes at `seen_at`. Offsets and fingerprints count in what was packed.
    pub packing: Packing,
    /// Nothing more is expected of it: read to the end, with a successor.
    pub finished: bool,
    /// What ends at `offset` without a line end was given out as a line: so is what follows it.
    pub after_fragment: bool,
    /// When this was last true.
    pub at: Timestamp,
}

/// What stood before an older position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The position. A line begins there.
    pub offset: Offset,
    /// The bytes just before it, at most [`Fingerprint::MAX_ANCHOR`] bytes.
    pub print: Fingerprint,
}

/// What packs the bytes of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Packing {
    /// Nothing: they stand as they were written.
    #[default]
    Plain,
    /// gzip (RFC 1952), of one or several members.
    Gzip,
    /// Zstandard (RFC 8878), of one or several frames.
    Zstd,
}

impl Packing {
    /// The word for it, as in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The packing that `word` stands for.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Plain, Self::Gzip, Self::Zstd].into_iter().find(|own| own.as_str() == word)
    }
}

/// What a file system calls a file. Inodes are reused, so the birth time and the head count too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Identity {
    /// `st_dev`.
    pub dev: u64,
    /// `st_ino`.
    pub ino: u64,
    /// Birth time in nanoseconds since the epoch, where the file system tells.
    pub born: Option<i64>,
}

/// The hash of some bytes of a file, with their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Fingerprint {
    /// How many bytes were hashed.
    pub len: u32,
    /// Their hash; zero for no bytes.
    pub hash: [u8; 16],
}

impl Fingerprint {
    /// The most bytes of a file's head that are hashed.
    pub const MAX_HEAD: usize = 4096;
    /// The most bytes before an offset that are hashed.
    pub const MAX_ANCHOR: usize = 256;

    /// The fingerprint of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::default();
        }
        let hash = super::Digest::new("fingerprint").with(bytes).finish();
        Self { len: u32::try_from(bytes.len()).expect("a head or an anchor"), hash }
    }
}

/// What a log is remembered by besides its positions, saved with them: the beginning of an event
/// whose end has not come, the place in a journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memo {
    /// The log.
    pub stream: StreamId,
    /// The path that it is watched under; for what is no file, its name.
    pub path: Arc<Path>,
    /// What `source` wrote, for itself alone to read. Empty: there is nothing to remember any more.
    pub text: String,
}
