//! Times as commands show them.

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;

use crate::flow::Timestamp;

/// For programs: RFC 3339 in UTC with milliseconds.
pub(super) fn exact(time: Timestamp) -> String {
    show(time, TimeZone::UTC, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// For people: in the host's zone.
pub(super) fn local(time: Timestamp) -> String {
    show(time, TimeZone::system(), "%Y-%m-%d %H:%M:%S")
}

/// The same without seconds.
pub(super) fn minute(time: Timestamp) -> String {
    show(time, TimeZone::system(), "%Y-%m-%d %H:%M")
}

/// In the host's zone.
pub(super) fn zoned(time: Timestamp) -> ZonedDateTime {
    in_zone(time, TimeZone::system())
}

fn show(time: Timestamp, zone: TimeZone, format: &str) -> String {
    in_zone(time, zone).strftime(format).to_string()
}

fn in_zone(time: Timestamp, zone: TimeZone) -> ZonedDateTime {
    jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default().to_zoned_datetime(zone)
}
