//! Killed, stopped and started again: nothing lost, nothing twice.

use std::collections::HashSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::trial::{Trial, append};

const RULES: &str = r#"
[[rule]]
name  = "counted"
files = "LOG"
match = 'count me (?P<n>\d+)'
debounce = "300ms"
context = [0, 0]

[[rule]]
name  = "end"
files = "LOG"
match = 'this is the end'
debounce = "0s"
"#;

/// Kills in the loop. A longer one: `LOGBELL_KILLS=500 cargo test --test it kill -- --nocapture`.
fn n_kills() -> u32 {
    std::env::var("LOGBELL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

#[test]
fn the_history_adds_up_exactly_after_kills_while_lines_are_written_and_rotated() {
    let mut trial = Trial::new(RULES);
    trial.start();
    let is_done = AtomicBool::new(false);
    let log = trial.log();
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0u64;
            while !is_done.load(Ordering::Relaxed) {
                for _ in 0..10 {
                    append(&log, format!("noise\ncount me {written}\n").as_bytes());
                    written += 1;
                }
                if written.is_multiple_of(500) {
                    fs::rename(&log, log.with_extension(format!("log.{written}"))).unwrap();
                }
                thread::sleep(Duration::from_millis(3));
            }
            written
        });
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..n_kills() {
            // The moment of the kill is what is tried out: any will do.
            thread::sleep(Duration::from_millis(random.u64(0..300)));
            trial.kill();
            trial.launch();
        }
        is_done.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    trial.kill();
    trial.write("this is the end\n");
    trial.start();
    // Told after all lines before it were matched.
    while !trial.room.messages().iter().any(|m| m.message.text.contains("this is the end")) {
        trial.wait_for(trial.room.messages().len() + 1);
    }
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("counted"), written, "{}", trial.stderr());

    let taken: Vec<_> = trial.room.messages().into_iter().filter_map(|m| m.request_id).collect();
    let once: HashSet<_> = taken.iter().collect();
    assert_eq!(once.len(), taken.len(), "no request id is posted as two messages");
    for row in trial.history() {
        if row["state"] == "delivered" {
            assert!(once.contains(&row["id"].as_str().unwrap().to_owned()), "{row}");
        }
    }
}

#[test]
fn a_restart_goes_on_where_it_stopped_and_repeats_nothing() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write("count me 1\n");
    trial.wait_for(1);
    assert!(trial.stop().success());
    trial.write("this is the end\n");
    trial.start();
    let messages = trial.wait_for(2);
    assert!(messages[1].message.text.contains("this is the end"));
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("counted"), 1);
    assert_eq!(trial.check_counts("end"), 1);
}

#[test]
fn counts_go_on_over_restarts() {
    let mut trial = Trial::new(&RULES.replace("300ms", "1h"));
    for n in 1..=3 {
        trial.start();
        trial.write(format!("count me {n}\n"));
        trial.write(format!("this is the end {n}\n"));
        // Of the counted, the first alone is told; the end is told each time, and is read last.
        trial.wait_for(1 + n);
        assert!(trial.stop().success());
    }
    assert_eq!(trial.check_counts("counted"), 3);
    assert_eq!(trial.told(), ["open(1) delivered"; 4]);
}
