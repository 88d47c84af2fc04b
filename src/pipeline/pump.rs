//! The pump: wake → reconcile → read → match → engine → commit → hand out what is due.
//!
//! One plain thread. Nothing in it waits for the network, and given the same chunks and times it
//! makes the same transactions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::Clock;
use crate::config::Settings;
use crate::engine::Engine;
use crate::flow::{
    Alert, GenerationId, Hit, MessageState, SourceId, StreamId, StreamStatus, Timestamp,
    WebhookName,
};
use crate::format::Formatter;
use crate::matcher::Matcher;
use crate::outbox::Outbox;
use crate::source::{self, Source, Watching};
use crate::store::{Batch, Saved, Store, StoreError};
use crate::telemetry::{Health, Metrics, service};

use super::courier::Courier;
use super::report::Report;
use super::{StartError, Stopper};

/// How long positions may wait to be saved when nothing is told by them.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// Pauses between tries to save, where saving fails.
const RETRY_SAVE: Duration = Duration::from_secs(1);
/// Chunks read in one turn, of at most 1 MiB each: after them deliveries and timers have theirs.
const CHUNKS_A_TURN: usize = 16;
/// After being told to stop, what is due within this time is still sent.
const LAST_SENDS: Duration = Duration::from_secs(5);
/// How often old messages are forgotten.
const PRUNE_EVERY: Duration = Duration::from_hours(24);

/// The edges that the pump works with.
pub(super) struct Surroundings {
    pub(super) clock: Clock,
    pub(super) stopper: Stopper,
    pub(super) courier: Courier,
    pub(super) health: Health,
    pub(super) metrics: Metrics,
}

pub(super) struct Pump {
    source: Source,
    matcher: Matcher,
    engine: Engine,
    formatter: Formatter,
    outbox: Outbox,
    store: Store,
    edges: Surroundings,
    report: Report,
    /// The names of the rules that look at each source.
    rule_names: HashMap<SourceId, Vec<Arc<str>>>,
    /// Each rule's webhooks.
    webhooks: Vec<Vec<WebhookName>>,
    /// A batch that could not be saved. Nothing goes on before it is.
    unsaved: Option<Batch>,
    saved_at: Timestamp,
    /// Something may have changed since, without being told to anyone.
    is_behind: bool,
    pruned_at: Timestamp,
    /// Reused.
    hits: Vec<Hit>,
}

impl Pump {
    /// Takes up what was saved, opens the logs and saves where reading begins.
    pub(super) fn open(
        settings: &Settings,
        store: Store,
        edges: Surroundings,
    ) -> Result<Self, StartError> {
        let now = edges.clock.now();
        let saved = store.load()?;
        let rules = || settings.rules.iter();
        let host = Arc::clone(&settings.host);
        let engine_rules = rules().map(|rule| rule.engine.clone()).collect();
        let mut engine = Engine::new(saved.seed, Arc::clone(&host), engine_rules);
        let last_up = saved.saved_at.unwrap_or(now);
        let alerts = engine
            .restore(&saved.rules, saved.groups.clone(), last_up, now)
            .map_err(StartError::Restore)?;
        let source = open_source(settings, &saved, &edges, now);
        let format_rules = rules().map(|rule| rule.format.clone()).collect();
        let mut pump = Self {
            source,
            matcher: Matcher::new(rules().map(|rule| rule.matching.clone()).collect()),
            engine,
            formatter: Formatter::new(host, TimeZone::system(), format_rules),
            outbox: open_outbox(settings, saved, now),
            store,
            edges,
            report: Report::default(),
            rule_names: rule_names(settings),
            webhooks: rules().map(|rule| rule.format.webhooks.clone()).collect(),
            unsaved: None,
            saved_at: now,
            is_behind: false,
            pruned_at: now,
            hits: Vec::new(),
        };
        pump.tell(alerts, now);
        let streams = pump.source.statuses().collect();
        let batch = Batch { streams_are_all: true, ..pump.gather(streams, now) };
        pump.store.commit(&batch)?;
        pump.store.prune(now)?;
        Ok(pump)
    }

