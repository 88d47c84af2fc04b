//! Values that were never seen: what is learnt from files, and what is told, over the real program.

use std::fs::{self, File};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::trial::Trial;

const LOGINS: &str = r#"
[[rule]]
name  = "new-users"
files = "LOG"
match = 'login of (?P<user>\S+)'
new   = "user"
"#;

/// A rule that is there before.
const OTHER: &str = r#"
[[rule]]
name  = "other"
files = "LOG"
match = "login of root"
count = 1000
within = "1h"
"#;

#[test]
fn what_stands_in_the_files_is_learnt_rotated_ones_included_and_all_that_comes_is_judged() {
    let mut trial = Trial::new(LOGINS);
    trial.write("login of ann\nlogin of bob\nlogin of half");
    fs::write(trial.folder().join("app.log.1"), "login of carol\n").unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(b"login of dave\nnothing else\n").unwrap();
    fs::write(trial.folder().join("app.log.2.gz"), packed.finish().unwrap()).unwrap();
    let old = trial.folder().join("app.log.3");
    fs::write(&old, "login of zoe\n").unwrap();
    let week_ago = SystemTime::now() - Duration::from_hours(8 * 24);
    File::options().append(true).open(&old).unwrap().set_modified(week_ago).unwrap();
    trial.start();
    trial.wait_for_stderr("rule `new-users` has learnt 4 values from 68 B that its logs held");
    // The line whose end comes now is judged, and so are those of years ago.
    trial.write("-a-name\nlogin of dave\nlogin of ann\nlogin of carol\nlogin of bob\n");
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.ends_with(" · new user: “half-a-name” (4 known): login of half-a-name"), "{text}");
    trial.wait_for_matched("new-users", 5);
    trial.kill();
    trial.write("login of half-a-name\nlogin of zoe\n");
    trial.start();
    let text = trial.wait_for(2)[1].message.text.clone();
    assert!(text.contains(" · new user: “zoe” (5 known): "), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered", "open(1) delivered"]);
    assert_eq!(trial.check_counts("new-users"), 7);
}

#[test]
fn a_rule_that_is_added_later_learns_what_was_read_and_judges_what_was_not() {
    let mut trial = Trial::new(OTHER);
    trial.start();
    trial.write("login of root\nlogin of ann\n");
    trial.wait_for_matched("other", 1);
    assert!(trial.stop().success());
    // Written while the agent is down, before and after a rotation.
    trial.write("login of mallory\n");
    fs::rename(trial.log(), trial.folder().join("app.log.1")).unwrap();
    trial.write("login of trudy\nlogin of ann\n");
    trial.configure(&format!("{OTHER}{LOGINS}"));
    trial.start();
    let texts: Vec<_> = trial.wait_for(2).iter().map(|own| own.message.text.clone()).collect();
    assert!(texts[0].contains("new user: “mallory” (2 known)"), "{texts:?}");
    assert!(texts[1].contains("new user: “trudy” (3 known)"), "{texts:?}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered", "open(1) delivered"]);
    assert_eq!(trial.check_counts("new-users"), 3);
}

#[test]
fn an_agent_that_is_killed_while_it_learns_learns_again() {
    let mut trial = Trial::new(LOGINS);
    // More than is learnt in a moment.
    let users: Vec<_> = (0..5000).map(|n| format!("login of user{n}\n")).collect();
    trial.write(users.concat().repeat(80));
    for pause in [20, 50, 100, 200] {
        trial.launch();
        std::thread::sleep(Duration::from_millis(pause));
        trial.kill();
    }
    trial.start();
    trial.write("login of user4999\nlogin of mallory\n");
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains("new user: “mallory” (5") && text.contains("000 known)"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered"]);
    assert_eq!(trial.check_counts("new-users"), 2);
}

#[test]
fn a_new_pattern_is_told_and_what_varies_in_it_is_not() {
    let mut trial = Trial::new(
        "[[rule]]\nname = \"new-errors\"\nfiles = \"LOG\"\nmatch = \"ERROR\"\nnew = \"pattern\"\n",
    );
    trial.write("ERROR connection to 10.0.0.1 lost after 12ms\n");
    trial.start();
    trial.write("ERROR connection to 10.0.0.9 lost after 7ms\n");
    trial.write("ERROR disk /dev/sda1 is full\n");
    let text = trial.wait_for(1)[0].message.text.clone();
    let expected =
        "new pattern: “ERROR disk ‹path› is full” (1 known): ERROR disk /dev/sda1 is full";
    assert!(text.ends_with(expected), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered"]);
    assert_eq!(trial.check_counts("new-errors"), 2);
}
