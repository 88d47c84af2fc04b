//! All logs that are followed: finds them, keeps them looked at, and gives out their lines.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::changes::{Changes, Problem};
use super::discover::{Depth, Discover};
use super::limit::Slots;
use super::read::Reader;
use super::scan::FULL_SCAN;
use super::settings::SourceSettings;
use super::sweep::Sweeps;
use super::tail::{AtPath, Look, Shared, Stream};
use super::turn::Given;
use super::wake::Waker;
use super::watch::{Noticed, Watch, Watching};
use crate::flow::{Checkpoint, GenerationId, Memo, SourceId, StreamId, StreamStatus, Timestamp};

/// Whether the machine was started again since the store was written: power loss may have taken
/// what was last written to logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Boot {
    /// It was not.
    #[default]
    Same,
    /// It was.
    Other,
}

/// What the store knows of earlier runs.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// The stored positions, in any order.
    pub checkpoints: Vec<Checkpoint>,
    /// What logs were remembered by besides.
    pub memos: Vec<Memo>,
    /// An id above every stream's that was ever stored.
    pub next_stream: StreamId,
    /// An id above every generation's that was ever stored.
    pub next_generation: GenerationId,
    /// Paths of logs that were followed before and had no file, so that theirs is new.
    pub missing: HashSet<PathBuf>,
    /// When the store was last written; `None` at the very first start.
    pub last_up: Option<Timestamp>,
    /// Whether the machine was started again since then.
    pub boot: Boot,
}

/// All logs that are followed.
///
/// Where reading begins in a file that has no stored position: at the very first start as
/// configured; in a file that appears while the agent runs, at 0; after a restart at 0 if a glob
/// finds it whose source had files before, if its path was followed while there was no file, or if
/// it was made after the agent was last up, and otherwise as configured, because then it is new in the configuration. A file that is there at
/// the very first start but cannot be opened begins, with `start = "end"`, at the end it had then.
#[derive(Debug)]
pub struct Source {
    pub(super) streams: HashMap<StreamId, Stream>,
    pub(super) shared: Shared,
    pub(super) reader: Reader,
    pub(super) given: Option<Given>,
    /// Logs with something to read: those that were woken, then those that had their turn.
    pub(super) fresh: VecDeque<StreamId>,
    pub(super) rest: VecDeque<StreamId>,
    /// Turns that woken logs had since the others had one.
    pub(super) n_fresh_turns: u32,
    /// Logs with lines that wait for others.
    pub(super) settling: HashSet<StreamId>,
    /// Logs that may have something to commit.
    pub(super) touched: HashSet<StreamId>,
    pub(super) by_path: HashMap<Arc<Path>, StreamId>,
    pub(super) discover: Discover,
    pub(super) watch: Watch,
    pub(super) era: Era,
    pub(super) unlisted: BTreeMap<PathBuf, io::ErrorKind>,
    /// Logs whose paths lead to what cannot be looked at or opened.
    pub(super) unreadable: HashSet<StreamId>,
    pub(super) sweeps: Sweeps,
    pub(super) next_scan: Timestamp,
    pub(super) next_full_scan: Timestamp,
    /// When it was last told the time.
    pub(super) now: Timestamp,
}

/// What a file without a stored position is.
#[derive(Debug)]
pub(super) enum Era {
    /// There before anything was watched.
    First,
    /// There at a restart; these sources had files before, and at these paths there was none.
    Restart { last_up: Timestamp, known: HashSet<SourceId>, missing: HashSet<PathBuf> },
    /// New.
    Running,
}

impl Source {
    /// Begins to follow what `settings` name, from where `saved` says it was left.
    ///
    /// Never fails: what is missing or cannot be read shows in states and problems, and is tried
    /// again. At most `max_open` logs are open at once: [`raise_open_files`](super::raise_open_files)
    /// says how many may be. `waker` is rung when there is something to do.
    pub fn open(
        settings: &[SourceSettings],
        saved: Saved,
        max_open: usize,
        watching: Watching,
        waker: Waker,
        now: Timestamp,
    ) -> Self {
        let (discover, errors) = Discover::new(settings);
        let mut changes = Changes::default();
        let problem = |(path, what): (PathBuf, String)| Problem { path: path.into(), what };
        changes.problems.extend(errors.into_iter().map(problem));
        let mut source = Self {
            streams: HashMap::new(),
            shared: Shared {
                owners: HashMap::new(),
                next_stream: saved.next_stream,
                next_generation: saved.next_generation,
                slots: Slots::new(max_open),
                boot: saved.boot,
                changes,
            },
            reader: Reader::new(),
            given: None,
            fresh: VecDeque::new(),
            rest: VecDeque::new(),
            n_fresh_turns: 0,
            settling: HashSet::new(),
            touched: HashSet::new(),
            by_path: HashMap::new(),
            discover,
            watch: Watch::new(watching, waker),
            era: Era::First,
            unlisted: BTreeMap::new(),
            unreadable: HashSet::new(),
            sweeps: Sweeps::default(),
            next_scan: now,
            next_full_scan: now + FULL_SCAN,
            now,
        };
        source.begin(saved, now);
        source
    }

