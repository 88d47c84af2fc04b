//! What `matcher` hands to `engine`.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{GenerationId, Offset, StreamId, Timestamp};

/// A rule: its place in the configuration's list of rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RuleId(pub u32);

/// An event that a rule matched: a line, or several where the source joins them.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule that matched.
    pub rule: RuleId,
    /// By which of its words.
    pub part: Part,
    /// The log that the event stands in.
    pub stream: StreamId,
    /// The content epoch that `offset` counts in.
    pub generation: GenerationId,
    /// Where the event begins.
    pub offset: Offset,
    /// Event time: when what the line tells of happened.
    pub time: Timestamp,
    /// Where that time comes from.
    pub origin: TimeOrigin,
    /// The event as shown and grouped by.
    pub sample: Arc<Sample>,
}

impl Hit {
    /// A live line counts as of when it says, if that is at most so long before it came. Longer is not
    /// how long lines are on their way.
    pub const MAX_LATENCY: Duration = Duration::from_mins(1);

    /// The same with another event time, as its stamp or whoever wrote it says.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.date(Dated { time, origin: TimeOrigin::Stamp, written: None });
        self
    }

    /// Gives it its event time.
    pub fn date(&mut self, dated: Dated) {
        let Dated { time, origin, written } = dated;
        (self.time, self.origin) = (time, origin);
        let sample = Arc::make_mut(&mut self.sample);
        (sample.time, sample.written) = (time, written.filter(|written| *written != time));
    }
}

/// The event time of a line, with the reason for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dated {
    /// The event time.
    pub time: Timestamp,
    /// Where it comes from.
    pub origin: TimeOrigin,
    /// The time that the line says, if it says any.
    pub written: Option<Timestamp>,
}

/// Where the event time of a line comes from: from its stamp or from its arrival, and why.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum TimeOrigin {
    /// From its stamp.
    Stamp,
    /// From its arrival: it has no stamp that is known as one.
    #[default]
    NoStamp,
    /// From its arrival: its stamp lies ahead of that.
    Future,
    /// From its arrival: it came live, and its stamp is too old to be how long it was on its way.
    Late,
    /// From its arrival, as the source is configured.
    Configured,
}

/// What a matched event is to its rule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Part {
    /// It matches `match`.
    #[default]
    Match,
    /// It matches `unless`: what began with a match has ended.
    End,
    /// It matches `resolve_on`: the incident of its group is over.
    Resolve,
}

/// Named captures, in the order of their groups in the pattern.
pub type Captures = Vec<(Arc<str>, Bytes)>;

/// A matched event with what surrounds it, cut to sizes that are safe to keep.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// The path that the log is watched under.
    pub path: Arc<Path>,
    /// When what the event tells of happened.
    pub time: Timestamp,
    /// When it happened as the event itself says, where that does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
    /// The event's lines, without the end of the last, at most [`Sample::MAX_LINE`] bytes.
    pub line: Bytes,
    /// What the pattern's named groups matched, each at most [`Sample::MAX_CAPTURE`] bytes.
    pub captures: Captures,
    /// What the event says, as people read it, where it is no text but fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Lines before it, oldest first, each at most [`Sample::MAX_CONTEXT`] bytes.
    pub before: Vec<Bytes>,
    /// Lines after it, each at most [`Sample::MAX_CONTEXT`] bytes.
    pub after: Vec<Bytes>,
}

/// An event of fields as people read it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reading {
    /// Its message, at most [`Sample::MAX_READING`] bytes.
    pub message: Bytes,
    /// The other fields, as `key=value`, at most [`Sample::MAX_READING`] bytes; empty if there are none.
    pub fields: Bytes,
}

impl Sample {
    /// Bytes kept of the message of an event, and of its other fields.
    pub const MAX_READING: usize = 2048;
    /// Bytes kept of an event. A Chat message holds less.
    pub const MAX_LINE: usize = 4096;
    /// Bytes kept of a capture.
    pub const MAX_CAPTURE: usize = 1024;
    /// Bytes kept of a line of context.
    pub const MAX_CONTEXT: usize = 1024;

    /// What the event says: its message, or all its text.
    pub fn message(&self) -> &[u8] {
        self.reading.as_ref().map_or(&self.line, |reading| &reading.message).as_slice()
    }

    /// The event as people read it: its message and the other fields, or its text.
    pub fn shown(&self) -> Cow<'_, [u8]> {
        match &self.reading {
            None => self.line.as_slice().into(),
            Some(Reading { message, fields }) if fields.as_slice().is_empty() => {
                message.as_slice().into()
            }
            Some(Reading { message, fields }) => {
                [message.as_slice(), fields.as_slice()].join(&b'\n').into()
            }
        }
    }
}

/// Log text as it was read: any bytes. Serialised as a string where it is UTF-8, else as numbers.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Bytes(Box<[u8]>);

impl Bytes {
    /// A copy of the first `max` bytes of `bytes`.
    pub fn cut(bytes: &[u8], max: usize) -> Self {
        Self(bytes[..bytes.len().min(max)].into())
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => to.serialize_str(text),
            Err(_) => to.collect_seq(self.0.iter()),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl<'de> Visitor<'de> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of bytes")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                Ok(Bytes::from(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes.into()))
            }
        }
        from.deserialize_any(BytesVisitor)
    }
}

/// What sets one group of a rule apart: the words of `group_by` with their values, in that order.
///
/// Empty for a rule without `group_by`. Values are clean text of at most 128 bytes and a hash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct GroupKey(pub Arc<[(Arc<str>, Box<str>)]>);

impl GroupKey {
    /// The words and values, in the order of `group_by`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// As a JSON object, in the order of `group_by`.
    pub fn to_json(&self) -> serde_json::Value {
        let entry = |(name, value): (&str, &str)| (name.to_owned(), value.into());
        serde_json::Value::Object(self.iter().map(entry).collect())
    }
}

impl Serialize for GroupKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for GroupKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(Vec::deserialize(from)?.into()))
    }
}
