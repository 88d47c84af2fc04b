//! A compiled pattern: whether it matches an event, and what its named groups match there.

use std::ops::Range;
use std::sync::Arc;

use regex_automata::meta::{Cache, Regex};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Hir, Look};

use super::Pattern;
use super::scout::{Scout, Sighted};
use crate::flow::{Bytes, Captures, Sample};

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Ready {
    pattern: Pattern,
    regex: Regex,
    /// What its matches begin with, where that tells at once where one may begin.
    begin: Option<Prefilter>,
    /// States that are built as they are needed.
    states: Option<Cache>,
    /// Where its groups begin and end. Reused.
    slots: Vec<Option<NonMaxUsize>>,
    /// Bytes that the states take.
    n_states: usize,
    /// For texts that are too long for `regex`.
    scout: Option<Box<Scout>>,
    /// A text since was tried in part only.
    is_unsure: bool,
}

impl Ready {
    /// Places at which a match is tried to begin. After that it is searched for, lest a text of nothing
    /// but begins be gone through again from each of them.
    const MAX_BEGINS: usize = 4;
    /// The most bytes of what begins are found with.
    const MAX_BEGIN: usize = 16 << 10;

    pub(super) fn new(pattern: &Pattern) -> Self {
        let n_slots = pattern.names().last().map_or(0, |(index, _)| 2 * (index + 1));
        let begin = if n_slots > 0 { begin_of(pattern.hir()) } else { None };
        Self {
            pattern: pattern.clone(),
            regex: pattern.compile(),
            begin,
            states: None,
            slots: vec![None; n_slots],
            n_states: 0,
            scout: None,
            is_unsure: false,
        }
    }

    /// Bytes that the states take which were built so far.
    pub(super) fn n_states(&self) -> usize {
        self.n_states
    }

    /// Lets go of them. They are built anew as they are needed.
    pub(super) fn let_go_of_states(&mut self) {
        (self.states, self.scout, self.n_states) = (None, None, 0);
    }

    /// Whether a text since the last call was tried in part only: what was told of it may be wrong.
    pub(super) fn take_unsure(&mut self) -> bool {
        std::mem::take(&mut self.is_unsure)
    }

    /// Whether it matches `text`.
    pub(super) fn is_match(&mut self, text: &[u8]) -> bool {
        let is_match = match self.sight(text) {
            Some(Sighted::Nothing) => false,
            Some(Sighted::Match(_)) => true,
            Some(Sighted::Unknown) => {
                self.is_unsure = true;
                self.is_match_in(text, 0..self.pattern.max_tried())
            }
            None => self.is_match_in(text, 0..text.len()),
        };
        self.count_states();
        is_match
    }

    fn is_match_in(&mut self, text: &[u8], span: Range<usize>) -> bool {
        let Self { regex, states, .. } = self;
        let states = states.get_or_insert_with(|| regex.create_cache());
        let input = Input::new(text).span(span).earliest(true);
        regex.search_half_with(states, &input).is_some()
    }

    /// What is to be seen of it in a text that is too long to be tried on all of it.
    fn sight(&mut self, text: &[u8]) -> Option<Sighted> {
        if text.len() <= self.pattern.max_tried() {
            return None;
        }
        Some(self.scout.get_or_insert_with(|| Box::new(Scout::new(&self.pattern))).find(text))
    }

    fn count_states(&mut self) {
        self.n_states = self.states.as_ref().map_or(0, Cache::memory_usage)
            + self.scout.as_ref().map_or(0, |scout| scout.n_states());
    }

    /// What its groups, those of `names`, match in `text`, if it matches.
    pub(super) fn captures(
        &mut self,
        names: &[(usize, Arc<str>)],
        text: &[u8],
    ) -> Option<Captures> {
        let is_match = match self.sight(text) {
            None => self.search(text, 0..text.len()),
            Some(Sighted::Nothing) => false,
            Some(Sighted::Match(found)) => self.fill_slots(text, found),
            Some(Sighted::Unknown) => {
                self.is_unsure = true;
                self.search(text, 0..self.pattern.max_tried())
            }
        };
        self.count_states();
        if !is_match {
            return None;
        }
        let mut captures = Captures::with_capacity(names.len());
        captures.extend(names.iter().filter_map(|(index, name)| {
            let (start, end) = (self.slots[2 * index]?.get(), self.slots[2 * index + 1]?.get());
            Some((Arc::clone(name), Bytes::cut(&text[start..end], Sample::MAX_CAPTURE)))
        }));
        Some(captures)
    }

    /// Fills in where the groups of the first match in `text` are, if there is one.
    ///
    /// To find where a match begins the text is searched for its end and back again. Where it is known
    /// what one begins with, it is tried there at once.
    fn search(&mut self, text: &[u8], span: Range<usize>) -> bool {
        let Self { regex, begin, states, slots, .. } = self;
        let states = states.get_or_insert_with(|| regex.create_cache());
        let mut input = Input::new(text).span(span);
        for _ in 0..Self::MAX_BEGINS {
            let Some(begin) = begin else { break };
            let Some(at) = begin.find(text, input.get_span()) else { return false };
            input.set_start(at.start);
            input.set_anchored(Anchored::Yes);
            if regex.search_slots_with(states, &input, slots).is_some() {
                return true;
            }
            input.set_anchored(Anchored::No);
            if at.start == input.end() {
                return false;
            }
            input.set_start(at.start + 1);
        }
        regex.search_slots_with(states, &input, slots).is_some()
    }

    /// Fills in where the groups of the match at `found` in `text` are, as far as that is known: of one
    /// that is longer than may be tried, none.
    fn fill_slots(&mut self, text: &[u8], found: Range<usize>) -> bool {
        let Self { regex, states, slots, .. } = self;
        slots.fill(None);
        if found.len() > self.pattern.max_tried() {
            self.is_unsure = true;
            return true;
        }
        let states = states.get_or_insert_with(|| regex.create_cache());
        let input = Input::new(text).span(found).anchored(Anchored::Yes);
        regex.search_slots_with(states, &input, slots).is_some()
    }
}

/// What finds the places where a match of `pattern` may begin, if that is fast.
fn begin_of(pattern: &Hir) -> Option<Prefilter> {
    // Tried at the begin of the text only, which needs no search.
    if pattern.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    let begin = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, pattern)?;
    (begin.is_fast() && begin.memory_usage() <= Ready::MAX_BEGIN).then_some(begin)
}
