//! `count` + `within` + `distinct`: enough different values, close enough together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Digest, Span, Timestamp};

/// Fires when matches with `count` different values lie in some closed interval of length `within`,
/// then starts afresh.
///
/// Of each value the newest time is enough: an interval that holds an older one of it and enough
/// others would have fired before. On matches in order of time it fires where brute force over all
/// intervals would.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Distinct {
    /// The values that came last, by their newest time, never more than `count`.
    values: Vec<Value>,
}

/// One value: few bytes, however long the value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Value {
    hash: u64,
    newest: Timestamp,
    /// Where its matches began that lie no further than `within` apart.
    oldest: Timestamp,
    /// How many those are.
    count: u64,
}

/// What made it fire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gathered {
    /// Matches with the values that it was fired by.
    pub(crate) count: u64,
    /// From the first to the last of them.
    pub(crate) span: Span,
}

impl Distinct {
    /// Takes in a match with `value` stamped `at`. Returns what made it fire, if it did.
    pub(crate) fn on_hit(
        &mut self,
        value: &str,
        at: Timestamp,
        count: u32,
        within: Duration,
    ) -> Option<Gathered> {
        let own = self.take(hash(value), at, within);
        let place = self.values.partition_point(|value| value.newest <= own.newest);
        self.values.insert(place, own);
        if self.values.len() > count as usize {
            self.values.remove(0);
        }
        let (first, last) = (self.values.first()?.newest, self.values.last()?.newest);
        if self.values.len() < count as usize || last.since(first) > within {
            return None;
        }
        let first = self.values.iter().map(|value| value.oldest).min()?;
        let count = self.values.iter().map(|value| value.count).sum();
        self.clear();
        Some(Gathered { count, span: Span { first, last } })
    }

    /// How many values came within the last `within` before the latest.
    pub(crate) fn n_within(&self, within: Duration) -> usize {
        let last = self.values.last().map(|value| value.newest).unwrap_or_default();
        self.values.iter().filter(|value| last.since(value.newest) <= within).count()
    }

    /// Forgets the matches so far: they were told.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        for value in &mut self.values {
            (value.newest, value.oldest) = (value.newest - by, value.oldest - by);
        }
    }

    /// The value, taken out, with a further match of it.
    fn take(&mut self, hash: u64, at: Timestamp, within: Duration) -> Value {
        let fresh = Value { hash, newest: at, oldest: at, count: 1 };
        let Some(place) = self.values.iter().position(|value| value.hash == hash) else {
            return fresh;
        };
        let known = self.values.remove(place);
        let (before, after) = (known.oldest.since(at), at.since(known.newest));
        if after > within {
            return fresh;
        }
        if before > within {
            // It is too old to go along with the others of the value.
            return known;
        }
        Value {
            hash,
            newest: known.newest.max(at),
            oldest: known.oldest.min(at),
            count: known.count + 1,
        }
    }
}

fn hash(value: &str) -> u64 {
    Digest::new("value").with(value.as_bytes()).finish_short()
}
