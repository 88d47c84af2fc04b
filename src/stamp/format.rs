//! `time = "%d.%m.%y %H:%M"`: stamps that are written as whoever configured the source says.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp as Instant;
use jiff::fmt::strtime::BrokenDownTime;

use crate::flow::Timestamp;

use super::Stamp;

/// How stamps are written: [`strptime` as jiff has it][jiff].
///
/// It says the time of day at least, and of the date all, nothing, or all but the year.
///
/// [jiff]: https://docs.rs/jiff/latest/jiff/fmt/strtime/index.html#conversion-specifications
#[derive(Clone, PartialEq, Eq)]
pub struct Format(Arc<str>);

/// Why stamps cannot be written in a way.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct FormatError {
    message: String,
}

impl Format {
    /// The longest format in bytes.
    pub const MAX: usize = 128;

    /// The format `text`.
    ///
    /// # Errors
    /// The operator's: no time could be read by it.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let wrong = |message: String| Err(FormatError { message });
        if text.len() > Self::MAX {
            return wrong(format!("it is longer than {} bytes", Self::MAX));
        }
        let format = Self(text.into());
        // What it writes it has to be able to read.
        let example = Instant::from_nanosecond(1_795_460_645_678_901_234);
        let example = example.expect("a time of 2026").to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let written = match BrokenDownTime::from(&example).to_string(text) {
            Ok(written) => written,
            Err(error) => return wrong(error.to_string()),
        };
        match BrokenDownTime::parse(text, &written) {
            Err(error) => wrong(error.to_string()),
            Ok(read) => match stamp(&read) {
                Some(_) => Ok(format),
                None if !has_time(&read) => wrong("it has no time of day".to_owned()),
                None => wrong("it has some of a date, and not all of it".to_owned()),
            },
        }
    }

    /// The first stamp in `text` that is written so: not amid a word or a number.
    pub(super) fn find(&self, text: &[u8]) -> Option<Stamp> {
        let may_begin = |at: usize| {
            let is_part = |at: usize| text[at].is_ascii_alphanumeric();
            at == 0 || !(is_part(at - 1) && is_part(at))
        };
        (0..text.len()).filter(|at| may_begin(*at)).find_map(|at| {
            let (read, _) = BrokenDownTime::parse_prefix(&*self.0, &text[at..]).ok()?;
            stamp(&read)
        })
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What was read, if it is enough to tell a time.
fn stamp(read: &BrokenDownTime) -> Option<Stamp> {
    let instant = |at: Instant| Stamp::Instant(Timestamp::from_millis(at.as_millisecond()));
    if let Some(at) = read.timestamp() {
        return Some(instant(at));
    }
    if !has_time(read) {
        return None;
    }
    if read.offset().is_some() {
        return read.to_timestamp().ok().map(instant);
    }
    if read.iana_time_zone().is_some() {
        return read.to_zoned_datetime().ok().map(|at| instant(at.timestamp()));
    }
    let time = read.to_time().ok()?;
    if let Ok(date) = read.to_date() {
        return Some(Stamp::Local(date.to_datetime(time)));
    }
    let is_of_year = read.year().is_some() || read.day_of_year().is_some();
    match (read.month(), read.day()) {
        (Some(month), Some(day)) if !is_of_year => {
            // 2024 had a 29th of February.
            jiff::civil::Date::new(2024, month, day).ok()?;
            Some(Stamp::Yearless { month, day, time })
        }
        (None, None) if !is_of_year => Some(Stamp::Daily { time }),
        _ => None,
    }
}

fn has_time(read: &BrokenDownTime) -> bool {
    read.timestamp().is_some() || read.hour().is_some()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// The time in `text` as `format` reads it on 23 November 2026 in Berlin.
    fn read(format: &str, text: &str) -> String {
        let format = Format::parse(format).unwrap();
        let near: Instant = "2026-11-23T20:00:00Z".parse().unwrap();
        let near = Timestamp::from_millis(near.as_millisecond());
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let Some(stamp) = format.find(text.as_bytes()) else { return "none".to_owned() };
        let at = stamp.at(near, &zone).unwrap();
        Instant::from_millisecond(at.as_millis()).unwrap().to_string()
    }

    #[test]
    fn stamps_are_read_as_they_are_written() {
        let expected = "2026-11-23T19:04:05Z";
        for (format, text) in [
            ("%Y-%m-%dT%H:%M:%S%z", "[app] 2026-11-23T20:04:05+0100 refused"),
            ("%d.%m.%y %H:%M:%S", "23.11.26 20:04:05 refused"),
            ("%m/%d/%Y %I:%M:%S %p", "11/23/2026 08:04:05 PM refused"),
            ("%b %e %H:%M:%S", "Nov 23 20:04:05 refused"),
            ("%H:%M:%S", "<20:04:05> refused at 11:11:11"),
            ("%H%M%S", "seq 4711 200405 refused"),
            ("@%s", "@1795460645 refused"),
            ("%Y-%j %T", "2026-327 20:04:05"),
            ("[%Y-%m-%d %H:%M:%S %Q]", "[2026-11-23 14:04:05 America/New_York] refused"),
        ] {
            assert_eq!(read(format, text), expected, "{format}");
        }
        assert_eq!(read("%T%.f", "20:04:05.678 refused"), "2026-11-23T19:04:05.678Z");
    }

    #[test]
    fn a_time_without_a_day_is_the_nearest() {
        assert_eq!(read("%T", "08:59:00 refused"), "2026-11-24T07:59:00Z");
        assert_eq!(read("%T", "09:01:00 refused"), "2026-11-23T08:01:00Z");
    }

    #[test]
    fn what_is_not_written_so_is_no_stamp() {
        for text in ["", "refused", "120:04:055", "99:04:05", "20:04"] {
            assert_eq!(read("%T", text), "none", "{text}");
        }
    }

    #[test]
    fn a_format_by_which_no_time_can_be_read_is_refused() {
        for (format, expected) in [
            ("%Y-%m-%d", "it has no time of day"),
            ("T", "it has no time of day"),
            ("%Y %H:%M", "it has some of a date, and not all of it"),
            ("%d %H:%M", "it has some of a date, and not all of it"),
        ] {
            assert_eq!(Format::parse(format).unwrap_err().to_string(), expected, "{format}");
        }
        for format in ["%T %K", "%H:%M %", "%T %Z", &"%H".repeat(65)] {
            assert!(Format::parse(format).is_err(), "{format}");
        }
    }
}
