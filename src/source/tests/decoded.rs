//! Logs of containers, other encodings, and lines that are joined or cut.

use std::sync::Arc;

use super::prelude::*;
use crate::frame::Framing;

/// A rig of one log, read from its beginning as `change` says.
fn rig_of(watching: Watching, change: impl FnOnce(&mut SourceSettings)) -> Rig {
    let mut rig = Rig::with(&["a.log"], Start::Begin, watching);
    change(&mut rig.settings[0]);
    rig
}

fn rig_of_format(watching: Watching, format: Format) -> Rig {
    rig_of(watching, |settings| settings.format = format)
}

fn cri(stream: &str, tag: &str, text: &str) -> String {
    format!("2016-10-06T00:17:09.669794202Z {stream} {tag} {text}\n")
}

fn docker(stream: &str, log: &str) -> String {
    let entry = serde_json::json!({ "log": log, "stream": stream, "time": "2016-10-05T00:00:30Z" });
    format!("{entry}\n")
}

/// Ends the agent and starts it again on what was committed.
fn restart(rig: &mut Rig) {
    rig.kill();
    rig.start();
}

fn s46_parts_of_cri_lines_are_joined_over_a_rotation_and_a_kill(watching: Watching) {
    let mut rig = rig_of_format(watching, Format::Cri);
    rig.start();
    rig.write("a.log", &cri("stdout", "P", "one "));
    rig.write("a.log", &cri("stderr", "P", "eins "));
    rig.write("a.log", &cri("stdout", "P", "two "));
    rig.pass(1);
    assert!(rig.lines().is_empty());
    restart(&mut rig);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", &cri("stderr", "F", "zwei"));
    rig.write("a.log", &cri("stdout", "P", "three "));
    rig.pass(2);
    assert_eq!(rig.lines(), ["eins zwei"]);
    restart(&mut rig);
    rig.write("a.log", &cri("stdout", "F:more", "four"));
    rig.write("a.log", &cri("stdout", "F", "whole"));
    rig.expect(&["eins zwei", "one two three four", "whole"]);
    // Each has the place of its first part, in the generation that it began in.
    let n_first = cri("stdout", "P", "one ").len() as u64;
    let generation = rig.store.marks[0].0;
    assert_eq!(rig.store.marks[..2], [(generation, n_first), (generation, 0)]);
    assert!(rig.store.marks[2].0 > generation);
    assert!(rig.store.memos.is_empty(), "{:?}", rig.store.memos);
    rig.expect_no_loss();
}

fn s46_the_16_kib_pieces_of_docker_are_joined_over_a_rotation(watching: Watching) {
    let mut rig = rig_of_format(watching, Format::Docker);
    rig.start();
    let piece = |letter: &str| letter.repeat(16 * 1024);
    rig.write("a.log", &docker("stdout", &piece("a")));
    rig.write("a.log", &docker("stderr", "other\n"));
    rig.write("a.log", &docker("stdout", &piece("b")));
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", &docker("stdout", &piece("c")));
    rig.write("a.log", &docker("stdout", "end\n"));
    let joined = piece("a") + &piece("b") + &piece("c") + "end";
    rig.expect(&["other", &joined]);
    rig.expect_no_loss();
}

fn a_joined_line_is_cut_at_its_greatest_length_and_the_rest_counted(watching: Watching) {
    let mut rig = rig_of(watching, |settings| {
        settings.format = Format::Cri;
        settings.max_line = 1024;
    });
    rig.start();
    for _ in 0..10 {
        rig.write("a.log", &cri("stdout", "P", &"x".repeat(500)));
        rig.pass(1);
    }
    restart(&mut rig);
    rig.write("a.log", &cri("stdout", "F", "end"));
    rig.write("a.log", &cri("stdout", "F", "next"));
    rig.expect(&["x".repeat(1024).as_str(), "next"]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [("line-cut", Some(5000 + 3 - 1024))]);
}

