//! A stamp and an arrival → the event time of a line, with the reason for it.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::flow::{Dated, Hit, Progress, TimeOrigin, Timestamp};

use super::{Format, Stamp};

/// A stamp so far ahead of the arrival is still that of another clock that goes a little fast.
const AHEAD: Duration = Duration::from_secs(5);

/// `time` of a source: which time of its lines counts, and how it is written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dating {
    /// Which time counts.
    pub policy: Policy,
    /// How stamps are written; `None`: in any way that is known.
    pub format: Option<Format>,
}

/// Which time of a line counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    /// That of its stamp, where that can be.
    #[default]
    Auto,
    /// That of its stamp, whatever it is.
    Log,
    /// That of its arrival.
    Arrival,
}

/// How a line came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// When it was read.
    pub at: Timestamp,
    /// Whether that is when it was written.
    pub progress: Progress,
}

impl Dating {
    /// The stamp of an event: in its first line, for those after that tell of the same moment.
    pub fn find(&self, event: &[u8]) -> Option<Stamp> {
        let end = memchr::memchr(b'\n', event).unwrap_or(event.len());
        let line = &event[..end];
        match &self.format {
            Some(format) => format.find(&line[..line.len().min(Stamp::REACH)]),
            None => Stamp::find(line),
        }
    }

    /// The event time of a line with this stamp, or with none, on a host in `zone`.
    pub fn date(&self, stamp: Option<Stamp>, arrival: Arrival, zone: &TimeZone) -> Dated {
        let written = stamp.and_then(|stamp| stamp.at(arrival.at, zone));
        let origin = self.origin(written, arrival);
        let time = written.filter(|_| origin == TimeOrigin::Stamp).unwrap_or(arrival.at);
        Dated { time, origin, written }
    }

    fn origin(&self, written: Option<Timestamp>, arrival: Arrival) -> TimeOrigin {
        if self.policy == Policy::Arrival {
            return TimeOrigin::Configured;
        }
        let Some(written) = written else { return TimeOrigin::NoStamp };
        if self.policy == Policy::Log {
            TimeOrigin::Stamp
        } else if written > arrival.at + AHEAD {
            TimeOrigin::Future
        } else if arrival.progress == Progress::Live && arrival.at.since(written) > Hit::MAX_LATENCY
        {
            TimeOrigin::Late
        } else {
            TimeOrigin::Stamp
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_460_645_000;

    /// How a line is dated that says it is of `seconds` before it came.
    fn check(policy: Policy, progress: Progress, seconds: i64, time: i64, origin: TimeOrigin) {
        let written = Timestamp::from_millis(NOW - seconds * 1000);
        let arrival = Arrival { at: Timestamp::from_millis(NOW), progress };
        let dating = Dating { policy, format: None };
        let dated = dating.date(Some(Stamp::Instant(written)), arrival, &TimeZone::UTC);
        let time = Timestamp::from_millis(NOW - time * 1000);
        let expected = Dated { time, origin, written: Some(written) };
        assert_eq!(dated, expected, "{policy:?} {progress:?} {seconds}");
    }

    #[test]
    fn a_stamp_counts_where_it_can_be_true() {
        use Progress::{CatchingUp, Live};
        use TimeOrigin::{Future, Late, Stamp};
        for (progress, seconds, time, origin) in [
            (Live, 0, 0, Stamp),
            (Live, 60, 60, Stamp),
            (Live, 61, 0, Late),
            (Live, 7200, 0, Late),
            (CatchingUp, 61, 61, Stamp),
            (CatchingUp, 400 * 86_400, 400 * 86_400, Stamp),
            (Live, -5, -5, Stamp),
            (Live, -6, 0, Future),
            (CatchingUp, -6, 0, Future),
        ] {
            check(Policy::Auto, progress, seconds, time, origin);
        }
    }

    #[test]
    fn one_time_or_the_other_can_be_made_to_count() {
        use Progress::{CatchingUp, Live};
        for (progress, seconds) in [(Live, 7200), (Live, -7200), (CatchingUp, 7200)] {
            check(Policy::Log, progress, seconds, seconds, TimeOrigin::Stamp);
            check(Policy::Arrival, progress, seconds, 0, TimeOrigin::Configured);
        }
    }

    #[test]
    fn without_a_stamp_the_arrival_counts() {
        let at = Timestamp::from_millis(NOW);
        for policy in [Policy::Auto, Policy::Log] {
            let dating = Dating { policy, format: None };
            let arrival = Arrival { at, progress: Progress::CatchingUp };
            let dated = dating.date(None, arrival, &TimeZone::UTC);
            assert_eq!(dated, Dated { time: at, origin: TimeOrigin::NoStamp, written: None });
        }
    }

    #[test]
    fn only_the_first_line_of_an_event_says_when_it_was() {
        let dating = Dating::default();
        assert_eq!(dating.find(b"panic: refused\n2026-11-23 20:00:00 is no time of it"), None);
        let event = b"2026-11-23 20:00:00Z refused\n  at 2001-01-01 00:00:00Z";
        let stamp = dating.find(event).unwrap();
        let at = stamp.at(Timestamp::default(), &TimeZone::UTC).unwrap();
        assert_eq!(at.as_millis(), 1_795_464_000_000);
    }
}
