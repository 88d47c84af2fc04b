//! When each log is looked at without an event: on a grid of time, so that many make one wake-up.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use super::catalog::Source;
use super::generation::Generation;
use super::tail::{AtPath, Stream};
use super::watch::{Trust, Watching};
use crate::flow::{Mode, StreamId, Timestamp};

/// How long a log counts as active.
const ACTIVE: Duration = Duration::from_mins(1);

/// How often a log is looked at that was active lately, or has files that were rotated away.
const BUSY_SWEEP: Duration = Duration::from_secs(1);
/// How often any other log is looked at.
const QUIET_SWEEP: Duration = Duration::from_secs(5);
/// The same in a directory whose events are known to come, in seconds.
const TRUSTED_SWEEP: u64 = 30;
/// How many logs that are seldom looked at share one second of these: fewer wake the agent once,
/// and many do not keep what was written meanwhile waiting.
const ABREAST: u64 = 256;
/// How long an event may take. One comes within milliseconds, and later if the machine is busy.
const HEARD_WITHIN: Duration = Duration::from_secs(2);
/// How often an active log is looked at where no events come.
const BLIND_SWEEP: Duration = Duration::from_millis(250);

/// What every look falls on a multiple of, in milliseconds. Looks come early by this, never late.
const GRID: i64 = 250;

/// The next look at each log.
#[derive(Debug, Default)]
pub(super) struct Sweeps(BTreeSet<(Timestamp, StreamId)>);

impl Sweeps {
    /// When the next look is due.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Moves the look at a log from one instant to another, which falls on the grid.
    pub(super) fn postpone(&mut self, id: StreamId, from: Timestamp, to: Timestamp) -> Timestamp {
        let to = Timestamp::from_millis(to.as_millis().div_euclid(GRID) * GRID);
        if to != from {
            self.0.remove(&(from, id));
        }
        self.0.insert((to, id));
        to
    }

    /// A log whose look is due, once.
    fn take_due(&mut self, now: Timestamp) -> Option<StreamId> {
        let due = self.0.first().is_some_and(|(at, _)| *at <= now);
        due.then(|| self.0.pop_first()).flatten().map(|(_, id)| id)
    }
}

impl Source {
    /// Looks at every log that is due.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        self.release_deleted(now);
        for id in self.take_due(now) {
            match self.watch.watching() {
                Watching::Events => self.tend(id, now),
                Watching::Both | Watching::Polling => self.look_unasked(id, now),
            }
        }
    }

    /// Looks at a log that no event named: what it finds should have been told of.
    fn look_unasked(&mut self, id: StreamId, now: Timestamp) {
        let before = self.streams.get(&id).map_or(0, |stream| stream.n_held_bytes());
        self.look(id, now);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.unheard_since.is_some_and(|since| now.since(since) >= HEARD_WITHIN) {
            stream.unheard_since = None;
            for dir in stream.dirs() {
                self.watch.note_silence(dir);
            }
        }
        if stream.mode == Mode::Events && stream.n_held_bytes() > before {
            stream.unheard_since.get_or_insert(now);
        }
    }

    /// Looks at every log that is due, whatever wakes it later: at the start there were no events.
    /// Those that have nothing to read, where events are certain to come, count as quiet from then
    /// on: else the first minute of many would be a busy one.
    pub(super) fn sweep_at_start(&mut self, now: Timestamp) {
        for id in self.take_due(now) {
            self.look(id, now);
        }
        let ids: Vec<_> = self.streams.keys().copied().collect();
        for id in ids {
            if self.streams.get(&id).is_some_and(|stream| self.is_certain_of(stream)) {
                self.streams.get_mut(&id).into_iter().for_each(|stream| stream.calm(now));
                self.note_look(id, now);
            }
        }
    }

    /// The logs that are due. All are taken before the first look: it may make another due.
    fn take_due(&mut self, now: Timestamp) -> Vec<StreamId> {
        std::iter::from_fn(|| self.sweeps.take_due(now)).collect()
    }

    /// Does what goes by time for a log, without a look at what no event told of.
    fn tend(&mut self, id: StreamId, now: Timestamp) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let denied = io::ErrorKind::PermissionDenied;
        let has_failed = matches!(&stream.at_path, AtPath::Error(error) if error.kind() != denied);
        if has_failed || stream.is_crowded_out() {
            return self.look(id, now);
        }
        let n_put_off = self.shared.unpacking.n_put_off();
        stream.look_for_unseen(&mut self.shared, now);
        if self.shared.unpacking.n_put_off() != n_put_off {
            self.put_off.insert(id);
        }
        stream.let_go(&mut self.shared, now);
        self.note_look(id, now);
        self.wake_stream(id, now);
    }

    /// Takes in that a log was looked at: what its path leads to, and when the next look is due.
    pub(super) fn note_look(&mut self, id: StreamId, now: Timestamp) {
        let n_streams = self.streams.len();
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if matches!(stream.at_path, AtPath::Error(_)) {
            self.unreadable.insert(id);
        } else {
            self.unreadable.remove(&id);
        }
        if stream.is_crowded_out() {
            self.crowd.waiting.insert(id);
        } else {
            self.crowd.waiting.remove(&id);
        }
        // What is told once is not told again as long as there are so many.
        let slots = &mut self.shared.slots;
        slots.is_told &= !slots.are_enough_for(n_streams) || !slots.has_plenty();
        let is_blind = stream.dirs().any(|dir| self.watch.is_blind_at(dir));
        let mode = if is_blind { Mode::Polling } else { Mode::Events };
        stream.mode = mode;
        let trust = stream.dirs().map(|dir| self.watch.trust_at(dir)).min();
        let trust = trust.unwrap_or(Trust::Unproven);
        let next = match interval(stream, trust, now) {
            Some(interval) => now + interval,
            None => in_turn(id, now),
        };
        stream.next_look = self.sweeps.postpone(id, stream.next_look, next);
    }

    /// Whether each configured path can be followed: it is open, or known not to be there yet.
    pub fn is_ready(&self) -> bool {
        self.unlisted.is_empty()
            && self.unreadable.is_empty()
            && self.crowd.waiting.is_empty()
            && self.feeds.are_fine()
    }
}

