//! The pump: wake → reconcile → read → match → engine → commit → hand out what is due.
//!
//! One plain thread. Nothing in it waits for the network, and given the same chunks and times it
//! makes the same transactions.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::config::Settings;
use crate::flow::{Hit, Loss, StreamState, StreamStatus, Timestamp};
use crate::matcher::{Matcher, Scanned};
use crate::source::Source;
use crate::store::{Batch, Store, StoreError};
use crate::telemetry::{Health, Metrics, service};

use super::audience::Audience;
use super::coalesce::Coalescing;
use super::courier::Courier;
use super::dates::Dates;
use super::lookout::Lookout;
use super::middle::Middle;
use super::open::{open_matcher, open_middle, open_source};
use super::orders::{Answer, Orders};
use super::report::{self, Report};
use super::{StartError, Stopper, lessons};

/// How long positions may wait to be saved when nothing is told by them.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// Pauses between tries to save, where saving fails.
const RETRY_SAVE: Duration = Duration::from_secs(1);
/// Chunks read in one turn, of at most 1 MiB each: after them deliveries and timers have theirs.
const CHUNKS_A_TURN: usize = 16;
/// How long a turn may read before no further chunk is begun: where many rules match every line, one of
/// 1 MiB takes as long as thousands do otherwise.
const READING_A_TURN: Duration = Duration::from_millis(200);
/// After being told to stop, what is due within this time is still sent.
const LAST_SENDS: Duration = Duration::from_secs(5);
/// After all input has ended, what is due within this time is still sent: of `cat old.log | logbell
/// run` all is due by then, and Chat takes one message a second.
const LAST_SENDS_OF_INPUT: Duration = Duration::from_mins(5);
/// How often old messages are forgotten.
const PRUNE_EVERY: Duration = Duration::from_hours(24);

/// The edges that the pump works with.
pub(super) struct Surroundings {
    pub(super) clock: Clock,
    /// What the system calls the time since the machine started, where it tells.
    pub(super) boot: Option<String>,
    pub(super) stopper: Stopper,
    pub(super) orders: Orders,
    pub(super) courier: Courier,
    pub(super) health: Health,
    pub(super) metrics: Metrics,
}

pub(super) struct Pump {
    /// What it goes by.
    pub(super) settings: Settings,
    pub(super) source: Source,
    pub(super) matcher: Matcher,
    pub(super) dates: Dates,
    /// Reused.
    hits: Vec<Hit>,
    pub(super) middle: Middle,
    pub(super) store: Store,
    pub(super) edges: Surroundings,
    report: Report,
    pub(super) audience: Audience,
    pub(super) lookout: Lookout,
    /// How much of the clock's gaps was taken in.
    gaps: Duration,
    /// Logs that something was wrong with, as was said.
    troubled: HashSet<Arc<Path>>,
    /// A batch that could not be saved. Nothing goes on before it is.
    pub(super) unsaved: Option<Batch>,
    /// Answers to orders that are followed, and not saved yet.
    pub(super) owed: Vec<(oneshot::Sender<Answer>, Answer)>,
    saved_at: Timestamp,
    /// Something may have changed since, without being told to anyone.
    is_behind: bool,
    pruned_at: Timestamp,
    coalescing: Coalescing,
}

