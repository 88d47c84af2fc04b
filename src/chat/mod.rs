//! Google Chat on the wire: what a message is, its limits, the webhook, the client and a local room.

pub mod limits;
pub mod message;
mod webhook;

pub use message::Message;
pub use webhook::{WebhookError, WebhookUrl};
