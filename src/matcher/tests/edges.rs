//! What stands at the edges: of lines, words, chunks, pieces and blocks.

use super::*;
use crate::matcher::Simd;

/// Patterns whose atoms know something of the bytes around them, or could be thought to.
const PATTERNS: [&str; 30] = [
    "^error",
    "error$",
    "^error$",
    r"\berror\b",
    r"\Berror",
    r"-\berror",
    r"error\b-",
    r"x(?m:^)error",
    r"error(?m:$)x",
    r"(?:^|\s)error",
    r"error(?:$|\s)",
    r"^\s*error",
    r"error\s*$",
    r"(?:a|\b)error",
    r"a?\berror",
    r"\b{start}error\b{end}",
    r"\b{start-half}error",
    r"(?u:\b)error",
    r"error(?u:\w)",
    r"(?u:\w)error",
    r"(?i)error:? k",
    r"(?iu)error:? ſk",
    r"(?R)^error$",
    r"error\r",
    r"error.$",
    r"\A(?:error|-error)\z",
    r"(?:error){2}",
    r"\berror.*\b5\d{2}\b",
    r"(?P<what>\w+) error",
    r"^(?:.*error)?$",
];

const LINES: [&str; 22] = [
    "error",
    " error",
    "error ",
    "-error",
    "error-",
    "aerror",
    "errora",
    "xerrorx",
    "a-error",
    "error:K",
    "ERROR: K",
    "error: \u{212a}",
    "error SK",
    "\u{f6}error",
    "error\u{f6}",
    "error\r",
    "errorerror",
    "an error 503",
    "error 5031",
    "",
    "error\u{ff}\u{301}",
    "aaaa error error-error",
];

/// Each of the lines between others of `n` bytes, so that it begins and ends at any place of a block.
fn log(n: usize, end: &str) -> Vec<u8> {
    let quiet = "q".repeat(n);
    let mut log: Vec<u8> = Vec::new();
    for line in LINES {
        log.extend([line, end, &quiet, end].concat().bytes());
    }
    log.extend(b"error");
    log
}

#[test]
fn what_is_known_of_the_bytes_around_an_atom_is_right_wherever_it_stands() {
    let rules: Vec<_> = PATTERNS.iter().map(|pattern| rule(&[pattern], &[], (0, 0))).collect();
    for simd in Simd::available() {
        for chosen in rules.chunks(6) {
            let mut matcher = Matcher::with(chosen.to_vec(), simd).unwrap();
            let regexes: Vec<_> = chosen.iter().map(|rule| rule.any[0].compile()).collect();
            for n in (0..70).step_by(3).chain([200, 16_300, 16_384]) {
                let bytes = log(n, if n % 2 == 0 { "\n" } else { "\r\n" });
                let mut expected = Vec::new();
                let mut at = 0;
                while at < bytes.len() {
                    let line = Event::line_at(&bytes, at);
                    for (id, regex) in (0..).zip(&regexes) {
                        if regex.is_match(line.text(&bytes)) {
                            expected.push((id, 100 + line.start as u64));
                        }
                    }
                    at = line.end;
                }
                let (hits, _) = scan_with(&mut matcher, b"", &bytes, Events::Lines, true);
                let found: Vec<_> = hits.iter().map(|hit| (hit.rule.0, hit.offset)).collect();
                assert_eq!(found, expected, "{simd:?}, {n} bytes between");
            }
        }
    }
}

#[test]
fn captures_are_those_of_the_first_match_however_often_one_seems_to_begin() {
    let check = |pattern: &str, line: &str, expected: Option<&str>| {
        let (hits, _) = scan(&[rule(&[pattern], &[], (0, 0))], b"", line.as_bytes(), true);
        let values = hits.iter().map(|hit| hit.sample.captures[0].1.as_slice());
        let values: Vec<&[u8]> = values.collect();
        let expected: Vec<&[u8]> = expected.iter().map(|value| value.as_bytes()).collect();
        assert_eq!(values, expected, "{pattern} in {line}");
    };
    check(r"job (?P<n>\d+)", "job job job job job job 7 job 8", Some("7"));
    check(r"job (?P<n>\d+)", "job job job job job job", None);
    check(r"job (?P<n>\d+)", "job", None);
    check(r"\bjob(?P<n>\d)", "xjob1 xjob2 job3", Some("3"));
    check(r"\bjob(?P<n>\d)", "xjob1 xjob2 xjob3 xjob4 xjob5 job6 job7", Some("6"));
    check(r"aa(?P<n>b?)", "aaab", Some(""));
    check(r"(?:aba|ba)(?P<n>.)", "abac", Some("c"));
    check(r"(?P<n>job|b) end", "job b end job end", Some("b"));
    check(r"(?i)(?P<n>ok|ko)$", "ok ko OK", Some("OK"));
    check(r"^job (?P<n>\d)", " job 1\njob 2", Some("2"));
}
