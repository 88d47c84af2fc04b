//! The bytes of one generation → whole lines, through one buffer that all files share.

use std::io;
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::body::Body;
use super::identity::{Content, shorter};
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
    /// What a beginning without a line end before it means.
    pub(super) beginning: Beginning,
    /// What an end without a line end means.
    pub(super) ending: Ending,
}

/// What stands at an offset with no line end before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beginning {
    /// The rest of a line that was cut at its greatest length: it is skipped.
    RestOfCutLine,
    /// What was written after a fragment had been given out: it is given out as well.
    AfterFragment,
}

/// What bytes without a line end at the end of a file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// A line still being written.
    Growing,
    /// The last line there will be.
    Final,
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
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; MAX_LEAD + MAX_CHUNK], start: 0, end: 0 }
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
        let wanted = if place.lead_lines > 0 { MAX_LEAD } else { Fingerprint::MAX_ANCHOR };
        let n_before = shorter(offset, wanted);
        self.start = offset - n_before as u64;
        let n_read = body.read_at(&mut self.buffer[..n_before + MAX_CHUNK], self.start)?;
        self.end = self.start + n_read as u64;
        let anchor_from = n_before - anchor.len as usize;
        if n_read < n_before || Fingerprint::of(&self.buffer[anchor_from..n_before]) != anchor {
            return Ok(Read::Replaced);
        }
        let (before, fresh) = self.buffer[..n_read].split_at(n_before);
        let is_full = fresh.len() == MAX_CHUNK;
        if let Some(skipped) = skip_rest(before, fresh, place) {
            return Ok(skipped);
        }
        if fresh.first() == Some(&0) && before.last().is_none_or(|&byte| byte == 0) {
            return skip_hole(body, offset, fresh, is_full);
        }
        let n_bytes = whole_lines(fresh, place.ending, is_full);
        if n_bytes == 0 {
            return Ok(Read::Nothing);
        }
        let lead = n_before - lead_len(before, place.lead_lines)..n_before;
        let bytes = n_before..n_before + n_bytes;
        let (lines, rest) = fresh.split_at(n_bytes);
        let is_cut = lines.last() != Some(&b'\n') && !rest.is_empty();
        let has_more = is_full || is_cut || rest.len() > MAX_LINE || memchr(b'\n', rest).is_some();
        Ok(Read::Lines(Lines { lead, bytes, has_more }))
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
pub(super) fn last_line_end(body: &Body, size: u64) -> io::Result<Offset> {
    let mut tail = vec![0; shorter(size, MAX_LINE)];
    let start = size - tail.len() as u64;
    let n_read = body.read_at(&mut tail, start)?;
    Ok(match memrchr(b'\n', &tail[..n_read]) {
        Some(at) => start + at as u64 + 1,
        None if start == 0 => 0,
        // In the middle of a line that is too long: the rest of it is skipped.
        None => size,
    })
}

/// How many bytes of `fresh` are whole lines: all at once, but none longer than [`MAX_LINE`].
fn whole_lines(fresh: &[u8], ending: Ending, is_full: bool) -> usize {
    let mut end = 0;
    // Only the end of each window is looked at, so this costs nothing where lines are short.
    while fresh.len() - end > MAX_LINE {
        match memrchr(b'\n', &fresh[end..end + MAX_LINE]) {
            Some(at) => end += at + 1,
            None if end == 0 => return MAX_LINE,
            None => return end,
        }
    }
    if ending == Ending::Final && !is_full {
        return fresh.len();
    }
    end + memrchr(b'\n', &fresh[end..]).map_or(0, |at| at + 1)
}

/// Passes over the rest of a line whose head was given out. That there is one shows in the byte
/// before the offset, so that this needs no state, and survives a restart.
fn skip_rest(before: &[u8], fresh: &[u8], place: &Place) -> Option<Read> {
    let is_inside = before.last().is_some_and(|byte| !matches!(byte, b'\n' | 0));
    if !is_inside || place.beginning == Beginning::AfterFragment || fresh.is_empty() {
        return None;
    }
    let line_end = memchr(b'\n', fresh);
    let n_cut = line_end.map_or(fresh.len(), |at| at + 1) as u64;
    let to = place.content.offset + n_cut;
    let is_line_over = line_end.is_some() || place.ending == Ending::Final;
    Some(Read::Skipped { to, n_cut, is_line_over })
}

/// Passes over NULs at the beginning of a file: the hole that is left where it was truncated under
/// a writer that does not append. NULs elsewhere belong to their lines.
///
/// NULs at the very end are kept: a writer that allocates ahead may yet write over them.
fn skip_hole(body: &Body, offset: Offset, fresh: &[u8], is_full: bool) -> io::Result<Read> {
    let skipped = |to| Ok(Read::Skipped { to, n_cut: 0, is_line_over: false });
    if let Some(n_nul) = fresh.iter().position(|&byte| byte != 0) {
        return skipped(offset + n_nul as u64);
    }
    if let Some(data) = next_data(body, offset).filter(|&data| data > offset) {
        return skipped(data);
    }
    if is_full {
        return skipped(offset + fresh.len() as u64);
    }
    Ok(Read::Nothing)
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

/// The length of the last `n_lines` whole lines of `before`.
fn lead_len(before: &[u8], n_lines: usize) -> usize {
    let mut start = before.len();
    if before.last() != Some(&b'\n') {
        return 0;
    }
    for _ in 0..n_lines {
        let Some(end) = start.checked_sub(1) else { break };
        match memrchr(b'\n', &before[..end]) {
            Some(at) => start = at + 1,
            // A line that begins before the buffer does is not whole.
            None if before.len() < MAX_LEAD => start = 0,
            None => break,
        }
    }
    before.len() - start
}
