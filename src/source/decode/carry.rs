//! What a log keeps of events that have begun: their first lines were read, their ends were not.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::container::Lane;
use crate::flow::{GenerationId, Offset, Timestamp};
use crate::frame::FrameState;

/// How long a line whose end does not come is waited for: a runtime writes the pieces of a line at
/// once, so the rest was lost, or its container hangs.
pub(in crate::source) const LINE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long further lines of an event are waited for.
pub(in crate::source) const EVENT_TIMEOUT: Duration = Duration::from_secs(1);

/// What was read and is not matched yet: at most one line and one event of each [`Lane`].
///
/// Its bytes are behind the read position, so it is saved with it. All that is saved follows from
/// the bytes alone, not from when they came or how they were cut.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source) struct Carry {
    /// Events of the line at the read position that were matched before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) n_taken: usize,
    /// At most one a lane.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) runs: Vec<Run>,
}

/// What one lane has begun.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) lane: Lane,
    /// The line whose end has not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<Line>,
    /// The event whose last line may not have come, where several lines may make one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::source) event: Option<Event>,
    /// When it was last added to.
    #[serde(skip)]
    pub(super) at: Timestamp,
}

/// An event whose last line may not have come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::source) struct Event {
    /// Its lines so far, each ended by `\n`.
    pub(in crate::source) lines: Text,
    pub(in crate::source) frame: FrameState,
}

/// A line whose end has not come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    /// So far.
    Begun(Text),
    /// It is longer than lines may be: its head was given out.
    Over {
        /// Bytes that were passed over.
        n_cut: u64,
    },
}

/// Text with the place where it began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Text {
    pub(super) generation: GenerationId,
    pub(super) offset: Offset,
    /// When it was written, as a runtime says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stamp: Option<Timestamp>,
    #[serde(rename = "text", with = "as_text")]
    pub(super) bytes: Vec<u8>,
}

impl Carry {
    /// Whether nothing is kept.
    pub(in crate::source) fn is_empty(&self) -> bool {
        self.n_taken == 0 && self.runs.is_empty()
    }

    /// Whether an event has begun.
    pub(in crate::source) fn has_begun(&self) -> bool {
        !self.runs.is_empty()
    }

    /// The same for a generation that begins.
    #[must_use]
    pub(in crate::source) fn without_taken(self) -> Self {
        Self { n_taken: 0, ..self }
    }

    /// When something is due to be given out as it is; `None`: never.
    pub(in crate::source) fn deadline(&self) -> Option<Timestamp> {
        self.runs.iter().map(Run::deadline).min()
    }

    /// Takes in that it was loaded at `now`: it is waited for from now on.
    pub(in crate::source) fn wait_from(&mut self, now: Timestamp) {
        for run in &mut self.runs {
            run.at = now;
        }
    }

    /// The lane's run, taken out; an empty one if there is none.
    pub(super) fn take(&mut self, lane: Lane) -> Run {
        let at = self.runs.iter().position(|run| run.lane == lane);
        at.map_or_else(|| Run::new(lane), |at| self.runs.remove(at))
    }

    /// Puts a run back, if anything is in it.
    pub(super) fn put(&mut self, run: Run) {
        if !run.is_empty() {
            // In the order of lanes, so that equal states are written alike.
            let at = self.runs.partition_point(|own| own.lane < run.lane);
            self.runs.insert(at, run);
        }
    }
}

impl Run {
    fn new(lane: Lane) -> Self {
        Self { lane, line: None, event: None, at: Timestamp::default() }
    }

    fn is_empty(&self) -> bool {
        self.line.is_none() && self.event.is_none()
    }

    /// Where the oldest of it began.
    pub(super) fn begin(&self) -> Option<(GenerationId, Offset)> {
        match (&self.event, &self.line) {
            (Some(Event { lines: text, .. }), _) | (None, Some(Line::Begun(text))) => {
                Some((text.generation, text.offset))
            }
            (None, Some(Line::Over { .. }) | None) => None,
        }
    }

    /// When it is due to be given out as it is.
    pub(super) fn deadline(&self) -> Timestamp {
        self.at + if self.line.is_some() { LINE_TIMEOUT } else { EVENT_TIMEOUT }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Bytes as JSON: as they are where they are text, else with each byte as a letter up to `ÿ`.
mod as_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Bytes { bytes: String },
    }

    pub(super) fn serialize<S: Serializer>(text: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let written = match std::str::from_utf8(text) {
            Ok(text) => Written::Text(text.to_owned()),
            Err(_) => Written::Bytes { bytes: text.iter().copied().map(char::from).collect() },
        };
        written.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        match Written::deserialize(from)? {
            Written::Text(text) => Ok(text.into_bytes()),
            Written::Bytes { bytes } => {
                let byte = |own| u8::try_from(own).map_err(|_| D::Error::custom("no byte"));
                bytes.chars().map(byte).collect()
            }
        }
    }
}
