//! More than the system gives: no watches, too few events, too few open files. All lines are read
//! once all the same, and it is said once.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Command;

use rustix::process::Signal;

use crate::chaos::{Dose, settle};
use crate::tally::Tally;
use crate::trial::{Trial, append};

/// Starts the agent where a limit of inotify is 0. `false` where the tests may not.
fn start_without(trial: &mut Trial, limit: &str) -> bool {
    let lower = format!("echo 0 > /proc/sys/user/{limit} && exec \"$@\"");
    // A user namespace has limits of its own.
    let wrapper = ["unshare", "-Ur", "sh", "-c", &lower, "sh"];
    let tried = Command::new(wrapper[0]).args(&wrapper[1..]).arg("true").output();
    let may = tried.is_ok_and(|output| output.status.success());
    if may {
        trial.start_under(&wrapper);
    } else {
        eprintln!("SKIPPED: user namespaces are not to be had");
    }
    may
}

#[track_caller]
fn check_polling(limit: &str, said: &str) {
    let mut trial = Trial::new(&Tally::rules("polled", "DIR/logs/*.log", ""));
    let logs = trial.folder().join("logs");
    fs::create_dir(&logs).unwrap();
    let mut tally = Tally::new("polled");
    append(&logs.join("0.log"), tally.line().as_bytes());
    if !start_without(&mut trial, limit) {
        return;
    }
    for n in 0..30 {
        let log = logs.join(format!("{}.log", n % 5));
        append(&log, tally.line().as_bytes());
        if n % 10 == 9 {
            trial.wait_for_matched("polled", tally.n_lines());
            fs::rename(&log, logs.join(format!("{}.log.1", n % 5))).unwrap();
        }
    }
    settle(&mut trial, || {
        append(&logs.join("0.log"), tally.line().as_bytes());
        vec![tally.clone()]
    });
    assert_eq!(trial.stderr().matches(said).count(), 1, "{}", trial.stderr());
}

#[test]
fn without_a_watch_all_is_polled_and_that_is_said_once() {
    check_polling("max_inotify_watches", "max_user_watches");
}

#[test]
fn without_an_instance_all_is_polled_and_that_is_said_once() {
    check_polling("max_inotify_instances", "max_user_instances");
}

#[test]
fn more_events_than_the_queue_holds_cost_no_line() {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: u32 = limit.trim().parse().unwrap();
    if limit > 200_000 {
        eprintln!("SKIPPED: max_queued_events is {limit}");
        return;
    }
    let mut trial = Trial::new(&Tally::rules("many", "DIR/logs/*.log", ""));
    let logs = trial.folder().join("logs");
    fs::create_dir(&logs).unwrap();
    let paths = ["a.log", "b.log"].map(|name| logs.join(name));
    let mut files = paths.each_ref().map(|path| File::create(path).unwrap());
    let mut tally = Tally::new("many");
    trial.start();
    trial.signal(Signal::STOP);
    // In turns: events of one file in a row would become one.
    for n in 0..limit + 100 {
        files[n as usize % 2].write_all(tally.line().as_bytes()).unwrap();
    }
    // The event of this one is lost with those that find no room.
    append(&logs.join("c.log"), tally.line().as_bytes());
    trial.signal(Signal::CONT);
    settle(&mut trial, || {
        append(&paths[0], tally.line().as_bytes());
        vec![tally.clone()]
    });
}

#[test]
fn of_more_logs_than_may_be_open_no_line_is_lost_or_repeated_over_restarts() {
    let (n_logs, n_open) = if Dose::is_whole() { (10_000, 1024) } else { (200, 144) };
    let mut trial = Trial::new(&Tally::rules("crowd", "DIR/logs/*/*.log", ""));
    let log = |n: usize| trial_log(&trial, n);
    let logs: Vec<_> = (0..n_logs).map(log).collect();
    let mut tally = Tally::new("crowd");
    for log in &logs {
        fs::create_dir_all(log.parent().unwrap()).unwrap();
        append(log, tally.line().as_bytes());
    }
    trial.start_with_open_files(n_open);
    trial.wait_for_matched("crowd", tally.n_lines());
    assert_eq!(trial.stderr().matches("raise LimitNOFILE").count(), 1, "{}", trial.stderr());
    for log in logs.iter().step_by(7) {
        append(log, tally.line().as_bytes());
    }
    trial.wait_for_matched("crowd", tally.n_lines());
    trial.kill();
    for log in logs.iter().step_by(3) {
        append(log, tally.line().as_bytes());
    }
    trial.start_with_open_files(n_open);
    trial.wait_for_matched("crowd", tally.n_lines());
    settle(&mut trial, || {
        append(&logs[0], tally.line().as_bytes());
        vec![tally.clone()]
    });
}

fn trial_log(trial: &Trial, n: usize) -> std::path::PathBuf {
    trial.folder().join(format!("logs/{}/{n}.log", n % 200))
}
