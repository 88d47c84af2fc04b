//! All feeds: which there are, and whose lines are next.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::super::body::open;
use super::super::changes::Changes;
use super::super::identity::Inode;
use super::super::settings::{JournalSettings, SourceSettings, Start};
use super::super::tail::{AtPath, Shared, Stream};
use super::super::wake::Waker;
use super::desk::Desk;
use super::place::Place;
use super::readers::{journal_name, journals, readers_of_stdin};
use super::tap::Tap;
use super::{Feed, Kind};
use crate::flow::{Chunk, Memo, Progress, Sight, SourceId, StreamId, StreamStatus, Timestamp};

/// What standard input is called.
const STDIN: &str = "stdin";

/// The most FIFOs that are read at once: each has a thread.
const MAX_FIFOS: usize = 32;

/// Descriptors that a FIFO takes: its own, and a pipe to stop its thread.
const FILES_OF_FIFO: usize = 3;

/// How long after the start lines may still come that were written before it.
const CATCHING_UP: Duration = Duration::from_secs(10);

/// All feeds.
#[derive(Debug)]
pub(in crate::source) struct Feeds {
    pub(super) all: BTreeMap<StreamId, Feed>,
    /// Whose chunk is out to be matched.
    given: Option<StreamId>,
    /// The longest line of each source.
    pub(super) max_lines: Vec<usize>,
    opened_at: Timestamp,
    waker: Waker,
    /// No more is taken from pipes.
    is_stopping: bool,
}

impl Feeds {
    /// Begins to read what `settings` name, a journal from where `memos` say it was left.
    pub(in crate::source) fn open(
        settings: &[SourceSettings],
        memos: &[Memo],
        shared: &mut Shared,
        waker: Waker,
        now: Timestamp,
    ) -> Self {
        let max_lines = settings.iter().map(|source| source.max_line).collect();
        let mut feeds = Self {
            all: BTreeMap::new(),
            given: None,
            max_lines,
            opened_at: now,
            waker,
            is_stopping: false,
        };
        let readers = readers_of_stdin(settings);
        if !readers.is_empty() {
            feeds.open_stdin(&readers, shared);
        }
        for (id, source, journal) in journals(settings) {
            feeds.open_journal(id, source, journal, memos, shared, now);
        }
        feeds
    }

    /// Reads standard input, once for all sources that want it.
    pub(super) fn open_stdin(
        &mut self,
        readers: &[(SourceId, &SourceSettings)],
        shared: &mut Shared,
    ) {
        let (sources, settings): (Vec<_>, Vec<_>) = readers.iter().copied().unzip();
        let lead_lines = settings.iter().map(|source| source.lead_lines).max().unwrap_or(0);
        let id = new_stream(shared);
        let path = Path::new(STDIN).into();
        let mut feed = self.feed(id, path, sources.into(), lead_lines, Kind::Stdin, shared);
        let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        let waker = self.waker.clone();
        feed.tap(stdin.and_then(|file| Tap::stdin(file, feed.max_line, waker)));
        self.all.insert(id, feed);
    }

    pub(super) fn open_journal(
        &mut self,
        id: SourceId,
        source: &SourceSettings,
        journal: &JournalSettings,
        memos: &[Memo],
        shared: &mut Shared,
        now: Timestamp,
    ) {
        let name = journal_name(source);
        let memo = memos.iter().find(|memo| *memo.path == *Path::new(&name));
        let saved = memo.and_then(|memo| Place::from_memo(&memo.text));
        let place = saved.clone().unwrap_or_else(|| match source.start {
            Start::Begin => Place::default(),
            Start::End => Place::at(now),
        });
        let stream = memo.map_or_else(|| new_stream(shared), |memo| memo.stream);
        let kind = Kind::Journal { settings: journal.clone(), place: place.clone(), saved };
        let path = Path::new(&name).into();
        let mut feed = self.feed(stream, path, [id].into(), source.lead_lines, kind, shared);
        let (program, waker) = (OsString::from("journalctl"), self.waker.clone());
        feed.tap(Tap::journal(program, journal.clone(), place, source.max_line, waker));
        self.all.insert(stream, feed);
    }

    fn feed(
        &self,
        id: StreamId,
        path: Arc<Path>,
        sources: Arc<[SourceId]>,
        lead_lines: usize,
        kind: Kind,
        shared: &mut Shared,
    ) -> Feed {
        Feed {
            id,
            path,
            max_line: self.max_line_of(&sources),
            sources,
            lead_lines,
            generation: shared.new_generation(),
            kind,
            taps: Vec::new(),
            desk: Desk::default(),
            waiting: None,
            is_queued: false,
            progress: Progress::CatchingUp,
            quiet_since: None,
            trouble: None,
            told: None,
        }
    }

