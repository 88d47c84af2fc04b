//! Rotations that were packed, missed, or lost.

use super::prelude::*;
use super::rig::packed;
use crate::flow::Loss;

fn s35_s36_the_rest_of_a_log_is_read_from_its_archive(watching: Watching) {
    for ending in ["gz", "zst"] {
        for (files, text) in [("a.log", "A\n".to_owned()), ("a.log*", numbered("A", 9000))] {
            let mut rig = Rig::in_mode(watching, &[files]);
            rig.start();
            rig.write("a.log", &text);
            rig.pass(1);
            rig.kill();
            rig.write("a.log", "B\n");
            rig.rename("a.log", "a.log.1");
            rig.pack("a.log.1", ending);
            rig.write("a.log", "C\n");
            rig.start();
            let mut expected: Vec<_> = text.lines().collect();
            expected.extend(["B", "C"]);
            rig.expect(&expected);
            rig.kill();
            rig.start();
            rig.expect(&expected);
            rig.expect_no_loss();
        }
    }
}

fn s37_rotations_while_down_are_read_in_order_and_older_archives_not(watching: Watching) {
    for (ending, olddir) in [("gz", ""), ("zst", ""), ("gz", "old/")] {
        let mut rig = Rig::in_mode(watching, &["a.log"]);
        rig.mkdir("old");
        rig.settings[0].olddir = (!olddir.is_empty()).then(|| rig.path("old"));
        let name = |n: usize, ending: &str| format!("{olddir}a.log.{n}{ending}");
        rig.write(&name(1, ""), "older\n");
        std::thread::sleep(Duration::from_millis(20));
        rig.write("a.log", "");
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.kill();
        rig.write("a.log", "B\n");
        rig.rename(&name(1, ""), &name(4, ""));
        rig.pack(&name(4, ""), ending);
        for (n, text) in [(3, "C\n"), (2, "D\n"), (1, "E\n")] {
            std::thread::sleep(Duration::from_millis(20));
            rig.rename("a.log", &name(n, ""));
            if n > 1 {
                rig.pack(&name(n, ""), ending);
            }
            rig.write("a.log", text);
        }
        rig.start();
        rig.expect(&["A", "B", "C", "D", "E"]);
        rig.pass(100);
        rig.kill();
        rig.start();
        rig.expect(&["A", "B", "C", "D", "E"]);
        rig.expect_no_loss();
    }
}

fn dated_rotations_while_down_are_read_in_order(watching: Watching) {
    for names in [
        ["-20261121", "-20261122", "-20261123"],
        ["-20261121-1763683200", "-20261122-1763769600", "-20261123-1763856000"],
        [".2026-11-21", ".2026-11-22", ".2026-11-23"],
    ] {
        let mut rig = Rig::in_mode(watching, &["a.log"]);
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.kill();
        rig.write("a.log", "B\n");
        for (name, text) in names.iter().zip(["C\n", "D\n", "E\n"]) {
            rig.rename("a.log", &format!("a.log{name}"));
            rig.pack(&format!("a.log{name}"), "gz");
            rig.write("a.log", text);
        }
        rig.start();
        rig.expect(&["A", "B", "C", "D", "E"]);
        rig.expect_no_loss();
    }
}

fn s38_an_archive_that_is_still_being_made_is_waited_for(watching: Watching) {
    for ending in ["gz", "zst"] {
        for (first, is_known) in [("", false), ("", true), ("A\n", true)] {
            let mut rig = Rig::in_mode(watching, &["a.log"]);
            rig.start();
            rig.write("a.log", first);
            rig.pass(1);
            rig.kill();
            let text = first.to_owned() + &numbered("B", 3000);
            rig.remove("a.log");
            rig.write("a.log", "C\n");
            let bytes = packed(text.as_bytes(), ending);
            let n_begun = if is_known { bytes.len() * 3 / 4 } else { 5 };
            rig.write("a.log.1.gz".replace("gz", ending).as_str(), &bytes[..n_begun]);
            rig.start();
            rig.pass(5);
            assert!(rig.lines().iter().all(|line| text.lines().any(|own| own == *line)));
            rig.write("a.log.1.gz".replace("gz", ending).as_str(), &bytes[n_begun..]);
            rig.pass(5);
            let mut expected: Vec<_> = text.lines().collect();
            expected.push("C");
            assert_eq!(rig.lines(), expected);
            rig.expect_no_loss();
        }
    }
}

