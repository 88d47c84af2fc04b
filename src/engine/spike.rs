//! One rule with `spike`: what a match, or that there was none, does to its groups.

use std::time::Duration;

use crate::flow::{Alert, AlertKind, GroupKey, Hit, Part, Reason, RuleId, TimeOrigin, Timestamp};

use super::Engine;
use super::condition::{Found, Gauge, Usual};
use super::group::{Group, is_default};
use super::incident::Incident;
use super::key;
use super::rule::{Fired, RuleState};
use super::settings::Detector;

/// What has been going on for so long is usual.
const ADAPT: Duration = Duration::from_hours(24);

impl Engine {
    /// Counts a match of before, for what is usual. Without a stamp nobody knows when it was.
    pub(super) fn learn_usual(&mut self, hit: &Hit, now: Timestamp) {
        let since = now - self.looks_back(hit.rule);
        let is_dated = hit.origin == TimeOrigin::Stamp && hit.time >= since && hit.time <= now;
        if hit.part != Part::Match || !is_dated {
            return;
        }
        let own = key::of(&self.rules[hit.rule.0 as usize].words, &hit.sample, &self.host);
        let key = self.room_for(hit.rule, &own);
        let mut group = self.take(hit.rule, &key).unwrap_or_default();
        let rule = &self.rules[hit.rule.0 as usize];
        if let Some(gauge) = rule.gauge(now) {
            gauge.add(&mut group.counts, hit.time);
            group.last_hit = group.last_hit.max(hit.time);
        }
        self.put(hit.rule, key, group);
    }

    /// Takes in that all was learnt that the logs of a rule of [`Self::rules_to_teach`] hold since `since`.
    /// Outside of that, what was learnt counts for nothing.
    pub fn learnt_since(&mut self, id: RuleId, since: Timestamp, now: Timestamp) {
        let rule = &mut self.rules[id.0 as usize];
        if rule.is_spike() && since < now {
            rule.sights.open(since);
            rule.sights.extend(now);
            rule.counted = true;
        }
    }

    /// How far back a rule looks that compares with what is usual; zero for any other.
    pub fn looks_back(&self, id: RuleId) -> Duration {
        self.rules[id.0 as usize].gauge(Timestamp::MAX).map_or(Duration::ZERO, |own| own.reach())
    }
}

impl RuleState {
    /// Whether the rule compares with what is usual, and was never told anything that would be.
    pub(super) fn knows_nothing_usual(&self) -> bool {
        let is_empty = |group: &Group| is_default(&group.counts);
        self.is_spike() && is_default(&self.sights) && self.groups.values().all(is_empty)
    }

    /// Whether the rule compares with what is usual.
    pub(super) fn is_spike(&self) -> bool {
        matches!(self.settings.detector, Detector::Spike { .. })
    }

    /// Whether the rule tells of fewer matches than usual.
    pub(super) fn is_fall(&self) -> bool {
        matches!(self.settings.detector, Detector::Spike { factor, .. } if factor.is_fall())
    }

    /// Takes in what a match tells of when lines are seen, and how late.
    pub(super) fn note_sight(&mut self, hit: &Hit, now: Timestamp) {
        if self.is_spike() && self.read_up_to == Timestamp::MAX {
            self.sights.open(hit.time);
        }
        let latency = now.since(hit.time);
        if self.is_fall() && latency <= Hit::MAX_LATENCY {
            self.latency = self.latency.max(latency);
        }
    }

    /// All that happened by then is matched, for all that is known: lines come late.
    fn known_up_to(&self) -> Timestamp {
        if self.read_up_to == Timestamp::MAX {
            return Timestamp::MAX;
        }
        self.read_up_to - self.latency
    }

    /// Counts a match, if the logs are seen: what is read late says nothing of when it was. Returns that
    /// there are far more than usual, if so.
    pub(super) fn measure(&self, hit: &Hit, group: &mut Group) -> Option<Fired> {
        let gauge = self.gauge(self.known_up_to())?;
        self.sights.since()?;
        gauge.add(&mut group.counts, hit.time);
        let found = gauge.risen(&group.counts).filter(|_| !self.is_fall())?;
        // Those of before the logs were seen are held beside them, and may have been told.
        let count = found.matches.min(group.below.count + 1);
        if group.incident.is_none() {
            group.counts.freeze(found.usual);
        }
        let mut span = found.window;
        span.last = hit.time.max(span.first);
        Some(Fired { count, span, reason: self.unusual(&found) })
    }

    /// Tells that there are far fewer matches than usual, or takes in that it is still so.
    pub(super) fn on_fall(
        &mut self,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        seed: &[u8; 16],
    ) -> Option<Alert> {
        if group.incident.is_some() {
            self.note_fall(group, now);
            return None;
        }
        let gauge = self.gauge(self.known_up_to())?;
        let since = self.sights.since()?;
        let found = gauge.last_fall(&group.counts, since, now - self.latency)?;
        let reason = self.unusual(&found);
        group.counts.freeze(found.usual);
        // They stay untold: it is the others that are missing.
        let last = std::mem::take(&mut group.below).into_samples().pop();
        let id = self.absence_id(seed, b"fall", key, found.window.last);
        let mut incident = Incident::open(id, now, 0, last);
        let reopened = self.reopen(group, &mut incident);
        let alert = self.alert(key, &incident, AlertKind::Open, now, reason);
        group.incident = Some(incident);
        Some(Alert { span: found.window, reopened, ..alert })
    }

