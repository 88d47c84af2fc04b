//! The bytes of one generation → whole lines, through one buffer that all files share.

use std::io;
use std::ops::Range;

use super::body::Body;
use super::decode::Unit;
use super::identity::{Content, shorter};
use super::split::{Next, Split, View};
use crate::flow::{Fingerprint, Offset};

/// The longest line that is given out whole, its end included: 256 KiB. Of a longer one the head
/// is given out, and the rest is skipped and counted.
pub const MAX_LINE: usize = 256 * 1024;

/// The most bytes that one turn reads of one file, so that a flood in it does not delay others.
pub(super) const MAX_CHUNK: usize = 1024 * 1024;

/// The most bytes before a chunk that go out with it.
const MAX_LEAD: usize = 16 * 1024;

/// Where and how to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// What was read before, and how far.
    pub(super) content: Content,
    /// Lines before the chunk that are wanted with it.
    pub(super) lead_lines: usize,
    /// What is a line.
    pub(super) split: Split,
}

impl Place {
    /// How many bytes before the place are wanted with it, if there are so many.
    fn n_before(&self) -> usize {
        if self.lead_lines > 0 { MAX_LEAD } else { Fingerprint::MAX_ANCHOR }
    }
}

/// What reading came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Read {
    /// Lines, as ranges of the buffer.
    Lines(Lines),
    /// No whole line yet.
    Nothing,
    /// No lines up to there: a hole, or bytes of the rest of a line that was cut.
    Skipped { to: Offset, n_cut: u64, is_line_over: bool },
    /// The file no longer holds what was read before.
    Replaced,
}

/// Lines that lie in the buffer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lines {
    pub(super) lead: Range<usize>,
    pub(super) bytes: Range<usize>,
    /// Whether there may be whole lines behind them.
    pub(super) has_more: bool,
}

/// The buffer. Its pages are touched only as far as chunks are long.
#[derive(Debug)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    /// Where the buffer's bytes begin in the file that was read last.
    pub(super) start: Offset,
    /// Where they end.
    pub(super) end: Offset,
    /// Whether there may be more bytes behind them.
    is_full: bool,
    /// Which read they are of, counted from 1.
    turn: u64,
}

impl Reader {
    pub(super) fn new() -> Self {
        let buffer = vec![0; MAX_LEAD + MAX_CHUNK];
        Self { buffer, start: 0, end: 0, is_full: false, turn: 0 }
    }

    /// Which read the bytes in the buffer are of, to be given to [`Self::read_on`].
    pub(super) fn turn(&self) -> u64 {
        self.turn
    }

    /// The bytes of the last read.
    pub(super) fn slice(&self, range: &Range<usize>) -> &[u8] {
        &self.buffer[range.clone()]
    }

    /// The bytes of the last read before `offset`.
    pub(super) fn slice_to(&self, offset: Offset) -> &[u8] {
        &self.buffer[..shorter(offset.saturating_sub(self.start), self.buffer.len())]
    }

    /// Reads on at `place`, in one `pread` that also checks what stands before it: this catches a
    /// truncation that has already grown past the offset, which the size cannot show.
    pub(super) fn read(&mut self, body: &Body, place: &Place) -> io::Result<Read> {
        let Content { anchor, offset, .. } = place.content;
        let n_before = shorter(offset, place.n_before());
        self.start = offset - n_before as u64;
        self.turn += 1;
        let n_read = body.read_at(&mut self.buffer[..n_before + MAX_CHUNK], self.start)?;
        self.end = self.start + n_read as u64;
        self.is_full = n_read == n_before + MAX_CHUNK;
        let anchor_from = n_before - anchor.len as usize;
        if n_read < n_before || Fingerprint::of(&self.buffer[anchor_from..n_before]) != anchor {
            return Ok(Read::Replaced);
        }
        Ok(self.take(body, place))
    }

