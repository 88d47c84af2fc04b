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
