//! When the logs of a rule were seen: between what is known and what is not, silence is no number.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Span, Timestamp};

/// The spans of time in which all that was written to the logs of a rule was read as it came.
///
/// Outside of them nothing is known: lines of then were read late or not at all, and the silence is the
/// agent's own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sights {
    /// Those that have ended, oldest first, never more than [`Sights::MAX`].
    past: Vec<Span>,
    /// When the one that goes on began.
    since: Option<Timestamp>,
    /// How far that one is known to go, where that has to be told.
    up_to: Timestamp,
}

impl Sights {
    /// Spans that are remembered. Older ones make up no usual number any more, or a poor one.
    const MAX: usize = 32;

    /// When the present span began; `None`: nothing is seen.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Takes in that all is seen from `now` on, unless it was before.
    pub(crate) fn open(&mut self, now: Timestamp) {
        if self.since.is_none() {
            (self.since, self.up_to) = (Some(now), now);
        }
    }

    /// Takes in that all was read that was written by `up_to`.
    pub(crate) fn extend(&mut self, up_to: Timestamp) {
        self.up_to = self.up_to.max(up_to);
    }

    /// Takes in that nothing is seen from now on. Returns whether that is news.
    pub(crate) fn lose(&mut self) -> bool {
        let Some(first) = self.since.take() else { return false };
        if self.up_to > first {
            self.past.push(Span { first, last: self.up_to });
        }
        if self.past.len() > Self::MAX {
            self.past.remove(0);
        }
        true
    }

    /// Whether all of `span` was seen, where the present span goes as far as `until`.
    pub(crate) fn saw(&self, span: Span, until: Timestamp) -> bool {
        let present = self.since.map(|first| Span { first, last: until });
        let mut all = self.past.iter().copied().chain(present);
        all.any(|own| own.first <= span.first && span.last <= own.last)
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        for span in &mut self.past {
            (span.first, span.last) = (span.first - by, span.last - by);
        }
        self.since = self.since.map(|since| since - by);
        self.up_to = self.up_to - by;
    }
}
