//! Standard input through the real program.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::Value;

use crate::trial::{LONG, Trial};

const RULES: &str = r#"
[[rule]]
name = "counted"
files = "-"
match = 'count me'
debounce = "1h"
context = [0, 0]

[[rule]]
name = "told"
files = "-"
match = 'tell me (?P<n>\w+)'
group_by = ["n"]
debounce = "0s"
max_open = 60
"#;

/// The row of `status` that is called `path`.
fn row(trial: &Trial, path: &str) -> Value {
    let status = trial.status();
    let rows: Vec<_> = status["files"].as_array().unwrap().clone();
    let found = rows.iter().find(|row| row["path"] == path).cloned();
    found.unwrap_or_else(|| panic!("{path} expected in {rows:#?}"))
}

fn titles(trial: &Trial) -> Vec<String> {
    trial.room.messages().into_iter().map(|received| received.message.text).collect()
}

#[test]
fn an_old_log_is_matched_whole_told_and_done_with() {
    let mut trial = Trial::new(RULES);
    let told: Vec<_> = (0..10).map(|n| format!("tell me n{n}\n")).collect();
    let text = "count me\n".repeat(5000) + &told.concat() + "count me\ntell me last";
    let path = trial.folder().join("old.log");
    fs::write(&path, text).unwrap();
    trial.start_on(File::open(&path).unwrap());
    assert!(trial.wait_for_end().success(), "{}", trial.stderr());
    assert_eq!(trial.check_counts("counted"), 5001);
    assert_eq!(trial.check_counts("told"), 11);
    let told = titles(&trial);
    assert_eq!(told.len(), 12, "{told:#?}");
    assert!(told[11].contains("tell me last"), "{told:#?}");
    assert_eq!(row(&trial, "stdin")["state"], "ended");
    assert!(trial.stderr().contains("all input has ended"), "{}", trial.stderr());
}

#[test]
fn lines_are_told_as_they_come_and_the_last_one_may_lack_its_end() {
    let mut trial = Trial::new(RULES);
    let (reader, mut writer) = io::pipe().unwrap();
    trial.start_on(reader);
    for n in 0..5 {
        writer.write_all(format!("tell me n{n}\n").as_bytes()).unwrap();
        trial.wait_for(n + 1);
    }
    writer.write_all(b"tell me unfinished").unwrap();
    drop(writer);
    assert!(trial.wait_for_end().success(), "{}", trial.stderr());
    let told = titles(&trial);
    let expected = ["n0", "n1", "n2", "n3", "n4", "unfinished"];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (text, n) in told.iter().zip(expected) {
        assert!(text.ends_with(&format!("tell me {n}")), "{told:#?}");
    }
}

#[test]
fn what_is_followed_besides_goes_on_after_the_end_of_an_empty_input() {
    let mut trial = Trial::new(&RULES.replacen("\"-\"", "[\"-\", \"LOG\"]", 2));
    trial.start_on(Stdio::null());
    trial.wait_for_stderr("`stdin` has ended");
    for n in 0..3 {
        trial.write(format!("tell me n{n}\n"));
        trial.wait_for(n + 1);
    }
    assert!(trial.is_alive());
    assert_eq!(row(&trial, "stdin")["state"], "ended");
    assert!(trial.stop().success());
    assert_eq!(trial.stderr().matches("`stdin` has ended").count(), 1, "{}", trial.stderr());
}

#[test]
fn a_closed_input_ends_at_once() {
    let mut trial = Trial::new(RULES);
    trial.try_start_under(&["sh", "-c", "exec \"$@\" <&-", "sh"]);
    assert!(trial.wait_for_end().success(), "{}", trial.stderr());
    assert_eq!(trial.stderr().matches("`stdin` has ended").count(), 1, "{}", trial.stderr());
}

