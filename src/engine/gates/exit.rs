//! The last gates before an alert is out: whether webhooks are closed, and the digests of all gates.

use std::sync::Arc;

use crate::flow::{Alert, AlertKind, Gate, GroupKey, RuleId, Severity, Timestamp, WebhookName};

use super::super::Engine;
use super::super::rule::RuleState;
use super::backlog::Backlog;

impl Engine {
    /// Lets an alert out, to those of its webhooks that are open.
    pub(in super::super) fn exit(&mut self, alert: Alert, now: Timestamp, out: &mut Vec<Alert>) {
        let rule = &mut self.rules[alert.rule.0 as usize];
        if rule.settings.gates.webhooks.iter().all(|(_, hours)| hours.is_none()) {
            return out.push(alert);
        }
        let own = rule.settings.gates.webhooks.iter().map(|(name, _)| name.clone());
        let to = alert.to.as_deref().map_or_else(|| own.collect(), <[_]>::to_vec);
        let mut closed = Vec::new();
        let mut open = Vec::new();
        for name in to {
            match rule.webhook_closed_until(&name, now) {
                Some(until) if rule.is_to_wait(&alert, &name) => closed.push((until, name)),
                _ => open.push(name),
            }
        }
        if closed.is_empty() {
            return out.push(alert);
        }
        // Where nobody is told at once, the first who is has the count.
        let first = closed.iter().min().map(|(_, name)| name.clone()).filter(|_| open.is_empty());
        for (_, name) in
            closed.into_iter().filter(|_| alert.kind != AlertKind::Resolved || alert.count > 0)
        {
            let untold = if first.as_ref() == Some(&name) { alert.count } else { 0 };
            rule.untold += untold;
            rule.counted = true;
            rule.gates.backlogs.add_alert(&alert, untold, Gate::WebhookHours(name));
        }
        if !open.is_empty() {
            out.push(Alert { to: Some(Arc::from(open)), ..alert });
        }
    }

    /// Tells the backlogs of a rule whose gates are open.
    pub(super) fn tell_backlogs(&mut self, id: RuleId, now: Timestamp, out: &mut Vec<Alert>) {
        let due = self.rules[id.0 as usize].gates.backlogs.deadline();
        if due.is_none_or(|due| due > now) {
            return;
        }
        let mut open = Vec::new();
        for mut backlog in self.rules[id.0 as usize].gates.backlogs.take() {
            match self.backlog_gate(id, &backlog, now) {
                Some((gate, due)) => {
                    let gates = &mut self.rules[id.0 as usize].gates;
                    (backlog.gate, backlog.due) = (gate, due);
                    gates.backlogs.put(backlog);
                }
                None => open.push(backlog),
            }
        }
        for backlog in open {
            let rule = &mut self.rules[id.0 as usize];
            rule.untold -= backlog.untold;
            rule.counted = true;
            let untold = backlog.untold;
            let is_grouped = !rule.settings.group_by.is_empty();
            let mut alert = backlog.tell((id, &rule.settings.name), &self.seed, now);
            alert.crowd = alert.crowd.filter(|_| is_grouped);
            match alert.to.as_deref() {
                Some([webhook]) if !rule.tells(webhook) => {
                    // What all others were told meanwhile is not told again.
                    (alert.count, alert.to) = (untold, None);
                    if untold > 0 {
                        self.exit(alert, now, out);
                    }
                }
                Some(_) => out.push(alert),
                None => self.exit(alert, now, out),
            }
        }
    }

    /// What keeps a backlog from being told, and up to when, unless something happens.
    fn backlog_gate(
        &mut self,
        id: RuleId,
        backlog: &Backlog,
        now: Timestamp,
    ) -> Option<(Gate, Timestamp)> {
        let gate = backlog.gate.clone();
        let is_of_webhook = matches!(gate, Gate::WebhookHours(_));
        let still = self.still_holds(id, &gate, None, now).map(|until| (gate, until));
        if is_of_webhook {
            return still;
        }
        // It may be the whole rule that must not be told of.
        still.or_else(|| self.holds(id, &GroupKey::default(), None, now))
    }
}

impl RuleState {
    /// `None` within the rule's hours; else up to when they are closed, at least.
    pub(super) fn closed_until(&mut self, now: Timestamp) -> Option<Timestamp> {
        let hours = self.settings.gates.hours.as_ref();
        let hours = hours.filter(|_| self.settings.gates.severity != Severity::Critical)?;
        hours.closed_until(now, &mut self.gates.hours)
    }

    /// `None` where a webhook takes messages now; else up to when it does not, at least.
    pub(super) fn webhook_closed_until(
        &mut self,
        name: &WebhookName,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let webhooks = &self.settings.gates.webhooks;
        let place = webhooks.iter().position(|(own, _)| own == name)?;
        let hours = webhooks[place].1.as_ref()?;
        self.gates.webhooks.resize_with(webhooks.len(), Default::default);
        hours.closed_until(now, &mut self.gates.webhooks[place])
    }

    /// Whether a webhook is one of the rule's.
    fn tells(&self, webhook: &WebhookName) -> bool {
        self.settings.gates.webhooks.iter().any(|(own, _)| own == webhook)
    }

    /// Whether an alert for a closed webhook has to wait. That something is over need not, where its
    /// open was told.
    fn is_to_wait(&self, alert: &Alert, webhook: &WebhookName) -> bool {
        let backlog = self.gates.backlogs.of(&Gate::WebhookHours(webhook.clone()));
        match alert.kind {
            AlertKind::Resolved => backlog.is_some_and(|own| own.has_since(alert.opened)),
            _ => true,
        }
    }
}
