//! The hour in which the most happened.

use jiff::tz::TimeZone;

use crate::flow::{Span, Timestamp};

/// Counts what happens by the hours of the clock, and remembers the worst.
///
/// Times come in order, so that two hours are all that is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Hours {
    /// The hour that is being counted: its first and its last millisecond.
    current: Option<Span>,
    count: u64,
    worst: Option<(Timestamp, u64)>,
}

impl Hours {
    /// Takes in that something happened `at`.
    pub(super) fn on_hit(&mut self, at: Timestamp, zone: &TimeZone) {
        if self.current.is_none_or(|hour| at > hour.last) {
            self.worst = self.worst();
            (self.current, self.count) = (hour_of(at, zone), 0);
        }
        self.count += 1;
    }

    /// When the worst hour began, and what it comes to; the first of those that are as bad.
    pub(super) fn worst(&self) -> Option<(Timestamp, u64)> {
        let current = self.current.map(|hour| (hour.first, self.count));
        match (self.worst, current) {
            (Some(worst), Some(current)) if current.1 <= worst.1 => Some(worst),
            (worst, current) => current.or(worst),
        }
    }
}

/// The hour around `at`. Nothing for a time that no calendar has.
fn hour_of(at: Timestamp, zone: &TimeZone) -> Option<Span> {
    const HOUR: i64 = 3_600_000;
    let time = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
    let time = zone.to_datetime(time).time();
    let minutes = i64::from(time.minute()) * 60_000;
    let within = minutes + i64::from(time.second()) * 1000 + i64::from(time.millisecond());
    let first = at.as_millis().checked_sub(within)?;
    let last = first.checked_add(HOUR - 1)?;
    Some(Span { first: Timestamp::from_millis(first), last: Timestamp::from_millis(last) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_hour_is_that_of_the_clock_with_the_most() {
        let minute = |n: i64| Timestamp::from_millis(1_767_225_600_000 + n * 60_000);
        let worst = |zone: &TimeZone, minutes: &[i64]| {
            let mut hours = Hours::default();
            for at in minutes {
                hours.on_hit(minute(*at), zone);
            }
            hours.worst()
        };
        let utc = TimeZone::UTC;
        assert_eq!(worst(&utc, &[]), None);
        assert_eq!(worst(&utc, &[0, 59, 60, 61, 62, 185]), Some((minute(60), 3)));
        // Of two that are as bad, the first.
        assert_eq!(worst(&utc, &[3, 119, 120, 130, 190, 200]), Some((minute(120), 2)));
        // Where clocks are half an hour off, so are the hours.
        let india = TimeZone::get("Asia/Kolkata").unwrap();
        assert_eq!(worst(&india, &[29, 31, 89]), Some((minute(30), 2)));
    }
}
