//! Which file is which, whatever it is called.

use super::prelude::*;

fn s29_s30_deleted_and_recreated_is_read_from_its_beginning(watching: Watching) {
    for is_up in [true, false] {
        for n_lines in [1, 30] {
            let mut rig = Rig::in_mode(watching, &["a.log"]);
            rig.start();
            rig.write("a.log", "old 1\nold 2\nold 3\n");
            rig.pass(1);
            if !is_up {
                rig.kill();
            }
            rig.remove("a.log");
            let text = numbered("new", n_lines);
            rig.write("a.log", &text);
            if !is_up {
                rig.start();
            }
            rig.pass(2);
            assert_eq!(rig.lines()[3..], text.lines().collect::<Vec<_>>()[..]);
        }
    }
}

fn s31_a_file_restored_from_a_backup_repeats_nothing(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", &numbered("kept", 50));
    rig.pass(1);
    rig.kill();
    rig.copy("a.log", "backup");
    rig.remove("a.log");
    rig.rename("backup", "a.log");
    rig.write("a.log", "new\n");
    rig.start();
    rig.pass(2);
    assert_eq!(rig.lines().len(), 51);
    rig.expect_no_loss();
}

fn s32_s33_another_device_number_changes_nothing(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.kill();
    for row in rig.store.rows.values_mut() {
        row.identity.dev += 7;
        row.identity.born = row.identity.born.map(|born| born + 1);
    }
    rig.write("a.log", "B\n");
    rig.start();
    rig.expect(&["A", "B"]);
}

fn a_link_that_is_turned_to_another_file_is_followed_there(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["current"]);
    rig.write("1.txt", "old\n");
    std::os::unix::fs::symlink(rig.path("1.txt"), rig.path("current")).unwrap();
    rig.start();
    rig.write("1.txt", "A\n");
    rig.pass(1);
    rig.write("1.txt", "B\n");
    rig.write("2.txt", "C\n");
    std::os::unix::fs::symlink(rig.path("2.txt"), rig.path("next")).unwrap();
    rig.rename("next", "current");
    rig.expect(&["A", "B", "C"]);
}

fn finished_rotations_are_known_again_on_a_device_of_another_number(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log*"]);
    rig.start();
    rig.write("a.log", &numbered("A", 50));
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(200);
    rig.kill();
    rig.rename("a.log.1", "a.log.2");
    rig.store.rows.values_mut().for_each(|row| row.identity.dev += 7);
    rig.start();
    rig.pass(3);
    rig.write("a.log.2", "late\n");
    rig.pass(12);
    assert_eq!(rig.lines().len(), 52);
    rig.expect_no_loss();
}

in_every_mode! {
    s29_s30_deleted_and_recreated_is_read_from_its_beginning,
    s31_a_file_restored_from_a_backup_repeats_nothing,
    s32_s33_another_device_number_changes_nothing,
    a_link_that_is_turned_to_another_file_is_followed_there,
    finished_rotations_are_known_again_on_a_device_of_another_number,
}
