//! One rule: what a hit or the time does to one of its groups.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{
    Alert, AlertKind, Digest, GroupKey, GroupRecord, Hit, IncidentId, Reason, RuleId, RuleRecord,
    Span, Timestamp,
};

use super::group::Group;
use super::incident::{Incident, Pace, Step};
use super::key;
use super::settings::{Detector, EngineSettings};

/// One rule's settings, groups and counts.
#[derive(Debug)]
pub(super) struct RuleState {
    pub(super) id: RuleId,
    pub(super) settings: EngineSettings,
    pub(super) groups: HashMap<GroupKey, Group>,
    /// Closed groups, the one that was hit least recently first.
    pub(super) closed: BTreeSet<(Timestamp, GroupKey)>,
    pub(super) matched: u64,
    pub(super) untold: u64,
    /// Groups that differ from what was last saved, or are gone.
    pub(super) changed: HashSet<GroupKey>,
    /// The counts differ from what was last saved.
    pub(super) counted: bool,
}

/// What a detector found to be worth telling.
#[derive(Debug)]
struct Fired {
    /// Matches that it is made of.
    count: u64,
    /// From the first to the last of them.
    span: Span,
    reason: Reason,
}

impl RuleState {
    /// The most groups of one rule. Further ones share `(other)`.
    pub(super) const MAX_GROUPS: usize = 1000;

    pub(super) fn new(id: RuleId, settings: EngineSettings) -> Self {
        Self {
            id,
            settings,
            groups: HashMap::new(),
            closed: BTreeSet::new(),
            matched: 0,
            untold: 0,
            changed: HashSet::new(),
            counted: true,
        }
    }

    /// Takes a hit into its group. Returns what there is to say at once.
    pub(super) fn on_hit(
        &mut self,
        hit: &Hit,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        seed: &[u8; 16],
    ) -> Option<Alert> {
        self.matched += 1;
        self.untold += 1;
        self.counted = true;
        group.last_hit = now;
        let fired = self.detect(hit, group);
        if let Some(incident) = &mut group.incident {
            incident.on_hit(&hit.sample, fired.is_some(), now);
            incident.held.count_values(&self.settings.top, &hit.sample);
            return None;
        }
        group.below.add(&hit.sample);
        let fired = fired?;
        let below = std::mem::take(&mut group.below);
        let id = self.incident_id(seed, key, hit);
        let incident = Incident::open(id, now, fired.count, Arc::clone(&hit.sample));
        let mut alert = self.alert(key, &incident, AlertKind::Open, now, fired.reason);
        alert.count = fired.count;
        alert.span = fired.span;
        alert.samples = below.into_samples();
        // The first line may be too old to count.
        alert.samples.retain(|sample| sample.time >= alert.span.first);
        alert.crowd = group.crowd();
        group.incident = Some(incident);
        // Matches too old to count towards the threshold stay untold.
        self.untold -= fired.count;
        Some(alert)
    }

    /// Hands a match to the detector. Returns what it found to be worth telling, if anything.
    fn detect(&self, hit: &Hit, group: &mut Group) -> Option<Fired> {
        match &self.settings.detector {
            Detector::Each => {
                Some(Fired { count: 1, span: Span::at(hit.time), reason: Reason::Matched })
            }
            &Detector::Threshold { count, within } => {
                let span = group.threshold.on_hit(hit.time, count, within)?;
                let reason = Reason::Threshold { count, within };
                Some(Fired { count: count.into(), span, reason })
            }
            Detector::Distinct { count, within, of } => {
                let (count, within) = (*count, *within);
                let value = key::capture(of, &hit.sample)?;
                let found = group.distinct.on_hit(&value, hit.time, count, within)?;
                let reason = Reason::Distinct { count, within, of: Arc::clone(of) };
                Some(Fired { count: found.count, span: found.span, reason })
            }
        }
    }

