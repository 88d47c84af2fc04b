//! Tests beside the rules: `logbell test`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A webhook that nothing is sent to, and rules.
pub(super) const HEAD: &str = r#"
[webhook.oncall]
url = "env:ONCALL_WEBHOOK"

[defaults]
webhook = "oncall"
"#;

/// The rule of most tests.
const REFUSED: &str = r"
[[rule]]
name  = 'refused'
files = '/var/log/shop/*.log'
match = 'payment of (?P<who>\w+) refused'
group_by = ['who', 'file']
debounce = '5m..1h'
resolve_after = '20m'
";

/// A folder with a configuration.
pub(super) struct Rules(TempDir);

impl Rules {
    pub(super) fn new(text: &str) -> Self {
        let rules = Self(TempDir::new().unwrap());
        rules.write("logbell.toml", &format!("{HEAD}{text}"));
        rules
    }

    /// The rule `refused` with one test.
    fn refused(test: &str) -> Self {
        Self::new(&format!("{REFUSED}\n[[test]]\nrule = 'refused'\n{test}"))
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }

    pub(super) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn test(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_logbell"));
        command.current_dir(self.folder()).arg("test").args(more);
        command.env("TZ", "UTC").stdin(Stdio::null()).output().unwrap()
    }

    /// What the tests came to, and the sums.
    fn results(&self) -> (Vec<Value>, Value) {
        let output = self.test(&["--json"]);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let mut lines: Vec<_> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let sums = lines.pop().unwrap_or_else(|| panic!("{output:?}"));
        (lines, sums)
    }

