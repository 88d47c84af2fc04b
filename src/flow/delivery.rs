//! What became of an attempt to post a message.

use std::time::Duration;

use super::{MessageId, Timestamp};

/// One attempt to post a message, and how it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// The message that was posted.
    pub message: MessageId,
    /// When the attempt ended.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
}

/// What Chat, or the way to it, answered.
///
/// A peer's answer is an outcome, not an error. Source: the answer table of Google Chat's error
/// documentation, as interpreted for incoming webhooks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Chat took it.
    Delivered {
        /// The `thread.name` of the answer, where there was one.
        thread: Option<String>,
    },
    /// Chat was busy (429): surely not posted.
    Busy {
        /// The answer's `Retry-After`.
        after: Option<Duration>,
    },
    /// 5xx, no answer, or no connection: it may have been posted.
    Unclear {
        /// What happened, in words without the secret.
        what: String,
    },
    /// Chat will not take it as it is: the message or the webhook is wrong.
    Refused(Refusal),
}

/// A refusal by Chat.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error's `status` or `message` as Chat gave it, cut to 200 characters; may be empty.
    pub said: String,
    /// What there is to do about it.
    pub advice: Advice,
}

/// What there is to do about a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Advice {
    /// 400: the message is not acceptable in this form.
    Simplify,
    /// 401, 403: the webhook's key or token, or the organisation's policy, is wrong.
    CheckWebhook,
    /// 404: the space or the webhook is gone.
    SpaceGone,
    /// Another status that makes no sense for a webhook: probably not a Chat address.
    CheckAddress,
}
