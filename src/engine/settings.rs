//! What `engine` needs to know; built by `config`.

use std::sync::Arc;
use std::time::Duration;

/// How one rule groups, detects and debounces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EngineSettings {
    /// The rule's name.
    pub name: Arc<str>,
    /// Changes when what the rule detects does (source, match, not, `group_by`, detector words),
    /// and with nothing else.
    pub fingerprint: [u8; 16],
    /// What sets groups apart. Empty: one group.
    pub group_by: Vec<GroupWord>,
    /// What makes a match, or many, worth telling.
    pub detector: Detector,
    /// How long repeats are held back.
    pub debounce: Debounce,
    /// Captures whose commonest values are told with the matches that were held; at most
    /// [`EngineSettings::MAX_TOP`].
    pub top: Vec<Arc<str>>,
    /// After how much quiet an incident counts as over, if that is to be told.
    pub resolve_after: Option<Duration>,
}

impl EngineSettings {
    /// The most words of `top`: each is counted for each group.
    pub const MAX_TOP: usize = 3;
}

/// One word of `group_by`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupWord {
    /// A named group of the pattern.
    Capture(Arc<str>),
    /// A label of the rule or its source.
    Label {
        /// What it is called.
        name: Arc<str>,
        /// What it always is.
        value: Arc<str>,
    },
    /// The host that the agent runs on.
    Host,
    /// The path of the log.
    File,
    /// The line's text with its variable parts masked.
    Pattern,
}

impl GroupWord {
    /// The word as written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Capture(name) | Self::Label { name, .. } => name,
            Self::Host => "host",
            Self::File => "file",
            Self::Pattern => "pattern",
        }
    }
}

/// What makes a match, or many, worth telling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Detector {
    /// Every match is.
    Each,
    /// `count` matches of one group within `within` are.
    Threshold {
        /// At least 1, at most [`Detector::MAX_COUNT`].
        count: u32,
        /// Above zero.
        within: Duration,
    },
    /// Matches of one group with `count` different values of a capture within `within` are.
    Distinct {
        /// At least 2, at most [`Detector::MAX_DISTINCT`].
        count: u32,
        /// Above zero.
        within: Duration,
        /// What is to be different: a capture. Matches without it do not count towards it.
        of: Arc<str>,
    },
}

impl Detector {
    /// The greatest `count`: as many times are kept for each group.
    pub const MAX_COUNT: u32 = 10_000;
    /// The greatest `count` of different values: as many are kept for each group.
    pub const MAX_DISTINCT: u32 = 1_000;
}

/// `debounce`: windows of `first`, doubling up to `longest`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Debounce {
    /// The first window. Zero: every match is told.
    pub first: Duration,
    /// The longest window, at least `first`.
    pub longest: Duration,
}

impl Default for Debounce {
    /// `"5m..1h"`.
    fn default() -> Self {
        Self { first: Duration::from_mins(5), longest: Duration::from_hours(1) }
    }
}
