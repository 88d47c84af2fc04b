//! Dates, times of day and zones, in the ways that logs write them.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::Stamp;
use super::cursor::Cursor;
use crate::flow::Timestamp;

/// What is before the time of day.
enum Day {
    Whole(Date),
    /// The year may come at the end, or never.
    OfAnyYear {
        month: i8,
        day: i8,
    },
}

/// The stamp that begins at `at`.
pub(super) fn stamp(mut at: Cursor<'_>) -> Option<Stamp> {
    let day = day(&mut at)?;
    let time = time(&mut at)?;
    let offset = zone(&mut at);
    let date = match day {
        Day::Whole(date) => date,
        Day::OfAnyYear { month, day } => match year_behind(&mut at) {
            Some(year) => Date::new(year, month, day).ok()?,
            // 2024 had a 29th of February.
            None => {
                return Date::new(2024, month, day).is_ok().then_some(Stamp::Yearless {
                    month,
                    day,
                    time,
                });
            }
        },
    };
    let local = date.to_datetime(time);
    match offset {
        Some(offset) => instant(local, offset),
        None => Some(Stamp::Local(local)),
    }
}

/// klog's: `1123 20:00:00.123456` behind the letter of its level.
pub(super) fn klog(mut at: Cursor<'_>) -> Option<Stamp> {
    at.one_of(b"IWEF")?;
    let digits = at.number(4)?;
    at.spaces()?;
    let (month, day) = (two(digits / 100)?, two(digits % 100)?);
    let time = time(&mut at)?;
    Date::new(2024, month, day).is_ok().then_some(Stamp::Yearless { month, day, time })
}

/// Time since the epoch, in a unit that the number of digits tells: 2001 to 2286.
pub(super) fn epoch(mut at: Cursor<'_>) -> Option<Stamp> {
    let n_digits = at.n_digits();
    let number = match n_digits {
        10 | 13 | 16 => at.number(n_digits)?,
        // The last digits are of nanoseconds.
        19 => {
            let micros = at.part(16)?;
            at.part(3)?;
            micros
        }
        _ => return None,
    };
    let millis = match n_digits {
        10 => {
            let nanos = at.one_of(b".").and_then(|_| at.fraction()).unwrap_or(0);
            number * 1000 + i64::from(nanos / 1_000_000)
        }
        13 => number,
        _ => number / 1000,
    };
    Some(Stamp::Instant(Timestamp::from_millis(millis)))
}

fn instant(local: DateTime, offset: Offset) -> Option<Stamp> {
    let at = offset.to_timestamp(local).ok()?;
    Some(Stamp::Instant(Timestamp::from_millis(at.as_millisecond())))
}

/// A date and what parts it from the time of day.
fn day(at: &mut Cursor<'_>) -> Option<Day> {
    if at.peek()?.is_ascii_alphabetic() {
        if at.weekday().is_some() {
            at.one_of(b",");
            at.spaces()?;
        }
        if at.peek()?.is_ascii_alphabetic() {
            return month_first(at);
        }
    }
    let date = match at.n_digits() {
        4 => year_first(at),
        8 => compact(at, 4),
        6 => compact(at, 2),
        _ => day_first(at),
    }?;
    Some(Day::Whole(date))
}

/// `Nov 23 `, with or without a year.
fn month_first(at: &mut Cursor<'_>) -> Option<Day> {
    let month = at.month()?;
    at.spaces()?;
    let day = at.short()?;
    at.one_of(b",");
    at.spaces()?;
    if at.n_digits() == 4 {
        let year = year(at)?;
        at.one_of(b":");
        at.spaces()?;
        return Some(Day::Whole(Date::new(year, month, day).ok()?));
    }
    Some(Day::OfAnyYear { month, day })
}

/// `2026-11-23T`, and with other signs.
fn year_first(at: &mut Cursor<'_>) -> Option<Date> {
    let year = year(at)?;
    let sign = at.one_of(b"-/.")?;
    let month = two(at.number(2)?)?;
    at.one_of(&[sign])?;
    let day = two(at.number(2)?)?;
    separator(at)?;
    Date::new(year, month, day).ok()
}

