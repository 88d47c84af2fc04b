//! What `format` hands to `outbox`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AlertKind, Grounds, GroupKey, IncidentId, MessageId, Timestamp};

/// The NAME of a `[webhook.NAME]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct WebhookName(pub Arc<str>);

impl fmt::Display for WebhookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the operator calls a rule or a source by: names with values that never change. Each name once.
pub type Labels = Vec<(Arc<str>, Arc<str>)>;

/// How bad what a rule tells of is. Ordered: `Critical` is the greatest.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it today.
    #[default]
    Warning,
    /// Look at it now.
    Error,
    /// Get up.
    Critical,
}

impl Severity {
    /// The word for it, as in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// One post to one webhook, ready to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its name for life.
    pub id: MessageId,
    /// The rule's name; empty, which no rule is called, for a notice.
    pub rule: Arc<str>,
    /// The group it is about.
    pub group: GroupKey,
    /// The incident it belongs to; its thread.
    pub incident: IncidentId,
    /// What kind of thing it says.
    pub kind: AlertKind,
    /// Matches that it announces, and no other does.
    pub count: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// How bad it is.
    pub severity: Severity,
    /// Where it goes.
    pub webhook: WebhookName,
    /// The Chat message as JSON, `thread.threadKey` included: at most 32,000 bytes.
    pub body: Arc<str>,
    /// What it was made of, where that is known: not of a notice, nor before it is put into words.
    pub grounds: Option<Arc<Grounds>>,
}

/// What has become of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageState {
    /// To be sent.
    Waiting,
    /// Chat took it.
    Delivered {
        /// When Chat answered.
        at: Timestamp,
    },
    /// Chat will not take it as things are. Tried again at the next start.
    Parked,
    /// Its count is in another message.
    Merged {
        /// That message.
        into: MessageId,
    },
}

impl MessageState {
    /// The word for it, as in `history`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered { .. } => "delivered",
            Self::Parked => "parked",
            Self::Merged { .. } => "merged",
        }
    }
}

/// A change of a message's state, to be saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageMark {
    /// The message.
    pub id: MessageId,
    /// Its kind.
    pub kind: AlertKind,
    /// Its state now.
    pub state: MessageState,
    /// Attempts to post it so far.
    pub attempts: u32,
    /// How the last attempt ended, in words without the secret; empty where there is nothing to say.
    pub said: String,
    /// When that attempt ended, if the change is of one.
    pub attempted: Option<Timestamp>,
}
