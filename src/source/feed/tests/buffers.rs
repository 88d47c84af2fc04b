//! Lines, inbox and desk on bytes.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::super::desk::Desk;
use super::super::inbox::{Batch, Closed, Entry, Inbox};
use super::super::lines::Lines;
use super::super::place::Place;
use crate::flow::{GenerationId, Mark, Timestamp};
use crate::source::Waker;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

fn check_lines(max: usize, pieces: &[&str], lines: &str, n_cut: u64) {
    let (mut cutter, mut batch) = (Lines::new(max), Batch::default());
    for piece in pieces {
        cutter.push(piece.as_bytes(), &mut batch);
    }
    cutter.finish(&mut batch);
    assert_eq!(String::from_utf8(batch.bytes).unwrap(), lines, "{pieces:?}");
    assert_eq!(batch.n_cut, n_cut, "{pieces:?}");
}

#[test]
fn lines_are_joined_from_pieces_and_end_at_the_end() {
    check_lines(16, &["one\ntwo\n"], "one\ntwo\n", 0);
    check_lines(16, &["o", "ne\nt", "wo", "\n"], "one\ntwo\n", 0);
    check_lines(16, &["\n\n", "x\r\n"], "\n\nx\r\n", 0);
    check_lines(16, &["one\ntwo"], "one\ntwo\n", 0);
    check_lines(16, &[], "", 0);
}

#[test]
fn a_line_that_is_too_long_keeps_its_head_and_the_rest_is_counted() {
    check_lines(8, &["1234567\n"], "1234567\n", 0);
    check_lines(8, &["12345678\nnext\n"], "1234567\nnext\n", 1);
    check_lines(8, &["1234", "5678", "90\nne", "xt"], "1234567\nnext\n", 3);
    check_lines(8, &["1234567890"], "1234567\n", 3);
}

fn batch(text: &str) -> Batch {
    Batch { bytes: text.as_bytes().to_vec(), ..Batch::default() }
}

#[test]
fn a_full_inbox_lets_its_thread_wait_until_there_is_room() {
    let waker = Waker::new();
    let inbox = Inbox::new(waker.clone());
    let (sent, done) = mpsc::channel();
    let own = inbox.clone();
    let pushing = thread::spawn(move || {
        for n in 0..64 {
            own.push(&mut batch(&"x".repeat(64 * 1024))).unwrap();
            sent.send(n).unwrap();
        }
        own.end();
    });
    let mut desk = Desk::default();
    let mut n_read = 0;
    while !inbox.is_over() {
        waker.wait(Some(LONG));
        assert!(inbox.n_bytes() <= 5 * 64 * 1024, "{}", inbox.n_bytes());
        desk.fill(&inbox);
        assert!(desk.lines().len() <= 9 * 64 * 1024, "{}", desk.lines().len());
        n_read += desk.lines().len();
        desk.consume(usize::MAX);
    }
    pushing.join().unwrap();
    assert_eq!(done.iter().count(), 64);
    assert_eq!(n_read, 64 * 64 * 1024);
}

#[test]
fn a_thread_that_waits_for_room_ends_when_nobody_takes_any_more() {
    let inbox = Inbox::new(Waker::new());
    inbox.push(&mut batch(&"x".repeat(300 * 1024))).unwrap();
    let own = inbox.clone();
    let pushing = thread::spawn(move || own.push(&mut batch("more\n")));
    inbox.close();
    assert_eq!(pushing.join().unwrap(), Err(Closed));
}

#[test]
fn a_desk_gives_again_what_was_not_consumed_with_the_lines_before_it() {
    let inbox = Inbox::new(Waker::new());
    let mut desk = Desk::default();
    inbox.push(&mut batch("one\ntwo\nthree\n")).unwrap();
    desk.fill(&inbox);
    assert_eq!((desk.offset(), desk.lines()), (0, &b"one\ntwo\nthree\n"[..]));
    desk.consume(8);
    inbox.push(&mut batch("four\n")).unwrap();
    desk.fill(&inbox);
    assert_eq!((desk.offset(), desk.lines()), (8, &b"three\nfour\n"[..]));
    assert_eq!(desk.lead(1), b"two\n");
    assert_eq!(desk.lead(5), b"one\ntwo\n");
    assert_eq!(desk.lead(0), b"");
}

#[test]
fn a_desk_forgets_what_is_long_past() {
    let inbox = Inbox::new(Waker::new());
    let mut desk = Desk::default();
    for n in 0..1000 {
        inbox.push(&mut batch(&format!("{n:>199}\n"))).unwrap();
        desk.fill(&inbox);
        desk.consume(200);
    }
    assert_eq!(desk.offset(), 200_000);
    assert_eq!(desk.lead(2), format!("{:>199}\n{:>199}\n", 998, 999).as_bytes());
    assert!(desk.lead(usize::MAX).len() <= 5 * 16 * 1024);
}

#[test]
fn a_place_is_behind_whole_entries_only() {
    let place = |n: u64| Place { cursor: Some(format!("s=a;i={n}")), time: n, is_missed: false };
    let inbox = Inbox::new(Waker::new());
    let entries = vec![Entry { len: 8, place: place(1) }, Entry { len: 4, place: place(2) }];
    let mut batch = Batch { entries, ..batch("one\ntwo\nend\n") };
    inbox.push(&mut batch).unwrap();
    let mut desk = Desk::default();
    desk.fill(&inbox);
    let generation = GenerationId(7);
    desk.mark(generation);
    let stamp = Some(Timestamp::from_millis(0));
    let mark = |end, offset| Mark { end, generation, offset, stamp };
    assert_eq!(desk.marks(), [mark(8, 0), mark(12, 8)]);
    assert_eq!(desk.consume(4), None);
    desk.mark(generation);
    assert_eq!(desk.marks(), [mark(4, 4), mark(8, 8)]);
    assert_eq!(desk.consume(4), Some(place(1)));
    assert_eq!(desk.consume(4), Some(place(2)));
}
