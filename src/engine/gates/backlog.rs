//! What one digest of a rule will tell when a gate opens.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{
    Alert, AlertKind, Digest, Gate, GroupKey, IncidentId, Reason, RuleId, Span, Timestamp,
};

use super::super::census::Census;
use super::super::held::Held;
use super::held_back::{HeldBack, held_by};

/// What was held back by one gate and has no incident of its own any more.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(in super::super) struct Backlog {
    pub(super) gate: Gate,
    since: Timestamp,
    /// Matches in it that no other message has told or will tell.
    pub(super) untold: u64,
    pub(super) held: Held,
    groups: Census,
    /// The only group in it, if there is only one.
    only: Option<GroupKey>,
    /// Groups that came in digests, and are not known by name.
    n_more: u64,
    /// When its gate is to be looked at. Derived.
    #[serde(skip)]
    pub(super) due: Timestamp,
}

/// The backlogs of a rule, at most one a gate.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(in super::super) struct Backlogs(Vec<Backlog>);

impl Backlogs {
    /// The most gates that are told apart. What further ones hold back is told with the last.
    const MAX: usize = 32;

    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the first of their gates is to be looked at.
    pub(in super::super) fn deadline(&self) -> Option<Timestamp> {
        self.0.iter().map(|own| own.due).min()
    }

    /// All of them, to be looked at and put back.
    pub(super) fn take(&mut self) -> Vec<Backlog> {
        std::mem::take(&mut self.0)
    }

    /// Looks at all of them anew.
    pub(super) fn stir(&mut self) {
        self.0.iter_mut().for_each(|own| own.due = Timestamp::default());
    }

    /// The backlog of a gate.
    pub(super) fn of(&self, gate: &Gate) -> Option<&Backlog> {
        self.0.iter().find(|own| own.gate == *gate)
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(in super::super) fn shift_back(&mut self, by: Duration) {
        self.0.iter_mut().for_each(|own| own.since = own.since - by);
    }

    /// Holds back what was held back of a group until now.
    pub(super) fn add(&mut self, key: &GroupKey, held_back: HeldBack, gate: Gate) {
        let untold = held_back.held.count;
        let mut new = Backlog::empty(gate, held_back.since);
        new.count(key, untold);
        (new.held, new.untold) = (held_back.held, untold);
        self.put(new);
    }

    /// Holds back an alert, of which `untold` matches are told nowhere else.
    pub(super) fn add_alert(&mut self, alert: &Alert, untold: u64, gate: Gate) {
        let mut new = Backlog::empty(gate, alert.at);
        match &alert.crowd {
            Some(crowd) if alert.kind == AlertKind::Digest => {
                crowd.top.iter().for_each(|(key, count)| new.count(key, *count));
                new.n_more = crowd.distinct.saturating_sub(crowd.top.len() as u64);
                if crowd.distinct > 1 {
                    new.only = None;
                }
            }
            _ => new.count(&alert.group, alert.count),
        }
        new.held.absorb(alert);
        new.untold = untold;
        self.put(new);
    }

    /// Puts a backlog in, with what its gate holds back already.
    pub(super) fn put(&mut self, new: Backlog) {
        let is_full = self.0.len() >= Self::MAX;
        let place = self.0.iter().position(|own| own.gate == new.gate);
        match place.or_else(|| is_full.then(|| self.0.len() - 1)) {
            Some(place) => self.0[place].join(new),
            None => self.0.push(new),
        }
    }
}

impl Backlog {
    /// Groups that are named.
    const TOP: usize = 10;

    fn empty(gate: Gate, since: Timestamp) -> Self {
        Self {
            gate,
            since,
            untold: 0,
            held: Held::default(),
            groups: Census::default(),
            only: None,
            n_more: 0,
            due: Timestamp::default(),
        }
    }

    /// Whether something of an incident that was opened at `opened` is in it.
    pub(super) fn has_since(&self, opened: Timestamp) -> bool {
        opened >= self.since
    }

    fn count(&mut self, key: &GroupKey, count: u64) {
        let is_first = self.groups == Census::default();
        self.only = is_first.then(|| key.clone());
        self.groups.add(key, count);
    }

    fn join(&mut self, new: Self) {
        self.since = self.since.min(new.since);
        self.untold += new.untold;
        self.held.join(new.held);
        self.only = self.only.take().filter(|own| new.only.as_ref() == Some(own));
        self.groups.join(&new.groups);
        self.n_more += new.n_more;
        self.due = self.due.min(new.due);
    }

    /// What tells of it at `now`.
    pub(super) fn tell(self, rule: (RuleId, &str), seed: &[u8; 16], now: Timestamp) -> Alert {
        let (id, name) = rule;
        let gate = serde_json::to_string(&self.gate).expect("plain data");
        let incident = Digest::new("gate").with(seed).with(name.as_bytes()).with(gate.as_bytes());
        let incident = incident.with_number(self.since.as_millis().cast_unsigned());
        let mut crowd = self.groups.crowd(Self::TOP);
        crowd.distinct = (crowd.distinct + self.n_more).max(crowd.top.len() as u64);
        let to = match &self.gate {
            Gate::WebhookHours(webhook) => Some(Arc::from([webhook.clone()])),
            _ => None,
        };
        Alert {
            rule: id,
            group: self.only.unwrap_or_default(),
            incident: IncidentId::new(incident),
            sequence: 0,
            kind: AlertKind::Digest,
            at: now,
            count: self.held.count,
            undelivered: 0,
            reopened: None,
            total: self.held.count,
            opened: self.since,
            span: self.held.span.unwrap_or(Span { first: self.since, last: now }),
            reason: Reason::GateOpened,
            top: self.held.top.clone(),
            samples: self.held.into_samples(),
            crowd: Some(crowd),
            held: held_by(self.gate, now.since(self.since)),
            to,
        }
    }
}
