//! `Chunk` → `Hit`: every rule's patterns, in one pass over the bytes.
//!
//! Nearly all bytes of a log match nothing, so lines are not split: a filter over all patterns runs
//! through the chunk, and only where it stops is the line around it cut out and given to the
//! patterns themselves. The filter may err only by stopping too often.

mod confirm;
mod filter;
mod pattern;
mod settings;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::flow::{Chunk, Hit, RuleId, SourceId};

use confirm::Confirm;
use filter::Filter;

pub use pattern::{Pattern, PatternError};
pub use settings::{Context, MatchSettings};

/// Finds the lines that rules match.
#[derive(Debug)]
pub struct Matcher {
    rules: Vec<MatchSettings>,
    /// One filter for each set of sources that some log is watched by, built when first met.
    filters: HashMap<Arc<[SourceId]>, Filter>,
}

impl Matcher {
    /// Hits that are given at once, but for those of the last line: a MiB of short lines that all
    /// match, each with its context, would be hundreds of MiB.
    pub const MAX_HITS: usize = 256;

    /// A matcher for `rules`, where a rule's place is its [`RuleId`].
    pub fn new(rules: Vec<MatchSettings>) -> Self {
        Self { rules, filters: HashMap::new() }
    }

    /// Appends the hits of `chunk` from byte `from` on, where a line begins, to `hits`: by line and
    /// then by rule.
    pub fn scan(&mut self, chunk: &Chunk<'_>, from: usize, hits: &mut Vec<Hit>) -> Scanned {
        let rules = &self.rules;
        let filter = match self.filters.get_mut(chunk.sources) {
            Some(filter) => filter,
            None => self
                .filters
                .entry(chunk.sources.clone())
                .or_insert_with(|| Filter::new(rules, chunk.sources)),
        };
        let mut at = from;
        while let Some(line) = filter.next_line(chunk.bytes, at) {
            let first_hit = hits.len();
            if first_hit >= Self::MAX_HITS {
                return Scanned::Full { next: line.start };
            }
            for rule in filter.rules_of(chunk.bytes, &line) {
                let confirm = Confirm { chunk, rule: &rules[rule.0 as usize], line: &line };
                let Some(captures) = confirm.captures() else { continue };
                if confirm.must_wait() {
                    hits.truncate(first_hit);
                    return Scanned::All { done: line.start };
                }
                hits.push(confirm.hit(*rule, captures));
            }
            at = line.end;
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
        /// Bytes of the chunk that are done with. Less than all are where a matched line wants
        /// lines after it that are not there yet, and the chunk is not settled: the rest is to be
        /// given again with what follows it.
        done: usize,
    },
}

/// Where a line lies in a chunk.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    /// Its first byte.
    start: usize,
    /// Behind its last byte, the line's end not counted.
    text_end: usize,
    /// Where the next line begins.
    end: usize,
}

impl Line {
    /// The line of `bytes` that holds the byte at `at`.
    fn around(bytes: &[u8], at: usize) -> Self {
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
        Self::from(bytes, start)
    }

    /// The line of `bytes` that begins at `start`.
    fn from(bytes: &[u8], start: usize) -> Self {
        let newline = memchr::memchr(b'\n', &bytes[start..]).map(|len| start + len);
        let text_end = newline.unwrap_or(bytes.len());
        let end = newline.map_or(bytes.len(), |newline| newline + 1);
        let text_end = text_end - usize::from(bytes[start..text_end].ends_with(b"\r"));
        Self { start, text_end, end }
    }

    fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start..self.text_end]
    }
}

/// The rules among `rules` that look at one of `sources`.
fn rules_for<'a>(
    rules: &'a [MatchSettings],
    sources: &'a [SourceId],
) -> impl Iterator<Item = (RuleId, &'a MatchSettings)> {
    let numbered = (0..).map(RuleId).zip(rules);
    numbered.filter(|(_, rule)| sources.contains(&rule.source))
}
