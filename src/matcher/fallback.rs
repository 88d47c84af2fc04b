//! Patterns that require nothing rare: one automaton for all of them, over every byte.

use std::ops::Range;

use regex_automata::hybrid::dfa::{self, Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Input, MatchErrorKind, MatchKind, PatternSet};
use regex_syntax::hir::Hir;

use super::Event;
use crate::flow::Chunk;

/// One automaton whose states are built as they are needed.
///
/// Where it gives up, since a text needs ever other states or has letters that it cannot judge, each
/// of its patterns may match.
#[derive(Debug)]
pub(super) struct Fallback {
    automaton: DFA,
    /// The states that are there.
    cache: Option<Cache>,
    /// The number of each of the automaton's patterns among all patterns.
    numbers: Vec<u32>,
    /// Patterns that match in the event at hand. Reused.
    matched: PatternSet,
}

impl Fallback {
    /// Bytes that the states may take, before they are built anew.
    const STATES: usize = 4 << 20;
    /// Times that they are built anew before it is looked whether that pays.
    const MIN_CLEARED: usize = 3;
    /// Bytes for each state that make it pay: with fewer the automaton gives up.
    const MIN_BYTES_PER_STATE: usize = 10;

    /// An automaton for `patterns`, each with its number, as they run over a buffer of events; for
    /// none, none.
    pub(super) fn new(patterns: Vec<(u32, Hir)>) -> Option<Self> {
        if patterns.is_empty() {
            return None;
        }
        let (numbers, patterns): (Vec<u32>, Vec<Hir>) = patterns.into_iter().unzip();
        // Each pattern passed its own limit, and all together passed `Pattern::MAX_TOGETHER`. With
        // one here, a rule that is fine alone would fail in company.
        let settings = thompson::Config::new()
            .utf8(false)
            .nfa_size_limit(None)
            .which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new()
            .configure(settings)
            .build_many_from_hir(&patterns)
            .expect("patterns that compile alone, without a limit together");
        let settings = dfa::Config::new()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .cache_capacity(Self::STATES)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(Self::MIN_CLEARED))
            .minimum_bytes_per_state(Some(Self::MIN_BYTES_PER_STATE));
        let automaton = dfa::Builder::new()
            .configure(settings)
            .build_from_nfa(nfa)
            .expect("fewer states than can be numbered");
        let matched = PatternSet::new(numbers.len());
        Some(Self { automaton, cache: None, numbers, matched })
    }

    /// The numbers of its patterns.
    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Bytes that its states take.
    pub(super) fn n_states(&self) -> usize {
        self.cache.as_ref().map_or(0, Cache::memory_usage)
    }

    /// Lets go of its states.
    pub(super) fn let_go_of_states(&mut self) {
        self.cache = None;
    }

    /// The first event in `range` of `chunk`, which is whole events, in which a pattern may match.
    pub(super) fn next_event(&mut self, chunk: &Chunk<'_>, range: Range<usize>) -> Option<Event> {
        let (from, end) = (range.start, range.end);
        if from >= end {
            return None;
        }
        let input = Input::new(chunk.bytes).range(range).earliest(true);
        let Self { automaton, cache, .. } = self;
        let cache = cache.get_or_insert_with(|| automaton.create_cache());
        let at = match automaton.try_search_fwd(cache, &input) {
            // Where any match ends first. An event that a pattern matches on its own holds the end
            // of a match, so none before this one does.
            Ok(found) => found?.offset(),
            Err(error) => match *error.kind() {
                MatchErrorKind::Quit { offset, .. } | MatchErrorKind::GaveUp { offset } => {
                    offset.max(from)
                }
                _ => from,
            },
        };
        // An event whose line end is there ends before it.
        let last =
            if end < chunk.bytes.len() || chunk.bytes.ends_with(b"\n") { end } else { end + 1 };
        if at >= last {
            return None;
        }
        Some(Event::around(chunk, from, at.min(end - 1)))
    }

    /// Calls `on_pattern` with each pattern that may match `event`.
    pub(super) fn patterns_of(
        &mut self,
        bytes: &[u8],
        event: &Event,
        mut on_pattern: impl FnMut(u32),
    ) {
        if let [only] = self.numbers[..] {
            on_pattern(only);
            return;
        }
        let Self { automaton, cache, matched, .. } = self;
        let cache = cache.get_or_insert_with(|| automaton.create_cache());
        matched.clear();
        let input = Input::new(bytes).range(event.start..event.text_end);
        let found = automaton.try_which_overlapping_matches(cache, &input, matched);
        if found.is_err() {
            self.numbers.iter().copied().for_each(on_pattern);
            return;
        }
        self.matched.iter().for_each(|pattern| on_pattern(self.numbers[pattern.as_usize()]));
    }
}
