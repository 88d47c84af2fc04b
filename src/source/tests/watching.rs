//! Events, directories, and what cannot be followed.

use super::prelude::*;

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

in_every_mode! {
    what_cannot_be_followed_is_told_once_and_tried_again,
    a_directory_that_appears_is_entered,
    a_path_that_cannot_be_opened_is_not_ready_until_it_can,
}
