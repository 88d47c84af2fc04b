//! A line's pattern: its text with the variable parts masked by type.
//!
//! Deterministic and independent of what came before, so a pattern never changes its name.

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

/// What is masked, the more specific before the more general; each group's name is its mask.
///
/// ASCII throughout. A date or a time stamp, a UUID, a quoted string, an address, a hash, a path, a
/// number: each stands alone or behind punctuation, so that `sda1` and `utf8` stay words.
const VARIABLE: &str = r#"(?x-u)
    (?<mac>   \b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b )
  | (?<time>  \b\d{4}-\d\d-\d\d[T\x20]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?
            | \b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\x20+\d\d?\x20\d\d:\d\d:\d\d\b
            | \b\d\d/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/\d{4}:\d\d:\d\d:\d\d\b
            | \b\d\d:\d\d:\d\d(?:[.,]\d+)?\b )
  | (?<uuid>  \b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b )
  | (?<text>  "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
  | (?<url>   \b[a-z][a-z0-9+.-]*://[^\s"'<>]+ )
  | (?<email> \b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b )
  | (?<ip>    \b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b
            | \b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,6}:[0-9a-fA-F]{1,4}\b )
  | (?<path>  (?:^|[\s=("'\[])(?:/[\w.@%+~-]+)+/? )
  | (?<hex>   \b0[xX][0-9a-fA-F]+\b | \b(?:[a-fA-F]*\d){3}[0-9a-fA-F]{5,}\b )
  | (?<num>   \b\d+(?:[.,]\d+)*(?:[kKMGT]?i?B|ms|us|ns|s|m|h)?\b )
"#;

static MASKS: LazyLock<Regex> = LazyLock::new(|| Regex::new(VARIABLE).expect("a constant"));
static NAMES: LazyLock<Vec<(usize, String)>> = LazyLock::new(|| {
    let names = MASKS.capture_names().enumerate();
    names.filter_map(|(index, name)| Some((index, name?.to_owned()))).collect()
});

/// `line` with its variable parts replaced by `<ip>`, `<num>` and the like.
pub fn mask(line: &[u8]) -> Vec<u8> {
    let replace = |found: &Captures<'_>| {
        let named = NAMES.iter().find_map(|(index, name)| Some((found.get(*index)?, name)));
        let (part, name) = named.expect("each branch is named");
        // A path's branch takes in the separator before it.
        let before = part.as_bytes().iter().take_while(|byte| name == "path" && **byte != b'/');
        let mut mask: Vec<u8> = before.copied().collect();
        mask.extend_from_slice(format!("<{name}>").as_bytes());
        mask
    };
    MASKS.replace_all(line, replace).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_what_varies_and_keeps_the_words() {
        let check = |line: &str, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&mask(line.as_bytes())), expected);
        };
        check(
            "Failed password for root from 203.0.113.9 port 4711 ssh2",
            "Failed password for root from <ip> port <num> ssh2",
        );
        check(
            "Out of memory: Killed process 42 (java)",
            "Out of memory: Killed process <num> (java)",
        );
        check(
            "2026-11-23T10:00:00.123Z sda1: read \"a b\" took 12ms",
            "<time> sda1: read <text> took <num>",
        );
        check(
            "open /var/lib/x.db failed id=550e8400-e29b-41d4-a716-446655440000",
            "open <path> failed id=<uuid>",
        );
        check(
            "at 0xdeadbeef by bob@example.com via https://x.example/a?b",
            "at <hex> by <email> via <url>",
        );
        check("fe80:0:0:0:1:2:3:4 52:54:00:12:34:56 3.5GiB 99%", "<ip> <mac> <num> <num>%");
    }

    #[test]
    fn lines_that_differ_in_values_only_have_one_pattern() {
        let a = mask(b"worker 17 gave up on job 991 after 3 tries");
        assert_eq!(a, mask(b"worker 4 gave up on job 12345 after 30 tries"));
    }
}
