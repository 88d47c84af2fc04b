//! Google Chat on the wire: what a message is, its limits, the webhook, the client and a local room.

mod answer;
mod client;
pub mod limits;
pub mod message;
pub mod room;
mod webhook;

pub use client::{Client, ClientError, ClientOptions};
pub use message::Message;
pub use webhook::{WebhookError, WebhookUrl};
