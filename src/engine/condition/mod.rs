//! What makes a match, or many, worth telling: one file a detector.

mod absence;
mod distinct;
mod starts;
mod threshold;

pub(super) use absence::Seen;
pub(super) use distinct::Distinct;
pub(super) use starts::{Origin, Start, Starts, Values};
pub(super) use threshold::Threshold;