fn a_line_whose_end_does_not_come_is_given_out_in_five_seconds(watching: Watching) {
    let mut rig = rig_of_format(watching, Format::Cri);
    rig.start();
    rig.write("a.log", &cri("stdout", "P", "lost "));
    rig.pass(5);
    assert!(rig.lines().is_empty());
    rig.pass(2);
    assert_eq!(rig.lines(), ["lost "]);
    rig.write("a.log", &cri("stdout", "F", "late"));
    rig.expect(&["lost ", "late"]);
    assert!(rig.store.memos.is_empty());
}

fn after_a_sleep_the_rest_of_a_line_is_read_before_its_time_is_over(watching: Watching) {
    let mut rig = rig_of_format(watching, Format::Cri);
    rig.start();
    rig.write("a.log", &cri("stdout", "P", "one "));
    rig.pass(1);
    rig.write("a.log", &cri("stdout", "F", "two"));
    rig.now = rig.now + Duration::from_hours(1);
    rig.run();
    assert_eq!(rig.lines(), ["one two"]);
}

fn events_of_a_container_that_the_matcher_leaves_come_again_once(watching: Watching) {
    let mut rig = rig_of_format(watching, Format::Cri);
    rig.start();
    rig.write("a.log", &cri("stdout", "P", "o"));
    for text in ["ne", "two", "three"] {
        rig.write("a.log", &cri("stdout", "F", text));
    }
    rig.write("a.log", &cri("stderr", "P", "begun "));
    for n_lines in [1, 0, 1] {
        rig.now = rig.now + Duration::from_millis(100);
        rig.reconcile();
        rig.read_some(n_lines);
        rig.commit();
        restart(&mut rig);
    }
    rig.write("a.log", &cri("stderr", "F", "ended"));
    rig.expect(&["one", "two", "three", "begun ended"]);
}

fn lines_of_no_format_are_given_out_as_they_are_and_told_of_once(watching: Watching) {
    let mut rig = rig_of_format(watching, Format::Docker);
    rig.start();
    rig.write("a.log", "panic: no JSON\n");
    rig.write("a.log", &docker("stdout", "A\n"));
    rig.write("a.log", "{\"log\":1}\n");
    rig.expect(&["panic: no JSON", "A", "{\"log\":1}"]);
    rig.write("a.log", "again\n");
    rig.pass(2);
    let problems: Vec<_> = rig.store.problems.iter().map(|own| &*own.what).collect();
    let told = "2 lines are no lines of Docker's format; such lines are matched as they are";
    assert_eq!(problems[1..], [told], "{problems:?}");
}

