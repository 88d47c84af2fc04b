//! The gates: what of the alerts is not told for now, why, and when it is.
//!
//! A rule decides what there is to say as if there were no gates: its incidents run on. Behind it an
//! alert is held back for as long as a gate of its group is closed: a mute, the rule's `hours`,
//! `inhibited_by`, `wait`. What is held back is kept with the group as one alert to be, and told when
//! all its gates are open. What has no open incident any more by then goes into a backlog of the rule,
//! one a gate, of which one digest tells. Behind these gates the `hours` of a webhook hold back what
//! would go there, for a digest as well.
//!
//! All that is held back is counted as untold until it is told to somebody.

mod backlog;
mod escalate;
mod exit;
mod held_back;
mod hours;
mod inhibition;
mod look;
mod mutes;
mod settings;
mod settle;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::flow::{Alert, AlertKind, Gate, GroupKey, Reason, RuleId, Selected, Timestamp};

use super::Engine;
use super::group::Group;
use super::incident::Incident;
use super::rule::RuleState;

use hours::Seen;

pub(super) use backlog::Backlogs;
pub(super) use held_back::HeldBack;
pub(super) use inhibition::{Inhibition, LINGER};
pub(super) use mutes::Mutes;

pub use hours::{Hours, HoursSpan};
pub use look::ClosedGate;
pub use mutes::TooManyMutes;
pub use settings::{Escalation, GateSettings};

/// What the gates know of one rule.
#[derive(Debug, Default)]
pub(super) struct RuleGates {
    /// What is held back and has no open incident.
    pub(super) backlogs: Backlogs,
    /// Groups that wait for a gate.
    pub(super) waiting: BTreeSet<GroupKey>,
    hours: Seen,
    /// As in the settings.
    webhooks: Vec<Seen>,
    escalation: Seen,
}

/// What others know of a group. Derived, so never saved.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Known {
    /// Its incident is open.
    is_open: bool,
    /// It holds back other rules.
    is_active: bool,
}

impl Engine {
    /// What keeps a message about a group of a rule from being told at `now`, if anything does. That
    /// webhooks are closed, or that an open waits, is not looked at.
    pub fn gate(&mut self, rule: RuleId, group: &GroupKey, now: Timestamp) -> Option<Gate> {
        self.holds(rule, group, None, now).map(|(gate, _)| gate)
    }

