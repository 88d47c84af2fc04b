//! Lines of all kinds.

use super::prelude::*;

fn a_line_that_is_too_long_is_cut_and_its_rest_counted_over_a_restart(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "before\n");
    rig.write("a.log", &"x".repeat(MAX_LINE + 1000));
    rig.pass(2);
    rig.kill();
    rig.start();
    rig.write("a.log", &"x".repeat(3 * 1024 * 1024));
    rig.write("a.log", "\nafter\n");
    rig.pass(2);
    let lengths: Vec<_> = rig.lines().iter().map(|line| line.len()).collect();
    assert_eq!(lengths, [6, MAX_LINE, 5]);
    assert_eq!(rig.store.losses.len(), 1);
    assert_eq!(rig.store.losses[0].kind, "line-cut");
}

#[test]
fn lines_that_the_matcher_leaves_come_again_with_more_or_settled() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\nB\n");
    rig.now = rig.now + Duration::from_secs(1);
    let mut now = rig.now;
    let mut write = rig.appender("a.log");
    let source = rig.source.as_mut().unwrap();
    let mut next = |source: &mut Source, millis, n_consumed| {
        now = now + Duration::from_millis(millis);
        source.reconcile(now);
        let chunk = source.next_chunk(now)?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let given = (text(chunk.lead), text(chunk.bytes), chunk.settled);
        source.consumed(n_consumed, now);
        Some(given)
    };
    let given = |lead: &str, bytes: &str, settled| Some((lead.into(), bytes.into(), settled));
    assert_eq!(next(source, 0, 2), given("", "A\nB\n", false));
    assert_eq!(next(source, 100, 0), None);
    write.write_all(b"C\nfrag").unwrap();
    assert_eq!(next(source, 1000, 2), given("A\n", "B\nC\n", true));
    assert_eq!(next(source, 100, 0), None);
    assert_eq!(next(source, 200, 2), given("A\nB\n", "C\n", true));
    assert_eq!(next(source, 1000, 0), None);
}

fn line_ends_and_nuls_of_other_kinds_belong_to_their_lines(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\r\n\n\u{0}B\n");
    rig.write("a.log", "C\u{0}D\n");
    rig.expect(&["A\r", "", "\u{0}B", "C\u{0}D"]);
}

fn nuls_at_the_end_wait_for_what_is_written_over_them(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\n\u{0}\u{0}\u{0}\u{0}");
    rig.pass(2);
    std::thread::sleep(Duration::from_millis(10));
    let file = OpenOptions::new().write(true).open(rig.path("a.log")).unwrap();
    file.write_at(b"B\nC\n", 2).unwrap();
    rig.expect(&["A", "B", "C"]);
}

#[test]
fn lines_that_trickle_in_do_not_put_off_those_that_wait_for_them() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "hit\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    let begin = rig.now;
    while rig.pending.is_empty() && rig.now.since(begin) < Duration::from_secs(5) {
        rig.read_some(0);
        rig.now = rig.now + Duration::from_millis(290);
        rig.write("a.log", "more\n");
        let id = *rig.source.as_ref().unwrap().streams.keys().next().unwrap();
        rig.source.as_mut().unwrap().look(id, rig.now);
        rig.reconcile();
    }
    assert!(rig.now.since(begin) < Duration::from_secs(1));
}

#[test]
fn lines_that_wait_behind_those_of_an_older_file_do_not_keep_the_agent_awake() {
    let mut rig = Rig::new(&["a.log"]);
    let look = |rig: &mut Rig, millis: u64| {
        rig.now = rig.now + Duration::from_millis(millis);
        let source = rig.source.as_mut().unwrap();
        let id = *source.streams.keys().next().unwrap();
        source.look(id, rig.now);
        rig.reconcile();
    };
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(2);
    let mut late = rig.appender("a.log");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    look(&mut rig, 1000);
    assert!(rig.read_some(0), "B waits for lines after it");
    late.write_all(b"L\n").unwrap();
    look(&mut rig, 200);
    assert!(rig.read_some(0), "L waits as well, and is older");
    look(&mut rig, 200);
    let source = rig.source.as_ref().unwrap();
    assert!(source.deadline() > rig.now, "B is due, and cannot be given out before L");
    rig.pass(1);
    rig.expect(&["A", "L", "B"]);
}

fn the_rest_of_a_fragment_that_was_given_out_is_given_out_after_a_restart(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", "A\nfrag");
    rig.pass(1);
    let mut late = rig.appender("a.log");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(100);
    assert_eq!(rig.lines(), ["A", "B", "frag"]);
    late.write_all(b"ment").unwrap();
    rig.pass(30);
    rig.kill();
    rig.start();
    late.write_all(b" and rest\nL2\n").unwrap();
    rig.pass(20);
    assert_eq!(rig.lines(), ["A", "B", "frag", "ment and rest", "L2"]);
    rig.expect_no_loss();
}

fn a_huge_line_is_passed_over_in_portions(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.start();
    rig.write("a.log", &("x".repeat(40_000_000) + "\nnext\n"));
    rig.now = rig.now + Duration::from_secs(1);
    rig.reconcile();
    let mut n_pauses = 0;
    while rig.pending.len() < 2 {
        if !rig.read_one() {
            n_pauses += 1;
            assert_eq!(rig.source.as_ref().unwrap().deadline(), rig.now);
        }
    }
    assert_eq!(n_pauses, 4);
    rig.commit();
    assert_eq!(rig.lines()[1], "next");
}

in_every_mode! {
    a_line_that_is_too_long_is_cut_and_its_rest_counted_over_a_restart,
    line_ends_and_nuls_of_other_kinds_belong_to_their_lines,
    nuls_at_the_end_wait_for_what_is_written_over_them,
    the_rest_of_a_fragment_that_was_given_out_is_given_out_after_a_restart,
    a_huge_line_is_passed_over_in_portions,
}
