//! What the agent's log says of deliveries: each trouble once, when it changes.

use std::collections::HashMap;

use crate::flow::{Advice, Message, Outcome, Refusal, WebhookName};

/// The troubles that were told.
#[derive(Debug, Default)]
pub(super) struct Report {
    troubles: HashMap<WebhookName, String>,
}

impl Report {
    /// A post of `message` ended in `outcome`.
    pub(super) fn on_outcome(&mut self, message: &Message, outcome: &Outcome) {
        let webhook = &message.webhook;
        let trouble = match outcome {
            Outcome::Delivered { .. } => {
                if self.troubles.remove(webhook).is_some() {
                    tracing::info!("webhook `{webhook}` takes messages again");
                }
                return;
            }
            Outcome::Busy { .. } => {
                "Chat is busy (429): messages wait and are tried again".to_owned()
            }
            Outcome::Unclear { what } => format!("no answer from Chat ({what}): tried again"),
            Outcome::Refused(refusal) => refused(refusal),
        };
        if self.troubles.get(webhook) == Some(&trouble) {
            return;
        }
        if matches!(outcome, Outcome::Refused(_)) {
            tracing::error!("webhook `{webhook}`: {trouble}");
        } else {
            tracing::warn!("webhook `{webhook}`: {trouble}");
        }
        self.troubles.insert(webhook.clone(), trouble);
    }
}

fn refused(Refusal { status, said, advice }: &Refusal) -> String {
    let advice = match advice {
        Advice::Simplify => "the message is malformed for Chat; tried again with less in it",
        Advice::CheckWebhook => {
            "the key or token is wrong or was revoked, or the organisation allows no Chat apps here; \
             copy the URL anew from the space's Apps & integrations → Webhooks and restart"
        }
        Advice::SpaceGone => {
            "the space or the webhook was deleted; make a webhook, set its URL and restart"
        }
        Advice::CheckAddress => "this does not look like Google Chat; check the URL and restart",
    };
    let said = if said.is_empty() { String::new() } else { format!(" {said}") };
    format!(
        "Chat answered {status}{said}: {advice} (`logbell history` shows what is parked; it is tried \
         again at the next start)"
    )
}
