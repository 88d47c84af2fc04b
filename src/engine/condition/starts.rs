//! `match` + `unless` + `within`: what began and did not end in time.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Digest, GenerationId, Hit, Offset, Sample, StreamId, Timestamp};

use crate::engine::key;

/// Starts whose ends have not come.
///
/// Facts alone are kept: when each began, not when it is due.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Starts {
    /// By time, then as they came; never more than [`Starts::MAX`].
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
}

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

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Takes in a start.
    pub(crate) fn begin(&mut self, hit: &Hit, by: &[Arc<str>]) {
        if self.open.len() >= Self::MAX {
            return;
        }
        let start = Start {
            values: Values::of(by, &hit.sample),
            origin: Origin::of(hit),
            sample: Arc::clone(&hit.sample),
            time: hit.time,
        };
        let place = self.open.partition_point(|other| other.time <= start.time);
        self.open.insert(place, start);
    }

    /// Takes in the end at `at` of all that began before with the same values.
    pub(crate) fn end(&mut self, values: Values, at: Timestamp) {
        self.open.retain(|start| start.values != values || start.time > at);
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
        self.open.first().map(|start| start.time + within)
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        self.open.iter_mut().for_each(|start| start.time = start.time - by);
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
