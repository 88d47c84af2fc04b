//! What a message was made of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Crowd, HeldBy, Reason, Sample, Span, Timestamp, Top};

/// What a message was made of, without secrets: what there is to show when someone asks why it came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grounds {
    /// The title that it had.
    pub title: Box<str>,
    /// What it said beside the line, in a few words; empty for a single match.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub summary: Box<str>,
    /// Why it was decided.
    pub reason: Reason,
    /// Event times of the first and the last match that it announced.
    pub span: Span,
    /// When its incident opened (processing time).
    pub opened: Timestamp,
    /// Matches of the incident up to then, those of the message included.
    pub total: u64,
    /// Matches among those of the message that earlier messages announced which never reached Chat.
    #[serde(default)]
    pub undelivered: u64,
    /// The matched events that it was about, oldest first, without the lines around them; at most 4.
    pub samples: Vec<Arc<Sample>>,
    /// The commonest values among the matches that were held back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<Top>,
    /// The groups that it stood for, if there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crowd: Option<Crowd>,
    /// What held it back until it was told, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldBy>,
}
