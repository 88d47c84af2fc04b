//! Whether a post comes too soon after those before it in its space.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::chat::limits;

/// How often a space may be posted to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// The time between two posts.
    pub interval: Duration,
    /// How much sooner a post may come, so that a delay of the one before it does no harm. Over
    /// many posts, the interval holds.
    pub tolerance: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: limits::PACE, tolerance: Duration::from_millis(100) }
    }
}

/// The pace of every space: the generic cell rate algorithm.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    pace: Option<Pace>,
    /// When the next post of a space is due. Only of those where that is yet to come.
    due: HashMap<Box<str>, Instant>,
}

impl Pacer {
    /// Without a `pace`, every post is in time.
    pub(super) fn new(pace: Option<Pace>) -> Self {
        Self { pace, due: HashMap::new() }
    }

    /// Whether a post to `space` is in time. If not, it does not put off the next.
    pub(super) fn on_post(&mut self, space: &str, now: Instant) -> bool {
        let Some(pace) = self.pace else { return true };
        self.due.retain(|_, due| *due > now);
        let due = self.due.get(space).copied().unwrap_or(now);
        let in_time = now + pace.tolerance >= due;
        if in_time {
            self.due.insert(space.into(), due + pace.interval);
        }
        in_time
    }
}