fn each_generation_tells_its_own_format(watching: Watching) {
    let mut rig = rig_of_format(watching, Format::Auto);
    rig.start();
    rig.write("a.log", &cri("stdout", "F", "A"));
    rig.write("a.log", &cri("stdout", "P", "B"));
    rig.write("a.log", &cri("stdout", "F", "C"));
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", &docker("stdout", "D\n"));
    rig.pass(2);
    rig.rename("a.log", "a.log.2");
    let text = "plain\ntext\nand more\nlast\n";
    rig.write("a.log", text);
    rig.pass(2);
    restart(&mut rig);
    rig.write("a.log", &cri("stdout", "F", "is text here"));
    let last = cri("stdout", "F", "is text here");
    rig.expect(&["A", "BC", "D", "plain", "text", "and more", "last", last.trim_end()]);
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn s46_utf_16_with_a_mark_and_line_ends_inside_letters(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    let log = utf_16("\u{FEFF}\u{0A0A}\u{010A}\u{0A00}x\r\n\u{1F600} smile\nlast\n");
    // A byte at a time: within letters, within the pair of a smile, within the line end.
    for (i, byte) in log.iter().enumerate() {
        rig.write("a.log", &[*byte]);
        rig.now = rig.now + Duration::from_millis(100);
        let id = *rig.source.as_ref().unwrap().streams.keys().next().unwrap();
        rig.source.as_mut().unwrap().look(id, rig.now);
        rig.run();
        if i % 7 == 3 {
            restart(&mut rig);
        }
    }
    rig.expect(&["\u{0A0A}\u{010A}\u{0A00}x\r", "\u{1F600} smile", "last"]);
    rig.expect_no_loss();
}

fn utf_16_as_configured_begins_at_the_last_whole_line(watching: Watching) {
    let mut rig = Rig::in_mode(watching, &["a.log"]);
    rig.settings[0].encoding = Some(encoding_rs::UTF_16BE);
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    rig.write("a.log", &[big("old\n\u{0A0A}new"), vec![0x00]].concat());
    rig.start();
    rig.write("a.log", &[vec![0x0A], big("next\n")].concat());
    rig.expect(&["\u{0A0A}new", "next"]);
}

fn a_utf_8_mark_is_no_part_of_the_first_line(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.write("a.log", b"\xEF\xBB");
    rig.start();
    rig.write("a.log", b"\xBFfirst\n\xEF\xBB\xBFnot here\n");
    rig.pass(2);
    rig.write("a.log", "third\n");
    rig.expect(&["first", "\u{FEFF}not here", "third"]);
}

fn one_byte_encodings_and_japanese_are_read_as_text(watching: Watching) {
    for (encoding, bytes, text) in [
        (encoding_rs::WINDOWS_1252, &b"caf\xE9 \x80"[..], "café €"),
        (encoding_rs::SHIFT_JIS, b"\x83\x8D\x83O", "ログ"),
    ] {
        let mut rig = rig_of(watching, |settings| settings.encoding = Some(encoding));
        rig.write("a.log", &[bytes, b"\n", bytes, b"\n"].concat());
        rig.start();
        rig.expect(&[text, text]);
        assert_eq!(rig.store.marks[1].1, bytes.len() as u64 + 1);
    }
}

fn invalid_utf_8_stays_as_it_is(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    rig.write("a.log", b"a\xff\xfeb\n\xc3\n");
    look(&mut rig);
    let source = rig.source.as_mut().unwrap();
    let chunk = source.next_chunk(rig.now).unwrap();
    assert_eq!(chunk.bytes, b"a\xff\xfeb\n\xc3\n");
}

fn s46_crlf_split_across_reads_is_one_line_end(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    for part in ["one\r", "\ntwo", "\r", "\n"] {
        rig.write("a.log", part);
        rig.pass(1);
    }
    rig.expect(&["one\r", "two\r"]);
}

fn s46_a_line_of_100_mb_is_one_cut_line(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    let file = File::create(rig.path("a.log")).unwrap();
    let mut file = std::io::BufWriter::with_capacity(1 << 20, file);
    let part = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        file.write_all(&part).unwrap();
    }
    file.write_all(b"\nnext\n").unwrap();
    drop(file);
    rig.start();
    rig.pass(2);
    let lengths: Vec<_> = rig.lines().iter().map(|line| line.len()).collect();
    assert_eq!(lengths, [MAX_LINE, 4]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [("line-cut", Some((100 << 20) + 1 - MAX_LINE as u64))]);
}

fn the_longest_line_is_as_configured(watching: Watching) {
    let mut rig = rig_of(watching, |settings| settings.max_line = 1024);
    rig.write(
        "a.log",
        &("short\n".to_owned() + &"x".repeat(3000) + "\n" + &"y".repeat(1024) + "\nz\n"),
    );
    rig.start();
    rig.expect(&["short", &"x".repeat(1024), &"y".repeat(1024), "z"]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.bytes, &*loss.what)).collect();
    let what = "a line was longer than 1024 bytes; what came after that was not matched";
    assert_eq!(losses, [(Some(3000 - 1024), what)]);
}

