//! `absent`, `expect`, `forget`, and what `debounce` means beside them.

use std::time::Duration;

use crate::engine::{Debounce, Detector, GroupWord};

use super::detector::Detecting;
use super::fields::{Fields, Text};
use super::pace;
use super::report::Report;

/// The detector of a rule with `absent`.
pub(super) fn check(rule: &Detecting<'_>, report: &mut Report) -> Option<Detector> {
    let own = &rule.layers.own;
    let expect = expect(rule, report);
    let after = pace::span_of_time("absent", own, report)?;
    let forget = forget(rule, after, report);
    Some(Detector::Absent { after, expect, forget })
}

/// `forget`: after how long what is away is not waited for any longer.
fn forget(rule: &Detecting<'_>, after: Duration, report: &mut Report) -> Duration {
    let own = &rule.layers.own;
    let usual = after.saturating_mul(Detector::FORGET_ABSENT);
    let Some(forget) = pace::span_of_time("forget", own, report) else { return usual };
    let span = || own.key_span("forget").unwrap_or_else(|| own.span.clone());
    if rule.group_by.is_some_and(<[GroupWord]>::is_empty) {
        let help = "without it the rule is one group, which is always waited for";
        report.error(span(), "beside `absent`, `forget` needs `group_by`").help(help);
    }
    if forget <= after {
        let help = "what is not waited for any longer is not told to be absent";
        report.error(span(), "`forget` must be longer than `absent`").help(help);
    }
    forget
}

/// How often it is said again of a rule with `absent = after`: each time after as long again; where that
/// is less than an hour, more and more seldom up to an hour, for what is to come each minute would be said
/// to be away 60 times an hour. What a default says is about matches, and not meant for it.
pub(super) fn debounce(own: &Fields, after: Duration, report: &mut Report) -> Debounce {
    let Some(span) = own.key_span("debounce") else {
        let longest = after.max(Debounce::default().longest);
        return Debounce { first: after, longest };
    };
    let debounce = pace::debounce(own, report);
    if debounce.first.is_zero() {
        let help = "beside `absent` it is the time until it is said again";
        report.error(span, "`debounce` must be longer than zero").help(help);
    }
    debounce
}

/// `expect`: the groups by their values.
fn expect(rule: &Detecting<'_>, report: &mut Report) -> Vec<Vec<Box<str>>> {
    let own = &rule.layers.own;
    let listed = own.text_lists("expect", report).unwrap_or_default();
    let (Some(span), Some(group_by)) = (own.key_span("expect"), rule.group_by) else {
        return Vec::new();
    };
    if group_by.is_empty() {
        let help = "without it the rule is one group, which is always expected";
        report.error(span, "`expect` needs `group_by`").help(help);
        return Vec::new();
    }
    if listed.len() > Detector::MAX_EXPECTED {
        let most = Detector::MAX_EXPECTED;
        report.error(span, format!("`expect` takes up to {most} groups, not {}", listed.len()));
    }
    let mut groups: Vec<Vec<Box<str>>> = Vec::with_capacity(listed.len());
    for (values, span) in listed {
        if values.len() != group_by.len() {
            let words: Vec<_> = group_by.iter().map(GroupWord::as_str).collect();
            let message = format!("`expect` takes {} of each group", counted(&words));
            let example: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
            let example = format!("write `expect = [[{}]]`", example.join(", "));
            report.error(span, message).help(example);
            continue;
        }
        let group: Vec<Box<str>> =
            values.iter().map(|Text { value, .. }| (*value).into()).collect();
        if groups.contains(&group) {
            report.warning(span, "this group is named twice");
            continue;
        }
        groups.push(group);
    }
    groups
}

/// `the value of `a`` or `the values of `a`, `b``.
fn counted(words: &[&str]) -> String {
    let listed: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    let values = if words.len() == 1 { "value" } else { "values" };
    format!("the {values} of {}", listed.join(", "))
}
