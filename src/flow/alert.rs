//! What `engine` hands to `format`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GroupKey, IncidentId, RuleId, Sample, Timestamp};

/// Something to be said about one group of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// The rule that says it.
    pub rule: RuleId,
    /// The group it is about; empty for a digest over groups.
    pub group: GroupKey,
    /// The incident it belongs to. Its messages share a thread.
    pub incident: IncidentId,
    /// Its place among the alerts of the incident, from 0.
    pub sequence: u32,
    /// What kind of thing is said.
    pub kind: AlertKind,
    /// When it was decided (processing time).
    pub at: Timestamp,
    /// Matches that this alert announces, and no other does. 0 for `Resolved`.
    pub count: u64,
    /// Matches among `count` that earlier messages announced which never reached Chat.
    pub undelivered: u64,
    /// Matches of the incident so far, those of this alert included.
    pub total: u64,
    /// When the incident opened (processing time).
    pub opened: Timestamp,
    /// Event times of the first and last match that this alert announces.
    pub span: Span,
    /// Why it was decided.
    pub reason: Reason,
    /// The first and the latest matched lines, oldest first; at most 4.
    pub samples: Vec<Arc<Sample>>,
    /// The many groups that it stands for, if there are several: a digest, or `(other)`.
    pub crowd: Option<Crowd>,
}

/// Many groups, counted together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Crowd {
    /// How many different groups there are; approximate above a few thousand.
    pub distinct: u64,
    /// The groups with the most matches and about how many, largest first; at most 10.
    pub top: Vec<(GroupKey, u64)>,
}

/// The kinds of alert.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertKind {
    /// An incident begins.
    Open,
    /// More matches came while it was open, and were held back until now.
    Summary,
    /// The state that opened it still holds.
    Reminder,
    /// It is over.
    Resolved,
    /// Many groups in one message, because one message each would be too many.
    Digest,
    /// Not about matches, and of no rule: bytes of logs were lost. Only messages are of this kind.
    Notice,
}

impl AlertKind {
    /// The word for it, as in `history`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Summary => "summary",
            Self::Reminder => "reminder",
            Self::Resolved => "resolved",
            Self::Digest => "digest",
            Self::Notice => "notice",
        }
    }
}

/// A closed span of event time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// Its earliest event.
    pub first: Timestamp,
    /// Its latest event.
    pub last: Timestamp,
}

impl Span {
    /// The span of a single event.
    pub const fn at(time: Timestamp) -> Self {
        Self { first: time, last: time }
    }

    /// The least span that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// Why an alert was decided. Shown to people; serialised into the history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A line matched and no incident of its group was open.
    Matched,
    /// `count` matches fell within `within`.
    Threshold {
        /// Matches that it takes.
        count: u32,
        /// The time that they have for it.
        within: Duration,
    },
    /// Matches with `count` different values of a capture fell within `within`.
    Distinct {
        /// Different values that it takes.
        count: u32,
        /// The time that they have for it.
        within: Duration,
        /// The capture.
        of: Arc<str>,
    },
    /// What a match began had no end for so long.
    NoEnd {
        /// The time that it has for it.
        within: Duration,
    },
    /// All that matches began had an end, for so long.
    AllEnded {
        /// The rule's `resolve_after`.
        after: Duration,
    },
    /// Nothing matched for longer than `after`.
    Absent {
        /// The time within which something is to match.
        after: Duration,
        /// How long it has been, since the last match or since the waiting began.
        lasted: Duration,
    },
    /// Nothing matched for so long that it is not waited for any longer.
    Forgotten {
        /// How long it has been.
        lasted: Duration,
    },
    /// Something matched again.
    Back {
        /// How long there was nothing.
        after: Duration,
    },
    /// A log cannot be read, so that nobody knows what is absent.
    Blind {
        /// The log.
        path: Arc<Path>,
        /// Why not.
        why: Arc<str>,
    },
    /// All logs can be read again.
    Sighted {
        /// How long that was not so.
        after: Duration,
    },
    /// The debounce window ended with matches held back.
    WindowEnded {
        /// How long the window was.
        window: Duration,
        /// How late this comes because the agent was down or busy; zero if in time.
        delayed: Duration,
    },
    /// No new match for this long.
    Quiet {
        /// The rule's `resolve_after`.
        after: Duration,
    },
    /// The threshold was not reached again for this long; there may have been matches.
    BelowThreshold {
        /// The rule's `resolve_after`.
        after: Duration,
    },
    /// What the rule detects was changed in the configuration while an incident was open.
    RuleChanged,
    /// The queue to a webhook was full, so alerts of many groups were folded into one.
    QueueFull,
}
