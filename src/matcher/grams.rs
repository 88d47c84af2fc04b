//! Letters by four or six, looked up at every few bytes: for atoms too many for banks.
//!
//! An atom that is `STRIDE + LEN - 1` letters long has `STRIDE` runs of `LEN` letters, whatever
//! their case, and one of them begins at a place that is a multiple of `STRIDE`, wherever the atom
//! begins. So only such places are looked at: the letters there, hashed, in a table that tells
//! nearly all of them from those of atoms.

use std::collections::BTreeMap;
use std::ops::Range;

use super::atoms::ByteSet;
use super::model::to_f32;

/// How letters are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    /// Places from one look to the next: 2, 4 or 6.
    pub(super) stride: usize,
    /// Letters that are looked at together: 4 or 6.
    pub(super) len: usize,
}

/// A table of the letters of atoms.
#[derive(Clone, Debug)]
pub(super) struct Grams {
    shape: Shape,
    /// Bits of the hash.
    bits: u32,
    /// By hash, 1 where letters of an atom have it.
    table: Box<Table>,
    /// Letters, and which of `places` are theirs; by their hash, the next free one in turn.
    keys: Vec<Key>,
    /// Atoms, by number, and how many positions before the letters they begin.
    places: Vec<(u32, u32)>,
}

/// As large as it may be, so that no index of [`Grams::MAX_BITS`] bits needs to be checked.
type Table = [u8; 1 << Grams::MAX_BITS];

#[derive(Clone, Debug, Default)]
struct Key {
    letters: u64,
    places: Range<u32>,
}

/// What was made of atoms.
pub(super) struct Built {
    pub(super) grams: Grams,
    /// The atoms that are too short, too wide or too frequent for it.
    pub(super) rest: Vec<usize>,
    /// Looks for each byte that find something.
    pub(super) rate: f32,
}

impl Grams {
    /// Bytes that must follow the last place that is looked at.
    pub(super) const PADDING: usize = Self::GROUP * 6 + 8;
    const MAX_BITS: u32 = 18;
    /// Looks that are decided upon together.
    const GROUP: usize = 8;
    /// Letters that a class may have, and ways to write letters of such classes.
    const MAX_CLASS: usize = 10;
    const MAX_WAYS: usize = 40;

