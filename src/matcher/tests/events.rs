//! Chunks whose events have several lines.

use proptest::prelude::*;

use super::*;
use crate::flow::Mark;
use crate::frame::{FrameState, Framing, Place};

const TRACE: &[u8] = b"2026-11-23 ERROR failed\n\
    java.lang.IllegalStateException: no\n\
    \tat a.B.c(B.java:7)\n\
    Caused by: java.io.IOException: broken pipe\n\
    \tat a.B.d(B.java:8)\r\n";

/// The trace between two lines that are fine.
fn log() -> Vec<u8> {
    [b"2026-11-23 INFO fine\n", TRACE, b"2026-11-23 INFO fine\n"].concat()
}

fn found(pattern: &str) -> Vec<Hit> {
    let rules = [rule(&[pattern], &[], (0, 0))];
    let bytes = log();
    let (hits, done) = scan_events(&rules, b"", &bytes, Events::Framed(&Framing::auto()), true);
    assert_eq!(done, bytes.len());
    hits
}

#[test]
fn a_pattern_sees_the_whole_event_and_no_other() {
    let trace = &TRACE[..TRACE.len() - 2];
    for pattern in [
        "IllegalState",
        r"(?s)ERROR.*Caused by.*d\(B",
        r"failed\njava",
        r"failed\s+java",
        r"\)\nCaused[^z]*pipe",
        r"^2026-11-23 ERROR",
        r"B\.java:8\)$",
        r"(?m)^Caused by: .*$",
        r"(?s)^.*IOException.*\z",
    ] {
        let hits = found(pattern);
        assert_eq!(hits.len(), 1, "{pattern}");
        assert_eq!(hits[0].offset, 121, "{pattern}");
        assert_eq!(hits[0].sample.line.as_slice(), trace, "{pattern}");
    }
    for pattern in [r"fine\n", r"(?s)fine.+ERROR", r"(?s)pipe.*INFO", "^Caused", "failed$", "^$"] {
        assert_eq!(found(pattern).len(), 0, "{pattern}");
    }
    assert_eq!(found("2026").len(), 3);
}

#[test]
fn a_refusal_anywhere_in_an_event_refuses_it() {
    let rules = [rule(&["ERROR"], &["broken pipe"], (0, 0))];
    let (hits, _) = scan_events(&rules, b"", &log(), Events::Framed(&Framing::auto()), true);
    assert_eq!(hits.len(), 0);
}

#[test]
fn captures_may_come_from_any_line_of_an_event() {
    let hits = found(r"(?s)ERROR (?P<what>\w+).*Caused by: (?P<why>[\w.]+)");
    let captures: Vec<_> = hits[0].sample.captures.iter().map(|(_, value)| value.clone()).collect();
    assert_eq!(words(&captures), ["failed", "java.io.IOException"]);
}

#[test]
fn context_is_lines_around_the_event_and_is_waited_for_behind_it() {
    let rules = [rule(&["IOException"], &[], (1, 2))];
    let (bytes, framing) = (log(), Framing::auto());
    let events = Events::Framed(&framing);
    let (hits, done) = scan_events(&rules, b"", &bytes, events, false);
    assert_eq!((hits.len(), done), (0, 21), "up to where the event begins");
    let (hits, _) = scan_events(&rules, b"", &bytes, events, true);
    assert_eq!(words(&hits[0].sample.before), ["2026-11-23 INFO fine"]);
    assert_eq!(words(&hits[0].sample.after), ["2026-11-23 INFO fine"]);
}

#[test]
fn a_mark_says_where_its_event_ends_and_came_from() {
    let mark = |end, generation, offset| {
        let generation = GenerationId(generation);
        Mark { end, generation, offset, stamp: None }
    };
    let marks = [mark(4, 5, 1_000), mark(12, 5, 1_070), mark(16, 6, 0)];
    let bytes = b"one\ntwo\n hi\nhit\n";
    let rules = [rule(&[r"o\n hi$|^hit"], &[], (1, 0))];
    let (hits, done) = scan_events(&rules, b"", bytes, Events::Marked(&marks), true);
    let found: Vec<_> = hits.iter().map(|hit| (hit.generation.0, hit.offset)).collect();
    assert_eq!((found, done), (vec![(5, 1_070), (6, 0)], 16));
    assert_eq!(hits[0].sample.line.as_slice(), b"two\n hi");
    assert_eq!(words(&hits[0].sample.before), ["one"]);
}

