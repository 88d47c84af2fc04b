//! One rule: when time next matters to one of its groups.

use std::time::Duration;

use crate::flow::{GroupKey, Timestamp};

use super::group::Group;
use super::rule::RuleState;
use super::settings::Detector;

impl RuleState {
    /// When time next matters to `group`: at its detector's or its incident's deadline, or once it
    /// was idle so long that nothing before can matter. And when the detector has something to tell of
    /// it, where a line that was not read may change that.
    pub(super) fn deadlines(
        &self,
        key: &GroupKey,
        group: &Group,
    ) -> (Timestamp, Option<Timestamp>) {
        let incident = match &group.incident {
            // Its reminders are told by the detector.
            _ if group.seen.is_some() => None,
            // So are the windows of an incident that only what comes can end.
            Some(_) if self.is_fall() => None,
            Some(incident) => Some(self.incident_deadline(incident)),
            // What is held back of it is not forgotten.
            None if group.is_waiting() || group.held_back.is_some() => None,
            None if group.closed_at.is_some() => None,
            None => Some(self.forgotten_at(group)),
        };
        let natural = self.natural_deadline(key, group);
        let (known, blocked) = match natural {
            Some(due) if due > self.read_up_to => (None, natural),
            _ => (natural, None),
        };
        (known.into_iter().chain(incident).min().unwrap_or(Timestamp::MAX), blocked)
    }

    /// When the detector has something to tell of `group`, if that is known already.
    fn detector_deadline(&self, key: &GroupKey, group: &Group) -> Option<Timestamp> {
        self.natural_deadline(key, group).filter(|due| *due <= self.read_up_to)
    }

    /// When the detector has something to tell of `group` unless a line comes.
    fn natural_deadline(&self, key: &GroupKey, group: &Group) -> Option<Timestamp> {
        match self.settings.detector {
            Detector::Pair { within, .. } => group.starts.deadline(within),
            Detector::Absent { .. } => self.absence_deadline(key, group),
            Detector::Spike { .. } => self.fall_deadline(group),
            Detector::Each | Detector::Threshold { .. } | Detector::Distinct { .. } => None,
        }
    }

    /// Whether it is the detector that has something to do next, and not the incident. At one instant
    /// that comes first: a window of no length ends before each match. What was due before the last
    /// message, and is only looked at now, comes after it.
    pub(super) fn is_detectors_turn(&self, key: &GroupKey, group: &Group, now: Timestamp) -> bool {
        let Some(due) = self.detector_deadline(key, group).filter(|due| *due <= now) else {
            return false;
        };
        let Some(incident) = &group.incident else { return true };
        due.max(incident.told) < incident.deadline(self.pace())
    }

    /// Whether the detector tells of what did not come, or of when it came, and so has to know what was
    /// read.
    pub(super) fn needs_reading(&self) -> bool {
        let is_of_time =
            matches!(self.settings.detector, Detector::Pair { .. } | Detector::Absent { .. });
        is_of_time || self.is_spike()
    }

    /// When a closed group was idle for long enough to be forgotten.
    pub(super) fn forgotten_at(&self, group: &Group) -> Timestamp {
        let idle = group.last_hit + self.idle_time();
        group.past.map_or(idle, |past| idle.max(past.until(self.settings.resolve_after)))
    }

    fn idle_time(&self) -> Duration {
        let within = match self.settings.detector {
            Detector::Each => Duration::ZERO,
            Detector::Threshold { within, .. }
            | Detector::Distinct { within, .. }
            | Detector::Pair { within, .. } => within,
            Detector::Absent { after, .. } => after,
            Detector::Spike { within, .. } => within.saturating_mul(25),
        };
        let resolve_after = self.settings.resolve_after.unwrap_or_default();
        within.max(self.settings.debounce.longest).max(resolve_after).saturating_mul(2)
    }
}