    /// The same for a `body` that is not written to: what `turn` has read of it is not read again as
    /// long as half of a chunk is left, or all that there is.
    pub(super) fn read_on(&mut self, body: &Body, place: &Place, turn: u64) -> io::Result<Read> {
        let offset = place.content.offset;
        let is_held = self.turn == turn && (self.start..self.end).contains(&offset);
        let n_before = shorter(offset, place.n_before()) as u64;
        let is_enough = || !self.is_full || self.end - offset >= MAX_CHUNK as u64 / 2;
        if is_held && offset - self.start >= n_before && is_enough() {
            Ok(self.take(body, place))
        } else {
            self.read(body, place)
        }
    }

    /// What the buffer holds at `place`.
    fn take(&self, body: &Body, place: &Place) -> Read {
        let offset = place.content.offset;
        let n_before = shorter(offset - self.start, self.buffer.len());
        let n_read = shorter(self.end - self.start, self.buffer.len());
        let (before, fresh) = self.buffer[..n_read].split_at(n_before);
        let before = &before[n_before - n_before.min(place.n_before())..];
        let view = View { offset, before, fresh, is_full: self.is_full };
        match place.split.next(&view) {
            Next::Nothing => Read::Nothing,
            Next::Skip { n_bytes, n_cut, is_line_over } => {
                Read::Skipped { to: offset + n_bytes as u64, n_cut, is_line_over }
            }
            Next::Hole => match next_data(body, offset).filter(|&data| data > offset) {
                Some(to) => Read::Skipped { to, n_cut: 0, is_line_over: false },
                None if view.is_full => {
                    let to = offset + fresh.len() as u64;
                    Read::Skipped { to, n_cut: 0, is_line_over: false }
                }
                // A writer that allocates ahead may yet write over them.
                None => Read::Nothing,
            },
            Next::Lines { n_bytes, has_more } => {
                let lead_len = match place.lead_lines {
                    0 => 0,
                    n_lines => place.split.lead_len(before, n_lines, before.len() < MAX_LEAD),
                };
                let lead = n_before - lead_len..n_before;
                let bytes = n_before..n_before + n_bytes;
                Read::Lines(Lines { lead, bytes, has_more })
            }
        }
    }

    /// What is known of the content once the last read is matched up to `offset`.
    pub(super) fn content_at(&self, body: &Body, old: Content, offset: Offset) -> Content {
        let end = shorter(offset - self.start, self.buffer.len());
        let anchor_len = end.min(Fingerprint::MAX_ANCHOR);
        let anchor = Fingerprint::of(&self.buffer[end - anchor_len..end]);
        let head_len = shorter(offset, Fingerprint::MAX_HEAD);
        let head = if old.head.len as usize == head_len {
            old.head
        } else if self.start == 0 {
            Fingerprint::of(&self.buffer[..head_len])
        } else {
            // A shorter head than there could be is true as well.
            Content::of(body, offset).map_or(old.head, |content| content.head)
        };
        Content { head, anchor, offset }
    }
}

/// How far `body`, of `size` bytes, is to be passed over so that only lines to come are read: to
/// its last line end, so that an unterminated last line is matched once it is complete.
pub(super) fn last_line_end(body: &Body, size: u64, unit: Unit) -> io::Result<Offset> {
    let size = size - size % unit.width() as u64;
    let mut tail = vec![0; shorter(size, MAX_LINE)];
    let start = size - tail.len() as u64;
    let n_read = body.read_at(&mut tail, start)?;
    Ok(match unit.whole_lines(&tail[..n_read]) {
        Some(n_bytes) => start + n_bytes as u64,
        None if start == 0 => 0,
        // In the middle of a line that is too long: the rest of it is skipped.
        None => size,
    })
}

/// Where the next data is, if the file system tells. The seek moves a position that nothing reads
/// at: all reading is by `pread`.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn next_data(body: &Body, offset: Offset) -> Option<Offset> {
    let Body::Plain(file) = body else { return None };
    rustix::fs::seek(file, rustix::fs::SeekFrom::Data(offset)).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn next_data(_: &Body, _: Offset) -> Option<Offset> {
    None
}
