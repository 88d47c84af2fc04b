//! What makes a match, or many, worth telling: one file a detector.

mod absence;
mod distinct;
mod sights;
mod spike;
mod starts;
mod threshold;

use std::time::Duration;

use crate::flow::{Hit, Timestamp};

pub(super) use absence::Seen;
pub(super) use distinct::Distinct;
pub(super) use sights::Sights;
pub(super) use spike::{Counts, Found, Gauge, Usual};
pub(super) use starts::{Ends, Origin, Start, Starts, Values};
pub(super) use threshold::Threshold;

/// When all should be there that happened within `after` of a line of `time` that came `arrived`.
///
/// Others are taken to be on their way for as long as that line was. One that was read long after it was
/// written tells nothing of that, but what was there then has to be read as well.
fn known_at(time: Timestamp, arrived: Timestamp, after: Duration) -> Timestamp {
    let latency = arrived.since(time);
    if latency <= Hit::MAX_LATENCY {
        time + after + latency
    } else {
        (time + after).max(arrived + Duration::from_millis(1))
    }
}
