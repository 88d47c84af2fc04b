//! `Chunk` → `Hit`: every rule's patterns, in one pass over the bytes.

mod pattern;
mod settings;

pub use pattern::{Pattern, PatternError};
pub use settings::{Context, MatchSettings};
