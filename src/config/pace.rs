//! `count`, `within`, `debounce`, `resolve_after`: when a rule fires, and how often it says so.

use std::ops::Range;
use std::time::Duration;

use crate::engine::{Debounce, Detector};

use super::duration::{self, DurationError};
use super::fields::{Fields, Text};
use super::layers::Layers;
use super::report::Report;

/// The detector. A default `count` or `within` without the other does nothing.
pub(super) fn detector(layers: &Layers, report: &mut Report) -> Detector {
    let count = count(layers.of("count"), report);
    let within = span_of_time("within", layers.of("within"), report);
    for (word, other, example) in [("count", "within", "\"5m\""), ("within", "count", "10")] {
        if layers.lack(other)
            && let Some(span) = layers.own.key_span(word)
        {
            let message = format!("`{word}` needs `{other}`");
            report.error(span, message).help(format!("add for example `{other} = {example}`"));
        }
    }
    match (count, within) {
        (Some(count), Some(within)) => Detector::Threshold { count, within },
        _ => Detector::Each,
    }
}

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
