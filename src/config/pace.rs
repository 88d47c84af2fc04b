//! `count`, `within`, `debounce`, `resolve_after`, `max_groups`, `max_open`: how many, how long, and how
//! often it is said.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use crate::engine::{Debounce, Detector, EngineSettings};

use super::duration::{self, DurationError};
use super::fields::{Fields, Text};
use super::layers::Layers;
use super::report::Report;

/// `count`.
pub(super) fn count(fields: &Fields, report: &mut Report) -> Option<u32> {
    let (number, span) = fields.number("count", report)?;
    let count = u32::try_from(number).ok().filter(|n| (1..=Detector::MAX_COUNT).contains(n));
    if count.is_none() {
        let message = format!("`count` is from 1 to {}, not {number}", Detector::MAX_COUNT);
        report.error(span, message);
    }
    count
}

/// `debounce`.
pub(super) fn debounce(fields: &Fields, report: &mut Report) -> Debounce {
    let Some(text) = fields.text("debounce", report) else { return Debounce::default() };
    let parsed = duration::parse_debounce(text.value);
    parsed.unwrap_or_else(|error| {
        wrong_duration("debounce", &text, &error, report);
        Debounce::default()
    })
}

/// The duration at `word`, which may be zero.
pub(super) fn any_span_of_time(
    word: &str,
    fields: &Fields,
    report: &mut Report,
) -> Option<Duration> {
    let text = fields.text(word, report)?;
    let parsed = duration::parse(text.value);
    parsed.map_err(|error| wrong_duration(word, &text, &error, report)).ok()
}

/// `max_groups` of a rule with `detector`, which may expect some.
pub(super) fn max_groups(layers: &Layers, detector: &Detector, report: &mut Report) -> usize {
    let max_groups = groups(layers.of("max_groups"), report);
    if let Detector::Absent { expect, .. } = detector
        && expect.len() > max_groups
        && let Some(span) = layers.own.key_span("expect")
    {
        let n_expected = expect.len();
        let message =
            format!("`expect` names {n_expected} groups, and there is room for {max_groups}");
        report.error(span, message).help(format!("write `max_groups = {n_expected}` or more"));
    }
    max_groups
}

/// `max_groups`.
pub(super) fn groups(fields: &Fields, report: &mut Report) -> usize {
    let range = EngineSettings::MAX_GROUPS;
    bound("max_groups", range, fields, report).unwrap_or(EngineSettings::USUAL_GROUPS)
}

/// `max_open`.
pub(super) fn max_open(fields: &Fields, report: &mut Report) -> usize {
    let range = EngineSettings::MAX_OPEN;
    bound("max_open", range, fields, report).unwrap_or(EngineSettings::USUAL_OPEN)
}

/// The number in `range` at `word`.
fn bound(
    word: &str,
    range: RangeInclusive<usize>,
    fields: &Fields,
    report: &mut Report,
) -> Option<usize> {
    let (number, span) = fields.number(word, report)?;
    let bound = usize::try_from(number).ok().filter(|number| range.contains(number));
    if bound.is_none() {
        let (least, most) = range.into_inner();
        report.error(span, format!("`{word}` is from {least} to {most}, not {number}"));
    }
    bound
}

/// The duration above zero at `word`.
pub(super) fn span_of_time(word: &str, fields: &Fields, report: &mut Report) -> Option<Duration> {
    let text = fields.text(word, report)?;
    match duration::parse(text.value) {
        Ok(Duration::ZERO) => {
            report.error(text.span, format!("`{word}` must be longer than zero"));
            None
        }
        Ok(span) => Some(span),
        Err(error) => {
            wrong_duration(word, &text, &error, report);
            None
        }
    }
}

fn wrong_duration(word: &str, text: &Text, error: &DurationError, report: &mut Report) {
    let span: Range<usize> = report.part(&text.span, text.value, &error.span);
    report.error(span, format!("`{word}`: {}", error.message));
}
