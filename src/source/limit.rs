//! How many logs may be open at once, so that descriptors are left for everything else.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use super::catalog::Source;
use super::generation::Generation;
use super::hold::Hold;
use super::tail::Stream;
use super::watch::Trust;
use crate::flow::{StreamId, Timestamp};

/// The most logs that are open at once, however many the system allows: each takes memory of the
/// kernel.
const MAX_OPEN: usize = 8192;

/// How long a log must be quiet before its descriptor is given to another. Short, since the other
/// has lines that somebody waits for, and to open the quiet one again takes microseconds.
const QUIET: Duration = Duration::from_millis(100);

/// How long a log must be quiet to be among the first whose descriptors are given to others.
const LONG_QUIET: Duration = Duration::from_mins(5);

/// How often quiet logs are looked for.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// Raises the soft limit of open files to the hard one, as far as the system lets it. Returns how
/// many logs may be open at once, half of the limit and at most 8192: what [`Source::open`] takes.
/// The other half is left for the store, connections, listings and short looks.
pub fn raise_open_files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    // It fails where the system has a lower limit than it says: the soft one stays as it was.
    let current = setrlimit(Resource::Nofile, raised).map_or(limit.current, |()| limit.maximum);
    let n_files = current.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    (n_files / 2).clamp(1, MAX_OPEN)
}

/// The descriptors that logs may hold.
#[derive(Debug)]
pub(super) struct Slots {
    max: usize,
    /// Cloned once for each open file.
    token: Arc<()>,
    /// It was told that there are too few.
    pub(super) is_told: bool,
}

/// The place that one open file takes, for as long as it is kept.
#[derive(Debug)]
pub(super) struct Slot {
    _token: Arc<()>,
}

impl Slots {
    pub(super) fn new(max: usize) -> Self {
        Self { max, token: Arc::new(()), is_told: false }
    }

    /// Takes a place, whether or not one is free: the file is open already.
    pub(super) fn take(&self) -> Slot {
        Slot { _token: Arc::clone(&self.token) }
    }

    fn n_open(&self) -> usize {
        Arc::strong_count(&self.token) - 1
    }

    /// Whether one more file may be opened and kept.
    pub(super) fn has_room(&self) -> bool {
        self.n_open() < self.max
    }

    /// Whether more were opened than may be kept.
    pub(super) fn is_over(&self) -> bool {
        self.n_open() > self.max
    }

    /// Whether files may be kept open that there is nothing to read in. With less room they would
    /// be opened and closed in turns.
    pub(super) fn has_plenty(&self) -> bool {
        self.n_open() < self.max / 4 * 3
    }

    /// Whether so many logs may be open at a time, with a file each.
    pub(super) fn are_enough_for(&self, n_logs: usize) -> bool {
        n_logs <= self.max
    }

    /// What is wrong with a log that finds no place.
    pub(super) fn complaint(&self) -> String {
        format!("more logs than this process may open at once ({}); raise LimitNOFILE", self.max)
    }
}

/// The logs that have bytes to read and find no place.
#[derive(Default, Debug)]
pub(super) struct Crowd {
    pub(super) waiting: BTreeSet<StreamId>,
    /// The one that was let in last: the next is the one behind it.
    last: Option<StreamId>,
    /// When quiet logs were looked for last.
    tried_at: Timestamp,
}

impl Crowd {
    /// Those that wait, beginning behind the one that was let in last.
    fn in_turn(&self) -> impl Iterator<Item = StreamId> {
        let behind = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let up_to = self.last.map_or(Bound::Excluded(StreamId(0)), Bound::Included);
        let first = self.waiting.range((behind, Bound::Unbounded));
        first.chain(self.waiting.range((Bound::Unbounded, up_to))).copied()
    }
}

impl Source {
    /// Lets logs in that wait for a place, as many as quiet ones give up theirs. In between, the
    /// looks that every log has let in those for which there is room.
    pub(super) fn let_in(&mut self, now: Timestamp) {
        if self.crowd.waiting.is_empty() {
            return;
        }
        let n_free = self.make_room(now);
        let ids: Vec<_> = self.crowd.in_turn().take(n_free).collect();
        for id in ids {
            self.crowd.last = Some(id);
            self.look(id, now);
        }
    }

    /// When quiet logs are looked for again, if others wait for that.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        let is_due = !self.crowd.waiting.is_empty() && !self.shared.slots.has_room();
        is_due.then(|| self.crowd.tried_at + TRY_EVERY)
    }

    /// Closes quiet logs where there is no room for others. They are opened again when they grow.
    ///
    /// Those come first that have been quiet for long and whose events are sure to come; then those
    /// that have been quiet for longest. Returns how many were closed.
    pub(super) fn make_room(&mut self, now: Timestamp) -> usize {
        let slots = &self.shared.slots;
        if slots.has_room() || now < self.crowd.tried_at + TRY_EVERY {
            return 0;
        }
        self.crowd.tried_at = now;
        // Half of them at the most, so that those that write all the time keep theirs; and a quarter
        // at the least, so that those that grow until the next try find a place at once.
        let n_wanted = self.crowd.waiting.len().max(slots.max / 4).clamp(1, (slots.max / 2).max(1));
        let quiet_since = |stream: &Stream| {
            let quiet = |own: &&Generation| stream.is_quiet(own, now);
            let own = stream.generations.iter().find(quiet)?;
            let is_long = now.since(own.active_at) >= LONG_QUIET;
            let is_sure =
                is_long && stream.dirs().all(|dir| self.watch.trust_at(dir) > Trust::Unproven);
            Some((!is_sure, own.active_at, stream.id))
        };
        let mut quiet: Vec<_> =
            self.streams.values().filter_map(|stream| quiet_since(stream)).collect();
        quiet.sort_unstable();
        quiet.truncate(n_wanted);
        let n_closed = quiet.len();
        for (_, _, id) in quiet {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let index = stream.generations.iter().position(|own| stream.is_quiet(own, now));
            if let Some(index) = index {
                stream.close_for_now(index, now);
                self.touched.insert(id);
            }
        }
        n_closed
    }
}

impl Stream {
    /// Whether `generation` is current, read to its end and quiet for a while.
    fn is_quiet(&self, generation: &Generation, now: Timestamp) -> bool {
        self.is_current(generation)
            && generation.is_linked()
            && generation.content.offset >= generation.size
            && generation.waiting.is_none()
            && generation.fault.is_none()
            && now.since(generation.active_at) >= QUIET
    }

    /// Gives up the descriptor of the generation at `index`, but not its place in the file.
    pub(super) fn close_for_now(&mut self, index: usize, now: Timestamp) {
        self.generations[index].close(Hold::Closed { since: now, is_missed: false });
    }

    /// Whether bytes are left unread because there is no room for their file.
    pub(super) fn is_crowded_out(&self) -> bool {
        self.generations.iter().any(Generation::is_crowded_out)
    }
}

impl Generation {
    /// Whether it is closed with bytes to read.
    pub(super) fn is_crowded_out(&self) -> bool {
        let is_unread = self.packed.is_some_and(|packed| packed.end.is_none());
        matches!(self.hold, Hold::Closed { .. }) && (self.size > self.idle_to || is_unread)
    }
}
