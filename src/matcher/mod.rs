//! `Chunk` → `Hit`: every rule's patterns, in one pass over the bytes.
//!
//! Nearly all bytes of a log match nothing, and can be told so by looking for a few rare bytes. So
//! neither lines nor events are split, and no pattern runs. The road of a byte:
//!
//! ```text
//! rules     │ atoms     of each pattern, what every match holds: rare bytes that follow each other
//! sample    │ model     how rare, in a log like this one
//!           │ plan      which tables find the atoms of all patterns at the least cost
//! bytes     ▼
//!   │ pieces            16 KiB at a time, which stay in the first-level cache
//!   │ kernels, grams    64 places at a time: may an atom be here? (bank: the tables)
//! Place
//!   │ verify            eight bytes at once, then the whole atom
//! Candidate             a place and a pattern
//!   │ find              the event around it, with all patterns that may match it; a second look
//! Event, patterns       (fallback: those of patterns that hold nothing rare)
//!   │ confirm           the pattern itself, on this event; then what else must match, and the fields
//!   │ matched           what is told of it
//! Hit
//! ```
//!
//! Each step may err only by letting too much through: it is the pattern itself that decides.
//!
//! An event is a line, or where the log's lines are framed, all the lines that belong together. A
//! pattern sees the whole of it: `^` and `$` are its begin and end unless `(?m)` makes them those of
//! its lines, `\n` and the classes that hold it match between them, `.` does with `(?s)`.

// In the order of the road.
mod atoms;
mod model;
mod plan;
mod sample;

mod pieces;

mod bank;
mod grams;
mod kernels;

mod verify;

mod fallback;
mod find;
mod patterns;
mod second;

mod confirm;
mod examine;
mod matched;
mod ready;
mod scout;
mod survey;

// What they speak of.
mod condition;
mod event;
mod pattern;
mod settings;
mod simd;

#[cfg(any(test, fuzzing))]
pub mod laws;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::flow::{Chunk, Events, Hit, Part, RuleId, SourceId};

use confirm::Compiled;
use event::Event;
use find::Finder;
use kernels::Kernel;
use matched::Matched;
use pattern::Reach;
use patterns::{Branch, Patterns};

pub use condition::{Compare, Condition, Number, Test};
pub use examine::{Asked, Examined, Place, Tried, events};
pub use pattern::{Pattern, PatternError};
pub use settings::{Context, MatchSettings};
pub use simd::{Simd, SimdError};
pub use survey::{Sought, Survey, Surveyed};

/// Finds the events that rules match.
#[derive(Debug)]
pub struct Matcher {
    rules: Vec<MatchSettings>,
    compiled: Compiled,
    kernel: Kernel,
    /// Bytes of states that finders have built, and may build.
    n_states: usize,
    max_states: usize,
    /// Events since that patterns of these rules were tried on a part of only.
    unsure: BTreeMap<RuleId, u64>,
    /// What finds events for each set of sources that some log is watched by.
    finders: HashMap<Arc<[SourceId]>, Finders>,
}

/// For the logs of the same sources, each made when first needed.
#[derive(Debug, Default)]
struct Finders {
    lines: Option<Finder>,
    events: Option<Finder>,
}

impl Matcher {
    /// Hits that are given at once, but for those of the last event: a MiB of short lines that all
    /// match, each with its context, would be hundreds of MiB.
    pub const MAX_HITS: usize = 256;
    /// Bytes that states may take which are built for patterns without atoms, over all logs; beyond,
    /// only those of the log at hand are kept.
    const MAX_STATES: usize = 64 << 20;

    /// A matcher for `rules`, where a rule's place is its [`RuleId`].
    pub fn new(rules: Vec<MatchSettings>) -> Self {
        Self::with(rules, Simd::Best).expect("a processor has what it has")
    }

    /// The same with the instructions of `simd`.
    ///
    /// # Errors
    /// The operator's: this processor does not have them.
    pub fn with(rules: Vec<MatchSettings>, simd: Simd) -> Result<Self, SimdError> {
        let compiled = Compiled::new(&rules, Compiled::MAX_STATES);
        let kernel = simd.kernel()?;
        let (n_states, max_states) = (0, Self::MAX_STATES);
        let (unsure, finders) = Default::default();
        Ok(Self { rules, compiled, kernel, n_states, max_states, unsure, finders })
    }

    /// Plans anew for logs like `bytes`, as happens of itself when they turn out to be others than
    /// expected.
    #[cfg(any(test, fuzzing))]
    fn plan_again(&mut self, bytes: &[u8]) {
        for finders in self.finders.values_mut() {
            for finder in finders.lines.iter_mut().chain(&mut finders.events) {
                finder.plan_again(bytes, &self.rules);
            }
        }
    }

