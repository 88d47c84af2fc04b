//! The sums of a replay, by rule.

use serde_json::{Value, json};

use crate::flow::{Message, Timestamp};
use crate::format::words::{bytes, number};
use crate::pipeline::{Replayed, RuleTally};

use super::super::table::Table;
use super::super::time;

/// A message for programs.
pub(super) fn message_json(message: &Message, at: Timestamp) -> Value {
    json!({
        "id": message.id.to_string(),
        // A notice is of no rule.
        "rule": Some(&*message.rule).filter(|rule| !rule.is_empty()),
        "group": message.group.to_json(),
        "kind": message.kind.as_str(),
        "count": message.count,
        "at": time::exact(at),
        "webhook": message.webhook.to_string(),
    })
}

/// A rule's sums for programs.
pub(super) fn rule_json(rule: &RuleTally) -> Value {
    let worst = rule.worst_hour;
    json!({
        "name": &*rule.name,
        "matched": rule.matched,
        "groups": rule.groups,
        "messages": rule.messages,
        "suppressed": rule.suppressed,
        "tried_in_part": rule.in_part,
        "worst_hour": worst.map(|(at, n)| json!({ "at": time::exact(at), "matched": n })),
        "first": rule.span.map(|(first, _)| time::exact(first)),
        "last": rule.span.map(|(_, last)| time::exact(last)),
    })
}

/// The sums for people.
pub(super) fn table(replayed: &Replayed) -> String {
    let headings =
        ["RULE", "MATCHED", "GROUPS", "MESSAGES", "SUPPRESSED", "WORST HOUR", "FIRST", "LAST"];
    let mut table = Table::new(&headings);
    for rule in &replayed.rules {
        let (first, last) = rule.span.unzip();
        let at = |at: Option<Timestamp>| at.map_or_else(String::new, time::local);
        let worst = rule.worst_hour.map(|(at, n)| format!("{} ({})", time::minute(at), number(n)));
        table.row([
            rule.name.to_string(),
            number(rule.matched),
            number(rule.groups),
            number(rule.messages),
            number(rule.suppressed),
            worst.unwrap_or_default(),
            at(first),
            at(last),
        ]);
    }
    let cut = match replayed.n_cut {
        0 => String::new(),
        n_cut => format!("; {} of lines that were too long are left out", bytes(n_cut)),
    };
    let in_part: String = replayed.rules.iter().filter_map(in_part).collect();
    format!("{}\n{in_part}{} read{cut}\n", table.render("no rules"), bytes(replayed.n_bytes))
}

/// Of lines that a rule may match although it is not said.
fn in_part(rule: &RuleTally) -> Option<String> {
    let n_lines = Some(rule.in_part).filter(|n| *n > 0)?;
    let lines = if n_lines == 1 {
        "1 line that is".into()
    } else {
        format!("{} lines that are", number(n_lines))
    };
    Some(format!(
        "{} was tried on a part only of {lines} too long for a pattern of it\n",
        rule.name
    ))
}
