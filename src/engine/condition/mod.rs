//! What makes a match, or many, worth telling: one file a detector.

mod distinct;
mod threshold;

pub(super) use distinct::Distinct;
pub(super) use threshold::Threshold;
