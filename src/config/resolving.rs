//! `resolve_after`, `resolve_on`: when an incident is over.

use std::time::Duration;

use crate::engine::{Detector, GroupWord};
use crate::matcher::Pattern;

use super::fields::short;
use super::layers::Layers;
use super::matching::{self, Captures};
use super::pace;
use super::report::Report;

/// An incident that only a line is to end is over after so long without a match: its line may never
/// come.
const AT_LAST: Duration = Duration::from_hours(24);

/// When an incident of a rule is over.
pub(super) struct Resolving {
    /// `resolve_after`.
    pub(super) after: Option<Duration>,
    /// `resolve_on`.
    pub(super) on: Vec<Pattern>,
}

/// `resolve_after` and `resolve_on` of a rule with `detector`.
pub(super) fn check(layers: &Layers, detector: &Detector, report: &mut Report) -> Resolving {
    let after = pace::span_of_time("resolve_after", layers.of("resolve_after"), report);
    let on = matching::patterns("resolve_on", &layers.own, report).unwrap_or_default();
    if matches!(detector, Detector::Absent { .. }) {
        return Resolving { after: None, on: Vec::new() };
    }
    Resolving { after: after.or_else(|| (!on.is_empty()).then_some(AT_LAST)), on }
}

/// Reports what a line that matches `resolving` lacks of the rule's `group_by`, and so can end no
/// incident.
pub(super) fn check_groups(
    resolving: &[Pattern],
    captures: &Captures,
    group_by: &[GroupWord],
    layers: &Layers,
    report: &mut Report,
) {
    let Some(span) = layers.own.key_span("resolve_on").filter(|_| !resolving.is_empty()) else {
        return;
    };
    for word in group_by {
        let name = match word {
            // A field is taken out of every event.
            GroupWord::Capture(name) if captures.has(name) => name,
            GroupWord::Pattern => {
                let message = "`resolve_on` needs another `group_by` than `pattern`";
                let help = "a line that matches `resolve_on` has a pattern of its own";
                report.error(span.clone(), message).help(help);
                continue;
            }
            _ => continue,
        };
        let has = |pattern: &&Pattern| pattern.names().iter().any(|(_, own)| own == name);
        let lacking = resolving.iter().find(|pattern| !has(pattern));
        let Some(lacking) = lacking else { continue };
        if resolving.iter().any(|pattern| has(&pattern)) {
            let message = format!("`{name}` is not captured by every pattern of `resolve_on`");
            let lacking = short(lacking.as_str());
            let help = format!("lines that match `{lacking}` end no incident that has a `{name}`");
            report.warning(span.clone(), message).help(help);
        } else {
            let message =
                format!("`resolve_on` does not capture `{name}`, by which the rule groups");
            let help =
                format!("a line ends the incident of its own group: write `(?P<{name}>…)` in it");
            report.error(span.clone(), message).help(help);
        }
    }
}
