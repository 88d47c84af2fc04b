//! What the words of `[[test]]` mean.

use std::time::Duration;

use super::{Fake, rule_with};
use crate::config::{Expected, Happening, Input, Secrets, Step, Style, Test};
use crate::flow::AlertKind;

/// The one test with `words` of a rule that is grouped by `ip`.
fn test(words: &str) -> Test {
    let text = rule_with(&format!("group_by = 'ip'\n[[test]]\nrule = 'oom'\n{words}"));
    let loaded = Fake::default().parse(&text, Secrets::Fetch);
    assert_eq!(loaded.diagnostics.render(Style::Plain), "", "{words}");
    loaded.settings.unwrap().tests.remove(0)
}

/// The steps of `lines`, each as when it comes first and last in milliseconds, and what comes.
fn check(lines: &str, expected: &[(u128, u128, &str)]) {
    let Input::Script(steps) = test(&format!("silent = true\nlines = '''\n{lines}'''")).input
    else {
        panic!("a script");
    };
    let told = |step: &Step| {
        let what = match &step.what {
            Happening::Line(text) => text.to_string(),
            Happening::Restart => "@restart".to_owned(),
            Happening::ClockForward(by) => format!("@+{}", by.as_millis()),
            Happening::ClockBack(by) => format!("@-{}", by.as_millis()),
        };
        (step.at.as_millis(), step.last().as_millis(), what)
    };
    let told: Vec<_> = steps.iter().map(told).collect();
    let told: Vec<_> = told.iter().map(|(at, last, what)| (*at, *last, &**what)).collect();
    assert_eq!(told, expected, "{lines}");
}

#[test]
fn lines_come_once_or_several_times_and_are_taken_as_they_are() {
    check("0s | a", &[(0, 0, "a")]);
    check("1m30s x3/500ms   | a | b ", &[(90_000, 91_000, "a | b ")]);
    check("5s|  at Foo\n\n# no line\n1s |", &[(5_000, 5_000, " at Foo"), (1_000, 1_000, "")]);
    check("0s | mail to a@b @restart", &[(0, 0, "mail to a@b @restart")]);
    check("0s x2/0s | # text", &[(0, 0, "# text")]);
}

#[test]
fn an_event_happens_when_it_says_or_with_the_line_before_it() {
    check("0s x3/1m | a\n@restart", &[(0, 120_000, "a"), (120_000, 120_000, "@restart")]);
    check("@restart", &[(0, 0, "@restart")]);
    check(
        "  5m @clock +1h30m\n@clock -1s",
        &[(300_000, 300_000, "@+5400000"), (300_000, 300_000, "@-1000")],
    );
}

#[test]
fn what_is_expected_is_as_much_as_is_written() {
    let of = |words: &str| test(&format!("lines = '1m | a'\n{words}"));
    assert_eq!(of("silent = true").expected, Some(Vec::new()));
    let own =
        of("until = '2h'\nexpect = [{ kind = 'open', at = '1h', count = 2, ip = '::1' }, {}]");
    assert_eq!(own.until, Some(Duration::from_hours(2)));
    let first = Expected {
        at: Some(Duration::from_hours(1)),
        kind: Some(AlertKind::Open),
        count: Some(2),
        group: vec![("ip".into(), "::1".into())],
    };
    assert_eq!(own.expected, Some(vec![first, Expected::default()]));
}

#[test]
fn an_old_log_is_looked_for_beside_the_configuration() {
    let input = test("file = 'logs/oom.log'\nsilent = true").input;
    assert_eq!(input, Input::File("/etc/logbell/logs/oom.log".into()));
}

#[test]
fn a_test_knows_its_place() {
    let own = test("file = 'x'\nsilent = true");
    assert_eq!((own.place, own.line, own.rule.0), (0, 8, 0));
}
