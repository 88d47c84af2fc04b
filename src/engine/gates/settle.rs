//! What happens to gates: which are looked at when, and by whom it is known that incidents open and end.

use crate::flow::{Alert, GroupKey, RuleId, Timestamp};

use super::super::Engine;
use super::super::group::Group;
use super::{Known, LINGER, selected};

impl Engine {
    /// Looks at the gates that something happened to, until nothing more comes of it.
    pub(in super::super) fn settle(&mut self, now: Timestamp, out: &mut Vec<Alert>) {
        if self.mutes.end(now) {
            self.stirred.extend(self.rules.iter().map(|rule| rule.id));
        }
        while let Some(id) = self.stirred.pop_first() {
            for key in self.rules[id.0 as usize].gates.waiting.clone() {
                let Some(mut group) = self.take(id, &key) else { continue };
                group.gate_due = None;
                self.pass_gates(id, &key, &mut group, None, now, out);
                self.put(id, key, group);
            }
            self.rules[id.0 as usize].gates.backlogs.stir();
        }
        let held = self.rules.iter().filter(|rule| !rule.gates.backlogs.is_empty());
        for id in held.map(|rule| rule.id).collect::<Vec<_>>() {
            self.tell_backlogs(id, now, out);
        }
    }

    /// Whether there is something for [`Self::settle`] to do at once.
    pub(in super::super) fn is_stirred(&self) -> bool {
        !self.stirred.is_empty() || self.mutes.has_finished()
    }

    /// Takes in what a group is now, for those that look at it.
    pub(in super::super) fn note_standing(
        &mut self,
        id: RuleId,
        key: &GroupKey,
        group: &mut Group,
    ) {
        let is_open = group.incident.is_some();
        let known = group.known;
        if is_open {
            group.closed_at = None;
        } else if known.is_open && self.inhibition.is_by(id) {
            group.closed_at = Some(self.now);
        }
        group.known = Known { is_open, is_active: is_open || group.closed_at.is_some() };
        if group.known == known {
            return;
        }
        if is_open != known.is_open {
            self.mutes.on_incident(&selected(&self.rules[id.0 as usize], key), is_open);
        }
        if group.known.is_active != known.is_active {
            let free = self.inhibition.on_group(id, key, group.known.is_active);
            self.stirred.extend(free);
        }
    }

    /// When a group's gates are to be looked at.
    pub(in super::super) fn gate_deadline(&self, id: RuleId, group: &Group) -> Option<Timestamp> {
        let held_back = group.held_back.as_ref();
        let held_back = held_back.map(|_| group.gate_due.unwrap_or_default());
        let escalation = self.escalation_deadline(id, group);
        let lingers = group.closed_at.map(|at| at + LINGER);
        held_back.into_iter().chain(escalation).chain(lingers).min()
    }

    /// When [`Self::settle`] next has something to do.
    pub(in super::super) fn gates_deadline(&self) -> Option<Timestamp> {
        let backlogs = self.rules.iter().filter_map(|rule| rule.gates.backlogs.deadline());
        backlogs.chain(self.mutes.deadline()).min()
    }
}
