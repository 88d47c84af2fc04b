//! `kill -9` at every system call by which the agent reads, saves, sends and takes note: strace
//! kills the real program at its N-th one, for every N.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use crate::chaos::Dose;
use crate::spaces;
use crate::trial::{LONG, Trial, append};

/// Lines of the story.
const N_LINES: usize = 6;

/// The system calls that stand between a line and the note of its delivery, and about how many of
/// each one thread makes over the story.
const CALLS: [(&str, u32); 10] = [
    ("pread64", 30),
    ("pwrite64", 110),
    ("fsync", 10),
    ("ftruncate", 1),
    ("unlink", 2),
    ("write", 10),
    ("writev", 3),
    ("sendto", 1),
    ("recvfrom", 6),
    ("epoll_wait", 16),
];

/// Kills in `./tests/all`; `./tests/soak` makes every one.
const N_SAMPLES: usize = 20;

#[test]
#[ignore = "needs strace, which ./tests/all installs; ./tests/soak makes every kill"]
fn a_kill_at_any_system_call_loses_nothing_and_repeats_at_most_a_post_with_its_id() {
    let mut kills: BTreeMap<&str, u32> = BTreeMap::new();
    let mut note = |call, is_killed| *kills.entry(call).or_default() += u32::from(is_killed);
    if Dose::is_whole() {
        for (call, _) in CALLS {
            let mut n = 1;
            while is_killed_at(call, n) {
                note(call, true);
                n += 1;
            }
        }
    } else {
        let mut random = fastrand::Rng::with_seed(Dose::new(Duration::ZERO).seed);
        for _ in 0..N_SAMPLES {
            let (call, most) = CALLS[random.usize(0..CALLS.len())];
            note(call, is_killed_at(call, random.u32(1..=most)));
        }
    }
    eprintln!("kills at each call: {kills:?}");
    assert!(kills.values().any(|n| *n > 0), "strace has killed nothing");
}

/// Runs the story with a kill at the `n`-th `call` that one thread makes. Returns whether there
/// were so many.
fn is_killed_at(call: &str, n: u32) -> bool {
    let ended = story(call, n);
    ended.signal() == Some(9) || {
        assert!(ended.success());
        false
    }
}

/// Lines before the start, while it runs, and over a rotation; the agent that `inject` ends; and
/// one that is started after it. Returns how the first ended.
fn story(call: &str, n: u32) -> ExitStatus {
    let mut trial = Trial::new("");
    trial.configure(&spaces::rules(&trial, "LOG", N_LINES));
    // A log that was never followed would be new after a rotation.
    trial.start();
    trial.kill();
    trial.write("line 0\n");
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:signal=KILL:when={n}"));
    // The tracer is not between the agent and this test.
    let strace = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    trial.try_start_under(&strace);
    trial.write("line 1\n");
    let rotated = trial.folder().join("app.log.1");
    fs::rename(trial.log(), &rotated).unwrap();
    append(&rotated, b"line 2\n");
    trial.write("line 3\n");
    wait_for_posts(&mut trial, 4);
    trial.write("line 4\n");
    wait_for_posts(&mut trial, 5);
    let ended = if trial.is_alive() { trial.stop() } else { trial.wait_for_end() };
    trial.start();
    trial.write("line 5\n");
    trial.wait_for(N_LINES);
    for n in 0..N_LINES {
        trial.wait_for_matched(&format!("line-{n}"), 1);
    }
    assert!(trial.stop().success());
    check(&trial, &inject);
    ended
}

/// Waits until the room has `n` messages or the agent has ended.
fn wait_for_posts(trial: &mut Trial, n: usize) {
    let started = Instant::now();
    while trial.room.messages().len() < n && trial.is_alive() {
        assert!(started.elapsed() < LONG, "{n} messages expected\n{}", trial.stderr());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[track_caller]
fn check(trial: &Trial, inject: &str) {
    let messages = spaces::check(trial, N_LINES);
    // Each space had one post in flight at most; the room tells a repeat by its request id.
    assert!(messages.iter().all(|message| message.repeats <= 1), "{inject}: {messages:#?}");
}
