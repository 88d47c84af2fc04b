//! What `source` has to say besides lines: positions, states, losses, problems.

use std::path::Path;
use std::sync::Arc;

use crate::flow::{Checkpoint, GenerationId, Loss, Memo, StreamStatus};

/// What changed since it was last asked for.
///
/// All of it belongs into the transaction of the matches that the positions follow from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// How far generations have been read now.
    pub checkpoints: Vec<Checkpoint>,
    /// What logs are to be remembered by besides.
    pub memos: Vec<Memo>,
    /// Generations whose rows can go: the file is gone, and was let go a week ago.
    pub forgotten: Vec<GenerationId>,
    /// Streams whose state changed.
    pub statuses: Vec<StreamStatus>,
    /// Bytes that could not be read, or not matched in full.
    pub losses: Vec<Loss>,
    /// What keeps files from being read; each once, when it arises.
    pub problems: Vec<Problem>,
}

impl Changes {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.checkpoints.is_empty()
            && self.memos.is_empty()
            && self.forgotten.is_empty()
            && self.statuses.is_empty()
            && self.losses.is_empty()
            && self.problems.is_empty()
    }
}

/// Something that keeps a file from being read, for the one who can mend it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file or directory.
    pub path: Arc<Path>,
    /// What is wrong and what to do, in one sentence without the path.
    pub what: String,
}
