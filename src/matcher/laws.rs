//! The law of the matcher: it finds what each pattern finds in each event by itself. Held by ordinary
//! tests in seeded cases, and by a target in `fuzz/` without end.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::{Context, MatchSettings, Matcher, Pattern, Scanned, Simd};
use crate::flow::{Chunk, Events, GenerationId, Hit, Mark, SourceId, StreamId, Timestamp};
use crate::frame::{FrameState, Framing, Place};

/// Makes up rules and a log of bytes, and holds the law.
///
/// However the log is cut between events, with every kind of instructions that this processor has,
/// before and after planning for that log: the hits are the same, and in the same order.
pub fn every_match(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let rules: Vec<MatchSettings> =
        (0..=choices.below(6)).filter_map(|_| rule(&mut choices)).collect();
    let framing = match choices.below(6) {
        0 => Some(Framing::starting_with("^a|^E").expect("a pattern")),
        1 => Some(Framing::auto()),
        _ => None,
    };
    let log = log(&mut choices);
    let events = cut(framing.as_ref(), &log);
    let expected = expected(&rules, &log, &events);
    for simd in Simd::available() {
        let mut matcher = Matcher::with(rules.clone(), simd).expect("available");
        for round in 0..2 {
            let mut found = Vec::new();
            let mut from = 0;
            for (i, event) in events.iter().enumerate() {
                if i + 1 == events.len() || choices.below(8) == 7 {
                    let events = framing.as_ref().map_or(Events::Lines, Events::Framed);
                    scan(&mut matcher, &log[from..event.end], from, events, &mut found);
                    from = event.end;
                }
            }
            assert_eq!(found, expected, "{simd:?}, round {round}");
            if framing.is_some() {
                let marks: Vec<Mark> = events.iter().map(mark).collect();
                let mut found = Vec::new();
                scan(&mut matcher, &log, 0, Events::Marked(&marks), &mut found);
                assert_eq!(found, expected, "{simd:?}, marked");
            }
            matcher.plan_again(&log);
        }
    }
}

/// A hit: the rule, where the event begins, its text and what was captured.
type Found = (u32, u64, Vec<u8>, Vec<(String, Vec<u8>)>);

/// Looks at each event with each pattern, as plainly as can be.
fn expected(rules: &[MatchSettings], log: &[u8], events: &[Range<usize>]) -> Vec<Found> {
    let compiled = |pattern: &Pattern| {
        let mut builder = regex::bytes::RegexBuilder::new(pattern.as_str());
        builder.unicode(!pattern.as_str().is_ascii()).build().expect("it compiled before")
    };
    let all = |patterns: &[Pattern]| patterns.iter().map(compiled).collect::<Vec<_>>();
    let rules: Vec<_> = rules.iter().map(|rule| (all(&rule.any), all(&rule.none))).collect();
    let mut found = Vec::new();
    for event in events {
        let text = &log[event.clone()];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        for (id, (any, none)) in (0..).zip(&rules) {
            let first = any.iter().find_map(|regex| Some((regex, regex.captures(text)?)));
            let Some((regex, captures)) = first else { continue };
            if none.iter().any(|regex| regex.is_match(text)) {
                continue;
            }
            let named = regex.capture_names().flatten().filter_map(|name| {
                Some((name.to_owned(), captures.name(name)?.as_bytes().to_vec()))
            });
            found.push((id, event.start as u64, text.to_vec(), named.collect()));
        }
    }
    found
}

/// Scans `bytes`, which stand at `offset` in the log, as the pipeline does.
fn scan(
    matcher: &mut Matcher,
    bytes: &[u8],
    offset: usize,
    events: Events<'_>,
    found: &mut Vec<Found>,
) {
    let chunk = Chunk {
        stream: StreamId(1),
        generation: GenerationId(1),
        path: &Arc::from(Path::new("/var/log/app.log")),
        sources: &Arc::from([SourceId(0)]),
        read_at: Timestamp::from_millis(7),
        lead: b"",
        offset: offset as u64,
        bytes,
        events,
        settled: true,
    };
    let (mut at, mut hits) = (0, Vec::new());
    loop {
        let scanned = matcher.scan(&chunk, at, &mut hits);
        found.extend(hits.iter().map(plain));
        hits.clear();
        match scanned {
            Scanned::Full { next } => at = next,
            Scanned::All { done } => return assert_eq!(done, bytes.len()),
        }
    }
}

