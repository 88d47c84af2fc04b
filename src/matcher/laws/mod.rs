//! The law of the matcher: it finds what each pattern finds in each event by itself. Held by ordinary
//! tests in seeded cases, and by a target in `fuzz/` without end.

mod atoms;
mod fields;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::{Context, MatchSettings, Matcher, Pattern, Scanned, Simd};
use crate::flow::{
    Chunk, Events, GenerationId, Hit, Mark, Part, Progress, Sample, SourceId, StreamId, Timestamp,
};
use crate::frame::{FrameState, Framing, Place};

pub use atoms::every_atom;
pub use fields::every_field;

/// Makes up rules and a log of bytes, and holds the law.
///
/// However the log is cut between events, with every kind of instructions that this processor has,
/// before and after planning for that log: the hits are the same, and in the same order.
pub fn every_match(bytes: &[u8]) {
    let (mut choices, mut texts) = (Choices(bytes), Vec::new());
    // Many now and then: what finds their atoms is another plan.
    let n_rules = 1 + match choices.below(16) {
        15 => choices.below(24),
        n => n % 4,
    };
    let rules: Vec<MatchSettings> =
        (0..n_rules).filter_map(|_| rule(&mut choices, &mut texts)).collect();
    let framing = match choices.below(6) {
        0 => Some(Framing::starting_with("^a|^E").expect("a pattern")),
        1 => Some(Framing::auto()),
        _ => None,
    };
    let log = log(&mut choices, &texts);
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
                    let (lead, bytes) = (&log[..from], &log[from..event.end]);
                    scan(&mut matcher, lead, bytes, events, &mut found);
                    from = event.end;
                }
            }
            assert_eq!(found, expected, "{simd:?}, round {round}");
            if framing.is_some() {
                let marks: Vec<Mark> = events.iter().map(mark).collect();
                let mut found = Vec::new();
                scan(&mut matcher, b"", &log, Events::Marked(&marks), &mut found);
                assert_eq!(found, expected, "{simd:?}, marked");
            }
            matcher.plan_again(&log);
        }
    }
}

/// What there is to a hit.
#[derive(PartialEq, Eq, Debug)]
struct Found {
    rule: u32,
    part: Part,
    /// Where the event begins.
    offset: u64,
    line: Vec<u8>,
    captures: Vec<(String, Vec<u8>)>,
    before: Vec<Vec<u8>>,
}

/// Looks at each event with each pattern, as plainly as can be.
fn expected(rules: &[MatchSettings], log: &[u8], events: &[Range<usize>]) -> Vec<Found> {
    let compiled = |pattern: &Pattern| {
        let mut builder = RegexBuilder::new(pattern.as_str());
        builder.unicode(!pattern.as_str().is_ascii()).build().expect("it compiled before")
    };
    let all = |patterns: &[Pattern]| patterns.iter().map(compiled).collect::<Vec<_>>();
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| (rule, all(&rule.ends), all(&rule.any), all(&rule.also), all(&rule.none)))
        .collect();
    let mut found = Vec::new();
    for event in events {
        let line = without_end(&log[event.clone()]);
        for (id, (rule, ends, any, also, none)) in (0..).zip(&rules) {
            let captured = |regex: &Regex| Some((regex.clone(), regex.captures(line)?));
            let (part, matching) = if let Some(end) = ends.iter().find_map(captured) {
                (Part::End, vec![end])
            } else if none.iter().any(|regex| regex.is_match(line)) {
                continue;
            } else {
                let first = any.iter().find_map(captured);
                let all = [first].into_iter().chain(also.iter().map(captured));
                let Some(all) = all.collect() else { continue };
                (Part::Match, all)
            };
            let lines: Vec<&[u8]> = log[..event.start].split_inclusive(|b| *b == b'\n').collect();
            let before = lines[lines.len().saturating_sub(rule.context.before)..].iter();
            found.push(Found {
                rule: id,
                part,
                offset: event.start as u64,
                line: cut_to(Sample::MAX_LINE, line),
                captures: named(&matching),
                before: before.map(|line| cut_to(Sample::MAX_CONTEXT, without_end(line))).collect(),
            });
        }
    }
    found
}

