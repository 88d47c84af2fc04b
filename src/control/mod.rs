//! Orders to a running agent, over a socket in its state directory: mutes, and a reload.
//!
//! One connection carries one order: a line of JSON ([`Request`]), which is answered by another
//! ([`Reply`]), after what it led to is saved. The socket belongs to the agent's user and lets nobody
//! else in but root.

mod client;
mod request;
mod server;

#[cfg(test)]
mod tests;

pub use client::{AskError, ask};
pub use request::{Reply, Request};
pub use server::{BindError, bind, serve};

/// The name of the socket in the state directory.
pub const FILE: &str = "control";

/// The most bytes of a request, and of a reply, with the end of its line.
const MAX_LINE: u64 = 16 * 1024;
