//! How tests went, for programs.

use serde_json::{Map, Value, json};

use crate::config::{Expected, show_duration};
use crate::pipeline::Said;

use super::outcome::{Played, Suite, Sums, Trouble};

/// One test.
pub(super) fn test(played: &Played<'_>) -> Value {
    let rehearsed = played.result.as_ref().ok();
    let expected = played.test.expected.as_ref();
    json!({
        "file": &*played.test.file,
        "line": played.test.line,
        "rule": played.rule,
        "outcome": played.verdict().as_str(),
        "lines": rehearsed.and_then(|own| own.n_lines),
        "matched": rehearsed.map(|own| own.n_matched),
        "expected": expected.map(|all| all.iter().map(wanted).collect::<Vec<_>>()),
        "got": rehearsed.map(|own| own.said.iter().map(said).collect::<Vec<_>>()),
        "error": played.error(),
    })
}

/// The sums over all.
pub(super) fn sums(sums: &Sums, suites: &[Suite<'_>]) -> Value {
    let untested = suites.iter().flat_map(|suite| {
        suite.untested.iter().map(|rule| json!({ "file": suite.name, "rule": rule }))
    });
    let wrong = suites.iter().filter_map(|suite| {
        let why = match suite.trouble.as_ref()? {
            Trouble::Wrong => "the configuration is wrong",
            Trouble::Unreadable(error) => error,
        };
        Some(json!({ "file": suite.name, "error": why }))
    });
    json!({
        "tests": sums.n_tests(),
        "passed": sums.passed,
        "accepted": sums.accepted,
        "failed": sums.failed,
        "errors": sums.errors,
        "untested": untested.collect::<Vec<_>>(),
        "unusable": wrong.collect::<Vec<_>>(),
    })
}

fn said(said: &Said) -> Value {
    json!({
        "at": show_duration(said.at),
        "kind": said.kind.as_str(),
        "count": said.count,
        "group": said.group.to_json(),
    })
}

/// What is left out may be anything.
fn wanted(expected: &Expected) -> Value {
    let Expected { at, kind, count, group } = expected;
    let mut words = Map::new();
    words.extend(at.map(|at| ("at".to_owned(), show_duration(at).into())));
    words.extend(kind.map(|kind| ("kind".to_owned(), kind.as_str().into())));
    words.extend(count.map(|count| ("count".to_owned(), count.into())));
    let group: Map<_, _> =
        group.iter().map(|(name, value)| (name.to_string(), (&**value).into())).collect();
    words.insert("group".to_owned(), group.into());
    words.into()
}
