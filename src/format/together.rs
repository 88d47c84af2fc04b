//! What is said of many groups together.

use crate::flow::{Alert, Reason};

use super::headline::matches;
use super::{Crowds, words};

/// What a digest says beside the lines, whose groups are `crowds`.
pub(super) fn summary(alert: &Alert, reason: &Reason, crowds: &Crowds) -> String {
    let amount = |more| amount(alert, more, crowds);
    match reason {
        Reason::Storm { max_open, over } => {
            let rate = words::number(*max_open);
            format!("storm, more than {rate} opens a minute: {}{}", amount(""), ended(*over))
        }
        Reason::StormOver { lasted, groups, over } => {
            let lasted = words::duration(*lasted);
            let groups = alert.crowd.as_ref().map(|_| in_number(*groups, crowds));
            let matches = (alert.total > 0).then(|| matches(alert.total));
            let said = [Some(lasted), groups, matches].into_iter().flatten().collect::<Vec<_>>();
            format!("storm over: {}{}", said.join(", "), ended(*over))
        }
        Reason::AfterStorm { over } if alert.samples.is_empty() => {
            format!("after the storm: {} over", verb(*over))
        }
        Reason::AfterStorm { over } => {
            format!("after the storm: {}{}", amount(" more"), ended(*over))
        }
        Reason::GateOpened => {
            let held = alert.held.as_ref().map(words::held_back);
            format!("{}: {}", held.as_deref().unwrap_or("held back"), amount(""))
        }
        Reason::CaughtUp { down: Some(down) } => {
            let down = words::duration(*down);
            format!("{}, read late: logbell was down for up to {down}", amount(""))
        }
        Reason::CaughtUp { down: None } => {
            let they = if alert.count == 1 { "it was" } else { "they were" };
            format!("{}, read more than an hour after {they} written", amount(""))
        }
        Reason::RuleChanged => {
            format!("{}; closed because the rule was changed", amount(" more"))
        }
        _ => format!("{}, told together", amount("")),
    }
}

/// How many matches there are in how many groups.
fn amount(alert: &Alert, more: &str, crowds: &Crowds) -> String {
    let groups = alert.crowd.as_ref().map(|crowd| crowd.distinct);
    let n = words::number(alert.count);
    match (alert.count, groups) {
        // Nothing matches where it is that which is told of.
        (0, Some(groups)) => in_number(groups, crowds),
        // Each came once, as is usual of what is new.
        (count, Some(groups)) if count == groups && *crowds != Crowds::Groups => {
            format!("{n}{more} {}", noun(groups, crowds))
        }
        (count, groups) => {
            let word = if *crowds == Crowds::Groups { "in" } else { "of" };
            let groups = groups.map(|groups| format!(" {word} {}", in_number(groups, crowds)));
            let matches = if count == 1 { "match" } else { "matches" };
            format!("{n}{more} {matches}{}", groups.unwrap_or_default())
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

/// `1 group`, `2 groups`, `3 new users`, `4 groups without a match`.
fn in_number(groups: u64, crowds: &Crowds) -> String {
    format!("{} {}", words::number(groups), noun(groups, crowds))
}

/// What there are so many of.
fn noun(n: u64, crowds: &Crowds) -> String {
    let groups = if n == 1 { "group" } else { "groups" };
    match crowds {
        Crowds::Groups => groups.to_owned(),
        Crowds::Silent => format!("{groups} without a match"),
        Crowds::New(of) if n == 1 => format!("new {of}"),
        // What takes no plain `s` has none.
        Crowds::New(of) => {
            let is_word = of.bytes().all(|byte| byte.is_ascii_lowercase());
            if is_word && !of.ends_with(['s', 'x', 'z', 'y', 'h', 'o']) {
                format!("new {of}s")
            } else {
                format!("new values of “{of}”")
            }
        }
    }
}
