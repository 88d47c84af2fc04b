//! bytes → `Chunk`: follows files through growth, rotation, truncation and restarts.
//!
//! Events are hints; the state of the file system is the truth. Every wake-up (an event, a timer,
//! the start) ends in the same idempotent look: fstat what is held, stat the path, compare, read.
//! Nothing depends on seeing a particular event, or on the order of events.
//!
//! A `Source` follows `Stream`s (one logical log: a path over all its rotations), each of them an
//! ordered list of `Generation`s (one physical content epoch of a file). Only generations carry
//! offsets. A rename begins a new generation, and so does a truncation, on the same inode. Lines of a
//! stream are given out oldest generation first; a late line in an older file comes when it comes, and
//! a file that cannot be read now holds up nobody.
//!
//! - Finding: `discover` walks the globs, `watch` hears events, `sweep` looks where none come.
//! - Knowing again: `identity` says which file is which, `whereabouts` where one went, `missed` and
//!   `catch_up` what came and went between two looks, `restore` what became of it while down, `late`
//!   what was packed with lines that came late. `skip` and `unseen` say what is passed over, and why.
//! - Reading: `body` is a file or, through `archive`, what was packed into one, of which `unpacking`
//!   gives each turn its share; `read` cuts it at line ends; `decode` makes text of it; `carries`
//!   keeps what has begun and not ended; `turn` says whose
//!   lines are next.
//! - `reload`: other settings while all goes on.
//! - `past`: files that nobody writes to any more, through the same reader and decoder.
//! - `rotations`: all files that logs were written to and that are still there.
//! - `earlier`: what stands before the read positions, to learn from.
//! - `latest`: the end of a log, to try rules on.
//! - `feed`: what is no file: standard input, FIFOs, systemd's journal.

mod anchors;
mod archive;
mod body;
mod carries;
mod catalog;
mod catch_up;
mod changes;
mod decode;
mod decoding;
mod deleted;
mod dialect;
mod discover;
mod earlier;
mod feed;
mod generation;
mod give;
mod glob;
mod gunzip;
mod hint;
mod hold;
mod identity;
mod late;
mod latest;
#[cfg(any(test, fuzzing))]
pub mod laws;
mod limit;
mod links;
mod look;
mod medium;
mod missed;
mod names;
mod next;
mod owner;
mod owners;
mod past;
mod read;
mod reload;
mod report;
mod restore;
mod rotation;
mod rotations;
mod scan;
mod settings;
mod siblings;
mod sight;
mod skip;
mod split;
mod succession;
mod sweep;
mod tail;
mod turn;
mod unpack;
mod unpacking;
mod unseen;
mod unzstd;
mod wake;
mod walk;
mod watch;
mod whereabouts;

#[cfg(test)]
mod tests;

pub use catalog::{Boot, Saved, Source};
pub use changes::{Changes, Problem};
pub use earlier::Earlier;
pub use latest::{Latest, Logs};
pub use limit::raise_open_files;
pub use owners::Owners;
pub use past::{Past, PastReader};
pub use read::MAX_LINE;
pub use rotations::{RotatedFile, Rotations};
pub use settings::{FeedSettings, Format, JournalSettings, SourceSettings, Start};
pub use wake::Waker;
pub use watch::Watching;
