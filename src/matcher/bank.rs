//! Windows of atoms in eight buckets, as tables that kernels look bytes up in.

use super::atoms::ByteSet;

/// Up to eight buckets of windows, all of the same width.
///
/// A place in a log is of a bucket if at each position of the window its byte is one of those that
/// some window in the bucket has there. That is more than the windows themselves: whoever looks
/// must look closer.
#[derive(Clone, Debug)]
pub(super) struct Bank {
    pub(super) width: usize,
    /// For each position, the buckets that take each byte.
    exact: Box<[[u8; 256]]>,
    /// The same for the lower seven bits of a byte.
    pub(super) seven: [[u8; 128]; Self::MAX_WIDTH],
    /// The same for its lower and its upper four bits, of which both must agree.
    pub(super) low: [[u8; 16]; Self::MAX_WIDTH],
    pub(super) high: [[u8; 16]; Self::MAX_WIDTH],
}

impl Bank {
    /// Buckets of a bank, each a bit of a byte.
    pub(super) const BUCKETS: usize = 8;
    /// The widest window.
    pub(super) const MAX_WIDTH: usize = 6;

    /// The widths that kernels know.
    pub(super) const WIDTHS: [usize; 3] = [3, 4, Self::MAX_WIDTH];

    /// A bank with `windows` by bucket, of one of [`Self::WIDTHS`]. One that has fewer positions may
    /// have any bytes behind them.
    pub(super) fn new<'a>(
        width: usize,
        windows: impl IntoIterator<Item = (usize, &'a [ByteSet])>,
    ) -> Self {
        assert!(Self::WIDTHS.contains(&width), "no kernel looks at {width} positions");
        let mut bank = Self {
            width,
            exact: vec![[0; 256]; width].into(),
            seven: [[0; 128]; Self::MAX_WIDTH],
            low: [[0; 16]; Self::MAX_WIDTH],
            high: [[0; 16]; Self::MAX_WIDTH],
        };
        for (bucket, window) in windows {
            for position in 0..width {
                let set = window.get(position).copied().unwrap_or(ByteSet::ALL);
                set.iter().for_each(|byte| bank.put(1 << bucket, position, byte));
            }
        }
        bank
    }

    fn put(&mut self, bucket: u8, position: usize, byte: u8) {
        self.exact[position][usize::from(byte)] |= bucket;
        self.seven[position][usize::from(byte & 127)] |= bucket;
        self.low[position][usize::from(byte & 15)] |= bucket;
        self.high[position][usize::from(byte >> 4)] |= bucket;
    }

    /// The buckets that `place` is of, one bit each. It has at least as many bytes as a window.
    pub(super) fn buckets(&self, place: &[u8]) -> u8 {
        let place = &place[..self.width];
        place
            .iter()
            .zip(&self.exact)
            .fold(u8::MAX, |bits, (byte, table)| bits & table[usize::from(*byte)])
    }
}
