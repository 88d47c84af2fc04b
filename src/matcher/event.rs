//! Where the lines and events of a chunk lie.

use std::ops::Range;

use crate::flow::{Chunk, Events, GenerationId, Mark, Offset, Timestamp};

/// Where an event lies in a chunk; in most logs, where a line does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Event {
    /// Its first byte.
    pub(super) start: usize,
    /// Behind its last byte, the last line's end not counted.
    pub(super) text_end: usize,
    /// Where the next event begins.
    pub(super) end: usize,
}

impl Event {
    /// The line of `bytes` that holds the byte at `at`.
    pub(super) fn line_around(bytes: &[u8], at: usize) -> Self {
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
        Self::line_at(bytes, start)
    }

    /// The line of `bytes` that begins at `start`.
    pub(super) fn line_at(bytes: &[u8], start: usize) -> Self {
        let newline = memchr::memchr(b'\n', &bytes[start..]).map(|len| start + len);
        Self::new(bytes, start..newline.map_or(bytes.len(), |newline| newline + 1))
    }

    /// What lies at `place`, its last line's end included.
    fn new(bytes: &[u8], place: Range<usize>) -> Self {
        let text = &bytes[place.clone()];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Self { start: place.start, text_end: place.start + text.len(), end: place.end }
    }

    /// The event of `chunk` that holds the byte at `at`. An event begins at `from`, at or before it.
    pub(super) fn around(chunk: &Chunk<'_>, from: usize, at: usize) -> Self {
        let bytes = chunk.bytes;
        match chunk.events {
            Events::Lines => Self::line_around(bytes, at),
            Events::Framed(framing) => {
                let event = framing.around(&bytes[from..], at - from);
                Self::new(bytes, from + event.start..from + event.end)
            }
            Events::Marked(marks) => {
                let next = marks.partition_point(|mark| mark.end <= at);
                let start = next.checked_sub(1).map_or(0, |last| marks[last].end);
                Self::new(bytes, start..marks.get(next).map_or(bytes.len(), |mark| mark.end))
            }
        }
    }

    pub(super) fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start..self.text_end]
    }

    /// Where its first byte stands in the log, and when it was written as what packs it says.
    pub(super) fn origin(&self, chunk: &Chunk<'_>) -> (GenerationId, Offset, Option<Timestamp>) {
        if let Events::Marked(marks) = chunk.events {
            let own = marks.partition_point(|mark| mark.end <= self.start);
            if let Some(&Mark { generation, offset, stamp, .. }) = marks.get(own) {
                return (generation, offset, stamp);
            }
        }
        (chunk.generation, chunk.offset + self.start as u64, None)
    }
}
