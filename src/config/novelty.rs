//! `new`, `learn` and `forget`: which values are news.

use crate::engine::{Detector, GroupWord};

use super::detector::Detecting;
use super::report::Report;
use super::{matching, pace};

/// The built-in word for the pattern of a line.
const PATTERN: &str = "pattern";

/// The detector of a rule with `new`.
pub(super) fn check(rule: &Detecting<'_>, report: &mut Report) -> Option<Detector> {
    let own = &rule.layers.own;
    let learn = pace::span_of_time("learn", own, report).unwrap_or_default();
    let forget = pace::span_of_time("forget", own, report).unwrap_or(Detector::FORGET_VALUE);
    let text = own.text("new", report)?;
    let captures = rule.captures?;
    if text.value == PATTERN && !captures.has(PATTERN) {
        return Some(Detector::New { of: GroupWord::Pattern, learn, forget });
    }
    let name = captures.find_or(rule.rule, &text, &[PATTERN], report)?;
    if matching::is_unbounded(&name) {
        let message = format!("`{name}` looks different in every line");
        let help = "each value is told once; name what comes again and again";
        report.warning(text.span, message).help(help);
    }
    Some(Detector::New { of: GroupWord::Capture(name), learn, forget })
}
