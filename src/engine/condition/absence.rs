//! `absent`: nothing matched for so long.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Hit, Sample, Timestamp};

/// Since when nothing came of what is waited for.
///
/// A fact, not a deadline: when it is due follows from the settings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// When the last match was (event time), or, before the first, when the waiting began.
    pub(crate) at: Timestamp,
    /// The last match; `None`: there was none yet.
    pub(crate) sample: Option<Arc<Sample>>,
}

impl Seen {
    /// Waiting begins at `now`.
    pub(crate) fn nothing(now: Timestamp) -> Self {
        Self { at: now, sample: None }
    }

    /// Takes in a match. One that comes late changes nothing that a later one has told.
    pub(crate) fn on_hit(&mut self, hit: &Hit) {
        if hit.time >= self.at || self.sample.is_none() {
            self.at = self.at.max(hit.time);
            self.sample = Some(Arc::clone(&hit.sample));
        }
    }

    /// When it has been away for `after`.
    pub(crate) fn absent_at(&self, after: Duration) -> Timestamp {
        self.at + after
    }

    /// When it has been away for `forget`, so that it may be gone for good.
    pub(crate) fn forgotten_at(&self, forget: Duration) -> Timestamp {
        self.at + forget
    }
}
