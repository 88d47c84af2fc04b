//! `hours`: spans of the week in which messages go out.

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::flow::Timestamp;

/// When messages go out: some spans of every week, by the clocks of a time zone.
///
/// A span begins when clocks first show its start, or first show a later time where they skip it, and
/// it ends when they last show its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hours {
    /// At least one.
    pub spans: Vec<HoursSpan>,
    /// Whose clocks.
    pub zone: TimeZone,
}

/// One span of time on some days of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HoursSpan {
    /// The days on which it begins, Monday first.
    pub days: [bool; 7],
    /// Minutes from the day's beginning to its own: under [`HoursSpan::DAY`].
    pub from: u16,
    /// Minutes from the same day's beginning to its end, exclusive: above `from`, and over
    /// [`HoursSpan::DAY`] where it ends on the next day.
    pub until: u16,
}

impl HoursSpan {
    /// Minutes of a day.
    pub const DAY: u16 = 24 * 60;
}

/// What the clocks say of some hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct Look {
    is_open: bool,
    /// Up to when that holds, at least.
    until: Timestamp,
}

/// What was seen of some hours last, and when: to look on the calendar takes longer.
pub(in super::super) type Seen = Option<(Timestamp, Look)>;

impl Hours {
    /// Days ahead that are looked at: in every week there is a span of each kind.
    const AHEAD: usize = 9;

    /// `None` within the hours; else up to when they are closed, at least.
    pub(in super::super) fn closed_until(
        &self,
        now: Timestamp,
        seen: &mut Seen,
    ) -> Option<Timestamp> {
        if seen.is_none_or(|(at, look)| now < at || look.until <= now) {
            *seen = self.look(now).map(|look| (now, look));
        }
        // Where time cannot be told, nothing is held back.
        let (_, look) = (*seen)?;
        (!look.is_open).then_some(look.until)
    }

    /// `None` beyond the years that calendars know.
    fn look(&self, now: Timestamp) -> Option<Look> {
        let instant = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
        let yesterday = self.zone.to_datetime(instant).date().yesterday().ok()?;
        let mut open = Vec::new();
        let mut day = yesterday;
        for _ in 0..Self::AHEAD {
            let of_day = |span: &&HoursSpan| span.days[weekday(day)];
            for span in self.spans.iter().filter(of_day) {
                open.push((self.start(day, span.from)?, self.end(day, span.until)?));
            }
            day = day.tomorrow().ok()?;
        }
        open.sort_unstable();
        let mut look = Look { is_open: false, until: self.start(day, 0)? };
        for (from, until) in open {
            if look.is_open && from <= look.until {
                look.until = look.until.max(until);
            } else if from <= now && now < until {
                look = Look { is_open: true, until };
            } else if now < from && !look.is_open {
                look.until = look.until.min(from);
            }
        }
        Some(look)
    }

    /// When clocks first show so many minutes of `day`, or more.
    fn start(&self, day: Date, minutes: u16) -> Option<Timestamp> {
        let local = day.at(hour(minutes), minute(minutes), 0, 0);
        let times = self.zone.to_ambiguous_timestamp(local);
        let at = match times.offset() {
            AmbiguousOffset::Gap { .. } => self.jump(times.later().ok()?)?,
            _ => times.earlier().ok()?,
        };
        Some(Timestamp::from_millis(at.as_millisecond()))
    }

    /// When clocks last show so many minutes of `day`, which may be over a day's, or first more.
    fn end(&self, mut day: Date, mut minutes: u16) -> Option<Timestamp> {
        while minutes >= HoursSpan::DAY {
            minutes -= HoursSpan::DAY;
            day = day.tomorrow().ok()?;
        }
        let local = day.at(hour(minutes), minute(minutes), 0, 0);
        let times = self.zone.to_ambiguous_timestamp(local);
        let at = match times.offset() {
            AmbiguousOffset::Gap { .. } => self.jump(times.later().ok()?)?,
            _ => times.later().ok()?,
        };
        Some(Timestamp::from_millis(at.as_millisecond()))
    }

    /// When clocks were put forward, at or shortly before `at`.
    fn jump(&self, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let behind = at.checked_add(SignedDuration::from_nanos(1)).ok()?;
        self.zone.preceding(behind).next().map(|jump| jump.timestamp())
    }
}

fn weekday(day: Date) -> usize {
    usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())
}

fn hour(minutes: u16) -> i8 {
    i8::try_from(minutes / 60 % 24).unwrap_or(0)
}

fn minute(minutes: u16) -> i8 {
    i8::try_from(minutes % 60).unwrap_or(0)
}
