//! One rule: what a hit or the time does to one of its groups.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{
    Alert, AlertKind, Digest, GroupKey, GroupRecord, Hit, IncidentId, Reason, RuleId, RuleRecord,
    Sample, Span, Timestamp,
};

use super::absent::{self, Blind};
use super::condition::{Ends, Known, Origin, Sights, Start, Values};
use super::gates::RuleGates;
use super::group::Group;
use super::incident::{Incident, Pace, Step};
use super::key;
use super::late::Late;
use super::settings::{Detector, EngineSettings, GroupWord};
use super::storm::Storm;

/// One rule's settings, groups and counts.
#[derive(Debug)]
pub(super) struct RuleState {
    pub(super) id: RuleId,
    pub(super) settings: EngineSettings,
    /// What tells its groups apart.
    pub(super) words: Vec<GroupWord>,
    pub(super) groups: HashMap<GroupKey, Group>,
    /// Closed groups, the one that was hit least recently first.
    pub(super) closed: BTreeSet<(Timestamp, GroupKey)>,
    pub(super) matched: u64,
    pub(super) untold: u64,
    /// Starts whose ends have not come, of all groups that are in place.
    pub(super) n_starts: usize,
    /// The last ends of what matches begin.
    pub(super) ends: Ends,
    /// All that was written to its logs by then is matched, for all that is known.
    pub(super) read_up_to: Timestamp,
    /// The groups that it waits for from the first load on, if it waits for matches.
    pub(super) expected: HashSet<GroupKey>,
    /// Its logs cannot all be read.
    pub(super) blind: Option<Blind>,
    /// When its logs were seen, if it compares with what is usual.
    pub(super) sights: Sights,
    /// The values that it has seen, if it tells of new ones.
    pub(super) known: Known,
    /// When it began to tell of new values.
    pub(super) live_since: Option<Timestamp>,
    /// For how long its lines are on their way at most, if it tells of fewer matches than usual.
    pub(super) latency: Duration,
    /// When they could last not all be read.
    pub(super) blind_at: Option<Timestamp>,
    /// What its gates hold back.
    pub(super) gates: RuleGates,
    /// What is told of many groups together.
    pub(super) storm: Storm,
    /// What is told together because it is late.
    pub(super) late: Option<Late>,
    /// When the engine's timer for that is set.
    pub(super) digest_due: Option<Timestamp>,
    /// Groups that differ from what was last saved, or are gone.
    pub(super) changed: HashSet<GroupKey>,
    /// Groups that are saved. What comes and goes between two saves is never mentioned: with a group
    /// a line that would have no bound.
    pub(super) saved: HashSet<GroupKey>,
    /// The counts differ from what was last saved.
    pub(super) counted: bool,
}

/// What a detector found to be worth telling.
#[derive(Debug)]
pub(super) struct Fired {
    /// Matches that it is made of.
    pub(super) count: u64,
    /// From the first to the last of them.
    pub(super) span: Span,
    pub(super) reason: Reason,
}

impl RuleState {
    /// The most starts that one rule waits for the ends of, in all its groups together.
    pub(super) const MAX_STARTS: usize = 10_000;

    pub(super) fn new(id: RuleId, settings: EngineSettings) -> Self {
        Self {
            id,
            expected: absent::expected(&settings),
            words: settings.words(),
            settings,
            groups: HashMap::new(),
            closed: BTreeSet::new(),
            matched: 0,
            untold: 0,
            n_starts: 0,
            ends: Ends::default(),
            read_up_to: Timestamp::MAX,
            blind: None,
            sights: Sights::default(),
            known: Known::default(),
            live_since: None,
            latency: Duration::ZERO,
            blind_at: None,
            gates: RuleGates::default(),
            storm: Storm::default(),
            late: None,
            digest_due: None,
            changed: HashSet::new(),
            saved: HashSet::new(),
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
        if let Detector::Pair { by, within } = &self.settings.detector {
            let values = Values::of(by, &hit.sample);
            let has_room = self.n_starts + group.starts.len() < Self::MAX_STARTS;
            if has_room && !self.ends.has(values, hit, *within) {
                group.starts.begin(hit, values, *within, now);
            }
            return None;
        }
        if let Detector::Absent { after, .. } = self.settings.detector {
            return self.on_sign(hit, key, group, now, after);
        }
        self.note_sight(hit, now);
        let fired = self.detect(hit, group);
        if let Some(incident) = &mut group.incident {
            incident.on_hit(&hit.sample, fired.is_some(), now);
            incident.held.count_values(&self.settings.top, &hit.sample);
            return None;
        }
        group.below.add(&hit.sample);
        let id = self.incident_id(seed, key, Origin::of(hit));
        Some(self.open(id, key, group, fired?, &hit.sample, now))
    }

    /// Opens an incident with what was `fired`.
    fn open(
        &mut self,
        id: IncidentId,
        key: &GroupKey,
        group: &mut Group,
        fired: Fired,
        opening: &Arc<Sample>,
        now: Timestamp,
    ) -> Alert {
        let below = std::mem::take(&mut group.below);
        let mut incident = Incident::open(id, now, fired.count, Some(Arc::clone(opening)));
        let reopened = self.reopen(group, &mut incident);
        let mut alert = self.alert(key, &incident, AlertKind::Open, now, fired.reason);
        alert.reopened = reopened;
        alert.count = fired.count;
        alert.span = fired.span;
        alert.samples = below.into_samples();
        // The first line may be too old to count.
        alert.samples.retain(|sample| sample.time >= alert.span.first);
        alert.crowd = group.crowd();
        group.incident = Some(incident);
        // Matches too old to count towards the threshold stay untold.
        self.untold -= fired.count;
        self.counted = true;
        alert
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
            // What a match begins, and that there is none, is worth telling once time has passed.
            Detector::Pair { .. } | Detector::Absent { .. } => None,
            Detector::Spike { .. } => self.measure(hit, group),
            Detector::New { of, .. } => Some(self.news(hit, of)),
        }
    }

