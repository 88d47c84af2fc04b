//! Old files → hits with the times that stand in their lines, several files at once.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::flow::{Chunk, Dated, Hit, Offset, RuleId, SourceId, Span, TimeOrigin, Timestamp};
use crate::matcher::{Matcher, Scanned};
use crate::source::{Past, PastReader};

use super::dates::Dates;

/// One file, and its hits that are found and not taken.
#[derive(Debug)]
pub(super) struct Lane {
    past: Past,
    /// Where lines begin of which the time is known, with that time; `None`: it stands in the lines.
    times: Option<Vec<(Offset, Timestamp)>>,
    pub(super) hits: VecDeque<Hit>,
    /// The time of the last line of which it is known. A line without one has happened then.
    time: Option<Timestamp>,
    /// When its first lines were, and the last that were read.
    span: Option<Span>,
    /// The greatest time of a hit that was taken: files are merged by it.
    reached: Timestamp,
    is_over: bool,
    fault: Option<io::Error>,
}

/// What one thread works with.
#[derive(Debug)]
pub(super) struct Hand {
    reader: PastReader,
    matcher: Matcher,
    /// Reused.
    found: Vec<Hit>,
}

/// What is asked of all hands.
#[derive(Debug)]
pub(super) struct Order<'a> {
    /// How lines say when they were.
    pub(super) dates: &'a Dates,
    /// Hits to find in a file, before others have their turn.
    pub(super) n_hits: usize,
    /// Hits of before are left out.
    pub(super) since: Timestamp,
    /// Counts the bytes that were read, as they lie on the disk.
    pub(super) progress: &'a AtomicU64,
}

impl Lane {
    pub(super) fn new(past: Past) -> Self {
        Self {
            past,
            times: None,
            hits: VecDeque::new(),
            time: None,
            span: None,
            reached: Timestamp::from_millis(i64::MIN),
            is_over: false,
            fault: None,
        }
    }

    /// One whose lines happen when `times` say: where they begin, from the first on, and when.
    pub(super) fn with_times(past: Past, times: Vec<(Offset, Timestamp)>) -> Self {
        Self { times: Some(times), ..Self::new(past) }
    }

    /// Whether it must be read on before anything is known of its next hit.
    pub(super) fn is_dry(&self) -> bool {
        self.hits.is_empty() && !self.is_over
    }

    /// When its next hit has its turn: at its time, but never before that of an earlier one.
    pub(super) fn turn(&self) -> Option<Timestamp> {
        self.hits.front().map(|hit| hit.time.max(self.reached))
    }

    /// The next hit.
    pub(super) fn take(&mut self) -> Option<Hit> {
        let hit = self.hits.pop_front()?;
        self.reached = self.reached.max(hit.time);
        Some(hit)
    }

    /// When its first lines were, and the last that were read; `None`: there are none.
    pub(super) fn span(&self) -> Option<Span> {
        self.span
    }

    /// Whether `source` reads it.
    pub(super) fn is_of(&self, source: SourceId) -> bool {
        self.past.sources().contains(&source)
    }

    /// Bytes of its text that were read, and of its lines that were too long and left out.
    pub(super) fn n_bytes(&self) -> (u64, u64) {
        (self.past.offset(), self.past.n_cut())
    }

    /// What kept it from being read to its end.
    pub(super) fn into_fault(self) -> Option<(PathBuf, io::Error)> {
        self.fault.map(|error| (self.past.path().to_path_buf(), error))
    }

    /// Dates hits: as is known, or by the stamps in their lines.
    fn date(&mut self, found: &mut Vec<Hit>, order: &Order<'_>) {
        if let Some(times) = &self.times {
            let time = |hit: &Hit| {
                let next = times.partition_point(|(start, _)| *start <= hit.offset);
                next.checked_sub(1).map_or(hit.time, |own| times[own].1)
            };
            self.hits.extend(found.drain(..).map(|hit| {
                let time = time(&hit);
                hit.at(time)
            }));
            return;
        }
        let modified = self.past.modified();
        let time = self.time.get_or_insert(modified);
        self.hits.extend(found.drain(..).filter_map(|mut hit| {
            let stamp = order.dates.stamp_of(&hit);
            let written = stamp.and_then(|stamp| stamp.at(*time, order.dates.zone()));
            let known = written.filter(|at| *at <= modified + AHEAD);
            *time = known.unwrap_or(*time);
            let origin = match (known, written) {
                (Some(_), _) => TimeOrigin::Stamp,
                (None, Some(_)) => TimeOrigin::Future,
                (None, None) => TimeOrigin::NoStamp,
            };
            hit.date(Dated { time: *time, origin, written });
            (*time >= order.since).then_some(hit)
        }));
    }
}

