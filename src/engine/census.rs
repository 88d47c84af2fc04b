//! Many groups counted in little room: how many there are, about, and which are the commonest.

use serde::{Deserialize, Serialize};

use crate::flow::{Crowd, Digest, GroupKey};

/// An estimate of the groups among matches that are told together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Census {
    sketch: Sketch,
    /// The commonest groups with their counts ("space saving": a new one takes over the least).
    common: Vec<(GroupKey, u64)>,
    /// There are groups that `common` does not have.
    is_estimate: bool,
}

/// How many different hashes there were, within some 3 %, however many ("`HyperLogLog`", Flajolet et
/// al. 2007: of each share of the hashes, the longest run of zeros that one began with).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
struct Sketch(Box<[u8]>);

impl Census {
    /// Groups counted by name.
    const COMMON: usize = 32;

    /// Takes in `count` matches of `key`.
    pub(super) fn add(&mut self, key: &GroupKey, count: u64) {
        self.sketch.add(hash(key));
        if let Some((_, known)) = self.common.iter_mut().find(|(common, _)| common == key) {
            *known += count;
        } else if self.common.len() < Self::COMMON {
            self.common.push((key.clone(), count));
        } else if let Some(least) = self.common.iter_mut().min_by_key(|(_, count)| *count) {
            *least = (key.clone(), least.1 + count);
            self.is_estimate = true;
        }
    }

    /// Takes in that there are the groups of `other` as well, however often each came.
    pub(super) fn add_groups(&mut self, other: &Self) {
        self.sketch.join(&other.sketch);
        self.is_estimate = true;
    }

    /// Takes in all that `other` has counted.
    pub(super) fn join(&mut self, other: &Self) {
        other.common.iter().for_each(|(key, count)| self.add(key, *count));
        self.sketch.join(&other.sketch);
        self.is_estimate |= other.is_estimate;
    }

    /// How many different groups were counted.
    pub(super) fn distinct(&self) -> u64 {
        let known = self.common.len() as u64;
        if self.is_estimate { self.sketch.distinct().max(known) } else { known }
    }

    /// What was counted, with the `n_top` commonest.
    pub(super) fn crowd(&self, n_top: usize) -> Crowd {
        let mut top = self.common.clone();
        top.sort_by(|(a_key, a), (b_key, b)| b.cmp(a).then_with(|| a_key.cmp(b_key)));
        top.truncate(n_top);
        Crowd { distinct: self.distinct(), top }
    }
}

impl Sketch {
    /// Bits of a hash that say which share it falls to.
    const BITS: u32 = 11;
    const SHARES: usize = 1 << Self::BITS;
    /// What no run of zeros is as long as, one after another in ASCII from here.
    const ZERO: u8 = b'0';

    fn add(&mut self, hash: u64) {
        let (share, rest) = (hash >> (u64::BITS - Self::BITS), hash << Self::BITS);
        let longest = (u64::BITS - Self::BITS).min(rest.leading_zeros()) + 1;
        let share = usize::try_from(share).expect("it has 11 bits");
        self.0[share] = self.0[share].max(u8::try_from(longest).expect("it is at most 54"));
    }

    fn join(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own = (*own).max(*other);
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    fn distinct(&self) -> u64 {
        let shares = Self::SHARES as f64;
        let sum: f64 = self.0.iter().map(|longest| 0.5_f64.powi(i32::from(*longest))).sum();
        let many = 0.7213 / (1.0 + 1.079 / shares) * shares * shares / sum;
        let empty: u32 = self.0.iter().map(|longest| u32::from(*longest == 0)).sum();
        // Of few, how many shares have none says more (Whang et al. 1990: n ≈ −m ln(share of empty)).
        if many <= 2.5 * shares && empty > 0 {
            return (-shares * (f64::from(empty) / shares).ln()).round() as u64;
        }
        many.round() as u64
    }
}

impl Default for Sketch {
    fn default() -> Self {
        Self(vec![0; Self::SHARES].into())
    }
}

impl From<Sketch> for String {
    fn from(sketch: Sketch) -> Self {
        sketch.0.iter().map(|longest| char::from(Sketch::ZERO + longest)).collect()
    }
}

impl From<String> for Sketch {
    fn from(text: String) -> Self {
        let mut sketch = Self::default();
        for (own, saved) in sketch.0.iter_mut().zip(text.bytes()) {
            *own = saved.saturating_sub(Self::ZERO).min(64);
        }
        sketch
    }
}

fn hash(key: &GroupKey) -> u64 {
    let digest = key.iter().fold(Digest::new("census"), |digest, (name, value)| {
        digest.with(name.as_bytes()).with(value.as_bytes())
    });
    digest.finish_short()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> GroupKey {
        GroupKey([("user".into(), format!("user{n}").into())].into())
    }

    #[test]
    fn groups_are_counted_within_a_few_percent_however_many() {
        for n in [1, 31, 32, 33, 500, 5_000, 6_000, 20_000, 200_000] {
            let mut census = Census::default();
            (0..n).for_each(|i| census.add(&key(i), 1));
            census.add(&key(0), 1);
            let off = census.distinct().abs_diff(n);
            assert!(off * 100 <= n * 6, "{n}: {}", census.distinct());
            assert!(n > 32 || off == 0, "few are counted one by one");
        }
    }

    #[test]
    fn the_commonest_are_known_and_groups_of_two_counts_are_counted_once() {
        let (mut a, mut b) = (Census::default(), Census::default());
        (0..1000).for_each(|i| a.add(&key(i), 1));
        (500..1500).for_each(|i| b.add(&key(i), 1));
        a.add(&key(7), 5_000);
        // It took over the place of others, and their count.
        assert_eq!(a.crowd(10).top[0], (key(7), 5_031));
        assert_eq!(a.crowd(10).top.len(), 10);
        a.add_groups(&b);
        assert!(a.distinct().abs_diff(1500) < 75, "{}", a.distinct());
        let text = serde_json::to_string(&a).unwrap();
        assert_eq!(serde_json::from_str::<Census>(&text).unwrap(), a);
    }

    #[test]
    fn a_count_of_before_there_were_sketches_begins_anew() {
        let old = r#"{"bits":[1,2,3],"common":[[[["user","eve"]],4]]}"#;
        let census: Census = serde_json::from_str(old).unwrap();
        assert_eq!((census.distinct(), census.common.len()), (1, 1));
    }
}
