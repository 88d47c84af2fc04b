//! `Hit`, time → `Alert`: groups, detectors and incidents. Beside it `Loss`, time → `Notice`,
//! and stamps that cannot be true → `SkewNotice`.
//!
//! Pure: no file, no socket, no clock. The same hits and times give the same alerts, in the same
//! order and under the same ids, however the program was stopped and started in between.

mod absent;
mod bundle;
mod census;
mod condition;
mod due;
mod gates;
mod give_up;
mod group;
mod held;
mod incident;
mod key;
mod late;
mod listing;
mod memory;
mod notice;
mod novelty;
mod reload;
mod resolve;
mod rule;
mod settings;
mod skew;
mod spike;
mod storm;
mod view;
mod waiting;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::flow::{
    Alert, GroupKey, GroupRecord, Hit, Mute, MuteId, Part, RuleId, RuleRecord, Timestamp,
    ValueRecord,
};

use condition::Values;
use gates::{Inhibition, Mutes};
use group::Group;
use late::Up;
use rule::RuleState;

pub use gates::{ClosedGate, Escalation, GateSettings, Hours, HoursSpan, TooManyMutes};
pub use notice::Notices;
pub use settings::{Debounce, Detector, EngineSettings, Factor, GroupWord};
pub use skew::Skews;
pub use view::{GroupView, IncidentView, Progress};

/// Turns hits and time into alerts.
#[derive(Debug)]
pub struct Engine {
    /// Makes the ids of one store differ from those of every other.
    seed: [u8; 16],
    host: Arc<str>,
    rules: Vec<RuleState>,
    /// When time next matters to each group. At one instant: by rule, then by group.
    timers: BTreeSet<(Timestamp, RuleId, GroupKey)>,
    /// When something is due of groups, as long as it is not known that all was read by then.
    blocked: BTreeSet<(Timestamp, RuleId, GroupKey)>,
    /// When there is something to tell of many groups of a rule together.
    digests: BTreeSet<(Timestamp, RuleId)>,
    mutes: Mutes,
    inhibition: Inhibition,
    /// Rules of which something may be told that was held back.
    stirred: BTreeSet<RuleId>,
    /// Since when lines are read as they are written, if they are at all.
    up: Option<Up>,
    /// What the time was last said to be.
    now: Timestamp,
}

/// What must be saved together with the alerts that came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Rules whose counts changed.
    pub rules: Vec<RuleRecord>,
    /// Groups that changed.
    pub groups: Vec<GroupRecord>,
    /// Groups that are gone, with their rule's name.
    pub gone: Vec<(Arc<str>, GroupKey)>,
    /// Values that rules saw, or saw again.
    pub values: Vec<ValueRecord>,
    /// Values that are not known any more, with their rule's name.
    pub values_gone: Vec<(Arc<str>, u64)>,
    /// Mutes that are new or changed.
    pub mutes: Vec<Mute>,
    /// Mutes that are over.
    pub unmuted: Vec<MuteId>,
}

/// The saved state of a group that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the saved state of rule `{rule}` cannot be read")]
pub struct RestoreError {
    rule: Arc<str>,
    source: serde_json::Error,
}

impl Engine {
    /// The most groups of all rules together, but for the rules' `(other)`.
    pub const MAX_GROUPS: usize = 50_000;

    /// An engine for `rules`, where a rule's place is its [`RuleId`], that remembers nothing.
    ///
    /// `seed` is the store's, and makes the ids of its incidents differ from those of every other.
    pub fn new(seed: [u8; 16], host: Arc<str>, rules: Vec<EngineSettings>) -> Self {
        let inhibition = Inhibition::new(&rules);
        let rules = (0..).map(RuleId).zip(rules);
        let rules = rules.map(|(id, settings)| RuleState::new(id, settings)).collect();
        let (timers, blocked, digests) = Default::default();
        let (mutes, stirred, now) = (Mutes::default(), BTreeSet::new(), Timestamp::default());
        let up = None;
        Self { seed, host, rules, timers, blocked, digests, mutes, inhibition, stirred, up, now }
    }

