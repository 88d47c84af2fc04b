//! `count` + `within`: enough matches, close enough together.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Span, Timestamp};

/// Fires when `count` matches lie in some closed interval of length `within`, then starts afresh.
///
/// On matches in order of time it fires where brute force over all intervals would; a burst of
/// exactly `count` in any order fires exactly once.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Threshold {
    /// The greatest event times since it last fired, ascending, never more than `count`.
    recent: VecDeque<Timestamp>,
}

impl Threshold {
    /// Takes in a match stamped `at`. Returns the span of the matches that made it fire, if it did.
    pub(crate) fn on_hit(&mut self, at: Timestamp, count: u32, within: Duration) -> Option<Span> {
        let place = self.recent.partition_point(|time| *time <= at);
        self.recent.insert(place, at);
        // More than one too many are there if the configuration lowered `count`.
        while self.recent.len() > count as usize {
            self.recent.pop_front();
        }
        let (first, last) = (*self.recent.front()?, *self.recent.back()?);
        if self.recent.len() < count as usize || last.since(first) > within {
            return None;
        }
        self.clear();
        Some(Span { first, last })
    }

    /// How many matches lie within the last `within` before the latest.
    pub(crate) fn n_within(&self, within: Duration) -> usize {
        let last = self.recent.back().copied().unwrap_or_default();
        self.recent.iter().filter(|time| last.since(**time) <= within).count()
    }

    /// Forgets the matches so far: they were told.
    pub(crate) fn clear(&mut self) {
        self.recent.clear();
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        self.recent.iter_mut().for_each(|time| *time = *time - by);
    }
}
