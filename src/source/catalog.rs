//! All logs that are followed: finds them, keeps them looked at, and gives out their lines.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::changes::{Changes, Problem};
use super::decoding::Desk;
use super::deleted::Deleted;
use super::discover::{Depth, Discover};
use super::feed::Feeds;
use super::generation::Generation;
use super::give::Given;
use super::late::Sought;
use super::limit::{Crowd, Slots};
use super::read::Reader;
use super::scan::FULL_SCAN;
use super::settings::SourceSettings;
use super::siblings::Unlisted;
use super::sweep::Sweeps;
use super::tail::{Shared, Stream};
use super::unpacking::Unpacking;
use super::wake::Waker;
use super::watch::{self, Watch, Watching};
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
    /// Boxed, since a table keeps room for twice as many.
    pub(super) streams: HashMap<StreamId, Box<Stream>>,
    /// Lines that come from elsewhere than files. That of a FIFO goes by the id of its path's log.
    pub(super) feeds: Feeds,
    pub(super) shared: Shared,
    pub(super) reader: Reader,
    pub(super) desk: Desk,
    pub(super) given: Option<Given>,
    /// Logs with something to read: those that were woken, then those that had their turn.
    pub(super) fresh: VecDeque<StreamId>,
    pub(super) rest: VecDeque<StreamId>,
    /// Turns that woken logs had since the others had one.
    pub(super) n_fresh_turns: u32,
    /// Logs with lines that wait for others.
    pub(super) settling: HashMap<StreamId, Timestamp>,
    /// Logs that an archive is unpacked further for with the next turn.
    pub(super) put_off: BTreeSet<StreamId>,
    /// Generations of which late lines are looked for further with the next turn.
    pub(super) to_seek: Vec<Sought>,
    /// Logs that may have something to commit.
    pub(super) touched: HashSet<StreamId>,
    pub(super) by_path: HashMap<Arc<Path>, StreamId>,
    pub(super) discover: Discover,
    pub(super) watch: Watch,
    /// Names on the way from logs' paths to their files, where links lead elsewhere.
    pub(super) hops: HashMap<PathBuf, Vec<PathBuf>>,
    /// Names on the way to directories: what happens to one of them happens to all below.
    pub(super) turns: BTreeSet<PathBuf>,
    /// Paths that are no logs of their own as far as could be seen.
    pub(super) doubtful: BTreeSet<PathBuf>,
    /// Logs that had the chance to lay claim to the file whose owner is being found out.
    pub(super) asked: Option<HashSet<StreamId>>,
    /// Every log is to be looked at.
    pub(super) is_all_due: bool,
    pub(super) era: Era,
    pub(super) unlisted: BTreeMap<PathBuf, io::ErrorKind>,
    /// Sources that read logs in different ways, which was said: for each two of them once.
    pub(super) disputes: BTreeSet<[SourceId; 2]>,
    /// Logs whose paths lead to what cannot be looked at or opened.
    pub(super) unreadable: HashSet<StreamId>,
    pub(super) crowd: Crowd,
    pub(super) sweeps: Sweeps,
    pub(super) next_scan: Timestamp,
    pub(super) next_full_scan: Timestamp,
    /// When the globs were last looked at.
    pub(super) scanned_at: Timestamp,
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
        let watch = Watch::new(watching, waker, watch::system, now);
        Self::open_on(settings, saved, max_open, watch, now)
    }

    /// [`open`](Self::open), with watches of another making.
    pub(super) fn open_on(
        settings: &[SourceSettings],
        saved: Saved,
        max_open: usize,
        watch: Watch,
        now: Timestamp,
    ) -> Self {
        let (discover, errors) = Discover::new(settings);
        let mut changes = Changes::default();
        let problem = |(path, what): (PathBuf, String)| Problem { path: path.into(), what };
        errors.into_iter().map(problem).for_each(|own| changes.complain(own));
        let mut shared = Shared {
            owners: HashMap::new(),
            next_stream: saved.next_stream,
            next_generation: saved.next_generation,
            slots: Slots::new(max_open),
            boot: saved.boot,
            deleted: Deleted::default(),
            unpacking: Unpacking::default(),
            unlisted: Unlisted::new(),
            changes,
            has_begun: false,
        };
        let feeds = Feeds::open(settings, &saved.memos, &mut shared, watch.waker(), now);
        let mut source = Self {
            streams: HashMap::new(),
            feeds,
            shared,
            reader: Reader::new(),
            desk: Desk::default(),
            given: None,
            fresh: VecDeque::new(),
            rest: VecDeque::new(),
            n_fresh_turns: 0,
            settling: HashMap::new(),
            put_off: BTreeSet::new(),
            to_seek: Vec::new(),
            touched: HashSet::new(),
            by_path: HashMap::new(),
            discover,
            watch,
            hops: HashMap::new(),
            turns: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            asked: None,
            is_all_due: false,
            era: Era::First,
            unlisted: BTreeMap::new(),
            disputes: BTreeSet::new(),
            unreadable: HashSet::new(),
            crowd: Crowd::default(),
            sweeps: Sweeps::default(),
            next_scan: now,
            next_full_scan: now + FULL_SCAN,
            scanned_at: now,
            now,
        };
        source.shared.unpacking.begin_turn(now);
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
        let found = self.walk(Depth::Full, now);
        self.restore(saved.checkpoints, &saved.memos, now);
        for path in self.discover.explicit() {
            if !self.by_path.contains_key(&*path) {
                self.adopt(&path, now);
            }
        }
        self.take_in(found, now);
        self.era = Era::Running;
        self.shared.boot = Boot::Same;
        self.next_scan = now + self.scan_interval();
        self.sweep_at_start(now);
    }

    pub(super) fn restore(
        &mut self,
        mut checkpoints: Vec<Checkpoint>,
        memos: &[Memo],
        now: Timestamp,
    ) {
        let memos: HashMap<_, _> = memos.iter().map(|memo| (memo.stream, memo)).collect();
        checkpoints.sort_unstable_by_key(|row| (row.stream, row.generation));
        for rows in checkpoints.chunk_by(|a, b| a.stream == b.stream) {
            // The rows of a log that is no longer configured are kept for when it is again.
            if self.discover.interest(&rows[0].path).is_none() {
                continue;
            }
            if let Some(mut stream) = Stream::restore(rows, &mut self.shared) {
                if let Some(memo) = memos.get(&stream.id) {
                    stream.recall(memo, &mut self.shared, now);
                }
                self.insert(stream);
            }
        }
        // Inodes are reused: rows of files that are gone must not stand in the way.
        self.revisit(Depth::Full, now);
        self.reclaim(now);
    }

    pub(super) fn insert(&mut self, mut stream: Stream) {
        let catch_up = self.tune(&mut stream);
        let is_restart = matches!(self.era, Era::Restart { .. });
        let catch_up = catch_up.filter(|_| is_restart);
        stream.old_before =
            catch_up.map(|span| (self.now - span).as_millis().saturating_mul(1_000_000));
        stream.next_look = self.sweeps.postpone(stream.id, self.now, self.now);
        self.by_path.insert(Arc::clone(&stream.path), stream.id);
        self.streams.insert(stream.id, Box::new(stream));
    }

    /// Sets a log as it is configured. Returns how old what was written while the agent was down may
    /// be, if that is bounded.
    pub(super) fn tune(&mut self, stream: &mut Stream) -> Option<Duration> {
        let interest = self.discover.interest(&stream.path)?;
        if let Some((sources, what)) = self.discover.dispute(&interest)
            && self.disputes.insert(sources)
        {
            let path = Arc::clone(&stream.path);
            self.shared.changes.complain(Problem { path, what });
        }
        stream.sources = interest.sources.into();
        stream.lead_lines = interest.lead_lines;
        stream.olddirs = interest.olddirs.into();
        let seen_at: Vec<_> =
            stream.generations.iter().map(|own| Arc::clone(&own.seen_at)).collect();
        for path in &seen_at {
            stream.learn_olddir(path);
        }
        stream.reading = interest.reading;
        stream.is_explicit = interest.is_explicit;
        interest.catch_up
    }

    /// Takes in events and does the sweeps that are due. Calling it early or twice is harmless.
    pub fn reconcile(&mut self, now: Timestamp) {
        self.now = now;
        self.shared.unpacking.begin_turn(now);
        self.look_again(now);
        let heard = self.hear(now);
        if let Some(depth) = heard.max(self.scan_due(now)) {
            self.scan(depth, now);
        }
        if mem::take(&mut self.is_all_due) {
            let ids: Vec<_> = self.streams.keys().copied().collect();
            for id in ids {
                self.look(id, now);
            }
        }
        self.sweep(now);
        self.let_in(now);
        self.wake_settled(now);
        let fed = self.feeds.refill(&mut self.shared.changes, now);
        for id in self.feeds.unread() {
            self.look(id, now);
        }
        for id in fed {
            self.wake_stream(id, now);
        }
        // What reads on has a share of its own.
        self.shared.unpacking.refill();
    }

    /// What changed since the last call. It is to be committed together with what the lines that
    /// were consumed since then led to.
    pub fn take_changes(&mut self) -> Changes {
        for id in mem::take(&mut self.touched) {
            if let Some(stream) = self.streams.get_mut(&id) {
                stream.take_changes(&mut self.shared, self.now);
            }
        }
        self.feeds.take_changes(&mut self.shared.changes);
        self.shared.has_begun = false;
        self.shared.changes.take()
    }

    /// Whether there are new files whose places are to be committed before anything is read: after
    /// a crash, one that was rotated away meanwhile is known only by that.
    pub fn has_begun(&self) -> bool {
        self.shared.has_begun
    }

    /// When `reconcile` or `next_chunk` has something to do at the latest.
    pub fn deadline(&self) -> Timestamp {
        if !self.fresh.is_empty()
            || !self.rest.is_empty()
            || !self.put_off.is_empty()
            || !self.to_seek.is_empty()
        {
            return self.now;
        }
        let settling = self.settling.values().copied();
        let scans = self.next_scan.min(self.next_full_scan);
        settling.chain(self.sweeps.deadline()).chain(self.next_try()).fold(scans, Timestamp::min)
    }

    /// Whether nothing can come any more: all that is followed has ended for good, and is matched.
    pub fn is_over(&self) -> bool {
        self.feeds.are_over() && self.discover.is_empty()
    }

    /// Takes no more from pipes, before the agent stops. What was taken is still to be matched, as
    /// it cannot be read again: until [`are_pipes_drained`](Self::are_pipes_drained).
    pub fn stop_pipes(&mut self) {
        self.feeds.stop_pipes();
    }

    /// Whether all that was taken from pipes is matched, and no more is taken.
    pub fn are_pipes_drained(&self) -> bool {
        self.feeds.are_pipes_drained()
    }

    /// How far every file was read, whether or not it is saved.
    pub fn checkpoints(&self) -> impl Iterator<Item = Checkpoint> {
        self.streams.values().flat_map(|stream| {
            let of = |own: &Generation| own.checkpoint(stream.id, &stream.path, self.now);
            stream.generations.iter().map(of)
        })
    }

    /// The sources that watch the log at `path`; `None`: it is not followed.
    pub fn sources_of(&self, path: &Path) -> Option<Arc<[SourceId]>> {
        let stream = self.by_path.get(path).and_then(|id| self.streams.get(id));
        let of_stream = stream.map(|stream| &stream.sources);
        of_stream.or_else(|| self.feeds.sources_of(path)).cloned()
    }

    /// Every log with its state: those of explicit paths, the files that globs found, and feeds.
    pub fn statuses(&self) -> impl Iterator<Item = StreamStatus> {
        let is_shown = |stream: &&Stream| stream.is_shown() && !self.feeds.shows(stream.id);
        let streams = self.streams.values().map(AsRef::as_ref);
        let of_files = streams.filter(is_shown).map(Stream::status);
        of_files.chain(self.feeds.statuses())
    }
}
