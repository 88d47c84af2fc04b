//! Logs whose stamps cannot be true.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Timestamp;

/// What one message tells of logs whose stamps do not count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SkewNotice {
    /// When it was decided.
    pub at: Timestamp,
    /// The logs, those with the most lines first; at most [`SkewNotice::MAX_SHOWN`].
    pub logs: Vec<Skewed>,
    /// Logs beside those.
    pub n_more: u64,
}

impl SkewNotice {
    /// Logs that are shown.
    pub const MAX_SHOWN: usize = 10;
}

/// A log whose stamps do not count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skewed {
    /// The path that the log is watched under.
    pub path: Arc<Path>,
    /// Matching lines since it was told last.
    pub n_lines: u64,
    /// What seems to be wrong.
    pub cause: Cause,
}

/// Why stamps do not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// All are off by the same, which is what zones differ by.
    Zone {
        /// By how much.
        by: Duration,
        /// To which side.
        side: Side,
    },
    /// Lines come long after they say that they were written.
    Latency {
        /// How long at the least, of the last ones.
        least: Duration,
        /// How long at the most.
        most: Duration,
    },
}

/// On which side of its arrival the stamp of a line lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Before it.
    Behind,
    /// After it.
    Ahead,
}

/// What is known of the stamps of a log, since the store was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SkewRecord {
    /// The path that the log is watched under.
    pub path: Arc<Path>,
    /// Matching lines that were stamped ahead of when they came.
    pub future: u64,
    /// Matching lines that came live, and were stamped too long ago.
    pub late: u64,
    /// When that was last told.
    pub told: Option<Timestamp>,
}
