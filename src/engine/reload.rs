//! Other settings while the agent runs: what detects the same goes on, what does not is given up.

use crate::flow::{Alert, GroupKey, Reason, Timestamp};

use super::Engine;
use super::rule::RuleState;
use super::settings::EngineSettings;

impl Engine {
    /// Closes what is open of the rules that detect something else by `next`, or are not in it any
    /// more, and forgets the rest of them but for their counts. Returns what there is to say about it.
    ///
    /// With what is to be saved after this an engine for `next` takes up the rest as after a restart.
    pub fn retire(&mut self, next: &[EngineSettings], now: Timestamp) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for index in 0..self.rules.len() {
            let rule = &self.rules[index];
            if next.iter().any(|next| rule.is_as(next)) {
                continue;
            }
            let is_gone = next.iter().all(|next| next.name != rule.settings.name);
            let (id, digest_due) = (rule.id, rule.digest_due);
            let mut keys: Vec<GroupKey> = rule.groups.keys().cloned().collect();
            keys.sort();
            let mut last = Vec::new();
            for key in keys {
                let Some(mut group) = self.take(id, &key) else { continue };
                let rule = &mut self.rules[index];
                let alert = rule.give_up(&key, &mut group, now);
                last.extend(alert.and_then(|alert| rule.weather(alert, &mut group)));
                rule.changed.insert(key);
            }
            let rule = &mut self.rules[index];
            last.extend(rule.give_up_storm(now));
            rule.digest_due = None;
            self.digests.retain(|own| Some(*own) != digest_due.map(|due| (due, id)));
            let reason = if is_gone { Reason::RuleRemoved } else { Reason::RuleChanged };
            alerts.extend(last.into_iter().map(|alert| Alert { reason: reason.clone(), ..alert }));
        }
        alerts
    }

    /// Takes over what `before` knew of how far logs were read, for the rules that detect the same. What
    /// others wait for is not told before that is known.
    pub fn go_on_reading(&mut self, before: &Self) {
        for rule in self.rules.iter_mut().filter(|rule| rule.needs_reading()) {
            let known = before.rules.iter().find(|other| other.is_as(&rule.settings));
            rule.read_up_to = known.map_or(Timestamp::default(), |known| known.read_up_to);
            rule.blind_at = known.and_then(|known| known.blind_at);
        }
        let keys: Vec<_> = self.timers.iter().map(|(_, id, key)| (*id, key.clone())).collect();
        for (id, key) in keys {
            self.reschedule(id, &key);
        }
    }
}

impl RuleState {
    /// Whether a rule of `settings` detects the same under the same name.
    fn is_as(&self, settings: &EngineSettings) -> bool {
        self.settings.name == settings.name && self.settings.fingerprint == settings.fingerprint
    }
}
