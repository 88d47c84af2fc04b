//! Logs of containers: lines that are joined from pieces, and what was written to which output.

use super::prelude::*;

/// A rig of one log, read from its beginning as `change` says.
pub(super) fn rig_of(watching: Watching, change: impl FnOnce(&mut SourceSettings)) -> Rig {
    let mut rig = Rig::with(&["a.log"], Start::Begin, watching);
    change(&mut rig.settings[0]);
    rig
}

pub(super) fn rig_of_format(watching: Watching, format: Format) -> Rig {
    rig_of(watching, |settings| settings.format = format)
}

pub(super) fn cri(stream: &str, tag: &str, text: &str) -> String {
    format!("2016-10-06T00:17:09.669794202Z {stream} {tag} {text}\n")
}

pub(super) fn docker(stream: &str, log: &str) -> String {
    let entry = serde_json::json!({ "log": log, "stream": stream, "time": "2016-10-05T00:00:30Z" });
    format!("{entry}\n")
}

/// Ends the agent and starts it again on what was committed.
pub(super) fn restart(rig: &mut Rig) {
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

in_every_mode! {
    s46_parts_of_cri_lines_are_joined_over_a_rotation_and_a_kill,
    s46_the_16_kib_pieces_of_docker_are_joined_over_a_rotation,
    a_joined_line_is_cut_at_its_greatest_length_and_the_rest_counted,
    a_line_whose_end_does_not_come_is_given_out_in_five_seconds,
    after_a_sleep_the_rest_of_a_line_is_read_before_its_time_is_over,
    events_of_a_container_that_the_matcher_leaves_come_again_once,
    lines_of_no_format_are_given_out_as_they_are_and_told_of_once,
    each_generation_tells_its_own_format,
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
