//! Rotation by rename.

use super::prelude::*;
use super::rig::packed;

fn s12_rename_and_create(watching: Watching) {
    for files in [&["a.log"][..], &["a.log*"]] {
        let mut rig = Rig::in_mode(watching, files);
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "B\n");
        rig.expect(&["A", "B"]);
        rig.kill();
        rig.start();
        rig.expect(&["A", "B"]);
        rig.expect_no_loss();
    }
}

fn s13_s14_late_writers_lose_nothing_before_and_after_the_file_is_let_go(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    let mut late = rig.appender("a.log");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "N1\n");
    rig.pass(30);
    late.write_all(b"L1\n").unwrap();
    rig.expect(&["A", "N1", "L1"]);
    rig.pass(600);
    late.write_all(b"L2\n").unwrap();
    rig.pass(12);
    rig.expect(&["A", "N1", "L1", "L2"]);
    rig.pass(100);
    rig.rename("a.log.1", "a.log.2");
    rig.pass(15);
    late.write_all(b"L3\n").unwrap();
    rig.pass(12);
    rig.expect(&["A", "N1", "L1", "L2", "L3"]);
}

fn s15_a_cascade_of_rotations_with_unread_data_is_read_in_order(watching: Watching) {
    for (files, is_up) in [("a.log*", true), ("a.log", true), ("a.log*", false), ("a.log", false)] {
        let mut rig = Rig::in_mode(watching, &[files]);
        // Perhaps born within one tick of the file system's clock: then the names tell.
        rig.write("a.log.1", "not to be read\n");
        rig.write("a.log", "");
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        if !is_up {
            rig.kill();
        }
        rig.write("a.log", "B\n");
        for text in ["C\n", "D\n", "E\n"] {
            for (from, to) in [(".3", ".4"), (".2", ".3"), (".1", ".2"), ("", ".1")] {
                if rig.path(&format!("a.log{from}")).exists() {
                    rig.rename(&format!("a.log{from}"), &format!("a.log{to}"));
                }
            }
            rig.write("a.log", text);
        }
        if !is_up {
            rig.start();
        }
        rig.expect(&["A", "B", "C", "D", "E"]);
        rig.expect_no_loss();
        rig.kill();
        rig.start();
        rig.expect(&["A", "B", "C", "D", "E"]);
    }
}

fn s16_late_writes_after_a_rename_into_another_directory_are_seen(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    fs::create_dir(rig.path("old")).unwrap();
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "old/a.log");
    rig.write("a.log", "B\n");
    rig.pass(100);
    rig.write("old/a.log", "L\n");
    rig.pass(12);
    rig.expect(&["A", "B", "L"]);
    rig.kill();
    rig.write("old/a.log", "M\n");
    rig.start();
    rig.expect(&["A", "B", "L", "M"]);
}

fn s17_s18_a_rotated_and_unlinked_file_is_read_to_its_end(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log*"]);
    rig.start();
    let text = numbered("big", 60_000);
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.write("a.log", &text);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log.1.gz", &packed(("A\n".to_owned() + &text).as_bytes(), "gz"));
    rig.write("a.log", "Z\n");
    rig.reconcile();
    rig.remove("a.log.1");
    rig.pass(70);
    assert_eq!(rig.lines().len(), 60_002);
    assert_eq!(rig.lines().last(), Some(&"Z"));
    let n_held = rig.source.as_ref().unwrap().streams.values();
    assert_eq!(n_held.flat_map(|s| &s.generations).filter(|own| own.is_held()).count(), 1);
    rig.expect_no_loss();
}

fn s19_a_renamed_file_without_a_successor_is_read_on(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.pass(300);
    rig.write("a.log.1", "B\n");
    rig.expect(&["A", "B"]);
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
}

fn s20_a_file_that_becomes_readable_is_read_from_its_beginning(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    fs::set_permissions(rig.path("a.log"), fs::Permissions::from_mode(0o0)).unwrap();
    // Root may read it anyway: then there is nothing to wait for.
    let is_denied = File::open(rig.path("a.log")).is_err();
    rig.pass(2);
    if is_denied {
        assert_eq!(rig.state("a.log"), Some(StreamState::Denied));
        assert_eq!(rig.store.problems.len(), 2);
    }
    fs::set_permissions(rig.path("a.log"), fs::Permissions::from_mode(0o644)).unwrap();
    rig.expect(&["A", "B"]);
}

fn a_log_named_like_a_rotation_is_read_as_its_own(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["*.log*"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.write("a.log.err", "E\n");
    rig.write("a.log.7", "unrelated, and older than this\n");
    rig.pass(20);
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["A", "E", "unrelated, and older than this"]);
}

fn a_writer_that_rotates_without_a_pause_loses_nothing(watching: Watching) {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::with(&[files], Start::End, watching);
        rig.write("a.log", "");
        rig.start();
        let root = rig.dir.path().canonicalize().unwrap();
        let writer = std::thread::spawn(move || rotate_without_a_pause(&root));
        let mut is_over = false;
        while !is_over {
            is_over = writer.is_finished();
            rig.waker.wait(Some(Duration::from_millis(20)));
            rig.now = rig.now.max(real_now());
            rig.run();
            if rig.store.lines.len().is_multiple_of(7) {
                rig.kill();
                rig.start();
            }
        }
        writer.join().unwrap();
        rig.pass(80);
        let mut n_seen = BTreeMap::new();
        for line in rig.lines() {
            *n_seen.entry(line.to_owned()).or_insert(0) += 1;
        }
        for i in 0..20_000 {
            n_seen.entry(format!("{i:06}")).or_insert(0);
        }
        n_seen.retain(|_, n| *n != 1);
        assert!(
            n_seen.is_empty(),
            "{}: {:?}",
            n_seen.len(),
            n_seen.iter().take(10).collect::<Vec<_>>()
        );
    }
}

/// Writes 20,000 lines into 20 files, in pieces that end anywhere.
fn rotate_without_a_pause(root: &Path) {
    for n_file in 0..20 {
        let log = root.join("a.log");
        let mut file = OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let text: String =
            (0..1000).map(|i| format!("{:06}", n_file * 1000 + i)).collect::<Vec<_>>().join("\n");
        for piece in (text + "\n").as_bytes().chunks(501) {
            file.write_all(piece).unwrap();
            std::thread::yield_now();
        }
        for i in (1..=n_file).rev() {
            let name = |i| root.join(format!("a.log.{i}"));
            fs::rename(name(i), name(i + 1)).unwrap();
        }
        fs::rename(&log, root.join("a.log.1")).unwrap();
    }
}

in_every_mode! {
    s12_rename_and_create,
    s13_s14_late_writers_lose_nothing_before_and_after_the_file_is_let_go,
    s15_a_cascade_of_rotations_with_unread_data_is_read_in_order,
    s16_late_writes_after_a_rename_into_another_directory_are_seen,
    s17_s18_a_rotated_and_unlinked_file_is_read_to_its_end,
    s19_a_renamed_file_without_a_successor_is_read_on,
    s20_a_file_that_becomes_readable_is_read_from_its_beginning,
    a_log_named_like_a_rotation_is_read_as_its_own,
    a_writer_that_rotates_without_a_pause_loses_nothing,
}
