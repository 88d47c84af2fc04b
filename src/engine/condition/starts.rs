//! `match` + `unless` + `within`: what began and did not end in time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Digest, GenerationId, Hit, Offset, Sample, StreamId, TimeOrigin, Timestamp};

use super::known_at;

use crate::engine::key;

/// Starts whose ends have not come.
///
/// Facts alone are kept: when each began, not when it is due.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Starts {
    /// By when they are due, then as they came; never more than [`Starts::MAX`].
    open: Vec<Start>,
}

/// A match that something is to follow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    /// What its end has the same of.
    values: Values,
    pub(crate) origin: Origin,
    pub(crate) sample: Arc<Sample>,
    /// When it began (event time).
    pub(crate) time: Timestamp,
    /// When its line came; `None`: that was not noted yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arrived: Option<Timestamp>,
}

/// The last ends: lines of several logs, or of several writers, may be read in another order than they
/// were written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Ends(VecDeque<(Values, Timestamp)>);

/// The values that a start and its end have in common, as a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Values(u64);

/// Where an event stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) stream: StreamId,
    pub(crate) generation: GenerationId,
    pub(crate) offset: Offset,
}

impl Starts {
    /// Starts of one group that are waited for. Further ones are not, until some have ended.
    pub(crate) const MAX: usize = 1000;
    /// An end that is read after a start may be stamped so much before it: to the second, where the start
    /// is to the millisecond.
    const SLACK: Duration = Duration::from_secs(1);

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Takes in a start with `values` that came at `now`.
    pub(crate) fn begin(&mut self, hit: &Hit, values: Values, within: Duration, now: Timestamp) {
        if self.open.len() >= Self::MAX {
            return;
        }
        let start = Start {
            values,
            origin: Origin::of(hit),
            sample: Arc::clone(&hit.sample),
            time: hit.time,
            arrived: Some(now),
        };
        let due = start.due(within);
        let place = self.open.partition_point(|other| other.due(within) <= due);
        self.open.insert(place, start);
    }

    /// Takes in an end, of all that began before with the same values.
    ///
    /// One that says itself that it was too late is none; one without a stamp may have waited to be read.
    pub(crate) fn end(&mut self, values: Values, hit: &Hit, within: Duration) {
        let is_stamped = hit.origin == TimeOrigin::Stamp;
        let is_late = |start: &Start| is_stamped && hit.time >= start.time + within;
        self.open.retain(|start| {
            start.values != values || start.time > hit.time + Self::SLACK || is_late(start)
        });
    }

    /// Whether anything with `values` has begun.
    pub(crate) fn has(&self, values: Values) -> bool {
        self.open.iter().any(|start| start.values == values)
    }

    /// The next start that is without an end for `within` at `now`. It is not waited for any longer.
    pub(crate) fn take_due(&mut self, now: Timestamp, within: Duration) -> Option<Start> {
        let is_due = self.deadline(within).is_some_and(|due| due <= now);
        is_due.then(|| self.open.remove(0))
    }

    /// When [`Self::take_due`] next has something to give.
    pub(crate) fn deadline(&self, within: Duration) -> Option<Timestamp> {
        self.open.first().map(|start| start.due(within))
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        for start in &mut self.open {
            start.time = start.time - by;
            start.arrived = start.arrived.map(|arrived| arrived - by);
        }
    }
}

impl Start {
    /// When its end should have come.
    fn due(&self, within: Duration) -> Timestamp {
        known_at(self.time, self.arrived.unwrap_or(self.time), within)
    }
}

impl Ends {
    /// Ends that are remembered.
    const MAX: usize = 256;

    /// Takes in an end, if it says when it was. Returns whether it does.
    pub(crate) fn add(&mut self, values: Values, hit: &Hit) -> bool {
        let is_stamped = hit.origin == TimeOrigin::Stamp;
        if is_stamped {
            if self.0.len() == Self::MAX {
                self.0.pop_front();
            }
            self.0.push_back((values, hit.time));
        }
        is_stamped
    }

    /// Whether what begins with `hit` has ended in time, as was read before. Not where both say the same
    /// time: then it is the end of one before.
    pub(crate) fn has(&self, values: Values, hit: &Hit, within: Duration) -> bool {
        let is_its = |at: Timestamp| hit.time < at && at < hit.time + within;
        hit.origin == TimeOrigin::Stamp
            && self.0.iter().any(|(own, at)| *own == values && is_its(*at))
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        self.0.iter_mut().for_each(|(_, at)| *at = *at - by);
    }
}

impl Values {
    /// What `sample` has of the captures `by`.
    pub(crate) fn of(by: &[Arc<str>], sample: &Sample) -> Self {
        let digest = by.iter().fold(Digest::new("values"), |digest, name| {
            let value = key::capture(name, sample);
            let digest = digest.with_number(u64::from(value.is_some()));
            digest.with(value.unwrap_or_default().as_bytes())
        });
        Self(digest.finish_short())
    }
}

impl Origin {
    /// Where the event of `hit` stands.
    pub(crate) fn of(hit: &Hit) -> Self {
        Self { stream: hit.stream, generation: hit.generation, offset: hit.offset }
    }
}
