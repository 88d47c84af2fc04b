//! What `source` hands to `matcher`.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::frame::Framing;

/// A byte position in one generation of a file.
pub type Offset = u64;

/// One `[source]`, or the `files` of one rule: its place in the configuration's list of sources.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceId(pub u32);

/// One logical log, over all its rotations. Unique in a store for good.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct StreamId(pub u64);

/// One physical content epoch of a file: a rename or a truncation begins a new one. Unique in a
/// store for good.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct GenerationId(pub u64);

/// Lines as they lie in a file, many at once.
#[derive(Clone, Debug)]
pub struct Chunk<'a> {
    /// The log that the lines belong to.
    pub stream: StreamId,
    /// The content epoch that `offset` counts in.
    pub generation: GenerationId,
    /// The path that the log is watched under.
    pub path: &'a Arc<Path>,
    /// The sources that watch this log, ascending: they say which rules apply.
    pub sources: &'a Arc<[SourceId]>,
    /// When the bytes were read.
    pub read_at: Timestamp,
    /// Whether that is when they were written.
    pub progress: Progress,
    /// Whole lines just before `offset` that were matched earlier; for context only, often empty.
    pub lead: &'a [u8],
    /// Where `bytes` begin in the generation.
    pub offset: Offset,
    /// Whole lines, each ended by `\n`. Only the last line of a finished generation, and a line
    /// cut at its greatest length, may lack it.
    pub bytes: &'a [u8],
    /// What of `bytes` makes one event. An event begins at their first byte.
    pub events: Events<'a>,
    /// Lines after `bytes` are not to be waited for: they are late, or there will be none.
    pub settled: bool,
}

/// How far the reader of a log has come since it began.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Progress {
    /// Not to the end of the file: the lines may have been written long before they were read.
    CatchingUp,
    /// To its end, before these lines: they were read as they came.
    Live,
}

/// How the lines of a chunk make events: what patterns are matched against.
#[derive(Clone, Copy, Debug)]
pub enum Events<'a> {
    /// Each line is one.
    Lines,
    /// Several lines may be one: which ones is found around a place.
    Framed(&'a Framing),
    /// Each ends where a mark says, and came from where it says.
    Marked(&'a [Mark]),
}

/// One event of a chunk that was decoded or joined: where it is, and where it came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Where the event ends in the chunk's bytes, its line end included.
    pub end: usize,
    /// The content epoch that `offset` counts in.
    pub generation: GenerationId,
    /// Where the event's first byte stands.
    pub offset: Offset,
    /// When it was written, as what it is packed in says, if that says so.
    pub stamp: Option<Timestamp>,
}
