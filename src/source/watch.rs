//! Events of directories → a set of paths to look at, and the bell.

use std::collections::{BTreeSet, HashSet};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::changes::Problem;
use super::wake::Waker;

/// Where the limits of inotify are.
const INOTIFY: &str = "/proc/sys/fs/inotify";

/// How many paths are kept before they become "look at everything".
const MAX_NOTICED: usize = 16_384;

/// Where wake-ups come from. The sweep runs in either case: events only make it sooner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Watching {
    /// Events of the file system, and polling where there are none.
    #[default]
    Events,
    /// Polling alone, every quarter of a second.
    Polling,
}

/// What events told since they were last asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Noticed {
    /// Look at these paths.
    Paths(HashSet<PathBuf>),
    /// Events were lost: look at everything.
    Everything,
}

impl Default for Noticed {
    fn default() -> Self {
        Self::Paths(HashSet::new())
    }
}

/// The watches on directories.
#[derive(Debug)]
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    noticed: Arc<Mutex<Noticed>>,
    watched: BTreeSet<PathBuf>,
    /// Directories that no events come from.
    blind: BTreeSet<PathBuf>,
    /// A limit that was reached, until it was told.
    untold: Option<(PathBuf, String)>,
    is_told: bool,
}

impl Watch {
    /// Starts without a watch. Where there is no watcher to be had, all is polled.
    pub(super) fn new(watching: Watching, waker: Waker) -> Self {
        let noticed = Arc::new(Mutex::new(Noticed::default()));
        let sink = Arc::clone(&noticed);
        let mut untold = None;
        let watcher = match watching {
            Watching::Polling => None,
            Watching::Events => {
                let watcher =
                    notify::recommended_watcher(move |event| on_event(event, &sink, &waker));
                watcher.inspect_err(|error| untold = Some((INOTIFY.into(), polled(error)))).ok()
            }
        };
        let none = BTreeSet::new;
        Self { watcher, noticed, watched: none(), blind: none(), untold, is_told: false }
    }

    /// Watches exactly `directories` from now on. A directory that was not watched before must be
    /// listed again after this, for what came in between.
    pub(super) fn follow(&mut self, directories: &BTreeSet<PathBuf>) -> Followed {
        let mut followed = Followed::Same;
        for path in directories {
            if self.watched.contains(path) || !self.try_watch(path) {
                continue;
            }
            self.watched.insert(path.clone());
            followed = Followed::More;
        }
        let stale: Vec<_> = self.watched.difference(directories).cloned().collect();
        for path in stale {
            self.watched.remove(&path);
            if let Some(watcher) = &mut self.watcher {
                // It fails where the directory is gone, and the watch with it.
                let _ = watcher.unwatch(&path);
            }
        }
        self.blind = directories.difference(&self.watched).cloned().collect();
        followed
    }

    /// Forgets a directory that was removed, and with it the watch: it may come again.
    pub(super) fn forget(&mut self, path: &Path) {
        if self.watched.remove(path)
            && let Some(watcher) = &mut self.watcher
        {
            let _ = watcher.unwatch(path);
        }
    }

    /// Whether `path` is a directory that is watched.
    pub(super) fn is_watched(&self, path: &Path) -> bool {
        self.watched.contains(path)
    }

    /// Whether some directory gives no events, so that all is polled.
    pub(super) fn is_blind(&self) -> bool {
        self.watcher.is_none() || !self.blind.is_empty()
    }

    /// Why no events come from a directory, where that can be helped: once.
    pub(super) fn take_problem(&mut self) -> Option<Problem> {
        let (path, what) = self.untold.take().filter(|_| !self.is_told)?;
        self.is_told = true;
        Some(Problem { path: path.as_path().into(), what })
    }

    /// What events told since the last call.
    pub(super) fn take(&self) -> Noticed {
        mem::take(&mut *self.noticed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn try_watch(&mut self, path: &Path) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        if is_remote(path) {
            return false;
        }
        // Fails with ENOSPC and EMFILE where the limits are reached: polled, and tried again.
        let result = watcher.watch(path, RecursiveMode::NonRecursive);
        if let Err(error @ notify::Error { kind: ErrorKind::MaxFilesWatch, .. }) = &result {
            self.untold = Some((path.to_path_buf(), polled(error)));
        }
        result.is_ok()
    }
}

/// What there is to say where the limits of inotify leave no events.
fn polled(error: &notify::Error) -> String {
    let limit = match error.kind {
        ErrorKind::MaxFilesWatch => "fs.inotify.max_user_watches",
        _ => "fs.inotify.max_user_instances",
    };
    format!(
        "no events to be had ({error}); logs are looked at every second instead; raise `{limit}`"
    )
}

/// Whether [`Watch::follow`] added watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Followed {
    Same,
    More,
}

/// Runs in the watcher's thread: it notes and rings, and never blocks.
fn on_event(event: notify::Result<Event>, noticed: &Mutex<Noticed>, waker: &Waker) {
    let mut noticed = noticed.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        // Our own opens and reads come back as these: to answer them would never end.
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
        Ok(event) if !event.need_rescan() => match &mut *noticed {
            Noticed::Paths(paths) if paths.len() < MAX_NOTICED => paths.extend(event.paths),
            _ => *noticed = Noticed::Everything,
        },
        _ => *noticed = Noticed::Everything,
    }
    drop(noticed);
    waker.wake();
}

/// Whether `path` lies on a file system whose changes by others give no events.
#[cfg(target_os = "linux")]
fn is_remote(path: &Path) -> bool {
    /// NFS, SMB, SMB2, CIFS, FUSE (virtiofs too), 9p: the magic numbers of statfs(2).
    const REMOTE: [u32; 6] = [0x6969, 0x517b, 0xfe53_4d42, 0xff53_4d42, 0x6573_5546, 0x0102_1997];
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    rustix::fs::statfs(path).is_ok_and(|stat| REMOTE.contains(&(stat.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_remote(_: &Path) -> bool {
    false
}
