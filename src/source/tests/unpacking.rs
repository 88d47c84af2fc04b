//! Archives that are damaged or break off, or are large: what is unpacked of them, and when.

use std::sync::Arc;

use flate2::{Compression, Decompress, FlushDecompress};

use super::super::archive::Archive;
use super::super::body::{Body, meter, open};
use super::super::identity::{Content, Seen};
use super::super::siblings::Located;
use super::super::unpack::{Extent, Unpacker};
use super::super::unpacking::{Unpacking, is_put_off};
use super::prelude::*;
use crate::flow::{Loss, Packing};

/// What `bytes` unpack to, and how that ends.
fn unpack(bytes: &[u8], packing: Packing) -> (Vec<u8>, Extent) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let mut unpacker = Unpacker::new(Arc::new(file), packing);
    let (mut text, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match unpacker.read(&mut buffer).unwrap() {
            Ok(n_read) => text.extend_from_slice(&buffer[..n_read]),
            Err(extent) => return (text, extent),
        }
    }
}

/// A log of about 700 KB, no two lines of which are alike.
fn text() -> String {
    let mut rng = fastrand::Rng::with_seed(7);
    let line = |n: usize| format!("{n} request {:x} took {} ms\n", rng.u128(..), rng.u16(..));
    (0..12_000).map(line).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What the deflate stream in `bytes` says, of which each byte is given to another decoder by itself:
/// so it has room for all that it makes of it.
fn byte_by_byte(bytes: &[u8]) -> Vec<u8> {
    const HEADER: usize = 10;
    let mut decoder = Decompress::new(false);
    let mut text = Vec::new();
    for byte in &bytes[HEADER..] {
        text.reserve(128 * 1024);
        let one = std::slice::from_ref(byte);
        if decoder.decompress_vec(one, &mut text, FlushDecompress::None).is_err() {
            break;
        }
    }
    text
}

#[test]
fn all_that_stands_before_the_damage_in_gzip_is_unpacked() {
    let text = text();
    let whole = gzip(&text);
    for n_bytes in [11, 500, 5_000, 50_000, 100_000, 150_000, whole.len() - 9, whole.len() - 1] {
        let cut = &whole[..n_bytes];
        let (read, extent) = unpack(cut, Packing::Gzip);
        let expected = byte_by_byte(cut);
        assert_eq!((read.len(), extent), (expected.len(), Extent::Short), "cut at {n_bytes}");
        assert!(text.as_bytes().starts_with(&read));

        let mut wrong = whole.clone();
        wrong[n_bytes..].fill(0xff);
        let (read, extent) = unpack(&wrong, Packing::Gzip);
        assert!(read.starts_with(&expected), "{} of {} bytes", read.len(), expected.len());
        assert_ne!(extent, Extent::Complete, "damaged at {n_bytes}");
    }
    assert_eq!(unpack(&whole, Packing::Gzip), (text.into_bytes(), Extent::Complete));
}

#[test]
fn all_blocks_before_the_damage_in_zstandard_are_unpacked() {
    const BLOCK: usize = 128 * 1024;
    let text = text();
    let whole = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let n_whole = text.len() / BLOCK;
    for (n_left, n_blocks) in [(1, n_whole), (2_000, n_whole), (whole.len() / 2, n_whole / 3)] {
        let cut = &whole[..whole.len() - n_left];
        let (read, extent) = unpack(cut, Packing::Zstd);
        assert_eq!(extent, Extent::Short);
        assert!(read.len() >= n_blocks * BLOCK, "{} bytes without the last {n_left}", read.len());
        assert!(text.as_bytes().starts_with(&read));

        let mut wrong = whole.clone();
        wrong[whole.len() - n_left..].fill(0xff);
        let (damaged, extent) = unpack(&wrong, Packing::Zstd);
        assert!(damaged.len() >= n_blocks * BLOCK, "{} bytes before {n_left}", damaged.len());
        assert_ne!(extent, Extent::Complete);
    }
    assert_eq!(unpack(&whole, Packing::Zstd), (text.into_bytes(), Extent::Complete));
}

/// What searches, or what reads on, unpacks in one turn.
const SHARE: usize = 8 * 1024 * 1024;

/// What is not counted besides: the first MiB, a chunk, a step.
const SLACK: usize = 3 * 1024 * 1024;

/// About `n_mib` MiB of long lines, none of them like another.
fn long_lines(name: &str, n_mib: usize) -> String {
    const LINE: usize = 64 * 1024;
    let line = |n: usize| format!("{name} {n:05} {}\n", "x".repeat(LINE - 20));
    (0..n_mib * 16).map(line).collect()
}

/// How many lines of each log were matched, and that none of them was twice.
fn count(rig: &Rig) -> usize {
    let unique: std::collections::HashSet<_> = rig.lines().into_iter().collect();
    assert_eq!(unique.len(), rig.lines().len(), "a line was matched twice");
    unique.len()
}

fn is_behind(rig: &Rig) -> bool {
    !rig.source.as_ref().unwrap().put_off.is_empty()
}

fn a_quiet_log_is_read_while_a_large_archive_is_unpacked(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log", "b.log"]);
    rig.start();
    let text = long_lines("a", 40);
    rig.write("a.log", &text);
    rig.write("b.log", "b 0\n");
    rig.pass(1);
    let n_read = count(&rig);
    assert_eq!(n_read, text.lines().count() + 1);
    rig.kill();
    rig.write("a.log", "last\n");
    rig.rename("a.log", "a.log.1");
    rig.pack("a.log.1", "gz");
    rig.write("a.log", "next\n");
    let before = meter::n_unpacked();
    rig.start();
    let mut n_turns = 0;
    while is_behind(&rig) {
        n_turns += 1;
        assert!(!rig.lines().contains(&"next"), "it comes after the archive");
        let line = format!("b {n_turns}");
        rig.write("b.log", &format!("{line}\n"));
        let begun = meter::n_unpacked();
        rig.pass(1);
        assert!(meter::n_unpacked() - begun <= 2 * SHARE + SLACK);
        assert!(rig.lines().contains(&&*line), "{line} had to wait");
    }
    assert!(n_turns > 2, "{n_turns}");
    rig.pass(2);
    let own: Vec<_> = rig.lines().into_iter().filter(|line| !line.starts_with('b')).collect();
    assert!(own.ends_with(&["last", "next"]));
    assert_eq!(count(&rig), n_read + n_turns + 2);
    rig.expect_no_loss();
    let n_unpacked = meter::n_unpacked() - before;
    assert!(n_unpacked < text.len() + 2 * SHARE, "{n_unpacked} bytes: it was begun anew");
}

fn an_archive_that_is_taken_up_in_the_middle_is_gone_on_with(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "first\n");
    rig.pass(1);
    rig.kill();
    let text = long_lines("a", 30);
    rig.write("a.log", &text);
    rig.rename("a.log", "a.log.1");
    rig.pack("a.log.1", "zst");
    rig.write("a.log", "next\n");
    rig.start();
    // The agent is killed, over and over, in the middle of the archive.
    for _ in 0..3 {
        rig.kill();
        rig.start();
        rig.pass(1);
    }
    while is_behind(&rig) {
        rig.run();
    }
    rig.pass(2);
    assert_eq!(count(&rig), text.lines().count() + 2);
    assert!(rig.lines().last() == Some(&"next"));
    rig.expect_no_loss();
}

