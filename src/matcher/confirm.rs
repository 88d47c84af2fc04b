//! The pattern itself on an event, compiled when it is first needed.

use std::sync::Arc;

use super::patterns::Branch;
use super::ready::Ready;
use super::{Condition, MatchSettings, Pattern};
use crate::fields;
use crate::flow::{Bytes, Captures, Part, RuleId, Sample};

/// The patterns of all rules, as far as they are compiled. Most patterns of most logs never are.
#[derive(Debug)]
pub(super) struct Compiled {
    /// By rule: where its patterns are in `all`: those that are sought, those of its `also`, those of its
    /// `not`, those of its conditions.
    begins: Vec<usize>,
    all: Vec<Option<Box<Ready>>>,
    /// By rule: the fields that it asks for.
    fields: Vec<Vec<Arc<str>>>,
    /// Bytes that their states take.
    n_states: usize,
    /// Bytes that these may take together.
    max_states: usize,
    /// A pattern since was tried on a part of its text only.
    is_unsure: bool,
}

impl Compiled {
    /// Bytes that states which are built as they are needed may take, beside those of the pattern that
    /// is at work. Beyond, all others are let go of and built anew.
    ///
    /// Those of a thousand rules that all have matched take about 20 MiB. What compiled patterns take
    /// without them, [`Pattern::MAX_TOGETHER`] bounds.
    pub(super) const MAX_STATES: usize = 64 << 20;

    /// Room for the patterns of `rules`, none of which is compiled yet.
    pub(super) fn new(rules: &[MatchSettings], max_states: usize) -> Self {
        let mut n_patterns = 0;
        let begins = rules.iter().map(|rule| {
            let begin = n_patterns;
            n_patterns += rule.n_sought() + rule.also.len() + rule.none.len();
            n_patterns += rule.when.iter().flat_map(Condition::patterns).count();
            begin
        });
        let begins = begins.collect();
        let all = std::iter::repeat_with(|| None).take(n_patterns).collect();
        let fields = rules.iter().map(|rule| rule.names().cloned().collect()).collect();
        Self { begins, all, fields, n_states: 0, max_states, is_unsure: false }
    }

    /// Bytes that the states of all take.
    #[cfg(test)]
    pub(super) fn n_states(&self) -> usize {
        self.n_states
    }

    /// Whether a pattern since the last call was tried on a part of its event only, as that is very long
    /// and needs ever other states.
    pub(super) fn take_unsure(&mut self) -> bool {
        std::mem::take(&mut self.is_unsure)
    }

    /// What the first of `branches`, all of them of one of `rules`, that matches `text` captures
    /// there, unless the rule refuses it, and what it is to the rule.
    pub(super) fn captures(
        &mut self,
        rules: &[MatchSettings],
        branches: &[Branch],
        text: &[u8],
    ) -> Option<(Part, Captures)> {
        let id = branches.first()?.rule;
        let rule = &rules[id.0 as usize];
        let begin = self.begins[id.0 as usize];
        let mut matching = |branch: &Branch| {
            self.match_one(begin + branch.place, rule.sought_at(branch.place), text)
        };
        let n_any = branches.partition_point(|branch| branch.place < rule.any.len());
        let (any, others) = branches.split_at(n_any);
        // `job done` matches `job` too, and begins nothing.
        let other = others.iter().find_map(|branch| Some((branch.place, matching(branch)?)));
        if let Some((place, mut captures)) = other {
            self.values(id, rule, text).add_to(&mut captures);
            return Some((rule.part_at(place), captures));
        }
        let mut captures = any.iter().find_map(matching)?;
        if self.is_refused(begin, rule, text) {
            return None;
        }
        for (place, pattern) in rule.also.iter().enumerate() {
            let more = self.match_one(begin + rule.n_sought() + place, pattern, text)?;
            add(more, &mut captures);
        }
        let values = self.values(id, rule, text);
        if !self.is_met(begin, rule, &values) {
            return None;
        }
        values.add_to(&mut captures);
        Some((Part::Match, captures))
    }

