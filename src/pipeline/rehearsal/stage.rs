//! The stages with a clock that is set by hand: lines and events of the surroundings come in.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::VirtualClock;
use crate::config::{Happening, Settings};
use crate::flow::{Hit, RuleId, StreamId, Timestamp};
use crate::matcher::Matcher;
use crate::source::{Owners, Past, SourceSettings};
use crate::store::{Saved, Store};
use crate::telemetry::Metrics;

use super::super::StartError;
use super::super::dates::Dates;
use super::super::dry::DryRun;
use super::super::middle::Middle;
use super::super::open::{open_matcher, open_middle};
use super::super::past::{Hand, Lane, Order};
use super::super::reload::Next;
use super::cast::Cast;
use super::notes::Notes;
use super::{RehearseError, Rehearsed};

/// What the clock shows when a script begins: 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// Hits that are found at once.
const N_HITS: usize = 1024;

/// One rule at work, and those that may hold it back, as far as the test has come.
pub(super) struct Stage<'a> {
    settings: Settings,
    cast: Cast,
    /// What the lines are read as, and whose they are.
    log: PathBuf,
    owners: Owners,
    /// The directory of the store, if the test needs one.
    state: Option<&'a Path>,
    hand: Hand,
    dates: Dates,
    clock: VirtualClock,
    dry: DryRun,
    notes: Notes,
    /// The beginning of the test, as hits are dated.
    origin: Timestamp,
    /// Hits of one moment that are not taken in yet, and that moment.
    batch: Vec<Hit>,
    moment: Duration,
}

impl<'a> Stage<'a> {
    /// The stages for the rules of `settings`, which are those of `cast`, as at the very first start.
    pub(super) fn open(
        settings: Settings,
        cast: Cast,
        state: Option<&'a Path>,
    ) -> Result<Self, RehearseError> {
        let store = state.map(Store::open).transpose()?;
        let saved = store.as_ref().map(Store::load).transpose()?.unwrap_or_default();
        let mut notes = Notes::new(cast.lead(), START, store);
        notes.listen(&settings.rules);
        let log = settings.sources[0].example_log();
        Ok(Self {
            state,
            hand: Hand::new(open_matcher(&settings)?),
            dates: Dates::new(&settings, TimeZone::system()),
            clock: VirtualClock::new(START),
            dry: DryRun { middle: open(&settings, saved, START)?, now: START },
            notes,
            origin: Timestamp::from_millis(0),
            batch: Vec::new(),
            moment: Duration::ZERO,
            owners: owners(&settings.sources[0], &log),
            log,
            settings,
            cast,
        })
    }

    /// Where the lines come from.
    pub(super) fn source(&self) -> &SourceSettings {
        &self.settings.sources[0]
    }

    /// The lines in the file `path`, as if they came now.
    pub(super) fn past(&self, path: &Path, stream: StreamId) -> io::Result<Past> {
        Past::open_as(path, &self.log, stream, &self.owners)
    }

    /// Begins to wait for what is expected.
    pub(super) fn begin(&mut self) {
        for (rule, _) in (0..).map(RuleId).zip(&self.settings.rules) {
            self.dry.middle.expect_of(rule, self.dry.now);
        }
    }

    /// The same when the first line of `lane` says.
    pub(super) fn begin_with(&mut self, lane: &mut Lane) {
        self.fill(lane);
        let first = lane.span().map_or(START, |span| span.first);
        self.clock = VirtualClock::new(first);
        (self.dry.now, self.notes.zero, self.origin) = (first, first, first);
        self.begin();
    }

    /// Lets the lines of `lane` come.
    pub(super) fn play(&mut self, lane: &mut Lane) {
        loop {
            if lane.is_dry() {
                self.fill(lane);
            }
            let Some(turn) = lane.turn() else { break };
            let Some(hit) = lane.take() else { break };
            let moment = turn.since(self.origin).max(self.moment);
            if moment > self.moment {
                self.pass_to(moment);
            }
            let shift = self.notes.zero.as_millis() - self.origin.as_millis();
            let time = Timestamp::from_millis(hit.time.as_millis().saturating_add(shift));
            self.batch.push(hit.at(time));
            if self.batch.len() >= Matcher::MAX_HITS {
                self.flush();
            }
        }
        self.flush();
    }

    /// When the last line of `lane` was, from the beginning on.
    pub(super) fn last_of(&self, lane: &Lane) -> Duration {
        lane.span().map_or(Duration::ZERO, |span| span.last.since(self.origin))
    }