    /// Appends the hits of `chunk` from byte `from` on, where an event begins, to `hits`: by event
    /// and then by rule.
    pub fn scan(&mut self, chunk: &Chunk<'_>, from: usize, hits: &mut Vec<Hit>) -> Scanned {
        let Self { rules, compiled, kernel, n_states, max_states, unsure, finders } = self;
        let finders = match finders.get_mut(chunk.sources) {
            Some(finders) => finders,
            None => finders.entry(chunk.sources.clone()).or_default(),
        };
        let finder = finders.for_chunk(chunk, rules, *kernel);
        let n_before = finder.n_states();
        finder.begin(chunk, from, rules);
        let scanned = scan_events(finder, rules, (compiled, unsure), chunk, hits);
        finder.end();
        *n_states = *n_states + finder.n_states() - n_before;
        if *n_states > *max_states {
            self.keep_states_of(chunk.sources);
        }
        scanned
    }

    /// How many events since the last call a pattern of each rule was tried on a part of only, as they
    /// are longer than [`Pattern::max_tried`] and need ever other states: whether it matches them is not
    /// certain.
    pub fn take_unsure(&mut self) -> BTreeMap<RuleId, u64> {
        std::mem::take(&mut self.unsure)
    }

    /// Lets go of all states but those for logs of `sources`.
    fn keep_states_of(&mut self, sources: &Arc<[SourceId]>) {
        self.n_states = 0;
        for (own, finders) in &mut self.finders {
            for finder in finders.lines.iter_mut().chain(&mut finders.events) {
                if own != sources {
                    finder.let_go_of_states();
                }
                self.n_states += finder.n_states();
            }
        }
    }
}

/// Goes through the events that `finder` gives out, up to the end or as far as hits are taken.
fn scan_events(
    finder: &mut Finder,
    rules: &[MatchSettings],
    (compiled, unsure): (&mut Compiled, &mut BTreeMap<RuleId, u64>),
    chunk: &Chunk<'_>,
    hits: &mut Vec<Hit>,
) -> Scanned {
    while let Some((event, branches)) = finder.next_event(chunk) {
        let first_hit = hits.len();
        if first_hit >= Matcher::MAX_HITS {
            return Scanned::Full { next: event.start };
        }
        for branches in branches.chunk_by(|one, next| one.rule == next.rule) {
            let (id, text) = (branches[0].rule, event.text(chunk.bytes));
            let told = compiled.captures(rules, branches, text);
            if compiled.take_unsure() {
                *unsure.entry(id).or_default() += 1;
            }
            let Some((part, captures)) = told else { continue };
            let matched = Matched { chunk, rule: &rules[id.0 as usize], event: &event };
            if part == Part::Match && matched.must_wait() {
                hits.truncate(first_hit);
                return Scanned::All { done: event.start };
            }
            hits.push(matched.hit(id, part, captures));
        }
    }
    Scanned::All { done: chunk.bytes.len() }
}

impl Finders {
    /// What finds the events of `chunk`, for the rules among `all` that apply to it.
    fn for_chunk(
        &mut self,
        chunk: &Chunk<'_>,
        all: &[MatchSettings],
        kernel: Kernel,
    ) -> &mut Finder {
        let (finder, reach) = match chunk.events {
            Events::Lines => (&mut self.lines, Reach::Line),
            Events::Framed(_) | Events::Marked(_) => (&mut self.events, Reach::Event),
        };
        finder.get_or_insert_with(|| {
            let branches = rules_for(all, chunk.sources).flat_map(|(id, rule)| {
                (0..rule.sought().count()).map(move |place| Branch { rule: id, place })
            });
            Finder::new(Patterns::new(branches.collect(), all, chunk.bytes, reach, kernel))
        })
    }
}

/// How far a scan came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scanned {
    /// [`Matcher::MAX_HITS`] hits are there: go on from `next` once they are taken.
    Full {
        /// Where to go on.
        next: usize,
    },
    /// To the end of what can be told now.
    All {
        /// Bytes of the chunk that are done with, up to where an event begins. They are not all where
        /// a matched event wants lines after it that are not there yet and the chunk is not settled:
        /// the rest is to be given again, with what follows it.
        done: usize,
    },
}

/// The rules among `rules` that look at one of `sources`.
fn rules_for<'a>(
    rules: &'a [MatchSettings],
    sources: &'a [SourceId],
) -> impl Iterator<Item = (RuleId, &'a MatchSettings)> {
    let numbered = (0..).map(RuleId).zip(rules);
    numbered.filter(|(_, rule)| sources.contains(&rule.source))
}