/// How long `stream` may go without a look; `None`: for as long as its turn of the seldom ones takes.
fn interval(stream: &Stream, trust: Trust, now: Timestamp) -> Option<Duration> {
    match (stream.pace(now), stream.mode) {
        (Pace::Busy, Mode::Polling) => Some(BLIND_SWEEP),
        (Pace::Busy, _) | (Pace::Quiet | Pace::Troubled, Mode::Polling) => Some(BUSY_SWEEP),
        (Pace::Quiet, _) if trust > Trust::Unproven => None,
        (Pace::Quiet | Pace::Troubled, _) => Some(QUIET_SWEEP),
    }
}

/// When it is the turn of the log `id` among those that are seldom looked at: each has its second,
/// so that they do not all come at once.
fn in_turn(id: StreamId, now: Timestamp) -> Timestamp {
    let period = i64::try_from(TRUSTED_SWEEP * 1000).expect("seconds");
    let phase = i64::try_from(id.0 / ABREAST % TRUSTED_SWEEP * 1000).expect("seconds");
    let latest = now.as_millis().saturating_add(period);
    Timestamp::from_millis(latest - (latest - phase).rem_euclid(period))
}

/// How lively a log is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pace {
    /// Active lately, or with files that were rotated away.
    Busy,
    /// Followed, and nothing happens.
    Quiet,
    /// Not there, or not to be read: it is tried again.
    Troubled,
}

impl Stream {
    /// Takes its file as a quiet one from the start, unless there is something to read in it.
    pub(super) fn calm(&mut self, now: Timestamp) {
        for index in 0..self.generations.len() {
            let generation = &self.generations[index];
            if self.is_current(generation) && generation.packed.is_none() && !generation.has_more()
            {
                let generation = &mut self.generations[index];
                generation.active_at = generation.active_at.min(now - ACTIVE);
            }
        }
    }

    /// How lively it is.
    pub(super) fn pace(&self, now: Timestamp) -> Pace {
        let is_busy = |generation: &Generation| {
            generation.is_held()
                && (!self.is_current(generation) || now.since(generation.active_at) < ACTIVE)
        };
        // What waits for room must not wait long: the room comes with the looks.
        if self.is_crowded_out() || self.generations.iter().any(is_busy) {
            return Pace::Busy;
        }
        let is_found = matches!(self.at_path, AtPath::Own(_) | AtPath::Taken);
        let has_fault = self.generations.iter().any(|own| own.fault.is_some());
        if !is_found || has_fault { Pace::Troubled } else { Pace::Quiet }
    }
}
