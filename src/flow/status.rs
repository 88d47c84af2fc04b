//! How a watched log is doing, and what of it was lost.

use std::path::Path;
use std::sync::Arc;

use super::{GenerationId, Offset, SourceId, StreamId, Timestamp};

/// How a watched log is doing, for `status`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamStatus {
    /// The log.
    pub stream: StreamId,
    /// The path that it is watched under.
    pub path: Arc<Path>,
    /// The sources that watch it.
    pub sources: Arc<[SourceId]>,
    /// Its state.
    pub state: StreamState,
    /// How far the current generation has been read.
    pub offset: Offset,
    /// Size of the current generation's file.
    pub size: u64,
    /// The generation that is read now; `None` where there is none.
    pub generation: Option<GenerationId>,
    /// What wakes the reader.
    pub mode: Mode,
    /// Why it is not read, in a sentence; empty where it is.
    pub why: String,
}

/// What wakes the reader of a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Events of the file system, with a slow look beside them.
    #[default]
    Events,
    /// Looks at short intervals: no events come from there.
    Polling,
    /// The writer itself: a pipe or a journal.
    Pipe,
}

impl Mode {
    /// The word for it, as in `status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Polling => "polling",
            Self::Pipe => "pipe",
        }
    }
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
    /// It was read to its end, and nothing more can come.
    Ended,
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
            Self::Ended => "ended",
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
    /// length, a generation whose file is not found again, the beginning of an event that was kept
    /// over a restart, what is damaged, what is too old by `catch_up`, entries that a journal may
    /// have removed.
    pub const KINDS: [&str; 7] = [
        Self::TRUNCATED,
        Self::LINE_CUT,
        Self::GONE,
        "event-gone",
        "unreadable",
        Self::SKIPPED,
        Self::JOURNAL_GAP,
    ];
    /// Bytes gone with a truncation.
    pub const TRUNCATED: &str = "truncated";
    /// A generation whose file is not found again.
    pub const GONE: &str = "generation-gone";
    /// What was written while the agent was down and is older than `catch_up`.
    pub const SKIPPED: &str = "skipped";
    /// The rest of a line over the greatest length. It is the only kind that is lost of what was
    /// read, and that comes again with each such line.
    pub const LINE_CUT: &str = "line-cut";
    /// Entries that a journal may have removed before they were read.
    pub const JOURNAL_GAP: &str = "journal-gap";
    /// What stands for a word that is none of [`Self::KINDS`].
    const OTHER: &str = "other";

    /// The kind that `word` stands for.
    pub fn kind_of(word: &str) -> &'static str {
        Self::KINDS.into_iter().find(|kind| *kind == word).unwrap_or(Self::OTHER)
    }
}
