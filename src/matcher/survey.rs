//! What the filter looks for in one log, rule by rule, and what it lets through: what rules cost.

use std::ops::Range;

use super::atoms::Atom;
use super::patterns::Branch;
use super::{Event, Matcher};
use crate::flow::{Chunk, RuleId};

/// What came of a look at a chunk.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Events of the chunk.
    pub n_events: usize,
    /// Each rule that applies to the chunk, by its id.
    pub rules: Vec<Surveyed>,
}

/// What came of it for one rule.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// The rule.
    pub rule: RuleId,
    /// Of each of its patterns, those of `match` and then those of `unless`, what is looked for in its
    /// place.
    pub sought: Vec<Sought>,
    /// Where the texts of the events lie that one of the patterns has to be tried on.
    pub candidates: Vec<Range<usize>>,
}

/// What is looked for in a pattern's place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sought {
    /// One of these: bytes and classes of bytes that follow each other, written as a regex.
    Atoms(Vec<String>),
    /// The pattern itself, in every line: every match holds one of these, but so do too many lines.
    Frequent(Vec<String>),
    /// The pattern itself, in every line: its matches have no bytes in common.
    Nothing,
}

impl Matcher {
    /// Looks at all of `chunk` as [`scan`](Self::scan) does, and stops before any pattern is tried.
    pub fn survey(&mut self, chunk: &Chunk<'_>) -> Survey {
        let Self { rules, kernel, n_states, finders, .. } = self;
        let finders = finders.entry(chunk.sources.clone()).or_default();
        let finder = finders.for_chunk(chunk, rules, *kernel);
        let mut all: Vec<Surveyed> = Vec::new();
        for (number, &Branch { rule, .. }) in (0..).zip(finder.patterns().branches()) {
            let sought = finder.patterns().sought(number, rules);
            match all.last_mut().filter(|own| own.rule == rule) {
                Some(own) => own.sought.push(sought),
                None => all.push(Surveyed { rule, sought: vec![sought], candidates: Vec::new() }),
            }
        }
        let n_before = finder.n_states();
        finder.begin(chunk, 0, rules);
        while let Some((event, branches)) = finder.next_event(chunk) {
            for branches in branches.chunk_by(|one, next| one.rule == next.rule) {
                let own = all.binary_search_by_key(&branches[0].rule, |own| own.rule);
                let own = &mut all[own.expect("a rule that applies")];
                own.candidates.push(event.start..event.text_end);
            }
        }
        finder.end();
        // What is over the limit is let go of by the next scan.
        *n_states = *n_states + finder.n_states() - n_before;
        Survey { n_events: n_events(chunk), rules: all }
    }

    /// Whether `rule` matches an event with this text, without the end of its last line: the last
    /// step of [`scan`](Self::scan), which takes out the captures too.
    pub fn is_match(&mut self, rule: RuleId, text: &[u8]) -> bool {
        let all = 0..self.rules[rule.0 as usize].n_sought();
        let branches: Vec<Branch> = all.map(|place| Branch { rule, place }).collect();
        self.compiled.captures(&self.rules, &branches, text).is_some()
    }
}

fn n_events(chunk: &Chunk<'_>) -> usize {
    let (mut n, mut at) = (0, 0);
    while at < chunk.bytes.len() {
        at = Event::around(chunk, at, at).end;
        n += 1;
    }
    n
}

/// The atoms as regexes.
pub(super) fn shown<'a>(atoms: impl Iterator<Item = &'a Atom>) -> Vec<String> {
    atoms.map(ToString::to_string).collect()
}

/// What is looked for in place of `pattern` alone, in a log of which nothing is known.
#[cfg(test)]
pub(super) fn atoms_of(pattern: &regex_syntax::hir::Hir) -> Vec<String> {
    use super::atoms::Required;
    use super::model::Model;
    use super::pattern::Reach;
    let required = Required::of(&[pattern], Reach::Line, Model::common());
    required.map(|own| shown(own.atoms.iter())).unwrap_or_default()
}
