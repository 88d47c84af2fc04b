mod bounds;
mod edges;
mod events;
mod laws;
mod survey;

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::flow::{Bytes, Events, GenerationId, Progress, Sample, StreamId, Timestamp};

fn rule(any: &[&str], none: &[&str], context: (usize, usize)) -> MatchSettings {
    let compile = |texts: &[&str]| texts.iter().map(|text| Pattern::new(text).unwrap()).collect();
    MatchSettings {
        none: compile(none),
        context: Context { before: context.0, after: context.1 },
        ..MatchSettings::new(SourceId(0), compile(any))
    }
}

/// Scans `bytes` as one chunk of lines at offset 100 and returns the hits and what is done with.
fn scan(rules: &[MatchSettings], lead: &[u8], bytes: &[u8], settled: bool) -> (Vec<Hit>, usize) {
    scan_events(rules, lead, bytes, Events::Lines, settled)
}

/// The same for a chunk of `events`.
fn scan_events(
    rules: &[MatchSettings],
    lead: &[u8],
    bytes: &[u8],
    events: Events<'_>,
    settled: bool,
) -> (Vec<Hit>, usize) {
    scan_with(&mut Matcher::new(rules.to_vec()), lead, bytes, events, settled)
}

/// The same with a matcher that is there.
fn scan_with(
    matcher: &mut Matcher,
    lead: &[u8],
    bytes: &[u8],
    events: Events<'_>,
    settled: bool,
) -> (Vec<Hit>, usize) {
    let n_rules = matcher.rules.len();
    let chunk = Chunk {
        stream: StreamId(1),
        generation: GenerationId(1),
        path: &Arc::from(Path::new("/var/log/app.log")),
        sources: &Arc::from([SourceId(0)]),
        read_at: Timestamp::from_millis(7),
        progress: Progress::Live,
        lead,
        offset: 100,
        bytes,
        events,
        settled,
    };
    let (mut all, mut at) = (Vec::new(), 0);
    loop {
        let mut hits = Vec::new();
        let scanned = matcher.scan(&chunk, at, &mut hits);
        assert!(hits.len() < Matcher::MAX_HITS + n_rules);
        all.append(&mut hits);
        match scanned {
            Scanned::Full { next } => at = next,
            Scanned::All { done } => return (all, done),
        }
    }
}

pub(in crate::matcher) fn lines(rules: &[MatchSettings], bytes: &[u8]) -> Vec<(u32, String)> {
    let (hits, done) = scan(rules, b"", bytes, true);
    assert_eq!(done, bytes.len());
    let show = |hit: Hit| (hit.rule.0, String::from_utf8_lossy(hit.sample.line.as_slice()).into());
    hits.into_iter().map(show).collect()
}

fn words(lines: &[Bytes]) -> Vec<&str> {
    lines.iter().map(|line| std::str::from_utf8(line.as_slice()).unwrap()).collect()
}

#[test]
fn finds_each_matching_line_of_each_rule_in_order() {
    let rules = [rule(&["error"], &[], (0, 0)), rule(&["disk", "^sda"], &[], (0, 0))];
    let found = lines(&rules, b"ok\nerror one\nsda full\ndisk error\nfine\n");
    let expected = [(0, "error one"), (1, "sda full"), (0, "disk error"), (1, "disk error")];
    assert_eq!(found, expected.map(|(rule, line)| (rule, line.to_owned())));
}

#[test]
fn not_refuses_a_line_that_match_takes() {
    let rules = [rule(&["error"], &["harmless", "^debug"], (0, 0))];
    let found = lines(&rules, b"debug error\nerror: harmless\nerror: real\n");
    assert_eq!(found, [(0, "error: real".to_owned())]);
}