    /// Takes up what was saved at `saved_at`. Returns what there is to say about open incidents of
    /// rules that detect something else now: they are closed.
    ///
    /// Records of rules that are not configured any more are left alone, and so kept.
    ///
    /// # Errors
    /// The store's: the state of a group is not what an engine saved.
    pub fn restore(
        &mut self,
        rules: &[RuleRecord],
        groups: Vec<GroupRecord>,
        saved_at: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Alert>, RestoreError> {
        self.now = now;
        // A wall clock that was set back while the agent was down must not stretch any window.
        let set_back = saved_at.since(now);
        for record in rules {
            let Some(rule) = self.rule_named(&record.name) else { continue };
            (rule.matched, rule.untold) = (record.matched, record.untold);
            rule.counted = record.fingerprint != rule.settings.fingerprint;
            let remembered = rule.remember(&record.state, set_back);
            remembered.map_err(|source| RestoreError { rule: Arc::clone(&record.name), source })?;
        }
        let mut last = Vec::new();
        for record in groups {
            let Some(rule) = self.rule_named(&record.rule) else { continue };
            let (id, is_same) = (rule.id, !rule.counted);
            rule.saved.insert(record.key.clone());
            let mut group = serde_json::from_str::<Group>(&record.state)
                .map_err(|source| RestoreError { rule: record.rule, source })?;
            group.shift_back(set_back);
            if is_same {
                self.put(id, record.key, group);
            } else {
                self.keep_of(id, &record.key, &mut group);
                let rule = &mut self.rules[id.0 as usize];
                let alert = rule.give_up(&record.key, &mut group, now);
                last.extend(alert.map(|alert| (alert, group)));
                rule.counted = true;
                rule.changed.insert(record.key);
            }
        }
        let mut alerts = Vec::new();
        for (alert, mut group) in last {
            self.pass_last(alert, &mut group, now, &mut alerts);
        }
        for id in self.rules.iter().map(|rule| rule.id).collect::<Vec<_>>() {
            let rule = &mut self.rules[id.0 as usize];
            let digests = if rule.counted { rule.give_up_digests(now) } else { Vec::new() };
            self.schedule_digest(id);
            for digest in digests {
                self.pass_digest(digest, now, &mut alerts);
            }
        }
        // What was shifted must be saved as it is now, or the next start would not shift it.
        if set_back.is_zero() {
            let unchanged = self.rules.iter_mut().filter(|rule| !rule.counted);
            unchanged.for_each(|rule| rule.changed.clear());
        } else {
            let known =
                |rule: &&mut RuleState| rules.iter().any(|own| own.name == rule.settings.name);
            self.rules.iter_mut().filter(known).for_each(|rule| rule.counted = true);
        }
        Ok(alerts)
    }

    /// Takes in hits, in order, and returns what there is to say. Time passes to `now` first.
    pub fn on_hits(&mut self, hits: &[Hit], now: Timestamp) -> Vec<Alert> {
        let mut alerts = self.on_time(now);
        for hit in hits {
            match hit.part {
                Part::Match => self.on_hit(hit, now, &mut alerts),
                Part::End => self.on_end(hit),
                Part::Resolve => alerts.extend(self.on_resolve(hit, now)),
            }
            if self.is_stirred() {
                self.settle(now, &mut alerts);
            }
        }
        if self.gates_deadline().is_some_and(|due| due <= now) {
            self.settle(now, &mut alerts);
        }
        alerts
    }

    /// Lets time pass to `now` and returns what there is to say. Calling this early or twice is
    /// harmless.
    pub fn on_time(&mut self, now: Timestamp) -> Vec<Alert> {
        self.now = now;
        let mut alerts = Vec::new();
        while let Some((due, id, key)) = self.timers.first().cloned()
            && due <= now
        {
            self.pass_time(id, key, now, &mut alerts);
        }
        self.settle(now, &mut alerts);
        // Behind the groups, so that what they have to say now is in it.
        while let Some((due, id)) = self.digests.first().copied()
            && due <= now
        {
            let digest = self.rules[id.0 as usize].on_digest_time(now);
            self.schedule_digest(id);
            if let Some(digest) = digest {
                self.pass_digest(digest, now, &mut alerts);
            }
        }
        if self.gates_deadline().is_some_and(|due| due <= now) {
            self.settle(now, &mut alerts);
        }
        alerts
    }

    /// When [`Self::on_time`] next has something to do.
    pub fn deadline(&self) -> Option<Timestamp> {
        let due = self.timers.first().map(|(due, ..)| *due);
        let digest = self.digests.first().map(|(due, _)| *due);
        let due = due.into_iter().chain(digest).chain(self.gates_deadline()).min();
        due.filter(|due| *due < Timestamp::MAX)
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        let mut changes = Changes::default();
        for rule in &mut self.rules {
            changes.rules.extend(rule.take_record());
            rule.take_groups(&mut changes);
            let name = &rule.settings.name;
            for (value, last) in rule.known.take_changes() {
                let rule = Arc::clone(name);
                match last {
                    Some(last) => changes.values.push(ValueRecord { rule, value, last }),
                    None => changes.values_gone.push((rule, value)),
                }
            }
        }
        (changes.mutes, changes.unmuted) = self.mutes.take_changes();
        changes
    }

    fn on_hit(&mut self, hit: &Hit, now: Timestamp, alerts: &mut Vec<Alert>) {
        let id = hit.rule;
        let rule = &mut self.rules[id.0 as usize];
        if !rule.is_news(hit, &self.host, now) {
            return;
        }
        let own = key::of(&rule.words, &hit.sample, &self.host);
        let key = self.room_for(id, &own);
        // At one instant, timers come before hits: a window of no length ends before each.
        let group = self.rules[id.0 as usize].groups.get(&key);
        if group.is_some_and(|group| group.is_due(now)) {
            self.pass_time(id, key.clone(), now, alerts);
        }
        let mut group = self.take(id, &key).unwrap_or_default();
        if key != own {
            group.count_in(&own);
        }
        let rule = &mut self.rules[id.0 as usize];
        let alert = rule.on_hit(hit, &key, &mut group, now, &self.seed);
        self.pass_gates(id, &key, &mut group, alert, now, alerts);
        self.put(id, key, group);
    }

    /// Takes in the end of what matches of any group of the rule began.
    fn on_end(&mut self, hit: &Hit) {
        let rule = &mut self.rules[hit.rule.0 as usize];
        let Detector::Pair { by, within } = &rule.settings.detector else { return };
        let (values, within) = (Values::of(by, &hit.sample), *within);
        // An end need not have what its start is grouped by.
        let groups = rule.groups.iter().filter(|(_, group)| group.starts.has(values));
        for key in groups.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            let Some(mut group) = self.take(hit.rule, &key) else { continue };
            group.starts.end(values, hit, within);
            self.put(hit.rule, key, group);
        }
        let rule = &mut self.rules[hit.rule.0 as usize];
        rule.counted |= rule.ends.add(values, hit);
    }

