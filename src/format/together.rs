//! What is said of many groups together.

use crate::flow::{Alert, Reason};

use super::headline::matches;
use super::words;

/// What a digest says beside the lines.
pub(super) fn summary(alert: &Alert, reason: &Reason) -> String {
    match reason {
        Reason::Storm { max_open, over } => {
            let rate = words::number(*max_open);
            format!("storm, more than {rate} opens a minute: {}{}", amount(alert, ""), ended(*over))
        }
        Reason::StormOver { lasted, groups, over } => {
            let lasted = words::duration(*lasted);
            let groups = alert.crowd.as_ref().map(|_| in_number(*groups));
            let matches = (alert.total > 0).then(|| matches(alert.total));
            let said = [Some(lasted), groups, matches].into_iter().flatten().collect::<Vec<_>>();
            format!("storm over: {}{}", said.join(", "), ended(*over))
        }
        Reason::AfterStorm { over } if alert.samples.is_empty() => {
            format!("after the storm: {} over", verb(*over))
        }
        Reason::AfterStorm { over } => {
            format!("after the storm: {}{}", amount(alert, " more"), ended(*over))
        }
        Reason::GateOpened => {
            let held = alert.held.as_ref().map(words::held_back);
            format!("{}: {}", held.as_deref().unwrap_or("held back"), amount(alert, ""))
        }
        Reason::CaughtUp { down: Some(down) } => {
            let down = words::duration(*down);
            format!("{}, read late: logbell was down for up to {down}", amount(alert, ""))
        }
        Reason::CaughtUp { down: None } => {
            let they = if alert.count == 1 { "it was" } else { "they were" };
            format!("{}, read more than an hour after {they} written", amount(alert, ""))
        }
        Reason::RuleChanged => {
            format!("{}; closed because the rule was changed", amount(alert, " more"))
        }
        _ => format!("{}, told together", amount(alert, "")),
    }
}

/// How many matches there are in how many groups.
fn amount(alert: &Alert, more: &str) -> String {
    let groups = alert.crowd.as_ref().map(|crowd| in_number(crowd.distinct));
    match (alert.count, groups) {
        // Nothing matches where it is that which is told of.
        (0, Some(groups)) => groups,
        (count, groups) => {
            let groups = groups.map(|groups| format!(" in {groups}")).unwrap_or_default();
            format!(
                "{}{more} {}{groups}",
                words::number(count),
                if count == 1 { "match" } else { "matches" }
            )
        }
    }
}

/// That some of the incidents are over.
fn ended(over: u64) -> String {
    if over == 0 { String::new() } else { format!("; {} over by now", verb(over)) }
}

/// `1 is`, `2 are`.
fn verb(n: u64) -> String {
    format!("{} {}", words::number(n), if n == 1 { "is" } else { "are" })
}

/// `1 group`, `2 groups`.
fn in_number(groups: u64) -> String {
    format!("{} {}", words::number(groups), if groups == 1 { "group" } else { "groups" })
}