/// Patterns with what lets a match cross the end of a line, and what must not.
const PATTERNS: [&str; 26] = [
    "ab",
    "^a",
    "b$",
    r"\bab\b",
    r"a\s*b",
    "[^a]b",
    "x*",
    "(?i)AB",
    "a.b",
    r"\Aa\z",
    "^$",
    r"\Bb",
    "(?u)ä|a",
    r"a\r?$",
    "(?s)a.*b",
    r"a\nb",
    r"b\n",
    r"(?m)^b",
    r"(?m)a$",
    r"(?ms)^a.b$",
    r"(?mR)a$",
    r"(?s)^a.*a$",
    r"\s+\z",
    "[^x]{3}b",
    r"(?us)\ba.*ä",
    r"(?s)x.*?ä\b",
];

/// Where the events of `bytes` begin and end, one line after the other.
fn cut(framing: &Framing, bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut events: Vec<std::ops::Range<usize>> = Vec::new();
    let mut state = FrameState::default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let start = events.last().map_or(0, |event| event.end);
        match framing.take(&mut state, line) {
            Place::Begins => events.push(start..start + line.len()),
            Place::Continues => events.last_mut().unwrap().end += line.len(),
        }
    }
    events
}

fn text<'a>(bytes: &'a [u8], event: &std::ops::Range<usize>) -> &'a [u8] {
    let text = &bytes[event.clone()];
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The law of the filter over events: the hits are those of each event looked at by itself,
    /// wherever the bytes are cut between events, and whether framed here or marked before.
    #[test]
    fn finds_what_every_pattern_finds_event_by_event(
        chosen in prop::collection::vec(0..PATTERNS.len(), 1..5),
        bytes in prop::collection::vec(prop::sample::select(b"ab \n\n\r\xffx\xc3\xa4".to_vec()), 0..80),
        start in prop::sample::select(vec!["", "^a", "^$", "b", "^x|^b", "never"]),
        cuts in any::<u64>(),
    ) {
        let framing =
            if start.is_empty() { Framing::auto() } else { Framing::starting_with(start).unwrap() };
        let rules: Vec<_> = chosen.iter().map(|&i| rule(&[PATTERNS[i]], &[], (0, 0))).collect();
        let events = cut(&framing, &bytes);
        let mut expected = Vec::new();
        for event in &events {
            for (id, &i) in chosen.iter().enumerate() {
                let regex = regex::bytes::RegexBuilder::new(PATTERNS[i])
                    .unicode(!PATTERNS[i].is_ascii())
                    .build()
                    .unwrap();
                if regex.is_match(text(&bytes, event)) {
                    expected.push((id, event.start, text(&bytes, event).to_vec()));
                }
            }
        }
        let as_found = |hits: Vec<Hit>, before: usize| hits.into_iter().map(move |hit| {
            let at = usize::try_from(hit.offset).unwrap() + before;
            (hit.rule.0 as usize, at, hit.sample.line.as_slice().to_vec())
        });
        let (mut framed, mut from) = (Vec::new(), 0);
        for (i, event) in events.iter().enumerate() {
            if i + 1 == events.len() || cuts >> (i % 64) & 1 == 1 {
                let chunk = &bytes[from..event.end];
                let (hits, done) = scan_events(&rules, b"", chunk, Events::Framed(&framing), true);
                prop_assert_eq!(done, chunk.len());
                // A chunk's offset is 100.
                framed.extend(as_found(hits, from).map(|(rule, at, text)| (rule, at - 100, text)));
                from = event.end;
            }
        }
        prop_assert_eq!(&framed, &expected);
        let marks: Vec<_> = events
            .iter()
            .map(|event| Mark {
                end: event.end,
                generation: GenerationId(1),
                offset: event.start as u64,
                stamp: None,
            })
            .collect();
        let (hits, done) = scan_events(&rules, b"", &bytes, Events::Marked(&marks), true);
        prop_assert_eq!(as_found(hits, 0).collect::<Vec<_>>(), expected);
        prop_assert_eq!(done, bytes.len());
    }
}