impl Hand {
    pub(super) fn new(matcher: Matcher) -> Self {
        Self { reader: PastReader::new(), matcher, found: Vec::new() }
    }

    /// Events that patterns were tried on a part of only, by rule.
    pub(super) fn take_unsure(&mut self) -> BTreeMap<RuleId, u64> {
        self.matcher.take_unsure()
    }

    /// Finds more hits in `lane`: as many as are asked for, or all there are.
    pub(super) fn fill(&mut self, lane: &mut Lane, order: &Order<'_>) {
        while lane.hits.len() < order.n_hits && !lane.is_over {
            let before = lane.past.n_read();
            if let Err(error) = self.find(lane, order) {
                (lane.is_over, lane.fault) = (true, Some(error));
            }
            order.progress.fetch_add(lane.past.n_read() - before, Ordering::Relaxed);
        }
    }

    fn find(&mut self, lane: &mut Lane, order: &Order<'_>) -> io::Result<()> {
        let dates = order.dates;
        let Some(chunk) = self.reader.next(&mut lane.past)? else {
            lane.is_over = true;
            return Ok(());
        };
        if lane.time.is_none() {
            lane.time = first_time(&chunk, dates);
        }
        let last = last_time(&chunk, dates).or(lane.time).unwrap_or(chunk.read_at);
        let first = lane.span.map_or(lane.time.unwrap_or(last), |span| span.first);
        lane.span = Some(Span { first, last });
        let done = match self.matcher.scan(&chunk, 0, &mut self.found) {
            Scanned::Full { next: done } | Scanned::All { done } => done,
        };
        self.reader.consumed(&mut lane.past, done);
        lane.date(&mut self.found, order);
        Ok(())
    }
}

/// Has the hands fill the lanes, each lane by whoever is free.
pub(super) fn fill<'a>(
    lanes: impl Iterator<Item = &'a mut Lane> + Send,
    hands: &mut [Hand],
    order: &Order<'_>,
) {
    let lanes = Mutex::new(lanes.fuse());
    let next = || lanes.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = |hand: &mut Hand| {
        while let Some(lane) = next() {
            hand.fill(lane, order);
        }
    };
    let Some((own, others)) = hands.split_first_mut() else { return };
    thread::scope(|scope| {
        for other in others {
            scope.spawn(|| work(other));
        }
        work(own);
    });
}

/// A file holds nothing of after it was last changed; but on a host with another clock or another zone
/// its lines seem to be later.
const AHEAD: Duration = Duration::from_hours(24);

/// Lines that are looked through for a time.
const N_LINES: usize = 50;

/// The time in the first lines of a file, for those before the first that has one.
fn first_time(chunk: &Chunk<'_>, dates: &Dates) -> Option<Timestamp> {
    let lines = chunk.bytes.split(|&byte| byte == b'\n').take(N_LINES);
    time_in(lines, chunk, dates)
}

/// The time in the last lines of a chunk.
fn last_time(chunk: &Chunk<'_>, dates: &Dates) -> Option<Timestamp> {
    let lines = chunk.bytes.rsplit(|&byte| byte == b'\n').take(N_LINES);
    time_in(lines, chunk, dates)
}

fn time_in<'a>(
    mut lines: impl Iterator<Item = &'a [u8]>,
    chunk: &Chunk<'_>,
    dates: &Dates,
) -> Option<Timestamp> {
    let (modified, sources) = (chunk.read_at, chunk.sources);
    lines.find_map(|line| {
        dates.written(line, sources, modified).filter(|at| *at <= modified + AHEAD)
    })
}
