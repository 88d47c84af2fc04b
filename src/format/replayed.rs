//! A message that is sent again, long after, as what it is: old.

use crate::chat::limits;
use crate::chat::message::{Message as Body, Thread};
use crate::flow::{Digest, Message, MessageId, Timestamp, WebhookName};

/// What the text begins with.
const MARK: &str = "⏪ replayed";

/// `message` as it is sent to `webhook` by a replay that began at `began`: marked as such, in threads of
/// its own, and pinging nobody. Each replay's are other messages.
pub fn replayed(message: &Message, webhook: &WebhookName, began: Timestamp) -> Message {
    let id = Digest::new("replayed").with(message.id.to_string().as_bytes());
    let id = id.with(webhook.0.as_bytes()).with(&began.as_millis().to_le_bytes());
    let body = match serde_json::from_str::<Body>(&message.body) {
        Ok(body) => marked(body, began).into(),
        Err(_) => message.body.clone(),
    };
    Message { id: MessageId::new(id), webhook: webhook.clone(), body, ..message.clone() }
}

fn marked(body: Body, began: Timestamp) -> String {
    // Without whom it pinged: nobody is to be fetched for what is long over.
    let text = body.fallback_text.as_ref().unwrap_or(&body.text);
    let text = format!("{MARK} · {text}");
    let thread = body.thread.as_ref().and_then(|thread| thread.thread_key.as_ref()).map(|key| {
        let key = format!("replayed-{}-{key}", began.as_millis());
        Thread { thread_key: Some(key), name: None }
    });
    let whole = Body { fallback_text: Some(text.clone()), text, thread, ..body };
    let json = whole.to_json();
    if json.len() <= limits::MESSAGE_BYTES {
        return json;
    }
    // There was no room for the mark.
    Body { cards_v2: Vec::new(), ..whole }.to_json()
}
