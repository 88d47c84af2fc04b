//! What keeps an alert from being told for now.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GroupKey, MuteId, WebhookName};

/// What keeps an alert from being told for now. Its matches are counted in a later message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Somebody muted it.
    Mute(MuteId),
    /// It is outside the rule's `hours`.
    Hours,
    /// An incident of a rule of its `inhibited_by` is open, or was a moment ago.
    Inhibited {
        /// That rule's name.
        by: Arc<str>,
        /// What the groups of both have in common.
        shared: GroupKey,
    },
    /// It is outside the `hours` of this webhook.
    WebhookHours(WebhookName),
    /// The rule's `wait`: an incident that would explain this one may come yet.
    Wait,
}

/// What held an alert back until it was told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldBy {
    /// The gate: the last one, if there were several.
    pub gate: Gate,
    /// For how long.
    pub lasted: Duration,
}