    /// What keeps a message about a group from being told, and up to when, unless something happens.
    /// `opened`: of an incident that nobody was told of.
    fn holds(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        opened: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<(Gate, Timestamp)> {
        let rule = &mut self.rules[id.0 as usize];
        if let Some(mute) = self.mutes.of(&selected(rule, key), now) {
            return Some((Gate::Mute(mute.id), mute.until));
        }
        if let Some(until) = rule.closed_until(now) {
            return Some((Gate::Hours, until));
        }
        if let Some(gate) = self.inhibition.of(id, key) {
            return Some((gate, Timestamp::MAX));
        }
        self.still_holds(id, &Gate::Wait, opened, now).map(|until| (Gate::Wait, until))
    }

    /// Up to when a gate that was closed still is, at least, unless something happens; `None` if it is
    /// open.
    fn still_holds(
        &mut self,
        id: RuleId,
        gate: &Gate,
        opened: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let rule = &mut self.rules[id.0 as usize];
        match gate {
            Gate::Mute(mute) => self.mutes.get(*mute, now).map(|mute| mute.until),
            Gate::Hours => rule.closed_until(now),
            Gate::Inhibited { by, shared } => {
                self.inhibition.still_holds(id, by, shared).then_some(Timestamp::MAX)
            }
            Gate::WebhookHours(name) => rule.webhook_closed_until(name, now),
            Gate::Wait => {
                Some(opened? + rule.settings.gates.wait).filter(|waits_until| now < *waits_until)
            }
        }
    }

    /// Lets out what a rule has to say of a group, or holds it back. Lets out what was held back if its
    /// gates are open now.
    pub(super) fn pass_gates(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        group: &mut Group,
        alert: Option<Alert>,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) {
        match alert {
            Some(alert) if alert.kind == AlertKind::Resolved => {
                self.on_resolved(id, key, group, alert, now, out);
            }
            Some(alert) => self.on_alert(id, key, group, alert, now, out),
            None => {}
        }
        if group.held_back.is_some() && group.gate_due.is_none_or(|due| due <= now) {
            self.look_again(id, key, group, now, out);
        }
        let is_over = group.incident.is_none();
        if let Some(held_back) = group.held_back.take_if(|own| is_over && own.gate != Gate::Wait) {
            self.keep(id, key, held_back);
        }
        if group.held_back.is_none() {
            group.gate_due = None;
        }
        self.escalate(id, key, group, now, out);
        if group.closed_at.is_some_and(|at| at + LINGER <= now) {
            group.closed_at = None;
        }
    }

    fn on_alert(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        group: &mut Group,
        alert: Alert,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) {
        let is_open = alert.kind == AlertKind::Open;
        let before = group.held_back.as_ref().filter(|own| own.has_open);
        let opened = before.map(|own| own.opened).or(is_open.then_some(alert.opened));
        let gate = self.holds(id, key, opened, now);
        // What comes late has no cause to wait for.
        let is_free = gate.as_ref().is_none_or(|(gate, _)| *gate == Gate::Wait);
        if is_free && group.held_back.is_none() && self.is_late(&alert, now) {
            return self.fold_late(&alert, group, now);
        }
        if gate.is_none() && group.held_back.is_none() {
            return self.let_out(alert, group, now, out);
        }
        let rule = &mut self.rules[id.0 as usize];
        rule.untold += alert.count;
        rule.counted = true;
        let (gate, until) = gate.unwrap_or((Gate::Wait, now));
        match &mut group.held_back {
            // What opened the gate is told with what it held.
            Some(own) if until <= now => own.absorb(alert, own.gate.clone()),
            Some(own) => own.absorb(alert, gate),
            None => group.held_back = Some(HeldBack::new(alert, gate)),
        }
        group.gate_due = Some(until);
    }

    /// Tells that an incident is over, if anybody was told that it began.
    fn on_resolved(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        group: &mut Group,
        alert: Alert,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) {
        let Some(mut held_back) = group.held_back.take() else {
            return self.let_out(alert, group, now, out);
        };
        let was_told = !held_back.has_open;
        let opened = held_back.has_open.then_some(held_back.opened);
        match self.holds(id, key, opened, now) {
            // It is over before any other could explain it.
            None | Some((Gate::Wait, _)) => {
                self.release(id, key, group, held_back, now, out);
                self.let_out(alert, group, now, out);
            }
            Some((gate, _)) => {
                held_back.gate = gate.clone();
                // Where a line resolved it, matches are told with that.
                if !was_told && alert.count > 0 {
                    let rule = &mut self.rules[id.0 as usize];
                    rule.untold += alert.count;
                    rule.counted = true;
                    held_back.absorb(alert.clone(), gate);
                }
                self.keep(id, key, held_back);
                if was_told {
                    self.let_out(alert, group, now, out);
                }
            }
        }
    }

    /// Looks whether what is held back may be told now.
    fn look_again(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        group: &mut Group,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) {
        let Some(held_back) = &mut group.held_back else { return };
        let opened = held_back.has_open.then_some(held_back.opened);
        // What holds it back does so to its end, so that it is the same whenever that is looked at.
        let gate = held_back.gate.clone();
        let still = self.still_holds(id, &gate, opened, now).map(|until| (gate, until));
        if let Some((gate, until)) = still.or_else(|| self.holds(id, key, opened, now)) {
            held_back.gate = gate;
            group.gate_due = Some(until);
        } else if let Some(held_back) = group.held_back.take() {
            self.release(id, key, group, held_back, now, out);
        }
    }

    /// Tells what was held back of a group, and what its incident holds as well.
    fn release(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        group: &mut Group,
        mut held_back: HeldBack,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) {
        let crowd = group.crowd();
        let rule = &mut self.rules[id.0 as usize];
        let own = group.incident.as_mut().filter(|own| own.id == held_back.incident);
        let about = if let Some(incident) = own {
            held_back.held.join(incident.tell_all(now, held_back.has_open));
            // They are told now, and must not make up a further threshold.
            let about = rule.alert(key, incident, AlertKind::Open, now, Reason::Matched);
            group.start_afresh();
            about
        } else {
            // It is over, or another has opened: only `wait` holds back for so long.
            let old = Incident::open(held_back.incident, held_back.opened, 0, None);
            rule.alert(key, &old, AlertKind::Open, now, Reason::Matched)
        };
        // When hours begin one digest tells of all that was matched outside them.
        if held_back.gate == Gate::Hours && held_back.held.count > 0 {
            group.is_folded = false;
            return self.keep(id, key, held_back);
        }
        rule.untold -= held_back.held.count;
        rule.counted = true;
        let mut alert = held_back.tell(about, now);
        alert.crowd = crowd;
        self.let_out(alert, group, now, out);
    }

    /// Holds back what has no open incident, for a digest.
    fn keep(&mut self, id: RuleId, key: &GroupKey, held_back: HeldBack) {
        let rule = &mut self.rules[id.0 as usize];
        if held_back.held.count > 0 {
            let gate = held_back.gate.clone();
            rule.gates.backlogs.add(key, held_back, gate);
            rule.counted = true;
        }
    }

    /// Holds back what is said of an incident that was given up, if a gate is closed for it.
    pub(super) fn pass_last(
        &mut self,
        alert: Alert,
        group: &mut Group,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) {
        let (id, key) = (alert.rule, alert.group.clone());
        match self.holds(id, &key, None, now) {
            Some((gate, _)) if alert.kind != AlertKind::Resolved => {
                self.rules[id.0 as usize].untold += alert.count;
                self.keep(id, &key, HeldBack::new(alert, gate));
            }
            _ => self.let_out(alert, group, now, out),
        }
    }

    /// Lets out what tells of many groups together, or holds it back if the whole rule is.
    pub(super) fn pass_digest(&mut self, alert: Alert, now: Timestamp, out: &mut Vec<Alert>) {
        match self.holds(alert.rule, &GroupKey::default(), None, now) {
            Some((gate, _)) => {
                let rule = &mut self.rules[alert.rule.0 as usize];
                rule.untold += alert.count;
                rule.counted = true;
                rule.gates.backlogs.add_alert(&alert, alert.count, gate);
            }
            None => self.exit(alert, now, out),
        }
    }

    /// Holds back what was held back of a group that is given up. An incident that nobody was told of
    /// goes with it.
    pub(super) fn keep_of(&mut self, id: RuleId, key: &GroupKey, group: &mut Group) {
        let Some(mut held_back) = group.held_back.take() else { return };
        if let Some(mut incident) = group.incident.take_if(|_| held_back.has_open) {
            held_back.held.join(incident.give_up());
        }
        self.keep(id, key, held_back);
    }
}

/// A group of a rule, as mutes look at it.
fn selected<'a>(rule: &'a RuleState, key: &'a GroupKey) -> Selected<'a> {
    let gates = &rule.settings.gates;
    Selected {
        rule: &rule.settings.name,
        severity: gates.severity,
        source: &gates.source,
        group: key,
        labels: &gates.labels,
    }
}

impl Group {
    /// Whether it waits for a gate.
    pub(super) fn is_held(&self) -> bool {
        self.held_back.is_some() || self.gate_due.is_some()
    }

    /// Moves the times of the gates by `by`, after the wall clock was set back.
    pub(super) fn shift_gates_back(&mut self, by: Duration) {
        if let Some(held_back) = &mut self.held_back {
            held_back.shift_back(by);
        }
        if let Some(at) = &mut self.closed_at {
            *at = *at - by;
        }
    }
}
