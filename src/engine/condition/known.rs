//! `new`: what a rule has seen already, and when it last did.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use crate::flow::Timestamp;

/// The values that a rule has seen: a hash of each, with when it last came (event time).
///
/// That time is as coarse as it is saved, in memory too, so that a restart changes nothing: it goes on
/// in steps of a thousandth of `forget`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Known {
    last: HashMap<u64, Timestamp>,
    /// The same, those that were not seen for longest first.
    by_age: BTreeSet<(Timestamp, u64)>,
    /// Those that differ from what was last saved, or are gone.
    changed: HashSet<u64>,
}

impl Known {
    /// Values that are remembered: some 10 MB. For one more, that which was not seen for longest goes,
    /// and would be news again.
    pub(crate) const MAX: usize = 100_000;
    /// Steps in which the time goes on within `forget`.
    const STEPS: u32 = 1000;

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.last.len()
    }

    /// Takes in that `value` came `at`. Returns whether it is news: it never came before, or not for
    /// `forget`.
    pub(crate) fn on_value(&mut self, value: u64, at: Timestamp, forget: Duration) -> bool {
        let known = self.last.get(&value).copied();
        if known.is_none_or(|last| at >= last + forget / Self::STEPS && at > last) {
            self.put(value, at);
        }
        while self.len() > Self::MAX {
            self.drop_oldest();
        }
        known.is_none_or(|last| at >= last + forget)
    }

    /// Lets go of what was not seen since `before`.
    pub(crate) fn forget(&mut self, before: Timestamp) {
        while self.by_age.first().is_some_and(|(last, _)| *last <= before) {
            self.drop_oldest();
        }
    }

    /// Takes up what was saved.
    pub(crate) fn restore(&mut self, value: u64, last: Timestamp) {
        self.put(value, last);
        self.changed.remove(&value);
    }

    /// Takes in that `value` is saved, though it is not known.
    pub(crate) fn disown(&mut self, value: u64) {
        self.changed.insert(value);
    }

    /// What differs from what was last saved, each with when it last came; `None`: it is gone.
    pub(crate) fn take_changes(&mut self) -> impl Iterator<Item = (u64, Option<Timestamp>)> {
        let mut changed: Vec<_> = std::mem::take(&mut self.changed).into_iter().collect();
        changed.sort_unstable();
        changed.into_iter().map(|value| (value, self.last.get(&value).copied()))
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        for (value, last) in self.last.clone() {
            self.put(value, last - by);
        }
    }

    fn put(&mut self, value: u64, last: Timestamp) {
        if let Some(before) = self.last.insert(value, last) {
            self.by_age.remove(&(before, value));
        }
        self.by_age.insert((last, value));
        self.changed.insert(value);
    }

    fn drop_oldest(&mut self) {
        if let Some((_, value)) = self.by_age.pop_first() {
            self.last.remove(&value);
            self.changed.insert(value);
        }
    }
}
