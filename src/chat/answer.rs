//! Chat's answer to a post → `Outcome`.
//!
//! Source: the Chat API's error pages, and what is known of webhooks where those are silent. An
//! error's text is shown to people and never decided on, as its wording is not promised.

use std::time::Duration;

use jiff::fmt::rfc2822;
use serde_json::Value;

use crate::flow::{Advice, Outcome, Refusal};

use super::WebhookUrl;

/// Characters kept of what an error says.
const SAID_CHARS: usize = 200;

/// An answer, as it was read off the wire.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The `Retry-After` header.
    pub(super) retry_after: Option<String>,
    /// The `Date` header.
    pub(super) date: Option<String>,
    /// The body, or the beginning of it.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// What the answer of `webhook` means. Nothing of the webhook's secret is in it.
    pub(super) fn outcome(&self, webhook: &WebhookUrl) -> Outcome {
        let refused = |advice| {
            Outcome::Refused(Refusal { status: self.status, said: self.said(webhook), advice })
        };
        match self.status {
            200..=299 => Outcome::Delivered { thread: self.thread() },
            // A message of this id is there already.
            409 => Outcome::Delivered { thread: None },
            429 => Outcome::Busy { after: self.wait() },
            408 | 500..=599 => {
                let said = self.said(webhook);
                let colon = if said.is_empty() { "" } else { ": " };
                Outcome::Unclear { what: format!("answered {}{colon}{said}", self.status) }
            }
            400 | 413 => refused(Advice::Simplify),
            401 | 403 => refused(Advice::CheckWebhook),
            404 | 410 => refused(Advice::SpaceGone),
            _ => refused(Advice::CheckAddress),
        }
    }

    /// The `thread.name` of the message that was made. A body that is no message is no failure: the
    /// status has said that it was taken.
    fn thread(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("thread")?.get("name")?.as_str()?.to_owned())
    }

    /// The time that the answer asks to wait: seconds, or a date, which is read against the
    /// answer's own `Date` so that no two clocks are compared.
    fn wait(&self) -> Option<Duration> {
        let asked = self.retry_after.as_deref()?.trim();
        if let Ok(seconds) = asked.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = rfc2822::parse(asked).ok()?.timestamp();
        let now = rfc2822::parse(self.date.as_deref()?).ok()?.timestamp();
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    }

    /// The error's `status` and `message`, with and without the `{"error": …}` around them.
    fn said(&self, webhook: &WebhookUrl) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let error = body.get("error").unwrap_or(&body);
        let field = |name| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let said: Vec<&str> = [field("status"), field("message")].into_iter().flatten().collect();
        // Cut last: half a secret is still a secret.
        let said = webhook.conceal(&said.join(": "));
        said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID_CHARS).collect()
    }
}

#[cfg(test)]
mod tests;
