//! Where a pattern matches in a text that is too long to be gone through state by state.
//!
//! An automaton whose states are built as they are needed reads a byte at a time, whatever the pattern.
//! But a text may need ever other states: then it gives up, and all that is left is to go through the
//! pattern's own states at each byte. On one line that can take minutes, so this is done on a part of it.

use std::ops::Range;

use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::hybrid::regex::{Builder, Cache, Regex};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::{Input, MatchKind};

use super::Pattern;

/// Looks for matches of one pattern, in a time that is of the order of the text's length.
#[derive(Debug)]
pub(super) struct Scout {
    regex: Regex,
    cache: Cache,
}

/// What a scout tells of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Sighted {
    /// The pattern does not match it.
    Nothing,
    /// The first match, as the pattern itself finds it.
    Match(Range<usize>),
    /// It gave up.
    Unknown,
}

impl Scout {
    /// Times that the states are built anew before it is looked whether that pays, and bytes for each
    /// state that make it pay.
    const MIN_CLEARED: usize = 3;
    const MIN_BYTES_PER_STATE: usize = 10;

    pub(super) fn new(pattern: &Pattern) -> Self {
        let automaton = |kind: MatchKind| -> DFA {
            let settings = thompson::Config::new()
                .utf8(false)
                .reverse(kind == MatchKind::All)
                .nfa_size_limit(Some(Pattern::MAX_COMPILED))
                .which_captures(WhichCaptures::None);
            let nfa: NFA = thompson::Compiler::new()
                .configure(settings)
                .build_from_hir(pattern.hir())
                .expect("a pattern that was found to compile");
            let settings = dfa::Config::new()
                .match_kind(kind)
                .unicode_word_boundary(true)
                .cache_capacity(Pattern::STATES)
                .skip_cache_capacity_check(true)
                .minimum_cache_clear_count(Some(Self::MIN_CLEARED))
                .minimum_bytes_per_state(Some(Self::MIN_BYTES_PER_STATE));
            let builder = dfa::Builder::new().configure(settings).build_from_nfa(nfa);
            builder.expect("fewer states than can be numbered")
        };
        // Backwards from an end, the longest match is the one that begins first.
        let (forward, reverse) = (automaton(MatchKind::LeftmostFirst), automaton(MatchKind::All));
        let regex = Builder::new().build_from_dfas(forward, reverse);
        let cache = regex.create_cache();
        Self { regex, cache }
    }

    /// Bytes that the states take which were built so far.
    pub(super) fn n_states(&self) -> usize {
        self.cache.memory_usage()
    }

    /// Where the pattern matches `text` first.
    pub(super) fn find(&mut self, text: &[u8]) -> Sighted {
        match self.regex.try_search(&mut self.cache, &Input::new(text)) {
            Ok(None) => Sighted::Nothing,
            Ok(Some(found)) => Sighted::Match(found.range()),
            Err(_) => Sighted::Unknown,
        }
    }
}
