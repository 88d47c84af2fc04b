//! Which gates are closed for what there is to say of a group, for one who asks.

use crate::flow::{Gate, GroupKey, RuleId, Timestamp};

use super::super::Engine;

/// A gate that is closed for what there is to say of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClosedGate {
    /// The gate.
    pub gate: Gate,
    /// Up to when it is closed, at least, unless something happens; `None`: nobody knows.
    pub until: Option<Timestamp>,
    /// Matches that it holds back now: of the group, and where it is a webhook's of the whole rule.
    pub held: u64,
}

impl Engine {
    /// The gates that are closed for a group of a rule at `now`: the one that holds back what there is to
    /// say of it, or would, and those of webhooks.
    pub fn closed_gates(&mut self, id: RuleId, key: &GroupKey, now: Timestamp) -> Vec<ClosedGate> {
        let group = self.rules[id.0 as usize].groups.get(key);
        let held_back = group.and_then(|group| group.held_back.as_ref());
        let opened = held_back.and_then(|own| own.has_open.then_some(own.opened));
        let held = held_back.map_or(0, |own| own.held.count);
        let own = held_back.map(|own| own.gate.clone());
        let still = own.and_then(|gate| {
            let until = self.still_holds(id, &gate, opened, now)?;
            Some((gate, until))
        });
        let first = still.or_else(|| self.holds(id, key, opened, now));
        let mut closed: Vec<_> =
            first.into_iter().map(|(gate, until)| ClosedGate::new(gate, until, held)).collect();
        let rule = &mut self.rules[id.0 as usize];
        let names: Vec<_> =
            rule.settings.gates.webhooks.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            let Some(until) = rule.webhook_closed_until(&name, now) else { continue };
            let gate = Gate::WebhookHours(name);
            let held = rule.gates.backlogs.of(&gate).map_or(0, |own| own.held.count);
            closed.push(ClosedGate::new(gate, until, held));
        }
        closed
    }
}

impl ClosedGate {
    fn new(gate: Gate, until: Timestamp, held: u64) -> Self {
        Self { gate, until: Some(until).filter(|until| *until < Timestamp::MAX), held }
    }
}