    /// A table for `atoms`, by number and positions, that suits logs like `sample`. Letters that come
    /// more often than `max_rate` are not looked for.
    pub(super) fn build(
        atoms: &[(usize, &[ByteSet])],
        shape: Shape,
        sample: &[u8],
        max_rate: f32,
    ) -> Built {
        let bits = match atoms.len() * shape.stride {
            0..200 => 13,
            200..400 => 15,
            400..800 => 16,
            800..4000 => 17,
            _ => Self::MAX_BITS,
        };
        let table = vec![0; 1 << Self::MAX_BITS].try_into().expect("as many");
        let (keys, places) = (Vec::new(), Vec::new());
        let mut grams = Self { shape, bits, table, keys, places };
        let seen = Seen::new(&grams, sample);
        let mut found: BTreeMap<u64, Vec<(u32, u32)>> = BTreeMap::new();
        let mut rest = Vec::new();
        for &(number, positions) in atoms {
            match grams.best_runs(positions, &seen, max_rate) {
                Some((offset, runs)) => {
                    for (i, letters) in runs
                        .iter()
                        .enumerate()
                        .flat_map(|(i, run)| run.iter().map(move |letters| (i, *letters)))
                    {
                        let place = (as_u32(number), as_u32(offset + i));
                        found.entry(letters).or_default().push(place);
                    }
                }
                None => rest.push(number),
            }
        }
        grams.take(found);
        let n_found = seen.hashes.iter().filter(|hash| grams.table[**hash] != 0).count();
        let rate = to_f32(n_found) / to_f32(seen.hashes.len().max(1) * shape.stride);
        Built { grams, rest, rate }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Notes in `found` the places among `places` of `bytes` at which letters of an atom may be.
    /// `bytes` begin at `origin` in the log; at least [`Self::PADDING`] bytes follow the last place.
    pub(super) fn scan(
        &self,
        bytes: &[u8],
        origin: usize,
        places: &Range<usize>,
        found: &mut Vec<usize>,
    ) {
        assert!(places.end + Self::PADDING <= bytes.len(), "too few bytes behind the last place");
        let from = (origin + places.start).next_multiple_of(self.shape.stride) - origin;
        let places = from..places.end;
        match (self.shape.stride, self.shape.len) {
            (6, 6) => self.scan_by::<6, 6>(bytes, places, found),
            (4, 6) => self.scan_by::<4, 6>(bytes, places, found),
            (4, 4) => self.scan_by::<4, 4>(bytes, places, found),
            _ => self.scan_by::<2, 4>(bytes, places, found),
        }
    }

    #[inline]
    fn scan_by<const STRIDE: usize, const LEN: usize>(
        &self,
        bytes: &[u8],
        places: Range<usize>,
        found: &mut Vec<usize>,
    ) {
        let look = |group: &[u8], i: usize| {
            self.table[self.hash_of::<LEN>(&group[i * STRIDE..i * STRIDE + 8])]
        };
        for at in places.clone().step_by(Self::GROUP * STRIDE) {
            let group = &bytes[at..at + Self::GROUP * STRIDE + 8];
            let any = (0..Self::GROUP).fold(0, |any, i| any | look(group, i));
            if any != 0 {
                let is_there = |i: &usize| look(group, *i) != 0 && at + i * STRIDE < places.end;
                found.extend((0..Self::GROUP).filter(is_there).map(|i| at + i * STRIDE));
            }
        }
    }

    /// The atoms that the letters at the begin of `place` may be of, and how many positions before
    /// them they begin.
    pub(super) fn atoms_at(&self, place: &[u8]) -> &[(u32, u32)] {
        let letters = self.letters(place);
        match self.keys[self.slot(letters)] {
            Key { letters: own, ref places } if own == letters && !places.is_empty() => {
                &self.places[places.start as usize..places.end as usize]
            }
            _ => &[],
        }
    }

    /// Where `letters` are among the keys, or would be.
    fn slot(&self, letters: u64) -> usize {
        let mask = self.keys.len() - 1;
        let first = (letters.wrapping_mul(FACTOR) >> 40) as usize & mask;
        let slots = (first..=mask).chain(0..first);
        let is_its = |slot: &usize| {
            self.keys[*slot].places.is_empty() || self.keys[*slot].letters == letters
        };
        slots.into_iter().find(is_its).expect("a slot is free")
    }

    fn take(&mut self, found: BTreeMap<u64, Vec<(u32, u32)>>) {
        if found.is_empty() {
            return;
        }
        self.keys = vec![Key::default(); (found.len() * 3 + 16).next_power_of_two()];
        for (letters, atoms) in found {
            let begin = as_u32(self.places.len());
            self.places.extend(atoms);
            let places = begin..as_u32(self.places.len());
            let slot = self.slot(letters);
            self.keys[slot] = Key { letters, places };
            let hash = self.hash(letters);
            self.table[hash] = 1;
        }
    }

    /// The `stride` runs of letters of `positions` that are seen least, and where they begin.
    fn best_runs(
        &self,
        positions: &[ByteSet],
        seen: &Seen,
        max_rate: f32,
    ) -> Option<(usize, Vec<Vec<u64>>)> {
        let Shape { stride, len } = self.shape;
        let folded: Vec<Option<Vec<u8>>> = positions.iter().map(|set| letters_of(*set)).collect();
        let runs: Vec<Option<Vec<u64>>> = folded.windows(len).map(ways).collect();
        let weigh = |letters: &Vec<u64>| -> f32 {
            let n: usize = letters.iter().map(|letters| seen.count[self.hash(*letters)]).sum();
            to_f32(n) + 0.02 * to_f32(letters.len())
        };
        let weights: Vec<Option<f32>> = runs.iter().map(|run| run.as_ref().map(weigh)).collect();
        let together = |(at, run): (usize, &[Option<f32>])| {
            let all: Option<f32> = run.iter().copied().sum();
            Some((at, all? / to_f32(stride)))
        };
        let all = weights.windows(stride).enumerate().filter_map(together);
        let (at, weight) = all.min_by(|one, other| one.1.total_cmp(&other.1))?;
        let is_rare = weight / to_f32(seen.hashes.len().max(1)) < max_rate;
        is_rare.then(|| (at, runs[at..at + stride].iter().flatten().cloned().collect()))
    }

    fn letters(&self, place: &[u8]) -> u64 {
        let all = u64::from_le_bytes(*place.first_chunk().expect("8 bytes")) | FOLD;
        all & (u64::MAX >> (64 - 8 * self.shape.len))
    }

    fn hash(&self, letters: u64) -> usize {
        match self.shape.len {
            4 => self.hash_of::<4>(&letters.to_le_bytes()),
            _ => self.hash_of::<6>(&letters.to_le_bytes()),
        }
    }

    /// The hash of the first `LEN` of eight bytes.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the inmost loop")]
    #[expect(clippy::cast_possible_truncation, reason = "few bits are left")]
    fn hash_of<const LEN: usize>(&self, place: &[u8]) -> usize {
        let all = u64::from_le_bytes(*place.first_chunk().expect("8 bytes")) | FOLD;
        let hash = (all << (64 - 8 * LEN)).wrapping_mul(FACTOR) >> (64 - self.bits);
        hash as usize & ((1 << Self::MAX_BITS) - 1)
    }
}

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
/// Makes lower case of upper, and as much of other bytes.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// The hashes of a sample.
struct Seen {
    hashes: Vec<usize>,
    count: Vec<usize>,
}

impl Seen {
    fn new(grams: &Grams, sample: &[u8]) -> Self {
        let hash = |place: &[u8]| grams.hash(grams.letters(place));
        let hashes: Vec<usize> = sample.windows(8).map(hash).collect();
        let mut count = vec![0; 1 << grams.bits];
        for hash in &hashes {
            count[*hash] += 1;
        }
        Self { hashes, count }
    }
}

/// The bytes of a class, folded; `None` if they are many.
fn letters_of(set: ByteSet) -> Option<Vec<u8>> {
    let mut letters: Vec<u8> = set.iter().map(|byte| byte | 0x20).collect();
    letters.sort_unstable();
    letters.dedup();
    (letters.len() <= Grams::MAX_CLASS).then_some(letters)
}

/// Every way to write letters of these classes; `None` if they are many.
fn ways(classes: &[Option<Vec<u8>>]) -> Option<Vec<u64>> {
    let mut ways = vec![0];
    for (i, class) in classes.iter().enumerate() {
        let class = class.as_ref()?;
        let with = |way: &u64| class.iter().map(|byte| way | u64::from(*byte) << (8 * i)).collect();
        ways = ways.iter().flat_map::<Vec<u64>, _>(with).collect();
        if ways.len() > Grams::MAX_WAYS {
            return None;
        }
    }
    Some(ways)
}

/// Numbers of atoms and positions are far smaller.
fn as_u32(n: usize) -> u32 {
    u32::try_from(n).expect("few")
}
