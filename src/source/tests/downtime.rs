//! What happened while the agent was down.

use super::prelude::*;

fn s34_a_rotation_while_down_is_read_from_both_files(watching: Watching) {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.kill();
        rig.write("a.log", "B\n");
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "C\n");
        rig.start();
        rig.expect(&["A", "B", "C"]);
        rig.expect_no_loss();
    }
}

fn s39_a_generation_that_is_gone_is_reported(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.kill();
    rig.remove("a.log");
    rig.write("b.log", "");
    rig.write("a.log", "C\n");
    rig.start();
    rig.expect(&["A", "C"]);
    assert_eq!(rig.store.losses.len(), 1);
    assert_eq!(rig.store.losses[0].kind, "generation-gone");
}

fn a_rotated_log_that_was_read_and_then_compressed_while_down_is_no_loss(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(2);
    rig.kill();
    rig.rename("a.log.1", "a.log.1.gz");
    rig.remove("a.log.1.gz");
    rig.write("a.log", "C\n");
    rig.start();
    rig.expect(&["A", "B", "C"]);
    rig.expect_no_loss();
}

fn a_copy_made_while_the_writer_went_on_is_not_read_again_after_a_restart(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.write("a.log", &numbered("first", 200));
    rig.copy("a.log", "a.log.1");
    // What comes between the copy and the truncation is in no copy.
    rig.write("a.log", &numbered("late", 3));
    rig.pass(1);
    rig.truncate("a.log");
    rig.write("a.log", &numbered("second", 100));
    rig.pass(1);
    rig.kill();
    rig.rename("a.log.1", "a.log.2");
    rig.write("a.log", &numbered("down", 2));
    rig.copy("a.log", "a.log.1");
    rig.truncate("a.log");
    rig.write("a.log", &numbered("third", 100));
    rig.start();
    rig.pass(2);
    let written = ["first", "late", "second", "down", "third"].iter().zip([200, 3, 100, 2, 100]);
    let all = written.fold(String::new(), |all, (name, n)| all + &numbered(name, n));
    assert_eq!(rig.lines(), all.lines().collect::<Vec<_>>());
    rig.expect_no_loss();
}

fn rows_go_a_week_after_their_files(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(2);
    rig.remove("a.log");
    rig.pass(100);
    assert_eq!(rig.store.rows.len(), 1);
    assert!(rig.store.rows.values().all(|row| row.finished));
    rig.now = rig.now + Duration::from_hours(7 * 24);
    rig.pass(2);
    assert_eq!(rig.store.rows.len(), 0);
}

fn what_was_copied_and_truncated_several_times_while_the_agent_was_down_is_read_in_order(
    watching: Watching,
) {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.write("a.log.4", "before all\n");
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.kill();
        for text in ["B\n", "C\n", "D\n"] {
            rig.write("a.log", text);
            for i in [2, 1] {
                let _ = fs::rename(
                    rig.path(&format!("a.log.{i}")),
                    rig.path(&format!("a.log.{}", i + 1)),
                );
            }
            rig.copy("a.log", "a.log.1");
            rig.truncate("a.log");
        }
        rig.write("a.log", "E\n");
        rig.start();
        rig.pass(200);
        assert_eq!(rig.lines(), ["A", "B", "C", "D", "E"]);
        rig.expect_no_loss();
    }
}

fn a_file_that_was_awaited_is_read_from_its_beginning_after_a_crash(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.pass(2);
    rig.kill();
    rig.write("a.log", "A\n");
    // The last commit was made after the file was, and before anyone looked.
    std::thread::sleep(Duration::from_millis(20));
    rig.store.last_up = Some(real_now());
    rig.start();
    rig.write("a.log", "B\n");
    rig.expect(&["A", "B"]);
}

