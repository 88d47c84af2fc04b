//! Too many opens of one rule: from then on they are told together, until there are few again.
//!
//! What was told together stays together: the summaries of an incident whose open was told so, and that
//! it is over, are told so as well, be it after the storm. Otherwise the avalanche would only come
//! later, when the windows of all these incidents end.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Alert, AlertKind, Digest, GroupKey, IncidentId, Reason, Span, Timestamp};

use super::bundle::Bundle;
use super::census::Census;
use super::group::Group;
use super::late::Late;
use super::rule::RuleState;

/// The time in which so many opens may be told, and in which there must be no more for the storm to
/// end.
const MINUTE: Duration = Duration::from_mins(1);
/// The longest time between two messages of a storm.
const LONGEST: Duration = Duration::from_mins(15);
/// What is to be told so short a time before the storm ends, as it looks, is told with its end.
const NEARLY_OVER: Duration = Duration::from_secs(30);

/// The latest opens of a rule, and what of them is told together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Storm {
    /// When the latest opens came, told or not, oldest first: one more than may be told in a minute.
    opens: VecDeque<Timestamp>,
    fold: Option<Fold>,
}

/// What is told together of a storm.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Fold {
    id: IncidentId,
    began: Timestamp,
    /// When its last message was decided, or it began.
    told: Timestamp,
    /// Messages so far.
    digests: u32,
    /// There are few opens again, and they are told one by one. What of before is still to be said
    /// is not.
    is_over: bool,
    /// All matches of it so far.
    total: u64,
    /// All groups of it so far, while it is not over.
    groups: Census,
    /// What was not told yet.
    waiting: Bundle,
}

impl Storm {
    /// Takes in an open. Returns whether there are too many now.
    fn on_open(&mut self, now: Timestamp, max_open: usize) -> bool {
        self.opens.push_back(now);
        let surplus = self.opens.len().saturating_sub(max_open + 1);
        self.opens.drain(..surplus);
        self.is_on() || (self.opens.len() > max_open && self.opens[0] + MINUTE > now)
    }

    /// Whether there is something that was not told yet.
    pub(super) fn is_untold(&self) -> bool {
        self.fold.as_ref().is_some_and(|fold| fold.waiting.since.is_some())
    }

    fn is_on(&self) -> bool {
        self.fold.as_ref().is_some_and(|fold| !fold.is_over)
    }

    /// When there were no more opens for a minute than may be told in one.
    fn ends_at(&self, began: Timestamp, max_open: usize) -> Timestamp {
        let too_many = self.opens.len().checked_sub(max_open + 1);
        let last = too_many.map_or(began, |place| self.opens[place]);
        began.max(last) + MINUTE
    }

    /// When there is something to tell.
    fn deadline(&self, max_open: usize) -> Option<Timestamp> {
        let fold = self.fold.as_ref()?;
        let digest = fold.next_digest();
        if fold.is_over {
            return digest;
        }
        let end = self.ends_at(fold.began, max_open);
        Some(
            digest
                .filter(|digest| *digest + NEARLY_OVER < end)
                .map_or(end, |digest| digest.min(end)),
        )
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(super) fn shift_back(&mut self, by: Duration) {
        self.opens.iter_mut().for_each(|open| *open = *open - by);
        if let Some(fold) = &mut self.fold {
            (fold.began, fold.told) = (fold.began - by, fold.told - by);
            fold.waiting.shift_back(by);
        }
    }
}

impl Fold {
    /// A storm that begins with `first`, when there is still something to tell of the one before.
    fn new(first: &Alert, waiting: Bundle) -> Self {
        Self {
            id: IncidentId::new(Digest::new("storm").with(&first.incident.to_bytes())),
            began: first.at,
            told: first.at,
            digests: 0,
            is_over: false,
            total: waiting.count,
            groups: waiting.groups.clone(),
            waiting,
        }
    }

