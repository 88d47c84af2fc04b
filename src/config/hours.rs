//! `hours`: `mon-fri 08:00-19:00; sat 10:00-14:00 Europe/Berlin`, as it is written.

use std::ops::Range;

use jiff::tz::TimeZone;

use crate::engine::{Hours, HoursSpan};

use super::fields::{Fields, short};
use super::report::Report;
use super::words::nearest;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The most spans of one list.
const MAX_SPANS: usize = 50;

/// Why a text tells no hours, and where in it.
struct Wrong {
    message: String,
    help: Option<String>,
    span: Range<usize>,
}

/// A word with where it stands.
type Word<'t> = (&'t str, Range<usize>);

/// `hours`.
pub(super) fn hours(fields: &Fields, report: &mut Report) -> Option<Hours> {
    let text = fields.text("hours", report)?;
    match parse(text.value) {
        Ok(hours) => Some(hours),
        Err(Wrong { message, help, span }) => {
            let span = report.part(&text.span, text.value, &span);
            let finding = report.error(span, format!("`hours`: {message}"));
            finding.help(help.unwrap_or_else(|| {
                "write for example `hours = \"mon-fri 08:00-19:00 Europe/Berlin\"`".to_owned()
            }));
            None
        }
    }
}

fn parse(text: &str) -> Result<Hours, Wrong> {
    let mut spans = Vec::new();
    let mut zone = None;
    let mut at = 0;
    for part in text.split(';') {
        let words = words(part, at);
        let whole = at..at + part.len();
        at += part.len() + 1;
        if let Some((_, span)) = zone {
            let message = "the time zone stands at the end, and is that of all".to_owned();
            return Err(Wrong { message, help: None, span });
        }
        let (span, rest) = span(&words, whole)?;
        spans.push(span);
        zone = match rest {
            [] => None,
            [(name, span)] => Some((time_zone(name, span)?, span.clone())),
            [_, (extra, span), ..] => {
                return Err(wrong(format!("`{}` is too much here", short(extra)), span));
            }
        };
    }
    if spans.len() > MAX_SPANS {
        return Err(wrong(format!("there are more than {MAX_SPANS} spans"), &(0..text.len())));
    }
    let zone = zone.map_or_else(TimeZone::system, |(zone, _)| zone);
    Ok(Hours { spans, zone })
}

/// The span that `words`, which stand at `whole`, begin with, and the words behind it.
fn span<'w, 't>(
    words: &'w [Word<'t>],
    whole: Range<usize>,
) -> Result<(HoursSpan, &'w [Word<'t>]), Wrong> {
    let mut rest = words;
    let mut span = HoursSpan { days: [true; 7], from: 0, until: HoursSpan::DAY };
    let begins_with_times = |words: &[Word]| {
        words.first().is_some_and(|(word, _)| word.starts_with(|c: char| c.is_ascii_digit()))
    };
    let Some((first, place)) = words.first() else {
        return Err(wrong("days and times are missing".to_owned(), &whole));
    };
    let has_times = begins_with_times(words);
    if !has_times {
        span.days = days(first, place)?;
        rest = &rest[1..];
    }
    if begins_with_times(rest) {
        let (times, place) = &rest[0];
        (span.from, span.until) = self::times(times, place)?;
        rest = &rest[1..];
    }
    Ok((span, rest))
}

/// `mon-fri`, `sat,sun`, `fri-mon`.
fn days(word: &str, span: &Range<usize>) -> Result<[bool; 7], Wrong> {
    let day = |name: &str| {
        let name = name.to_lowercase();
        let found = DAYS.iter().position(|day| *day == name);
        found.ok_or_else(|| {
            let meant = nearest(&name, DAYS).or_else(|| {
                let begins = |day: &&&str| name.starts_with(**day);
                DAYS.iter().find(begins).copied()
            });
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("days are {}", DAYS.map(|day| format!("`{day}`")).join(", ")),
            };
            let message = format!("`{}` is no day", short(&name));
            Wrong { message, help: Some(help), span: span.clone() }
        })
    };
    let mut days = [false; 7];
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut next, last) = (day(first)?, day(last)?);
        days[next] = true;
        while next != last {
            next = (next + 1) % 7;
            days[next] = true;
        }
    }
    Ok(days)
}

/// `08:00-19:00`, and `22:00-07:00` up to the next day.
fn times(word: &str, span: &Range<usize>) -> Result<(u16, u16), Wrong> {
    let time = |text: &str| -> Option<u16> {
        let (hour, minute) = text.split_once(':')?;
        if hour.len() > 2 || minute.len() != 2 {
            return None;
        }
        let number = |text: &str| text.parse::<u16>().ok().filter(|_| !text.starts_with('+'));
        let (hour, minute) = (number(hour)?, number(minute)?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= HoursSpan::DAY).then_some(minutes)
    };
    let found = word.split_once('-').and_then(|(from, until)| Some((time(from)?, time(until)?)));
    match found {
        Some((from, until)) if from == until => {
            let message = format!("`{}` is no time at all", short(word));
            let help = Some("write `00:00-24:00` for whole days".to_owned());
            Err(Wrong { message, help, span: span.clone() })
        }
        Some((from, until)) if from < until => Ok((from, until)),
        Some((from, until)) if from < HoursSpan::DAY => Ok((from, until + HoursSpan::DAY)),
        _ => Err(wrong(format!("expected times as in `08:00-19:00`, not `{}`", short(word)), span)),
    }
}

fn time_zone(name: &str, span: &Range<usize>) -> Result<TimeZone, Wrong> {
    TimeZone::get(name).map_err(|_| {
        let known: Vec<_> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        let meant = nearest(name, known.iter().map(String::as_str));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write it as the IANA does, as in `Europe/Berlin`".to_owned(),
        };
        let message = format!("there is no time zone `{}`", short(name));
        Wrong { message, help: Some(help), span: span.clone() }
    })
}

/// The words of `part`, which begins at `start` of the whole text.
fn words(part: &str, start: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in part.split_whitespace() {
        let place = at + part[at..].find(word).unwrap_or(0);
        at = place + word.len();
        words.push((word, start + place..start + at));
    }
    words
}

fn wrong(message: String, span: &Range<usize>) -> Wrong {
    Wrong { message, help: None, span: span.clone() }
}
