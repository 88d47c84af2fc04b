//! Which window of each atom goes into which bucket, so that few places of the log are of one.

use super::planes::{Plane, Planes};
use crate::matcher::atoms::ByteSet;
use crate::matcher::bank::Bank;
use crate::matcher::model::{Model, to_f32};

/// Some of an atom's positions.
#[derive(Debug)]
pub(super) struct Window {
    /// Where among the atom's positions they begin.
    pub(super) offset: usize,
    sets: Vec<ByteSet>,
    planes: Vec<Plane>,
    /// Places of the sample that have it.
    count: u32,
}

/// Buckets with windows in them.
#[derive(Debug)]
pub(super) struct Filling {
    /// Each bucket's atoms, by their number, with the offset of the window.
    pub(super) buckets: Vec<Vec<(usize, usize)>>,
    /// Places that are of a bucket for each byte.
    pub(super) rate: f32,
}

/// Windows that are looked at by likelihood, and those that are then counted.
const MAX_LOOKED_AT: usize = 4;
const MAX_WINDOWS: usize = 3;
/// Pairs of a bucket and a window that are counted for an atom, the likeliest to be best; fewer where
/// there are many atoms, so that the time for each stays about the same.
const COUNTED: std::ops::RangeInclusive<usize> = 3..=10;
/// Pairs that are counted for all atoms together, as long as each has the fewest.
const ALL_COUNTED: usize = 4_000;

/// The rarest windows of an atom's `positions`, the rarest first.
pub(super) fn windows(
    positions: &[ByteSet],
    width: usize,
    model: &Model,
    planes: &mut Planes,
) -> Vec<Window> {
    let mut offsets: Vec<usize> = (0..=positions.len().saturating_sub(width)).collect();
    if offsets.len() > MAX_LOOKED_AT {
        offsets.sort_by_cached_key(|at| likelihood_key(model.rate(&positions[*at..at + width])));
        offsets.truncate(MAX_LOOKED_AT);
    }
    let window = |offset: usize| {
        let set = |position| positions.get(offset + position).copied().unwrap_or(ByteSet::ALL);
        let sets: Vec<ByteSet> = (0..width).map(set).collect();
        let own = sets.iter().enumerate().flat_map(|(shift, set)| planes.of(*set, shift));
        let own: Vec<Plane> = own.collect();
        let all = |word| own.iter().fold(u64::MAX, |all, plane| all & plane[word]);
        let count = (0..planes.n_words()).map(|word| all(word).count_ones()).sum();
        Window { offset, sets, planes: own, count }
    };
    let mut windows: Vec<Window> = offsets.into_iter().map(window).collect();
    windows.sort_by_key(|window| window.count);
    windows.truncate(MAX_WINDOWS);
    windows
}

/// Likelihoods are not negative, and so are ordered as their bits are.
fn likelihood_key(likelihood: f32) -> u32 {
    likelihood.to_bits()
}

/// Puts one of each atom's windows into one of `n_banks` banks of buckets: the most frequent first,
/// each where it makes the fewest places more.
pub(super) fn fill(
    atoms: &[(usize, Vec<Window>)],
    n_banks: usize,
    model: &Model,
    planes: &Planes,
) -> Filling {
    let mut order: Vec<&(usize, Vec<Window>)> = atoms.iter().collect();
    order.sort_by_key(|(_, windows)| std::cmp::Reverse(windows[0].count));
    let mut buckets: Vec<Bucket> =
        (0..n_banks * Bank::BUCKETS).map(|_| Bucket::default()).collect();
    let n_counted = (ALL_COUNTED / atoms.len().max(1)).clamp(*COUNTED.start(), *COUNTED.end());
    for (atom, windows) in order {
        let (bucket, window, count) = best_place(&buckets, windows, model, n_counted);
        buckets[bucket].put(*atom, &windows[window], count, model);
    }
    let n_found: u32 = buckets.iter().map(|bucket| bucket.count).sum();
    let rate = to_f32(n_found as usize) / to_f32(planes.n_words().max(1) * 64);
    Filling { buckets: buckets.into_iter().map(|bucket| bucket.atoms).collect(), rate }
}

