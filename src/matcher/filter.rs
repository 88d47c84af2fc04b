//! One pass over many events for all patterns at once: where may a rule match?

use regex_automata::meta::{self, Cache};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Input, MatchKind, PatternSet};

use crate::flow::{Chunk, Events, RuleId};

use super::pattern::Reach;
use super::{Event, MatchSettings, rules_for};

/// The filters over the logs of the same sources, each built when first needed.
#[derive(Debug, Default)]
pub(super) struct Filters {
    lines: Option<Filter>,
    events: Option<Filter>,
}

impl Filters {
    /// The filter that looks over `chunk` for the rules among `all` that apply to it.
    pub(super) fn for_chunk(&mut self, chunk: &Chunk<'_>, all: &[MatchSettings]) -> &mut Filter {
        let (filter, reach) = match chunk.events {
            Events::Lines => (&mut self.lines, Reach::Line),
            Events::Framed(_) | Events::Marked(_) => (&mut self.events, Reach::Event),
        };
        filter.get_or_insert_with(|| Filter::new(all, chunk, reach))
    }
}

/// All patterns of the rules that apply to one log, as one automaton over a buffer of events.
#[derive(Debug)]
pub(super) struct Filter {
    automaton: meta::Regex,
    cache: Cache,
    /// The rule of each of the automaton's patterns.
    owners: Vec<RuleId>,
    /// Patterns that match in the event at hand. Reused.
    matched: PatternSet,
    /// Rules of those patterns, ascending. Reused.
    rules: Vec<RuleId>,
}

impl Filter {
    /// Bytes that the automaton's lazily built states may take, before they are built anew.
    const STATES: usize = 4 << 20;

    fn new(all: &[MatchSettings], chunk: &Chunk<'_>, reach: Reach) -> Self {
        let mut owners = Vec::new();
        let mut patterns = Vec::new();
        for (id, rule) in rules_for(all, chunk.sources) {
            owners.extend(rule.any.iter().map(|_| id));
            patterns.extend(rule.any.iter().map(|pattern| pattern.in_buffer(reach)));
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

    /// The first event at or after `from`, where an event of `chunk` begins, in which a pattern may
    /// match.
    pub(super) fn next_event(&mut self, chunk: &Chunk<'_>, from: usize) -> Option<Event> {
        let bytes = chunk.bytes;
        if from >= bytes.len() {
            return None;
        }
        let input = Input::new(bytes).range(from..).earliest(true);
        let found = self.automaton.search_half_with(&mut self.cache, &input)?;
        // Where any match ends first: `MatchKind::All` leaves only engines that stop there. An event
        // that a pattern matches on its own holds the end of a match, so none before this one does.
        let at = match found.offset() {
            end if end < bytes.len() => end,
            _ if bytes.ends_with(b"\n") => return None,
            // The last line lacks its end.
            _ => bytes.len() - 1,
        };
        Some(Event::around(chunk, from, at))
    }

    /// The rules that may match `event`, ascending, each once.
    pub(super) fn rules_of(&mut self, bytes: &[u8], event: &Event) -> &[RuleId] {
        self.rules.clear();
        if let [only] = self.owners[..] {
            self.rules.push(only);
            return &self.rules;
        }
        self.matched.clear();
        let input = Input::new(bytes).range(event.start..event.text_end);
        self.automaton.which_overlapping_matches(&input, &mut self.matched);
        self.rules.extend(self.matched.iter().map(|pattern| self.owners[pattern.as_usize()]));
        self.rules.sort_unstable();
        self.rules.dedup();
        &self.rules
    }
}
