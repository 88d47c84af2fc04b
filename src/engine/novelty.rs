//! One rule with `new`: which values it has seen, and which are news.

use crate::flow::{Digest, Hit, Reason, RuleId, Span, Timestamp, ValueRecord};

use super::Engine;
use super::condition::Known;
use super::key;
use super::rule::{Fired, RuleState};
use super::settings::{Detector, GroupWord};

impl Engine {
    /// The rules that tell of new values, or of more or fewer matches than usual, and have learnt nothing
    /// yet: before [`Self::expect`], they can be taught what was there before.
    pub fn rules_to_teach(&self) -> impl Iterator<Item = RuleId> {
        let is_new = |rule: &&RuleState| match rule.settings.detector {
            Detector::New { .. } => rule.live_since.is_none(),
            Detector::Spike { .. } => rule.knows_nothing_usual(),
            _ => false,
        };
        self.rules.iter().filter(is_new).map(|rule| rule.id)
    }

    /// Takes in matches of before that no match of now is, of [`Self::rules_to_teach`]. Nothing is told
    /// or counted of them. New values of before `since` are too old to learn from.
    pub fn learn(&mut self, hits: &[Hit], since: Timestamp, now: Timestamp) {
        for hit in hits {
            let rule = &mut self.rules[hit.rule.0 as usize];
            if rule.is_spike() {
                self.learn_usual(hit, now);
                continue;
            }
            let Detector::New { forget, .. } = rule.settings.detector else { continue };
            // A stamp that is wrong must not keep a value known for years.
            let time = hit.time.min(now);
            if let Some(value) = rule.value_of(hit, &self.host).filter(|_| time >= since) {
                rule.known.on_value(value, time, forget);
            }
        }
    }

    /// How many values a rule knows.
    pub fn n_known(&self, id: RuleId) -> usize {
        self.rules[id.0 as usize].known.len()
    }

    /// Takes up the values that were saved, after [`Self::restore`]. What is of rules that tell of other
    /// values now, or of none, is let go.
    pub fn recall(&mut self, values: Vec<ValueRecord>, saved_at: Timestamp, now: Timestamp) {
        for record in values {
            let Some(rule) = self.rule_named(&record.rule) else { continue };
            match rule.live_since {
                Some(_) => rule.known.restore(record.value, record.last),
                None => rule.known.disown(record.value),
            }
        }
        let set_back = saved_at.since(now);
        if !set_back.is_zero() {
            self.rules.iter_mut().for_each(|rule| rule.known.shift_back(set_back));
        }
    }
}

impl RuleState {
    /// Whether the rule tells of new values.
    pub(super) fn is_novelty(&self) -> bool {
        matches!(self.settings.detector, Detector::New { .. })
    }

    /// Begins to tell of new values, unless it did before. With `learn` it waits for so long.
    pub(super) fn go_live(&mut self, now: Timestamp) {
        if self.is_novelty() && self.live_since.is_none() {
            self.live_since = Some(now);
            self.counted = true;
        }
    }

    /// Takes in the value of a match. Returns whether it is one to tell of; any other is counted, and
    /// that is all. A match without a value is none.
    pub(super) fn is_news(&mut self, hit: &Hit, host: &str, now: Timestamp) -> bool {
        let Detector::New { learn, forget, .. } = self.settings.detector else { return true };
        self.go_live(now);
        let is_live = self.live_since.is_some_and(|since| now >= since + learn);
        let value = self.value_of(hit, host);
        let is_new = value.is_some_and(|value| self.known.on_value(value, hit.time, forget));
        if !is_new || !is_live {
            self.matched += 1;
            self.untold += 1;
            self.counted = true;
            return false;
        }
        self.known.forget(now - forget);
        true
    }

    /// That a value is news.
    pub(super) fn news(&self, hit: &Hit, of: &GroupWord) -> Fired {
        let known = (self.known.len() as u64).saturating_sub(1);
        let is_full = self.known.len() >= Known::MAX;
        let reason = Reason::New { of: of.as_str().into(), known, is_full };
        Fired { count: 1, span: Span::at(hit.time), reason }
    }

    /// What a match has of the rule's words, as a hash. Values that a group's name shows cut are told
    /// apart in full.
    fn value_of(&self, hit: &Hit, host: &str) -> Option<u64> {
        let Detector::New { of, .. } = &self.settings.detector else { return None };
        if let GroupWord::Capture(name) = of {
            key::capture(name, &hit.sample)?;
        }
        let digest = self.words.iter().fold(Digest::new("new"), |digest, word| {
            key::with_value(digest, word, &hit.sample, host)
        });
        Some(digest.finish_short())
    }
}
