//! The first start on a store of the first version, whose rows do not say when files were changed.

use super::prelude::*;

const HOUR: Duration = Duration::from_hours(1);

/// A log with `text` in it that was read, beside two old archives, and a store of the first version.
fn old_rig(watching: Watching, text: &str) -> Rig {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.step_file_clock();
    for n in [3, 2] {
        rig.write("a.log", &format!("start\nold {n}\n"));
        rotate(&mut rig, n);
    }
    rig.write("a.log", "");
    rig.now = rig.now + HOUR;
    rig.start();
    rig.write("a.log", text);
    rig.pass(2);
    assert_eq!(rig.lines(), text.lines().collect::<Vec<_>>());
    rig.kill();
    for row in rig.store.rows.values_mut() {
        (row.modified, row.anchors) = (None, Vec::new());
    }
    rig.now = rig.now + HOUR;
    rig
}

/// Rotates the log to the archive number `n`.
fn rotate(rig: &mut Rig, n: usize) {
    rig.now = rig.now + HOUR;
    rig.rename("a.log", &format!("a.log.{n}"));
    rig.pack(&format!("a.log.{n}"), "gz");
}

fn old_archives_are_not_read(watching: Watching) {
    let mut rig = old_rig(watching, "A\n");
    rig.start();
    rig.write("a.log", "B\n");
    rig.expect(&["A", "B"]);
    // The row tells the time from now on.
    assert!(rig.store.rows.values().all(|row| row.modified.is_some()));
    rotate(&mut rig, 1);
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
    rig.expect_no_loss();
}

fn what_was_written_and_packed_while_down_is_read_and_old_archives_not(watching: Watching) {
    for text in ["start\n".to_owned(), numbered("A", 20)] {
        let mut rig = old_rig(watching, &text);
        rig.write("a.log", "B\n");
        rotate(&mut rig, 1);
        rig.write("a.log", "C\n");
        rotate(&mut rig, 0);
        rig.write("a.log", "D\n");
        rig.start();
        let expected: Vec<_> = text.lines().chain(["B", "C", "D"]).collect();
        rig.expect(&expected);
        rig.expect_no_loss();
    }
}

fn what_was_read_and_packed_while_down_is_known_again(watching: Watching) {
    for text in ["start\n".to_owned(), numbered("A", 20)] {
        let mut rig = old_rig(watching, &text);
        rotate(&mut rig, 1);
        rig.write("a.log", "B\n");
        rig.start();
        let expected: Vec<_> = text.lines().chain(["B"]).collect();
        rig.expect(&expected);
        rig.expect_no_loss();
    }
}

fn a_log_that_was_removed_while_down_is_not_taken_for_an_old_archive(watching: Watching) {
    let mut rig = old_rig(watching, "start\n");
    rig.remove("a.log");
    rig.write("a.log", "B\n");
    rig.start();
    rig.expect(&["start", "B"]);
    assert_eq!(rig.store.losses.len(), 1);
}

in_every_mode! {
    old_archives_are_not_read,
    what_was_written_and_packed_while_down_is_read_and_old_archives_not,
    what_was_read_and_packed_while_down_is_known_again,
    a_log_that_was_removed_while_down_is_not_taken_for_an_old_archive,
}