fn many_large_archives_of_what_was_read_are_known_again(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log", "b.log"]);
    rig.start();
    let mut n_lines = 0;
    for log in ["a", "b"] {
        for n in 0..4 {
            let text = long_lines(&format!("{log}{n}"), 10);
            n_lines += text.lines().count();
            rig.write(&format!("{log}.log"), &text);
            rig.pass(1);
            for n in (0..n).rev() {
                let name = |n| format!("{log}.log.{n}");
                rig.rename(&name(n + 1), &name(n + 2));
            }
            rig.rename(&format!("{log}.log"), &format!("{log}.log.1"));
        }
        rig.write(&format!("{log}.log"), "");
    }
    rig.pass(100);
    assert_eq!(count(&rig), n_lines);
    rig.kill();
    for log in ["a", "b"] {
        for n in 1..=4 {
            let name = rig.pack(&format!("{log}.log.{n}"), "gz");
            // Whoever packed it did not carry over its time: each has to be looked into.
            let archive = OpenOptions::new().write(true).open(rig.path(&name)).unwrap();
            archive.set_modified(std::time::SystemTime::now()).unwrap();
        }
        rig.rename(&format!("{log}.log"), &format!("{log}.log.0"));
        rig.write(&format!("{log}.log"), &format!("{log} new\n"));
    }
    rig.start();
    let mut n_turns = 0;
    while is_behind(&rig) {
        n_turns += 1;
        assert!(n_turns < 500, "it comes to no end");
        rig.run();
    }
    rig.pass(3);
    assert_eq!(count(&rig), n_lines + 2);
    rig.expect_no_loss();
}

