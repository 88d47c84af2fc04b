//! The debounce: tell at once, hold repeats, then say exactly how many were held.
//!
//! A debounce that waits for quiet starves while the application screams; this one cannot. Only
//! facts are kept (when something was told, how often the window has doubled), never deadlines, so
//! that a changed setting counts at once.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{IncidentId, Reason, Sample, Span, Timestamp};

use super::held::Held;
use super::settings::Debounce;

/// How long an incident holds back, and when it is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) debounce: Debounce,
    pub(super) resolve_after: Option<Duration>,
}

/// What goes on between an open and its close, for one group of one rule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Incident {
    pub(super) id: IncidentId,
    pub(super) opened: Timestamp,
    /// The line that opened it, for the notices that have no other. Where none came, the last before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) opening: Option<Arc<Sample>>,
    /// When its last message was decided. The debounce window begins there.
    pub(super) told: Timestamp,
    /// Messages so far.
    pub(super) alerts: u32,
    /// How often the window has doubled.
    doublings: u32,
    /// Matches held back since the last message.
    pub(super) held: Held,
    /// What opened it held again since the last message.
    hot: bool,
    /// When it last held.
    last: Timestamp,
    /// All its matches.
    pub(super) total: u64,
    /// When it was told that it opened, if that was later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    announced: Option<Timestamp>,
    /// It was escalated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) escalated: bool,
    /// The window ended without being hot; waiting for `resolve_after`.
    quiet: bool,
    /// How many incidents of its group it follows closely.
    #[serde(default)]
    pub(super) follows: u32,
}

/// What time brings about.
#[derive(PartialEq, Debug)]
pub(super) enum Step {
    /// Say what was held.
    Summary {
        /// What was held.
        held: Held,
        /// Why.
        reason: Reason,
    },
    /// Say that it is over: what opened it did not hold for this long.
    Resolved {
        /// The rule's `resolve_after`.
        after: Duration,
    },
    /// Over, with nothing to say.
    Close,
}

impl Incident {
    /// An incident that was told just now, with `count` matches.
    pub(super) fn open(
        id: IncidentId,
        now: Timestamp,
        count: u64,
        opening: Option<Arc<Sample>>,
    ) -> Self {
        Self {
            id,
            opened: now,
            opening,
            told: now,
            alerts: 1,
            doublings: 0,
            held: Held::default(),
            hot: false,
            last: now,
            total: count,
            announced: None,
            escalated: false,
            quiet: false,
            follows: 0,
        }
    }

    /// When it was told that it opened.
    pub(super) fn announced(&self) -> Timestamp {
        self.announced.unwrap_or(self.opened)
    }

    /// Gives all that is held, to be told now because gates let it out, with its open if that `is_open`:
    /// then the first window begins.
    pub(super) fn tell_all(&mut self, now: Timestamp, is_open: bool) -> Held {
        if is_open {
            (self.announced, self.told, self.doublings) = (Some(now), now, 0);
        } else {
            self.on_alert(now);
        }
        self.hot = false;
        std::mem::take(&mut self.held)
    }

    /// Holds back a match. `holds`: what opened the incident holds again with it.
    pub(super) fn on_hit(&mut self, sample: &Arc<Sample>, holds: bool, now: Timestamp) {
        self.held.add(sample);
        self.total += 1;
        if holds {
            self.hot = true;
            self.quiet = false;
            self.last = now;
        }
    }

    /// Lets time pass to `now`. Calling this early or twice is harmless.
    pub(super) fn on_time(&mut self, now: Timestamp, pace: Pace) -> Option<Step> {
        if now < self.deadline(pace) {
            return None;
        }
        if !self.quiet && self.hot {
            let window = self.window(pace);
            let delayed = now.since(self.told + window);
            self.on_alert(now);
            self.hot = false;
            let held = std::mem::take(&mut self.held);
            return Some(Step::Summary { held, reason: Reason::WindowEnded { window, delayed } });
        }
        match self.resolve_after(pace) {
            None => Some(Step::Close),
            Some(after) if now >= self.last + after => {
                self.alerts += 1;
                Some(Step::Resolved { after })
            }
            Some(_) => {
                self.quiet = true;
                None
            }
        }
    }

    /// Takes in that what opened it held once more `at` a time, without a match.
    pub(super) fn hold(&mut self, at: Timestamp) {
        self.hot = true;
        self.quiet = false;
        self.last = self.last.max(at);
    }

    /// Whether there is something to tell once the window ends.
    pub(super) fn is_hot(&self) -> bool {
        self.hot
    }

    /// Takes in that more is told of it now: the next window begins, twice as long.
    pub(super) fn on_alert(&mut self, now: Timestamp) {
        self.told = now;
        self.alerts += 1;
        self.doublings = self.doublings.saturating_add(1);
    }

    /// The next instant at which `on_time` can change anything.
    pub(super) fn deadline(&self, pace: Pace) -> Timestamp {
        let window_end = self.told + self.window(pace);
        match self.resolve_after(pace) {
            Some(after) if self.quiet => window_end.max(self.last + after),
            _ => window_end,
        }
    }

    /// What is held, taken out to be told now because the incident is given up.
    pub(super) fn give_up(&mut self) -> Held {
        self.alerts += 1;
        std::mem::take(&mut self.held)
    }

    /// The span of the matches held, or of the incident where none are.
    pub(super) fn span(&self) -> Span {
        self.held.span.unwrap_or(Span { first: self.opened, last: self.last })
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(super) fn shift_back(&mut self, by: Duration) {
        let times = [&mut self.opened, &mut self.told, &mut self.last];
        for time in times.into_iter().chain(self.announced.as_mut()) {
            *time = *time - by;
        }
    }

    /// After how much quiet it counts as over: the longer, the more often its group opened anew.
    fn resolve_after(&self, pace: Pace) -> Option<Duration> {
        pace.resolve_after.map(|after| lengthened(after, self.follows))
    }

    /// The length of the running window: the first, doubled each time, up to the longest.
    fn window(&self, pace: Pace) -> Duration {
        let Debounce { first, longest } = pace.debounce;
        let factor = 1u32.checked_shl(self.doublings).unwrap_or(u32::MAX);
        first.saturating_mul(factor).min(longest)
    }
}

/// `resolve_after` of an incident that follows so many closely: doubled for each, at most 8 times as
/// long.
pub(super) fn lengthened(resolve_after: Duration, follows: u32) -> Duration {
    resolve_after.saturating_mul(1 << follows.min(3))
}
