//! One rule's own look at one event, and the hit that comes of it.

use std::sync::Arc;

use crate::flow::{Bytes, Captures, Chunk, Hit, Part, RuleId, Sample};

use super::patterns::Branch;
use super::{Context, Event, MatchSettings, Pattern};

/// An event that a rule may match.
pub(super) struct Confirm<'a> {
    pub(super) chunk: &'a Chunk<'a>,
    pub(super) rule: &'a MatchSettings,
    pub(super) event: &'a Event,
    /// The patterns of the rule that may match it, in order.
    pub(super) branches: &'a [Branch],
}

impl Confirm<'_> {
    /// Bytes behind an event beyond which its lines after are not waited for: the chunk is full then,
    /// and to give it again would bring no more of them.
    const ENOUGH_BEHIND: usize = 64 << 10;

    /// The event's captures if the rule matches it, and what it is to the rule.
    pub(super) fn captures(&self) -> Option<(Part, Captures)> {
        let text = self.event.text(self.chunk.bytes);
        let n_any = self.rule.any.len();
        let ends = self.branches.partition_point(|branch| branch.place < n_any);
        let (any, ends) = self.branches.split_at(ends);
        let pattern = |branch: &Branch| self.rule.sought_at(branch.place);
        captures(self.rule, any.iter().map(pattern), ends.iter().map(pattern), text)
    }

    /// Whether lines after the event are wanted that may still come.
    pub(super) fn must_wait(&self) -> bool {
        let behind = &self.chunk.bytes[self.event.end..];
        !self.chunk.settled
            && behind.len() < Self::ENOUGH_BEHIND
            && memchr::memchr_iter(b'\n', behind).take(self.rule.context.after).count()
                < self.rule.context.after
    }

    /// The hit.
    pub(super) fn hit(&self, rule: RuleId, part: Part, captures: Captures) -> Hit {
        let Chunk { stream, path, read_at, bytes, .. } = *self.chunk;
        let Context { before, after } = self.rule.context;
        let sample = Sample {
            path: Arc::clone(path),
            time: read_at,
            line: Bytes::cut(self.event.text(bytes), Sample::MAX_LINE),
            captures,
            before: self.lines_before(before),
            after: lines_of(&bytes[self.event.end..], after),
        };
        let (generation, offset) = self.event.origin(self.chunk);
        Hit { rule, part, stream, generation, offset, time: read_at, sample: Arc::new(sample) }
    }

    fn lines_before(&self, count: usize) -> Vec<Bytes> {
        let mut lines = last_lines(&self.chunk.bytes[..self.event.start], count);
        let missing = count - lines.len();
        if missing > 0 {
            let mut earlier = last_lines(self.chunk.lead, missing);
            earlier.append(&mut lines);
            lines = earlier;
        }
        lines
    }
}

/// What the first of the patterns `any` and `ends` of `rule` that matches `text` captures there,
/// unless the rule refuses it, and what it is to the rule.
pub(super) fn captures<'a>(
    rule: &MatchSettings,
    mut any: impl Iterator<Item = &'a Pattern>,
    mut ends: impl Iterator<Item = &'a Pattern>,
    text: &[u8],
) -> Option<(Part, Captures)> {
    // `job done` matches `job` too, and begins nothing.
    if let Some(captures) = ends.find_map(|pattern| match_one(pattern, text)) {
        return Some((Part::End, captures));
    }
    let captures = any.find_map(|pattern| match_one(pattern, text))?;
    let is_refused = rule.none.iter().any(|pattern| pattern.regex().is_match(text));
    (!is_refused).then_some((Part::Match, captures))
}

fn match_one(pattern: &Pattern, text: &[u8]) -> Option<Captures> {
    if pattern.names().is_empty() {
        return pattern.regex().is_match(text).then(Captures::new);
    }
    let found = pattern.regex().captures(text)?;
    let named = pattern.names().iter().filter_map(|(index, name)| {
        let value = found.get(*index)?.as_bytes();
        Some((Arc::clone(name), Bytes::cut(value, Sample::MAX_CAPTURE)))
    });
    Some(named.collect())
}

/// The last `count` lines of `bytes`, oldest first.
fn last_lines(bytes: &[u8], count: usize) -> Vec<Bytes> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while lines.len() < count && !rest.is_empty() {
        let line = Event::line_around(rest, rest.len() - 1);
        lines.push(Bytes::cut(line.text(rest), Sample::MAX_CONTEXT));
        rest = &rest[..line.start];
    }
    lines.reverse();
    lines
}

/// The first `count` lines of `bytes`.
fn lines_of(bytes: &[u8], count: usize) -> Vec<Bytes> {
    let mut lines = Vec::new();
    let mut at = 0;
    while lines.len() < count && at < bytes.len() {
        let line = Event::line_at(bytes, at);
        lines.push(Bytes::cut(line.text(bytes), Sample::MAX_CONTEXT));
        at = line.end;
    }
    lines
}
