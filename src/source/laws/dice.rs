//! Bytes as a source of choices.

/// Makes choices of bytes; when they have run out, always the first one.
#[derive(Debug)]
pub(in crate::source) struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub(in crate::source) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(in crate::source) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::source) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A number below `n`, which is at most 256.
    pub(in crate::source) fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n.max(1)
    }

    pub(in crate::source) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Once in `n` times; never when the bytes have run out.
    pub(in crate::source) fn once_in(&mut self, n: usize) -> bool {
        !self.is_over() && self.below(n) == n - 1
    }

    /// The bytes that are left, of which nothing is taken.
    pub(in crate::source) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Up to 255 of the bytes that are left.
    pub(in crate::source) fn slice(&mut self) -> &'a [u8] {
        let n = self.below(256).min(self.0.len());
        let (first, rest) = self.0.split_at(n);
        self.0 = rest;
        first
    }

    /// The first half of the bytes, which are left to it.
    pub(in crate::source) fn halve(&mut self) -> Self {
        let (first, rest) = self.0.split_at(self.0.len() / 2);
        self.0 = rest;
        Self(first)
    }
}
