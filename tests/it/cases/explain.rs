//! Why a line is told, or not.

use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::trial::{Trial, logbell};

const RULES: &str = r#"
[[rule]]
name  = "refused"
files = "LOG"
match = 'payment of (?P<who>\w+) refused'
not = 'by test'
group_by = ["who"]
debounce = "10m..1h"

[[rule]]
name  = "slow"
files = "LOG"
match = 'request (?P<path>\S+) took (?P<ms>\d+)ms'
count = 3
within = "5m"
"#;

fn explain(trial: &Trial, more: &[&str]) -> Output {
    let mut command = logbell();
    command.arg("explain").arg("--config").arg(trial.config()).args(more);
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn events(output: &Output) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What became of an event with a rule.
fn rule<'a>(event: &'a Value, name: &str) -> &'a Value {
    event["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == name).unwrap()
}

#[test]
fn a_near_miss_shows_how_far_the_pattern_got() {
    let trial = Trial::new(RULES);
    let output = explain(&trial, &["2026-03-01T10:00:10Z payment of ann accepted"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = r"
  2026-03-01T10:00:10Z payment of ann accepted
  time       2026-03-01 10:00:10, as it says

refused does not match
  2026-03-01T10:00:10Z payment of ann accepted
                       ^^^^^^^^^^^^^^^ is payment of (?P<who>\w+) 
                                      ^ is not refused

not like it: 1 rule
";
    assert_eq!(text(&output), expected[1..]);

    let refused = explain(&trial, &["payment of ann refused by test"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused);
    assert!(said.contains("refused does not match, though `match` does\n"), "{said}");
    let caret = "\n                         ^^^^^^^ `not` matches here: by test\n";
    assert!(said.contains(caret), "{said}");
}

#[test]
fn lines_are_played_one_after_the_other() {
    let trial = Trial::new(RULES);
    let lines = [
        "2026-03-01T10:00:00Z payment of ann refused",
        "2026-03-01T10:01:00Z payment of ann refused",
        "2026-03-01T10:01:00Z request /a took 5ms",
        "2026-03-01T10:02:00Z request /a took 5ms",
        "2026-03-01T10:03:00Z request /a took 5ms",
        "2026-03-01T10:10:00Z nothing of it",
    ];
    let output = explain(&trial, &[&["--json"], &lines[..]].concat());
    assert!(output.status.success(), "{output:?}");
    let events = events(&output);
    assert_eq!(events.len(), lines.len());
    let verdict = |event: &Value, name: &str| rule(event, name)["verdict"].clone();
    let refused: Vec<_> = events.iter().map(|event| verdict(event, "refused")).collect();
    let none = "unmatched";
    assert_eq!(refused, ["told", "held", none, none, none, none]);
    let slow: Vec<_> = events.iter().map(|event| verdict(event, "slow")).collect();
    assert_eq!(slow, [none, none, "counted", "counted", "told", none]);

    let told = rule(&events[0], "refused");
    assert_eq!(told["group"], json!({ "who": "ann" }));
    let capture = &told["match"][0]["captures"][0];
    assert_eq!(capture, &json!({ "name": "who", "value": "ann", "span": [32, 35] }));
    assert_eq!(told["message"]["count"], 1);
    let incident = &told["after"]["incident"];
    assert_eq!(incident["until"], "2026-03-01T10:10:00.000Z");
    assert_eq!(rule(&events[1], "refused")["after"]["incident"]["held"], 1);
    assert_eq!(rule(&events[3], "slow")["after"]["progress"], json!({ "n": 2, "of": 3 }));
    assert_eq!(rule(&events[4], "slow")["message"]["count"], 3);
    // What was held was told before the last came.
    assert_eq!(events[5]["meanwhile"][0]["kind"], "summary");
    assert_eq!(events[0]["time_from"], "line");
    assert!(trial.room.requests().is_empty() && !trial.state().exists());
}

#[test]
fn the_state_of_a_running_agent_is_looked_at_and_left_as_it_is() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("payment of ann refused\n".repeat(3));
    trial.wait_for(1);
    trial.wait_for_matched("refused", 3);
    let ask = |more: &[&str]| {
        let output = explain(&trial, &[&["--json", "payment of ann refused"], more].concat());
        assert!(output.status.success(), "{output:?}");
        rule(&events(&output)[0], "refused").clone()
    };
    for _ in 0..2 {
        let own = ask(&[]);
        assert_eq!(own["verdict"], "held");
        assert_eq!(own["before"]["incident"]["held"], 2);
        assert_eq!(own["after"]["incident"]["held"], 3);
    }
    let fresh = ask(&["--fresh"]);
    assert_eq!((&fresh["verdict"], &fresh["before"]["incident"]), (&json!("told"), &Value::Null));
    assert_eq!(trial.matched("refused"), 3);
    assert_eq!(trial.room.messages().len(), 1);
    assert!(trial.stop().success());

    // The message that tells of the time of a line is named.
    let first = trial.history()[0].clone();
    let at = first["at"].as_str().unwrap();
    let line = format!("{at} payment of ann refused");
    let output = explain(&trial, &["--json", &line]);
    let events = events(&output);
    let told = &rule(&events[0], "refused")["told_of"];
    assert_eq!(told[0]["id"], first["id"], "{told}");
}

#[test]
fn lines_come_from_standard_input_as_of_a_log_that_is_named() {
    let trial = Trial::new(RULES);
    let mut command = logbell();
    command.arg("explain").arg("--config").arg(trial.config()).args(["--json", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"payment of ann refused\nrequest /a took 5ms").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let events = events(&output);
    assert_eq!(rule(&events[0], "refused")["verdict"], "told");
    assert_eq!(rule(&events[1], "slow")["verdict"], "counted");

    let log = trial.log();
    let own = explain(&trial, &["--file", log.to_str().unwrap(), "payment of ann refused"]);
    assert!(own.status.success() && text(&own).contains("refused matches, and is told"), "{own:?}");
    let rotated = format!("{}.1", log.display());
    assert!(explain(&trial, &["--file", &rotated, "payment of ann refused"]).status.success());
    let only = explain(&trial, &["--rule", "slow", "payment of ann refused"]);
    assert!(only.status.code() == Some(1) && !text(&only).contains("refused matches"), "{only:?}");
    let unknown = explain(&trial, &["--rule", "slwo", "x"]);
    assert_eq!(unknown.status.code(), Some(2));
}

/// Asks for one event with one rule, of a running agent or of none.
fn ask(trial: &Trial, name: &str, more: &[&str]) -> (Value, Value) {
    let output = explain(trial, &[&["--json"], more].concat());
    let event = events(&output).pop().unwrap();
    let own = rule(&event, name).clone();
    (event, own)
}

#[test]
fn the_gate_that_holds_a_message_is_named() {
    let rules = r#"
[[rule]]
name  = "cause"
files = "LOG"
match = 'down: (?P<host>\w+)'
group_by = ["host"]

[[rule]]
name  = "effect"
files = "LOG"
match = 'timeout of (?P<host>\w+)'
group_by = ["host"]
inhibited_by = ["cause"]

[[rule]]
name  = "at-night"
files = "LOG"
match = 'slow'
hours = "mon 00:00-00:01; fri 22:00-23:00 UTC"
"#;
    let mut trial = Trial::new(rules);
    let lines = ["2026-03-01T10:00:00Z down: db", "2026-03-01T10:00:30Z timeout of db"];
    let (_, effect) = ask(&trial, "effect", &lines);
    assert_eq!(effect["verdict"], "held");
    assert_eq!(effect["gates"][0]["gate"], "inhibited_by");
    assert_eq!(effect["gates"][0]["held"], 1);
    let said = text(&explain(&trial, &lines));
    let expected = "held by    an incident of `cause` of host=db (`inhibited_by`), until that is over; \
                    1 match is held back\n";
    assert!(said.contains(expected), "{said}");
    // What would explain it may come yet.
    let (_, effect) = ask(&trial, "effect", &["2026-03-01T10:00:30Z timeout of db"]);
    assert_eq!((&effect["verdict"], &effect["gates"][0]["gate"]), (&json!("held"), &json!("wait")));
    assert_eq!(effect["gates"][0]["until"], "2026-03-01T10:00:35.000Z");
    // It was a Sunday.
    let said = text(&explain(&trial, &["2026-03-01T10:00:00Z slow"]));
    assert!(said.contains("held by    the rule's `hours`, until 2026-03-02 00:00:00"), "{said}");

    trial.start();
    trial.read(&["mute", "rule=effect", "--why", "deploy"]);
    let said = text(&explain(&trial, &["timeout of db"]));
    assert!(said.contains("effect matches, and is held back\n"), "{said}");
    assert!(said.contains("held by    mute 1 `rule=effect` (deploy), until "), "{said}");
    assert!(trial.stop().success());
}

#[test]
fn where_the_time_of_an_event_comes_from_is_said() {
    let rules = r#"
[source.pods]
files  = "LOG"
format = "cri"

[[rule]]
name   = "pods"
source = "pods"
match  = '^refused$'
"#;
    let mut trial = Trial::new(rules);
    let packed = "2026-03-01T10:00:10.5Z stderr F refused";
    let (event, own) = ask(&trial, "pods", &[packed]);
    assert_eq!((&event["line"], &own["verdict"]), (&json!("refused"), &json!("told")));
    assert_eq!(
        (&event["time"], &event["time_from"]),
        (&json!("2026-03-01T10:00:10.500Z"), &json!("line"))
    );
    // To an agent at work it comes now, and says that it is of long ago.
    trial.start();
    let (event, own) = ask(&trial, "pods", &[packed]);
    assert_eq!((&event["time_from"], &own["verdict"]), (&json!("late"), &json!("told")));
    assert_eq!(event["written"], "2026-03-01T10:00:10.500Z");
    let said = text(&explain(&trial, &[packed]));
    assert!(
        said.contains(", when it is read: it says 2026-03-01 10:00:10, more than 1m "),
        "{said}"
    );
    let ahead = "2999-03-01T10:00:10.5Z stderr F refused";
    assert_eq!(ask(&trial, "pods", &[ahead]).0["time_from"], "future");
    assert_eq!(ask(&trial, "pods", &["--fresh", ahead]).0["time_from"], "line");
    assert!(trial.stop().success());

    let arrival = rules.replace("format = \"cri\"", "format = \"cri\"\ntime = \"arrival\"");
    trial.configure(&arrival);
    assert_eq!(ask(&trial, "pods", &["--fresh", packed]).0["time_from"], "configured");
}

#[test]
fn events_of_several_lines_and_those_of_fields_are_taken_apart_as_in_the_log() {
    let rules = r#"
[source.app]
files     = "LOG"
multiline = 'auto'

[[rule]]
name   = "npe"
source = "app"
match  = 'NullPointerException'
also   = 'at com\.example'

[source.api]
files  = "LOG.json"
format = "json"

[[rule]]
name   = "api"
source = "api"
where  = { level = "error", status = ">=500" }
group_by = ["service"]
resolve_after = "10m"
resolve_on = 'is back'
"#;
    let trial = Trial::new(rules);
    let trace = "2026-03-01 10:00:00 ERROR java.lang.NullPointerException: x\n\tat com.example.A.b(A.java:1)";
    let (event, own) = ask(&trial, "npe", &["--rule", "npe", trace]);
    assert_eq!((&event["line"], &own["verdict"]), (&json!(trace), &json!("told")));
    let failed = r#"{"time":"2026-03-01T10:00:00Z","level":"error","status":503,"service":"pay"}"#;
    let (event, own) = ask(&trial, "api", &["--rule", "api", failed]);
    assert_eq!(
        (&event["time"], &own["verdict"]),
        (&json!("2026-03-01T10:00:00.000Z"), &json!("told"))
    );
    assert_eq!(own["group"], json!({ "service": "pay" }));
    let fine = failed.replace("503", "404");
    let said = text(&explain(&trial, &["--rule", "api", &fine]));
    assert!(said.contains("where      status >=500 is not met: it is `404`\n"), "{said}");
    let back = r#"{"time":"2026-03-01T10:01:00Z","service":"pay","msg":"is back"}"#;
    let (_, own) = ask(&trial, "api", &["--rule", "api", failed, back]);
    assert_eq!(
        (&own["verdict"], &own["message"]["kind"]),
        (&json!("resolves"), &json!("resolved"))
    );
}

#[test]
fn a_rule_that_does_not_look_at_the_log_says_at_which_it_does() {
    let rules =
        format!("{RULES}[[rule]]\nname = \"other\"\nfiles = \"/var/log/*.other\"\nmatch = 'x'\n");
    let trial = Trial::new(&rules);
    let log = trial.log();
    let log = log.to_str().unwrap();
    let only = explain(&trial, &["--file", log, "--rule", "other", "x"]);
    assert_eq!(only.status.code(), Some(1));
    let expected = "\nother does not look at this log, but at /var/log/*.other\n";
    assert!(text(&only).contains(expected), "{only:?}");
}
