//! How often bytes follow each other in a log: which atoms are rare there.
//!
//! Pairs of bytes, which tell how rare a class is beside another, and letters by four, which tell
//! what words there are. Both are counted in a sample of the log, or in lines of common kinds where
//! there is none yet.

mod common;

use std::sync::LazyLock;

use super::atoms::{Atom, ByteSet, MAX_POSITIONS};

/// What is known of a log's bytes.
pub(super) struct Model {
    /// How likely each byte is.
    single: Vec<f32>,
    /// How likely each byte is behind each other one.
    pair: Vec<f32>,
    /// How often four letters come, whatever their case, by their hash.
    fours: Vec<u16>,
    sample: Vec<u8>,
    /// Where in the sample each byte is.
    places: Vec<Vec<u32>>,
}

impl Model {
    /// Bits of the hash of four letters.
    const FOURS: u32 = 18;
    /// Classes that are larger are not looked at byte by byte.
    const MAX_CLASS: usize = 64;
    /// Positions of an atom whose likelihood is taken together.
    const WINDOW: usize = 8;

    /// Of logs of common kinds.
    pub(super) fn common() -> &'static Self {
        static COMMON: LazyLock<Model> = LazyLock::new(|| Model::of(common::sample()));
        &COMMON
    }

    /// Counts in `sample`.
    pub(super) fn of(sample: Vec<u8>) -> Self {
        let mut n_single = vec![0.0_f32; 256];
        let mut n_pair = vec![0.0_f32; 1 << 16];
        for two in sample.windows(2) {
            n_single[usize::from(two[0])] += 1.0;
            n_pair[pair(two[0], two[1])] += 1.0;
        }
        let n_bytes = to_f32(sample.len()) + 1.0;
        let single: Vec<f32> = n_single.iter().map(|n| (n + 0.5) / (n_bytes + 128.0)).collect();
        // Where few of a byte were seen, what follows it is as what follows any.
        let likely = |first: u8, second: u8| {
            let unseen = 20.0;
            (n_pair[pair(first, second)] + unseen * single[usize::from(second)])
                / (n_single[usize::from(first)] + unseen)
        };
        let bytes = || 0..=u8::MAX;
        let pair = bytes().flat_map(|a| bytes().map(move |b| (a, b)));
        let pair = pair.map(|(first, second)| likely(first, second)).collect();
        let mut fours = vec![0_u16; 1 << Self::FOURS];
        for four in sample.windows(4) {
            let n = &mut fours[hash([four[0], four[1], four[2], four[3]])];
            *n = n.saturating_add(1);
        }
        let mut places = vec![Vec::new(); 256];
        for (at, byte) in (0..).zip(&sample) {
            places[usize::from(*byte)].push(at);
        }
        Self { single, pair, fours, sample, places }
    }

    /// What it was made of.
    pub(super) fn sample(&self) -> &[u8] {
        &self.sample
    }

    /// How many of `atoms` come for each byte, and a little for each that is short: where none was
    /// seen, a longer one is surer to be rare.
    pub(super) fn score(&self, atoms: &[Atom]) -> f32 {
        let score = |atom: &Atom| {
            let positions = atom.positions();
            let left = MAX_POSITIONS.saturating_sub(positions.len());
            let doubt = match longest_literal(&positions) {
                9.. => 0.0,
                7..=8 => 2e-8,
                5..=6 => 2e-7,
                _ => 1e-6,
            };
            self.rate(&positions) + 1e-10 * to_f32(left) + doubt
        };
        atoms.iter().map(score).sum()
    }

    /// How many of `atoms` the sample has for each of its bytes.
    pub(super) fn counted_rate(&self, atoms: &[Atom]) -> f32 {
        let n: usize = atoms.iter().map(|atom| self.count(&atom.positions())).sum();
        to_f32(n) / to_f32(self.sample.len().max(1))
    }

    /// How likely `positions` are at any place.
    pub(super) fn rate(&self, positions: &[ByteSet]) -> f32 {
        let by_pairs = match positions.len() {
            len if len <= Self::WINDOW => self.likelihood(positions),
            _ => {
                let windows = positions.windows(Self::WINDOW);
                windows.map(|window| self.likelihood(window)).fold(1.0, f32::min)
            }
        };
        match self.rarest_four(positions) {
            // What was not seen by four is rarer than pairs make believe.
            Some(rarest) => rarest + 1e-3 * by_pairs + 1e-9,
            None => by_pairs + 1e-9,
        }
    }

    /// How likely any byte of `set` is.
    pub(super) fn weight(&self, set: ByteSet) -> f32 {
        if set == ByteSet::ALL {
            return 1.0;
        }
        set.iter().map(|byte| self.single[usize::from(byte)]).sum()
    }

    /// How often the rarest four letters of `positions` come, if there are four.
    fn rarest_four(&self, positions: &[ByteSet]) -> Option<f32> {
        let fours = positions.windows(4).filter_map(|four| {
            let letter = |i: usize| four[i].folded();
            Some(self.fours[hash([letter(0)?, letter(1)?, letter(2)?, letter(3)?])])
        });
        fours.min().map(|n| f32::from(n) / to_f32(self.sample.len().max(1)))
    }

    /// The likelihood by pairs.
    fn likelihood(&self, positions: &[ByteSet]) -> f32 {
        // The likelihood of all up to here that end with each byte; or of all together.
        let (mut ends, mut all) = (Vec::new(), 1.0);
        for &set in positions {
            if set.len() > Self::MAX_CLASS {
                let so_far: f32 = all * ends.iter().map(|(_, p)| p).sum::<f32>();
                all = self.weight(set) * if ends.is_empty() { all } else { so_far };
                ends.clear();
                continue;
            }
            let single = |byte: u8| all * self.single[usize::from(byte)];
            let behind = |byte: u8| {
                let pairs = ends.iter().map(|(first, p)| p * self.pair[pair(*first, byte)]);
                all * pairs.sum::<f32>()
            };
            let is_first = ends.is_empty();
            let next: Vec<(u8, f32)> = set
                .iter()
                .map(|byte| (byte, if is_first { single(byte) } else { behind(byte) }))
                .collect();
            (ends, all) = (next, 1.0);
            if ends.is_empty() {
                return 0.0;
            }
        }
        if ends.is_empty() { all } else { ends.iter().map(|(_, p)| p).sum() }
    }

    /// How many times the sample has `positions`.
    fn count(&self, positions: &[ByteSet]) -> usize {
        let weigh = |(i, set): (usize, &ByteSet)| (i, self.weight(*set));
        let rarest = positions.iter().enumerate().map(weigh);
        let Some((rarest, _)) = rarest.min_by(|one, other| one.1.total_cmp(&other.1)) else {
            return self.sample.len();
        };
        let places = positions[rarest].iter().flat_map(|byte| &self.places[usize::from(byte)]);
        let is_there = |place: &&u32| {
            let begin = (**place as usize).checked_sub(rarest);
            let rest = begin.and_then(|begin| self.sample.get(begin..begin + positions.len()));
            rest.is_some_and(|rest| rest.iter().zip(positions).all(|(byte, set)| set.has(*byte)))
        };
        places.filter(is_there).count()
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

fn hash(four: [u8; 4]) -> usize {
    let folded = u32::from_le_bytes(four) | 0x2020_2020;
    (folded.wrapping_mul(0x9E37_79B1) >> (32 - Model::FOURS)) as usize
}

/// The most positions in a row that are one letter, whatever its case.
fn longest_literal(positions: &[ByteSet]) -> usize {
    let runs = positions.split(|set| set.folded().is_none());
    runs.map(<[ByteSet]>::len).max().unwrap_or(0)
}

/// Sizes and counts here are far below where it would lose anything.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(super) fn to_f32(n: usize) -> f32 {
    n as f32
}
