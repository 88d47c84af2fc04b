//! A configuration is changed while the agent runs.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::trial::{Trial, append};

const RULES: &str = r#"
[[rule]]
name  = "kept"
files = "LOG"
match = 'keep (?P<n>\d+)'
debounce = "1h"

[[rule]]
name  = "other"
files = "LOG"
match = 'other'
debounce = "1h"
"#;

/// Hands the agent `rules`, and waits until it has taken them for the `n`-th time.
#[track_caller]
fn reload(trial: &Trial, rules: &str, n: usize) {
    trial.configure(rules);
    trial.signal(Signal::HUP);
    trial.wait_for_stderr_times("configuration taken", n);
}

fn texts(trial: &Trial) -> Vec<String> {
    trial.room.messages().into_iter().map(|received| received.message.text).collect()
}

/// The thread that the message with `text` in it came into.
#[track_caller]
fn thread_of(trial: &Trial, text: &str) -> String {
    let mut messages = trial.room.messages().into_iter();
    let found = messages.find(|received| received.message.text.contains(text));
    found.unwrap_or_else(|| panic!("`{text}` in {:#?}", texts(trial))).thread
}

#[test]
fn what_detects_the_same_goes_on_what_does_not_is_closed_and_what_is_new_begins() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("keep 1\nother a\n");
    trial.wait_for(2);
    trial.write("keep 2\nother b\nother c\n");
    trial.wait_for_matched("other", 3);
    // `kept` has other words, `other` detects something else, and `third` is new.
    let rules =
        RULES.replace("debounce = \"1h\"\n\n", "title = \"new title\"\ndebounce = \"2s\"\n\n");
    let rules = rules.replace("'other'", "'other [x-z]'")
        + "[[rule]]\nname = \"third\"\nfiles = \"LOG\"\nmatch = 'third'\n";
    reload(&trial, &rules, 1);
    // The two that were held are told in the thread of the first; so is the one that was to wait an hour.
    trial.wait_for(4);
    let last = "2 more; closed because the rule was changed";
    assert_eq!(thread_of(&trial, last), thread_of(&trial, "other a"));
    assert_eq!(thread_of(&trial, "new title"), thread_of(&trial, "keep 1"));
    trial.write("third 1\nother y\n");
    trial.wait_for(6);
    assert!(trial.stop().success());
    for (rule, n) in [("kept", 2), ("other", 4), ("third", 1)] {
        assert_eq!(trial.check_counts(rule), n, "{rule}");
    }
}

#[test]
fn a_rule_that_is_gone_says_so_once_and_counts_on_when_it_comes_again() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("other a\n");
    trial.wait_for(1);
    trial.write("other b\n");
    trial.wait_for_matched("other", 2);
    let (one, _) = RULES.split_at(RULES.rfind("[[rule]]").unwrap());
    reload(&trial, one, 1);
    trial.wait_for(2);
    let last = "1 more; closed because the rule was removed";
    assert_eq!(thread_of(&trial, last), thread_of(&trial, "other a"));
    trial.write("other, which nobody looks for\nkeep 1\n");
    trial.wait_for(3);
    reload(&trial, RULES, 2);
    trial.write("other c\n");
    trial.wait_for(4);
    assert!(trial.stop().success());
    assert_eq!((trial.check_counts("other"), trial.check_counts("kept")), (3, 1));
}

#[test]
fn a_rule_that_was_removed_while_the_agent_was_down_has_its_last_word_too() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("other a\n");
    trial.wait_for(1);
    trial.write("other b\n");
    trial.wait_for_matched("other", 2);
    assert!(trial.stop().success());
    let (one, _) = RULES.split_at(RULES.rfind("[[rule]]").unwrap());
    trial.configure(one);
    trial.start();
    trial.wait_for(2);
    let last = "1 more; closed because the rule was removed";
    assert_eq!(thread_of(&trial, last), thread_of(&trial, "other a"));
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("other"), 2);
    // It is said once.
    trial.start();
    assert!(trial.stop().success());
    assert_eq!(trial.history().len(), 2);
}

#[test]
fn a_wrong_configuration_changes_nothing_and_is_told_of_until_it_is_right() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("other a\n");
    trial.wait_for(1);
    trial.configure(&RULES.replace("'other'", "'oth(er'"));
    trial.signal(Signal::HUP);
    trial.wait_for_stderr("the one at hand stays");
    assert!(trial.stderr().contains("oth(er"), "{}", trial.stderr());
    trial.write("keep 1\nother b\n");
    trial.wait_for(2);
    trial.wait_for_matched("other", 2);
    let wrong = |trial: &Trial| trial.status()["config"]["wrong"].clone();
    assert!(wrong(&trial).as_str().unwrap().contains("not taken"), "{:#}", trial.status());
    assert!(trial.read(&["status"]).contains("the one of before stays"));
    reload(&trial, RULES, 1);
    trial.write("keep 2\n");
    trial.wait_for_matched("kept", 2);
    assert_eq!(wrong(&trial), Value::Null);
    assert!(trial.stop().success());
    assert_eq!((trial.check_counts("other"), trial.check_counts("kept")), (2, 2));
    assert_eq!(trial.told().len(), 2, "{:?}", trial.told());
}

