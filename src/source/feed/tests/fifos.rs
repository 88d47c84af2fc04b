//! FIFOs through a whole source.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::flow::StreamState;
use crate::source::tests::rig::Rig;
use crate::source::{Start, Watching};

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

fn make_fifo(path: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).unwrap();
}

fn writer(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}

/// Reads until `n` lines are there in all.
#[track_caller]
fn wait_for(rig: &mut Rig, n: usize) {
    let started = Instant::now();
    rig.run();
    while rig.lines().len() < n {
        rig.waker.wait(Some(LONG));
        rig.run();
        assert!(started.elapsed() < LONG, "{:?}", rig.lines());
    }
}

fn rig(files: &[&str]) -> Rig {
    Rig::with(files, Start::End, Watching::Polling)
}

#[test]
fn a_fifo_whose_writers_come_and_go_is_read_line_by_line() {
    let mut rig = rig(&["pipe"]);
    make_fifo(&rig.path("pipe"));
    rig.start();
    assert_eq!(rig.state("pipe"), Some(StreamState::Following));
    for n in 0..20 {
        let mut writer = writer(&rig.path("pipe"));
        writeln!(writer, "{n} first\n{n} second").unwrap();
        drop(writer);
        wait_for(&mut rig, 2 * n + 2);
    }
    let lines: Vec<_> =
        (0..20).flat_map(|n| [format!("{n} first"), format!("{n} second")]).collect();
    assert_eq!(rig.lines(), lines);
    rig.expect_no_loss();
    assert!(rig.store.problems.is_empty(), "{:?}", rig.store.problems);
}

#[test]
fn a_line_of_two_writers_is_one_and_a_last_one_without_end_is_given_out() {
    let mut rig = rig(&["pipe"]);
    make_fifo(&rig.path("pipe"));
    rig.start();
    let mut first = writer(&rig.path("pipe"));
    let mut second = writer(&rig.path("pipe"));
    write!(first, "whole\nhalf ").unwrap();
    drop(first);
    writeln!(second, "and half").unwrap();
    wait_for(&mut rig, 2);
    write!(second, "no end").unwrap();
    drop(second);
    wait_for(&mut rig, 3);
    assert_eq!(rig.lines(), ["whole", "half and half", "no end"]);
}

#[test]
fn a_fifo_that_is_made_again_is_followed_again_and_the_old_ones_writer_is_not_lost() {
    let mut rig = rig(&["pipe"]);
    make_fifo(&rig.path("pipe"));
    rig.start();
    let mut old = writer(&rig.path("pipe"));
    writeln!(old, "one").unwrap();
    wait_for(&mut rig, 1);
    rig.remove("pipe");
    rig.pass(6);
    assert_eq!(rig.state("pipe"), Some(StreamState::Missing));
    make_fifo(&rig.path("pipe"));
    rig.pass(6);
    assert_eq!(rig.state("pipe"), Some(StreamState::Following));
    let mut new = writer(&rig.path("pipe"));
    writeln!(new, "two").unwrap();
    wait_for(&mut rig, 2);
    writeln!(old, "three").unwrap();
    wait_for(&mut rig, 3);
    drop(old);
    writeln!(new, "four").unwrap();
    wait_for(&mut rig, 4);
    assert_eq!(rig.lines(), ["one", "two", "three", "four"]);
}

#[test]
fn a_fifo_that_a_glob_finds_and_one_of_two_names_are_read_once() {
    let mut rig = rig(&["*.pipe", "other"]);
    rig.start();
    make_fifo(&rig.path("a.pipe"));
    fs::hard_link(rig.path("a.pipe"), rig.path("other")).unwrap();
    rig.pass(12);
    let mut writer = writer(&rig.path("other"));
    writeln!(writer, "one\ntwo").unwrap();
    wait_for(&mut rig, 2);
    writeln!(writer, "three").unwrap();
    wait_for(&mut rig, 3);
    assert_eq!(rig.lines(), ["one", "two", "three"]);
}

#[test]
fn a_file_in_place_of_a_fifo_and_a_fifo_in_place_of_a_file_are_followed() {
    let mut rig = rig(&["log"]);
    make_fifo(&rig.path("log"));
    rig.start();
    writeln!(writer(&rig.path("log")), "one").unwrap();
    wait_for(&mut rig, 1);
    rig.remove("log");
    rig.write("log", "two\n");
    rig.pass(6);
    wait_for(&mut rig, 2);
    rig.remove("log");
    make_fifo(&rig.path("log"));
    rig.pass(6);
    writeln!(writer(&rig.path("log")), "three").unwrap();
    wait_for(&mut rig, 3);
    assert_eq!(rig.lines(), ["one", "two", "three"]);
}