/// What the named groups of `matching` are, the first of each name.
fn named(matching: &[(Regex, Captures<'_>)]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for (regex, captures) in matching {
        for name in regex.capture_names().flatten() {
            let Some(value) = captures.name(name) else { continue };
            if all.iter().all(|(own, _)| own != name) {
                all.push((name.to_owned(), cut_to(Sample::MAX_CAPTURE, value.as_bytes())));
            }
        }
    }
    all
}

/// An event's text, its last line's end not counted.
fn without_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

fn cut_to(max: usize, text: &[u8]) -> Vec<u8> {
    text[..text.len().min(max)].to_vec()
}

/// Scans `bytes`, which follow `lead` in the log, as the pipeline does.
fn scan(
    matcher: &mut Matcher,
    lead: &[u8],
    bytes: &[u8],
    events: Events<'_>,
    found: &mut Vec<Found>,
) {
    let chunk = Chunk {
        stream: StreamId(1),
        generation: GenerationId(1),
        path: &Arc::from(Path::new("/var/log/app.log")),
        sources: &Arc::from([SourceId(0)]),
        read_at: Timestamp::from_millis(7),
        progress: Progress::Live,
        lead,
        offset: lead.len() as u64,
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
    let before = hit.sample.before.iter();
    Found {
        rule: hit.rule.0,
        part: hit.part,
        offset: hit.offset,
        line: hit.sample.line.as_slice().to_vec(),
        captures: captures.collect(),
        before: before.map(|line| line.as_slice().to_vec()).collect(),
    }
}

fn mark(event: &Range<usize>) -> Mark {
    Mark { end: event.end, generation: GenerationId(1), offset: event.start as u64, stamp: None }
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

/// Parts of patterns that are not words, each with what it may match.
const PARTS: [(&str, &str); 34] = [
    (".", "z"),
    (".*", " z "),
    (r"\d", "7"),
    (r"\d{2}", "42"),
    (r"\w+", "w_1"),
    (r"\s", "\t"),
    (r"\s*", ""),
    ("[^x]", "-"),
    ("[a-f]", "b"),
    (r"\b", ""),
    (r"\B", ""),
    ("^", ""),
    ("$", ""),
    ("(?m:^)", "\n"),
    ("(?m:$)", "\n"),
    ("(?s:.)", "\n"),
    (r"\A", ""),
    (r"\z", ""),
    ("x*", "xx"),
    ("a?", ""),
    ("[ab]{2,3}", "ab"),
    ("(?i:error)", "eRRor"),
    ("(?i:k)", "K"),
    (r"(?u:\w)", "ö"),
    (r"(?u:\b)", ""),
    ("(?R:$)", "\r\n"),
    (r"\r", "\r"),
    (r"\n", "\n"),
    (r"\b{start}", ""),
    (r"\b{end}", ""),
    ("(?u:.)", "→"),
    ("[[:^alpha:]]", "1"),
    (r"\b{start-half}", ""),
    ("(?i:ab|s)", "S"),
];

/// A pattern, and a text that it often matches.
#[derive(Default)]
struct Made {
    pattern: String,
    text: String,
}

/// Makes up a rule, and adds texts that its patterns often match to `texts`.
fn rule(choices: &mut Choices<'_>, texts: &mut Vec<String>) -> Option<MatchSettings> {
    let mut patterns = |choices: &mut Choices<'_>, n: usize| -> Vec<Pattern> {
        let all = (0..n).filter_map(|_| {
            let made = pattern(choices, 2);
            texts.push(made.text);
            Pattern::new(&made.pattern).ok()
        });
        all.collect()
    };
    let n_any = 1 + choices.below(3) / 2;
    let any = patterns(choices, n_any);
    let n_none = choices.below(4) / 3;
    let none = patterns(choices, n_none);
    let n_also = choices.below(6).saturating_sub(3);
    let also = patterns(choices, n_also);
    let n_ends = choices.below(8) / 7;
    let ends = patterns(choices, n_ends);
    let context = Context { before: choices.below(3), after: 0 };
    (!any.is_empty()).then(|| MatchSettings {
        also,
        none,
        ends,
        context,
        ..MatchSettings::new(SourceId(0), any)
    })
}

fn pattern(choices: &mut Choices<'_>, depth: usize) -> Made {
    let mut made = Made::default();
    for _ in 0..=choices.below(4) {
        let part = match choices.below(if depth == 0 { 3 } else { 6 }) {
            0 | 1 => {
                let word = choices.of(&WORDS);
                Made { pattern: word.to_owned(), text: word.to_owned() }
            }
            2 => {
                let (pattern, text) = choices.of(&PARTS);
                Made { pattern: pattern.to_owned(), text: text.to_owned() }
            }
            n => group(choices, n, depth),
        };
        made.pattern += &part.pattern;
        made.text += &part.text;
    }
    made
}

fn group(choices: &mut Choices<'_>, kind: usize, depth: usize) -> Made {
    let inner = pattern(choices, depth - 1);
    match kind {
        3 => {
            let other = pattern(choices, depth - 1);
            let pattern = format!("(?:{}|{})", inner.pattern, other.pattern);
            let text = if choices.below(2) == 0 { inner.text } else { other.text };
            Made { pattern, text }
        }
        4 => {
            let (times, n) = choices.of(&[
                ("?", 0),
                ("*", 2),
                ("+", 1),
                ("{2}", 2),
                ("{1,3}", 3),
                ("{0,2}", 0),
                ("+?", 2),
            ]);
            let pattern = format!("(?:{}){times}", inner.pattern);
            Made { pattern, text: inner.text.repeat(n) }
        }
        _ => {
            let flags = choices.of(&["", "?i:", "?m:", "?s:", "?u:", "?P<x>", "?ms:", "?iu:"]);
            Made { pattern: format!("({flags}{})", inner.pattern), text: inner.text }
        }
    }
}

fn log(choices: &mut Choices<'_>, texts: &[String]) -> Vec<u8> {
    let mut log = Vec::new();
    while !choices.0.is_empty() {
        match choices.below(16) {
            0..5 if !texts.is_empty() => {
                log.extend(texts[choices.below(texts.len())].bytes());
            }
            0..8 => log.extend(choices.of(&WORDS).bytes()),
            8..11 => log.push(b'\n'),
            11 => log.extend(b"\r\n"),
            12 | 13 => log.push(choices.of(b"\r\xff\xc3x\0A")),
            // So that pieces, blocks and events have borders everywhere.
            14 => log.extend(std::iter::repeat_n(choices.of(b" xa5\n"), choices.below(256))),
            _ => log.extend(b"\tat a.B.c(B.java:7)\n"),
        }
    }
    log
}
