//! `expect` and `silent`: the messages that are to come, and no others.

use std::time::Duration;

use crate::engine::GroupWord;
use crate::flow::AlertKind;

use super::super::duration;
use super::super::fields::{Fields, Text, short};
use super::super::report::Report;
use super::super::words::nearest;
use super::Expected;

/// The kinds of messages that a rule sends.
const KINDS: [AlertKind; 5] = [
    AlertKind::Open,
    AlertKind::Summary,
    AlertKind::Reminder,
    AlertKind::Resolved,
    AlertKind::Digest,
];
/// The words that do not come from `group_by`.
const WORDS: [&str; 3] = ["at", "kind", "count"];

/// Something is wrong, and reported.
pub(super) struct Reported;

/// What a test expects; `None` where it does not say. `group_by` are the rule's words, if they are
/// known, and `end` is when the test ends.
pub(super) fn expected(
    own: &Fields,
    group_by: Option<&[GroupWord]>,
    end: Option<Duration>,
    report: &mut Report,
) -> Result<Option<Vec<Expected>>, Reported> {
    let silent = silent(own, report)?;
    let tables = own.tables_of_any_words("expect", report);
    let Some(tables) = tables else {
        if own.has("expect") {
            return Err(Reported);
        }
        if !silent && own.lacks("expect") && own.lacks("silent") {
            let message = "this test expects nothing yet, and so fails";
            let help = "`logbell test --accept` writes what is told; or write `silent = true`";
            report.warning(own.span.clone(), message).help(help);
        }
        return Ok(silent.then(Vec::new));
    };
    if let (true, Some(expect)) = (silent, own.key_span("expect")) {
        let finding = report.error(expect, "a test has either `expect` or `silent`, not both");
        finding.help("leave out one of them");
        return Err(Reported);
    }
    if tables.is_empty() {
        let span = own.key_span("expect").unwrap_or_else(|| own.span.clone());
        report.error(span, "`expect` is an empty list").help("write `silent = true`");
        return Err(Reported);
    }
    let n_tables = tables.len();
    let one = |fields: &Fields| message(fields, group_by, end, report);
    let expected: Vec<_> = tables.iter().flatten().filter_map(one).collect();
    if expected.len() == n_tables { Ok(Some(expected)) } else { Err(Reported) }
}

/// Whether there is `silent = true`.
fn silent(own: &Fields, report: &mut Report) -> Result<bool, Reported> {
    if !own.has("silent") {
        return Ok(false);
    }
    if let Some((true, _)) = own.truth("silent") {
        return Ok(true);
    }
    let span = own.key_span("silent").unwrap_or_else(|| own.span.clone());
    let finding = report.error(span, "`silent` can only be `true`");
    finding.help("write `expect = […]` for a test in which something is told");
    Err(Reported)
}

/// One message of `expect`.
fn message(
    fields: &Fields,
    group_by: Option<&[GroupWord]>,
    end: Option<Duration>,
    report: &mut Report,
) -> Option<Expected> {
    let mut expected = Expected::default();
    let mut is_right = true;
    for word in fields.words() {
        let has = match word.value {
            "at" => at(fields, end, report).map(|at| expected.at = Some(at)),
            "kind" => kind(fields, report).map(|kind| expected.kind = Some(kind)),
            "count" => {
                fields.number("count", report).map(|(count, _)| expected.count = Some(count))
            }
            _ => group_word(&word, group_by, report)
                .then(|| fields.text(word.value, report))
                .flatten()
                .map(|text| expected.group.push((word.value.into(), text.value.into()))),
        };
        is_right &= has.is_some();
    }
    is_right.then_some(expected)
}

/// `at`, which is not after the end of the test.
fn at(fields: &Fields, end: Option<Duration>, report: &mut Report) -> Option<Duration> {
    let text = fields.text("at", report)?;
    match duration::parse(text.value) {
        Ok(at) => {
            if let Some(end) = end.filter(|end| *end < at) {
                let message = format!("the test ends before, at {}", duration::show(end));
                let help = format!("add `until = \"{}\"`", short(text.value));
                report.error(text.span, message).help(help);
                return None;
            }
            Some(at)
        }
        Err(error) => {
            let span = report.part(&text.span, text.value, &error.span);
            report.error(span, format!("`at`: {}", error.message));
            None
        }
    }
}

fn kind(fields: &Fields, report: &mut Report) -> Option<AlertKind> {
    let text = fields.text("kind", report)?;
    let kind = KINDS.into_iter().find(|kind| kind.as_str() == text.value);
    if kind.is_none() {
        let message = format!("unknown kind `{}`", short(text.value));
        let help = match nearest(text.value, KINDS.map(AlertKind::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "there are `open`, `summary`, `reminder`, `resolved` and `digest`".to_owned(),
        };
        report.error(text.span, message).help(help);
    }
    kind
}

/// Whether `word` sets groups of the rule apart. What is not known is not told of.
fn group_word(word: &Text, group_by: Option<&[GroupWord]>, report: &mut Report) -> bool {
    let Some(group_by) = group_by else { return true };
    let own = || group_by.iter().map(GroupWord::as_str);
    if own().any(|known| known == word.value) {
        return true;
    }
    let message = format!("`{}` is no word of a message of this rule", short(word.value));
    let help = nearest(word.value, WORDS.into_iter().chain(own())).map_or_else(
        || {
            let own: Vec<_> = own().map(|word| format!("`{word}`")).collect();
            let own = match &own[..] {
                [] => "the rule has no `group_by`".to_owned(),
                own => format!("the words of its `group_by`: {}", own.join(", ")),
            };
            format!("there are `at`, `kind`, `count`, and {own}")
        },
        |near| format!("did you mean `{near}`?"),
    );
    report.error(word.span.clone(), message).help(help);
    false
}