    /// The longest line of a feed of `sources`.
    pub(super) fn max_line_of(&self, sources: &[SourceId]) -> usize {
        let max_line = |source: &SourceId| self.max_lines.get(source.0 as usize).copied();
        sources.iter().filter_map(max_line).max().unwrap_or(super::super::MAX_LINE)
    }

    /// Takes in that the path of `stream` leads to the FIFO `inode`. Says what that is to it.
    pub(in crate::source) fn on_fifo(
        &mut self,
        stream: &Stream,
        mut inode: Inode,
        shared: &mut Shared,
    ) -> AtPath {
        if let Some(other) = self.reader_of(inode, stream.id) {
            other.join(&stream.sources);
            self.leave(stream.id);
            return AtPath::Taken;
        }
        if !self.all.contains_key(&stream.id) {
            let (path, sources) = (Arc::clone(&stream.path), Arc::clone(&stream.sources));
            let kind = Kind::Fifo { at_path: None };
            let feed = self.feed(stream.id, path, sources, stream.lead_lines, kind, shared);
            self.all.insert(stream.id, feed);
        }
        let n_fifos: usize = self.all.values().map(|feed| feed.taps.len()).sum();
        let waker = self.waker.clone();
        let Some(feed) = self.all.get_mut(&stream.id) else { return AtPath::Nothing };
        if !self.is_stopping && feed.taps.iter().all(|tap| tap.inode != Some(inode)) {
            if n_fifos >= MAX_FIFOS {
                let what = format!("more than {MAX_FIFOS} pipes");
                return AtPath::Error(io::Error::other(what));
            }
            match feed.open_fifo(shared, waker) {
                Ok(opened) => inode = opened,
                Err(error) => return AtPath::Error(error),
            }
        }
        feed.trouble = None;
        feed.kind = Kind::Fifo { at_path: Some(inode) };
        AtPath::Fifo(inode)
    }

    /// Takes in that the path of the log `id` leads to no FIFO (any more).
    pub(in crate::source) fn leave(&mut self, id: StreamId) {
        let Some(feed) = self.all.get_mut(&id) else { return };
        if let Kind::Fifo { at_path } = &mut feed.kind {
            *at_path = None;
            feed.told = None;
            if feed.is_idle() {
                self.all.remove(&id);
            }
        }
    }

    /// The feed, but for that of `id`, which reads the pipe `inode`: it has several names.
    fn reader_of(&mut self, inode: Inode, id: StreamId) -> Option<&mut Feed> {
        let reads = |feed: &Feed| feed.taps.iter().any(|tap| tap.inode == Some(inode));
        self.all.values_mut().find(|feed| feed.id != id && reads(feed))
    }

    /// Takes what the threads have read. Returns the feeds there are.
    pub(in crate::source) fn refill(
        &mut self,
        changes: &mut Changes,
        now: Timestamp,
    ) -> Vec<StreamId> {
        self.all.values_mut().for_each(|feed| feed.refill(changes, now));
        self.all.keys().copied().collect()
    }

    /// Logs whose paths lead to a FIFO that no thread reads (any more): one made in the place of
    /// another may have got its inode.
    pub(in crate::source) fn unread(&self) -> Vec<StreamId> {
        let is_unread = |feed: &&Feed| match feed.kind {
            Kind::Fifo { at_path: at_path @ Some(_) } if !self.is_stopping => {
                // What cannot be read is tried again at the next look.
                feed.trouble.is_none() && feed.taps.iter().all(|tap| tap.inode != at_path)
            }
            _ => false,
        };
        self.all.values().filter(is_unread).map(|feed| feed.id).collect()
    }

    /// Whether the feed `id` is to be queued now.
    pub(in crate::source) fn queue(&mut self, id: StreamId, now: Timestamp) -> bool {
        let Some(feed) = self.all.get_mut(&id) else { return false };
        let is_queued = !feed.is_queued && feed.is_ready(now);
        feed.is_queued |= is_queued;
        is_queued
    }

    /// Begins the turn of the feed `id`. Returns whether it has a chunk.
    pub(in crate::source) fn begin_turn(
        &mut self,
        id: StreamId,
        changes: &mut Changes,
        now: Timestamp,
    ) -> bool {
        let Some(feed) = self.all.get_mut(&id) else { return false };
        feed.is_queued = false;
        feed.refill(changes, now);
        feed.is_ready(now)
    }

