//! Events of directories → a set of paths to look at, and the bell.

mod ear;
#[cfg(test)]
mod staged;
mod trust;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{ErrorKind, RecursiveMode, Watcher};

use super::identity::{Inode, Seen};
use super::medium::{Medium, medium};
use super::wake::Waker;
use crate::flow::Timestamp;
use trust::MAX_SILENT;

pub(super) use ear::{Noticed, Sink, Touch};
pub(super) use trust::Trust;

/// How long after a limit was reached a watch is tried again.
const RETRY: Duration = Duration::from_mins(1);

/// Where wake-ups come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Watching {
    /// Events of the file system, a slow sweep beside them, and polling where there are no events.
    #[default]
    Both,
    /// Events alone: besides them only what goes by time is done. Shows what events can do.
    Events,
    /// Polling alone, every quarter of a second.
    Polling,
}

/// What makes a watcher whose events go into a sink.
pub(super) type Maker = fn(Sink) -> notify::Result<Box<dyn Watcher + Send>>;

/// The watches on directories.
pub(super) struct Watch {
    maker: Maker,
    sink: Sink,
    /// `None`: all is polled, by choice or because the system has no watcher to give.
    watcher: Option<Box<dyn Watcher + Send>>,
    watching: Watching,
    /// The directories that are watched, by what they are: several paths may lead to one, and the
    /// system has one watch for it.
    watched: HashMap<Inode, Spot>,
    /// What is watched by which path.
    by_path: HashMap<PathBuf, Inode>,
    /// What was asked for last.
    wanted: BTreeMap<PathBuf, Inode>,
    /// Paths of directories that no events come from.
    blind: BTreeSet<PathBuf>,
    /// How often files of a directory were seen to have grown without an event.
    n_silent: HashMap<Inode, u32>,
    /// Whether every directory that was asked for is watched.
    is_all_watched: bool,
    /// When limits that were reached are tried again.
    retry_at: Option<Timestamp>,
    /// What is to be told of limits.
    trouble: Option<String>,
    is_told: bool,
}

/// A directory that is watched.
#[derive(Debug)]
struct Spot {
    /// The path that events come under.
    path: PathBuf,
    /// Other paths that lead to it.
    aliases: Vec<PathBuf>,
    trust: Trust,
}

/// Whether [`Watch::follow`] added watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Followed {
    Same,
    More,
}

impl Watch {
    /// Starts without a watch. Where there is no watcher to be had, all is polled.
    pub(super) fn new(watching: Watching, waker: Waker, maker: Maker, now: Timestamp) -> Self {
        let sink = Sink::new(waker);
        let mut watch = Self {
            maker,
            sink,
            watcher: None,
            watching,
            watched: HashMap::new(),
            by_path: HashMap::new(),
            wanted: BTreeMap::new(),
            blind: BTreeSet::new(),
            n_silent: HashMap::new(),
            is_all_watched: true,
            retry_at: None,
            trouble: None,
            is_told: false,
        };
        watch.begin(now);
        watch
    }

    /// Where wake-ups come from.
    pub(super) fn watching(&self) -> Watching {
        self.watching
    }

    /// The bell that is rung.
    pub(super) fn waker(&self) -> Waker {
        self.sink.waker().clone()
    }

