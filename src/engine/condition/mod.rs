//! What makes a match, or many, worth telling: one file a detector.

mod distinct;
mod starts;
mod threshold;

pub(super) use distinct::Distinct;
pub(super) use starts::{Origin, Start, Starts, Values};
pub(super) use threshold::Threshold;
