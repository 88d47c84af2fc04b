//! A place where a window may be → the atoms that are there.

use super::atoms::{Atom, ByteSet};

/// An atom that a place of a bucket may be of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The atom, by its number.
    pub(super) atom: u32,
    /// Positions of the atom before the place.
    pub(super) offset: u32,
    /// Eight bytes from the place on: which bits must be as in `value`.
    mask: u64,
    value: u64,
}

impl Entry {
    /// The atom with `positions`, of which a window begins at `offset`.
    pub(super) fn new(atom: usize, offset: usize, positions: &[ByteSet]) -> Self {
        let (mut mask, mut value) = ([0; 8], [0; 8]);
        for (i, set) in positions[offset..].iter().take(8).enumerate() {
            (mask[i], value[i]) = common_bits(*set);
        }
        let number = |n: usize| u32::try_from(n).expect("few");
        let (mask, value) = (u64::from_le_bytes(mask), u64::from_le_bytes(value));
        Self { atom: number(atom), offset: number(offset), mask, value }
    }

    /// Whether the eight bytes at a place do not speak against it.
    pub(super) fn may_be_at(&self, bytes: u64) -> bool {
        bytes & self.mask == self.value
    }
}

/// The bits that all of `set` have in common, and what they are.
fn common_bits(set: ByteSet) -> (u8, u8) {
    let Some(first) = set.iter().next() else { return (0, 0) };
    let mask = set.iter().fold(u8::MAX, |mask, byte| mask & !(byte ^ first));
    (mask, first & mask)
}

/// Whether `atom` is in `bytes`, with its first byte at `at`. Around `bytes` there are line ends.
pub(super) fn is_at(atom: &Atom, bytes: &[u8], at: usize) -> bool {
    let end = at + atom.body.len();
    let Some(body) = bytes.get(at..end) else { return false };
    let takes = |around: Option<ByteSet>, byte: Option<&u8>| {
        around.is_none_or(|set| byte.is_none_or(|byte| set.has(*byte)))
    };
    body.iter().zip(&atom.body).all(|(byte, set)| set.has(*byte))
        && takes(atom.before, at.checked_sub(1).and_then(|before| bytes.get(before)))
        && takes(atom.after, bytes.get(end))
}