    fn begin(&mut self, now: Timestamp) {
        if self.watching == Watching::Polling || self.watcher.is_some() {
            return;
        }
        match (self.maker)(self.sink.clone()) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(error) => self.complain(&error, "fs.inotify.max_user_instances", now),
        }
    }

    /// Watches exactly `directories` from now on. A directory that was not watched before must be
    /// listed again after this, for what came in between.
    pub(super) fn follow(
        &mut self,
        directories: BTreeMap<PathBuf, Inode>,
        now: Timestamp,
    ) -> Followed {
        let is_due = self.retry_at.is_some_and(|at| at <= now);
        // One that could not be watched may be by now: its permissions may have changed.
        let is_whole = self.watcher.is_none() || self.retry_at.is_some() || self.is_all_watched;
        if directories == self.wanted && !is_due && is_whole {
            return Followed::Same;
        }
        if is_due {
            self.retry_at = None;
            self.begin(now);
        }
        self.wanted = directories;
        let stale: Vec<_> = self
            .watched
            .iter()
            .filter(|(inode, spot)| self.wanted.get(&spot.path) != Some(inode))
            .map(|(_, spot)| spot.path.clone())
            .collect();
        for path in &stale {
            self.unwatch(path);
        }
        self.watched.values_mut().for_each(|spot| spot.aliases.clear());
        let followed = self.watch_wanted(now);
        if self.blind.is_empty() && self.watcher.is_some() {
            self.is_told = false;
        }
        followed
    }

    /// Drops what happens in the directories `around` but not in `wide`, except to `names`.
    pub(super) fn narrow(
        &mut self,
        wide: &BTreeMap<PathBuf, Inode>,
        around: &BTreeMap<PathBuf, Inode>,
        mut names: HashSet<PathBuf>,
    ) {
        let dirs: HashSet<_> =
            around.keys().filter(|dir| !wide.contains_key(*dir)).cloned().collect();
        names.retain(|name| name.parent().is_some_and(|dir| dirs.contains(dir)));
        // What happens to a directory itself is told under its own path.
        names.extend(wide.keys().cloned());
        self.sink.narrow(dirs, names);
    }

    fn watch_wanted(&mut self, now: Timestamp) -> Followed {
        let mut followed = Followed::Same;
        self.is_all_watched = true;
        self.blind.clear();
        for (path, inode) in mem::take(&mut self.wanted) {
            if let Some(spot) = self.watched.get_mut(&inode) {
                if spot.path != path {
                    spot.aliases.push(path.clone());
                }
            } else if let Some(spot) = self.try_watch(&path, inode, now) {
                self.by_path.insert(path.clone(), inode);
                self.watched.insert(inode, spot);
                followed = Followed::More;
            } else {
                self.is_all_watched = false;
                if !self.sink.is_narrow(&path) {
                    self.blind.insert(path.clone());
                }
            }
            if self.n_silent.get(&inode).is_some_and(|n| *n >= MAX_SILENT) {
                self.blind.insert(path.clone());
            }
            self.wanted.insert(path, inode);
        }
        self.n_silent.retain(|inode, _| self.watched.contains_key(inode));
        followed
    }

    /// Forgets a directory that was removed or replaced, and with it the watch: it may come again.
    pub(super) fn forget(&mut self, path: &Path) {
        self.unwatch(path);
        self.wanted.remove(path);
    }

    fn unwatch(&mut self, path: &Path) {
        let Some(inode) = self.by_path.remove(path) else { return };
        self.watched.remove(&inode);
        if let Some(watcher) = &mut self.watcher {
            // It fails where the directory is gone, and the watch with it.
            let _ = watcher.unwatch(path);
        }
    }

    /// Forgets every watch: events were lost, and with them what became of the directories.
    pub(super) fn forget_all(&mut self) {
        let paths: Vec<_> = self.by_path.keys().cloned().collect();
        for path in &paths {
            self.forget(path);
        }
    }

    /// Whether `path` is a directory that is watched, by this or another name.
    pub(super) fn is_watched(&self, path: &Path) -> bool {
        self.by_path.contains_key(path)
    }

    /// Whether changes in the directory `path` are watched for, with or without events.
    pub(super) fn covers(&self, path: &Path) -> bool {
        self.wanted.contains_key(path)
    }

    /// Adds `path` to what is watched until the next [`follow`](Self::follow).
    pub(super) fn add(&mut self, path: &Path, now: Timestamp) -> Followed {
        let Some(inode) = inode_of(path) else { return Followed::Same };
        let mut wanted = self.wanted.clone();
        wanted.insert(path.to_path_buf(), inode);
        self.follow(wanted, now)
    }

    /// The paths that an event under `path` is about: the directory may have several names.
    pub(super) fn names(&self, path: &Path) -> Vec<PathBuf> {
        let mut names = vec![path.to_path_buf()];
        let spot = |dir: &Path| self.watched.get(self.by_path.get(dir)?);
        if let (Some(spot), Some(name)) = (path.parent().and_then(spot), path.file_name()) {
            names.extend(spot.aliases.iter().map(|dir| dir.join(name)));
        }
        names
    }

    /// What events told since the last call.
    pub(super) fn take(&self) -> Noticed {
        self.sink.take()
    }

    /// What is to be told of limits, once.
    pub(super) fn take_trouble(&mut self) -> Option<String> {
        let trouble = self.trouble.take()?;
        (!mem::replace(&mut self.is_told, true)).then_some(trouble)
    }

    fn try_watch(&mut self, path: &Path, inode: Inode, now: Timestamp) -> Option<Spot> {
        // After a limit was reached, the others would reach it as well.
        let watcher = self.watcher.as_mut().filter(|_| self.retry_at.is_none())?;
        let medium = medium(path);
        if medium == Medium::Remote {
            return None;
        }
        match watcher.watch(path, RecursiveMode::NonRecursive) {
            // Between the stat and the watch another directory may have taken the path.
            Ok(()) if inode_of(path) == Some(inode) => {
                let is_local = medium == Medium::Local;
                let trust = if is_local { Trust::Certain } else { Trust::Unproven };
                Some(Spot { path: path.to_path_buf(), aliases: Vec::new(), trust })
            }
            Ok(()) => {
                let _ = watcher.unwatch(path);
                None
            }
            Err(error) => {
                if is_limit(&error) {
                    self.complain(&error, "fs.inotify.max_user_watches", now);
                }
                None
            }
        }
    }

    fn complain(&mut self, error: &notify::Error, setting: &str, now: Timestamp) {
        self.retry_at = Some(now + RETRY);
        self.trouble = Some(format!(
            "the system gives no more events of directories ({error}): logs are polled, which takes \
             more of the processor; raise `{setting}`"
        ));
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("watched", &self.watched)
            .field("blind", &self.blind)
            .finish_non_exhaustive()
    }
}

/// The watcher of this system.
pub(super) fn system(sink: Sink) -> notify::Result<Box<dyn Watcher + Send>> {
    let watcher = notify::recommended_watcher(move |event| sink.on_event(event))?;
    Ok(Box::new(watcher))
}

/// What `path` leads to now.
pub(super) fn inode_of(path: &Path) -> Option<Inode> {
    fs::metadata(path).ok().map(|meta| Seen::from(&meta).inode())
}

/// Whether a limit of the system was reached, not something in the way of one directory.
fn is_limit(error: &notify::Error) -> bool {
    use rustix::io::Errno;
    let limits = [Errno::NOSPC, Errno::MFILE, Errno::NFILE, Errno::NOMEM].map(Errno::raw_os_error);
    match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        ErrorKind::Io(error) => error.raw_os_error().is_some_and(|own| limits.contains(&own)),
        _ => false,
    }
}