    /// Tells of what a match began, and what had no end in time.
    fn on_start_without_end(
        &mut self,
        start: &Start,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        seed: &[u8; 16],
    ) -> Option<Alert> {
        let Detector::Pair { within, .. } = self.settings.detector else { return None };
        if let Some(incident) = &mut group.incident {
            incident.on_hit(&start.sample, true, now);
            incident.held.count_values(&self.settings.top, &start.sample);
            return None;
        }
        group.below.add(&start.sample);
        let reason = Reason::NoEnd { within };
        let fired = Fired { count: 1, span: Span::at(start.time), reason };
        let id = self.incident_id(seed, key, start.origin);
        Some(self.open(id, key, group, fired, &start.sample, now))
    }

    /// Lets time pass for a group. Returns what there is to say, if anything.
    pub(super) fn on_time(
        &mut self,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        seed: &[u8; 16],
    ) -> Option<Alert> {
        if group.seen.is_some() {
            return self.on_absence(key, group, now, seed);
        }
        if let Some(alert) = self.on_new_normal(key, group, now) {
            return Some(alert);
        }
        if self.is_detectors_turn(key, group, now) {
            if let Detector::Pair { within, .. } = self.settings.detector
                && let Some(start) = group.starts.take_due(now, within)
            {
                return self.on_start_without_end(&start, key, group, now, seed);
            }
            if self.is_fall() {
                return self.on_fall(key, group, now, seed);
            }
        }
        let still = self.note_fall(group, now);
        let pace = self.pace();
        let crowd = group.crowd();
        let Some(incident) = &mut group.incident else {
            if now >= self.forgotten_at(group) {
                group.forget();
            }
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
                if let (0, Some(still)) = (held.count, still) {
                    (alert.kind, alert.reason) = (AlertKind::Reminder, still);
                    return Some(alert);
                }
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
                    Detector::Each | Detector::Absent { .. } | Detector::New { .. } => {
                        Reason::Quiet { after }
                    }
                    Detector::Threshold { .. } | Detector::Distinct { .. } => {
                        Reason::BelowThreshold { after }
                    }
                    Detector::Pair { .. } => Reason::AllEnded { after },
                    Detector::Spike { .. } => Reason::AsUsual { after },
                };
                let alert = self.alert(key, incident, AlertKind::Resolved, now, reason);
                Self::remember_resolved(group, now);
                self.close(group, now);
                alert
            }
            Step::Close => {
                self.close(group, now);
                return None;
            }
        };
        alert.crowd = crowd;
        Some(alert)
    }

    /// What of the rule itself is saved, if it changed since the last call.
    pub(super) fn take_record(&mut self) -> Option<RuleRecord> {
        std::mem::take(&mut self.counted).then(|| RuleRecord {
            name: Arc::clone(&self.settings.name),
            fingerprint: self.settings.fingerprint,
            matched: self.matched,
            untold: self.untold,
            state: self.memory(),
        })
    }

    /// What of `group` is saved.
    pub(super) fn group_record(&self, key: GroupKey, group: &Group) -> GroupRecord {
        GroupRecord {
            rule: Arc::clone(&self.settings.name),
            key,
            opened: group.incident.as_ref().map(|incident| incident.opened),
            held: group.n_held(),
            state: serde_json::to_string(group).expect("plain data with string keys"),
        }
    }

    pub(super) fn pace(&self) -> Pace {
        Pace { debounce: self.settings.debounce, resolve_after: self.settings.resolve_after }
    }

    /// An alert of `incident` that announces no match.
    pub(super) fn alert(
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
            reopened: None,
            span: incident.span(),
            reason,
            samples: incident.opening.iter().cloned().collect(),
            top: Vec::new(),
            crowd: None,
            held: None,
            to: (kind == AlertKind::Resolved).then(|| self.told_of(incident)).flatten(),
        }
    }

    /// Names an incident after the line that opened it, so that the same line opens the same one
    /// again where a store was set back in time.
    fn incident_id(&self, seed: &[u8; 16], key: &GroupKey, origin: Origin) -> IncidentId {
        let digest = Digest::new("incident").with(seed).with(self.settings.name.as_bytes());
        let digest = key.iter().fold(digest, |digest, (name, value)| {
            digest.with(name.as_bytes()).with(value.as_bytes())
        });
        let digest = digest.with_number(origin.stream.0).with_number(origin.generation.0);
        IncidentId::new(digest.with_number(origin.offset))
    }
}