#[test]
fn the_same_file_again_and_again_while_lines_are_written_and_rotated_changes_nothing() {
    let mut trial = Trial::new(&RULES.replacen("debounce = \"1h\"", "debounce = \"300ms\"", 1));
    trial.start();
    let is_done = AtomicBool::new(false);
    let log = trial.log();
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0u64;
            while !is_done.load(Ordering::Relaxed) {
                for _ in 0..10 {
                    append(&log, format!("noise\nkeep {written}\n").as_bytes());
                    written += 1;
                }
                if written.is_multiple_of(200) {
                    fs::rename(&log, log.with_extension(format!("log.{written}"))).unwrap();
                }
                thread::sleep(Duration::from_millis(3));
            }
            written
        });
        for n in 1..=12 {
            trial.signal(Signal::HUP);
            trial.wait_for_stderr_times("configuration taken", n);
        }
        is_done.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    trial.wait_for_matched("kept", written);
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("kept"), written, "{}", trial.stderr());
    // One incident all the while.
    let opens = trial.told().iter().filter(|told| told.starts_with("open")).count();
    assert_eq!(opens, 1, "{:#?}", trial.told());
}

#[test]
fn a_pipe_goes_on_over_a_reload_and_a_new_log_is_followed() {
    let rules = RULES.replace("files = \"LOG\"", "files = \"-\"").replace("\"1h\"", "\"0s\"");
    let mut trial = Trial::new(&rules);
    let (reader, mut writer) = std::io::pipe().unwrap();
    trial.start_on(Stdio::from(reader));
    writer.write_all(b"keep 1\n").unwrap();
    trial.wait_for(1);
    let with_log = rules.replacen("files = \"-\"", "files = [\"-\", \"LOG\"]", 1);
    reload(&trial, &with_log, 1);
    writer.write_all(b"keep 2\nother\n").unwrap();
    trial.write("keep 3\nother, which is looked for in the pipe alone\n");
    trial.wait_for(4);
    assert_eq!((trial.matched("kept"), trial.matched("other")), (3, 1));
    drop(writer);
    trial.wait_for_stderr("`stdin` has ended");
    trial.write("keep 4\n");
    trial.wait_for(5);
    assert!(trial.stop().success());
    assert_eq!((trial.check_counts("kept"), trial.check_counts("other")), (4, 1));
}

#[test]
fn what_waits_for_a_webhook_is_sent_under_its_new_name_as_well() {
    let mut trial = Trial::new(&RULES.replace("\"1h\"", "\"0s\""));
    trial.start();
    trial.write("keep 1\nkeep 2\nkeep 3\nother\n");
    trial.wait_for(1);
    // Chat takes one a second: most of it waits.
    let url = trial.room.webhook_url("trial");
    let renamed = format!("[webhook.renamed]\nurl = \"{url}\"\n{RULES}")
        .replace("files = \"LOG\"", "files = \"LOG\"\nwebhook = \"renamed\"");
    reload(&trial, &renamed, 1);
    trial.write("keep 4\n");
    trial.wait_for_matched("kept", 4);
    assert!(trial.stop().success());
    assert_eq!((trial.check_counts("kept"), trial.check_counts("other")), (4, 1));
    let parked = trial.told().iter().filter(|told| told.contains("parked")).count();
    assert_eq!(parked, 0, "{:#?}", trial.told());
}

#[test]
fn where_what_is_saved_cannot_be_loaded_nothing_changes_and_the_next_reload_is_taken() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("keep 1\nother a\n");
    trial.wait_for(2);
    trial.write("other b\n");
    trial.wait_for_matched("other", 2);
    let store = rusqlite::Connection::open(trial.state().join("logbell.db")).unwrap();
    store.busy_timeout(Duration::from_secs(10)).unwrap();
    let state = "SELECT state FROM rule_group WHERE rule = 'kept'";
    let state: String = store.query_row(state, [], |row| row.get(0)).unwrap();
    let save = |state: &str| {
        let update = "UPDATE rule_group SET state = ?1 WHERE rule = 'kept'";
        assert_eq!(store.execute(update, [state]).unwrap(), 1);
    };
    save("{");
    trial.configure(&RULES.replace("'other'", "'other [x-z]'"));
    trial.signal(Signal::HUP);
    trial.wait_for_stderr("the one at hand stays: the saved state of rule `kept` cannot be read");
    let wrong = trial.status()["config"].to_string();
    assert!(wrong.contains("`kept`"), "{wrong}");
    // What it would have closed is open.
    trial.write("other c\n");
    trial.wait_for_matched("other", 3);
    assert_eq!(trial.room.messages().len(), 2);
    save(&state);
    trial.signal(Signal::HUP);
    trial.wait_for_stderr("configuration taken");
    trial.wait_for(3);
    assert!(texts(&trial)[2].contains("2 more; closed because the rule was changed"));
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("other"), 3);
}