#[test]
fn after_a_kill_the_same_lines_are_other_lines_and_what_was_committed_is_kept() {
    let mut trial = Trial::new(RULES);
    for round in 0..3 {
        let (reader, mut writer) = io::pipe().unwrap();
        trial.start_on(reader);
        writer.write_all(b"count me\ntell me again\n").unwrap();
        // Of the counted, the first alone is told.
        trial.wait_for(round + 2);
        assert_eq!(
            trial.matched("counted"),
            round as u64 + 1,
            "a message is sent when it is saved"
        );
        trial.kill();
    }
    let mut ids: Vec<_> = trial.room.messages().into_iter().filter_map(|m| m.request_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

/// The most memory that a process had, in KiB.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Megabytes that are written. A longer run: `LOGBELL_FLOOD=200 cargo test --test it flood`.
fn n_megabytes() -> u64 {
    std::env::var("LOGBELL_FLOOD").ok().and_then(|n| n.parse().ok()).unwrap_or(40)
}

#[test]
fn a_flood_waits_while_the_store_cannot_be_written_and_takes_no_memory() {
    let mut trial = Trial::new(RULES);
    let (reader, mut writer) = io::pipe().unwrap();
    trial.start_on(reader);
    writer.write_all(b"tell me first\n").unwrap();
    trial.wait_for(1);
    let before = peak(trial.pid());
    let store = Connection::open(trial.state().join("logbell.db")).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    writer.write_all(b"tell me second\n").unwrap();
    trial.wait_for_stderr("cannot write the store");

    let line = format!("{} count me\n", "x".repeat(90));
    let block = line.repeat(1_000_000 / line.len());
    let n_blocks = n_megabytes();
    let written = AtomicU64::new(0);
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for _ in 0..n_blocks {
                writer.write_all(block.as_bytes()).unwrap();
                written.fetch_add(1, Ordering::Relaxed);
            }
            drop(writer);
        });
        // Nothing tells that a writer waits but that it does not get on.
        let mut so_far = (0, Instant::now());
        while so_far.1.elapsed() < Duration::from_secs(1) {
            let now = written.load(Ordering::Relaxed);
            if now != so_far.0 {
                so_far = (now, Instant::now());
            }
            thread::sleep(Duration::from_millis(20));
        }
        assert!(so_far.0 <= 1, "{} MB were taken while nothing can be saved", so_far.0);
        store.execute_batch("COMMIT").unwrap();
        let pid = trial.pid();
        let mut after = before;
        while !writing.is_finished() {
            after = peak(pid);
            thread::sleep(Duration::from_millis(5));
        }
        assert!(after < before + 8 * 1024, "from {before} to {after} KiB");
    });
    assert!(trial.wait_for_end().success(), "{}", trial.stderr());
    assert_eq!(trial.check_counts("counted"), n_blocks * (block.len() / line.len()) as u64);
    assert_eq!(trial.check_counts("told"), 2);
}

#[test]
fn what_was_taken_before_a_stop_is_matched_and_the_rest_stays_in_the_pipe() {
    let mut trial = Trial::new(RULES);
    let (mut reader, mut writer) = io::pipe().unwrap();
    trial.start_on(reader.try_clone().unwrap());
    // Lines never straddle the pages of a pipe, so that none is taken in part.
    let block = format!("{:>63}\n", "count me").repeat(64);
    let is_over = AtomicBool::new(false);
    let (n_written, n_left) = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut n_written = 0;
            while !is_over.load(Ordering::Relaxed) {
                writer.write_all(block.as_bytes()).unwrap();
                n_written += block.len();
            }
            drop(writer);
            n_written
        });
        trial.wait_for(1);
        assert!(trial.stop().success(), "{}", trial.stderr());
        is_over.store(true, Ordering::Relaxed);
        let n_left = io::copy(&mut reader, &mut io::sink()).unwrap();
        (writing.join().unwrap(), n_left)
    });
    assert_eq!(trial.check_counts("counted") + n_left / 64, n_written as u64 / 64);
}

#[test]
fn a_stop_does_not_wait_for_the_end_of_the_input() {
    let mut trial = Trial::new(RULES);
    let (reader, mut writer) = io::pipe().unwrap();
    trial.start_on(reader);
    writer.write_all(b"tell me first\n").unwrap();
    trial.wait_for(1);
    let started = Instant::now();
    trial.signal(Signal::TERM);
    assert!(trial.wait_for_end().success());
    assert!(started.elapsed() < LONG);
}
