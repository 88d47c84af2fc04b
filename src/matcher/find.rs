//! A chunk → the events in which patterns may match, and which patterns.

use std::ops::{ControlFlow, Range};

use super::fallback::Fallback;
use super::patterns::{Branch, Patterns};
use super::pieces;
use super::plan::Scratch;
use super::{Event, MatchSettings};
use crate::flow::Chunk;

/// Finds where the patterns of one log may match.
///
/// It goes through a chunk in strides of whole events. The candidates of a stride are all found
/// before the first of its events is given out, so that they come in order, and an event with all
/// the patterns that may match it.
#[derive(Debug)]
pub(super) struct Finder {
    patterns: Patterns,
    scratch: Scratch,
    /// What is gone through at present.
    stride: Range<usize>,
    /// Bytes that the next stride has at least.
    size: usize,
    /// Those of the stride, in order. Those before `next` are done with.
    candidates: Vec<Candidate>,
    next: usize,
    /// Of the event at hand.
    numbers: Vec<u32>,
    branches: Vec<Branch>,
}

/// A pattern that may match the event that the byte `at` is part of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Candidate {
    at: usize,
    pattern: u32,
}

/// There are more candidates than are kept.
struct TooMany;

impl Finder {
    /// Candidates that are kept: 1 MiB of them. A stride that has more is made shorter.
    const MAX_CANDIDATES: usize = 64 << 10;
    /// Candidates that there is room for between two chunks. There may be a finder for each of
    /// thousands of logs.
    const KEPT_CANDIDATES: usize = 1 << 10;
    /// Where it goes on behind what was given out before, most of the next stride may be given out
    /// later as well. It begins small, so as not to go through it again and again.
    const FIRST_SIZE: usize = 512;

    pub(super) fn new(patterns: Patterns) -> Self {
        Self {
            patterns,
            scratch: Scratch::default(),
            stride: 0..0,
            size: pieces::SIZE,
            candidates: Vec::new(),
            next: 0,
            numbers: Vec::new(),
            branches: Vec::new(),
        }
    }

    pub(super) fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// Bytes of states that were built for patterns without atoms.
    pub(super) fn n_states(&self) -> usize {
        self.patterns.fallback.as_ref().map_or(0, Fallback::n_states)
    }

    /// Lets go of them. They are built anew as they are needed.
    pub(super) fn let_go_of_states(&mut self) {
        self.patterns.fallback.iter_mut().for_each(Fallback::let_go_of_states);
    }

    /// Plans anew for logs like `bytes`.
    #[cfg(any(test, fuzzing))]
    pub(super) fn plan_again(&mut self, bytes: &[u8], rules: &[MatchSettings]) {
        let bytes: Vec<u8> = bytes.iter().copied().cycle().take(20 << 10).collect();
        self.patterns.learn(&bytes);
        self.patterns.plan_again(rules);
    }

    /// Begins a chunk at `from`, where an event begins.
    pub(super) fn begin(&mut self, chunk: &Chunk<'_>, from: usize, rules: &[MatchSettings]) {
        if from == 0 {
            self.patterns.follow(chunk.bytes, rules);
        }
        self.size = if from == 0 { pieces::SIZE } else { Self::FIRST_SIZE };
        self.stride = from..from;
        self.candidates.clear();
        self.next = 0;
    }

    /// Lets go of what a chunk with many candidates needed.
    pub(super) fn end(&mut self) {
        self.candidates.clear();
        self.candidates.shrink_to(Self::KEPT_CANDIDATES);
    }

    /// The next event in which a pattern may match, with these patterns in order.
    pub(super) fn next_event(&mut self, chunk: &Chunk<'_>) -> Option<(Event, &[Branch])> {
        loop {
            let Some(first) = self.candidates.get(self.next) else {
                if self.stride.end >= chunk.bytes.len() {
                    return None;
                }
                self.next_stride(chunk);
                continue;
            };
            let event = Event::around(chunk, self.stride.start, first.at);
            let rest = &self.candidates[self.next..];
            let own = rest.iter().take_while(|candidate| candidate.at < event.end);
            self.numbers.clear();
            self.numbers.extend(own.map(|candidate| candidate.pattern));
            self.next += self.numbers.len();
            self.numbers.sort_unstable();
            self.numbers.dedup();
            self.branches.clear();
            for &number in &self.numbers {
                if self.patterns.may_match(number, chunk.bytes, &event, &mut self.scratch) {
                    self.branches.push(self.patterns.branch(number));
                }
            }
            if !self.branches.is_empty() {
                return Some((event, &self.branches));
            }
        }
    }

    /// Finds the candidates of the next stride.
    fn next_stride(&mut self, chunk: &Chunk<'_>) {
        let start = self.stride.end;
        loop {
            let end = match start + self.size {
                end if end < chunk.bytes.len() => Event::around(chunk, start, end).end,
                _ => chunk.bytes.len(),
            };
            self.stride = start..end;
            if self.fill(chunk).is_ok() {
                break;
            }
            self.size /= 2;
        }
        self.size = (self.size * 2).clamp(Self::FIRST_SIZE, pieces::SIZE);
        self.next = 0;
        self.candidates.sort_unstable();
    }

    /// Fills in the candidates of the stride.
    fn fill(&mut self, chunk: &Chunk<'_>) -> Result<(), TooMany> {
        let Self { patterns, scratch, stride, candidates, .. } = self;
        candidates.clear();
        let mut keep = Keep { chunk, stride, candidates, max: Self::MAX_CANDIDATES };
        let mut result = Ok(());
        patterns.find(chunk.bytes, stride, scratch, |pattern, at| {
            result = keep.take(Candidate { at, pattern });
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        result?;
        let Some(fallback) = &mut patterns.fallback else { return Ok(()) };
        keep.take_from(fallback)
    }
}

/// Keeps the candidates of a stride, if they are not too many.
struct Keep<'a> {
    chunk: &'a Chunk<'a>,
    stride: &'a Range<usize>,
    candidates: &'a mut Vec<Candidate>,
    /// Candidates that are kept.
    max: usize,
}

impl Keep<'_> {
    fn take(&mut self, candidate: Candidate) -> Result<(), TooMany> {
        if !self.stride.contains(&candidate.at) {
            return Ok(());
        }
        if self.candidates.len() >= self.max {
            self.merge()?;
        }
        self.candidates.push(candidate);
        Ok(())
    }

    /// Makes room where all candidates are of one event: each pattern is needed once only.
    fn merge(&mut self) -> Result<(), TooMany> {
        let event = Event::around(self.chunk, self.stride.start, self.stride.start);
        if event.end < self.stride.end {
            return Err(TooMany);
        }
        self.candidates.sort_unstable_by_key(|candidate| candidate.pattern);
        self.candidates.dedup_by_key(|candidate| candidate.pattern);
        self.max = self.max.max(2 * self.candidates.len());
        Ok(())
    }

    fn take_from(&mut self, fallback: &mut Fallback) -> Result<(), TooMany> {
        let mut at = self.stride.start;
        while let Some(event) = fallback.next_event(self.chunk, at..self.stride.end) {
            let mut result = Ok(());
            fallback.patterns_of(self.chunk.bytes, &event, |pattern| {
                if result.is_ok() {
                    result = self.take(Candidate { at: event.start, pattern });
                }
            });
            result?;
            at = event.end;
        }
        Ok(())
    }
}