fn a_large_archive_older_than_catch_up_is_skipped(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.settings[0].catch_up = Some(Duration::from_hours(6));
    rig.start();
    let text = long_lines("a", 30);
    rig.write("a.log", &text);
    rig.pass(1);
    rig.kill();
    rig.write("a.log", "too old\n");
    rig.rename("a.log", "a.log.1");
    rig.pack("a.log.1", "gz");
    rig.now = rig.now + Duration::from_hours(24);
    rig.write("a.log", "next\n");
    let new = OpenOptions::new().write(true).open(rig.path("a.log")).unwrap();
    new.set_modified(std::time::SystemTime::now() + Duration::from_hours(24)).unwrap();
    rig.start();
    while is_behind(&rig) {
        rig.run();
    }
    rig.pass(2);
    let is_last = rig.lines().last() == Some(&"next");
    assert!(is_last, "{} lines, {:?}", rig.lines().len(), rig.store.losses);
    assert_eq!(count(&rig), text.lines().count() + 1);
    let kinds: Vec<_> = rig.store.losses.iter().map(|loss| loss.kind).collect();
    assert_eq!(kinds, [Loss::SKIPPED]);
}

in_every_mode! {
    a_quiet_log_is_read_while_a_large_archive_is_unpacked,
    an_archive_that_is_taken_up_in_the_middle_is_gone_on_with,
    many_large_archives_of_what_was_read_are_known_again,
    a_large_archive_older_than_catch_up_is_skipped,
}

fn seen(file: &File) -> Seen {
    Seen::from(&file.metadata().unwrap())
}

#[test]
fn what_cannot_be_read_leaves_the_memory_for_unpacking_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let unpacking = Unpacking::default();
    let file = File::open(dir.path()).unwrap();
    let seen = seen(&file);
    let archive = Archive::new(file, Packing::Gzip, (&seen).into(), &unpacking);
    for _ in 0..2 {
        let error = archive.read_at(&mut [0; 10], 0).unwrap_err();
        assert!(!is_put_off(&error));
        assert!(!archive.is_unpacking());
        assert_eq!(unpacking.n_at_work(), 0);
    }
}

#[test]
fn a_place_far_in_an_archive_is_come_to_turn_by_turn_whoever_opens_it() {
    let text = long_lines("a", 30);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.gz");
    fs::write(&path, gzip(&text)).unwrap();
    let unpacking = Unpacking::default();
    let at = text.len() as u64 - 300;
    let before = meter::n_unpacked();
    let mut n_turns = 0;
    loop {
        n_turns += 1;
        unpacking.begin_turn(real_now());
        // It is still being made: what was unpacked of it stays right.
        let mut growing = OpenOptions::new().append(true).open(&path).unwrap();
        growing.write_all(&gzip("more\n")).unwrap();
        let (file, seen) = open(&path).unwrap();
        let body = Body::of(file, &seen, Packing::Gzip, &unpacking);
        let mut bytes = [0; 256];
        match body.read_at(&mut bytes, at) {
            Ok(n_read) => {
                assert_eq!(n_read, 256);
                assert_eq!(bytes, text.as_bytes()[text.len() - 300..][..256]);
                break;
            }
            Err(error) => assert!(is_put_off(&error)),
        }
    }
    assert!((4..8).contains(&n_turns), "{n_turns}");
    assert!(meter::n_unpacked() - before <= text.len());
    // What was asked once is answered at once, also to others.
    let (file, seen) = open(&path).unwrap();
    let body = Body::of(file, &seen, Packing::Gzip, &unpacking);
    let before = meter::n_unpacked();
    assert_eq!(body.read_at(&mut [0; 256], at).unwrap(), 256);
    assert_eq!(meter::n_unpacked(), before);
}

#[test]
fn what_is_shorter_than_it_was_seen_to_be_has_no_content_to_be_known_by() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log");
    for (text, size) in [("", 10), ("A\n", 10), (&numbered("A", 200)[..5000], 5001)] {
        fs::write(&path, text).unwrap();
        let (file, seen) = open(&path).unwrap();
        let body = Body::of(file, &seen, Packing::Plain, &Unpacking::default());
        let error = Content::of(&body, size).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        assert_eq!(Content::of(&body, seen.size).unwrap().offset, seen.size);
    }
}

#[test]
fn of_a_head_of_no_bytes_no_file_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.log");
    for text in ["", "A\n"] {
        fs::write(&path, text).unwrap();
        let (file, seen) = open(&path).unwrap();
        let body = Body::of(file, &seen, Packing::Plain, &Unpacking::default());
        let located = Located { body, seen, path: path.clone() };
        let content = Content { offset: 100, ..Content::default() };
        assert!(!located.is_other_than(&content).unwrap());
    }
}
