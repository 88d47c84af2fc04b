//! What `format` needs to know; built by `config`.

use std::sync::Arc;

use crate::flow::{Labels, Severity, WebhookName};
use crate::redact::Redactor;

use super::Template;

/// How one rule's alerts are said, and to whom.
#[derive(Clone, Debug)]
pub struct FormatSettings {
    /// The rule's name.
    pub name: Arc<str>,
    /// How bad what it tells of is.
    pub severity: Severity,
    /// Where its messages go. At least one.
    pub webhooks: Vec<WebhookName>,
    /// The title; the rule's name where there is none.
    pub title: Option<Template>,
    /// What to say besides: a paragraph, of which line ends are kept.
    pub text: Option<Template>,
    /// What the rule and its source are called by.
    pub labels: Labels,
    /// What of log text does not leave the host.
    pub redact: Redactor,
    /// An absolute `http` or `https` address for a button.
    pub runbook: Option<Arc<str>>,
}
