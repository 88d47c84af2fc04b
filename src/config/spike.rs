//! `spike`: how many times as many matches as usual, and what `debounce` means beside it.

use std::time::Duration;

use crate::engine::{Debounce, Detector, Factor};
use crate::format::words;

use super::detector::Detecting;
use super::fields::Fields;
use super::pace;
use super::report::Report;

/// The detector of a rule with `spike`.
pub(super) fn check(
    rule: &Detecting<'_>,
    count: Option<u32>,
    within: Option<Duration>,
    report: &mut Report,
) -> Option<Detector> {
    let factor = factor(&rule.layers.own, report);
    let within = within?;
    let span = rule.layers.of("within").key_span("within");
    if let Some(span) = span.filter(|_| !Detector::SPIKE_WITHIN.contains(&within)) {
        let (least, most) = Detector::SPIKE_WITHIN.into_inner();
        let (least, most) = (words::duration(least), words::duration(most));
        let message = format!("with `spike`, `within` is from {least} to {most}");
        let help = "what is usual is the mean of the 24 times as long before, of a day at most";
        report.error(span, message).help(help);
    }
    Some(Detector::Spike { factor: factor?, count: count?, within })
}

/// How often it is said again of a rule that tells of fewer matches than usual, which no match brings up.
pub(super) fn debounce(fields: &Fields, report: &mut Report) -> Debounce {
    let debounce = pace::debounce(fields, report);
    if debounce.first.is_zero()
        && let Some(span) = fields.key_span("debounce")
    {
        let help = "beside a `spike` below 1 it is the time until it is said again";
        report.error(span, "`debounce` must be longer than zero").help(help);
    }
    debounce
}

/// `spike` itself.
fn factor(own: &Fields, report: &mut Report) -> Option<Factor> {
    let (thousandths, span) = own.thousandths("spike", report)?;
    let factor = u32::try_from(thousandths).ok().and_then(Factor::from_thousandths);
    if factor.is_none() {
        let most = Factor::MAX / 1000;
        let message = format!("`spike` is from 0.001 to {most}, and not 1");
        let help = "`4` is for 4 times as many matches as usual, `0.25` for a quarter of them; \
                    that there are none is told by `absent`";
        report.error(span, message).help(help);
    }
    factor
}
