//! Incidents that are over: by a line that says so; and what follows where a group opens anew soon.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Alert, AlertKind, GroupKey, Hit, Reason, Reopened, Span, Timestamp};

use super::Engine;
use super::group::Group;
use super::incident::{Incident, lengthened};
use super::key;
use super::rule::RuleState;

/// Incidents of a group that followed each other closely and are over.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Past {
    /// When the first of them opened.
    opened: Timestamp,
    /// How many there were.
    times: u32,
    /// When the last was resolved.
    resolved: Timestamp,
}

impl Past {
    /// An incident that opens until so many times `resolve_after` have passed follows closely.
    const CLOSELY: u32 = 4;

    /// Until when an incident follows closely, in a rule with `resolve_after`.
    pub(super) fn until(self, resolve_after: Option<Duration>) -> Timestamp {
        let last = lengthened(resolve_after.unwrap_or_default(), self.times.saturating_sub(1));
        self.resolved + last.saturating_mul(Self::CLOSELY)
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(super) fn shift_back(&mut self, by: Duration) {
        (self.opened, self.resolved) = (self.opened - by, self.resolved - by);
    }
}

impl Engine {
    /// Takes in that the incident of a hit's group is over, if there is one. Returns what there is to
    /// say.
    pub(super) fn on_resolve(&mut self, hit: &Hit, now: Timestamp) -> Vec<Alert> {
        let id = hit.rule;
        let key = key::of(&self.rules[id.0 as usize].settings.group_by, &hit.sample, &self.host);
        let mut alerts = Vec::new();
        // At one instant, timers come before lines.
        let group = self.rules[id.0 as usize].groups.get(&key);
        if group.is_some_and(|group| group.is_due(now)) {
            self.pass_time(id, key.clone(), now, &mut alerts);
        }
        let rule = &self.rules[id.0 as usize];
        if rule.groups.get(&key).is_none_or(|group| group.incident.is_none()) {
            return alerts;
        }
        let Some(mut group) = self.take(id, &key) else { return alerts };
        let alert = self.rules[id.0 as usize].resolve(hit, &key, &mut group, now);
        self.pass_gates(id, &key, &mut group, alert, now, &mut alerts);
        self.put(id, key, group);
        alerts
    }
}

impl RuleState {
    /// Closes an incident because a line says that it is over. Tells what was held of it as well.
    fn resolve(
        &mut self,
        hit: &Hit,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
    ) -> Option<Alert> {
        let mut held = group.incident.as_mut()?.give_up();
        let incident = group.incident.as_ref()?;
        let mut alert = self.alert(key, incident, AlertKind::Resolved, now, Reason::ResolvedByLine);
        alert.count = held.count;
        alert.span = held.span.unwrap_or(Span { last: hit.time.max(alert.opened), ..alert.span });
        alert.top = std::mem::take(&mut held.top);
        alert.samples = vec![Arc::clone(&hit.sample)];
        alert.crowd = group.crowd();
        self.untold -= alert.count;
        self.counted = true;
        Self::remember_resolved(group, now);
        self.close(group, now);
        Some(alert)
    }

    /// Notes that a group's incident is resolved, which is about to be closed.
    pub(super) fn remember_resolved(group: &mut Group, now: Timestamp) {
        let Some(incident) = &group.incident else { return };
        let past = group.past.filter(|_| incident.follows > 0);
        let (opened, times) = past.map_or((incident.opened, 0), |past| (past.opened, past.times));
        group.past = Some(Past { opened, times: times.saturating_add(1), resolved: now });
    }

    /// Takes in that an incident of `group` opens. Returns what it follows closely, if anything.
    pub(super) fn reopen(&self, group: &mut Group, incident: &mut Incident) -> Option<Reopened> {
        let until = |past: &Past| past.until(self.settings.resolve_after);
        group.past = group.past.filter(|past| incident.opened < until(past));
        let past = group.past?;
        incident.follows = past.times;
        let times = past.times.saturating_add(1);
        Some(Reopened { times, over: incident.opened.since(past.opened) })
    }
}
