//! An event that a rule matches → the hit, with what surrounds it.

use std::sync::Arc;

use crate::fields;
use crate::flow::{Bytes, Captures, Chunk, Hit, Part, Reading, RuleId, Sample, TimeOrigin};

use super::{Context, Event, MatchSettings};

/// An event that a rule matches.
pub(super) struct Matched<'a> {
    pub(super) chunk: &'a Chunk<'a>,
    pub(super) rule: &'a MatchSettings,
    pub(super) event: &'a Event,
}

impl Matched<'_> {
    /// Bytes behind an event beyond which its lines after are not waited for: the chunk is full then,
    /// and to give it again would bring no more of them.
    const ENOUGH_BEHIND: usize = 64 << 10;

    /// Whether lines after the event are wanted that may still come.
    pub(super) fn must_wait(&self) -> bool {
        let behind = &self.chunk.bytes[self.event.end..];
        !self.chunk.settled
            && behind.len() < Self::ENOUGH_BEHIND
            && memchr::memchr_iter(b'\n', behind).take(self.rule.context.after).count()
                < self.rule.context.after
    }

    /// The hit, as of its arrival.
    pub(super) fn hit(&self, rule: RuleId, part: Part, captures: Captures) -> Hit {
        let Chunk { stream, path, read_at, bytes, .. } = *self.chunk;
        let Context { before, after } = self.rule.context;
        let (generation, offset, written) = self.event.origin(self.chunk);
        let sample = Sample {
            path: Arc::clone(path),
            time: read_at,
            written,
            line: Bytes::cut(self.event.text(bytes), Sample::MAX_LINE),
            captures,
            reading: self.reading(self.event.text(bytes)),
            before: self.readable(self.lines_before(before)),
            after: self.readable(lines_of(&bytes[self.event.end..], after)),
        };
        let (time, origin, sample) = (read_at, TimeOrigin::NoStamp, Arc::new(sample));
        Hit { rule, part, stream, generation, offset, time, origin, sample }
    }

    /// What `text` says, where it is fields.
    fn reading(&self, text: &[u8]) -> Option<Reading> {
        let (message, fields) = fields::reading(self.rule.form?, text)?;
        let cut = |text: &[u8]| Bytes::cut(text, Sample::MAX_READING);
        Some(Reading { message: cut(&message), fields: cut(&fields) })
    }

    /// `lines` as people read them.
    fn readable(&self, mut lines: Vec<Bytes>) -> Vec<Bytes> {
        for line in &mut lines {
            if let Some(Reading { message, fields }) = self.reading(line.as_slice()) {
                let text = [message.as_slice(), fields.as_slice()].join(&b"  "[..]);
                *line = Bytes::cut(text.trim_ascii_end(), Sample::MAX_CONTEXT);
            }
        }
        lines
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
