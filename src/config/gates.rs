//! `hours`, `inhibited_by`, `wait`, `escalate`: when what a rule has to say may be told, and to whom else.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Escalation, GateSettings};
use crate::flow::Severity;
use crate::format::FormatSettings;

use super::fields::{Fields, Text, short};
use super::layers::Layers;
use super::report::Report;
use super::webhook::Webhooks;
use super::words::{Table, nearest};
use super::{hours, pace};

/// How long an open waits where an incident may hold it back.
const WAIT: Duration = Duration::from_secs(5);

/// The rules that one rule names in its `inhibited_by`.
pub(super) struct Inhibited {
    rule: Arc<str>,
    by: Vec<(Arc<str>, Range<usize>)>,
}

/// Checks what can be checked of `[defaults]` without a rule.
pub(super) fn check_defaults(fields: &Fields, webhooks: &mut Webhooks, report: &mut Report) {
    hours::hours(fields, report);
    pace::any_span_of_time("wait", fields, report);
    fields.texts("inhibited_by", report);
    escalate(fields, webhooks, report);
}

/// What the gates need to know of a rule whose messages are as `format` says.
pub(super) fn gates(
    layers: &Layers,
    format: &FormatSettings,
    webhooks: &mut Webhooks,
    inhibited: &mut Vec<Inhibited>,
    report: &mut Report,
) -> GateSettings {
    let hours = hours::hours(layers.of("hours"), report);
    if let (Severity::Critical, Some(span)) = (format.severity, layers.own.key_span("hours")) {
        let message = "what is `critical` is told at all hours";
        report.warning(span, message).help("leave out `hours`, or lower the rule's `severity`");
    }
    let by = inhibited_by(&format.name, layers, report);
    let names: Vec<_> = by.iter().map(|(name, _)| Arc::clone(name)).collect();
    inhibited.push(Inhibited { rule: Arc::clone(&format.name), by });
    let wait = pace::any_span_of_time("wait", layers.of("wait"), report);
    let usual = if names.is_empty() { Duration::ZERO } else { WAIT };
    let escalate = escalate(layers.of("escalate"), webhooks, report).and_then(|(own, span)| {
        let boss = [own.webhook.clone()];
        let (severity, rule) = (format.severity, short(&format.name));
        let taking = webhooks.that_take(severity, &boss, &rule, Some(span), report);
        (!taking.is_empty()).then_some(own)
    });
    let own = format.webhooks.iter().map(|name| (name.clone(), webhooks.hours_of(name)));
    GateSettings {
        severity: format.severity,
        source: Arc::default(),
        labels: format.labels.clone(),
        hours,
        inhibited_by: names,
        wait: wait.unwrap_or(usual),
        escalate,
        webhooks: own.collect(),
    }
}

/// The rules in `inhibited_by`. Where `[defaults]` names a rule, it is not meant to hold back itself.
fn inhibited_by(rule: &str, layers: &Layers, report: &mut Report) -> Vec<(Arc<str>, Range<usize>)> {
    let is_own = layers.own.has("inhibited_by");
    let texts = layers.of("inhibited_by").texts("inhibited_by", report).unwrap_or_default();
    let texts = texts.into_iter().filter(|text| is_own || text.value != rule);
    let mut by: Vec<(Arc<str>, Range<usize>)> = Vec::new();
    for Text { value, span } in texts {
        if by.iter().any(|(name, _)| **name == *value) {
            report.warning(span, format!("`{}` is named twice", short(value)));
        } else {
            by.push((value.into(), span));
        }
    }
    by
}

/// `escalate`, with where its webhook stands.
fn escalate(
    fields: &Fields,
    webhooks: &mut Webhooks,
    report: &mut Report,
) -> Option<(Escalation, Range<usize>)> {
    let fields = fields.table("escalate", Table::Escalate, report)?;
    for (word, example) in [("after", "\"30m\""), ("webhook", "\"boss\"")] {
        if fields.lacks(word) {
            let finding = report.error(fields.span.clone(), format!("`escalate` needs `{word}`"));
            finding.help(format!("add for example `{word} = {example}`"));
        }
    }
    let after = pace::span_of_time("after", &fields, report);
    let text = fields.text("webhook", report)?;
    let webhook = webhooks.find(&text, report)?;
    let hours = webhooks.hours_of(&webhook);
    Some((Escalation { after: after?, webhook, hours }, text.span))
}

/// Checks that `inhibited_by` names rules that there are, and that no rule holds back itself, be it by
/// way of others: nobody would ever be told.
pub(super) fn check_inhibited(inhibited: &[Inhibited], report: &mut Report) {
    for Inhibited { rule, by } in inhibited {
        for (name, span) in by {
            if !inhibited.iter().any(|other| other.rule == *name) {
                unknown(name, span, inhibited, report);
            } else if let Some(way) = way(name, rule, inhibited) {
                let message = "rules that hold back each other would never be told".to_owned();
                let names = way.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                let help = if name == rule {
                    "leave it out: no rule holds back itself".to_owned()
                } else {
                    format!("leave out one of these: {} → `{rule}`", names.join(" → "))
                };
                report.error(span.clone(), message).help(help);
            }
        }
    }
}

fn unknown(name: &str, span: &Range<usize>, inhibited: &[Inhibited], report: &mut Report) {
    let finding = report.error(span.clone(), format!("there is no rule `{}`", short(name)));
    if let Some(meant) = nearest(name, inhibited.iter().map(|own| &*own.rule)) {
        finding.help(format!("did you mean `{meant}`?"));
    }
}

/// The rules on the way from `from`, by what each is held back by, to `to`.
fn way(from: &Arc<str>, to: &Arc<str>, inhibited: &[Inhibited]) -> Option<Vec<Arc<str>>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![Arc::clone(from)]];
    while let Some(way) = ways.pop() {
        let last = way.last()?;
        if last == to {
            return Some(if way.len() > 1 { way[..way.len() - 1].to_vec() } else { way });
        }
        if !seen.insert(Arc::clone(last)) {
            continue;
        }
        let next = inhibited.iter().find(|own| own.rule == *last);
        let next = next.into_iter().flat_map(|own| own.by.iter().map(|(name, _)| name));
        ways.extend(next.map(|name| {
            let mut longer = way.clone();
            longer.push(Arc::clone(name));
            longer
        }));
    }
    None
}