/// The bucket and the window that cost least together, and how many places the bucket then has.
///
/// The likeliest `n_counted` are counted in the sample.
fn best_place(
    buckets: &[Bucket],
    windows: &[Window],
    model: &Model,
    n_counted: usize,
) -> (usize, usize, u32) {
    let mut likely: Vec<(f32, usize, usize)> = Vec::new();
    let first_empty = buckets.iter().position(|bucket| bucket.atoms.is_empty());
    for (number, bucket) in buckets.iter().enumerate() {
        // Empty ones are all alike.
        if bucket.atoms.is_empty() && first_empty != Some(number) {
            continue;
        }
        for (i, window) in windows.iter().enumerate() {
            likely.push((bucket.likelihood_more(window, model), number, i));
        }
    }
    if likely.len() > n_counted {
        likely.select_nth_unstable_by(n_counted - 1, |one, other| one.0.total_cmp(&other.0));
        likely.truncate(n_counted);
    }
    let counted = likely.into_iter().map(|(_, number, i)| {
        let (bucket, window) = (&buckets[number], &windows[i]);
        let count = bucket.count_with(window);
        (bucket.cost_more(count), (number, i, count))
    });
    let best = counted.min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    best.expect("a window and a bucket").1
}

/// Windows that are told apart only by a closer look.
#[derive(Default)]
struct Bucket {
    atoms: Vec<(usize, usize)>,
    /// At each position its bytes, and how likely a byte is one of them.
    sets: Vec<(ByteSet, f32)>,
    planes: Vec<Vec<u64>>,
    likelihood: f32,
    /// Places of the sample that are of it.
    count: u32,
}

impl Bucket {
    /// Words that are counted together, so that they stay in registers.
    const PART: usize = 64;

    /// How much likelier a place is of it with `window`.
    fn likelihood_more(&self, window: &Window, model: &Model) -> f32 {
        if self.atoms.is_empty() {
            return 0.0;
        }
        // Only bytes that are new are looked at: mostly there are none.
        let more = |own: ByteSet, set: &ByteSet| match set.without(own) {
            ByteSet::NONE => 0.0,
            new => model.weight(new),
        };
        let sets = self.sets.iter().zip(&window.sets);
        sets.map(|((own, weight), set)| weight + more(*own, set)).product::<f32>() - self.likelihood
    }

    /// Places that are of it with `window`.
    fn count_with(&self, window: &Window) -> u32 {
        if self.atoms.is_empty() {
            return window.count;
        }
        let n_words = window.planes.first().map_or(0, |plane| plane.len());
        let mut count = 0;
        for from in (0..n_words).step_by(Self::PART) {
            let part = from..(from + Self::PART).min(n_words);
            let mut all = [u64::MAX; Self::PART];
            for (own, other) in self.planes.iter().zip(&window.planes) {
                let pairs = own[part.clone()].iter().zip(&other[part.clone()]);
                all.iter_mut().zip(pairs).for_each(|(all, (own, other))| *all &= own | other);
            }
            count += all[..part.len()].iter().map(|word| word.count_ones()).sum::<u32>();
        }
        count
    }

    /// What it costs more with `count` places: each is looked at closer, for each of its atoms.
    fn cost_more(&self, count: u32) -> f32 {
        let cost = |count: u32, n_atoms: usize| {
            (to_f32(count as usize) + 0.05) * (1.0 + 0.15 * to_f32(n_atoms))
        };
        cost(count, self.atoms.len() + 1) - cost(self.count, self.atoms.len())
    }

    fn put(&mut self, atom: usize, window: &Window, count: u32, model: &Model) {
        if self.atoms.is_empty() {
            self.sets = window.sets.iter().map(|set| (*set, 0.0)).collect();
            self.planes = window.planes.iter().map(|plane| plane.to_vec()).collect();
        } else {
            let sets = self.sets.iter_mut().zip(&window.sets);
            sets.for_each(|((own, _), set)| *own = own.or(*set));
            for (own, other) in self.planes.iter_mut().zip(&window.planes) {
                own.iter_mut().zip(&**other).for_each(|(own, other)| *own |= other);
            }
        }
        self.sets.iter_mut().for_each(|(own, weight)| *weight = model.weight(*own));
        self.likelihood = self.sets.iter().map(|(_, weight)| weight).product();
        self.count = count;
        self.atoms.push((atom, window.offset));
    }
}