fn plain(hit: &Hit) -> Found {
    let captures = hit.sample.captures.iter();
    let captures = captures.map(|(name, value)| (name.to_string(), value.as_slice().to_vec()));
    (hit.rule.0, hit.offset, hit.sample.line.as_slice().to_vec(), captures.collect())
}

fn mark(event: &Range<usize>) -> Mark {
    Mark { end: event.end, generation: GenerationId(1), offset: event.start as u64 }
}

/// Where the events of `log` lie, one line after the other.
fn cut(framing: Option<&Framing>, log: &[u8]) -> Vec<Range<usize>> {
    let mut events: Vec<Range<usize>> = Vec::new();
    let mut state = FrameState::default();
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        let start = events.last().map_or(0, |event| event.end);
        let place = framing.map_or(Place::Begins, |framing| framing.take(&mut state, line));
        match (place, events.last_mut()) {
            (Place::Continues, Some(last)) => last.end += line.len(),
            _ => events.push(start..start + line.len()),
        }
    }
    events
}

/// Bytes as a source of choices; when they have run out, always the first one.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    /// A number below `n`, which is at most 256.
    fn below(&mut self, n: usize) -> usize {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first) % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Words that patterns and logs are made of.
const WORDS: [&str; 18] = [
    "a", "ab", "error", "Error", "x=1", "5", "503", "timeout", "ä", "Ä", " ", "-", "b", "ERROR: ",
    "user=eve", "ſ", "K", "_",
];

/// Parts of patterns that are not words.
const PARTS: [&str; 34] = [
    ".",
    ".*",
    r"\d",
    r"\d{2}",
    r"\w+",
    r"\s",
    r"\s*",
    "[^x]",
    "[a-f]",
    r"\b",
    r"\B",
    "^",
    "$",
    "(?m:^)",
    "(?m:$)",
    "(?s:.)",
    r"\A",
    r"\z",
    "x*",
    "a?",
    "[ab]{2,3}",
    "(?i:error)",
    "(?i:k)",
    r"(?u:\w)",
    r"(?u:\b)",
    "(?R:$)",
    r"\r",
    r"\n",
    r"\b{start}",
    r"\b{end}",
    "(?u:.)",
    "[[:^alpha:]]",
    r"\b{start-half}",
    "(?i:ab|s)",
];

fn rule(choices: &mut Choices<'_>) -> Option<MatchSettings> {
    let patterns = |choices: &mut Choices<'_>, n: usize| -> Vec<Pattern> {
        (0..n).filter_map(|_| Pattern::new(&pattern(choices, 2)).ok()).collect()
    };
    let n_any = 1 + choices.below(3) / 2;
    let any = patterns(choices, n_any);
    let n_none = choices.below(4) / 3;
    let none = patterns(choices, n_none);
    let context = Context { before: 0, after: 0 };
    (!any.is_empty()).then_some(MatchSettings { source: SourceId(0), any, none, context })
}

fn pattern(choices: &mut Choices<'_>, depth: usize) -> String {
    let mut pattern = String::new();
    for _ in 0..=choices.below(4) {
        match choices.below(if depth == 0 { 3 } else { 6 }) {
            0 | 1 => pattern += choices.of(&WORDS),
            2 => pattern += choices.of(&PARTS),
            3 => {
                let (one, other) =
                    (self::pattern(choices, depth - 1), self::pattern(choices, depth - 1));
                pattern.extend(["(?:", &one, "|", &other, ")"]);
            }
            4 => {
                let times = choices.of(&["?", "*", "+", "{2}", "{1,3}", "{0,2}", "+?"]);
                pattern.extend(["(?:", &self::pattern(choices, depth - 1), ")", times]);
            }
            _ => {
                let flags = choices.of(&["", "?i:", "?m:", "?s:", "?u:", "?P<x>", "?ms:", "?iu:"]);
                pattern.extend(["(", flags, &self::pattern(choices, depth - 1), ")"]);
            }
        }
    }
    pattern
}

fn log(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut log = Vec::new();
    while !choices.0.is_empty() {
        match choices.below(12) {
            0..6 => log.extend(choices.of(&WORDS).bytes()),
            6 | 7 => log.push(b'\n'),
            8 => log.extend(b"\r\n"),
            9 => log.push(choices.of(b"\r\xff\xc3x\0A")),
            // So that pieces, blocks and events have borders everywhere.
            10 => log.extend(std::iter::repeat_n(choices.of(b" xa5\n"), choices.below(256))),
            _ => log.extend(b"\tat a.B.c(B.java:7)\n"),
        }
    }
    log
}