    fn begin(&mut self, saved: Saved, now: Timestamp) {
        if let Some(last_up) = saved.last_up {
            let interests =
                saved.checkpoints.iter().filter_map(|row| self.discover.interest(&row.path));
            let known = interests.flat_map(|interest| interest.sources).collect();
            self.era = Era::Restart { last_up, known, missing: saved.missing };
        }
        // Directories are watched before anything is looked at: what comes in between is not lost.
        let found = self.walk(Depth::Full);
        self.restore(saved.checkpoints, now);
        for path in self.discover.explicit() {
            if !self.by_path.contains_key(&*path) {
                self.adopt(&path, now);
            }
        }
        self.take_in(found, now);
        self.era = Era::Running;
        self.shared.boot = Boot::Same;
        self.next_scan = now + self.scan_interval();
        self.sweep(now);
    }

    fn restore(&mut self, checkpoints: Vec<Checkpoint>, now: Timestamp) {
        let mut rows: BTreeMap<StreamId, Vec<Checkpoint>> = BTreeMap::new();
        for checkpoint in checkpoints {
            rows.entry(checkpoint.stream).or_default().push(checkpoint);
        }
        for rows in rows.values_mut() {
            rows.sort_by_key(|row| row.generation);
            // The rows of a log that is no longer configured are kept for when it is again.
            if self.discover.interest(&rows[0].path).is_none() {
                continue;
            }
            if let Some(stream) = Stream::restore(rows, &mut self.shared) {
                self.insert(stream);
            }
        }
        // Inodes are reused: rows of files that are gone must not stand in the way.
        self.revisit(now);
        self.reclaim(now);
    }

    pub(super) fn insert(&mut self, mut stream: Stream) {
        if let Some(interest) = self.discover.interest(&stream.path) {
            stream.sources = interest.sources.into();
            stream.lead_lines = interest.lead_lines;
            stream.olddirs = interest.olddirs.into();
            stream.is_explicit = interest.is_explicit;
        }
        stream.next_look = self.sweeps.postpone(stream.id, self.now, self.now);
        self.by_path.insert(Arc::clone(&stream.path), stream.id);
        self.streams.insert(stream.id, stream);
    }

    /// Takes in events and does the sweeps that are due. Calling it early or twice is harmless.
    pub fn reconcile(&mut self, now: Timestamp) {
        self.now = now;
        let mut depth = None;
        match self.watch.take() {
            Noticed::Everything => depth = Some(Depth::Full),
            Noticed::Paths(paths) => {
                for path in paths {
                    depth = depth.max(self.on_event(&path, now));
                }
            }
        }
        let is_full = depth == Some(Depth::Full);
        if now >= self.next_full_scan {
            depth = Some(Depth::Full);
        } else if now >= self.next_scan {
            depth = depth.max(Some(Depth::Changed));
        }
        if let Some(depth) = depth {
            self.scan(depth, now);
        }
        if is_full {
            self.streams
                .keys()
                .copied()
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|id| self.look(id, now));
        }
        self.sweep(now);
        self.wake_settled(now);
    }

    /// Looks at what an event names; says which scan it calls for.
    fn on_event(&mut self, path: &Path, now: Timestamp) -> Option<Depth> {
        if let Some(&id) = self.by_path.get(path) {
            self.look(id, now);
            return None;
        }
        if self.watch.is_watched(path) {
            // It may be another directory by now: the watch stays with the one that it was set on.
            self.watch.forget(path);
            return Some(Depth::Full);
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Some(Depth::Full),
            Ok(_) => {
                self.take_in_path(path, now);
                None
            }
            Err(_) => None,
        }
    }

    /// Brings one log up to date.
    pub(super) fn look(&mut self, id: StreamId, now: Timestamp) {
        self.make_room(now);
        let Some(path) = self.streams.get(&id).map(|stream| Arc::clone(&stream.path)) else {
            return;
        };
        let look = self.settle(Some(id), &path, now);
        if let (Look::Known(AtPath::Taken), Ok(meta)) = (&look, fs::metadata(&path)) {
            let inode = super::identity::Seen::from(&meta).inode();
            if let Some(owner) = self.shared.owners.get(&inode).copied() {
                self.join(&path, owner.stream);
            }
        }
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.reconcile(look, &mut self.shared, now);
        }
        self.note_look(id, now);
        self.wake_stream(id, now);
    }

    /// What changed since the last call. It is to be committed together with what the lines that
    /// were consumed since then led to.
    pub fn take_changes(&mut self) -> Changes {
        for id in mem::take(&mut self.touched) {
            if let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.is_dirty) {
                stream.take_changes(&mut self.shared, self.now);
            }
        }
        mem::take(&mut self.shared.changes)
    }

    /// When `reconcile` or `next_chunk` has something to do at the latest.
    pub fn deadline(&self) -> Timestamp {
        if !self.fresh.is_empty() || !self.rest.is_empty() {
            return self.now;
        }
        let settling = self.settling.iter().filter_map(|id| self.streams.get(id)?.settles_at());
        let scans = self.next_scan.min(self.next_full_scan);
        settling.chain(self.sweeps.deadline()).fold(scans, Timestamp::min)
    }

    /// Every log with its state: those of explicit paths, and the files that globs found.
    pub fn statuses(&self) -> impl Iterator<Item = StreamStatus> {
        self.streams.values().filter(|stream| stream.is_shown()).map(Stream::status)
    }
}
