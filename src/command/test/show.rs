//! How tests went, for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::config::show_duration;
use crate::flow::AlertKind;
use crate::format::clean;
use crate::format::words::number;
use crate::pipeline::Rehearsed;

use super::super::check::counted;
use super::compare::Moment;
use super::outcome::{Played, Suite, Sums, Verdict};

/// The most messages of a test that are shown.
const MAX_SHOWN: usize = 200;

/// `ok rule file:line`, or what went wrong.
pub(super) fn test(played: &Played<'_>) -> String {
    let word = match played.verdict() {
        Verdict::Passed => "ok      ",
        Verdict::Accepted => "accepted",
        Verdict::Failed => "FAILED  ",
        Verdict::Error => "ERROR   ",
    };
    let place = format!("{}:{}", clean(played.test.file.as_bytes()), played.test.line);
    let mut text = format!("{word} {}  {place}\n", played.rule);
    if matches!(played.verdict(), Verdict::Failed | Verdict::Error) {
        text.push_str(&indented(&trouble(played)));
    }
    text
}

/// What went wrong: the time line of what was expected and what came.
pub(super) fn trouble(played: &Played<'_>) -> String {
    let Ok(rehearsed) = &played.result else {
        return format!("{}\n", played.error().unwrap_or_default());
    };
    let mut text = match rehearsed.n_lines {
        Some(n_lines) => {
            format!("{} of {} matched", number(rehearsed.n_matched), lines(n_lines))
        }
        None => format!("{} matched", lines(rehearsed.n_matched)),
    };
    if played.test.expected.is_none() {
        text.push_str("; the test expects nothing yet");
    }
    if rehearsed.is_cut {
        let n_said = number(Rehearsed::MAX_SAID as u64);
        let _ = write!(text, "; broken off after {n_said} messages");
    }
    text.push('\n');
    let moments = played.moments();
    if moments.is_empty() {
        text.push_str("nothing was told\n");
        return text;
    }
    let rows: Vec<_> = moments.iter().take(MAX_SHOWN).map(row).collect();
    let at_width = rows.iter().map(|row| row[0].width()).max().unwrap_or(0);
    let unlike = rows.iter().filter(|row| !row[2].is_empty());
    let what_width = unlike.map(|row| row[1].width()).max().unwrap_or(0);
    for [at, what, verdict] in rows {
        let fill = " ".repeat(what_width.saturating_sub(what.width()));
        let line = format!("{at:>at_width$}  {what}{fill}  {verdict}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if moments.len() > MAX_SHOWN {
        let _ = writeln!(text, "and {} more", number((moments.len() - MAX_SHOWN) as u64));
    }
    text
}

/// When, what, and whether that was expected.
fn row(moment: &Moment<'_>) -> [String; 3] {
    match moment {
        Moment::AsExpected(said) | Moment::Extra(said) => {
            let group = said.group.iter();
            let what = what(Some(said.kind.as_str()), Some(said.count), group);
            match moment {
                Moment::Extra(_) => {
                    [show_duration(said.at), format!("+ {what}"), "came, was not expected".into()]
                }
                _ => [show_duration(said.at), format!("  {what}"), String::new()],
            }
        }
        Moment::Missing(expected) => {
            let group = expected.group.iter().map(|(name, value)| (&**name, &**value));
            let what = what(expected.kind.map(AlertKind::as_str), expected.count, group);
            let at = expected.at.map_or_else(|| "?".to_owned(), show_duration);
            [at, format!("- {what}"), "expected, did not come".into()]
        }
    }
}

/// `open of 10, ip=203.0.113.9`.
fn what<'a>(
    kind: Option<&str>,
    count: Option<u64>,
    group: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut text = kind.unwrap_or("message").to_owned();
    if let Some(count) = count.filter(|count| *count > 0) {
        let _ = write!(text, " of {}", number(count));
    }
    for (name, value) in group {
        let _ = write!(text, ", {name}={}", clean(value.as_bytes()));
    }
    text
}

/// `3 tests: 2 passed, 1 failed`, and which rules have none.
pub(super) fn sums(sums: &Sums, suites: &[Suite<'_>]) -> String {
    let mut parts = Vec::new();
    for (n, what) in [
        (sums.passed, "passed"),
        (sums.accepted, "accepted"),
        (sums.failed, "failed"),
        (sums.errors, "not tried"),
    ] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    let mut text = match sums.n_tests() {
        0 => "no tests".to_owned(),
        n => format!("{}: {}", counted(n, "test"), parts.join(", ")),
    };
    let n_unusable = sums.wrong + sums.unreadable;
    if n_unusable > 0 {
        let _ = write!(text, "; {} could not be used", counted(n_unusable, "configuration"));
    }
    text.push('\n');
    for suite in suites.iter().filter(|suite| !suite.untested.is_empty()) {
        let name = clean(suite.name.as_bytes());
        let _ = writeln!(text, "without a test in {name}: {}", suite.untested.join(", "));
    }
    text
}

fn lines(n: u64) -> String {
    format!("{} line{}", number(n), if n == 1 { "" } else { "s" })
}

fn indented(text: &str) -> String {
    let mut indented = String::with_capacity(2 * text.len());
    for line in text.lines() {
        let _ = writeln!(indented, "        {line}");
    }
    indented
}