    /// Takes in that there were far fewer matches than usual since the last message, if so. Returns why.
    pub(super) fn note_fall(&self, group: &mut Group, now: Timestamp) -> Option<Reason> {
        let incident = group.incident.as_mut().filter(|_| self.is_fall())?;
        let after = self.sights.since()?.max(incident.told - self.latency);
        let gauge = self.gauge(self.known_up_to())?;
        let found = gauge.last_fall(&group.counts, after, now - self.latency)?;
        incident.hold(found.window.last);
        Some(self.unusual(&found))
    }

    /// Closes an incident that has been told of for so long that it is usual. Returns that.
    pub(super) fn on_new_normal(
        &mut self,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
    ) -> Option<Alert> {
        let incident = group.incident.as_mut().filter(|incident| self.is_new_normal(incident))?;
        incident.on_alert(now);
        let incident = group.incident.as_ref()?;
        let gauge = self.gauge(self.known_up_to())?;
        let seen = now - self.latency;
        gauge.adapt(&mut group.counts, seen);
        let usual = gauge.usual_at(&group.counts, seen).map(Usual::thousandths);
        let reason = Reason::NewNormal { usual, within: gauge.within };
        let alert = self.alert(key, incident, AlertKind::Resolved, now, reason);
        group.close();
        Some(alert)
    }

    /// Ends the incident of a group. Matches of it are not usual, and make up no further one.
    pub(super) fn close(&self, group: &mut Group, now: Timestamp) {
        if let (Some(incident), Some(gauge)) = (&group.incident, self.gauge(self.known_up_to())) {
            let from = incident.opened - self.latency;
            gauge.leave_out(&mut group.counts, from, now - self.latency);
        }
        group.close();
    }

    /// When there is something to tell of a group with far fewer matches than usual, or of its end, unless
    /// a line comes.
    pub(super) fn fall_deadline(&self, group: &Group) -> Option<Timestamp> {
        let gauge = self.gauge(Timestamp::MAX).filter(|_| self.is_fall())?;
        // While nothing is seen, nobody knows whether it still is so.
        let since = self.sights.since()?;
        let next = |after| Some(gauge.next_fall(&group.counts, after)? + self.latency);
        let Some(incident) = &group.incident else { return next(since) };
        let seen = since + gauge.longest_look() + self.latency;
        let end = self.incident_deadline(incident).max(seen);
        if incident.is_hot() {
            return Some(end);
        }
        let next = next(since.max(incident.told - self.latency));
        next.into_iter().chain([end]).min()
    }

    /// When time next matters to an incident.
    pub(super) fn incident_deadline(&self, incident: &Incident) -> Timestamp {
        let end = incident.deadline(self.pace());
        if self.is_new_normal(incident) { incident.told.min(end) } else { end }
    }

    /// Takes in that nothing is seen of the logs from now on.
    pub(super) fn lose_sight(&mut self) {
        self.counted |= self.sights.lose();
    }

    /// Takes in that all was read that was written by `up_to`. Returns whether the logs were not seen
    /// before.
    pub(super) fn see(&mut self, up_to: Timestamp) -> bool {
        if !self.is_spike() || self.blind.is_some() {
            return false;
        }
        let is_new = self.sights.since().is_none();
        self.sights.open(up_to);
        self.sights.extend(up_to);
        self.counted = true;
        is_new
    }

    /// When it has to be known next how far the logs are read.
    pub(super) fn looks_at(&self) -> Option<Timestamp> {
        let gauge = self.gauge(self.read_up_to).filter(|_| self.blind.is_none())?;
        let is_told = self.read_up_to < Timestamp::MAX;
        let next = self.sights.since().map(|_| self.read_up_to + gauge.bucket());
        is_told.then(|| next.unwrap_or_default())
    }

    /// Whether it was told of an incident that it goes on after so long.
    fn is_new_normal(&self, incident: &Incident) -> bool {
        self.is_spike() && incident.told >= incident.opened + ADAPT
    }

    pub(super) fn gauge(&self, until: Timestamp) -> Option<Gauge<'_>> {
        let Detector::Spike { factor, count, within } = self.settings.detector else { return None };
        Some(Gauge { factor, count, within, sights: &self.sights, until })
    }

    fn unusual(&self, found: &Found) -> Reason {
        let within = match self.settings.detector {
            Detector::Spike { within, .. } => within,
            _ => Duration::ZERO,
        };
        Reason::Unusual { count: found.matches, usual: found.usual.thousandths(), within }
    }
}
