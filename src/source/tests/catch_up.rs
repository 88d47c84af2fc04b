//! What was written while the agent was down, longer ago than `catch_up` allows.

use super::super::body::faults::{self, Fault};
use super::prelude::*;
use crate::flow::Loss;

/// A log of which `A` was read, a day ago; then the agent was stopped.
fn down_for_a_day(watching: Watching) -> Rig {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.settings[0].catch_up = Some(Duration::from_hours(6));
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.kill();
    rig.now = rig.now + Duration::from_hours(24);
    rig
}

/// Has a file last written so many hours before the agent starts again.
fn age(rig: &Rig, name: &str, hours: u64) {
    let file = OpenOptions::new().write(true).open(rig.path(name)).unwrap();
    let now = std::time::UNIX_EPOCH + Duration::from_millis(rig.now.as_millis().unsigned_abs());
    file.set_modified(now - Duration::from_hours(hours)).unwrap();
}

#[track_caller]
fn expect_skipped(rig: &Rig, bytes: &[Option<u64>]) {
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    let expected: Vec<_> = bytes.iter().map(|bytes| (Loss::SKIPPED, *bytes)).collect();
    assert_eq!(losses, expected);
}

fn files_older_than_catch_up_are_skipped_and_counted(watching: Watching) {
    let mut rig = down_for_a_day(watching);
    rig.write("a.log", "too old\n");
    rig.rename("a.log", "a.log.3");
    age(&rig, "a.log.3", 22);
    rig.write("a.log.2", "old too\n");
    age(&rig, "a.log.2", 20);
    rig.write("a.log.1", "C\n");
    age(&rig, "a.log.1", 2);
    rig.write("a.log", "D\n");
    age(&rig, "a.log", 1);
    rig.start();
    rig.expect(&["A", "C", "D"]);
    expect_skipped(&rig, &[Some(8), Some(8)]);
}

fn an_archive_that_is_whole_after_the_start_is_skipped_by_its_age(watching: Watching) {
    let mut rig = down_for_a_day(watching);
    rig.rename("a.log", "a.log.2");
    rig.write("a.log.1", &numbered("old", 200));
    rig.pack("a.log.1", "gz");
    let whole = fs::read(rig.path("a.log.1.gz")).unwrap();
    rig.remove("a.log.1.gz");
    rig.write("a.log.1.gz", &whole[..20]);
    age(&rig, "a.log.1.gz", 0);
    rig.write("a.log", "D\n");
    age(&rig, "a.log", 1);
    rig.start();
    rig.pass(3);
    rig.write("a.log.1.gz", &whole[20..]);
    age(&rig, "a.log.1.gz", 20);
    rig.pass(15);
    rig.expect(&["A", "D"]);
    expect_skipped(&rig, &[None]);
}

fn a_log_that_could_not_be_opened_at_the_start_is_skipped_by_its_age(watching: Watching) {
    let mut rig = down_for_a_day(watching);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "old\n");
    age(&rig, "a.log", 20);
    faults::set(&rig.path("a.log"), Some(Fault::Open));
    rig.start();
    assert_eq!(rig.state("a.log"), Some(StreamState::Denied));
    faults::set(&rig.path("a.log"), None);
    // As a change of its permissions tells.
    fs::set_permissions(rig.path("a.log"), fs::Permissions::from_mode(0o600)).unwrap();
    rig.pass(6);
    rig.write("a.log", "C\n");
    age(&rig, "a.log", 0);
    rig.expect(&["A", "C"]);
    expect_skipped(&rig, &[Some(4)]);
}

/// Room is made by the scans, which there are none of with events alone.
#[test]
fn what_is_old_is_skipped_too_where_there_is_no_room_to_open_it_at_once() {
    let mut rig = down_for_a_day(Watching::Both);
    rig.max_open = 1;
    for n in 1..4 {
        rig.write(&format!("a.log.{n}"), "old\n");
        age(&rig, &format!("a.log.{n}"), 20 + n);
    }
    rig.rename("a.log", "a.log.4");
    rig.write("a.log", "C\n");
    age(&rig, "a.log", 1);
    rig.start();
    rig.pass(200);
    rig.expect(&["A", "C"]);
    expect_skipped(&rig, &[Some(4); 3]);
}

fn a_file_that_comes_while_the_agent_is_up_is_read_whatever_its_age(watching: Watching) {
    let mut rig = down_for_a_day(watching);
    rig.start();
    rig.pass(10);
    rig.rename("a.log", "a.log.1");
    rig.write("new", "B\n");
    age(&rig, "new", 20);
    rig.rename("new", "a.log");
    rig.expect(&["A", "B"]);
    rig.expect_no_loss();
}

in_every_mode! {
    files_older_than_catch_up_are_skipped_and_counted,
    an_archive_that_is_whole_after_the_start_is_skipped_by_its_age,
    a_log_that_could_not_be_opened_at_the_start_is_skipped_by_its_age,
    a_file_that_comes_while_the_agent_is_up_is_read_whatever_its_age,
}