fn a_log_that_is_rotated_before_it_was_ever_seen_is_read(watching: Watching) {
    for (files, is_up) in [("a.log", true), ("a.log", false), ("*.log", false)] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.write("a.log.7", "there before all\n");
        rig.write("b.log", "");
        // Files are told apart by the tick of the file system's clock from the last commit.
        std::thread::sleep(Duration::from_millis(20));
        rig.start();
        rig.pass(1);
        if !is_up {
            std::thread::sleep(Duration::from_millis(20));
            rig.kill();
        }
        for (from, text) in [(None, "A\n"), (Some(1), "B\n"), (Some(2), "C\n")] {
            if let Some(n) = from {
                if n == 2 {
                    rig.rename("a.log.1", "a.log.2");
                }
                rig.rename("a.log", "a.log.1");
            }
            rig.write("a.log", text);
        }
        if !is_up {
            rig.start();
        }
        rig.expect(&["A", "B", "C"]);
        rig.pass(100);
        rig.kill();
        rig.start();
        rig.expect(&["A", "B", "C"]);
        rig.expect_no_loss();
    }
}

fn a_new_log_is_safe_from_the_moment_it_is_seen(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.pass(1);
    rig.write("a.log", "A\n");
    rig.now = rig.now + Duration::from_secs(10);
    rig.reconcile();
    assert_eq!(rig.store.rows.len(), 1);
    rig.kill();
    rig.rename("a.log", "a.log.1");
    // Whatever the time of the last commit is: the row alone tells.
    rig.store.last_up = Some(rig.now + Duration::from_hours(1));
    rig.write("a.log", "B\n");
    rig.start();
    rig.expect(&["A", "B"]);
    rig.expect_no_loss();
}

fn rotations_that_begin_alike_are_files_of_their_own(watching: Watching) {
    let banner = numbered("banner", 20);
    for (first, second) in [
        ("A\n".to_owned(), "A\n".to_owned()),
        ("A\n".to_owned(), "A\nB\n".to_owned()),
        (banner.clone(), banner.clone() + "B\n"),
    ] {
        let mut rig = Rig::in_mode(watching, &["a.log"]);
        rig.start();
        rig.write("a.log", &first);
        rig.pass(1);
        rig.kill();
        // Files are told apart by the times that they were written at.
        std::thread::sleep(Duration::from_millis(20));
        rig.rename("a.log", "a.log.2");
        rig.write("a.log", &second);
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "C\n");
        rig.start();
        let text = first + &second + "C\n";
        rig.expect(&text.lines().collect::<Vec<_>>());
        rig.kill();
        rig.start();
        rig.expect(&text.lines().collect::<Vec<_>>());
        rig.expect_no_loss();
    }
}

fn a_log_of_which_nothing_was_read_and_that_is_gone_is_reported(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "");
    rig.pass(1);
    rig.kill();
    rig.write("a.log", "gone\n");
    rig.rename("a.log", "elsewhere");
    rig.write("a.log", "B\n");
    rig.remove("elsewhere");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "C\n");
    rig.start();
    rig.expect(&["B", "C"]);
    assert_eq!(rig.store.losses.len(), 1);
    assert_eq!(rig.store.losses[0].kind, "generation-gone");
}

in_every_mode! {
    a_copy_made_while_the_writer_went_on_is_not_read_again_after_a_restart,
    a_log_of_which_nothing_was_read_and_that_is_gone_is_reported,
    a_log_that_is_rotated_before_it_was_ever_seen_is_read,
    a_new_log_is_safe_from_the_moment_it_is_seen,
    rotations_that_begin_alike_are_files_of_their_own,
    s34_a_rotation_while_down_is_read_from_both_files,
    s39_a_generation_that_is_gone_is_reported,
    a_rotated_log_that_was_read_and_then_compressed_while_down_is_no_loss,
    rows_go_a_week_after_their_files,
    what_was_copied_and_truncated_several_times_while_the_agent_was_down_is_read_in_order,
    a_file_that_was_awaited_is_read_from_its_beginning_after_a_crash,
}
