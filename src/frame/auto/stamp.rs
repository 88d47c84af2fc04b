//! Does a line begin as loggers begin theirs, with a time or a level?

/// Level words at the start of a line, in capitals; in brackets in either case.
const LEVELS: [&[u8]; 16] = [
    b"ERROR",
    b"INFO",
    b"WARN",
    b"WARNING",
    b"DEBUG",
    b"TRACE",
    b"FATAL",
    b"CRITICAL",
    b"SEVERE",
    b"NOTICE",
    b"CRIT",
    b"ERR",
    b"ALERT",
    b"EMERG",
    b"PANIC",
    b"FINE",
];

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

const WEEKDAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// What a logger puts before what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stamp {
    /// A time, or a structured line: JSON, or `key=value` with a time or level first.
    Time,
    /// A level alone.
    Level,
}

impl Stamp {
    /// The stamp that `text` begins with.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let (rest, is_bracketed) = match text {
            [b'[', rest @ ..] => (rest, true),
            _ => (text, false),
        };
        if is_time(rest.trim_ascii_start()) || (!is_bracketed && is_structured(rest)) {
            return Some(Self::Time);
        }
        is_level(rest, is_bracketed).then_some(Self::Level)
    }
}

/// `2026-11-23`, `20261123…`, `23/Nov/2026`, `23 Nov`, `10:00:00`, `Nov 23`, `Mon Nov`, `12.345678`,
/// klog's `E1123 10:`.
fn is_time(text: &[u8]) -> bool {
    let n_digits = text.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &text[n_digits..];
    match (n_digits, rest) {
        (4, [b'-' | b'/' | b'.', a, b, ..]) => a.is_ascii_digit() && b.is_ascii_digit(),
        (8.., _) => true,
        (1 | 2, [b'-' | b'/' | b'.' | b' ', date @ ..]) if starts_with_any(date, &MONTHS) => true,
        (2, [b':', a, b, c, ..]) => {
            a.is_ascii_digit() && b.is_ascii_digit() && !c.is_ascii_alphanumeric()
        }
        (1 | 2, [b'/' | b'-' | b'.', a, b, c, d, ..]) => {
            a.is_ascii_digit()
                && (b.is_ascii_digit() || is_separator(*b))
                && [c, d].iter().any(|byte| byte.is_ascii_digit())
        }
        // Seconds since the machine started, as the kernel counts them.
        (1.., [b'.', fraction @ ..]) => {
            fraction.len() > 6 && fraction[..6].iter().all(u8::is_ascii_digit)
        }
        (0, [_, _, _, b' ' | b',', ..]) if starts_with_any(text, &WEEKDAYS) => true,
        (0, [_, _, _, b' ', day, ..]) if starts_with_any(text, &MONTHS) => {
            day.is_ascii_digit() || *day == b' '
        }
        (0, [b'I' | b'W' | b'E' | b'F' | b'D', date @ ..]) => {
            let is_klog = date.len() > 5 && date[..4].iter().all(u8::is_ascii_digit);
            (is_klog && date[4] == b' ') || date.starts_with(b", [")
        }
        _ => false,
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'-' | b'.')
}

/// A JSON object, a syslog priority, `key=value` pairs.
fn is_structured(text: &[u8]) -> bool {
    const KEYS: [&[u8]; 8] =
        [b"{\"", b"time=", b"ts=", b"level=", b"lvl=", b"t=", b"timestamp=", b"severity="];
    starts_with_any(text, &KEYS) || matches!(text, [b'<', b'0'..=b'9', ..])
}

fn is_level(text: &[u8], is_bracketed: bool) -> bool {
    let len = text.iter().take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, rest) = text.split_at(len);
    let is_word = |level: &&[u8]| {
        if is_bracketed { level.eq_ignore_ascii_case(word) } else { *level == word }
    };
    LEVELS.iter().any(is_word)
        && matches!(rest.first(), Some(b' ' | b':' | b']' | b'\t' | b'|' | b'[' | b'/' | b'-'))
}

fn starts_with_any(text: &[u8], heads: &[&[u8]]) -> bool {
    heads.iter().any(|head| text.starts_with(head))
}
