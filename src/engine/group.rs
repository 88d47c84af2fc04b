//! One group of one rule: what is known of it between two hits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Crowd, GroupKey, Timestamp};

use super::census::Census;
use super::condition::{Counts, Distinct, Seen, Starts, Threshold};
use super::gates::{HeldBack, Known};
use super::held::Held;
use super::incident::Incident;
use super::key;
use super::listing::Listed;
use super::resolve::Past;
use super::rule::RuleState;

/// One group of one rule.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Group {
    /// The incident, while one is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) incident: Option<Incident>,
    /// For a threshold rule: matches that do not make up a threshold yet.
    #[serde(default)]
    pub(super) threshold: Threshold,
    /// For a rule that counts different values: those that came last.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) distinct: Distinct,
    /// For a rule that waits for ends: what began.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) starts: Starts,
    /// For a rule that waits for matches: since when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<Seen>,
    /// For a rule that compares with what is usual: how many came when.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) counts: Counts,
    /// The latest matches while no incident is open.
    #[serde(default)]
    pub(super) below: Held,
    /// When it was last hit (processing time).
    pub(super) last_hit: Timestamp,
    /// The incidents that are over and that the next may follow closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) past: Option<Past>,
    /// What there is to say of its latest incident is told together with that of others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) is_folded: bool,
    /// For `(other)`: the groups that have no room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    census: Option<Census>,
    /// What gates hold back of it, beside what its incident holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) held_back: Option<HeldBack>,
    /// When its incident closed, for as long as that holds back other rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) closed_at: Option<Timestamp>,
    /// When its gates are to be looked at. Derived, so never saved.
    #[serde(skip)]
    pub(super) gate_due: Option<Timestamp>,
    /// What others know of it. Derived as well.
    #[serde(skip)]
    pub(super) known: Known,
    /// Where it stands in the engine's lists. Derived as well.
    #[serde(skip)]
    pub(super) listed: Listed,
}

impl Group {
    /// Groups that are named of those that it stands for.
    const TOP: usize = 5;

    /// Whether there is nothing in it that a later hit or the time could need.
    pub(super) fn is_empty(&self) -> bool {
        self.incident.is_none()
            && self.past.is_none()
            && is_default(&self.threshold)
            && is_default(&self.distinct)
            && is_default(&self.counts)
            && self.held_back.is_none()
            && self.closed_at.is_none()
            && !self.is_waiting()
    }

    /// Whether time up to `now` has something to do to it.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.listed.due.is_some_and(|due| due <= now)
    }

    /// Matches of it that are held back.
    pub(super) fn n_held(&self) -> u64 {
        let incident = self.incident.as_ref().map_or(0, |incident| incident.held.count);
        incident + self.held_back.as_ref().map_or(0, |own| own.held.count)
    }

    /// Whether time alone, without a match, can bring up something about it.
    pub(super) fn is_waiting(&self) -> bool {
        !is_default(&self.starts) || self.seen.is_some()
    }

    /// Counts a hit of `key`, which has no group of its own and so falls to this one.
    pub(super) fn count_in(&mut self, key: &GroupKey) {
        self.census.get_or_insert_with(Census::default).add(key, 1);
    }

    /// The groups that it stands for, if it stands for others.
    pub(super) fn crowd(&self) -> Option<Crowd> {
        self.census.as_ref().map(|census| census.crowd(Self::TOP))
    }

    /// The same, to be counted on.
    pub(super) fn others(&self) -> Option<&Census> {
        self.census.as_ref()
    }

    /// Ends the incident. Matches of it that were not told make up no further threshold.
    pub(super) fn close(&mut self) {
        self.incident = None;
        self.census = None;
        self.start_afresh();
        self.below = Held::default();
    }

    /// Forgets what counted towards a threshold: it was told.
    pub(super) fn start_afresh(&mut self) {
        self.threshold.clear();
        self.distinct.clear();
    }

    /// Forgets the matches of before: nothing of them can matter any more.
    pub(super) fn forget(&mut self) {
        self.start_afresh();
        self.below = Held::default();
        self.counts = Counts::default();
        self.past = None;
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(super) fn shift_back(&mut self, by: Duration) {
        self.last_hit = self.last_hit - by;
        self.threshold.shift_back(by);
        self.distinct.shift_back(by);
        self.starts.shift_back(by);
        self.counts.shift_back(by);
        if let Some(seen) = &mut self.seen {
            seen.shift_back(by);
        }
        if let Some(past) = &mut self.past {
            past.shift_back(by);
        }
        if let Some(incident) = &mut self.incident {
            incident.shift_back(by);
        }
        self.shift_gates_back(by);
    }
}

impl RuleState {
    /// Whether there is no room for a further group. `(other)` takes none.
    pub(super) fn is_full(&self) -> bool {
        let (n_groups, most) = (self.groups.len(), self.settings.max_groups);
        n_groups > most || (n_groups == most && !self.groups.contains_key(&self.other()))
    }

    /// The group that is let go of first, to make room: of those without an incident, the one that was
    /// hit least recently.
    pub(super) fn oldest_closed(&self) -> Option<&(Timestamp, GroupKey)> {
        let other = self.other();
        self.closed.iter().find(|(_, key)| *key != other)
    }

    fn other(&self) -> GroupKey {
        key::other(&self.words)
    }
}

/// Whether there is nothing in it.
pub(super) fn is_default<T: Default + PartialEq>(state: &T) -> bool {
    *state == T::default()
}
