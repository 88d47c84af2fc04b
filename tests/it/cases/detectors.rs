//! What makes lines worth telling, over the real program.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::trial::{LONG, Trial};

const SCAN: &str = r#"
[[rule]]
name  = "scan"
files = "LOG"
match = 'from (?P<ip>\S+) to port (?P<port>\d+)'
group_by = "ip"
count = 3
within = "1h"
distinct = "port"
debounce = "1h"
"#;

#[test]
fn different_values_are_counted_not_matches_also_over_a_kill() {
    let mut trial = Trial::new(SCAN);
    trial.start();
    for port in [22, 22, 80, 22, 80] {
        trial.write(format!("from 203.0.113.9 to port {port}\nfrom 198.51.100.7 to port 443\n"));
    }
    trial.wait_for_matched("scan", 10);
    trial.kill();
    trial.write("from 203.0.113.9 to port 25\n");
    trial.start();
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains(" 6 matches "), "{text}");
    assert!(text.contains(", 3 different “port” within 1h: from 203.0.113.9 to port 25"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(6) delivered"]);
    assert_eq!(trial.check_counts("scan"), 11);
}

const JOBS: &str = r#"
[[rule]]
name  = "stuck"
files = "LOG"
match = 'job (?P<id>\d+) begins'
unless = 'job (?P<id>\d+) (?:done|failed)'
within = "WITHIN"
debounce = "1h"
"#;

#[test]
fn what_begins_and_does_not_end_is_told_and_what_ends_is_not() {
    let mut trial = Trial::new(&JOBS.replace("WITHIN", "2s"));
    trial.start();
    trial.write("job 1 begins\njob 2 begins\njob 1 done\n");
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.ends_with(" · no end within 2s: job 2 begins"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered"]);
    assert_eq!(trial.check_counts("stuck"), 2);
}

#[test]
fn an_end_after_a_kill_ends_what_began_before() {
    let mut trial = Trial::new(&JOBS.replace("WITHIN", "5s"));
    trial.start();
    trial.write("job 1 begins\njob 2 begins\n");
    trial.wait_for_matched("stuck", 2);
    trial.kill();
    trial.write("job 1 done\n");
    trial.start();
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.ends_with(": job 2 begins"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered"]);
}

#[test]
fn an_end_far_behind_in_what_was_written_while_the_agent_was_down_still_counts() {
    let mut trial = Trial::new(&JOBS.replace("WITHIN", "5s"));
    trial.start();
    trial.write("job 1 begins\njob 2 begins\n");
    trial.wait_for_matched("stuck", 2);
    trial.kill();
    // So much that it takes several turns, of 16 MiB each.
    trial.write("nothing that any rule looks for, again and again\n".repeat(1 << 19));
    trial.write("job 1 done\n");
    // It is time itself that has to pass: what began is overdue when the agent starts.
    thread::sleep(Duration::from_secs(5));
    trial.start();
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.ends_with(": job 2 begins"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered"]);
}

#[test]
fn a_log_whose_last_lines_always_wait_for_others_hides_nothing() {
    let rule = JOBS.replace("WITHIN", "2s").replace("files = \"LOG\"", "source = \"jobs\"");
    let source = "[source.jobs]\nfiles = \"LOG\"\nmultiline = \"auto\"\n";
    let mut trial = Trial::new(&format!("{source}{rule}"));
    trial.start();
    trial.write("job 1 begins\njob 2 begins\njob 1 done\n");
    let started = Instant::now();
    while trial.room.messages().is_empty() {
        assert!(started.elapsed() < LONG, "nothing is told while the log grows");
        trial.write("job 3 is a little further\n");
        thread::sleep(Duration::from_millis(20));
    }
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains(": job 2 begins"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered"]);
}

const BEAT: &str = r#"
[[rule]]
name  = "heartbeat"
files = "LOG"
match = 'beat of (?P<node>\S+)'
group_by = "node"
absent = "3s"
expect = ["a"]
"#;

/// What messages say once it is enough.
fn said_until(trial: &Trial, is_enough: impl Fn(&[String]) -> bool) -> Vec<String> {
    let mut said = Vec::new();
    while !is_enough(&said) {
        let received = trial.wait_for(said.len() + 1);
        said = received.iter().map(|own| own.message.text.clone()).collect();
    }
    said
}

#[test]
fn what_stays_away_is_told_and_so_is_its_return_also_over_a_kill() {
    let mut trial = Trial::new(BEAT);
    trial.start();
    trial.write("beat of b\n");
    let is_open = |said: &&String| said.contains(" · no match for ");
    let opens = said_until(&trial, |said| said.iter().filter(is_open).count() == 2);
    assert!(opens.iter().any(|own| own.ends_with("; the last: beat of b")), "{opens:?}");
    trial.kill();
    trial.write("beat of b\nbeat of a\n");
    trial.start();
    said_until(&trial, |said| said.iter().filter(|own| own.contains("back after")).count() == 2);
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("heartbeat"), 3);
}

#[test]
fn nothing_is_absent_from_a_log_that_is_not_there() {
    let unseen = BEAT.replace("LOG", "DIR/missing.log");
    let mut trial = Trial::new(&(BEAT.replace("heartbeat", "sound") + &unseen));
    trial.start();
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains("sound · "), "{text}");
    // It was due at the same time; what is due next of the other is its reminder.
    trial.wait_for(2);
    assert!(trial.stop().success());
    assert!(trial.history().iter().all(|row| row["rule"] == "sound"), "{:?}", trial.history());
}

const RATE: &str = r#"
[[rule]]
name  = "rate"
files = "LOG"
match = 'order'
spike = FACTOR
count = COUNT
within = "1s"
debounce = "2s..1h"
resolve_after = "1s"
"#;

/// Writes a line every so often, until it is enough.
fn write_until(trial: &Trial, pause: Duration, is_enough: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_enough() {
        assert!(started.elapsed() < LONG, "not told\n{}", trial.stderr());
        trial.write("an order\n");
        thread::sleep(pause);
    }
}

#[test]
fn far_more_lines_than_usual_are_told_but_not_those_that_were_written_while_the_agent_was_down() {
    let mut trial = Trial::new(&RATE.replace("FACTOR", "4").replace("COUNT", "20"));
    trial.start();
    // It is time itself that has to pass: that there is nothing has to be seen.
    thread::sleep(Duration::from_secs(8));
    trial.kill();
    trial.write("an order\n".repeat(500));
    trial.start();
    trial.wait_for_matched("rate", 500);
    assert!(trial.room.messages().is_empty());
    write_until(&trial, Duration::from_millis(10), || !trial.room.messages().is_empty());
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.ends_with(" · 20 matches within 1s, none are usual: an order"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told()[0], "open(20) delivered");
    assert!(trial.check_counts("rate") >= 520);
}

#[test]
fn far_fewer_lines_than_usual_are_told_and_that_they_are_back() {
    let mut trial = Trial::new(&RATE.replace("FACTOR", "0.2").replace("COUNT", "5"));
    trial.start();
    let pause = Duration::from_millis(40);
    let started = Instant::now();
    write_until(&trial, pause, || started.elapsed() > Duration::from_secs(8));
    let said = said_until(&trial, |said| !said.is_empty());
    assert!(said[0].contains(" within 1s, "), "{said:?}");
    assert!(
        said[0].contains(" are usual") && said[0].ends_with("; the last: an order"),
        "{said:?}"
    );
    let is_over = || {
        let messages = trial.room.messages();
        messages.iter().any(|own| own.message.text.contains(" · nothing unusual for 1s (lasted "))
    };
    write_until(&trial, pause, is_over);
    assert!(trial.stop().success());
    assert_eq!(trial.told()[0], "open(0) delivered");
    trial.check_counts("rate");
}

#[test]
fn what_is_usual_is_learnt_from_the_files_that_are_there_rotated_ones_included() {
    let rule = r#"
[[rule]]
name   = "errors"
files  = "LOG"
match  = 'ERROR'
spike  = 4
count  = 5
within = "10m"
"#;
    let mut trial = Trial::new(rule);
    let now = jiff::Timestamp::now();
    let line = |minutes: i64| format!("{} ERROR\n", now - jiff::SignedDuration::from_mins(minutes));
    // Two in ten minutes, of which the older ones stand in a file that was rotated away.
    let lines = |ago: std::ops::Range<i64>| -> String {
        ago.rev().filter(|minutes| minutes % 5 == 0).map(line).collect()
    };
    fs::write(trial.folder().join("app.log.1"), lines(100..300)).unwrap();
    trial.write(lines(11..100));
    trial.start();
    trial.wait_for_stderr("rule `errors` has learnt what is usual from the last 4h");
    trial.write("ERROR\n".repeat(7));
    trial.wait_for_matched("errors", 7);
    trial.write("ERROR\n".repeat(2));
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains(" within 10m, 2 are usual (4"), "{text}");
    assert!(trial.stop().success());
    // It knows that after a restart, and does not learn anew.
    trial.start();
    assert!(trial.stderr().split("what is usual").nth(2).is_none(), "{}", trial.stderr());
    assert!(trial.stop().success());
}
