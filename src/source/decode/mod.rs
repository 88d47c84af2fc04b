//! Raw lines → text with marks: encodings, container runtimes, lines joined from pieces, events.
//!
//! Touches nothing outside itself. What has begun and not ended is kept in a [`Carry`]; the result
//! is the same however the raw lines are cut into chunks, and wherever it is stopped and goes on
//! from a saved carry: `source::laws` says so of any input.

mod carry;
mod container;
mod machine;
mod unit;

#[cfg(test)]
mod tests;

pub(super) use carry::{Carry, EVENT_TIMEOUT};
pub(super) use container::{Form, sniff};
pub(super) use machine::{Decoded, Decoder, Raw};
pub(super) use unit::{Last, Unit};
