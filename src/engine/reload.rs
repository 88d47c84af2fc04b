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
            let id = rule.id;
            let mut keys: Vec<GroupKey> = rule.groups.keys().cloned().collect();
            keys.sort();
            let first = alerts.len();
            for key in keys {
                let Some(mut group) = self.let_go(id, &key) else { continue };
                self.keep_of(id, &key, &mut group);
                let rule = &mut self.rules[index];
                rule.changed.insert(key.clone());
                if let Some(alert) = rule.give_up(&key, &mut group, now) {
                    self.pass_last(alert, &mut group, now, &mut alerts);
                }
            }
            let digests = self.rules[index].give_up_digests(now);
            self.schedule_digest(id);
            for digest in digests {
                self.pass_digest(digest, now, &mut alerts);
            }
            let changed =
                alerts[first..].iter_mut().filter(|own| own.reason == Reason::RuleChanged);
            for alert in changed.filter(|_| is_gone) {
                alert.reason = Reason::RuleRemoved;
            }
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