fn the_rest_of_a_line_that_was_cut_in_a_finished_file_is_no_new_line(watching: Watching) {
    let mut rig = rig_of(watching, |_| {});
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    let mut late = rig.appender("a.log");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(2);
    rig.kill();
    late.write_all("x".repeat(MAX_LINE + 500).as_bytes()).unwrap();
    rig.now = rig.now + Duration::from_mins(10);
    rig.start();
    rig.pass(70);
    let lengths: Vec<_> = rig.lines().iter().map(|line| line.len()).collect();
    assert_eq!(lengths, [1, 1, MAX_LINE]);
    let losses: Vec<_> = rig.store.losses.iter().map(|loss| (loss.kind, loss.bytes)).collect();
    assert_eq!(losses, [("line-cut", Some(500))]);
}

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
    look(&mut rig);
    rig.run();
    assert_eq!(rig.lines(), ["A\n a1"]);
    // A further line lets it wait anew.
    rig.write("a.log", " b2\n");
    rig.now = rig.now + Duration::from_millis(900);
    look(&mut rig);
    rig.run();
    rig.now = rig.now + Duration::from_millis(900);
    look(&mut rig);
    rig.run();
    assert_eq!(rig.lines(), ["A\n a1"]);
    rig.now = rig.now + Duration::from_millis(100);
    look(&mut rig);
    rig.run();
    assert_eq!(rig.lines(), ["A\n a1", "B\n b1\n b2"]);
    restart(&mut rig);
    rig.pass(3);
    assert_eq!(rig.lines().len(), 2);
}

/// Looks at the log at once.
fn look(rig: &mut Rig) {
    let source = rig.source.as_mut().unwrap();
    let ids: Vec<_> = source.streams.keys().copied().collect();
    for id in ids {
        source.look(id, rig.now);
    }
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
    look(&mut rig);
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
    s46_parts_of_cri_lines_are_joined_over_a_rotation_and_a_kill,
    s46_the_16_kib_pieces_of_docker_are_joined_over_a_rotation,
    a_joined_line_is_cut_at_its_greatest_length_and_the_rest_counted,
    a_line_whose_end_does_not_come_is_given_out_in_five_seconds,
    after_a_sleep_the_rest_of_a_line_is_read_before_its_time_is_over,
    events_of_a_container_that_the_matcher_leaves_come_again_once,
    lines_of_no_format_are_given_out_as_they_are_and_told_of_once,
    each_generation_tells_its_own_format,
    s46_utf_16_with_a_mark_and_line_ends_inside_letters,
    utf_16_as_configured_begins_at_the_last_whole_line,
    a_utf_8_mark_is_no_part_of_the_first_line,
    one_byte_encodings_and_japanese_are_read_as_text,
    invalid_utf_8_stays_as_it_is,
    s46_crlf_split_across_reads_is_one_line_end,
    s46_a_line_of_100_mb_is_one_cut_line,
    the_longest_line_is_as_configured,
    the_rest_of_a_line_that_was_cut_in_a_finished_file_is_no_new_line,
}

#[test]
fn sources_that_read_a_log_in_different_ways_are_told_of_once() {
    let mut rig = Rig::new(&["*.log"]);
    let (all, mut cri) = (rig.settings[0].clone(), rig.settings[0].clone());
    cri.name = "pods".into();
    cri.files = vec![rig.path("pod-*.log")];
    cri.format = crate::source::Format::Cri;
    rig.settings = vec![all.clone(), cri, all];
    for name in ["other.log", "pod-1.log", "pod-2.log"] {
        rig.write(name, "");
    }
    rig.start();
    rig.run();
    rig.write("pod-3.log", "");
    rig.pass(2);
    let problems: Vec<_> = rig.store.problems.iter().map(|own| &*own.what).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let name = &rig.settings[0].name;
    let expected = format!("it is read as `pods` says, and `{name}` has another `format`");
    assert!(problems[0].starts_with(&expected), "{problems:?}");
}
