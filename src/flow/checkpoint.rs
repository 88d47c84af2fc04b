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
    /// Size of the file when it was last looked at, in bytes.
    pub size: u64,
    /// Nothing more is expected of it: read to the end, with a successor.
    pub finished: bool,
    /// What ends at `offset` without a line end was given out as a line: so is what follows it.
    pub after_fragment: bool,
    /// When this was last true.
    pub at: Timestamp,
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

/// How a watched log is doing, for `status`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamStatus {
    /// The log.
    pub stream: StreamId,
    /// The path that it is watched under.
    pub path: Arc<Path>,
    /// The sources that watch it.
    pub sources: Arc<[super::SourceId]>,
    /// Its state.
    pub state: StreamState,
    /// How far the current generation has been read.
    pub offset: Offset,
    /// Size of the current generation's file.
    pub size: u64,
}

/// The state of a watched log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StreamState {
    /// Open, and read to its end at the last look.
    Following,
    /// Open, with bytes that are still to be read.
    Reading,
    /// Nothing is there (yet, or any more).
    Missing,
    /// The agent may not open it.
    Denied,
    /// Something is there that is not a file: a directory, a socket.
    NotAFile,
    /// Reading fails.
    Failing,
}

impl StreamState {
    /// The word for it, as in `status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Reading => "reading",
            Self::Missing => "missing",
            Self::Denied => "denied",
            Self::NotAFile => "not-a-file",
            Self::Failing => "failing",
        }
    }

    /// Whether the log can be read.
    pub const fn is_sighted(self) -> bool {
        matches!(self, Self::Following | Self::Reading)
    }
}

/// Bytes of a log that could not be read, or not matched in full: counted and told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// When it was noticed.
    pub at: Timestamp,
    /// The path that the log is watched under.
    pub path: Arc<Path>,
    /// What happened, as one of [`Loss::KINDS`].
    pub kind: &'static str,
    /// How many bytes, where that is known.
    pub bytes: Option<u64>,
    /// What happened, in a sentence.
    pub what: String,
}

impl Loss {
    /// The kinds of loss: bytes gone with a truncation, the rest of a line over the greatest
    /// length, a generation whose file is not found again.
    pub const KINDS: [&str; 3] = ["truncated", "line-cut", "generation-gone"];
}