    /// What is told in the one test: when, what, and of how many.
    pub(super) fn told(&self) -> Vec<(String, String, u64)> {
        let (tests, _) = self.results();
        let text = |own: &Value, word: &str| own[word].as_str().unwrap().to_owned();
        let got = tests[0]["got"].as_array().unwrap_or_else(|| panic!("{}", tests[0]));
        let message =
            |own: &Value| (text(own, "at"), text(own, "kind"), own["count"].as_u64().unwrap());
        got.iter().map(message).collect()
    }
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// What is told when `lines` come and time passes until `until`.
#[track_caller]
fn check(rule: &str, lines: &str, until: &str, expected: &[(&str, &str, u64)]) {
    let rules = Rules::new(&format!(
        "{rule}\n[[test]]\nrule = 'refused'\nuntil = '{until}'\nlines = '''\n{lines}\n'''"
    ));
    let told = rules.told();
    let told: Vec<_> = told.iter().map(|(at, kind, n)| (&**at, &**kind, *n)).collect();
    assert_eq!(told, expected, "{lines}");
}

#[test]
fn a_test_passes_if_exactly_what_it_expects_is_told() {
    let rules = Rules::refused(
        r"
lines = '''
# Ten in a row, and one of somebody else.
0s x10/20s | payment of ann refused
1m30s      | payment of bob refused
2m         | payment of joe taken
'''
until  = '30m'
expect = [
    { at = '0s', kind = 'open', who = 'ann', count = 1, file = '/var/log/shop/x.log' },
    { at = '1m30s', kind = 'open', who = 'bob' },
    { at = '5m', kind = 'summary', count = 9 },
    { at = '21m30s', kind = 'resolved', who = 'bob' },
    {},
]
",
    );
    let output = rules.test(&[]);
    let expected = "ok       refused  logbell.toml:16\n1 test: 1 passed\n";
    assert_eq!(stdout(&output), expected, "{output:?}");
    assert!(output.status.success());
    assert!(!rules.folder().join("state").exists());
}

#[test]
fn a_failure_shows_what_was_expected_and_what_came_by_time() {
    let rules = Rules::new(&format!(
        "{REFUSED}\n{}\n[[test]]\nrule = 'refused'\nlines = '''\n{}'''\nexpect = {}",
        REFUSED.replace("'refused'", "'other'"),
        "0s x3/1m | payment of ann refused\n3m | ok\n8m | payment of bob refused",
        "[{ at = '1m', kind = 'open', who = 'ann' }, { kind = 'summary', count = 2 }]",
    ));
    let output = rules.test(&[]);
    let expected = "\
FAILED   refused  logbell.toml:25
        4 of 5 lines matched
        0s  + open of 1, who=ann, file=/var/log/shop/x.log  came, was not expected
        1m  - open, who=ann                                 expected, did not come
        5m    summary of 2, who=ann, file=/var/log/shop/x.log
        8m  + open of 1, who=bob, file=/var/log/shop/x.log  came, was not expected
1 test: 1 failed
without a test in logbell.toml: other
";
    assert_eq!(stdout(&output), expected, "{output:?}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_test_in_which_something_is_told_is_not_silent_and_one_that_expects_nothing_yet_fails() {
    let rules = Rules::refused("lines = '0s | payment of ann refused'\nsilent = true");
    assert_eq!(rules.test(&[]).status.code(), Some(1));
    let rules = Rules::refused("lines = '0s | nothing'\nsilent = true");
    assert_eq!(rules.test(&[]).status.code(), Some(0));
    let rules = Rules::refused("lines = '0s | nothing'");
    let output = rules.test(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("0 of 1 line matched; the test expects nothing yet\n"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("warning: this test expects nothing"));
}

#[test]
fn what_is_told_is_written_into_tests_that_expect_something_else() {
    let rules = Rules::refused(
        "lines = '0s x2/1s | payment of ann refused' # twice\nuntil = '5m'\n# soon\nsilent = true",
    );
    let path = rules.folder().join("logbell.toml");
    let other = "\n\n[[test]]\nrule = 'refused'\nlines = '0s | x' # nothing\n# The end.\n";
    let text = fs::read_to_string(&path).unwrap() + other;
    rules.write("logbell.toml", &text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

    let output = rules.test(&["--accept"]);
    assert!(output.status.success(), "{output:?}");
    let expected = "accepted refused  logbell.toml:16\naccepted refused  logbell.toml:23\n\
                    2 tests: 2 accepted\n";
    assert_eq!(stdout(&output), expected);
    let group = "who = \"ann\", file = \"/var/log/shop/x.log\"";
    let expect = format!(
        "expect = [\n    {{ at = \"0s\", kind = \"open\", {group}, count = 1 }},\n    \
         {{ at = \"5m\", kind = \"summary\", {group}, count = 1 }},\n]"
    );
    let expected = text.replace("silent = true", &expect);
    let expected = expected.replace("# nothing\n", "# nothing\nsilent = true\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);

    let output = rules.test(&["--accept"]);
    assert!(stdout(&output).ends_with("2 tests: 2 passed\n"), "{output:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}

#[test]
fn what_is_told_is_not_written_where_a_test_is_written_in_another_way() {
    let inline = "test = [{ rule = 'refused', lines = '0s | x', expect = [{}] }]";
    let rules = Rules::new(REFUSED);
    let text = format!("{inline}\n{HEAD}{REFUSED}");
    rules.write("logbell.toml", &text);
    let output = rules.test(&["--accept"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot write `logbell.toml`: the test on line 1"), "{said}");
    assert!(stdout(&output).contains("FAILED   refused  logbell.toml:1\n"), "{output:?}");
    assert_eq!(fs::read_to_string(rules.folder().join("logbell.toml")).unwrap(), text);
}

#[test]
fn results_are_objects_for_programs() {
    let rules =
        Rules::refused("lines = '1m x2/1s | payment of ann refused'\nexpect = [{ at = '1m' }]");
    let (tests, sums) = rules.results();
    let group = json!({ "who": "ann", "file": "/var/log/shop/x.log" });
    let expected = json!({
        "file": "logbell.toml", "line": 16, "rule": "refused", "outcome": "passed",
        "lines": 2, "matched": 2, "error": null,
        "expected": [{ "at": "1m", "group": {} }],
        "got": [{ "at": "1m", "kind": "open", "count": 1, "group": group }],
    });
    assert_eq!(tests, [expected]);
    let expected = json!({
        "tests": 1, "passed": 1, "accepted": 0, "failed": 0, "errors": 0, "untested": [], "unusable": [],
    });
    assert_eq!(sums, expected);
}

#[test]
fn results_are_written_for_a_ci() {
    let rules = Rules::refused("lines = '1m | payment of ann refused'\nsilent = true");
    rules.write("wrong.toml", "[[test]]");
    let output = rules.test(&["logbell.toml", "wrong.toml", "no & such.toml", "--junit", "r.xml"]);
    assert_eq!(output.status.code(), Some(2));
    let xml = fs::read_to_string(rules.folder().join("r.xml")).unwrap();
    for part in [
        r#"<testsuites name="logbell" tests="3" failures="1" errors="2">"#,
        r#"<testcase classname="logbell.toml" name="refused, line 16" file="logbell.toml" line="16">"#,
        "<failure message=\"what was told is not what is expected\">1 of 1 line matched\n1m  + open",
        r#"<testsuite name="wrong.toml" tests="1" failures="0" errors="1">"#,
        "there is no file `no &amp; such.toml`",
    ] {
        assert!(xml.contains(part), "{part}\n{xml}");
    }
    let output = rules.test(&["--junit", "no/such/folder.xml"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_test_that_would_never_end_is_broken_off_and_accepted_by_nobody() {
    let rules = Rules::new(
        "[[rule]]\nname = 'refused'\nfiles = '/a.log'\nmatch = 'beat'\nabsent = '1s'\n\
         debounce = '1s'\n[[test]]\nrule = 'refused'\nlines = '0s | beat'\nuntil = '366d'",
    );
    let before = fs::read_to_string(rules.folder().join("logbell.toml")).unwrap();
    let output = rules.test(&["--accept"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    assert!(said.contains("broken off after 10\u{202f}000 messages\n"), "{said}");
    assert!(said.contains("        and 9\u{202f}800 more\n"), "{said}");
    assert_eq!(fs::read_to_string(rules.folder().join("logbell.toml")).unwrap(), before);
}

#[test]
fn the_sums_say_what_could_not_be_used() {
    let rules = Rules::new("[[rule]]");
    let output = rules.test(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "no tests; 1 configuration could not be used\n");
}

#[test]
fn an_old_log_is_read_by_the_times_in_it() {
    let rules = Rules::refused(
        "file = 'old.log'\nexpect = [{ at = '1h1s', kind = 'open' }, { at = '1h5m1s', count = 1 }]",
    );
    let log = "2026-03-01T10:00:00Z begins\n2026-03-01T11:00:01Z payment of ann refused\n\
               2026-03-01T11:00:02Z payment of ann refused\n2026-03-01T11:20:00Z ends\n";
    rules.write("old.log", log);
    let output = rules.test(&[]);
    assert!(output.status.success(), "{output:?}");
    fs::remove_file(rules.folder().join("old.log")).unwrap();
    let output = rules.test(&[]);
    assert_eq!(output.status.code(), Some(2));
    let said = stdout(&output);
    assert!(said.starts_with("ERROR    refused  logbell.toml:16\n"), "{said}");
    assert!(said.contains("No such file") && said.contains("1 test: 1 not tried"), "{said}");
}

#[test]
fn a_wrong_configuration_is_shown_and_the_others_are_tried() {
    let rules = Rules::refused("lines = '0s | payment of ann refused'\nexpect = [{}]");
    rules.write("wrong.toml", "[[test]]\nrule = 'x'\nlines = '''\n0s | a\n@sleep 1m\n'''");
    let output = rules.test(&["wrong.toml", "logbell.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 test: 1 passed"), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("error: unknown event `@sleep`\n --> wrong.toml:5:1\n"), "{said}");
}

#[test]
fn a_restart_at_any_line_changes_nothing() {
    // Long enough for windows to double, for quiet and for a second incident.
    let lines = ["0s x4/90s | payment of ann refused", "6m | payment of bob refused"];
    let lines = [&lines[..], &["40m x3/5m | payment of ann refused"]].concat();
    let kinds = [
        ("0s", "open", 1),
        ("5m", "summary", 3),
        ("6m", "open", 1),
        ("24m30s", "resolved", 0),
        ("26m", "resolved", 0),
        ("40m", "open", 1),
        ("45m", "summary", 1),
        ("55m", "summary", 1),
    ];
    check(REFUSED, &lines.join("\n"), "1h", &kinds);
    for rule in [REFUSED, &REFUSED.replace("debounce", "top = ['who']\ndebounce")] {
        for place in 0..=lines.len() {
            let mut lines = lines.clone();
            lines.insert(place, "@restart");
            check(rule, &lines.join("\n"), "1h", &kinds);
        }
        let each = lines.join("\n@restart\n") + "\n41m @restart\n50m @restart\n4m59s @restart";
        check(rule, &each, "1h", &kinds);
    }
}

#[test]
fn a_restart_forgets_nothing_that_a_detector_has_counted() {
    let detectors = [
        ("count = 3\nwithin = '5m'", &[("4m", "open", 3)][..]),
        ("count = 2\nwithin = '5m'\ndistinct = 'who'", &[("3m", "open", 3)]),
        (
            "unless = 'payment of (?P<who>\\w+) repeated'\nwithin = '10m'",
            &[("10m", "open", 1), ("15m", "summary", 2)],
        ),
        ("absent = '10m'", &[("14m", "open", 0)]),
    ];
    for (detector, expected) in detectors {
        let rule = format!(
            "[[rule]]\nname = 'refused'\nfiles = '/var/log/shop.log'\nmatch = 'payment of \
             (?P<who>\\w+) refused'\n{detector}\ndebounce = '5m'"
        );
        let lines = [
            "0s x2/2m | payment of ann refused",
            "3m | payment of bob refused",
            "4m | payment of ann refused",
            "5m | payment of bob repeated",
        ];
        // Of the first, the restart takes three matches to the second.
        let rule = rule.replace("count = 3", "count = 4");
        let expected: Vec<_> = expected
            .iter()
            .map(|&(at, kind, n)| (at, kind, if at == "4m" { 4 } else { n }))
            .collect();
        check(&rule, &lines.join("\n"), "16m", &expected);
        check(&rule, &lines.join("\n@restart\n"), "16m", &expected);
    }
}

#[test]
fn a_clock_that_is_set_forward_ends_windows_and_makes_nothing_absent() {
    let lines = "0s | payment of ann refused\n1m | payment of ann refused\n2m @clock +1h";
    check(REFUSED, lines, "4m", &[("0s", "open", 1), ("2m", "summary", 1)]);
    let absent = "[[rule]]\nname = 'refused'\nfiles = '/a.log'\nmatch = 'beat'\nabsent = '10m'";
    check(absent, "1m | beat\n2m @clock +1h", "10m", &[]);
    check(absent, "1m | beat\n2m @clock +1h", "12m", &[("11m", "open", 0)]);
    // A day in which nobody looked.
    check(absent, "1m | beat\n2m @clock +1d", "10m", &[]);
    check(absent, "1m | beat\n2m @clock +1d", "12m", &[("11m", "open", 0)]);
    let day = "0s | payment of ann refused\n1m | payment of ann refused\n2m @clock +1d";
    check(REFUSED, day, "4m", &[("0s", "open", 1), ("2m", "summary", 1)]);
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_up_and_neither_does_a_restart_then() {
    let kinds = [("0s", "open", 1), ("5m", "summary", 1)];
    let lines = "0s | payment of ann refused\n1m | payment of ann refused\n1m @clock -1h";
    check(REFUSED, lines, "6m", &kinds);
    check(REFUSED, &format!("{lines}\n2m @clock +1h"), "6m", &kinds);
    // What is due is neither late by the hour nor told twice, whatever is waited for.
    let rule = |detector: &str| {
        format!("[[rule]]\nname = 'refused'\nfiles = '/a.log'\nmatch = 'refused'\n{detector}")
    };
    let back = "1m x2/1m | refused\n3m @clock -1h\n4m x2/1m | refused";
    for (detector, expected) in [
        ("count = 4\nwithin = '5m'", ("5m", "open", 4)),
        ("absent = '10m'", ("15m", "open", 0)),
        ("unless = 'done'\nwithin = '10m'\ndebounce = '1h'", ("11m", "open", 1)),
    ] {
        check(&rule(detector), back, "16m", &[expected]);
        check(&rule(detector), &format!("{back}\n@restart"), "16m", &[expected]);
    }
    check(REFUSED, &format!("{lines}\n@restart"), "6m", &kinds);
}

#[test]
fn lines_that_make_one_event_are_matched_as_one() {
    let rule = "[source.app]\nfiles = '/var/log/app.log'\nmultiline = '^\\d'\n[[rule]]\n\
                name = 'refused'\nsource = 'app'\nmatch = '(?s)^1 .*payment refused'\ndebounce = '0s'";
    let lines = "0s | 1 begins\n0s |   payment refused\n1m | 1 begins\n2m |   payment refused";
    check(rule, lines, "3m", &[("0s", "open", 1)]);
}

#[test]
fn the_example_in_the_readme_is_true() {
    const README: &str = include_str!("../../../README.md");
    let (_, section) = README.split_once("### Testing rules\n").unwrap();
    let block = |kind: &str| {
        let (_, rest) = section.split_once(&format!("```{kind}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    let rules = Rules::new("");
    rules.write("logbell.toml", block("toml"));
    let output = rules.test(&[]);
    assert!(output.status.success(), "{output:?}");
    rules.write("logbell.toml", &block("toml").replace("count    = 10", "count    = 9"));
    assert_eq!(stdout(&rules.test(&[])), block("text"));
}

#[test]
fn gates_are_tested_with_the_rules_that_hold_back() {
    let rules = r"
[webhook.boss]
url = 'env:BOSS_WEBHOOK'

[[rule]]
name  = 'app'
files = '/var/log/app.log'
match = 'ERROR (?P<host>\S+)'
group_by = 'host'
debounce = '1h'
resolve_after = '2h'
inhibited_by = 'db'
escalate = { after = '30m', webhook = 'boss' }

[[rule]]
name  = 'db'
files = '/var/log/db.log'
match = 'DOWN (?P<host>\S+)'
group_by = 'host'
debounce = '10m'

[[rule]]
name  = 'disk'
files = '/var/log/kern.log'
match = 'I/O error'
hours = 'mon-fri 08:00-19:00; sat 10:00-14:00 UTC'

[[test]]
rule = 'app'
lines = '''
0s    | ERROR web-1
3s    | DOWN web-1
4s    | ERROR web-2
@restart
5m    | ERROR web-1
'''
until = '40m'
expect = [
    { at = '9s', kind = 'open', host = 'web-2', count = 1 },
    { at = '12m3s', kind = 'open', host = 'web-1', count = 2 },
    { at = '30m9s', kind = 'reminder', host = 'web-2', count = 0 },
]

[[test]]
rule = 'disk'
lines = '''
1h x3/1m | I/O error
@restart
9h       | I/O error
19h      | I/O error
48h      | I/O error
'''
until = '4d'
expect = [
    { at = '8h', kind = 'digest', count = 3 },
    { at = '9h', kind = 'open', count = 1 },
    { at = '32h', kind = 'digest', count = 1 },
    { at = '58h', kind = 'digest', count = 1 },
]
";
    let said = Rules::new(rules).test(&["logbell.toml"]);
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success(), "{text}{}", String::from_utf8_lossy(&said.stderr));
}