impl Pump {
    /// Takes up what was saved, opens the logs and saves where reading begins.
    pub(super) fn open(
        settings: &Settings,
        mut store: Store,
        edges: Surroundings,
    ) -> Result<Self, StartError> {
        let now = edges.clock.now();
        store.prune(now - settings.keep)?;
        let mut saved = store.load()?;
        let last_up = saved.saved_at;
        let source = open_source(settings, &mut saved, &edges, now);
        let mut middle = open_middle(settings, saved, edges.metrics.clone(), now)?;
        lessons::learn(settings, &source, middle.engine_mut(), &edges.clock, now)?;
        middle.wait_for_reading(now);
        middle.go_up(last_up, now);
        let mut pump = Self {
            settings: settings.clone(),
            source,
            matcher: open_matcher(settings)?,
            dates: Dates::new(settings, TimeZone::system()),
            hits: Vec::new(),
            middle,
            store,
            edges,
            report: Report::default(),
            audience: Audience::new(settings),
            lookout: Lookout::new(settings),
            gaps: Duration::ZERO,
            troubled: HashSet::new(),
            unsaved: None,
            owed: Vec::new(),
            saved_at: now,
            is_behind: false,
            pruned_at: now,
            coalescing: Coalescing::default(),
        };
        // What has not changed since it was saved is not saved anew.
        pump.source.checkpoints().for_each(|own| pump.edges.metrics.on_checkpoint(&own));
        let streams: Vec<_> = pump.source.statuses().collect();
        let boot = pump.edges.boot.clone();
        let config = Some(String::new());
        let batch = Batch { streams_are_all: true, boot, config, ..pump.gather(streams, now) };
        pump.store.commit(&batch)?;
        Ok(pump)
    }

    /// Runs until told to stop.
    pub(super) fn run(mut self) {
        self.turn();
        service::ready();
        while !self.edges.stopper.is_told() && !self.has_ended() {
            let has_more = self.turn();
            let timeout = if has_more { Duration::ZERO } else { self.time_to_wait() };
            let Surroundings { stopper, clock, .. } = &self.edges;
            let pause = || self.coalescing.pause(clock.now());
            stopper.waker.wait_gathering(Some(timeout), pause);
        }
        self.stop();
    }

    /// Whether all that is followed has ended, and what came of it is saved or about to be.
    fn has_ended(&self) -> bool {
        self.source.is_over() && self.unsaved.is_none()
    }

    /// One turn. Returns whether there is more to read at once.
    fn turn(&mut self) -> bool {
        let now = self.edges.clock.now();
        self.take_deliveries();
        // Also while nothing can be saved: files that are rotated away meanwhile stay open.
        self.source.reconcile(now);
        self.edges.health.on_sources(self.source.is_ready());
        if !self.save_unsaved(now) {
            return false;
        }
        self.pass_gap(now);
        self.is_behind |= self.middle.on_time(now);
        self.obey(now);
        if self.unsaved.is_some() {
            return false;
        }
        if self.source.has_begun() {
            self.save(now);
            if self.unsaved.is_some() {
                return false;
            }
        }
        let has_more = self.read(now);
        self.lookout.look(&self.source, &mut self.middle, now);
        if self.middle.has_news() || now >= self.saved_at + SAVE_EVERY {
            self.save(now);
        }
        if self.unsaved.is_none() {
            self.send_due(now);
            self.prune(now);
        }
        has_more
    }

    /// Takes in the time that nobody saw.
    fn pass_gap(&mut self, now: Timestamp) {
        let gap = self.edges.clock.gaps().saturating_sub(self.gaps);
        if !gap.is_zero() {
            self.gaps += gap;
            self.middle.on_gap(gap, now);
            self.is_behind = true;
        }
    }

    /// Matches what there is to read, until something is to be told. Returns whether there is more.
    fn read(&mut self, now: Timestamp) -> bool {
        for _ in 0..CHUNKS_A_TURN {
            let Some(chunk) = self.source.next_chunk(now) else { return false };
            let mut at = 0;
            let done = loop {
                let scanned = self.matcher.scan(&chunk, at, &mut self.hits);
                if !self.hits.is_empty() {
                    self.dates.date(&chunk, &mut self.hits);
                    let webhooks = || self.audience.webhooks(Some(chunk.sources));
                    self.middle.on_dated(&self.hits, (chunk.read_at, chunk.progress), webhooks);
                    self.middle.on_hits(&self.hits, now);
                    self.hits.clear();
                }
                match scanned {
                    Scanned::Full { next } => at = next,
                    Scanned::All { done } => break done,
                }
            };
            for (rule, n_lines) in self.matcher.take_unsure() {
                if let Some(name) = self.edges.metrics.on_unsure(rule, n_lines) {
                    tracing::warn!("`{}`: {}", chunk.path.display(), report::unsure(name));
                }
            }
            let lines = memchr::memchr_iter(b'\n', &chunk.bytes[..done]).count();
            self.edges.metrics.lines.inc_by(lines as u64);
            self.edges.metrics.bytes.inc_by(done as u64);
            self.source.consumed(done, now);
            self.is_behind = true;
            if self.middle.has_news() || self.edges.clock.now() >= now + READING_A_TURN {
                break;
            }
        }
        true
    }

