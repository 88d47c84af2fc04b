//! `count`, `within`, `distinct`: what makes a match, or many, worth telling.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Detector;

use super::layers::Layers;
use super::matching::Captures;
use super::pace;
use super::report::Report;

/// The detector of the rule `rule`. A default `count` or `within` without the other does nothing.
///
/// Without `captures`, which a wrong pattern hides, nothing is said of them.
pub(super) fn check(
    rule: &str,
    layers: &Layers,
    captures: Option<&Captures>,
    report: &mut Report,
) -> Detector {
    let count = pace::count(layers.of("count"), report);
    let within = pace::span_of_time("within", layers.of("within"), report);
    for (word, other, example) in [
        ("count", "within", "\"5m\""),
        ("within", "count", "10"),
        ("distinct", "count", "10"),
        ("distinct", "within", "\"5m\""),
    ] {
        if layers.lack(other)
            && let Some(span) = layers.own.key_span(word)
        {
            let message = format!("`{word}` needs `{other}`");
            report.error(span, message).help(format!("add for example `{other} = {example}`"));
        }
    }
    let of = distinct(rule, layers, captures, report);
    match (count, within, of) {
        (Some(count), Some(within), None) => Detector::Threshold { count, within },
        (Some(count), Some(within), Some(of)) => different(count, within, of, layers, report),
        _ => Detector::Each,
    }
}

/// `distinct`.
fn distinct(
    rule: &str,
    layers: &Layers,
    captures: Option<&Captures>,
    report: &mut Report,
) -> Option<Arc<str>> {
    let text = layers.own.text("distinct", report)?;
    captures?.find(rule, &text, report)
}

/// The threshold of `count` different values.
fn different(
    count: u32,
    within: Duration,
    of: Arc<str>,
    layers: &Layers,
    report: &mut Report,
) -> Detector {
    if let Some((_, span)) = layers.of("count").number("count", report)
        && !(2..=Detector::MAX_DISTINCT).contains(&count)
    {
        let message = format!(
            "with `distinct`, `count` is from 2 to {}, not {count}",
            Detector::MAX_DISTINCT
        );
        report.error(span, message);
    }
    Detector::Distinct { count, within, of }
}
