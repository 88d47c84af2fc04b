//! What `engine` needs to know; built by `config`.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::gates::GateSettings;

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
    /// The most groups that have incidents of their own. Further ones share `(other)`. In
    /// [`EngineSettings::MAX_GROUPS`].
    pub max_groups: usize,
    /// The most opens in a minute that are told one by one. In [`EngineSettings::MAX_OPEN`].
    pub max_open: usize,
    /// When it may be told.
    pub gates: GateSettings,
}

impl EngineSettings {
    /// The words that tell one of the rule's groups from another: those of `group_by`, and what is new.
    pub fn words(&self) -> Vec<GroupWord> {
        let mut words = self.group_by.clone();
        if let Detector::New { of, .. } = &self.detector
            && !words.contains(of)
        {
            words.push(of.clone());
        }
        words
    }

    /// The most words of `top`: each is counted for each group.
    pub const MAX_TOP: usize = 3;
    /// What `max_groups` is from and to: each group takes up to some 20 KiB of lines.
    pub const MAX_GROUPS: RangeInclusive<usize> = 1..=10_000;
    /// `max_groups` where nothing is said.
    pub const USUAL_GROUPS: usize = 1000;
    /// What `max_open` is from and to. Chat takes 60 messages a minute.
    pub const MAX_OPEN: RangeInclusive<usize> = 1..=60;
    /// `max_open` where nothing is said.
    pub const USUAL_OPEN: usize = 5;

    /// The settings of a rule that tells of every match, with all else as where nothing is said of it.
    pub fn new(name: Arc<str>, fingerprint: [u8; 16]) -> Self {
        Self {
            name,
            fingerprint,
            group_by: Vec::new(),
            detector: Detector::Each,
            debounce: Debounce::default(),
            top: Vec::new(),
            resolve_after: None,
            max_groups: Self::USUAL_GROUPS,
            max_open: Self::USUAL_OPEN,
            gates: GateSettings::default(),
        }
    }
}

/// One word of `group_by`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupWord {
    /// A named group of the pattern, or a field.
    Capture(Arc<str>),
    /// A label of the rule or its source, unless the event has a field of that name.
    Label {
        /// What it is called.
        name: Arc<str>,
        /// What it is else.
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
    /// A match is, unless what it began ends within `within`: an event that `unless` matches, with
    /// the same values of `by`.
    Pair {
        /// Above zero.
        within: Duration,
        /// The captures that a start and its end have in common. None: any end ends all.
        by: Vec<Arc<str>>,
    },
    /// That there was no match of a group for `after` is. What is not expected is waited for from its
    /// first match on; a rule of one group expects it.
    Absent {
        /// Above zero.
        after: Duration,
        /// Groups that are expected from the first load on, as the values of `group_by` in its order;
        /// at most [`Detector::MAX_EXPECTED`].
        expect: Vec<Vec<Box<str>>>,
        /// What is not expected is not waited for any longer once it is away for so long. Above `after`.
        forget: Duration,
    },
    /// `factor` times as many matches of one group as usual, or as few, within `within` are.
    Spike {
        /// Above 1 more than usual, below 1 fewer.
        factor: Factor,
        /// Above 1: so many matches at least. Below 1: so many at least are usual. At least 1.
        count: u32,
        /// From [`Detector::SPIKE_WITHIN`]'s start to its end.
        within: Duration,
    },
    /// A match with a value that no match of its group had for `forget` is. Each such value is a group of
    /// its own.
    New {
        /// What is to be new: a capture, or the pattern of the line. A match without it is nothing new.
        of: GroupWord,
        /// For so long from the first start on, values are learnt and not told.
        learn: Duration,
        /// What was not seen for so long is new again, to within a thousandth. Above zero.
        forget: Duration,
    },
}

/// A multiple of what is usual.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Factor(u32);

impl Factor {
    /// The greatest, in thousandths.
    pub const MAX: u32 = 1_000_000;

    /// So many thousandths; `None` for none, for as many as usual, and above [`Factor::MAX`].
    pub fn from_thousandths(n: u32) -> Option<Self> {
        ((1..=Self::MAX).contains(&n) && n != 1000).then_some(Self(n))
    }

    /// In thousandths.
    pub fn thousandths(self) -> u32 {
        self.0
    }

    /// Whether it is a part of what is usual, and not more.
    pub fn is_fall(self) -> bool {
        self.0 < 1000
    }
}

impl Detector {
    /// What `within` of a spike is from and to. Of a day, which is what is usual at most, a longer one
    /// would leave too little to learn from.
    pub const SPIKE_WITHIN: RangeInclusive<Duration> =
        Duration::from_secs(1)..=Duration::from_hours(4);
    /// The greatest `count`: as many times are kept for each group.
    pub const MAX_COUNT: u32 = 10_000;
    /// The most groups that can be expected: as many as a rule has.
    pub const MAX_EXPECTED: usize = 1_000;
    /// The greatest `count` of different values: as many are kept for each group.
    pub const MAX_DISTINCT: u32 = 1_000;
    /// Where nothing is said of `forget`: what is absent is forgotten after so many times as long as makes
    /// it absent.
    pub const FORGET_ABSENT: u32 = 7;
    /// Where nothing is said of `forget`: how long a value is known that is not seen again.
    pub const FORGET_VALUE: Duration = Duration::from_hours(30 * 24);
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
