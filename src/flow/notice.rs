//! What one message tells of bytes that were lost.

use std::path::Path;
use std::sync::Arc;

use super::Timestamp;

/// What one message tells of bytes that were lost, of one log or of many.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// When it was decided.
    pub at: Timestamp,
    /// The most that was lost, by log and kind, most first; at most [`Notice::MAX_SHOWN`].
    pub most: Vec<Lost>,
    /// Logs and kinds beside those.
    pub n_more: u64,
    /// Different logs; where there are over 10,000, those that are left may count more than once.
    pub n_logs: u64,
    /// All bytes that are known to be lost.
    pub bytes: u64,
    /// Times that bytes were lost and nobody knows how many, or whether there were any.
    pub n_unknown: u64,
    /// The kinds of loss in it, each once, as in [`Loss::KINDS`](super::Loss::KINDS).
    pub kinds: Vec<&'static str>,
}

impl Notice {
    /// Logs and kinds that are shown.
    pub const MAX_SHOWN: usize = 10;
}

/// What was lost of one log in one way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lost {
    /// The path that the log is watched under.
    pub path: Arc<Path>,
    /// What happened, in a word.
    pub kind: &'static str,
    /// Bytes that are known to be lost.
    pub bytes: u64,
    /// Times that bytes were lost and nobody knows how many, or whether there were any.
    pub n_unknown: u64,
    /// When the first loss was noticed.
    pub first: Timestamp,
    /// When the last loss was noticed.
    pub last: Timestamp,
    /// What happened last, in a sentence.
    pub what: String,
}