    /// The chunk of the feed `id`, which has one.
    pub(in crate::source) fn give(&mut self, id: StreamId, now: Timestamp) -> Option<Chunk<'_>> {
        let feed = self.all.get_mut(&id)?;
        self.given = Some(id);
        Some(feed.chunk(now))
    }

    /// The feed whose chunk is out; it is not any more then.
    pub(in crate::source) fn take_given(&mut self) -> Option<StreamId> {
        self.given.take()
    }

    /// Takes in that the chunk given out last was matched up to `n` of its bytes. Returns whose it
    /// was.
    pub(in crate::source) fn consumed(&mut self, n: usize, now: Timestamp) -> Option<StreamId> {
        let id = self.given.take()?;
        self.all.get_mut(&id)?.consumed(n, now);
        Some(id)
    }

    /// When lines that wait for others are due.
    pub(in crate::source) fn settles_at(&self, id: StreamId) -> Option<Timestamp> {
        Some(self.all.get(&id)?.waiting?.until)
    }

    /// Whether a feed is what the path of the log `id` leads to.
    pub(in crate::source) fn shows(&self, id: StreamId) -> bool {
        self.all.get(&id).is_some_and(Feed::is_shown)
    }

    /// Whether there is a feed of the log `id`.
    pub(in crate::source) fn has(&self, id: StreamId) -> bool {
        self.all.contains_key(&id)
    }

    /// Whether there are feeds, and all have ended for good.
    pub(in crate::source) fn are_over(&self) -> bool {
        !self.all.is_empty() && self.all.values().all(Feed::is_over)
    }

    /// Takes no more from pipes. What was taken is still to be matched.
    pub(in crate::source) fn stop_pipes(&mut self) {
        self.is_stopping = true;
        for feed in self.all.values_mut().filter(|feed| feed.is_pipe()) {
            feed.taps.iter_mut().for_each(Tap::stop);
        }
    }

    /// Whether all that was taken from pipes is matched, and no more is taken.
    pub(in crate::source) fn are_pipes_drained(&self) -> bool {
        self.all.values().filter(|feed| feed.is_pipe()).all(Feed::is_idle)
    }

    /// What can be seen of each feed of `source`. Whoever waited to write while the agent was down needs
    /// some time to do so.
    pub(in crate::source) fn sights_of(
        &self,
        source: SourceId,
        now: Timestamp,
    ) -> impl Iterator<Item = Sight> {
        let is_new = now < self.opened_at + CATCHING_UP;
        let of = self.all.values().filter(move |feed| feed.sources.contains(&source));
        of.map(move |feed| match feed.sight() {
            Sight::Clear if is_new && !feed.is_over() => Sight::Behind,
            sight => sight,
        })
    }

    /// Whether all are read, as far as can be told.
    pub(in crate::source) fn are_fine(&self) -> bool {
        self.all.values().all(|feed| feed.trouble.is_none())
    }

    pub(in crate::source) fn sources_of(&self, path: &Path) -> Option<&Arc<[SourceId]>> {
        self.all.values().find(|feed| *feed.path == *path).map(|feed| &feed.sources)
    }

    pub(in crate::source) fn statuses(&self) -> impl Iterator<Item = StreamStatus> {
        self.all.values().filter(|feed| feed.is_shown()).map(Feed::status)
    }

    /// Hands over what is to be committed.
    pub(in crate::source) fn take_changes(&mut self, changes: &mut Changes) {
        for feed in self.all.values_mut() {
            feed.take_changes(changes);
        }
        let is_left = |feed: &Feed| matches!(feed.kind, Kind::Fifo { at_path: None });
        self.all.retain(|_, feed| !is_left(feed) || !feed.is_idle());
    }
}

impl Feed {
    /// Adds an input, or the reason why there is none.
    fn tap(&mut self, tap: io::Result<Tap>) {
        match tap {
            Ok(tap) => self.taps.push(tap),
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }

    /// Reads the FIFO that its path leads to. Returns what that is.
    fn open_fifo(&mut self, shared: &Shared, waker: Waker) -> io::Result<Inode> {
        let (file, seen) = open(&self.path)?;
        let inode = seen.inode();
        if !seen.is_fifo {
            return Err(io::Error::other("it is being replaced"));
        }
        let mut tap = Tap::fifo(&self.path, file, inode, self.max_line, waker)?;
        tap.keep((0..FILES_OF_FIFO).map(|_| shared.slots.take()));
        self.taps.push(tap);
        Ok(inode)
    }

    /// Adds sources that know it by another name.
    fn join(&mut self, sources: &[SourceId]) {
        let mut all = [&self.sources[..], sources].concat();
        all.sort_unstable();
        all.dedup();
        if all[..] != self.sources[..] {
            self.sources = all.into();
            self.told = None;
        }
    }
}

fn new_stream(shared: &mut Shared) -> StreamId {
    let id = shared.next_stream;
    shared.next_stream = StreamId(id.0 + 1);
    id
}
