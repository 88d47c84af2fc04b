//! A line's pattern: its text with the variable parts masked by type.
//!
//! Deterministic and independent of what came before, so a pattern never changes its name: its text is
//! its name. How what varies is found is behind [`mask`], and nobody else's business.

mod scan;
mod shapes;

/// `line` with its variable parts replaced by `<ip>`, `<num>` and the like: times and dates, UUIDs, quoted
/// text, URLs, e-mail, IP and MAC addresses, paths, hexadecimal and other numbers with their units.
///
/// A number within a word counts from four digits on, so that `sda1` and `utf8` stay words.
pub fn mask(line: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(line.len());
    let mut at = 0;
    while let Some((part, mask)) = scan::next(line, at) {
        masked.extend_from_slice(&line[at..part.start]);
        masked.extend_from_slice(mask.as_str().as_bytes());
        at = part.end;
    }
    masked.extend_from_slice(&line[at..]);
    masked
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
    fn numbers_have_signs_and_units_and_words_keep_their_digits() {
        let check = |line: &str, expected: &str| {
            assert_eq!(String::from_utf8_lossy(&mask(line.as_bytes())), expected);
        };
        check(
            "blk_-4711 blk_38884 utf8 -5 x=-3.2 10-20",
            "blk_<num> blk_<num> utf8 <num> x=<num> <num>-<num>",
        );
        check("1,234 kB, 12.5ms. deadbeef00112233 v1.2", "<num> kB, <num>. <hex> v1.<num>");
        check("don't 'x y' \"a \\\" b\" \"open", "don't <text> <text> \"open");
        check("23/Nov/2026:10:00:00 at 10:00:00,5", "<time> at <time>");
        check("Nov  3 03:12:09 db1: May 2", "<time> db1: May <num>");
        check("fe80::1 10.0.0.1:80 1.2.3 a/b /x.", "<ip> <ip> <num> a/b <path>.");
        check("\u{fe}é/ü \u{1f514}", "\u{fe}é/ü \u{1f514}");
    }

    proptest::proptest! {
        /// Whatever bytes come, it ends.
        #[test]
        fn masks_any_bytes(line in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            mask(&line);
        }

        /// Lines that differ in values only have one pattern.
        #[test]
        fn values_do_not_matter(numbers in proptest::array::uniform4(proptest::num::u32::ANY)) {
            let line = |[a, b, c, d]: [u32; 4]| {
                let ip = std::net::Ipv4Addr::from(a);
                let line = format!("{ip}:{} job {b} of user{c:09} -{d}ms 0x{a:x} /tmp/{b}/{c} id=\"{d}\"", b % 65536);
                mask(line.as_bytes())
            };
            proptest::prop_assert_eq!(line(numbers), line([1, 2, 3, 4]));
        }
    }

    #[test]
    fn lines_that_differ_in_values_only_have_one_pattern() {
        let a = mask(b"worker 17 gave up on job 991 after 3 tries");
        assert_eq!(a, mask(b"worker 4 gave up on job 12345 after 30 tries"));
    }
}
