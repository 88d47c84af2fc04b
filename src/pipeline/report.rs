//! What the agent's log says of deliveries: each trouble once, when it changes. And of lines that were
//! tried in part.

use std::collections::HashMap;

use crate::flow::{Advice, Message, Outcome, Refusal, WebhookName};
use crate::outbox::Verdict;

/// The troubles that were told.
#[derive(Debug, Default)]
pub(super) struct Report {
    troubles: HashMap<WebhookName, String>,
}

impl Report {
    /// A post of `message` ended in `outcome`, from which `verdict` follows.
    pub(super) fn on_outcome(&mut self, message: &Message, outcome: &Outcome, verdict: &Verdict) {
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
            Outcome::Unclear { what } => {
                format!("a message was not taken ({what}): it waits and is tried again")
            }
            Outcome::Refused(refusal) => refused(refusal, verdict),
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

/// What there is to say of the first lines that a pattern of `rule` was tried on a part of only.
pub(super) fn unsure(rule: &str) -> String {
    format!(
        "a line is so long that a pattern of the rule `{rule}` was tried on a part of it only, and may \
         have missed a match; smaller repetitions make it cheaper (further ones are counted in \
         `logbell_lines_tried_in_part_total`)"
    )
}

fn refused(Refusal { status, said, advice }: &Refusal, verdict: &Verdict) -> String {
    let advice = match advice {
        Advice::Simplify => "the message is malformed for Chat",
        Advice::CheckWebhook => {
            "the key or token is wrong or was revoked, or the organisation allows no Chat apps here; \
             copy the URL anew from the space's Apps & integrations → Webhooks and reload"
        }
        Advice::SpaceGone => {
            "the space or the webhook was deleted; make a webhook, set its URL and reload"
        }
        Advice::CheckAddress => "this does not look like Google Chat; check the URL and reload",
    };
    let said = said.trim_end_matches('.');
    let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
    let next = match verdict {
        Verdict::Park(_) => {
            "the message is parked, and tried again at the next start or reload: see `logbell history`"
        }
        Verdict::Simplify(_) => "it is tried again with less in it",
        _ => "it is tried again",
    };
    format!("Chat answered {status}{said}: {advice}; {next}")
}
