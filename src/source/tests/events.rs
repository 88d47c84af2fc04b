//! Several lines that make one event.

use std::sync::Arc;

use super::decoded::{cri, restart, rig_of};
use super::prelude::*;
use crate::frame::Framing;

/// A rig whose lines make events as `framing` says.
fn rig_of_events(watching: Watching, format: Format, framing: Framing) -> Rig {
    rig_of(watching, |settings| {
        settings.format = format;
        settings.framing = Some(Arc::new(framing));
    })
}

fn s46_a_stack_trace_split_by_a_rotation_is_one_event(watching: Watching) {
    let mut rig = rig_of_events(watching, Format::Plain, Framing::auto());
    rig.start();
    rig.write("a.log", "fine\njava.lang.IllegalStateException: no\n\tat a.b.C.d(C.java:7)\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "");
    rig.pass(1);
    assert_eq!(rig.lines(), ["fine"]);
    restart(&mut rig);
    rig.write("a.log", "\tat e.f.G.h(G.java:1)\nnext\n");
    let trace =
        "java.lang.IllegalStateException: no\n\tat a.b.C.d(C.java:7)\n\tat e.f.G.h(G.java:1)";
    rig.pass(4);
    assert_eq!(rig.lines(), ["fine", trace, "next"]);
    let marks = &rig.store.marks;
    assert_eq!(marks[1], (marks[0].0, "fine\n".len() as u64));
    assert!(marks[2].0 > marks[1].0 && rig.store.memos.is_empty());
    rig.expect_no_loss();
}

fn the_last_event_waits_a_second_for_further_lines(watching: Watching) {
    let mut rig = rig_of_events(watching, Format::Plain, Framing::starting_with("^[A-Z]").unwrap());
    rig.start();
    rig.write("a.log", "A\n a1\nB\n b1\n");
    rig.now = rig.now + Duration::from_millis(500);
    rig.look();
    rig.run();
    assert_eq!(rig.lines(), ["A\n a1"]);
    // A further line lets it wait anew.
    rig.write("a.log", " b2\n");
    rig.now = rig.now + Duration::from_millis(900);
    rig.look();
    rig.run();
    rig.now = rig.now + Duration::from_millis(900);
    rig.look();
    rig.run();
    assert_eq!(rig.lines(), ["A\n a1"]);
    rig.now = rig.now + Duration::from_millis(100);
    rig.look();
    rig.run();
    assert_eq!(rig.lines(), ["A\n a1", "B\n b1\n b2"]);
    restart(&mut rig);
    rig.pass(3);
    assert_eq!(rig.lines().len(), 2);
}

fn each_output_of_a_container_has_its_own_events(watching: Watching) {
    let start = Framing::starting_with("^[A-Z]").unwrap();
    let mut rig = rig_of_events(watching, Format::Cri, start);
    rig.start();
    rig.write("a.log", &cri("stdout", "F", "Out"));
    rig.write("a.log", &cri("stderr", "F", "Err"));
    rig.write("a.log", &cri("stdout", "P", " out "));
    rig.write("a.log", &cri("stderr", "F", " err"));
    rig.pass(1);
    restart(&mut rig);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", &cri("stdout", "F", "more"));
    rig.write("a.log", &cri("stdout", "F", "Next"));
    rig.pass(4);
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["Err\n err", "Next", "Out\n out more"]);
}

fn events_of_a_log_that_grows_are_given_out_where_they_lie(watching: Watching) {
    let mut rig = rig_of_events(watching, Format::Plain, Framing::starting_with("^[A-Z]").unwrap());
    rig.write("a.log", &("A\n a\n".repeat(100_000) + "B\n"));
    rig.start();
    rig.pass(3);
    assert_eq!(rig.lines().len(), 100_001);
    assert!(rig.lines()[..100_000].iter().all(|event| *event == "A\n a"));
    rig.write("a.log", "C\nD\n");
    rig.look();
    let source = rig.source.as_mut().unwrap();
    let chunk = source.next_chunk(rig.now).unwrap();
    assert!(matches!(chunk.events, crate::flow::Events::Framed(_)));
    assert_eq!((chunk.bytes, chunk.settled), (&b"C\n"[..], false));
}

in_every_mode! {
    s46_a_stack_trace_split_by_a_rotation_is_one_event,
    the_last_event_waits_a_second_for_further_lines,
    each_output_of_a_container_has_its_own_events,
    events_of_a_log_that_grows_are_given_out_where_they_lie,
}
