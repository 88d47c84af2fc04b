//! What is listened to, and what was heard: filled by the watcher's thread, emptied by the pump.

use std::collections::{BTreeMap, HashSet};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::ModifyKind;
use notify::{Event, EventKind};

use super::super::wake::Waker;

/// How many paths are kept before they become "look at everything".
const MAX_NOTICED: usize = 16_384;

/// What events told of a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::source) enum Touch {
    /// Bytes were written.
    Content,
    /// It came, went, was renamed or may be opened by others now.
    Name,
}

/// What events told since they were last asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::source) enum Noticed {
    /// Look at these paths.
    Paths(BTreeMap<PathBuf, Touch>),
    /// Events were lost: look at everything.
    Everything,
}

impl Default for Noticed {
    fn default() -> Self {
        Self::Paths(BTreeMap::new())
    }
}

/// Where events go.
#[derive(Clone, Debug)]
pub(in crate::source) struct Sink {
    ear: Arc<Mutex<Ear>>,
    waker: Waker,
}

/// What is listened to, and what was heard.
#[derive(Default, Debug)]
struct Ear {
    noticed: Noticed,
    narrow: Narrow,
}

/// Directories that are watched for the sake of a few names in them.
#[derive(Default, Debug)]
struct Narrow {
    dirs: HashSet<PathBuf>,
    names: HashSet<PathBuf>,
}

impl Narrow {
    /// Whether an event of `path` is wanted.
    fn lets_in(&self, path: &Path) -> bool {
        let is_narrow = path.parent().is_some_and(|dir| self.dirs.contains(dir));
        !is_narrow || self.names.contains(path)
    }
}

impl Sink {
    pub(super) fn new(waker: Waker) -> Self {
        Self { ear: Arc::default(), waker }
    }

    /// The bell that is rung.
    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Drops what happens in `dirs`, except to `names`.
    pub(super) fn narrow(&self, dirs: HashSet<PathBuf>, names: HashSet<PathBuf>) {
        self.lock().narrow = Narrow { dirs, names };
    }

    /// Whether most of what happens in `dir` is dropped.
    pub(super) fn is_narrow(&self, dir: &Path) -> bool {
        self.lock().narrow.dirs.contains(dir)
    }

    /// What events told since the last call.
    pub(super) fn take(&self) -> Noticed {
        mem::take(&mut self.lock().noticed)
    }

    /// Loses the events so far, as the system does when there are too many.
    #[cfg(test)]
    pub(super) fn lose(&self) {
        self.lock().noticed = Noticed::Everything;
    }

    /// Whether an event of `path` has come, which is forgotten then; and whether there is no other.
    #[cfg(test)]
    pub(super) fn take_one(&self, path: &Path) -> (bool, bool) {
        match &mut self.lock().noticed {
            Noticed::Paths(paths) => (paths.remove(path).is_some(), paths.is_empty()),
            Noticed::Everything => (true, false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ear> {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs in the watcher's thread: it notes and rings, and never blocks.
    pub(in crate::source) fn on_event(&self, event: notify::Result<Event>) {
        let mut ear = self.lock();
        let Ear { noticed, narrow } = &mut *ear;
        let is_content =
            |event: &Event| matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
        // What was appended stays there; files move.
        let may_gather = event.as_ref().is_ok_and(is_content);
        match event {
            // Our own opens and reads come back as these: to answer them would never end.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
            Ok(event) if !event.need_rescan() && !event.paths.iter().any(|p| narrow.lets_in(p)) => {
                return;
            }
            Ok(event) if !event.need_rescan() => match noticed {
                Noticed::Paths(paths) if paths.len() < MAX_NOTICED => {
                    let touch = if may_gather { Touch::Content } else { Touch::Name };
                    for path in event.paths {
                        let own = paths.entry(path).or_insert(touch);
                        *own = touch.max(*own);
                    }
                }
                _ => *noticed = Noticed::Everything,
            },
            _ => *noticed = Noticed::Everything,
        }
        drop(ear);
        if may_gather { self.waker.wake_soon() } else { self.waker.wake() }
    }
}
