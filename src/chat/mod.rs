//! Google Chat on the wire: what a message is, its limits, the webhook, the client and a local room.

mod webhook;

pub use webhook::{WebhookError, WebhookUrl};