#[test]
fn also_takes_only_lines_that_match_all_of_it_and_captures_beside_match() {
    let also = [r"user=(?P<user>\w+)", r"from (?P<ip>\S+)(?: via (?P<user>\S+))?"];
    let rule = MatchSettings {
        also: also.map(|text| Pattern::new(text).unwrap()).into(),
        ends: vec![Pattern::new("closed").unwrap()],
        ..rule(&["(?P<what>denied|failed)"], &["test"], (0, 0))
    };
    let text = b"denied user=eve\nfailed from 1.2.3.4 user=bob\nfrom x user=y\n\
                 failed from t user=test\ndenied from ::1 via q user=root\nclosed\n";
    let (hits, _) = scan(&[rule], b"", text, true);
    let shown = hits.iter().map(|hit| {
        let values = hit.sample.captures.iter();
        let values = values.map(|(name, value)| format!("{name}={value:?}"));
        (hit.offset - 100, values.collect::<Vec<_>>().join(" "))
    });
    let expected = [
        (16, r#"what=b"failed" user=b"bob" ip=b"1.2.3.4""#),
        (83, r#"what=b"denied" user=b"root" ip=b"::1""#),
        (115, ""),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected.map(|(at, text)| (at, text.to_owned())));
}

#[test]
fn the_first_branch_that_matches_gives_the_captures() {
    let rules = [rule(&[r"user=(?P<user>\w+)", r"pid (?P<pid>\d+)"], &[], (0, 0))];
    let (hits, _) = scan(&rules, b"", b"pid 42 user=eve\npid 7\n", true);
    let captures = |i: usize| {
        let (name, value) = &hits[i].sample.captures[0];
        (name.to_string(), String::from_utf8_lossy(value.as_slice()).into_owned())
    };
    assert_eq!(captures(0), ("user".to_owned(), "eve".to_owned()));
    assert_eq!(captures(1), ("pid".to_owned(), "7".to_owned()));
    assert_eq!((hits[0].offset, hits[1].offset), (100, 116));
}

#[test]
fn a_pattern_never_matches_across_lines() {
    let found =
        lines(&[rule(&[r"a\s+b", "c[^x]d", "e(?s:.)f"], &[], (0, 0))], b"a\nb\nc\nd\ne\nf\na b\n");
    assert_eq!(found, [(0, "a b".to_owned())]);
}

#[test]
fn anchors_are_those_of_the_line_with_either_line_end() {
    let found = lines(&[rule(&[r"^x$", r"\Ay\z"], &[], (0, 0))], b"x\nxx\nx\r\n y\ny\r\ny");
    let expected = ["x", "x", "y", "y"].map(|line| (0, line.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn classes_are_ascii_unless_the_pattern_asks_for_more() {
    let text = "٣\nÄ\nä\n".as_bytes();
    assert_eq!(lines(&[rule(&[r"\d"], &[], (0, 0))], text), []);
    assert_eq!(lines(&[rule(&[r"(?u)\d"], &[], (0, 0))], text), [(0, "٣".to_owned())]);
    let both = [(0, "Ä".to_owned()), (0, "ä".to_owned())];
    assert_eq!(lines(&[rule(&["(?i)ä"], &[], (0, 0))], text), both);
}

#[test]
fn context_reaches_back_into_the_lead() {
    let rules = [rule(&["hit"], &[], (3, 1))];
    let (hits, _) = scan(&rules, b"one\ntwo\nthree\n", b"four\nhit\nfive\nsix\n", false);
    assert_eq!(words(&hits[0].sample.before), ["two", "three", "four"]);
    assert_eq!(words(&hits[0].sample.after), ["five"]);
}

#[test]
fn waits_for_lines_after_until_they_come_or_the_chunk_is_settled() {
    let rules = [rule(&["hit"], &[], (0, 2)), rule(&["hit"], &[], (0, 0))];
    let bytes = b"hit a\nx\ny\nhit b\nz\n";
    let (hits, done) = scan(&rules, b"", bytes, false);
    assert_eq!((hits.len(), done), (2, 10), "neither rule sees `hit b` before both may");
    let (hits, done) = scan(&rules, b"", bytes, true);
    assert_eq!((hits.len(), done), (4, bytes.len()));
    assert_eq!(words(&hits[2].sample.after), ["z"]);
}

#[test]
fn hostile_bytes_are_only_bytes() {
    let mut bytes = b"\0\xff\xfe hit \x1b[31m\n".to_vec();
    bytes.extend(vec![b'x'; 1 << 20]);
    bytes.extend(b"hit\n");
    let (hits, _) = scan(&[rule(&["hit"], &[], (1, 0))], b"", &bytes, true);
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[1].sample.line.as_slice().len(), Sample::MAX_LINE);
    assert_eq!(hits[0].sample.line.as_slice(), b"\0\xff\xfe hit \x1b[31m");
}

#[test]
fn many_hits_come_in_portions_and_none_twice() {
    let rules = [rule(&["x"], &[], (0, 0)), rule(&["x"], &[], (0, 0))];
    let (hits, done) = scan(&rules, b"", &b"x\n".repeat(5_000), true);
    assert_eq!((hits.len(), done), (10_000, 10_000));
    assert!(hits.windows(3).all(|three| three[0].offset < three[2].offset));
}

#[test]
fn more_candidates_than_are_kept_lose_none() {
    let rules = vec![rule(&["abcq"], &[], (0, 0)); 60];
    let (hits, done) = scan(&rules, b"", &b"abcq\n".repeat(2_000), true);
    assert_eq!((hits.len(), done), (120_000, 10_000));
    assert!(hits.chunks(60).all(|own| own[0].offset == own[59].offset && own[59].rule.0 == 59));
    let (hits, done) = scan(&rules, b"", &b"abcq".repeat(2_000), true);
    assert_eq!((hits.len(), done), (60, 8_000), "all in one line");
}

#[test]
fn a_pattern_says_where_it_is_wrong() {
    let error = Pattern::new("a(b").unwrap_err();
    assert_eq!((error.to_string().as_str(), error.span), ("unclosed group", Some(1..2)));
    let error = Pattern::new(r"(?u)(?:\w{50}){50}").unwrap_err();
    assert!(error.to_string().contains("MiB"), "{error}");
}

/// Patterns with what makes a buffer differ from a line: anchors, classes, borders, nothing at all.
const PATTERNS: [&str; 14] = [
    "ab", "^a", "b$", r"\bab\b", r"a\s*b", "[^a]b", "x*", "(?i)AB", "a.b", r"\Aa\z", "^$", r"\Bb",
    "(?u)ä|a", r"a\r?$",
];

proptest! {
    /// The law of the filter: it loses no line that a pattern matches on its own.
    #[test]
    fn finds_what_every_pattern_finds_line_by_line(
        chosen in prop::collection::vec(0..PATTERNS.len(), 1..5),
        bytes in prop::collection::vec(prop::sample::select(b"ab \n\r\xffx\xc3\xa4".to_vec()), 0..60),
    ) {
        let rules: Vec<_> = chosen.iter().map(|&i| rule(&[PATTERNS[i]], &[], (0, 0))).collect();
        let regexes: Vec<_> = rules.iter().map(|rule| rule.any[0].compile()).collect();
        let mut expected = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let line = Event::line_at(&bytes, at);
            for (id, regex) in regexes.iter().enumerate() {
                if regex.is_match(line.text(&bytes)) {
                    expected.push((id, 100 + line.start as u64));
                }
            }
            at = line.end;
        }
        let (hits, done) = scan(&rules, b"", &bytes, true);
        let found: Vec<_> = hits.iter().map(|hit| (hit.rule.0 as usize, hit.offset)).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(done, bytes.len());
    }
}

#[test]
fn what_ends_is_told_from_what_matches_and_goes_before_it() {
    let mut rule = rule(&["job (?P<id>\\d+)"], &["dry run"], (0, 3));
    rule.ends = vec![Pattern::new("job (?P<id>\\d+) (?:done|failed) (?P<code>\\d+)").unwrap()];
    let text = b"job 1\njob 2 (dry run)\nnothing\njob 1 done 0 (dry run)\n";
    let (hits, done) = scan(&[rule], b"", text, false);
    let shown: Vec<_> =
        hits.iter().map(|hit| (hit.part, hit.offset, hit.sample.captures.len())).collect();
    assert_eq!(shown, [(Part::Match, 100, 1), (Part::End, 130, 2)]);
    assert_eq!(done, text.len(), "an end shows no lines after it, so none are waited for");
}
