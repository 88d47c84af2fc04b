//! Many groups counted in little room: how many there are, about, and which are the commonest.

use serde::{Deserialize, Serialize};

use crate::flow::{Crowd, Digest, GroupKey};

/// An estimate of the groups among hits that have no group of their own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Census {
    /// One bit for each hash value: the share of bits still clear tells how many groups there were.
    bits: Vec<u64>,
    /// The commonest groups with their counts ("space saving": a new one takes over the least).
    common: Vec<(GroupKey, u64)>,
}

impl Default for Census {
    fn default() -> Self {
        Self { bits: vec![0; Self::BITS / 64], common: Vec::new() }
    }
}

impl Census {
    /// Bits of the estimate: within 2 % up to some 5,000 groups, growing coarse at 30,000.
    const BITS: usize = 8192;
    /// Groups counted by name.
    const COMMON: usize = 32;
    /// Groups shown.
    const TOP: usize = 5;

    /// Takes in a hit of `key`.
    pub(super) fn add(&mut self, key: &GroupKey) {
        self.add_many(key, 1);
    }

    /// Takes in all that `other` has counted.
    pub(super) fn join(&mut self, other: &Self) {
        self.bits.iter_mut().zip(&other.bits).for_each(|(own, others)| *own |= others);
        other.common.iter().for_each(|(key, count)| self.count(key, *count));
    }

    /// Takes in `n` hits of `key`, or that there is such a group.
    pub(super) fn add_many(&mut self, key: &GroupKey, n: u64) {
        let hash = key.iter().fold(Digest::new("census"), |digest, (name, value)| {
            digest.with(name.as_bytes()).with(value.as_bytes())
        });
        let [low, high, ..] = hash.finish();
        let bit = usize::from(u16::from_le_bytes([low, high])) % Self::BITS;
        self.bits[bit / 64] |= 1 << (bit % 64);
        self.count(key, n);
    }

    fn count(&mut self, key: &GroupKey, n: u64) {
        if let Some((_, count)) = self.common.iter_mut().find(|(common, _)| common == key) {
            *count += n;
        } else if self.common.len() < Self::COMMON {
            self.common.push((key.clone(), n));
        } else if let Some(least) = self.common.iter_mut().min_by_key(|(_, count)| *count) {
            *least = (key.clone(), least.1 + n);
        }
    }

    /// What was counted.
    pub(super) fn crowd(&self) -> Crowd {
        let clear: u32 = self.bits.iter().map(|word| word.count_zeros()).sum();
        // Linear counting (Whang et al. 1990): n ≈ −m ln(share of clear bits).
        #[allow(clippy::cast_precision_loss)]
        let share = f64::from(clear.max(1)) / Self::BITS as f64;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let distinct = (-(Self::BITS as f64) * share.ln()).round() as u64;
        let mut top = self.common.clone();
        top.sort_by(|(a_key, a), (b_key, b)| b.cmp(a).then_with(|| a_key.cmp(b_key)));
        top.truncate(Self::TOP);
        Crowd { distinct, top }
    }
}
