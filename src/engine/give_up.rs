//! A rule that detects something else now: what was open of it is closed, and all of it told.

use crate::flow::{Alert, AlertKind, GroupKey, Reason, Timestamp};

use super::group::Group;
use super::rule::RuleState;
use super::storm::Storm;

impl RuleState {
    /// Closes a group's incident because the rule detects something else now. Returns what there
    /// is to say about it: what was held, or that it is over.
    pub(super) fn give_up(
        &mut self,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
    ) -> Option<Alert> {
        let mut incident = group.incident.take()?;
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

    /// Tells what waits to be told together, because the rule detects something else now.
    pub(super) fn give_up_digests(&mut self, now: Timestamp) -> Vec<Alert> {
        let storm = self.storm.is_untold().then_some(Reason::RuleChanged);
        let storm = storm.and_then(|reason| self.tell_together(reason, now));
        self.storm = Storm::default();
        storm.into_iter().chain(self.tell_late(Some(Reason::RuleChanged), now)).collect()
    }
}
