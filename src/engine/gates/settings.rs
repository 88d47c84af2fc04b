//! What the gates need to know of a rule.

use std::sync::Arc;
use std::time::Duration;

use crate::flow::{Labels, Severity, WebhookName};

use super::Hours;

/// When what a rule has to say may be told, and by what it can be muted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GateSettings {
    /// How bad what it tells of is. [`Severity::Critical`] knows no hours.
    pub severity: Severity,
    /// The name of its source.
    pub source: Arc<str>,
    /// What the rule and its source are called by.
    pub labels: Labels,
    /// When it may be told, if not always.
    pub hours: Option<Hours>,
    /// The rules whose open incidents hold it back: names of rules that there are, and no circle.
    pub inhibited_by: Vec<Arc<str>>,
    /// How long an open waits for an incident that would hold it back.
    pub wait: Duration,
    /// Who else is told when an incident stays open, if anyone.
    pub escalate: Option<Escalation>,
    /// Its webhooks, with their hours where they have some.
    pub webhooks: Vec<(WebhookName, Option<Hours>)>,
}

/// `escalate`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Escalation {
    /// How long an incident is open by then, from when that was told.
    pub after: Duration,
    /// Who is told.
    pub webhook: WebhookName,
    /// The hours of that webhook, if it has some.
    pub hours: Option<Hours>,
}
