//! What the words of `[[test]]` mean.

use std::time::Duration;

use super::{Fake, rule_with};
use crate::config::{Expected, Happening, Input, Secrets, Step, Style, Test};
use crate::flow::{AlertKind, MuteOrder, Which};

/// The one test with `words` of a rule that is grouped by `ip`.
fn test(words: &str) -> Test {
    let text = rule_with(&format!("group_by = 'ip'\n[[test]]\nrule = 'oom'\n{words}"));
    let loaded = Fake::default().parse(&text, Secrets::Fetch);
    assert_eq!(loaded.diagnostics.render(Style::Plain), "", "{words}");
    loaded.settings.unwrap().tests.remove(0)
}

/// The steps of `lines`, each as when it comes first and last in milliseconds, and what comes.
fn check(lines: &str, expected: &[(u128, u128, &str)]) {
    let Input::Script(steps) = test(&format!("silent = true\nlines = '''\n{lines}\n'''")).input
    else {
        panic!("a script");
    };
    let told = |step: &Step| {
        let what = match &step.what {
            Happening::Line(text) => text.to_string(),
            Happening::Restart => "@restart".to_owned(),
            Happening::Reload(other) => format!("@reload {}", other.path.display()),
            Happening::Mute(own) => {
                let MuteOrder { selector, lasts, until_resolved, why, .. } = own;
                format!("@mute {selector} {} {until_resolved} {why}", lasts.as_secs())
            }
            Happening::Unmute(Which::Selector(selector)) => format!("@unmute {selector}"),
            Happening::Unmute(which) => format!("@unmute {which:?}"),
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
fn a_mute_is_written_as_on_the_command_line_and_as_in_a_message() {
    check(
        "@mute rule=oom ip=10.* --why 'it is known' --for 2h --until-resolved\n1h @unmute --all\n\
         @unmute 2\n@unmute rule=oom  ip=10.*",
        &[
            (0, 0, "@mute rule=oom ip=10.* 7200 true it is known"),
            (3_600_000, 3_600_000, "@unmute All"),
            (3_600_000, 3_600_000, "@unmute Id(MuteId(2))"),
            (3_600_000, 3_600_000, "@unmute rule=oom ip=10.*"),
        ],
    );
    check("@mute rule=oom", &[(0, 0, "@mute rule=oom 3600 false ")]);
    let own = r#"@mute 'rule=oom ip="a b" q=it'\''s q=\*' --why="no event" --for=90s"#;
    check(own, &[(0, 0, r#"@mute rule=oom ip="a b" q=it's q=\* 90 false no event"#)]);
    check(r#"@mute ip="a b""#, &[(0, 0, r#"@mute ip="a b" 3600 false "#)]);
}

/// Of a configuration with tests, another that is beside it.
fn check_other(other: &str, expected: &str) {
    let fake = Fake::default().with_file("/etc/logbell/rules.d/other.toml", other, true);
    let lines = "0s | a\n1m @reload rules.d/other.toml";
    let test = format!("[[test]]\nrule = 'oom'\nsilent = true\nlines = \"\"\"\n{lines}\n\"\"\"");
    let loaded = fake.parse(&rule_with(&test), Secrets::Fetch);
    assert_eq!(loaded.diagnostics.render(Style::Plain), expected);
    let is_there = loaded.settings.is_some_and(|settings| {
        let Input::Script(steps) = &settings.tests[0].input else { panic!("a script") };
        matches!(&steps[1].what, Happening::Reload(own) if own.settings.rules.len() == 1)
    });
    assert_eq!(is_there, expected.is_empty());
}

#[test]
fn another_configuration_is_read_where_it_lies_and_what_is_wrong_with_it_is_said() {
    // Its own tests are not: they may well go on with this one.
    let own = "[[test]]\nrule = 'oom'\nlines = '@reload ../logbell.toml'\nsilent = true";
    check_other(&rule_with(own), "");
    let said = |what: &str| {
        format!(
            "error: {what}\n  --> logbell.toml:12:12\n12 | 1m @reload rules.d/other.toml\n   |            \
             ^^^^^^^^^^^^^^^^^^\nhelp: `logbell check rules.d/other.toml` shows it\n"
        )
    };
    let what = "`rules.d/other.toml` is wrong on line 7: unknown key `wihtin` (and 1 more)";
    check_other(&rule_with("wihtin = '5m'\ncolour = 1"), &said(what));
    let what = "`rules.d/other.toml` is wrong: there is no rule, so nothing would ever be told";
    check_other("listen = 'off'", &said(what));
}

#[test]
fn words_of_a_message_are_those_under_any_configuration() {
    let other = rule_with("group_by = 'proc'");
    let fake = Fake::default().with_file("/etc/logbell/o.toml", &other, true);
    let test = "group_by = 'ip'\n[[test]]\nrule = 'oom'\nlines = \"\"\"\n0s | a\n@reload o.toml\n\"\"\"\n\
                expect = [{ ip = '::1' }, { proc = 'x' }]";
    let loaded = fake.parse(&rule_with(test), Secrets::Fetch);
    assert_eq!(loaded.diagnostics.render(Style::Plain), "");
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
