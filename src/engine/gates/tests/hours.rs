use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::super::{Hours, HoursSpan};
use crate::engine::tests::{MINUTE, seconds};
use crate::flow::Timestamp;

fn berlin(spans: Vec<HoursSpan>) -> Hours {
    Hours { spans, zone: TimeZone::get("Europe/Berlin").unwrap() }
}

fn span(days: &[usize], from: u16, until: u16) -> HoursSpan {
    HoursSpan { days: std::array::from_fn(|day| days.contains(&day)), from, until }
}

fn closed_until(hours: &Hours, now: Timestamp) -> Option<Timestamp> {
    hours.closed_until(now, &mut None)
}

/// A moment by the clocks of UTC.
fn utc(local: DateTime) -> Timestamp {
    Timestamp::from_millis(TimeZone::UTC.to_timestamp(local).unwrap().as_millisecond())
}

#[test]
fn the_start_is_within_and_the_end_is_not() {
    let hours = berlin(vec![span(&[0, 1, 2, 3, 4], 8 * 60, 19 * 60)]);
    // 2026-11-30 is a Monday, and Berlin an hour ahead.
    let day = date(2026, 11, 30);
    let check = |hour, minute, second, until: Option<DateTime>| {
        let now = utc(day.at(hour, minute, second, 0));
        assert_eq!(closed_until(&hours, now), until.map(utc), "{hour}:{minute}:{second}");
    };
    check(6, 59, 59, Some(day.at(7, 0, 0, 0)));
    check(7, 0, 0, None);
    check(17, 59, 59, None);
    check(18, 0, 0, Some(date(2026, 12, 1).at(7, 0, 0, 0)));
    let friday = utc(date(2026, 12, 4).at(18, 0, 0, 0));
    assert_eq!(closed_until(&hours, friday), Some(utc(date(2026, 12, 7).at(7, 0, 0, 0))));
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let hours = berlin(vec![span(&[4], 22 * 60, HoursSpan::DAY + 7 * 60)]);
    let is_open = |local| closed_until(&hours, utc(local)).is_none();
    // 2026-12-04 is a Friday.
    assert!(!is_open(date(2026, 12, 4).at(2, 0, 0, 0)));
    assert!(is_open(date(2026, 12, 4).at(21, 0, 0, 0)));
    assert!(is_open(date(2026, 12, 5).at(5, 59, 0, 0)));
    assert!(!is_open(date(2026, 12, 5).at(6, 0, 0, 0)));
    assert!(!is_open(date(2026, 12, 5).at(21, 0, 0, 0)));
}

#[test]
fn what_clocks_skip_begins_when_they_jump_and_what_they_show_twice_ends_the_second_time() {
    let every_day = [0, 1, 2, 3, 4, 5, 6];
    let half_past_two = 2 * 60 + 30;
    let from = berlin(vec![span(&every_day, half_past_two, 5 * 60)]);
    let until = berlin(vec![span(&every_day, 60, half_past_two)]);
    // At 01:00 UTC clocks go from 02:00 to 03:00, and in autumn from 03:00 to 02:00.
    let (spring, autumn) = (date(2026, 3, 29), date(2026, 10, 25));
    let check = |hours: &Hours, local, until: Option<DateTime>| {
        assert_eq!(closed_until(hours, utc(local)), until.map(utc), "{local}");
    };
    check(&from, spring.at(0, 59, 59, 0), Some(spring.at(1, 0, 0, 0)));
    check(&from, spring.at(1, 0, 0, 0), None);
    check(&until, spring.at(0, 59, 59, 0), None);
    check(&until, spring.at(1, 0, 0, 0), Some(spring.at(23, 0, 0, 0)));
    check(&from, autumn.at(0, 29, 59, 0), Some(autumn.at(0, 30, 0, 0)));
    check(&from, autumn.at(1, 10, 0, 0), None);
    check(&until, autumn.at(0, 45, 0, 0), None);
    check(&until, autumn.at(1, 29, 59, 0), None);
    check(&until, autumn.at(1, 30, 0, 0), Some(date(2026, 10, 26).at(0, 0, 0, 0)));
}

#[test]
fn where_calendars_end_nothing_is_held_back() {
    let hours = berlin(vec![span(&[0], 0, 1)]);
    for now in [Timestamp::from_millis(i64::MIN), Timestamp::MAX] {
        assert_eq!(closed_until(&hours, now), None);
    }
    let mut seen = None;
    hours.closed_until(Timestamp::from_millis(i64::MIN), &mut seen);
    let saturday = utc(date(2026, 12, 5).at(12, 0, 0, 0));
    assert!(hours.closed_until(saturday, &mut seen).is_some());
}

/// Whether the clocks show a time that is within the hours.
fn is_open_by_the_clock(hours: &Hours, now: Timestamp) -> bool {
    let now = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap();
    let local = hours.zone.to_datetime(now);
    let minutes = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap();
    let on = |day: jiff::civil::Date, span: &HoursSpan| {
        span.days[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())]
    };
    hours.spans.iter().any(|span| {
        let today = on(local.date(), span) && (span.from..span.until).contains(&minutes);
        let late = minutes + HoursSpan::DAY;
        let yesterday = on(local.date().yesterday().unwrap(), span);
        today || (yesterday && (span.from..span.until).contains(&late))
    })
}

/// A time that clocks neither skip nor show twice.
fn time() -> impl Strategy<Value = u16> {
    (0..24 * 60_u16).prop_filter("clocks are set", |minutes| !(120..=180).contains(minutes))
}

fn spans() -> impl Strategy<Value = Vec<HoursSpan>> {
    let times = (time(), time()).prop_filter("empty", |(from, until)| from != until);
    let span = (prop::array::uniform7(any::<bool>()), times).prop_map(|(days, (from, until))| {
        let until = if until < from { until + HoursSpan::DAY } else { until };
        HoursSpan { days, from, until }
    });
    prop::collection::vec(span, 1..4)
}

proptest! {
    #[test]
    fn hours_are_what_the_clocks_show(
        spans in spans(),
        // Weeks with and without a change of the clocks.
        week in prop::sample::select(vec![(2026, 3, 26), (2026, 10, 22), (2026, 12, 28)]),
        minute in 0..7 * 24 * 60_u64,
    ) {
        let hours = berlin(spans);
        let (year, month, day) = week;
        let now = utc(date(year, month, day).at(0, 0, 0, 0)) + seconds(minute * MINUTE);
        let until = closed_until(&hours, now);
        prop_assert_eq!(until.is_none(), is_open_by_the_clock(&hours, now));
        if let Some(until) = until {
            prop_assert!(until > now);
            let minutes = until.since(now).as_secs() / MINUTE;
            for minute in 0..minutes.min(9 * 24 * 60) {
                prop_assert!(!is_open_by_the_clock(&hours, now + seconds(minute * MINUTE)));
            }
            let is_ever = hours.spans.iter().any(|span| span.days.contains(&true));
            prop_assert!(!is_ever || is_open_by_the_clock(&hours, until));
        }
    }

    #[test]
    fn what_was_seen_before_is_as_good_as_a_look(
        spans in spans(), minutes in prop::collection::vec(0..14 * 24 * 60_u64, 1..20),
    ) {
        let hours = berlin(spans);
        let mut seen = None;
        for minute in minutes {
            let now = utc(date(2026, 10, 20).at(0, 0, 0, 0)) + seconds(minute * MINUTE);
            let is_closed = hours.closed_until(now, &mut seen).is_some();
            prop_assert_eq!(is_closed, !is_open_by_the_clock(&hours, now));
        }
    }
}
