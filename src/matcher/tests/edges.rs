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
