//! The lines of a feed that the pump has before it: what was taken and is not matched, and what
//! stood before that.

use std::collections::VecDeque;
use std::mem;

use memchr::{memchr, memrchr_iter};

use super::inbox::{Batch, Entry, Inbox};
use super::place::Place;
use crate::flow::{GenerationId, Mark, Offset};

/// With so many bytes before it, the pump takes no more; an inbox holds as many and some more.
const ENOUGH: usize = 256 * 1024;

/// The most bytes of lines that were matched that are kept for context, but for a while.
const MAX_LEAD: usize = 16 * 1024;

/// Lines before the pump. Never more than about 1 MiB.
#[derive(Default, Debug)]
pub(super) struct Desk {
    /// Lines that were matched, for context, then those that were not.
    bytes: Vec<u8>,
    /// Where those begin that were not.
    start: usize,
    /// Bytes that were matched since the feed began.
    offset: Offset,
    /// The journal's entries that were not matched.
    entries: VecDeque<Entry>,
    marks: Vec<Mark>,
    /// Reused.
    batch: Batch,
}

impl Desk {
    /// Takes what `inbox` holds, unless there is enough here. Returns how many bytes were cut off
    /// from lines that were too long.
    pub(super) fn fill(&mut self, inbox: &Inbox) -> u64 {
        if self.is_full() {
            return 0;
        }
        inbox.take(&mut self.batch);
        self.bytes.append(&mut self.batch.bytes);
        self.entries.extend(self.batch.entries.drain(..));
        mem::take(&mut self.batch.n_cut)
    }

    /// Whether no more is taken before some of it is matched.
    pub(super) fn is_full(&self) -> bool {
        self.lines().len() >= ENOUGH
    }

    /// Lines that were not matched.
    pub(super) fn lines(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// At most `n_lines` lines just before them.
    pub(super) fn lead(&self, n_lines: usize) -> &[u8] {
        let before = &self.bytes[..self.start];
        let mut ends = memrchr_iter(b'\n', before);
        let start = match ends.nth(n_lines) {
            Some(end) => end + 1,
            None if self.offset == self.start as u64 => 0,
            // The first one may have lost its beginning.
            None => memchr(b'\n', before).map_or(before.len(), |end| end + 1),
        };
        &before[start..]
    }

    /// Where the lines begin in what came since the feed began.
    pub(super) fn offset(&self) -> Offset {
        self.offset
    }

    /// Notes where each of the journal's entries ends.
    pub(super) fn mark(&mut self, generation: GenerationId) {
        self.marks.clear();
        let mut begin = 0;
        for entry in &self.entries {
            let end = begin + entry.len;
            let (offset, stamp) = (self.offset + begin as u64, entry.place.stamp());
            self.marks.push(Mark { end, generation, offset, stamp });
            begin = end;
        }
    }

    /// What was noted; empty for lines.
    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Takes in that `n` bytes were matched. Returns the place behind the last whole entry of them.
    pub(super) fn consume(&mut self, n: usize) -> Option<Place> {
        let n = n.min(self.lines().len());
        self.start += n;
        self.offset += n as u64;
        // Moved only now and then, so that it costs little for each byte.
        if self.start > 4 * MAX_LEAD || self.lines().is_empty() && self.start > MAX_LEAD {
            self.bytes.drain(..self.start - MAX_LEAD);
            self.start = MAX_LEAD;
        }
        let (mut rest, mut place) = (n, None);
        while let Some(entry) = self.entries.front_mut() {
            if entry.len > rest {
                entry.len -= rest;
                break;
            }
            rest -= entry.len;
            place = self.entries.pop_front().map(|entry| entry.place);
        }
        place
    }
}
