//! Bytes as they come → whole lines of bounded length.

use std::mem;

use memchr::memchr;

use super::inbox::Batch;

/// A buffer that a long line took is given back beyond this.
const KEPT: usize = 16 * 1024;

/// Cuts bytes into lines. Holds the beginning of a line whose end has not come.
#[derive(Debug)]
pub(super) struct Lines {
    line: Vec<u8>,
    /// Bytes of the line beyond the greatest length.
    n_cut: u64,
    /// The greatest length, line end included.
    max: usize,
}

impl Lines {
    pub(super) fn new(max: usize) -> Self {
        Self { line: Vec::new(), n_cut: 0, max: max.max(2) }
    }

    /// Takes in `bytes`; lines that end in them go into `batch`.
    pub(super) fn push(&mut self, bytes: &[u8], batch: &mut Batch) {
        let mut rest = bytes;
        while let Some(at) = memchr(b'\n', rest) {
            if self.is_empty() && at < self.max {
                batch.bytes.extend_from_slice(&rest[..=at]);
            } else {
                self.extend(&rest[..at]);
                self.end(batch);
            }
            rest = &rest[at + 1..];
        }
        self.extend(rest);
    }

    /// Makes a line of what there is without a line end, if there is any.
    pub(super) fn finish(&mut self, batch: &mut Batch) {
        if !self.is_empty() {
            self.end(batch);
        }
    }

    /// Whether all that came was whole lines.
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    fn extend(&mut self, text: &[u8]) {
        let n_kept = text.len().min(self.max - 1 - self.line.len());
        self.line.extend_from_slice(&text[..n_kept]);
        self.n_cut += (text.len() - n_kept) as u64;
    }

    fn end(&mut self, batch: &mut Batch) {
        batch.bytes.append(&mut self.line);
        batch.bytes.push(b'\n');
        batch.n_cut += mem::take(&mut self.n_cut);
        self.line.shrink_to(KEPT);
    }
}