#[test]
fn a_fifo_has_turns_beside_files_and_its_lines_wait_for_others() {
    let mut rig = rig(&["pipe", "log"]);
    make_fifo(&rig.path("pipe"));
    rig.write("log", "");
    rig.start();
    let mut writer = writer(&rig.path("pipe"));
    writeln!(writer, "1\n2\n3").unwrap();
    // One chunk, of which one line is taken at a time, until they have waited long enough.
    while !rig.read_some(1) {
        rig.waker.wait(Some(LONG));
        rig.source.as_mut().unwrap().reconcile(rig.now);
    }
    rig.write("log", "from the file\n");
    rig.now = rig.now + Duration::from_millis(299);
    rig.run();
    assert_eq!(rig.lines()[0], "1");
    assert!(!rig.lines().contains(&"2"), "{:?}", rig.lines());
    rig.now = rig.now + Duration::from_millis(1);
    rig.run();
    rig.pass(1);
    let of_pipe: Vec<_> = rig.store.lines.iter().filter(|line| line.0 == "pipe").collect();
    assert_eq!(of_pipe.iter().map(|line| &*line.1).collect::<Vec<_>>(), ["1", "2", "3"]);
    assert!(rig.lines().contains(&"from the file"));
}

#[test]
fn a_flood_through_a_fifo_does_not_delay_the_lines_of_a_file() {
    let mut rig = rig(&["pipe", "log"]);
    make_fifo(&rig.path("pipe"));
    rig.write("log", "");
    rig.start();
    let path = rig.path("pipe");
    let flood = std::thread::spawn(move || {
        let mut writer = writer(&path);
        for n in 0..40_000 {
            // Broken once the rig is gone.
            if writeln!(writer, "{n:>199}").is_err() {
                return;
            }
        }
    });
    let started = Instant::now();
    let mut n_chunks = [0, 0];
    while rig.pending.len() < 10_000 {
        assert!(started.elapsed() < LONG);
        if rig.read_one() {
            n_chunks[0] += 1;
        } else {
            rig.waker.wait(Some(LONG));
            rig.source.as_mut().unwrap().reconcile(rig.now);
        }
    }
    rig.write("log", "from the file\n");
    rig.now = rig.now + Duration::from_secs(6);
    rig.source.as_mut().unwrap().reconcile(rig.now);
    while !rig.pending.iter().any(|line| line.0 == "log") {
        assert!(rig.read_one(), "the file's line is there to be read");
        n_chunks[1] += 1;
    }
    assert!(n_chunks[0] > 1 && n_chunks[1] <= 6, "{n_chunks:?}");
    rig.kill();
    flood.join().unwrap();
}

#[test]
fn the_ids_of_a_fifos_lines_are_new_at_each_start() {
    let mut rig = rig(&["pipe"]);
    make_fifo(&rig.path("pipe"));
    let mut generations = Vec::new();
    for _ in 0..3 {
        rig.start();
        let statuses: Vec<_> = rig.source.as_ref().unwrap().statuses().collect();
        assert_eq!(statuses.len(), 1, "{statuses:?}");
        generations.push(statuses[0].generation.unwrap());
        rig.kill();
    }
    generations.dedup();
    assert_eq!(generations.len(), 3);
}

#[test]
fn what_was_taken_from_a_fifo_is_matched_after_a_reload() {
    let mut rig = rig(&["pipe", "a.log"]);
    make_fifo(&rig.path("pipe"));
    rig.start();
    let mut writer = writer(&rig.path("pipe"));
    writer.write_all(b"A\nB\n").unwrap();
    rig.waker.wait(Some(LONG));
    rig.reconcile();
    // It is another source now, and asks for other context.
    rig.settings[0].files.remove(1);
    rig.settings[0].lead_lines = 0;
    let first = crate::source::SourceSettings::new("first".into(), vec![rig.path("a.log")]);
    rig.settings.insert(0, first);
    rig.reload();
    writer.write_all(b"C\n").unwrap();
    wait_for(&mut rig, 3);
    assert_eq!(rig.lines(), ["A", "B", "C"]);
    assert_eq!(*rig.status("pipe").unwrap().sources, [crate::flow::SourceId(1)]);
    // Nobody wants it any more.
    rig.settings.remove(1);
    rig.reload();
    rig.reconcile();
    assert_eq!(rig.status("pipe"), None);
}
