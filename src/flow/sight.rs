//! Whether all that was written to the logs of a source is matched, as far as can be told.

use std::path::Path;
use std::sync::Arc;

/// A log that cannot be read, so that nobody knows what is written to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlindSpot {
    /// The log, or what stands for logs of which there is none.
    pub path: Arc<Path>,
    /// Why not, in a sentence.
    pub why: Arc<str>,
}

/// What can be seen of the logs of a source.
///
/// Where lines are waited for, it makes the difference between what was not written and what was not
/// read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Sight {
    /// What could be read is matched, to the ends of all logs.
    #[default]
    Clear,
    /// All was read, and some lines wait for others that may go with them, for less than a second.
    Settling,
    /// There are bytes that are still to be read.
    Behind,
}