    /// Hands out what is due. Only what is saved may be posted.
    fn send_due(&mut self, now: Timestamp) {
        for message in self.middle.take_due(now) {
            self.edges.courier.send(message);
        }
    }

    /// Takes in the posts that ended.
    fn take_deliveries(&mut self) {
        for (message, delivery) in self.edges.courier.take_returned() {
            tracing::debug!("message {}: {:?}", message.id, delivery.outcome);
            if let Some(verdict) = self.middle.on_delivery(&message, &delivery) {
                self.report.on_outcome(&message, &delivery.outcome, &verdict);
            }
        }
    }

    /// Everything that changed, to be saved together.
    pub(super) fn gather(&mut self, mut streams: Vec<StreamStatus>, now: Timestamp) -> Batch {
        // Before the losses below are taken in: it tells of those that were saved already.
        let changes = self.middle.take_changes();
        let source = self.source.take_changes();
        for problem in source.problems {
            tracing::warn!("`{}`: {}", problem.path.display(), problem.what);
            self.troubled.insert(problem.path);
        }
        for status in source.statuses.iter().filter(|own| own.state == StreamState::Ended) {
            tracing::info!("`{}` has ended: nothing more comes from there", status.path.display());
        }
        for status in source.statuses.iter().filter(|status| status.state.is_sighted()) {
            if self.troubled.remove(&status.path) {
                tracing::info!("`{}` is followed now", status.path.display());
            }
        }
        // At the start those that changed are among all.
        let known: HashSet<_> = streams.iter().map(|status| status.stream).collect();
        streams.extend(source.statuses.into_iter().filter(|own| !known.contains(&own.stream)));
        let to_tell = |loss: Loss| {
            tracing::warn!("`{}`: {}", loss.path.display(), loss.what);
            let sources = self.source.sources_of(&loss.path);
            let webhooks = self.audience.webhooks(sources.as_deref());
            self.middle.on_loss(&loss, &webhooks, now);
            (loss, webhooks)
        };
        let losses = source.losses.into_iter().map(to_tell).collect();
        let named = |status: StreamStatus| {
            let names = self.audience.rules(&status);
            (status, names)
        };
        let batch = Batch {
            checkpoints: source.checkpoints,
            memos: source.memos,
            forgotten: source.forgotten,
            streams: streams.into_iter().map(named).collect(),
            streams_are_all: false,
            losses,
            ..changes.into_batch(now)
        };
        let losses = batch.losses.iter().map(|(loss, _)| loss);
        let (checkpoints, forgotten) = (&batch.checkpoints, &batch.forgotten);
        self.edges.metrics.on_batch(checkpoints, forgotten, losses, &batch.marks);
        batch
    }

    /// Saves everything that changed. Where that fails, it is tried again before anything else.
    pub(super) fn save(&mut self, now: Timestamp) {
        let batch = self.gather(Vec::new(), now);
        self.commit(batch, now);
    }

    pub(super) fn commit(&mut self, batch: Batch, now: Timestamp) {
        self.saved_at = now;
        self.is_behind = false;
        if batch.is_empty() {
            return;
        }
        match self.store.commit(&batch) {
            Ok(()) => self.middle.on_saved(),
            Err(error) => {
                self.on_save_error(&error);
                self.unsaved = Some(batch);
            }
        }
    }

