//! Metrics for Prometheus. No log content is ever a label.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::flow::{AlertKind, MessageState, Outcome};

/// What the agent counts. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Lines read.
    pub lines: Counter,
    /// Bytes read.
    pub bytes: Counter,
    matches: Family<Rule, Counter>,
    messages: Family<MessageLabels, Counter>,
    attempts: Family<AttemptLabels, Counter>,
    line_to_post: Histogram,
    lag: Family<File, Gauge>,
    losses: Family<LossLabels, Counter>,
    lost: Counter,
    /// Messages that wait to be sent.
    pub waiting: Gauge,
    /// Messages that Chat refused.
    pub parked: Gauge,
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

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct MessageLabels {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct AttemptLabels {
    outcome: Attempt,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct LossLabels {
    kind: &'static str,
}

/// How an attempt to post ended, as a label.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Attempt {
    /// Chat took it.
    Delivered,
    /// 429.
    Busy,
    /// No answer, or 5xx.
    Unclear,
    /// Any other status.
    Refused,
}

impl From<&Outcome> for Attempt {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Delivered { .. } => Self::Delivered,
            Outcome::Busy { .. } => Self::Busy,
            Outcome::Unclear { .. } => Self::Unclear,
            Outcome::Refused(_) => Self::Refused,
        }
    }
}

impl EncodeLabelValue for Attempt {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        let word = match self {
            Self::Delivered => "delivered",
            Self::Busy => "busy",
            Self::Unclear => "unclear",
            Self::Refused => "refused",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
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
            messages: Family::default(),
            attempts: Family::default(),
            line_to_post: Histogram::new(bounds),
            lag: Family::default(),
            losses: Family::default(),
            lost: Counter::default(),
            waiting: Gauge::default(),
            parked: Gauge::default(),
            failed_commits: Counter::default(),
        };
        metrics.registry = Arc::new(metrics.register());
        for rule in rules {
            metrics.on_matches(rule, 0);
        }
        metrics
    }

    fn register(&self) -> Registry {
        let mut all = Registry::with_prefix("logbell");
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        all.register("build", "The running program", Info::new(version.to_vec()));
        all.register("lines", "Lines read from logs", self.lines.clone());
        all.register_with_unit("read", "Bytes read from logs", Unit::Bytes, self.bytes.clone());
        all.register("matches", "Lines that a rule matched", self.matches.clone());
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
        let help = "Messages that wait to be sent";
        all.register("outbox_waiting", help, self.waiting.clone());
        let help = "Messages that Chat refused, kept for another try";
        all.register("outbox_parked", help, self.parked.clone());
        let help = "Commits to the store that failed";
        all.register("failed_commits", help, self.failed_commits.clone());
        all
    }

    /// Takes in matches of a rule.
    pub fn on_matches(&self, rule: &str, count: u64) {
        self.matches.get_or_create(&Rule { rule: rule.into() }).inc_by(count);
    }

    /// A message came into a state.
    pub fn on_message(&self, kind: AlertKind, state: &MessageState) {
        let labels = MessageLabels { kind: kind.as_str(), state: state.as_str() };
        self.messages.get_or_create(&labels).inc();
    }

    /// An attempt to post ended.
    pub fn on_attempt(&self, outcome: &Outcome) {
        self.attempts.get_or_create(&AttemptLabels { outcome: outcome.into() }).inc();
    }

    /// An open arrived this long after its line was read.
    pub fn on_line_to_post(&self, took: Duration) {
        self.line_to_post.observe(took.as_secs_f64());
    }

    /// A log has this many bytes that are not read yet.
    pub fn on_lag(&self, file: &std::path::Path, bytes: u64) {
        let file = file.to_string_lossy().into_owned();
        let lag = self.lag.get_or_create(&File { file });
        lag.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Bytes were lost.
    pub fn on_loss(&self, kind: &'static str, bytes: Option<u64>) {
        self.losses.get_or_create(&LossLabels { kind }).inc();
        self.lost.inc_by(bytes.unwrap_or(0));
    }

    /// All of it in the `OpenMetrics` text format, which Prometheus reads.
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string");
        text
    }
}
