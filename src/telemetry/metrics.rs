//! Metrics for Prometheus. No log content is ever a label.

use std::path::Path;
use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::exposition::prometheus_text;
use super::lag::Lags;
use crate::flow::{
    AlertKind, Checkpoint, Delivery, GenerationId, Hit, Loss, Message, MessageMark, MessageState,
    Outcome, RuleId, TimeOrigin,
};

/// Stamps that lie ahead of when their lines came.
const FUTURE: &str = "future";
/// Stamps that are too old to be those of lines that come live.
const LATE: &str = "late";

/// What the agent counts. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Lines read.
    pub lines: Counter,
    /// Bytes read.
    pub bytes: Counter,
    matches: Family<Rule, Counter>,
    unsure: Family<Rule, Counter>,
    /// The counters of `matches`, by [`RuleId`].
    by_rule: Arc<[Counter]>,
    /// Their names.
    names: Arc<[Arc<str>]>,
    messages: Family<MessageLabels, Counter>,
    attempts: Family<AttemptLabels, Counter>,
    line_to_post: Histogram,
    lag: Family<File, Gauge>,
    lags: Lags,
    losses: Family<LossLabels, Counter>,
    lost: Family<LossLabels, Counter>,
    stamps: Family<StampLabels, Counter>,
    waiting: Gauge,
    parked: Gauge,
    /// Commits that failed.
    pub failed_commits: Counter,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Rule {
    rule: Arc<str>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct File {
    file: String,
}

impl File {
    fn at(path: &Path) -> Self {
        Self { file: path.to_string_lossy().into_owned() }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct MessageLabels {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct AttemptLabels {
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct LossLabels {
    kind: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct StampLabels {
    kind: &'static str,
}

impl Metrics {
    /// Metrics that have counted nothing yet. Each of `rules` is there from the start, at zero.
    pub fn new<'a>(rules: impl Iterator<Item = &'a str>) -> Self {
        // Upper bounds in seconds: 5 ms to 80 s, and 5 minutes for what waited in the outbox.
        let bounds =
            [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 80.0, 300.0];
        let mut metrics = Self {
            registry: Arc::default(),
            lines: Counter::default(),
            bytes: Counter::default(),
            matches: Family::default(),
            unsure: Family::default(),
            by_rule: Arc::default(),
            names: Arc::default(),
            messages: Family::default(),
            attempts: Family::default(),
            line_to_post: Histogram::new(bounds),
            lag: Family::default(),
            lags: Lags::default(),
            losses: Family::default(),
            lost: Family::default(),
            stamps: Family::default(),
            waiting: Gauge::default(),
            parked: Gauge::default(),
            failed_commits: Counter::default(),
        };
        metrics.registry = Arc::new(metrics.register());
        metrics = metrics.of_rules(rules);
        // There from the start, so that an alert on their increase sees the first.
        for kind in Loss::KINDS {
            drop(metrics.losses.get_or_create(&LossLabels { kind }));
            drop(metrics.lost.get_or_create(&LossLabels { kind }));
        }
        for kind in [FUTURE, LATE] {
            drop(metrics.stamps.get_or_create(&StampLabels { kind }));
        }
        for outcome in ["delivered", "busy", "unclear", "refused"] {
            drop(metrics.attempts.get_or_create(&AttemptLabels { outcome }));
        }
        metrics
    }

    /// The same metrics, where the rules are others from now on: those that are gone are not shown any
    /// more.
    #[must_use]
    pub fn with_rules<'a>(&self, rules: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = rules.collect();
        for gone in self.names.iter().filter(|name| !names.contains(&&***name)) {
            self.matches.remove(&Rule { rule: Arc::clone(gone) });
            self.unsure.remove(&Rule { rule: Arc::clone(gone) });
        }
        self.clone().of_rules(names.into_iter())
    }

    /// Counts for `rules`, each of which is there from now on.
    fn of_rules<'a>(self, rules: impl Iterator<Item = &'a str>) -> Self {
        let names: Arc<[Arc<str>]> = rules.map(Arc::from).collect();
        let of =
            |rule: &Arc<str>| self.matches.get_or_create_owned(&Rule { rule: Arc::clone(rule) });
        Self { by_rule: names.iter().map(of).collect(), names, ..self }
    }

    fn register(&self) -> Registry {
        let mut all = Registry::with_prefix("logbell");
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        all.register("build", "The running program", Info::new(version.to_vec()));
        all.register("lines", "Lines read from logs", self.lines.clone());
        all.register_with_unit("read", "Bytes read from logs", Unit::Bytes, self.bytes.clone());
        all.register("matches", "Lines that a rule matched", self.matches.clone());
        let help = "Very long lines that a pattern of a rule was tried on a part of only";
        all.register("lines_tried_in_part", help, self.unsure.clone());
        let help = "Messages that came into a state";
        all.register("messages", help, self.messages.clone());
        let help = "Attempts to post to Chat, by how they ended";
        all.register("delivery_attempts", help, self.attempts.clone());
        let help = "Time from reading the line that opened an incident to Chat's answer";
        all.register_with_unit("line_to_post", help, Unit::Seconds, self.line_to_post.clone());
        let help = "Bytes of a log that are not read yet";
        all.register_with_unit("read_lag", help, Unit::Bytes, self.lag.clone());
        all.register("losses", "Times that bytes of a log were lost", self.losses.clone());
        let help = "Bytes of logs that are known to be lost";
        all.register_with_unit("lost", help, Unit::Bytes, self.lost.clone());
        let help = "Matched lines whose stamp does not count, as it lies ahead or is too old";
        all.register("misfit_stamps", help, self.stamps.clone());
        let help = "Messages that wait to be sent";
        all.register("outbox_waiting", help, self.waiting.clone());
        let help = "Messages that Chat refused, kept for another try";
        all.register("outbox_parked", help, self.parked.clone());
        let help = "Commits to the store that failed";
        all.register("failed_commits", help, self.failed_commits.clone());
        all
    }

    /// Takes in the rules of hits.
    pub fn on_hits(&self, rules: impl Iterator<Item = RuleId>) {
        for rule in rules {
            self.by_rule[rule.0 as usize].inc();
        }
    }

    /// Takes in that a pattern of a rule was tried on a part only of `n` lines. Returns the rule's name
    /// if there were none before.
    pub fn on_unsure(&self, rule: RuleId, n: u64) -> Option<&str> {
        let rule = &self.names[rule.0 as usize];
        let counter = self.unsure.get_or_create(&Rule { rule: Arc::clone(rule) });
        (counter.inc_by(n) == 0).then_some(rule)
    }

    /// Takes in where the times of hits of a log come from; those of one line follow each other.
    pub fn on_dated(&self, hits: &[Hit]) {
        for of_line in hits.chunk_by(|one, next| one.offset == next.offset) {
            let origin = |origin| of_line.iter().any(|hit| hit.origin == origin);
            let kinds = [(TimeOrigin::Future, FUTURE), (TimeOrigin::Late, LATE)];
            for (_, kind) in kinds.into_iter().filter(|(known, _)| origin(*known)) {
                self.stamps.get_or_create(&StampLabels { kind }).inc();
            }
        }
    }

    /// A message is to be sent.
    pub fn on_waiting(&self, kind: AlertKind) {
        self.on_message(kind, &MessageState::Waiting);
    }

    fn on_message(&self, kind: AlertKind, state: &MessageState) {
        let labels = MessageLabels { kind: kind.as_str(), state: state.as_str() };
        self.messages.get_or_create(&labels).inc();
    }

    /// An attempt to post `message` ended.
    pub fn on_attempt(&self, message: &Message, delivery: &Delivery) {
        let outcome = match &delivery.outcome {
            Outcome::Delivered { .. } => "delivered",
            Outcome::Busy { .. } => "busy",
            Outcome::Unclear { .. } => "unclear",
            Outcome::Refused(_) => "refused",
        };
        self.attempts.get_or_create(&AttemptLabels { outcome }).inc();
        // Summaries wait on purpose; only an open is told as soon as can be.
        if outcome == "delivered" && message.kind == AlertKind::Open {
            self.line_to_post.observe(delivery.at.since(message.at).as_secs_f64());
        }
    }

    /// So far a file was read.
    pub fn on_checkpoint(&self, checkpoint: &Checkpoint) {
        let lag = self.lags.on_checkpoint(checkpoint);
        let file = File::at(&checkpoint.path);
        self.lag.get_or_create(&file).set(i64::try_from(lag).unwrap_or(i64::MAX));
    }

    /// Something is saved.
    pub fn on_batch<'a>(
        &self,
        checkpoints: &[Checkpoint],
        forgotten: &[GenerationId],
        losses: impl Iterator<Item = &'a Loss>,
        marks: &[MessageMark],
    ) {
        for checkpoint in checkpoints {
            self.on_checkpoint(checkpoint);
        }
        for log in forgotten.iter().filter_map(|generation| self.lags.forget(*generation)) {
            self.lag.remove(&File::at(&log));
        }
        for loss in losses {
            let labels = LossLabels { kind: loss.kind };
            self.losses.get_or_create(&labels).inc();
            self.lost.get_or_create(&labels).inc_by(loss.bytes.unwrap_or(0));
        }
        for mark in marks.iter().filter(|mark| mark.state != MessageState::Waiting) {
            self.on_message(mark.kind, &mark.state);
        }
    }

    /// How many messages wait to be sent, and how many Chat refused.
    pub fn on_outbox(&self, waiting: usize, parked: usize) {
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.parked.set(i64::try_from(parked).unwrap_or(i64::MAX));
    }

    /// All of it in the Prometheus text format, version 0.0.4.
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string");
        prometheus_text(&text)
    }
}