    /// Tries again to save what could not be saved, when it is time. Returns whether all is saved.
    fn save_unsaved(&mut self, now: Timestamp) -> bool {
        let Some(batch) = &self.unsaved else { return true };
        if now < self.saved_at + RETRY_SAVE {
            return false;
        }
        self.saved_at = now;
        match self.store.commit(batch) {
            Ok(()) => {
                tracing::info!("the store can be written again");
                self.edges.health.on_store(None);
                self.unsaved = None;
                self.middle.on_saved();
                true
            }
            Err(error) => {
                self.on_save_error(&error);
                false
            }
        }
    }

    fn on_save_error(&self, error: &StoreError) {
        self.edges.metrics.failed_commits.inc();
        let trouble = error.to_string();
        if self.edges.health.on_store(Some(trouble.clone())) {
            tracing::error!(
                "{trouble}; nothing is lost, but no line is read on until it can be written"
            );
        }
    }

    fn prune(&mut self, now: Timestamp) {
        if now < self.pruned_at + PRUNE_EVERY {
            return;
        }
        self.pruned_at = now;
        match self.store.prune(now - self.settings.keep) {
            Ok(()) => self.middle.forget_parked(now - self.settings.keep),
            Err(error) => tracing::warn!("{error}"),
        }
    }

    /// How long there is nothing to do, unless something happens.
    fn time_to_wait(&self) -> Duration {
        let now = self.edges.clock.now();
        if self.unsaved.is_some() {
            // What there is to read has to wait, however much it is.
            return (self.saved_at + RETRY_SAVE).since(now);
        }
        let middle = &self.middle;
        let save = (self.is_behind || middle.has_news()).then(|| self.saved_at + SAVE_EVERY);
        let look = self.lookout.deadline(middle);
        let due = [middle.engine_deadline(now), middle.outbox_deadline(), look, save];
        let next = due.into_iter().flatten().chain([self.source.deadline()]).min();
        next.map_or(Duration::ZERO, |next| next.since(now))
    }

    /// Matches what was taken from pipes: it cannot be read again.
    fn drain(&mut self, until: Timestamp) {
        self.source.stop_pipes();
        loop {
            let now = self.edges.clock.now();
            self.source.reconcile(now);
            if self.source.are_pipes_drained() || now >= until {
                return;
            }
            if !self.save_unsaved(now) {
                let next = (self.saved_at + RETRY_SAVE).min(until);
                self.edges.stopper.waker.wait(Some(next.since(now)));
                continue;
            }
            if !self.read(now) {
                let next = self.source.deadline().min(until);
                self.edges.stopper.waker.wait(Some(next.since(now)));
            }
        }
    }

    /// Saves what was matched, and sends what is due soon. The rest waits for the next start.
    fn stop(mut self) {
        service::stopping();
        let began = self.edges.clock.now();
        let mut until = began + LAST_SENDS;
        if !self.edges.stopper.is_told() {
            tracing::info!("all input has ended: saving what was read, sending what is due");
            until = began + LAST_SENDS_OF_INPUT;
        }
        self.drain(began + LAST_SENDS);
        if !self.edges.stopper.is_told() {
            self.middle.end_lateness(began);
        }
        loop {
            let now = self.edges.clock.now();
            if self.edges.stopper.is_told() {
                until = until.min(now + LAST_SENDS);
            }
            self.take_deliveries();
            if self.save_unsaved(now) {
                self.save(now);
            }
            let next = if self.unsaved.is_some() {
                Some(self.saved_at + RETRY_SAVE)
            } else if now < until {
                self.send_due(now);
                self.middle.outbox_deadline()
            } else {
                None
            };
            let next = next.filter(|next| *next < until);
            if now >= until || (next.is_none() && !self.middle.is_in_flight()) {
                break;
            }
            self.edges.stopper.waker.wait(Some(next.unwrap_or(until).since(now)));
        }
        if self.unsaved.is_some() {
            tracing::error!(
                "stopped without saving the last lines: those of files are read again at the next \
                 start, those of pipes are lost"
            );
        }
    }
}
