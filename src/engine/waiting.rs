//! What is waited for: from when on, and how far it is known that it did not come.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::flow::{Alert, AlertKind, BlindSpot, GroupKey, RuleId, Timestamp};

use super::Engine;
use super::condition::Seen;
use super::group::Group;
use super::rule::RuleState;
use super::settings::Detector;

impl Engine {
    /// Begins to wait for what is expected, as far as it is not waited for already. Where this is not
    /// called, all is waited for from its first match on.
    pub fn expect(&mut self, now: Timestamp) {
        for id in self.rules_to_watch().collect::<Vec<_>>() {
            self.expect_of(id, now);
        }
    }

    /// The same for one rule.
    pub fn expect_of(&mut self, id: RuleId, now: Timestamp) {
        let rule = &mut self.rules[id.0 as usize];
        if rule.is_spike() && rule.read_up_to == Timestamp::MAX {
            rule.see(now);
        }
        let is_new = |key: &&GroupKey| !rule.groups.contains_key(*key);
        let mut keys: Vec<_> = rule.expected.iter().filter(is_new).cloned().collect();
        keys.sort();
        for key in keys {
            let mut group = Group::default();
            (group.seen, group.last_hit) = (Some(Seen::nothing(now)), now);
            self.put(id, key, group);
        }
    }

    /// The rules that wait for matches, or for more or fewer of them than usual, and have to know of logs
    /// that cannot be read.
    pub fn rules_to_watch(&self) -> impl Iterator<Item = RuleId> {
        let waits = |rule: &&RuleState| {
            matches!(rule.settings.detector, Detector::Absent { .. } | Detector::Spike { .. })
        };
        self.rules.iter().filter(waits).map(|rule| rule.id)
    }

    /// Takes in that not all logs of a rule can be read at `now`, or that they can. Returns what there
    /// is to say. It is to be called every few seconds as long as there is a blind spot.
    pub fn on_blind_spot(
        &mut self,
        id: RuleId,
        spot: Option<&BlindSpot>,
        now: Timestamp,
    ) -> Option<Alert> {
        self.now = now;
        let is_held = self.gate(id, &GroupKey::default(), now).is_some();
        let rule = &mut self.rules[id.0 as usize];
        let alert = rule.on_blind_spot(spot, now, &self.seed);
        if spot.is_some() {
            self.reschedule_all(id);
        }
        let mut out = Vec::new();
        match alert {
            // If it is still so then, it is told when the gate opens.
            Some(alert) if is_held && alert.kind == AlertKind::Open => {
                self.rules[id.0 as usize].take_back_blind();
            }
            Some(alert) => self.exit(alert, now, &mut out),
            None => {}
        }
        out.pop()
    }

    /// Takes in that `gap` passed at once, as while the machine was asleep: nothing could come
    /// meanwhile, so it does not count as time without a match.
    pub fn on_gap(&mut self, gap: Duration, now: Timestamp) {
        for id in self.rules_to_watch().collect::<Vec<_>>() {
            let rule = &mut self.rules[id.0 as usize];
            if rule.is_spike() {
                rule.lose_sight();
                self.reschedule_all(id);
                continue;
            }
            rule.blind_at = Some(now);
            let keys: Vec<_> = rule.groups.keys().cloned().collect();
            for key in keys {
                let Some(mut group) = self.take(id, &key) else { continue };
                if let Some(seen) = &mut group.seen {
                    seen.leave_out(gap);
                }
                self.put(id, key, group);
            }
        }
    }

    /// From now on what did not come is told only if it was due by `since`, or by what
    /// [`Self::on_read`] says. Otherwise all lines are taken to come in order of time.
    pub fn wait_for_reading(&mut self, since: Timestamp) {
        for rule in self.rules.iter_mut().filter(|rule| rule.needs_reading()) {
            rule.read_up_to = since;
            // What is written meanwhile is read late.
            if rule.sights.since().is_some_and(|seen| since < seen) {
                rule.lose_sight();
            }
        }
        let keys = self.timers.iter().map(|(_, id, key)| (*id, key.clone()));
        for (id, key) in keys.collect::<Vec<_>>() {
            self.reschedule(id, &key);
        }
    }

    /// The rules of which something is due at `now`, unless it stands in what is still to be read.
    pub fn rules_to_read(&self, now: Timestamp) -> BTreeSet<RuleId> {
        let due = self.blocked.iter().take_while(|(due, ..)| *due <= now).map(|(_, id, _)| *id);
        let looking = self.rules.iter().filter(|rule| rule.looks_at().is_some_and(|at| at <= now));
        due.chain(looking.map(|rule| rule.id)).collect()
    }

    /// When [`Self::rules_to_read`] next has something to give.
    pub fn reading_deadline(&self) -> Option<Timestamp> {
        let due = self.blocked.first().map(|(due, ..)| *due);
        due.into_iter().chain(self.rules.iter().filter_map(RuleState::looks_at)).min()
    }

    /// Takes in that all is matched that was written to the logs of a rule by `up_to`.
    pub fn on_read(&mut self, id: RuleId, up_to: Timestamp) {
        let rule = &mut self.rules[id.0 as usize];
        rule.read_up_to = rule.read_up_to.max(up_to);
        if rule.see(up_to) {
            self.reschedule_all(id);
        }
        let known = self.blocked.iter().take_while(|(due, ..)| *due <= up_to);
        let own = known.filter(|(_, of, _)| *of == id).map(|(.., key)| key.clone());
        for key in own.collect::<Vec<_>>() {
            self.reschedule(id, &key);
        }
    }

    fn reschedule_all(&mut self, id: RuleId) {
        let rule = &self.rules[id.0 as usize];
        for key in rule.groups.keys().cloned().collect::<Vec<_>>() {
            self.reschedule(id, &key);
        }
    }
}
