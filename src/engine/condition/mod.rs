//! What makes a match, or many, worth telling: one file a detector.

mod absence;
mod distinct;
mod known;
mod sights;
mod spike;
mod starts;
mod threshold;

pub(super) use absence::Seen;
pub(super) use distinct::Distinct;
pub(super) use known::Known;
pub(super) use sights::Sights;
pub(super) use spike::{Counts, Found, Gauge, Usual};
pub(super) use starts::{Origin, Start, Starts, Values};
pub(super) use threshold::Threshold;
