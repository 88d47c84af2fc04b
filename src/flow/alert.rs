//! What `engine` hands to `format`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GroupKey, HeldBy, IncidentId, RuleId, Sample, Timestamp, WebhookName};

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
    /// Matches that this alert announces, and no other does. 0 for `Resolved`, unless a line resolved it.
    pub count: u64,
    /// Matches among `count` that earlier messages announced which never reached Chat.
    pub undelivered: u64,
    /// Matches of the incident so far, those of this alert included.
    pub total: u64,
    /// When the incident opened (processing time).
    pub opened: Timestamp,
    /// For an open: what it follows closely, if anything.
    pub reopened: Option<Reopened>,
    /// Event times of the first and last match that this alert announces.
    pub span: Span,
    /// Why it was decided.
    pub reason: Reason,
    /// The first and the latest matched lines, oldest first; at most 4.
    pub samples: Vec<Arc<Sample>>,
    /// The commonest values among the matches that were held, in the order of the rule's `top`.
    pub top: Vec<Top>,
    /// The many groups that it stands for, if there are several: a digest, or `(other)`.
    pub crowd: Option<Crowd>,
    /// What held it back until now, if anything did.
    pub held: Option<HeldBy>,
    /// Where it goes, if that is not to all the rule's webhooks and nowhere else.
    pub to: Option<Arc<[WebhookName]>>,
}

/// An incident that opens not long after the one before of its group was resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reopened {
    /// Which it is of those that followed each other closely: the second is 2.
    pub times: u32,
    /// How long ago the first of them opened.
    pub over: Duration,
}

/// The commonest values of one capture.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Top {
    /// The capture.
    pub name: Arc<str>,
    /// The values with how often each came, the commonest first; at most [`Top::MAX`]. Values are clean
    /// text, as in a [`GroupKey`].
    pub values: Vec<(Box<str>, u64)>,
    /// Whether there were more values than were counted: then each count may be too high, by no more
    /// than the least of them.
    pub is_estimate: bool,
}

impl Top {
    /// Values counted by name, of which some are shown. What makes up more than a sixteenth of the
    /// matches is always among them.
    pub const MAX: usize = 16;

    /// Nothing counted yet.
    pub const fn of(name: Arc<str>) -> Self {
        Self { name, values: Vec::new(), is_estimate: false }
    }

    /// Counts `value`, which came `count` times more ("space saving", Metwally et al. 2005: where there
    /// is no room, a new value takes over the rarest, with its count).
    pub fn add(&mut self, value: &str, count: u64) {
        if let Some((_, known)) = self.values.iter_mut().find(|(known, _)| **known == *value) {
            *known += count;
        } else if self.values.len() < Self::MAX {
            self.values.push((value.into(), count));
        } else if let Some((rarest, least)) = self.values.last_mut() {
            (*rarest, *least) = (value.into(), *least + count);
            self.is_estimate = true;
        }
        self.sort();
    }

    /// Counts all that `other`, of the same capture, has counted. What one of them has let go may have
    /// come as often there as the rarest that it has.
    pub fn join(&mut self, other: &Self) {
        let (let_go, others_let_go) = (self.let_go(), other.let_go());
        let mut values = other.values.clone();
        for (value, count) in &mut values {
            *count += self.take(value).unwrap_or(let_go);
        }
        let rest = self.values.drain(..).map(|(value, count)| (value, count + others_let_go));
        values.extend(rest);
        self.is_estimate |= other.is_estimate || values.len() > Self::MAX;
        self.values = values;
        self.sort();
        self.values.truncate(Self::MAX);
    }

    /// How often what is not counted by name may have come.
    fn let_go(&self) -> u64 {
        self.values.last().filter(|_| self.is_estimate).map_or(0, |(_, least)| *least)
    }

    fn take(&mut self, value: &str) -> Option<u64> {
        let at = self.values.iter().position(|(known, _)| **known == *value)?;
        Some(self.values.remove(at).1)
    }

    fn sort(&mut self) {
        self.values.sort_by(|(a, n_a), (b, n_b)| n_b.cmp(n_a).then_with(|| a.cmp(b)));
    }
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
    /// Far more matches fell within `within` than usual, or far fewer.
    Unusual {
        /// How many.
        count: u64,
        /// How many are usual, in thousandths: the mean of the time before.
        usual: u64,
        /// The time that both are of.
        within: Duration,
    },
    /// There were no more or fewer matches than usual than is told of, for so long.
    AsUsual {
        /// The rule's `resolve_after`.
        after: Duration,
    },
    /// What was unusual goes on for so long that it is usual now.
    NewNormal {
        /// How many are usual now, in thousandths, if that is known.
        usual: Option<u64>,
        /// The time that they are of.
        within: Duration,
    },
    /// A match had a value that was not seen before, or not for long.
    New {
        /// What the value is of: a capture, or `pattern`.
        of: Arc<str>,
        /// How many other values are known.
        known: u64,
        /// As many are known as can be remembered, so that what was not seen for long is forgotten
        /// early.
        is_full: bool,
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
    /// Matches of incidents that were over before a gate opened.
    GateOpened,
    /// The incident has been open for so long.
    Escalated {
        /// Since it was told that it opened.
        after: Duration,
    },
    /// A line matched the rule's `resolve_on`.
    ResolvedByLine,
    /// What the rule detects was changed in the configuration while an incident was open.
    RuleChanged,
    /// The rule was removed from the configuration while an incident was open.
    RuleRemoved,
    /// More incidents opened in a minute than are told one by one.
    Storm {
        /// How many are: the rule's `max_open`.
        max_open: u64,
        /// Incidents that were told together and are over since the last message.
        over: u64,
    },
    /// There were no more for a minute. The alert's `total` is of the whole storm.
    StormOver {
        /// How long it was so.
        lasted: Duration,
        /// How many groups there were; approximate.
        groups: u64,
        /// Incidents that were told together and are over since the last message.
        over: u64,
    },
    /// Incidents that were told together in a storm go on, or are over.
    AfterStorm {
        /// How many are over since the last message.
        over: u64,
    },
    /// What was told of was read more than an hour after it was written.
    CaughtUp {
        /// For how long logbell was down at most, if it was while some of that was written.
        down: Option<Duration>,
    },
    /// The queue to a webhook was full, so alerts of many groups were folded into one.
    QueueFull,
}

#[cfg(test)]
mod tests;
