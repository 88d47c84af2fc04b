//! `escalate`: who else is told when an incident stays open.

use std::sync::Arc;

use crate::flow::{Alert, AlertKind, GroupKey, Reason, RuleId, Timestamp, WebhookName};

use super::super::Engine;
use super::super::group::Group;
use super::super::incident::Incident;
use super::super::rule::RuleState;

impl Engine {
    /// Tells those to whom an incident is escalated, once it has been open for long enough.
    pub(super) fn escalate(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) {
        let due = self.rules[id.0 as usize].escalated_at(group);
        let Some(due) = due.filter(|due| *due <= now) else { return };
        if let Some((_, until)) = self.holds(id, key, None, now) {
            group.gate_due = Some(until);
            return;
        }
        let rule = &mut self.rules[id.0 as usize];
        let Some(escalation) = &rule.settings.gates.escalate else { return };
        let seen = &mut rule.gates.escalation;
        if let Some(until) = escalation.hours.as_ref().and_then(|own| own.closed_until(now, seen)) {
            group.gate_due = Some(until);
            return;
        }
        let Some(incident) = &mut group.incident else { return };
        incident.escalated = true;
        incident.alerts += 1;
        let after = now.since(due) + escalation.after;
        let to = Some(Arc::from([escalation.webhook.clone()]));
        let reason = Reason::Escalated { after };
        let alert = rule.alert(key, incident, AlertKind::Reminder, now, reason);
        group.gate_due = None;
        out.push(Alert { to, crowd: group.crowd(), ..alert });
    }

    /// When [`Self::escalate`] next has something to do with a group.
    pub(super) fn escalation_deadline(&self, id: RuleId, group: &Group) -> Option<Timestamp> {
        let due = self.rules[id.0 as usize].escalated_at(group)?;
        Some(group.gate_due.map_or(due, |gate| gate.max(due)))
    }
}

impl RuleState {
    /// When the incident of a group is to be escalated, if it is and was not yet.
    fn escalated_at(&self, group: &Group) -> Option<Timestamp> {
        let escalation = self.settings.gates.escalate.as_ref()?;
        let incident = group.incident.as_ref().filter(|own| !own.escalated)?;
        // What nobody was told of is not escalated.
        let is_untold = group.held_back.as_ref().is_some_and(|own| own.has_open);
        (!is_untold).then(|| incident.announced() + escalation.after)
    }

    /// Who is told of an incident, where that is not only the rule's webhooks: what was escalated is
    /// told to be over there, too.
    pub(in super::super) fn told_of(&self, incident: &Incident) -> Option<Arc<[WebhookName]>> {
        let escalation = self.settings.gates.escalate.as_ref().filter(|_| incident.escalated)?;
        let own = self.settings.gates.webhooks.iter().map(|(name, _)| name);
        let boss = Some(&escalation.webhook).filter(|boss| own.clone().all(|name| name != *boss));
        boss.map(|boss| own.chain([boss]).cloned().collect())
    }
}
