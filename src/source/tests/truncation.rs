//! Rotation by truncation.

use super::prelude::*;

fn s22_copy_and_truncate(watching: Watching) {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::in_mode(watching, &[files]);
        rig.start();
        rig.write("a.log", "A\nB\n");
        rig.pass(1);
        rig.copy("a.log", "a.log.1");
        rig.truncate("a.log");
        rig.write("a.log", "C\n");
        rig.expect(&["A", "B", "C"]);
        rig.pass(100);
        rig.kill();
        rig.start();
        rig.expect(&["A", "B", "C"]);
        rig.expect_no_loss();
    }
}

fn s23_s24_truncated_and_regrown_past_the_offset(watching: Watching) {
    for head in ["", &numbered("same head", 200)] {
        let mut rig = Rig::in_mode(watching, &["a.log"]);
        rig.start();
        rig.write("a.log", head);
        rig.write("a.log", "old 1\nold 2\n");
        rig.pass(1);
        rig.truncate("a.log");
        let text = format!("{head}{}", numbered("new", 50));
        rig.write("a.log", &text);
        rig.pass(2);
        let n_old = head.lines().count() + 2;
        let new: Vec<_> = text.lines().collect();
        assert_eq!(rig.lines()[n_old..], new[..]);
    }
}

fn s25_a_hole_under_a_writer_that_does_not_append_is_skipped(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.truncate("a.log");
    let file = OpenOptions::new().write(true).open(rig.path("a.log")).unwrap();
    file.write_at(b"C\n", 5_000_000_123).unwrap();
    let n_reads = body::meter::n_reads();
    rig.expect(&["A", "C"]);
    // Of at most 1 MiB each, through a buffer that is there anyway.
    assert!(body::meter::n_reads() - n_reads <= 16);
}

fn s26_the_rest_of_a_truncated_file_is_read_from_its_copy(watching: Watching) {
    for is_up in [true, false] {
        let mut rig = Rig::in_mode(watching, &["a.log*"]);
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        if !is_up {
            rig.kill();
        }
        rig.write("a.log", "B\n");
        rig.copy("a.log", "a.log.1");
        rig.truncate("a.log");
        rig.write("a.log", "C\n");
        if !is_up {
            rig.start();
        }
        rig.expect(&["A", "B", "C"]);
        rig.expect_no_loss();
    }
}

fn a_copy_that_is_seen_while_it_is_made_is_not_read_as_a_log(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log*"]);
    rig.start();
    rig.write("a.log", "A\nB\n");
    rig.pass(1);
    for part in ["", "A", "\nB\n"] {
        rig.write("a.log.1", part);
        rig.pass(1);
    }
    rig.truncate("a.log");
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
    rig.pass(100);
    rig.expect(&["A", "B", "C"]);
}

fn what_was_written_to_an_empty_log_and_copied_away_between_two_looks_is_read(watching: Watching) {
    for files in ["a.log", "a.log*"] {
        for (n_copies, rest) in
            [(1, ""), (1, "a longer line than the one that was copied\n"), (2, "Z\n")]
        {
            let mut rig = Rig::in_mode(watching, &[files]);
            rig.write("a.log", "");
            rig.start();
            rig.pass(3);
            for i in 0..n_copies {
                if i > 0 {
                    rig.rename("a.log.1", "a.log.2");
                }
                rig.write("a.log", &format!("copied {i}\n"));
                rig.copy("a.log", "a.log.1");
                rig.truncate("a.log");
            }
            rig.write("a.log", rest);
            let copied = (0..n_copies).map(|i| format!("copied {i}"));
            let expected: Vec<_> = copied.chain(rest.lines().map(str::to_owned)).collect();
            rig.pass(10);
            assert_eq!(rig.lines(), expected);
            rig.pass(100);
            rig.kill();
            rig.start();
            rig.pass(20);
            assert_eq!(rig.lines(), expected);
            rig.expect_no_loss();
        }
    }
}

fn a_copy_of_a_log_of_which_nothing_was_read_is_not_read(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.pass(3);
    rig.write("a.log", "A\n");
    rig.copy("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.expect(&["A", "B"]);
    rig.pass(100);
    rig.expect(&["A", "B"]);
}

fn s27_truncated_again_and_again_repeats_nothing(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    let (mut expected, mut lost) = (Vec::new(), Vec::new());
    for i in 0..20 {
        rig.write("a.log", &format!("line {i} {}\n", "x".repeat(i % 3 * 10)));
        rig.pass(1);
        rig.truncate("a.log");
        expected.push(format!("line {i} {}", "x".repeat(i % 3 * 10)));
        if i % 2 == 0 {
            rig.pass(1);
        }
        if i % 5 == 0 {
            // Seen, and gone before it was read.
            rig.write("a.log", &format!("lost {i}\n"));
            rig.now = rig.now + Duration::from_secs(1);
            rig.reconcile();
            rig.truncate("a.log");
            rig.pass(1);
            lost.push(("truncated", Some(format!("lost {i}\n").len() as u64)));
        }
    }
    rig.pass(2);
    assert_eq!(rig.lines(), expected);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, lost);
}

fn s28_a_file_written_anew_with_one_more_line_yields_that_line(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    let text = numbered("kept", 50);
    rig.write("a.log", &text);
    rig.pass(1);
    fs::write(rig.path("a.tmp"), format!("{text}new 1\n")).unwrap();
    rig.rename("a.tmp", "a.log");
    rig.pass(2);
    assert_eq!(rig.lines().len(), 51);
    fs::write(rig.path("a.log"), format!("{text}new 1\nnew 2\n")).unwrap();
    rig.pass(2);
    assert_eq!(rig.lines().len(), 52);
}

fn what_was_copied_away_between_a_look_and_the_first_read_is_read(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    // Copies are told from older files by the tick of the file system's clock.
    std::thread::sleep(Duration::from_millis(10));
    rig.start();
    rig.write("a.log", "A\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    rig.copy("a.log", "a.log.1");
    rig.truncate("a.log");
    rig.write("a.log", "a longer line\n");
    rig.read_all();
    rig.expect(&["A", "a longer line"]);
    rig.expect_no_loss();
}

in_every_mode! {
    what_was_copied_away_between_a_look_and_the_first_read_is_read,
    what_was_written_to_an_empty_log_and_copied_away_between_two_looks_is_read,
    a_copy_of_a_log_of_which_nothing_was_read_is_not_read,
    s22_copy_and_truncate,
    s23_s24_truncated_and_regrown_past_the_offset,
    s25_a_hole_under_a_writer_that_does_not_append_is_skipped,
    s26_the_rest_of_a_truncated_file_is_read_from_its_copy,
    a_copy_that_is_seen_while_it_is_made_is_not_read_as_a_log,
    s27_truncated_again_and_again_repeats_nothing,
    s28_a_file_written_anew_with_one_more_line_yields_that_line,
}
