//! The text of an event → when it happened, as whoever wrote it says.
//!
//! A leaf: it knows bytes and calendars. Which time counts in the end, that of the stamp or that of
//! the arrival, says `date`.

mod civil;
mod cursor;
mod date;
mod find;
mod format;

#[cfg(test)]
mod tests;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::flow::Timestamp;

pub use date::{Arrival, Dating, Policy};
pub use format::{Format, FormatError};

/// A time that stands in a line. What it leaves out, the surroundings tell: see [`Stamp::at`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stamp {
    /// With its zone, or counted from the epoch.
    Instant(Timestamp),
    /// On the clock of the host that wrote it.
    Local(DateTime),
    /// On that clock, and without a year, as syslog has it.
    Yearless {
        /// 1 to 12.
        month: i8,
        /// 1 to 31. Not every year need have such a day.
        day: i8,
        /// The time of day.
        time: Time,
    },
    /// On that clock, and without a day.
    Daily {
        /// The time of day.
        time: Time,
    },
}

impl Stamp {
    /// Bytes of a text that a stamp is looked for in; of a JSON object, whose keys say what they are,
    /// [`Stamp::OBJECT_REACH`].
    pub const REACH: usize = 512;
    /// Bytes of a JSON object that a key for a stamp is looked for in.
    pub const OBJECT_REACH: usize = 8192;

    /// The first stamp in `text`. In a JSON object the value of a key that says so comes first.
    ///
    /// Known are ISO 8601 and its relatives (`2026-11-23 20:00:00,123`, `2026/11/23 20:00:00`,
    /// `20261123T200000Z`), syslog (`Nov 23 20:00:00`), `asctime` (`Mon Nov 23 20:00:00 2026`), the
    /// access logs' `23/Nov/2026:20:00:00 +0000`, RFC 2822, `23.11.2026 20:00:00`, klog
    /// (`I1123 20:00:00.123456`), and seconds, or thousandths, millionths or billionths of them, since
    /// the epoch where they lead the line or a key says what they are.
    pub fn find(text: &[u8]) -> Option<Self> {
        find::first(text)
    }

    /// The point in time that is meant, in the host's `zone`: of several that may be (a year is not
    /// given, or no day, or the clock was set back) the one nearest to `near`. `None`: there is no such day.
    pub fn at(self, near: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(at),
            Self::Local(local) => nearest(readings(local, zone), near),
            Self::Yearless { month, day, time } => {
                let now = jiff::Timestamp::from_millisecond(near.as_millis()).ok()?;
                let year = now.to_zoned_datetime(zone.clone()).year();
                let dates =
                    (year - 1..=year + 1).filter_map(|year| Date::new(year, month, day).ok());
                nearest(dates.flat_map(|date| readings(date.to_datetime(time), zone)), near)
            }
            Self::Daily { time } => {
                let now = jiff::Timestamp::from_millisecond(near.as_millis()).ok()?;
                let today = now.to_zoned_datetime(zone.clone()).date();
                let days = [today.yesterday(), Ok(today), today.tomorrow()];
                let local = days.into_iter().flatten().map(|day| day.to_datetime(time));
                nearest(local.flat_map(|local| readings(local, zone)), near)
            }
        }
    }
}

/// The points in time that a clock in `zone` may mean by `local`: two in the hour that is doubled. A
/// time in the hour that is left out is taken as if the clock had not been moved yet.
fn readings(local: DateTime, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
    let offsets = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => [Some(offset), None],
        AmbiguousOffset::Gap { before, .. } => [Some(before), None],
        AmbiguousOffset::Fold { before, after } => [Some(before), Some(after)],
    };
    let at = move |offset: jiff::tz::Offset| offset.to_timestamp(local).ok();
    let millis = |at: jiff::Timestamp| Timestamp::from_millis(at.as_millisecond());
    offsets.into_iter().flatten().filter_map(at).map(millis)
}

fn nearest(all: impl Iterator<Item = Timestamp>, near: Timestamp) -> Option<Timestamp> {
    all.min_by_key(|at| at.as_millis().abs_diff(near.as_millis()))
}
