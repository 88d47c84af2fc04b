//! The groups of all rules, and the lists that say which of them come next: by time, by what is to be
//! read first, by how long nothing hit them, by gates.
//!
//! A hit changes its group but seldom where that stands in the lists, so each list is touched only
//! where its entry changes.

use crate::flow::{GroupKey, RuleId, Timestamp};

use super::Engine;
use super::group::Group;
use super::key;

/// Where a group stands in the lists. Derived, so never saved.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Listed {
    /// When time next matters to it: in [`Engine::timers`].
    pub(super) due: Option<Timestamp>,
    /// When something is due unless it stands in what is still to be read: in [`Engine::blocked`].
    blocked: Option<Timestamp>,
    /// When it was last hit, where it may be let go of to make room: among its rule's closed groups.
    closed: Option<Timestamp>,
    /// It waits for a gate: among those of its rule's gates.
    is_held: bool,
}

impl Engine {
    /// The group for hits of `own`: itself where it is there or has room, be it by letting go of
    /// the closed group that was hit least recently; otherwise `(other)`.
    pub(super) fn room_for(&mut self, id: RuleId, own: &GroupKey) -> GroupKey {
        let rule = &self.rules[id.0 as usize];
        if rule.groups.contains_key(own) {
            return own.clone();
        }
        let is_full = rule.is_full();
        if !is_full && self.timers.len() < Self::MAX_GROUPS {
            return own.clone();
        }
        // Where all rules together have no room, the least recently hit may be another's.
        let all = if is_full { std::slice::from_ref(rule) } else { &self.rules[..] };
        let oldest = all.iter().filter_map(|rule| Some((rule.oldest_closed()?, rule.id)));
        let oldest = oldest.min_by_key(|((hit, _), id)| (*hit, *id));
        let Some(((_, oldest), of)) = oldest.map(|(oldest, of)| (oldest.clone(), of)) else {
            return key::other(&rule.words);
        };
        if let Some(mut group) = self.let_go(of, &oldest) {
            group.closed_at = None;
            self.note_standing(of, &oldest, &mut group);
        }
        self.rules[of.0 as usize].note_gone(&oldest);
        own.clone()
    }

    /// Takes a group out, to be changed and [`put`](Self::put) back. It stays in the lists meanwhile.
    pub(super) fn take(&mut self, id: RuleId, key: &GroupKey) -> Option<Group> {
        let rule = &mut self.rules[id.0 as usize];
        let group = rule.groups.remove(key)?;
        rule.n_starts -= group.starts.len();
        Some(group)
    }

    /// Takes a group out for good.
    pub(super) fn let_go(&mut self, id: RuleId, key: &GroupKey) -> Option<Group> {
        let mut group = self.take(id, key)?;
        self.list(id, key, &mut group, Listed::default());
        Some(group)
    }

    /// Puts a changed group in, unless there is nothing in it to remember.
    pub(super) fn put(&mut self, id: RuleId, key: GroupKey, mut group: Group) {
        self.note_standing(id, &key, &mut group);
        if group.is_empty() {
            self.list(id, &key, &mut group, Listed::default());
            return self.rules[id.0 as usize].note_gone(&key);
        }
        let listed = self.listing(id, &key, &group);
        self.list(id, &key, &mut group, listed);
        let rule = &mut self.rules[id.0 as usize];
        rule.n_starts += group.starts.len();
        if !rule.changed.contains(&key) {
            rule.changed.insert(key.clone());
        }
        rule.groups.insert(key, group);
    }

    /// Lists a group anew. Nothing of it changes that is saved.
    pub(super) fn reschedule(&mut self, id: RuleId, key: &GroupKey) {
        let Some(mut group) = self.rules[id.0 as usize].groups.remove(key) else { return };
        let listed = self.listing(id, key, &group);
        self.list(id, key, &mut group, listed);
        self.rules[id.0 as usize].groups.insert(key.clone(), group);
    }

    /// Where a group belongs in the lists.
    fn listing(&self, id: RuleId, key: &GroupKey, group: &Group) -> Listed {
        let (due, blocked) = self.rules[id.0 as usize].deadlines(key, group);
        let gate = self.gate_deadline(id, group);
        let is_closed =
            group.incident.is_none() && !group.is_waiting() && group.held_back.is_none();
        Listed {
            due: Some(gate.map_or(due, |gate| gate.min(due))),
            blocked,
            closed: is_closed.then_some(group.last_hit),
            is_held: group.is_held(),
        }
    }

    /// Moves a group in the lists to where it stands from now on.
    fn list(&mut self, id: RuleId, key: &GroupKey, group: &mut Group, new: Listed) {
        let old = std::mem::replace(&mut group.listed, new);
        if old.due != new.due {
            old.due.map(|due| self.timers.remove(&(due, id, key.clone())));
            self.timers.extend(new.due.map(|due| (due, id, key.clone())));
        }
        if old.blocked != new.blocked {
            old.blocked.map(|due| self.blocked.remove(&(due, id, key.clone())));
            self.blocked.extend(new.blocked.map(|due| (due, id, key.clone())));
        }
        let rule = &mut self.rules[id.0 as usize];
        if old.closed != new.closed {
            old.closed.map(|hit| rule.closed.remove(&(hit, key.clone())));
            rule.closed.extend(new.closed.map(|hit| (hit, key.clone())));
        }
        match (old.is_held, new.is_held) {
            (false, true) => {
                rule.gates.waiting.insert(key.clone());
            }
            (true, false) => {
                rule.gates.waiting.remove(key);
            }
            _ => {}
        }
    }
}
