//! Events, directories, and what cannot be followed.

use super::prelude::*;
use crate::flow::Mode;

fn what_cannot_be_followed_is_told_once_and_tried_again(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["missing.log", "dir"]);
    fs::create_dir(rig.path("dir")).unwrap();
    rig.start();
    rig.pass(20);
    assert_eq!(rig.state("missing.log"), Some(StreamState::Missing));
    assert_eq!(rig.state("dir"), Some(StreamState::NotAFile));
    assert_eq!(rig.store.problems.len(), 2);
    rig.write("missing.log", "A\n");
    fs::remove_dir(rig.path("dir")).unwrap();
    rig.write("dir", "B\n");
    rig.pass(2);
    assert_eq!(rig.lines().len(), 2);
    assert_eq!(rig.state("dir"), Some(StreamState::Following));
}

fn a_directory_that_appears_is_entered(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["new/deep/a.log", "x*/**/*.log"]);
    rig.start();
    fs::create_dir_all(rig.path("new/deep")).unwrap();
    fs::create_dir_all(rig.path("x1/y/z")).unwrap();
    rig.write("new/deep/a.log", "A\n");
    rig.pass(2);
    rig.write("x1/y/z/b.log", "B\n");
    rig.expect(&["A", "B"]);
}

#[test]
fn events_ring_the_bell() {
    let mut rig = Rig::with(&["*.log"], Start::End, Watching::Events);
    rig.start();
    rig.waker.wait(Some(Duration::from_millis(50)));
    for text in ["A\n", "B\n"] {
        rig.write("a.log", text);
        for _ in 0..10 {
            rig.waker.wait(Some(Duration::from_millis(500)));
            rig.run();
            if rig.lines().last() == Some(&text.trim_end()) {
                break;
            }
        }
    }
    rig.rename("a.log", "gone");
    rig.write("a.log", "C\n");
    rig.waker.wait(Some(Duration::from_secs(5)));
    rig.run();
    assert_eq!(rig.lines(), ["A", "B", "C"]);
}

#[test]
fn a_ring_before_the_wait_is_not_lost() {
    let waker = Waker::new();
    waker.wake();
    waker.wait(None);
    waker.wait(Some(Duration::from_millis(1)));
}

#[test]
fn a_glob_enters_no_directory_in_vain() {
    let tree = |text: &str| match glob::Pattern::parse(Path::new(text)).unwrap() {
        glob::Pattern::Glob(tree) => tree,
        glob::Pattern::Path(_) => panic!("a path"),
    };
    let logs = tree("/var/log/app-*/*.log");
    assert_eq!(logs.base, Path::new("/var/log"));
    assert!(logs.enters("app-1".as_ref(), 0));
    assert!(!logs.enters("other".as_ref(), 0));
    assert!(!logs.enters("app-1".as_ref(), 1));
    assert!(tree("/var/**/x").enters("any".as_ref(), 7));
}

fn a_path_that_cannot_be_opened_is_not_ready_until_it_can(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log/b.log"]);
    rig.start();
    assert!(rig.source.as_ref().unwrap().is_ready());
    fs::create_dir(rig.path("a.log")).unwrap();
    std::os::unix::fs::symlink("b.log", rig.path("a.log/b.log")).unwrap();
    rig.pass(2);
    assert!(!rig.source.as_ref().unwrap().is_ready());
    rig.remove("a.log/b.log");
    rig.pass(6);
    assert!(rig.source.as_ref().unwrap().is_ready());
}

fn s20_a_directory_that_becomes_readable_is_entered(watching: Watching) {
    for files in ["logs/*.log", "logs/a.log", "**/a.log"] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.mkdir("logs");
        rig.start();
        let mode = |mode| fs::set_permissions(rig.path("logs"), fs::Permissions::from_mode(mode));
        mode(0o0).unwrap();
        // Root may enter it anyway: then there is nothing to wait for.
        let is_denied = fs::read_dir(rig.path("logs")).is_err();
        mode(0o755).unwrap();
        rig.write("logs/a.log", "A\n");
        mode(0o0).unwrap();
        rig.pass(2);
        if is_denied {
            assert_eq!(rig.lines(), [""; 0]);
        }
        fs::set_permissions(rig.path("logs"), fs::Permissions::from_mode(0o755)).unwrap();
        rig.pass(12);
        assert_eq!(rig.lines(), ["A"], "{files}");
        rig.write("logs/a.log", "B\n");
        rig.expect(&["A", "B"]);
        rig.expect_no_loss();
    }
}

/// As it is in a service that is started before its directory is opened to it.
fn s20_a_directory_that_could_not_be_entered_at_the_start_is_entered_later(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["logs/*.log"]);
    rig.mkdir("logs");
    fs::set_permissions(rig.path("logs"), fs::Permissions::from_mode(0o0)).unwrap();
    let is_denied = fs::read_dir(rig.path("logs")).is_err();
    rig.start();
    if is_denied {
        assert!(!rig.source.as_ref().unwrap().is_ready());
        assert_eq!(rig.store.problems.len(), 1);
        assert!(rig.store.problems[0].what.ends_with("let the agent's user list this directory"));
    }
    fs::set_permissions(rig.path("logs"), fs::Permissions::from_mode(0o755)).unwrap();
    rig.pass(11);
    assert!(rig.source.as_ref().unwrap().is_ready());
    rig.write("logs/a.log", "A\n");
    rig.expect(&["A"]);
}

fn a_status_says_why_a_log_is_not_read_and_what_wakes_its_reader(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["missing.log", "dir", "a.log", "loop"]);
    let mode = if watching == Watching::Polling { Mode::Polling } else { Mode::Events };
    rig.mkdir("dir");
    rig.link("loop", "loop");
    rig.write("a.log", "old\n");
    rig.start();
    let why = |rig: &Rig, name: &str| rig.status(name).unwrap().why;
    let first = "it is read from its first line once it appears";
    assert_eq!(why(&rig, "missing.log"), format!("there is no such file; {first}"));
    assert!(why(&rig, "dir").starts_with("this is a directory or a device, not a file"));
    assert!(why(&rig, "loop").ends_with("it is tried again every 5s"));
    let status = rig.status("a.log").unwrap();
    assert_eq!((&*status.why, status.mode), ("", mode));
    assert_eq!((status.offset, status.size), (4, 4));
    assert_eq!(rig.store.modes[&rig.path("a.log")], mode);
    // As of the last look, before anything of it is read.
    rig.write("a.log", "new\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    let status = rig.status("a.log").unwrap();
    assert_eq!((status.offset, status.size, status.state), (4, 8, StreamState::Reading));
    assert!(status.generation.is_some());
    rig.read_all();
    rig.commit();
    assert_eq!(rig.status("a.log").unwrap().offset, 8);
    rig.remove("a.log");
    rig.pass(100);
    assert_eq!(why(&rig, "a.log"), format!("the file was removed; {first}"));
    assert_eq!(rig.store.states[&rig.path("a.log")], StreamState::Missing);
}

in_every_mode! {
    s20_a_directory_that_becomes_readable_is_entered,
    s20_a_directory_that_could_not_be_entered_at_the_start_is_entered_later,
    a_status_says_why_a_log_is_not_read_and_what_wakes_its_reader,
    what_cannot_be_followed_is_told_once_and_tried_again,
    a_directory_that_appears_is_entered,
    a_path_that_cannot_be_opened_is_not_ready_until_it_can,
}
