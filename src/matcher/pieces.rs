//! The bytes of a chunk in pieces that stay in the first-level cache, each with bytes behind it.
//!
//! A kernel looks at some bytes behind the last place, and an atom may ask for a line end before the
//! first byte of a chunk and behind its last. Where the chunk has neither, a copy of its border has.

use std::ops::Range;

use super::grams::Grams;
use super::kernels::Kernel;

/// A copy of a chunk's border. Reused.
#[derive(Debug, Default)]
pub(super) struct Border(Vec<u8>);

/// Bytes to look through.
///
/// Places are counted from the line end that is thought before the chunk: place 0 is that, place 1
/// is the chunk's first byte.
pub(super) struct Piece<'a> {
    /// The place of the first of `bytes`.
    pub(super) origin: usize,
    /// From that place on, [`PADDING`] more than are to be looked at.
    pub(super) bytes: &'a [u8],
    /// How many places are to be looked at.
    pub(super) len: usize,
}

/// Bytes that follow the last place of a piece.
pub(super) const PADDING: usize =
    if Kernel::PADDING > Grams::PADDING { Kernel::PADDING } else { Grams::PADDING };
/// Places of a piece. With its tables it fits into 32 KiB.
pub(super) const SIZE: usize = 16 << 10;

impl Border {
    /// The piece of `chunk` that begins at the first of `places`, and goes as far as it can.
    pub(super) fn piece<'a>(&'a mut self, chunk: &'a [u8], places: &Range<usize>) -> Piece<'a> {
        let origin = places.start;
        // From here on the chunk lacks bytes behind.
        let tail = (chunk.len() + 1).saturating_sub(PADDING);
        if (1..tail).contains(&origin) {
            let end = places.end.min(tail).min(origin + SIZE);
            return Piece { origin, bytes: &chunk[origin - 1..], len: end - origin };
        }
        let end = if origin == 0 && tail > 1 { 1 } else { places.end };
        let len = end - origin;
        self.0.clear();
        if origin == 0 {
            self.0.push(b'\n');
        }
        let behind = (end - 1 + PADDING).min(chunk.len());
        self.0.extend_from_slice(&chunk[origin.saturating_sub(1)..behind]);
        self.0.resize(len + PADDING, b'\n');
        Piece { origin, bytes: &self.0, len }
    }
}