    fn add(&mut self, alert: &Alert, others: Option<&Census>) {
        self.waiting.add(alert, others);
        self.total += alert.count;
        if !self.is_over && alert.kind != AlertKind::Resolved {
            self.groups.add(&alert.group, alert.count);
            if let Some(others) = others {
                self.groups.add_groups(others);
            }
        }
    }

    /// When what waits is to be told: after 1 min, 2, 4 … 15, and not before more could come for a
    /// minute.
    fn next_digest(&self) -> Option<Timestamp> {
        let pause = MINUTE.saturating_mul(1 << self.digests.min(4)).min(LONGEST);
        self.waiting.since.map(|since| (self.told + pause).max(since + MINUTE))
    }
}

impl RuleState {
    /// What of `alert`, which is of `group`, is told now: nothing where it is told together with others.
    pub(super) fn weather(&mut self, alert: Alert, group: &mut Group) -> Option<Alert> {
        if alert.kind == AlertKind::Open {
            self.counted = true;
            group.is_folded = self.storm.on_open(alert.at, self.settings.max_open);
            if group.is_folded && !self.storm.is_on() {
                let before = self.storm.fold.take().map(|before| before.waiting);
                self.storm.fold = Some(Fold::new(&alert, before.unwrap_or_default()));
            }
        }
        if !group.is_folded {
            return Some(alert);
        }
        self.counted = true;
        self.untold += alert.count;
        let after = || Fold { is_over: true, ..Fold::new(&alert, Bundle::default()) };
        self.storm.fold.get_or_insert_with(after).add(&alert, group.others());
        None
    }

    /// When there is something to tell of many groups together.
    pub(super) fn digest_deadline(&self) -> Option<Timestamp> {
        let late = self.late.as_ref().map(Late::deadline);
        self.storm_deadline().into_iter().chain(late).min()
    }

    fn storm_deadline(&self) -> Option<Timestamp> {
        self.storm.deadline(self.settings.max_open)
    }

    /// Lets time pass for what is told together. Returns what there is to say, if anything.
    pub(super) fn on_digest_time(&mut self, now: Timestamp) -> Option<Alert> {
        if self.late.as_ref().is_some_and(|late| late.deadline() <= now) {
            return self.tell_late(None, now);
        }
        let fold = self.storm.fold.as_ref()?;
        let ends_at = self.storm.ends_at(fold.began, self.settings.max_open);
        let over = fold.waiting.n_over;
        let reason = if !fold.is_over && ends_at <= now {
            Reason::StormOver {
                lasted: now.since(fold.began),
                groups: fold.groups.distinct(),
                over,
            }
        } else if self.storm_deadline()? > now {
            return None;
        } else if fold.is_over {
            Reason::AfterStorm { over }
        } else {
            Reason::Storm { max_open: self.settings.max_open as u64, over }
        };
        self.tell_together(reason, now)
    }

    /// Tells what waits of a storm.
    pub(super) fn tell_together(&mut self, reason: Reason, now: Timestamp) -> Option<Alert> {
        let fold = self.storm.fold.as_mut()?;
        let waiting = std::mem::take(&mut fold.waiting);
        let mut alert = Alert {
            rule: self.id,
            group: GroupKey::default(),
            incident: fold.id,
            sequence: fold.digests,
            kind: AlertKind::Digest,
            at: now,
            count: 0,
            undelivered: 0,
            total: fold.total,
            opened: fold.began,
            reopened: None,
            span: Span { first: fold.began, last: now },
            reason,
            samples: Vec::new(),
            top: Vec::new(),
            crowd: None,
            held: None,
            to: None,
        };
        fold.told = now;
        fold.digests += 1;
        if matches!(alert.reason, Reason::StormOver { .. }) {
            fold.is_over = true;
            fold.groups = Census::default();
            self.storm.opens.clear();
        }
        waiting.tell(&mut alert);
        // A rule of one group has told of itself again and again.
        alert.crowd = alert.crowd.filter(|_| !self.words.is_empty());
        self.untold -= alert.count;
        self.counted = true;
        Some(alert)
    }
}
