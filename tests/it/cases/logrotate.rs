//! The real logrotate, which `tests/all` installs.

use std::fs;
use std::process::Command;

use crate::trial::{LONG, Trial};

const RULES: &str = r#"
[[rule]]
name = "counted"
files = "LOG"
match = 'count me'
debounce = "1h"
context = [0, 0]

[[rule]]
name = "told"
files = "LOG"
match = 'tell me (?P<n>\d+)'
debounce = "0s"
max_open = 60
"#;

/// Rotates the trial's log as `how` says.
fn rotate(trial: &Trial, how: &str) {
    let config = trial.folder().join("logrotate.conf");
    let log = trial.log();
    let text = format!("{} {{\n  rotate 5\n  missingok\n  {how}\n}}\n", log.display());
    fs::write(&config, text).unwrap();
    let state = trial.folder().join("logrotate.state");
    let status =
        Command::new("/usr/sbin/logrotate").arg("-f").arg("-s").arg(state).arg(&config).status();
    assert!(status.unwrap().success());
}

/// Five rotations with lines before and after each, all of them told and counted once.
fn check(how: &str) {
    let mut trial = Trial::new(RULES);
    trial.start();
    for n in 0..5 {
        trial.write("count me\n".repeat(10));
        trial.write(format!("tell me {n}\n"));
        // The copy and the truncation of copytruncate lose what is not read in between.
        trial.wait_for(n + 2);
        rotate(&trial, how);
    }
    trial.write("count me\ntell me 5\n");
    let messages = trial.wait_for(7);
    assert!(messages[6].message.text.ends_with("tell me 5"), "{}", messages[6].message.text);
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("counted"), 51, "{how}, {LONG:?}\n{}", trial.stderr());
    assert_eq!(trial.check_counts("told"), 6, "{how}");
    assert_eq!(trial.status()["losses"], serde_json::json!([]), "{how}");
}

#[test]
#[ignore = "needs logrotate, which ./tests/all installs"]
fn create_loses_and_repeats_nothing() {
    check("create");
}

#[test]
#[ignore = "needs logrotate, which ./tests/all installs"]
fn copytruncate_of_read_lines_loses_and_repeats_nothing() {
    check("copytruncate");
}

#[test]
#[ignore = "needs logrotate, which ./tests/all installs"]
fn compressing_at_once_loses_and_repeats_nothing() {
    check("create\n  compress");
}

#[test]
#[ignore = "needs logrotate, which ./tests/all installs"]
fn dates_in_names_lose_and_repeat_nothing() {
    check("create\n  dateext\n  dateformat -%Y%m%d-%s");
}