    /// Lets time pass for a group. Returns what there is to say, if anything.
    pub(super) fn on_time(
        &mut self,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
    ) -> Option<Alert> {
        let pace = self.pace();
        let crowd = group.crowd();
        let Some(incident) = &mut group.incident else {
            // A closed group is due when it was idle for long enough to be forgotten.
            group.forget();
            return None;
        };
        let step = incident.on_time(now, pace)?;
        if matches!(step, Step::Summary { .. }) {
            // They are told now, and must not make up a further threshold.
            group.start_afresh();
        }
        let incident = group.incident.as_ref()?;
        let mut alert = match step {
            Step::Summary { mut held, reason } => {
                let mut alert = self.alert(key, incident, AlertKind::Summary, now, reason);
                alert.count = held.count;
                alert.span = held.span.unwrap_or(alert.span);
                alert.top = std::mem::take(&mut held.top);
                alert.samples = held.into_samples();
                self.untold -= alert.count;
                self.counted = true;
                alert
            }
            Step::Resolved { after } => {
                let reason = match self.settings.detector {
                    Detector::Each => Reason::Quiet { after },
                    Detector::Threshold { .. } | Detector::Distinct { .. } => {
                        Reason::BelowThreshold { after }
                    }
                };
                let alert = self.alert(key, incident, AlertKind::Resolved, now, reason);
                group.close();
                alert
            }
            Step::Close => {
                group.close();
                return None;
            }
        };
        alert.crowd = crowd;
        Some(alert)
    }

    /// Closes a group's incident because the rule detects something else now. Returns what there
    /// is to say about it: what was held, or that it is over.
    pub(super) fn give_up(
        &mut self,
        key: &GroupKey,
        group: Group,
        now: Timestamp,
    ) -> Option<Alert> {
        let mut incident = group.incident?;
        let mut held = incident.give_up();
        let kind = if held.count > 0 { AlertKind::Summary } else { AlertKind::Resolved };
        let mut alert = self.alert(key, &incident, kind, now, Reason::RuleChanged);
        alert.count = held.count;
        alert.span = held.span.unwrap_or(alert.span);
        alert.top = std::mem::take(&mut held.top);
        if held.count > 0 {
            alert.samples = held.into_samples();
        }
        self.untold -= alert.count;
        self.counted = true;
        Some(alert)
    }

    /// When time next matters to `group`: at its incident's deadline, or once it was idle so long
    /// that nothing before can matter.
    pub(super) fn deadline(&self, group: &Group) -> Timestamp {
        match &group.incident {
            Some(incident) => incident.deadline(self.pace()),
            None => group.last_hit + self.idle_time(),
        }
    }

    /// What of the rule itself is saved, if it changed since the last call.
    pub(super) fn take_record(&mut self) -> Option<RuleRecord> {
        std::mem::take(&mut self.counted).then(|| RuleRecord {
            name: Arc::clone(&self.settings.name),
            fingerprint: self.settings.fingerprint,
            matched: self.matched,
            untold: self.untold,
        })
    }

    /// What of `group` is saved.
    pub(super) fn group_record(&self, key: GroupKey, group: &Group) -> GroupRecord {
        GroupRecord {
            rule: Arc::clone(&self.settings.name),
            key,
            opened: group.incident.as_ref().map(|incident| incident.opened),
            held: group.incident.as_ref().map_or(0, |incident| incident.held.count),
            state: serde_json::to_string(group).expect("plain data with string keys"),
        }
    }

    fn pace(&self) -> Pace {
        Pace { debounce: self.settings.debounce, resolve_after: self.settings.resolve_after }
    }

    fn idle_time(&self) -> Duration {
        let within = match self.settings.detector {
            Detector::Each => Duration::ZERO,
            Detector::Threshold { within, .. } | Detector::Distinct { within, .. } => within,
        };
        let resolve_after = self.settings.resolve_after.unwrap_or_default();
        within.max(self.settings.debounce.longest).max(resolve_after).saturating_mul(2)
    }

    /// An alert of `incident` that announces no match.
    fn alert(
        &self,
        key: &GroupKey,
        incident: &Incident,
        kind: AlertKind,
        now: Timestamp,
        reason: Reason,
    ) -> Alert {
        Alert {
            rule: self.id,
            group: key.clone(),
            incident: incident.id,
            sequence: incident.alerts - 1,
            kind,
            at: now,
            count: 0,
            undelivered: 0,
            total: incident.total,
            opened: incident.opened,
            span: incident.span(),
            reason,
            samples: vec![Arc::clone(&incident.opening)],
            top: Vec::new(),
            crowd: None,
        }
    }

    /// Names an incident after the line that opened it, so that the same line opens the same one
    /// again where a store was set back in time.
    fn incident_id(&self, seed: &[u8; 16], key: &GroupKey, hit: &Hit) -> IncidentId {
        let digest = Digest::new("incident").with(seed).with(self.settings.name.as_bytes());
        let digest = key.iter().fold(digest, |digest, (name, value)| {
            digest.with(name.as_bytes()).with(value.as_bytes())
        });
        let digest = digest.with_number(hit.stream.0).with_number(hit.generation.0);
        IncidentId::new(digest.with_number(hit.offset))
    }
}
