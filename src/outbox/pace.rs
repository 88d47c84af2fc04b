//! When a space may be posted to next: Chat's quota, and backing off when it is busy.

use std::time::Duration;

use crate::chat::limits;
use crate::flow::Timestamp;

/// The pace of posts to one space.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// No post before this.
    not_before: Timestamp,
    /// Posts in a row that were not answered, or answered with "busy".
    failures: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { not_before: Timestamp::from_millis(i64::MIN), failures: 0 }
    }
}

impl Pace {
    /// The longest pause between two tries.
    const LONGEST: Duration = Duration::from_mins(1);
    /// The longest pause that Chat can ask for.
    const LONGEST_ASKED: Duration = Duration::from_mins(10);

    /// When the next post may start.
    pub(super) fn ready_at(&self) -> Timestamp {
        self.not_before
    }

    /// A post starts. From start to start, so that a slow answer costs no pace.
    pub(super) fn on_start(&mut self, now: Timestamp) {
        self.not_before = self.not_before.max(now + limits::PACE);
    }

    /// A post was answered.
    pub(super) fn on_success(&mut self) {
        self.failures = 0;
    }

    /// A post was not answered, or with "busy": truncated exponential backoff with jitter, from one
    /// second, unless Chat said how long.
    pub(super) fn on_failure(
        &mut self,
        now: Timestamp,
        asked: Option<Duration>,
        jitter: &mut fastrand::Rng,
    ) {
        let full = limits::PACE.saturating_mul(1 << self.failures.min(16)).min(Self::LONGEST);
        let pause = asked.map_or_else(
            || full.mul_f64(0.5 + jitter.f64() / 2.0),
            |asked| asked.min(Self::LONGEST_ASKED),
        );
        self.failures = self.failures.saturating_add(1);
        self.not_before = self.not_before.max(now + pause);
    }
}
