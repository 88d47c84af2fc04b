//! What can be seen of a source: whether anything that was written is still to be matched.

use super::prelude::*;
use crate::flow::{Sight, SourceId};

#[track_caller]
fn check(rig: &Rig, expected: Sight) {
    let sight = rig.source.as_ref().unwrap().sight_of(SourceId(0), rig.now);
    assert_eq!(sight, expected);
}

fn a_source_is_in_clear_sight_once_all_its_logs_are_matched(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log", "missing.log"]);
    rig.write("a.log", "old\n");
    rig.start();
    check(&rig, Sight::Clear);
    rig.write("a.log", "new\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    check(&rig, Sight::Behind);
    rig.read_all();
    check(&rig, Sight::Clear);
    rig.write("a.log", "not ended");
    rig.pass(1);
    check(&rig, Sight::Clear);
}

fn lines_written_while_the_agent_was_down_are_to_be_matched_first(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "old\n");
    rig.start();
    rig.kill();
    rig.write("a.log", "late\n");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "");
    rig.open();
    check(&rig, Sight::Behind);
    rig.reconcile();
    check(&rig, Sight::Behind);
    rig.read_all();
    check(&rig, Sight::Clear);
    rig.expect(&["late"]);
}

fn lines_that_were_packed_while_the_agent_was_down_are_to_be_matched_first(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "old\n");
    rig.start();
    rig.kill();
    rig.write("a.log", "late\n");
    rig.rename("a.log", "a.log.1");
    rig.pack("a.log.1", "gz");
    rig.write("a.log", "");
    rig.open();
    rig.reconcile();
    check(&rig, Sight::Behind);
    rig.read_all();
    check(&rig, Sight::Clear);
    rig.expect(&["late"]);
}

fn lines_that_wait_for_others_are_to_be_matched_first(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.write("a.log", "one\ntwo\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    assert!(rig.read_some(1));
    while rig.read_some(0) {}
    check(&rig, Sight::Settling);
    rig.pass(1);
    check(&rig, Sight::Clear);
    rig.expect(&["one", "two"]);
}

fn a_log_that_cannot_be_read_is_named(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log", "dir"]);
    let spot = |rig: &Rig| {
        let spot = rig.source.as_ref().unwrap().blind_spot_of(SourceId(0))?;
        Some(format!("{}: {}", spot.path.file_name().unwrap().display(), spot.why))
    };
    rig.write("a.log", "");
    rig.start();
    let dir = "dir: there is no such file; it is read from its first line once it appears";
    assert_eq!(spot(&rig).as_deref(), Some(dir));
    rig.write("dir", "");
    rig.pass(10);
    assert_eq!(spot(&rig), None, "an empty file is one");
    rig.remove("a.log");
    rig.pass(100);
    let gone = "a.log: the file was removed; it is read from its first line once it appears";
    assert_eq!(spot(&rig).as_deref(), Some(gone));
}

fn a_glob_hides_nothing_while_it_finds_any_log(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    let spot = |rig: &Rig| {
        let spot = rig.source.as_ref().unwrap().blind_spot_of(SourceId(0));
        spot.map(|spot| spot.why.to_string())
    };
    rig.start();
    assert_eq!(spot(&rig).as_deref(), Some("no log is there"));
    rig.write("a.log", "");
    rig.write("b.log", "");
    rig.pass(60);
    assert_eq!(spot(&rig), None);
    rig.remove("a.log");
    rig.pass(3);
    assert_eq!(spot(&rig), None);
    rig.remove("b.log");
    rig.pass(100);
    assert_eq!(spot(&rig).as_deref(), Some("no log is there"));
}

in_every_mode! {
    a_log_that_cannot_be_read_is_named,
    a_glob_hides_nothing_while_it_finds_any_log,
    a_source_is_in_clear_sight_once_all_its_logs_are_matched,
    lines_written_while_the_agent_was_down_are_to_be_matched_first,
    lines_that_were_packed_while_the_agent_was_down_are_to_be_matched_first,
    lines_that_wait_for_others_are_to_be_matched_first,
}
