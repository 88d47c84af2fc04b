//! A sample of the log as bits, to count at once where several classes follow each other.

use std::collections::HashMap;
use std::rc::Rc;

use crate::matcher::atoms::ByteSet;
use crate::matcher::kernels::Tables;

/// A bit for each place of the sample.
pub(super) type Plane = Rc<[u64]>;

/// For each byte, where in the sample it is.
pub(super) struct Planes {
    tables: Tables,
    n_words: usize,
    bytes: Vec<Vec<u64>>,
    /// The bytes that it has.
    present: Vec<u8>,
    /// Planes of classes, by how many places they are shifted.
    known: HashMap<(ByteSet, usize), Vec<Plane>>,
}

impl Planes {
    /// Places that are counted at most.
    const SIZE: usize = 32 << 10;
    /// Bytes that are taken together where the sample is larger.
    const PIECE: usize = 512;

    /// As a kernel that looks bytes up in `tables` sees `sample`.
    pub(super) fn new(sample: &[u8], tables: Tables) -> Self {
        let every = sample.len().div_ceil(Self::SIZE).max(1);
        let pieces = sample.chunks(Self::PIECE).step_by(every);
        let mut places: Vec<u8> = pieces.flatten().copied().take(Self::SIZE).collect();
        places.truncate(places.len() / 64 * 64);
        let n_words = places.len() / 64;
        // One more, of which shifted planes take bits.
        let mut bytes = vec![vec![0; n_words + 1]; 256];
        for (at, byte) in places.iter().enumerate() {
            bytes[usize::from(*byte)][at / 64] |= 1 << (at % 64);
        }
        let is_present = |byte: &u8| bytes[usize::from(*byte)].iter().any(|word| *word != 0);
        let present = (0..=u8::MAX).filter(is_present).collect();
        Self { tables, n_words, bytes, present, known: HashMap::new() }
    }

    pub(super) fn n_words(&self) -> usize {
        self.n_words
    }

    /// The places that have one of `set` `shift` places on, as the kernel sees it: those of which
    /// all these planes have the bit.
    pub(super) fn of(&mut self, set: ByteSet, shift: usize) -> Vec<Plane> {
        if let Some(planes) = self.known.get(&(set, shift)) {
            return planes.clone();
        }
        let planes: Vec<Plane> = match self.tables {
            Tables::Exact => vec![self.plane(shift, |byte| set.has(byte))],
            Tables::Seven => {
                vec![self.plane(shift, |byte| set.has(byte & 127) || set.has(byte | 128))]
            }
            Tables::Nibbles => {
                let (mut low, mut high) = (0_u16, 0_u16);
                for byte in set.iter() {
                    low |= 1 << (byte & 15);
                    high |= 1 << (byte >> 4);
                }
                let lows = self.plane(shift, |byte| low >> (byte & 15) & 1 == 1);
                vec![lows, self.plane(shift, |byte| high >> (byte >> 4) & 1 == 1)]
            }
        };
        self.known.insert((set, shift), planes.clone());
        planes
    }

    fn plane(&self, shift: usize, is_in: impl Fn(u8) -> bool) -> Plane {
        let mut all = vec![0; self.n_words + 1];
        let (own, others): (Vec<u8>, Vec<u8>) = self.present.iter().partition(|byte| is_in(**byte));
        let fewer = if own.len() <= others.len() { &own } else { &others };
        for byte in fewer {
            all.iter_mut().zip(&self.bytes[usize::from(*byte)]).for_each(|(all, one)| *all |= one);
        }
        if own.len() > others.len() {
            for word in &mut all {
                *word = !*word;
            }
        }
        let shifted = |two: &[u64]| match shift {
            0 => two[0],
            _ => two[0] >> shift | two[1] << (64 - shift),
        };
        all.windows(2).map(shifted).collect()
    }
}
