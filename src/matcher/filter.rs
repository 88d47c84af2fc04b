//! One pass over many lines for all patterns at once: where may a rule match?

use regex_automata::meta::{self, Cache};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Input, MatchKind, PatternSet};

use crate::flow::{RuleId, SourceId};

use super::{Line, MatchSettings, rules_for};

/// All patterns of the rules that apply to one log, as one automaton over a buffer of lines.
#[derive(Debug)]
pub(super) struct Filter {
    automaton: meta::Regex,
    cache: Cache,
    /// The rule of each of the automaton's patterns.
    owners: Vec<RuleId>,
    /// Patterns that match in the line at hand. Reused.
    matched: PatternSet,
    /// Rules of those patterns, ascending. Reused.
    rules: Vec<RuleId>,
}

impl Filter {
    /// Bytes that the automaton's lazily built states may take, before they are built anew.
    const STATES: usize = 4 << 20;

    pub(super) fn new(all: &[MatchSettings], sources: &[SourceId]) -> Self {
        let mut owners = Vec::new();
        let mut patterns = Vec::new();
        for (id, rule) in rules_for(all, sources) {
            owners.extend(rule.any.iter().map(|_| id));
            patterns.extend(rule.any.iter().map(super::Pattern::in_buffer));
        }
        // Each pattern passed its own size limit; together they have none, or a rule that is fine
        // alone would fail in company.
        let settings = meta::Config::new()
            .match_kind(MatchKind::All)
            .utf8_empty(false)
            .which_captures(WhichCaptures::Implicit)
            .nfa_size_limit(None)
            .onepass(false)
            .hybrid_cache_capacity(Self::STATES);
        let automaton = meta::Builder::new()
            .configure(settings)
            .build_many_from_hir(&patterns)
            .expect("patterns that compile alone, without a limit together");
        let cache = automaton.create_cache();
        let matched = PatternSet::new(owners.len());
        Self { automaton, cache, owners, matched, rules: Vec::new() }
    }

    /// The first line at or after `at`, where a line of `bytes` begins, in which a pattern may match.
    pub(super) fn next_line(&mut self, bytes: &[u8], at: usize) -> Option<Line> {
        if at >= bytes.len() {
            return None;
        }
        let input = Input::new(bytes).range(at..);
        let found =
            self.automaton.search_half_with(&mut self.cache, &input.clone().earliest(true))?;
        // The search tells where a match ends, as early as it can be known: no later than in the
        // line of the leftmost match, and `\n` is in no class, so the end stands in its line.
        let line = Line::around(bytes, found.offset().min(bytes.len()));
        (line.start < bytes.len()).then_some(line)
    }

    /// The rules that may match `line`, ascending, each once.
    pub(super) fn rules_of(&mut self, bytes: &[u8], line: &Line) -> &[RuleId] {
        self.rules.clear();
        if let [only] = self.owners[..] {
            self.rules.push(only);
            return &self.rules;
        }
        self.matched.clear();
        let input = Input::new(bytes).range(line.start..line.text_end);
        self.automaton.which_overlapping_matches(&input, &mut self.matched);
        self.rules.extend(self.matched.iter().map(|pattern| self.owners[pattern.as_usize()]));
        self.rules.sort_unstable();
        self.rules.dedup();
        &self.rules
    }
}
