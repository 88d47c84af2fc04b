//! What makes a match, or many, worth telling: one file a detector.

mod threshold;

pub(super) use threshold::Threshold;