    /// Lets an event of the surroundings happen. What is due at the same time comes first.
    pub(super) fn on_event(&mut self, at: Duration, what: &Happening) -> Result<(), RehearseError> {
        self.pass_to(at);
        self.dry.settle(&mut self.notes);
        match what {
            Happening::Line(_) => {}
            Happening::Restart => self.restart()?,
            Happening::Reload(other) => self.reload(&other.settings)?,
            Happening::Mute(order) => {
                let mute = order.clone().mute(self.dry.now);
                let muted = self.dry.middle.mute(mute, self.dry.now);
                muted.map_err(|why| RehearseError::Mutes { at, why })?;
                self.dry.save(&mut self.notes);
            }
            Happening::Unmute(which) => {
                if self.dry.middle.unmute(which, self.dry.now).is_empty() {
                    return Err(RehearseError::NoMute { at });
                }
                self.dry.settle(&mut self.notes);
            }
            Happening::ClockForward(by) => {
                self.clock.set_forward(*by);
                self.on_clock();
            }
            Happening::ClockBack(by) => {
                self.clock.set_back(*by);
                self.on_clock();
            }
        }
        self.check_store()
    }

    /// Lets time pass to the end, which is at `end`. Returns how it went, with the `n_lines` that came.
    pub(super) fn finish(
        mut self,
        end: Duration,
        n_lines: Option<u64>,
    ) -> Result<Rehearsed, RehearseError> {
        self.pass_to(end.max(self.moment));
        self.dry.settle(&mut self.notes);
        self.dry.send_rest(&mut self.notes);
        self.dry.save(&mut self.notes);
        self.check_store()?;
        // They are sent one after the other, those of one moment too.
        self.notes.said.sort_by_key(|said| said.at);
        let Notes { said, n_matched, is_full: is_cut, .. } = self.notes;
        Ok(Rehearsed { said, n_lines, n_matched, is_cut })
    }

    /// Saves all as when the agent is stopped, and takes it up as when it starts.
    fn restart(&mut self) -> Result<(), RehearseError> {
        let Some(state) = self.state else { return Ok(()) };
        self.dry.save(&mut self.notes);
        self.check_store()?;
        // One agent a directory: the other must be gone first.
        self.notes.store = None;
        self.clock.restart();
        let now = self.clock.now();
        self.notes.zero = now - self.moment;
        let store = Store::open(state)?;
        self.dry = DryRun { middle: open(&self.settings, store.load()?, now)?, now };
        self.notes.store = Some(store);
        self.begin();
        self.dry.settle(&mut self.notes);
        Ok(())
    }

    /// Goes on with what `other` says of the rules that play, as an agent does that is told to reload it.
    fn reload(&mut self, other: &Settings) -> Result<(), RehearseError> {
        let settings = self.cast.alone(other, Some(&self.settings));
        let matcher = open_matcher(&settings)?;
        let now = self.dry.now;
        Next::retire(&settings, &mut self.dry.middle, now);
        self.dry.save(&mut self.notes);
        self.check_store()?;
        let Some(store) = &self.notes.store else { return Ok(()) };
        let next = Next::load(&settings, store, now)?;
        let names = settings.rules.iter().map(|rule| &*rule.engine.name);
        next.take_over(&mut self.dry.middle, Metrics::new(names), true, now);
        // All that was written is read.
        self.dry.middle.end_waiting(Timestamp::MAX);
        self.hand = Hand::new(matcher);
        self.dates = Dates::new(&settings, TimeZone::system());
        self.log = settings.sources[0].example_log();
        self.owners = owners(&settings.sources[0], &self.log);
        self.notes.listen(&settings.rules);
        self.settings = settings;
        self.dry.settle(&mut self.notes);
        Ok(())
    }

    /// Takes in that the wall clock was set.
    fn on_clock(&mut self) {
        let gaps = self.clock.gaps();
        let now = self.clock.now();
        self.dry.now = now;
        self.notes.zero = now - self.moment;
        let gap = self.clock.gaps().saturating_sub(gaps);
        if !gap.is_zero() {
            self.dry.middle.on_gap(gap, now);
        }
        self.dry.settle(&mut self.notes);
    }

    fn pass_to(&mut self, moment: Duration) {
        self.flush();
        self.moment = moment;
        self.clock.pass_to(moment);
        self.dry.pass_time(self.clock.now(), &mut self.notes);
    }

    /// Takes in the hits of this moment.
    fn flush(&mut self) {
        if !self.batch.is_empty() {
            self.dry.on_hits(&self.batch, &mut self.notes);
            self.batch.clear();
        }
    }

    fn fill(&mut self, lane: &mut Lane) {
        let progress = AtomicU64::new(0);
        let since = Timestamp::from_millis(i64::MIN);
        let order = Order { dates: &self.dates, n_hits: N_HITS, since, progress: &progress };
        self.hand.fill(lane, &order);
    }

    fn check_store(&mut self) -> Result<(), RehearseError> {
        self.notes.fault.take().map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Whose the lines of `log` are. They are written as the patterns see them, however they are packed in
/// the log.
fn owners(source: &SourceSettings, log: &Path) -> Owners {
    Owners::new(&[SourceSettings {
        framing: source.framing.clone(),
        lead_lines: source.lead_lines,
        ..SourceSettings::new(source.name.clone(), vec![log.to_path_buf()])
    }])
}

/// The middle as it was saved.
fn open(settings: &Settings, saved: Saved, now: Timestamp) -> Result<Middle, StartError> {
    let names = settings.rules.iter().map(|rule| &*rule.engine.name);
    open_middle(settings, saved, Metrics::new(names), now)
}