fn a_damaged_archive_is_read_as_far_as_it_goes_and_counted(watching: Watching) {
    let text = numbered("B", 3000);
    let whole = packed(text.as_bytes(), "gz");
    let mut wrong = whole.clone();
    let last = wrong.len() - 6;
    wrong[last] ^= 1;
    for (bytes, n_read) in [(wrong, 3000), (whole[..whole.len() / 2].to_vec(), 1400)] {
        let mut rig = Rig::in_mode(watching, &["a.log"]);
        rig.start();
        rig.write("a.log", &(text.lines().next().unwrap().to_owned() + "\n"));
        rig.pass(1);
        rig.kill();
        rig.remove("a.log");
        rig.write("a.log", "C\n");
        rig.write("a.log.1.gz", &bytes);
        rig.start();
        rig.pass(100);
        let lines = rig.lines();
        assert!(lines.len() > n_read, "{}", lines.len());
        assert!(lines.iter().zip(text.lines()).take(n_read).all(|(own, other)| *own == other));
        assert_eq!(lines.last(), Some(&"C"));
        let kinds: Vec<_> = rig.store.losses.iter().map(|loss| loss.kind).collect();
        assert_eq!(kinds, ["unreadable"]);
    }
}

fn an_archive_that_cannot_be_unpacked_is_counted(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.kill();
    rig.remove("a.log");
    rig.write("a.log.1.xz", "what xz makes of it");
    rig.write("a.log", "C\n");
    rig.start();
    rig.expect(&["A", "C"]);
    assert_eq!(rig.store.losses.len(), 1);
    assert_eq!(rig.store.losses[0].kind, "unreadable");
    assert!(rig.store.losses[0].what.contains("only gzip and zstd are unpacked"));
}

fn s39_what_is_gone_is_counted_and_the_oldest_newer_file_is_next(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.write("a.log", "gone\n");
    rig.now = rig.now + Duration::from_secs(2);
    rig.reconcile();
    rig.commit();
    rig.kill();
    rig.remove("a.log");
    for (n, text) in [(2, "C\n"), (1, "D\n")] {
        rig.write("a.log", text);
        rig.rename("a.log", &format!("a.log.{n}"));
        rig.pack(&format!("a.log.{n}"), "gz");
    }
    rig.write("a.log", "E\n");
    rig.start();
    rig.expect(&["A", "C", "D", "E"]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [(Loss::GONE, Some(5))]);
}

fn s42_a_log_that_power_loss_shortened_is_read_on_near_its_end(watching: Watching) {
    for boot in [Boot::Other, Boot::Same] {
        let mut rig = Rig::in_mode(watching, &["a.log"]);
        rig.start();
        for i in 0..40 {
            rig.write("a.log", &numbered(&format!("part {i:02}"), 5));
            rig.pass(1);
        }
        let n_before = rig.lines().len();
        rig.kill();
        let size = fs::metadata(rig.path("a.log")).unwrap().len();
        let file = OpenOptions::new().write(true).open(rig.path("a.log")).unwrap();
        file.set_len(size - 300).unwrap();
        rig.write("a.log", "\nnew 1\nnew 2\n");
        rig.boot = boot;
        rig.start();
        rig.pass(2);
        let again = rig.lines()[n_before..].to_vec();
        assert!(again.ends_with(&["new 1", "new 2"]));
        match boot {
            Boot::Other => assert!(again.len() < 40, "{}", again.len()),
            Boot::Same => assert!(again.len() > 190, "{}", again.len()),
        }
        assert_eq!(rig.store.losses.is_empty(), boot == Boot::Other);
    }
}