    /// Runs until told to stop.
    pub(super) fn run(mut self) {
        self.turn();
        service::ready();
        while !self.edges.stopper.is_told() {
            let has_more = self.turn();
            let timeout = if has_more { Duration::ZERO } else { self.time_to_wait() };
            self.edges.stopper.waker.wait(Some(timeout));
        }
        self.stop();
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
        let alerts = self.engine.on_time(now);
        self.is_behind |= !alerts.is_empty();
        self.tell(alerts, now);
        let has_more = self.read(now);
        if self.outbox.has_changes() || now >= self.saved_at + SAVE_EVERY {
            self.save(now);
        }
        if self.unsaved.is_none() {
            self.outbox
                .take_due(now)
                .into_iter()
                .for_each(|message| self.edges.courier.send(message));
            self.prune(now);
        }
        has_more
    }

    /// Matches what there is to read, until something is to be told. Returns whether there is more.
    fn read(&mut self, now: Timestamp) -> bool {
        for _ in 0..CHUNKS_A_TURN {
            let Some(chunk) = self.source.next_chunk(now) else { return false };
            let consumed = self.matcher.scan(&chunk, &mut self.hits);
            let lines = memchr::memchr_iter(b'\n', &chunk.bytes[..consumed]).count();
            self.edges.metrics.lines.inc_by(lines as u64);
            self.edges.metrics.bytes.inc_by(consumed as u64);
            self.source.consumed(consumed, now);
            self.is_behind = true;
            if !self.hits.is_empty() {
                self.take_hits(now);
            }
            if self.outbox.has_changes() {
                return true;
            }
        }
        true
    }

    fn take_hits(&mut self, now: Timestamp) {
        let alerts = self.engine.on_hits(&self.hits, now);
        self.edges.metrics.on_hits(self.hits.iter().map(|hit| hit.rule));
        self.hits.clear();
        self.tell(alerts, now);
    }

    /// Puts alerts into the outbox, for each webhook of their rules.
    fn tell(&mut self, alerts: Vec<Alert>, now: Timestamp) {
        let formatter = &self.formatter;
        let say = |alert: &Alert, webhook: &WebhookName| formatter.message(alert, webhook);
        for alert in alerts {
            for webhook in &self.webhooks[alert.rule.0 as usize] {
                self.edges.metrics.on_message(alert.kind, &MessageState::Waiting);
                self.outbox.push(alert.clone(), webhook, now, &say);
            }
        }
    }

    /// Takes in the posts that ended.
    fn take_deliveries(&mut self) {
        for (message, delivery) in self.edges.courier.take_returned() {
            self.report.on_outcome(&message, &delivery.outcome);
            self.edges.metrics.on_attempt(&message, &delivery);
            self.outbox.on_delivery(&delivery);
        }
    }

    /// Everything that changed, to be saved together.
    fn gather(&mut self, mut streams: Vec<StreamStatus>, now: Timestamp) -> Batch {
        let engine = self.engine.take_changes();
        let source = self.source.take_changes();
        let outbox = self.outbox.take_changes();
        for problem in source.problems {
            tracing::warn!("`{}`: {}", problem.path.display(), problem.what);
        }
        for loss in &source.losses {
            tracing::warn!("`{}`: {}", loss.path.display(), loss.what);
        }
        streams.extend(source.statuses);
        let named = |status: StreamStatus| {
            let names = status.sources.iter().filter_map(|id| self.rule_names.get(id));
            let names = names.flatten().cloned().collect();
            (status, names)
        };
        let batch = Batch {
            at: now,
            rules: engine.rules,
            groups: engine.groups,
            gone: engine.gone,
            checkpoints: source.checkpoints,
            forgotten: source.forgotten,
            streams: streams.into_iter().map(named).collect(),
            streams_are_all: false,
            losses: source.losses,
            messages: outbox.messages,
            marks: outbox.marks,
        };
        self.edges.metrics.on_batch(&batch.checkpoints, &batch.losses, &batch.marks);
        self.edges.metrics.on_outbox(self.outbox.n_waiting(), self.outbox.n_parked());
        batch
    }

