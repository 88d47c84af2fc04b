//! Rotations that cannot be looked for, or not be read, and logs that nobody can open.

use super::super::body::faults::{self, Fault};
use super::prelude::*;

/// A log with an `olddir` that cannot be listed, of which `A` was read.
fn behind_a_shut_olddir(watching: Watching) -> Rig {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    // As root may list any directory, it is none.
    rig.write("old", "");
    rig.settings[0].olddir = Some(rig.path("old"));
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig
}

fn a_log_is_read_on_where_its_rotations_cannot_be_looked_for(watching: Watching) {
    let mut rig = behind_a_shut_olddir(watching);
    for (n, line) in ["B\n", "C\n", "D\n"].into_iter().enumerate() {
        rig.rename("a.log", &format!("a.log.{n}"));
        rig.write("a.log", line);
        rig.pass(1);
    }
    rig.expect(&["A", "B", "C", "D"]);
    let old = rig.path("old");
    let told: Vec<_> = rig.store.problems.iter().filter(|own| *own.path == *old).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].what.ends_with("let the agent's user list and enter this directory"));
    let status = rig.status("a.log").unwrap();
    assert_eq!(status.state, StreamState::Following);
    assert!(status.why.contains("cannot be looked at for its rotations"), "{}", status.why);
    rig.remove("old");
    rig.mkdir("old");
    rig.pass(100);
    assert_eq!(rig.status("a.log").unwrap().why, "");
    rig.expect_no_loss();
}

fn the_first_file_of_a_log_is_read_where_its_rotations_cannot_be_looked_for(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("old", "");
    rig.settings[0].olddir = Some(rig.path("old"));
    rig.start();
    rig.kill();
    rig.start();
    rig.write("a.log", "A\n");
    rig.expect(&["A"]);
}

fn a_rotation_that_was_passed_over_unseen_is_counted_and_not_read_late(watching: Watching) {
    let mut rig = behind_a_shut_olddir(watching);
    rig.rename("a.log", "a.log.2");
    rig.mkdir("hidden");
    rig.write("hidden/a.log.1", "missed\n");
    rig.write("a.log", "B\n");
    rig.expect(&["A", "B"]);
    rig.remove("old");
    rig.rename("hidden", "old");
    rig.pass(100);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [("unreadable", Some(7))]);
    // What is rotated from now on is found there.
    rig.kill();
    rig.write("a.log", "C\n");
    rig.rename("old/a.log.1", "old/a.log.3");
    rig.rename("a.log", "old/a.log.1");
    rig.write("a.log", "D\n");
    rig.start();
    rig.expect(&["A", "B", "C", "D"]);
    assert_eq!(rig.store.losses.len(), 1);
}

fn a_rotation_that_cannot_be_read_holds_up_neither_the_others_nor_the_log(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.3");
    rig.write("a.log.2", "on a bad block\n");
    rig.write("a.log.1", "B\n");
    rig.write("a.log", "C\n");
    faults::set(&rig.path("a.log.2"), Some(Fault::Read));
    rig.expect(&["A", "B", "C"]);
    faults::set(&rig.path("a.log.2"), None);
    rig.pass(100);
    rig.expect(&["A", "B", "C"]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, &*loss.what)).collect();
    let path = rig.path("a.log.2");
    let what =
        format!("`{}` was rotated away unread, and it cannot be read: a bad block", path.display());
    assert_eq!(losses, [("unreadable", &*what)]);
}

in_every_mode! {
    a_log_is_read_on_where_its_rotations_cannot_be_looked_for,
    the_first_file_of_a_log_is_read_where_its_rotations_cannot_be_looked_for,
    a_rotation_that_was_passed_over_unseen_is_counted_and_not_read_late,
    a_rotation_that_cannot_be_read_holds_up_neither_the_others_nor_the_log,
}

/// Each of them is named as a rotation of all before it, and none can be told to be one.
#[test]
fn a_chain_of_names_that_nobody_can_open_is_looked_at_once_each() {
    const N_LOGS: usize = 24;
    let names: Vec<_> = (0..N_LOGS).map(|n| "a".to_owned() + &".1".repeat(n)).collect();
    let names: Vec<_> = names.iter().map(|name| &**name).collect();
    let mut rig = Rig::in_mode(Watching::Both, &names);
    rig.start();
    for name in &names {
        rig.write(name, "A\n");
        faults::set(&rig.path(name), Some(Fault::Open));
    }
    rig.pass(1);
    rig.pass(1);
    assert!(faults::n_denied() > 0);
    assert!(faults::n_denied() <= 10 * N_LOGS * N_LOGS, "{}", faults::n_denied());
    for name in &names {
        faults::set(&rig.path(name), None);
    }
    rig.pass(10);
    assert_eq!(rig.lines().len(), N_LOGS);
}
