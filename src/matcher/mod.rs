//! `Chunk` → `Hit`: every rule's patterns, in one pass over the bytes.
//!
//! Nearly all bytes of a log match nothing, so neither lines nor events are split: a filter over all
//! patterns runs through the chunk, and only where it stops is the event around it cut out and given
//! to the patterns themselves. The filter may err only by stopping too often.
//!
//! An event is a line, or where the log's lines are framed, all the lines that belong together. A
//! pattern sees the whole of it: `^` and `$` are its begin and end unless `(?m)` makes them those of
//! its lines, `\n` and the classes that hold it match between them, `.` does with `(?s)`.

mod confirm;
mod event;
mod filter;
mod pattern;
mod settings;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::flow::{Chunk, Hit, RuleId, SourceId};

use confirm::Confirm;
use event::Event;
use filter::Filters;

pub use pattern::{Pattern, PatternError};
pub use settings::{Context, MatchSettings};

/// Finds the events that rules match.
#[derive(Debug)]
pub struct Matcher {
    rules: Vec<MatchSettings>,
    /// The filters for each set of sources that some log is watched by, built when first met.
    filters: HashMap<Arc<[SourceId]>, Filters>,
}

impl Matcher {
    /// Hits that are given at once, but for those of the last event: a MiB of short lines that all
    /// match, each with its context, would be hundreds of MiB.
    pub const MAX_HITS: usize = 256;

    /// A matcher for `rules`, where a rule's place is its [`RuleId`].
    pub fn new(rules: Vec<MatchSettings>) -> Self {
        Self { rules, filters: HashMap::new() }
    }

    /// Appends the hits of `chunk` from byte `from` on, where an event begins, to `hits`: by event
    /// and then by rule.
    pub fn scan(&mut self, chunk: &Chunk<'_>, from: usize, hits: &mut Vec<Hit>) -> Scanned {
        let filters = match self.filters.get_mut(chunk.sources) {
            Some(filters) => filters,
            None => self.filters.entry(chunk.sources.clone()).or_default(),
        };
        let filter = filters.for_chunk(chunk, &self.rules);
        let mut at = from;
        while let Some(event) = filter.next_event(chunk, at) {
            let first_hit = hits.len();
            if first_hit >= Self::MAX_HITS {
                return Scanned::Full { next: event.start };
            }
            for rule in filter.rules_of(chunk.bytes, &event) {
                let confirm = Confirm { chunk, rule: &self.rules[rule.0 as usize], event: &event };
                let Some(captures) = confirm.captures() else { continue };
                if confirm.must_wait() {
                    hits.truncate(first_hit);
                    return Scanned::All { done: event.start };
                }
                hits.push(confirm.hit(*rule, captures));
            }
            at = event.end;
        }
        Scanned::All { done: chunk.bytes.len() }
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
        /// Bytes of the chunk that are done with, up to where an event begins. Less than all are
        /// where a matched event wants lines after it that are not there yet, and the chunk is not settled: the rest is to be
        /// given again with what follows it.
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