    /// Saves everything that changed. Where that fails, it is tried again before anything else.
    fn save(&mut self, now: Timestamp) {
        let batch = self.gather(Vec::new(), now);
        self.saved_at = now;
        self.is_behind = false;
        if batch.is_empty() {
            return;
        }
        if let Err(error) = self.store.commit(&batch) {
            self.on_save_error(&error);
            self.unsaved = Some(batch);
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
            tracing::error!("{trouble}");
        }
    }

    fn prune(&mut self, now: Timestamp) {
        if now < self.pruned_at + PRUNE_EVERY {
            return;
        }
        self.pruned_at = now;
        if let Err(error) = self.store.prune(now) {
            tracing::warn!("{error}");
        }
    }

    /// How long there is nothing to do, unless something happens.
    fn time_to_wait(&self) -> Duration {
        let now = self.edges.clock.now();
        let save =
            (self.is_behind || self.outbox.has_changes()).then(|| self.saved_at + SAVE_EVERY);
        let next = match &self.unsaved {
            Some(_) => Some(self.saved_at + RETRY_SAVE),
            None => {
                [self.engine.deadline(), self.outbox.deadline(), save].into_iter().flatten().min()
            }
        };
        let next = next.map_or(self.source.deadline(), |next| next.min(self.source.deadline()));
        next.since(now)
    }

    /// Saves what was matched, and sends what is due soon. The rest waits for the next start.
    fn stop(mut self) {
        service::stopping();
        let until = self.edges.clock.now() + LAST_SENDS;
        loop {
            let now = self.edges.clock.now();
            self.take_deliveries();
            if self.save_unsaved(now) {
                self.save(now);
            }
            let can_send = self.unsaved.is_none() && now < until;
            if can_send {
                self.outbox.take_due(now).into_iter().for_each(|m| self.edges.courier.send(m));
            }
            let next = self.outbox.deadline().filter(|next| *next < until);
            let is_done = next.is_none() && !self.outbox.is_in_flight() && self.unsaved.is_none();
            if is_done || now >= until {
                break;
            }
            let next = next.unwrap_or(until);
            self.edges.stopper.waker.wait(Some(next.since(now).max(Duration::from_millis(1))));
        }
        if self.unsaved.is_some() {
            tracing::error!(
                "stopped without saving the last lines: they are read again at the next start"
            );
        }
    }
}

fn open_source(settings: &Settings, saved: &Saved, edges: &Surroundings, now: Timestamp) -> Source {
    let saved = source::Saved {
        checkpoints: saved.checkpoints.clone(),
        next_stream: StreamId(saved.last_stream.0 + 1),
        next_generation: GenerationId(saved.last_generation.0 + 1),
        last_up: saved.saved_at,
    };
    Source::open(&settings.sources, saved, Watching::Events, edges.stopper.waker.clone(), now)
}

fn open_outbox(settings: &Settings, saved: Saved, now: Timestamp) -> Outbox {
    let webhooks = settings.webhooks.iter().map(|hook| (hook.name.clone(), hook.url.space()));
    let (seed, _) = saved.seed.split_at(8);
    let seed = u64::from_le_bytes(seed.try_into().expect("8 bytes"));
    let mut outbox = Outbox::new(webhooks, seed);
    for waiting in saved.messages {
        outbox.restore(waiting.message, waiting.attempts, waiting.is_parked, now);
    }
    outbox
}

fn rule_names(settings: &Settings) -> HashMap<SourceId, Vec<Arc<str>>> {
    let mut names: HashMap<SourceId, Vec<Arc<str>>> = HashMap::new();
    for rule in &settings.rules {
        names.entry(rule.matching.source).or_default().push(Arc::clone(&rule.engine.name));
    }
    names
}