fn deleted_files_are_let_go_where_they_fill_the_disk(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.start();
    for (name, text) in [("a.log", "A\n"), ("b.log", "B\n")] {
        rig.write(name, text);
        rig.pass(1);
    }
    rig.source.as_mut().unwrap().shared.deleted.max = 1000;
    for name in ["a.log", "b.log"] {
        rig.write(name, &numbered("x", 20));
    }
    rig.reconcile();
    rig.remove("a.log");
    rig.remove("b.log");
    rig.now = rig.now + Duration::from_secs(2);
    rig.reconcile();
    rig.now = rig.now + Duration::from_secs(2);
    rig.reconcile();
    rig.run();
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (&*loss.path, loss.bytes)).collect();
    assert_eq!(losses, [(&*rig.path("a.log"), Some(numbered("x", 20).len() as u64))]);
    assert_eq!(rig.lines().len(), 22);
}

fn unchanged_files_are_not_read_at_the_start(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log"]);
    rig.start();
    for i in 0..300 {
        rig.write(&format!("{i}.log"), "A\n");
    }
    rig.pass(3);
    assert_eq!(rig.lines().len(), 300);
    rig.kill();
    let n_reads = body::meter::n_reads();
    rig.start();
    rig.pass(1);
    assert_eq!(body::meter::n_reads() - n_reads, 0);
    rig.write("7.log", "B\n");
    rig.pass(6);
    assert_eq!(rig.lines().len(), 301);
}

fn a_log_of_which_nothing_was_read_is_read_from_its_archive(watching: Watching) {
    for (ending, old, late) in [("gz", "", ""), ("zst", "old\n", ""), ("gz", "", "L\n")] {
        let mut rig = Rig::in_mode(watching, &["a.log"]);
        rig.start();
        rig.write("a.log", old);
        rig.pass(1);
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "");
        rig.pass(1);
        // Two others that were seen: the one of which nothing was read is not the newest.
        rig.rename("a.log.1", "a.log.2");
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "");
        rig.pass(1);
        rig.write("a.log", late);
        rig.pass(1);
        rig.kill();
        rig.write("a.log.1", "B\n");
        rig.write("a.log", "C\n");
        rig.pack("a.log.2", ending);
        rig.pack("a.log.1", ending);
        rig.start();
        rig.pass(2);
        let lines = rig.lines().join(" ");
        let expected = format!("{old} {late} B C").replace('\n', " ");
        assert_eq!(lines, expected.split_whitespace().collect::<Vec<_>>().join(" "));
        rig.expect_no_loss();
        rig.pass(100);
        rig.kill();
        rig.start();
        rig.pass(20);
        assert_eq!(rig.lines().join(" "), lines);
    }
}

fn what_was_written_late_to_a_log_that_was_let_go_is_read_from_its_archive(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "");
    rig.pass(100);
    rig.rename("a.log.1", "a.log.2");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log.2", "L\n");
    rig.pack("a.log.2", "gz");
    rig.write("a.log", "B\n");
    rig.pass(20);
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["A", "B", "L"]);
    rig.expect_no_loss();
}

fn an_archive_that_has_the_inode_of_a_log_is_not_read_as_that_log(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.kill();
    // Where a file system does not tell when files are made, an inode that is used again looks so.
    fs::write(rig.path("a.log"), packed(b"A\n", "gz")).unwrap();
    rig.rename("a.log", "a.log.1.gz");
    rig.write("a.log", "B\n");
    rig.start();
    rig.expect(&["A", "B"]);
}

in_every_mode! {
    an_archive_that_has_the_inode_of_a_log_is_not_read_as_that_log,
    what_was_written_late_to_a_log_that_was_let_go_is_read_from_its_archive,
    a_log_of_which_nothing_was_read_is_read_from_its_archive,
    s35_s36_the_rest_of_a_log_is_read_from_its_archive,
    s37_rotations_while_down_are_read_in_order_and_older_archives_not,
    dated_rotations_while_down_are_read_in_order,
    s38_an_archive_that_is_still_being_made_is_waited_for,
    a_damaged_archive_is_read_as_far_as_it_goes_and_counted,
    an_archive_that_cannot_be_unpacked_is_counted,
    s39_what_is_gone_is_counted_and_the_oldest_newer_file_is_next,
    s42_a_log_that_power_loss_shortened_is_read_on_near_its_end,
    deleted_files_are_let_go_where_they_fill_the_disk,
    unchanged_files_are_not_read_at_the_start,
}
