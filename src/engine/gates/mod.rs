//! The gates: what of the alerts is not told for now, and why.

mod mutes;

pub(super) use mutes::Mutes;
pub use mutes::TooManyMutes;
