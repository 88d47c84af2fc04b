//! The clock of the file system, stepped by hand: what a file's times are is said by the test that
//! writes it, so that two events fall within one tick of it exactly where they are meant to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use super::super::identity::{Inode, Seen};
use crate::flow::Timestamp;

/// How far apart two times are at least that differ: what Linux's own file systems have where the
/// kernel ticks 250 times a second.
pub(in crate::source) const TICK: Duration = Duration::from_millis(4);

/// The times of a file, in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug)]
struct Times {
    born: i64,
    modified: i64,
}

thread_local!(static TIMES: RefCell<HashMap<Inode, Times>> = RefCell::default());

/// What a look showed, at the times that were said for this file, if any were.
pub(in crate::source) fn on_time(mut seen: Seen) -> Seen {
    let times = TIMES.with_borrow(|all| all.get(&seen.inode()).copied());
    if let Some(Times { born, modified }) = times {
        seen.identity.born = seen.identity.born.map(|_| born);
        (seen.modified, seen.changed) = (modified, modified);
    }
    seen
}

/// Begins anew: for files that it is not told of, the times of the kernel hold.
pub(super) fn begin() {
    TIMES.with_borrow_mut(HashMap::clear);
}

/// The file at `path` was made at `now`.
pub(super) fn made(path: &Path, now: Timestamp) {
    let (inode, at) = (inode(path), nanos(now));
    TIMES.with_borrow_mut(|all| all.insert(inode, Times { born: at, modified: at }));
}

/// What is named in the directory at `path` was changed at `now`.
pub(super) fn changed(path: &Path, now: Timestamp) {
    modified(inode(path), nanos(now));
}

/// What is in a file, which may have no name, was changed at `now`.
pub(super) fn changed_file(file: &File, now: Timestamp) {
    modified(Seen::from(&file.metadata().unwrap()).inode(), nanos(now));
}

/// The file at `path` was given the time of change of the one at `other`.
pub(super) fn touched_like(path: &Path, other: &Path) {
    let seen = Seen::from(&fs::metadata(other).unwrap());
    modified(inode(path), seen.modified);
}

fn modified(inode: Inode, modified: i64) {
    TIMES.with_borrow_mut(|all| {
        all.entry(inode).and_modify(|times| times.modified = modified);
    });
}

fn nanos(at: Timestamp) -> i64 {
    at.as_millis() * 1_000_000
}

fn inode(path: &Path) -> Inode {
    Seen::from(&fs::metadata(path).unwrap()).inode()
}
