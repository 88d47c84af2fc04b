//! What becomes of a line, for programs.

use serde_json::{Value, json};

use crate::engine::{ClosedGate, GroupView, Progress};
use crate::flow::{Dated, Gate, Message, TimeOrigin, Timestamp};
use crate::matcher::{Asked, Pattern, Tried};
use crate::pipeline::{Explained, Outcome, RuleExplained};

use super::super::time;
use super::Question;
use super::verdict::{self, Verdict};

/// What each rule makes of an event.
pub(super) fn event(event: &Explained, question: &Question<'_>) -> Value {
    let rules: Vec<_> = event.rules.iter().map(|own| rule(own, event, question)).collect();
    let dated = &event.dated;
    json!({
        "line": String::from_utf8_lossy(&event.text),
        "time": time::exact(dated.time),
        "time_from": origin(dated),
        "written": dated.written.map(time::exact),
        "meanwhile": event.meanwhile.iter().map(message).collect::<Vec<_>>(),
        "rules": rules,
    })
}

fn rule(own: &RuleExplained, event: &Explained, question: &Question<'_>) -> Value {
    let settings = &question.settings.rules[own.rule.0 as usize];
    let patterns = &settings.matching;
    let examined = &own.examined;
    let all = |tried: &[Tried], patterns: &[Pattern]| -> Vec<Value> {
        tried.iter().zip(patterns).map(|(tried, own)| pattern(tried, own, &event.text)).collect()
    };
    let mut said = json!({
        "rule": &*settings.engine.name,
        "verdict": Verdict::of(own).as_str(),
        "match": all(&examined.any, &patterns.any),
        "also": all(&examined.also, &patterns.also),
        "where": examined.when.iter().map(asked).collect::<Vec<_>>(),
        "not": all(&examined.none, &patterns.none),
        "unless": all(&examined.ends, &patterns.ends),
    });
    said["resolve_on"] = all(&examined.resolving, &patterns.resolving).into();
    if let Some(Outcome { group, before, after, dated, gates, message: told }) = &own.outcome {
        said["time"] = time::exact(dated.time).into();
        said["time_from"] = origin(dated).into();
        said["gates"] = gates.iter().map(|own| gate(own, question)).collect();
        said["group"] = group.to_json();
        said["before"] = view(before);
        said["after"] = view(after);
        said["message"] = told.as_ref().map_or(Value::Null, message);
        let told_of = question.told_of(own.rule, group, dated.written.unwrap_or(dated.time));
        said["told_of"] = told_of.iter().map(super::super::history::to_json).collect();
    }
    said
}

/// Where an event time comes from, in a word.
const fn origin(dated: &Dated) -> &'static str {
    match dated.origin {
        TimeOrigin::Stamp => "line",
        TimeOrigin::NoStamp => "arrival",
        TimeOrigin::Future => "future",
        TimeOrigin::Late => "late",
        TimeOrigin::Configured => "configured",
    }
}

fn gate(closed: &ClosedGate, question: &Question<'_>) -> Value {
    json!({
        "gate": match closed.gate {
            Gate::Mute(_) => "mute",
            Gate::Hours => "hours",
            Gate::Inhibited { .. } => "inhibited_by",
            Gate::WebhookHours(_) => "webhook_hours",
            Gate::Wait => "wait",
        },
        "until": closed.until.map(time::exact),
        "held": closed.held,
        "said": verdict::gate(closed, &question.mutes),
    })
}

fn asked(asked: &Asked) -> Value {
    json!({
        "field": &*asked.name,
        "wanted": asked.wanted,
        "value": asked.value.as_ref().map(|value| String::from_utf8_lossy(value)),
        "met": asked.is_met,
    })
}

/// Spans are in bytes of the line.
fn pattern(tried: &Tried, pattern: &Pattern, text: &[u8]) -> Value {
    match tried {
        Tried::Matches { span, captures } => {
            let captures = captures.iter().map(|(name, span)| {
                let value = String::from_utf8_lossy(&text[span.clone()]);
                json!({ "name": &**name, "value": value, "span": [span.start, span.end] })
            });
            json!({
                "pattern": pattern.as_str(),
                "matches": true,
                "span": [span.start, span.end],
                "captures": captures.collect::<Vec<_>>(),
            })
        }
        Tried::Fails { n_pattern, span } => json!({
            "pattern": pattern.as_str(),
            "matches": false,
            "beginning": &pattern.as_str()[..*n_pattern],
            "span": [span.start, span.end],
        }),
    }
}

fn view(view: &GroupView) -> Value {
    let at =
        |at: Timestamp| if at == Timestamp::MAX { Value::Null } else { time::exact(at).into() };
    let incident = view.incident.as_ref().map(|incident| {
        json!({
            "opened": at(incident.opened),
            "told": at(incident.told),
            "held": incident.held,
            "total": incident.total,
            "until": at(incident.until),
        })
    });
    let progress = match &view.progress {
        Progress::Matches { n, count, .. } | Progress::Values { n, count, .. } => {
            json!({ "n": n, "of": count })
        }
        Progress::Known { n } => json!({ "n": n }),
        Progress::Begun { n, due } => json!({ "n": n, "due": due.map(at) }),
        Progress::Awaited { seen, due } => json!({ "seen": seen.map(at), "due": due.map(at) }),
        Progress::Compared { n, usual, .. } => json!({ "n": n, "usual_thousandths": usual }),
        Progress::Each => Value::Null,
    };
    json!({ "incident": incident, "progress": progress, "folded": view.is_folded, "said": verdict::state(view) })
}

fn message(message: &Message) -> Value {
    let grounds = message.grounds.as_ref();
    json!({
        "rule": &*message.rule,
        "group": message.group.to_json(),
        "kind": message.kind.as_str(),
        "count": message.count,
        "webhook": message.webhook.to_string(),
        "title": grounds.map(|own| own.title.to_string()),
        "summary": grounds.map(|own| own.summary.to_string()),
    })
}
