//! One rule with `absent`: what a match, the time, or logs that cannot be read do to its groups.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{
    Alert, AlertKind, BlindSpot, Digest, GroupKey, Hit, IncidentId, Reason, Span, Timestamp,
};

use super::condition::Seen;
use super::group::Group;
use super::incident::Incident;
use super::key;
use super::rule::RuleState;
use super::settings::{Detector, EngineSettings};

/// The logs of a rule cannot all be read, so that nobody knows what is absent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Blind {
    since: Timestamp,
    /// It was told.
    told: bool,
}

/// After a time without sight nothing is told for so long: writers may have to come back, too.
const AFTER_BLIND: Duration = Duration::from_secs(10);
/// After so long without sight that itself is told.
const TELL_BLIND: Duration = Duration::from_mins(5);
/// The shortest time between two messages of an absence.
const SHORTEST: Duration = Duration::from_secs(1);

/// The groups that a rule waits for from the first load on, and never forgets.
pub(super) fn expected(settings: &EngineSettings) -> HashSet<GroupKey> {
    let Detector::Absent { expect, .. } = &settings.detector else { return HashSet::new() };
    if settings.group_by.is_empty() {
        return HashSet::from([key::other(&[])]);
    }
    expect.iter().map(|values| key::of_values(&settings.group_by, values)).collect()
}

impl Blind {
    /// Moves all times by `by`, after the wall clock was set back.
    pub(super) fn shift_back(&mut self, by: Duration) {
        self.since = self.since - by;
    }
}

impl RuleState {
    /// Takes in a match of what is waited for. Returns that it is back, if that is news.
    pub(super) fn on_sign(
        &mut self,
        hit: &Hit,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        after: Duration,
    ) -> Option<Alert> {
        // One that stands for others is no sign of any of them.
        if group.crowd().is_some() {
            return None;
        }
        let seen = group.seen.get_or_insert_with(|| Seen::nothing(hit.time));
        let since = seen.at;
        seen.on_hit(hit, now);
        // A line that was read late may be a sign of long ago.
        if seen.is_absent(after, now) {
            return None;
        }
        let incident = group.incident.as_mut()?;
        incident.on_alert(now);
        let incident = group.incident.as_ref()?;
        let reason = Reason::Back { after: hit.time.since(since) };
        let mut alert = self.alert(key, incident, AlertKind::Resolved, now, reason);
        alert.span = Span { first: since, last: hit.time };
        alert.samples = vec![Arc::clone(&hit.sample)];
        group.close();
        Some(alert)
    }

    /// Lets time pass for a group that is waited for. Returns what there is to say, if anything.
    pub(super) fn on_absence(
        &mut self,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        seed: &[u8; 16],
    ) -> Option<Alert> {
        let Detector::Absent { after, .. } = self.settings.detector else { return None };
        self.absence_deadline(key, group).filter(|due| *due <= now && *due <= self.read_up_to)?;
        let last = group.seen.as_ref()?;
        let (lasted, span) = (now.since(last.at), Span { first: last.at, last: now });
        let (kind, reason) = match &mut group.incident {
            None => {
                let id = self.absence_id(seed, b"absent", key, last.at);
                group.incident = Some(Incident::open(id, now, 0, last.sample.clone()));
                (AlertKind::Open, Reason::Absent { after, lasted })
            }
            Some(incident) => {
                incident.on_alert(now);
                if !self.expected.contains(key) && last.forgotten_at(after) <= now {
                    (AlertKind::Reminder, Reason::Forgotten { lasted })
                } else {
                    (AlertKind::Reminder, Reason::Absent { after, lasted })
                }
            }
        };
        let incident = group.incident.as_ref()?;
        let mut alert = self.alert(key, incident, kind, now, reason);
        alert.span = span;
        if matches!(alert.reason, Reason::Forgotten { .. }) {
            group.close();
            group.seen = None;
        }
        Some(alert)
    }

    /// When a group that is waited for is next to be told of, unless a line comes.
    pub(super) fn absence_deadline(&self, key: &GroupKey, group: &Group) -> Option<Timestamp> {
        let Detector::Absent { after, .. } = self.settings.detector else { return None };
        let seen = group.seen.as_ref()?;
        let due = match &group.incident {
            None => seen.absent_at(after),
            Some(incident) => {
                let reminder = incident.deadline(self.pace()).max(incident.told + SHORTEST);
                let is_expected = self.expected.contains(key);
                if is_expected { reminder } else { reminder.min(seen.forgotten_at(after)) }
            }
        };
        Some(self.blind_at.map_or(due, |blind_at| due.max(blind_at + AFTER_BLIND)))
    }

    /// Takes in that not all logs of the rule can be read at `now`, or that they can. Returns what
    /// there is to say.
    pub(super) fn on_blind_spot(
        &mut self,
        spot: Option<&BlindSpot>,
        now: Timestamp,
        seed: &[u8; 16],
    ) -> Option<Alert> {
        let Some(spot) = spot else {
            let blind = self.blind.take()?;
            self.counted = true;
            let reason = Reason::Sighted { after: now.since(blind.since) };
            return blind
                .told
                .then(|| self.blind_alert(&blind, AlertKind::Resolved, reason, now, seed));
        };
        self.blind_at = Some(now);
        self.lose_sight();
        let is_new = self.blind.is_none();
        let mut blind = self.blind.take().unwrap_or(Blind { since: now, told: false });
        // More matches than usual show themselves once there is sight again.
        let is_hidden = !self.is_spike() || self.is_fall();
        let is_due = is_hidden && !blind.told && now >= blind.since + TELL_BLIND;
        self.counted |= is_new || is_due;
        blind.told |= is_due;
        let alert = is_due.then(|| {
            let reason = Reason::Blind { path: Arc::clone(&spot.path), why: spot.why.clone() };
            self.blind_alert(&blind, AlertKind::Open, reason, now, seed)
        });
        self.blind = Some(blind);
        alert
    }

    /// Takes in that nobody was told yet that not all logs can be read.
    pub(super) fn take_back_blind(&mut self) {
        if let Some(blind) = &mut self.blind {
            blind.told = false;
        }
    }

    fn blind_alert(
        &self,
        blind: &Blind,
        kind: AlertKind,
        reason: Reason,
        now: Timestamp,
        seed: &[u8; 16],
    ) -> Alert {
        let key = GroupKey::default();
        let id = self.absence_id(seed, b"blind", &key, blind.since);
        let mut incident = Incident::open(id, blind.since, 0, None);
        if kind == AlertKind::Resolved {
            incident.on_alert(now);
        }
        let span = Span { first: blind.since, last: now };
        Alert { span, ..self.alert(&key, &incident, kind, now, reason) }
    }

    /// Names an incident after when it began: there is no line that opened it.
    pub(super) fn absence_id(
        &self,
        seed: &[u8; 16],
        what: &[u8],
        key: &GroupKey,
        since: Timestamp,
    ) -> IncidentId {
        let digest = Digest::new("absence").with(seed).with(self.settings.name.as_bytes());
        let digest = key.iter().fold(digest.with(what), |digest, (name, value)| {
            digest.with(name.as_bytes()).with(value.as_bytes())
        });
        IncidentId::new(digest.with_number(since.as_millis().cast_unsigned()))
    }
}
