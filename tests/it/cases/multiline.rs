//! Which lines make one event, held against the labelled cases of other projects.
//!
//! The cases are in `tests/cases/multiline/`; its NOTICE says whose they are.

use std::fs;
use std::path::Path;

use logbell::frame::{FrameState, Framing, Place};
use serde::Deserialize;

/// Lines, and which of them make one event: first and last.
#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    start: String,
    lines: Vec<String>,
    groups: Vec<(usize, usize)>,
}

fn cases(file: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/multiline");
    let text = fs::read_to_string(folder.join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The groups that `framing` makes of `lines`.
fn groups(framing: &Framing, lines: &[String]) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut state = FrameState::default();
    for (i, line) in lines.iter().enumerate() {
        match framing.take(&mut state, line.as_bytes()) {
            Place::Begins => groups.push((i, i)),
            Place::Continues => groups.last_mut().unwrap().1 = i,
        }
    }
    groups
}

#[test]
fn stack_traces_are_found_as_people_labelled_them() {
    let (mut n_groups, mut n_right) = (0, 0);
    for case in cases("detect.jsonl") {
        let found = groups(&Framing::auto(), &case.lines);
        for group in &case.groups {
            n_groups += 1;
            if found.contains(group) {
                n_right += 1;
            } else {
                println!("{}: {group:?} is not in {found:?}", case.name);
            }
        }
    }
    println!("{n_right} of {n_groups} groups");
    assert!(n_groups > 100 && n_right * 100 >= n_groups * 95, "{n_right} of {n_groups}");
}

#[test]
fn a_start_cuts_as_its_pattern_says() {
    for case in cases("start.jsonl") {
        let framing = Framing::starting_with(&case.start).unwrap();
        assert_eq!(groups(&framing, &case.lines), case.groups, "{}", case.name);
    }
}

#[test]
fn any_place_of_any_trace_leads_to_its_event() {
    let framing = Framing::auto();
    for case in cases("detect.jsonl") {
        let bytes: Vec<u8> = case
            .lines
            .iter()
            .flat_map(|line| [line.as_bytes(), b"\n"])
            .flatten()
            .copied()
            .collect();
        let ends: Vec<usize> = line_ends(&bytes);
        let groups = groups(&framing, &case.lines);
        let begin = |line: usize| if line == 0 { 0 } else { ends[line - 1] };
        for &(from, to) in &groups {
            // An event begins wherever a chunk of whole events does.
            let chunk = &bytes[begin(from)..];
            let event = 0..ends[to] - begin(from);
            for at in event.clone().step_by(7) {
                assert_eq!(framing.around(chunk, at), event, "{}: {from}–{to}", case.name);
                assert_eq!(framing.around(&bytes, begin(from) + at), begin(from)..ends[to]);
            }
            assert_eq!(framing.last_event(&bytes[..ends[to]]), begin(from), "{}", case.name);
        }
    }
}

fn line_ends(bytes: &[u8]) -> Vec<usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(i, _)| i + 1).collect()
}
