//! `absent`: nothing matched for so long.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Hit, Sample, Timestamp};

use super::known_at;

/// Since when nothing came of what is waited for.
///
/// A fact, not a deadline: when it is due follows from the settings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// When the last match was (event time), or, before the first, when the waiting began.
    pub(crate) at: Timestamp,
    /// When that came; `None`: it was not read, or before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arrived: Option<Timestamp>,
    /// The last match; `None`: there was none yet.
    pub(crate) sample: Option<Arc<Sample>>,
}

impl Seen {
    /// What stays away for so many times as long as makes it absent is not waited for any longer.
    pub(crate) const FORGET: u32 = 7;

    /// Waiting begins at `now`.
    pub(crate) fn nothing(now: Timestamp) -> Self {
        Self { at: now, arrived: None, sample: None }
    }

    /// Takes in a match. One that comes late changes nothing that a later one has told.
    pub(crate) fn on_hit(&mut self, hit: &Hit, now: Timestamp) {
        if hit.time >= self.at || self.sample.is_none() {
            self.at = self.at.max(hit.time);
            self.arrived = Some(now);
            self.sample = Some(Arc::clone(&hit.sample));
        }
    }

    /// When it is known that it has been away for `after`, if all is read.
    pub(crate) fn absent_at(&self, after: Duration) -> Timestamp {
        known_at(self.at, self.arrived.unwrap_or(self.at), after)
    }

    /// Whether it is away for `after` at `now`, however lately its last line was read.
    pub(crate) fn is_absent(&self, after: Duration, now: Timestamp) -> bool {
        let latency = self.arrived.unwrap_or(self.at).since(self.at);
        let latency = if latency <= Hit::MAX_LATENCY { latency } else { Duration::ZERO };
        self.at + after + latency <= now
    }

    /// Does not count `gap` as time without a match.
    pub(crate) fn leave_out(&mut self, gap: Duration) {
        self.at = self.at + gap;
        self.arrived = self.arrived.map(|arrived| arrived + gap);
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        self.at = self.at - by;
        self.arrived = self.arrived.map(|arrived| arrived - by);
    }

    /// When it has been away for so long that it may be gone for good.
    pub(crate) fn forgotten_at(&self, after: Duration) -> Timestamp {
        self.absent_at(after.saturating_mul(Self::FORGET))
    }
}
