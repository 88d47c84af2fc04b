//! Matches that were not told yet: how many, from when to when, and a few of their lines.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::flow::{Sample, Span};

/// Matches that were not told yet.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) count: u64,
    /// Their first and last event times; `None` for no matches.
    pub(super) span: Option<Span>,
    first: Option<Arc<Sample>>,
    /// The latest lines but the first, oldest first.
    last: Vec<Arc<Sample>>,
}

impl Held {
    /// How many of the latest lines are kept besides the first.
    const LAST: usize = 3;

    /// Takes in a match.
    pub(super) fn add(&mut self, sample: &Arc<Sample>) {
        self.count += 1;
        let at = Span::at(sample.time);
        self.span = Some(self.span.map_or(at, |span| span.join(at)));
        if self.first.is_none() {
            self.first = Some(Arc::clone(sample));
            return;
        }
        if self.last.len() == Self::LAST {
            self.last.remove(0);
        }
        self.last.push(Arc::clone(sample));
    }

    /// The first and the latest lines, oldest first.
    pub(super) fn into_samples(self) -> Vec<Arc<Sample>> {
        self.first.into_iter().chain(self.last).collect()
    }
}
