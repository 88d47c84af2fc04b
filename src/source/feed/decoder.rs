//! journalctl's output → entries as lines of text, each with its place.

use std::mem;

use super::entry;
use super::inbox::{Batch, Entry};
use super::journal::MAX_READ;
use super::place::Place;
use super::squeeze::Squeeze;

/// Cuts journalctl's output into entries.
pub(super) struct Decoder {
    max_line: usize,
    line: Vec<u8>,
    /// Where the line at hand is longer than is kept whole.
    squeeze: Option<Squeeze>,
    batch: Batch,
    has_garbage: Option<Garbage>,
}

/// Something was read that is no entry.
struct Garbage;

impl Decoder {
    pub(super) fn new(max_line: usize) -> Self {
        let (line, batch) = (Vec::new(), Batch::default());
        Self { max_line, line, squeeze: None, batch, has_garbage: None }
    }

    /// Takes in `bytes`. Gives the entries that end in them, but for the one that `place` is behind,
    /// and moves `place` behind them.
    pub(super) fn push(&mut self, bytes: &[u8], place: &mut Place) -> &mut Batch {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            self.extend(&rest[..at]);
            self.end(place);
            rest = &rest[at + 1..];
        }
        self.extend(rest);
        &mut self.batch
    }

    fn extend(&mut self, bytes: &[u8]) {
        // A byte of text may take six in JSON, and there are other fields.
        let limit = 6 * self.max_line;
        if let Some(squeeze) = &mut self.squeeze {
            squeeze.push(bytes, &mut self.line);
        } else {
            self.line.extend_from_slice(bytes);
            if self.line.len() > limit + MAX_READ {
                let mut squeeze = Squeeze::new(limit);
                let long = mem::take(&mut self.line);
                squeeze.push(&long, &mut self.line);
                self.squeeze = Some(squeeze);
            }
        }
    }

    fn end(&mut self, place: &mut Place) {
        let n_squeezed = self.squeeze.take().map_or(0, |squeeze| squeeze.n_cut);
        if let Some(entry) = entry::Entry::parse(&self.line) {
            if !place.is_of(&entry.cursor) {
                let begin = self.batch.bytes.len();
                let n_cut = entry.write(&mut self.batch.bytes, self.max_line);
                self.batch.n_cut += n_cut + n_squeezed;
                *place = entry.place();
                let len = self.batch.bytes.len() - begin;
                self.batch.entries.push(Entry { len, place: place.clone() });
            }
        } else if !self.line.trim_ascii().is_empty() {
            self.has_garbage = Some(Garbage);
        }
        self.line.clear();
        self.line.shrink_to(MAX_READ);
    }

    pub(super) fn take_garbage(&mut self) -> bool {
        self.has_garbage.take().is_some()
    }
}