    /// Lets time pass for one group.
    fn pass_time(&mut self, id: RuleId, key: GroupKey, now: Timestamp, alerts: &mut Vec<Alert>) {
        let Some(mut group) = self.take(id, &key) else { return };
        let alert = self.rules[id.0 as usize].on_time(&key, &mut group, now, &self.seed);
        self.pass_gates(id, &key, &mut group, alert, now, alerts);
        self.put(id, key, group);
    }

    /// Lets out `alert`, which is of `group`, unless it is told together with others. All that groups have
    /// to say comes by here, once their gates are open.
    fn let_out(&mut self, alert: Alert, group: &mut Group, now: Timestamp, out: &mut Vec<Alert>) {
        let id = alert.rule;
        let alert = self.rules[id.0 as usize].weather(alert, group);
        self.schedule_digest(id);
        if let Some(alert) = alert {
            self.exit(alert, now, out);
        }
    }

    /// Sets the timer for what is told of many groups of a rule together.
    fn schedule_digest(&mut self, id: RuleId) {
        let rule = &mut self.rules[id.0 as usize];
        let due = rule.digest_deadline();
        let before = std::mem::replace(&mut rule.digest_due, due);
        if before != due {
            before.map(|before| self.digests.remove(&(before, id)));
            self.digests.extend(due.map(|due| (due, id)));
        }
    }

    fn rule_named(&mut self, name: &str) -> Option<&mut RuleState> {
        self.rules.iter_mut().find(|rule| *rule.settings.name == *name)
    }
}
