//! A FIFO through the real program.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::trial::Trial;

const RULES: &str = r#"
[[rule]]
name = "counted"
files = "DIR/*.fifo"
match = 'count me (?P<n>\d+)'
debounce = "1h"
context = [0, 0]

[[rule]]
name = "told"
files = "DIR/*.fifo"
match = 'tell me (?P<n>\w+)'
group_by = ["n"]
debounce = "0s"
"#;

fn make(path: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).unwrap();
}

/// Opens it to write: this waits until it is read.
fn writer(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}

#[test]
fn writers_come_and_go_and_each_line_is_matched_once_over_kills() {
    let mut trial = Trial::new(RULES);
    let path = trial.folder().join("app.fifo");
    make(&path);
    for round in 0..3 {
        trial.start();
        for part in 0..5 {
            let mut writer = writer(&path);
            for n in 0..100 {
                writeln!(writer, "count me {n}").unwrap();
            }
            if part == 4 {
                writeln!(writer, "tell me r{round}").unwrap();
            }
        }
        // One more for the first of the counted.
        trial.wait_for(round + 2);
        // All of it was committed with the last message.
        trial.kill();
    }
    trial.start();
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("counted"), 1500);
    assert_eq!(trial.check_counts("told"), 3);
    let texts: Vec<_> = trial.room.messages().into_iter().map(|m| m.message.text).collect();
    let is_told = |text: &&String| text.contains("tell me");
    let told: Vec<_> =
        texts.iter().filter(is_told).map(|text| text.rsplit(' ').next().unwrap()).collect();
    assert_eq!(told, ["r0", "r1", "r2"]);
}

#[test]
fn one_that_is_made_again_is_followed_again_and_shown() {
    let mut trial = Trial::new(RULES);
    trial.start();
    let path = trial.folder().join("late.fifo");
    for n in 0..3 {
        make(&path);
        let mut writer = writer(&path);
        writeln!(writer, "tell me n{n}").unwrap();
        trial.wait_for(n + 1);
        let status = trial.status();
        let rows = status["files"].as_array().unwrap();
        let row = rows.iter().find(|row| row["path"] == path.to_str().unwrap()).unwrap();
        assert_eq!(row["state"], "following", "{rows:#?}");
        std::fs::remove_file(&path).unwrap();
    }
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("told"), 3);
}