    /// The fields that `rule` asks for, as far as `text` has them.
    fn values(&self, id: RuleId, rule: &MatchSettings, text: &[u8]) -> Values {
        let names = &self.fields[id.0 as usize];
        let Some(form) = rule.form.filter(|_| !names.is_empty()) else { return Values::default() };
        let values = fields::values(form, text, names);
        let taken = names.iter().cloned().zip(values);
        let mut all: Vec<_> = taken.collect();
        let fields = all.split_off(rule.when.len());
        Values { conditions: all, fields }
    }

    /// Whether `values` meet all conditions of `rule`, whose patterns begin with the number `begin`.
    fn is_met(&mut self, begin: usize, rule: &MatchSettings, values: &Values) -> bool {
        let mut begin = begin + rule.n_sought() + rule.also.len() + rule.none.len();
        for (place, condition) in rule.when.iter().enumerate() {
            let value = values.conditions.get(place).and_then(|(_, value)| value.as_deref());
            let is_like = |place, pattern: &Pattern, value: &[u8]| {
                self.run(begin + place, pattern, |it| it.is_match(value))
            };
            if !condition.is_met(value, is_like) {
                return false;
            }
            begin += condition.patterns().count();
        }
        true
    }

    /// Whether a pattern of `rule`'s `not` matches `text`. The numbers of its patterns begin with
    /// `begin`.
    fn is_refused(&mut self, begin: usize, rule: &MatchSettings, text: &[u8]) -> bool {
        let begin = begin + rule.n_sought() + rule.also.len();
        let mut refusing = rule.none.iter().enumerate();
        refusing.any(|(place, pattern)| self.run(begin + place, pattern, |it| it.is_match(text)))
    }

    fn match_one(&mut self, number: usize, pattern: &Pattern, text: &[u8]) -> Option<Captures> {
        self.run(number, pattern, |ready| match pattern.names() {
            [] => ready.is_match(text).then(Captures::new),
            names => ready.captures(names, text),
        })
    }

    /// Runs `pattern`, which has this number.
    fn run<T>(
        &mut self,
        number: usize,
        pattern: &Pattern,
        work: impl FnOnce(&mut Ready) -> T,
    ) -> T {
        let ready = self.all[number].get_or_insert_with(|| Box::new(Ready::new(pattern)));
        let n_before = ready.n_states();
        let result = work(ready);
        self.is_unsure |= ready.take_unsure();
        self.n_states = self.n_states - n_before + ready.n_states();
        if self.n_states > self.max_states {
            self.keep_states_of(number);
        }
        result
    }

    fn keep_states_of(&mut self, number: usize) {
        let others = self.all.iter_mut().enumerate().filter(|(other, _)| *other != number);
        for ready in others.filter_map(|(_, ready)| ready.as_mut()) {
            self.n_states -= ready.n_states();
            ready.let_go_of_states();
        }
    }
}

/// Fields of an event, each with its value.
#[derive(Default)]
struct Values {
    /// Those that conditions are on, in their order.
    conditions: Vec<(Arc<str>, Option<Vec<u8>>)>,
    /// Those that are taken out.
    fields: Vec<(Arc<str>, Option<Vec<u8>>)>,
}

impl Values {
    /// Adds those that are taken out, and are there, to `captures`.
    fn add_to(self, captures: &mut Captures) {
        let there = self
            .fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, Bytes::cut(&value?, Sample::MAX_CAPTURE))));
        add(there, captures);
    }
}

/// Adds those of `more` whose names are not among `captures` yet.
fn add(more: impl IntoIterator<Item = (Arc<str>, Bytes)>, captures: &mut Captures) {
    for (name, value) in more {
        if captures.iter().all(|(own, _)| *own != name) {
            captures.push((name, value));
        }
    }
}