/// `20261123T`, or with two digits for the year.
fn compact(at: &mut Cursor<'_>, n_of_year: usize) -> Option<Date> {
    let year = at.part(n_of_year)?;
    let (month, day) = (at.part(2)?, at.part(2)?);
    separator(at)?;
    let year = if n_of_year == 2 { 2000 + year } else { year };
    Date::new(i16::try_from(year).ok()?, two(month)?, two(day)?).ok()
}

/// `23/Nov/2026:`, `23 Nov 2026 `, `23-Nov-2026 `, `23.11.2026 `.
fn day_first(at: &mut Cursor<'_>) -> Option<Date> {
    let day = at.short()?;
    let sign = at.one_of(b"/ -.")?;
    let month = if sign == b'.' { two(at.number(2)?)? } else { at.month()? };
    at.one_of(&[sign])?;
    let year = year(at)?;
    at.one_of(b":").or_else(|| separator(at))?;
    Date::new(year, month, day).ok()
}

fn separator(at: &mut Cursor<'_>) -> Option<u8> {
    if at.one_of(b",").is_some() || at.peek() == Some(b' ') {
        at.spaces()?;
        return Some(b' ');
    }
    at.one_of(b"Tt_-")
}

fn year(at: &mut Cursor<'_>) -> Option<i16> {
    i16::try_from(at.number(4)?).ok().filter(|year| (1970..=9000).contains(year))
}

/// The year at the end, as `asctime` writes it.
fn year_behind(at: &mut Cursor<'_>) -> Option<i16> {
    at.spaces()?;
    year(at)
}

/// `20:00:00`, with or without a fraction; in ISO's compact form `200000`.
fn time(at: &mut Cursor<'_>) -> Option<Time> {
    let (hour, minute, second);
    if at.n_digits() == 6 {
        (hour, minute, second) = (two(at.part(2)?)?, two(at.part(2)?)?, two(at.part(2)?)?);
    } else {
        hour = at.short()?;
        at.one_of(b":")?;
        minute = two(at.number(2)?)?;
        at.one_of(b":")?;
        second = two(at.number(2)?)?;
    }
    let mut ahead = *at;
    let nanos = match ahead.one_of(b".,").and_then(|_| ahead.fraction()) {
        Some(nanos) => {
            *at = ahead;
            nanos
        }
        None => 0,
    };
    // A leap second is counted into the one before it.
    Time::new(hour, minute, second.min(59), nanos).ok().filter(|_| second <= 60)
}

/// `Z`, `UTC`, `+01:00`, `-0500`, and where nothing parts it from the time, `+01`.
fn zone(at: &mut Cursor<'_>) -> Option<Offset> {
    let mut ahead = *at;
    let is_apart = ahead.one_of(b" ").is_some();
    let offset = named(&mut ahead).or_else(|| numbered(&mut ahead, is_apart))?;
    *at = ahead;
    Some(offset)
}

fn named(at: &mut Cursor<'_>) -> Option<Offset> {
    at.word(b"UTC").or_else(|| at.word(b"GMT")).or_else(|| at.word(b"Z"))?;
    let is_word = at.peek().is_some_and(|byte| byte.is_ascii_alphanumeric());
    (!is_word).then_some(Offset::UTC)
}

fn numbered(at: &mut Cursor<'_>, is_apart: bool) -> Option<Offset> {
    let sign = if at.one_of(b"+-")? == b'-' { -1 } else { 1 };
    let (hours, minutes) = match at.n_digits() {
        4 => (at.part(2)?, at.part(2)?),
        2 => {
            let hours = at.part(2)?;
            let mut ahead = *at;
            match ahead.one_of(b":").and_then(|_| ahead.number(2)) {
                Some(minutes) => {
                    *at = ahead;
                    (hours, minutes)
                }
                None if is_apart => return None,
                None => (hours, 0),
            }
        }
        _ => return None,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    let seconds = sign * (hours * 3600 + minutes * 60);
    Offset::from_seconds(i32::try_from(seconds).ok()?).ok()
}

fn two(number: i64) -> Option<i8> {
    i8::try_from(number).ok()
}
