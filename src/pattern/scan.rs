//! Text → what varies in it: where it begins and ends, and of what type it is.
//!
//! One pass from left to right, by hand: a regex with as many branches takes ten times as long.

use std::ops::Range;

use super::shapes::{colons, digits, email, end_of, ip4, is_uuid, is_word, syslog_time, time, url};

/// The types of what varies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mask {
    Time,
    Uuid,
    Text,
    Url,
    Email,
    Ip,
    Mac,
    Path,
    Hex,
    Num,
}

impl Mask {
    /// What stands in its place.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "<time>",
            Self::Uuid => "<uuid>",
            Self::Text => "<text>",
            Self::Url => "<url>",
            Self::Email => "<email>",
            Self::Ip => "<ip>",
            Self::Mac => "<mac>",
            Self::Path => "<path>",
            Self::Hex => "<hex>",
            Self::Num => "<num>",
        }
    }
}

/// The longest quoted text, so that a lone quote is looked for an end of no further.
const MAX_QUOTED: usize = 1024;
/// Digits within a word that make a number of its own: `sda1` and `utf8` are words, `blk_4711` has one.
const LONG_NUMBER: usize = 4;

/// Behind a number, they belong to it.
const UNITS: [&[u8]; 17] = [
    b"B", b"kB", b"KB", b"MB", b"GB", b"TB", b"KiB", b"MiB", b"GiB", b"TiB", b"ms", b"us", b"ns",
    b"s", b"m", b"h", b"kiB",
];

/// The first thing that varies in `text` from `from` on.
pub(super) fn next(text: &[u8], from: usize) -> Option<(Range<usize>, Mask)> {
    let mut at = from;
    while at < text.len() {
        let before = at.checked_sub(1).map_or(b' ', |before| text[before]);
        match CLASS[text[at] as usize] {
            Class::Other => at += 1,
            Class::Quote => match quoted(text, at, before) {
                Some(end) => return Some((at..end, Mask::Text)),
                None => at += 1,
            },
            Class::Slash => match path(text, at, before) {
                Some(end) => return Some((at..end, Mask::Path)),
                None => at += 1,
            },
            Class::Digit | Class::Letter => {
                if let Some(found) = word(text, at, before, from) {
                    return Some(found);
                }
                at = end_of(text, at, is_word);
            }
        }
    }
    None
}

/// What the word at `at` is, or begins, or has in it.
fn word(text: &[u8], at: usize, before: u8, from: usize) -> Option<(Range<usize>, Mask)> {
    let rest = &text[at..];
    let end = end_of(text, at, is_word);
    let found = |len: usize, mask| Some((at..at + len, mask));
    let behind = text.get(end).copied().unwrap_or(b' ');
    if behind == b':' && text[at].is_ascii_lowercase() && text[end..].starts_with(b"://") {
        let len = url(rest);
        if len > end - at + 3 {
            return found(len, Mask::Url);
        }
    }
    if matches!(behind, b'@' | b'.' | b'+' | b'-')
        && let Some(len) = email(rest)
    {
        return found(len, Mask::Email);
    }
    if behind == b' '
        && end - at == 3
        && let Some(len) = syslog_time(rest)
    {
        return found(len, Mask::Time);
    }
    let n_hex = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if n_hex > 0 {
        if behind == b':'
            && let Some((len, mask)) = colons(rest)
        {
            return found(len, mask);
        }
        if n_hex == 8 && behind == b'-' && is_uuid(rest) {
            return found(36, Mask::Uuid);
        }
    }
    if rest[0].is_ascii_digit()
        && let Some(len) = time(rest)
    {
        return found(len, Mask::Time);
    }
    if rest[0].is_ascii_digit()
        && let Some(len) = ip4(rest)
    {
        return found(len, Mask::Ip);
    }
    if is_hex(&rest[..end - at]) {
        return found(end - at, Mask::Hex);
    }
    number(text, at..end, before, from)
}

/// Whether a word is a hexadecimal number: it says so, or is long and has letters and some digits.
fn is_hex(word: &[u8]) -> bool {
    if let Some(rest) = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X")) {
        return !rest.is_empty() && rest.iter().all(u8::is_ascii_hexdigit);
    }
    let n_digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    (3..word.len()).contains(&n_digits) && word.len() >= 8 && word.iter().all(u8::is_ascii_hexdigit)
}

/// A number that the word at `word` is, or has in it.
fn number(
    text: &[u8],
    word: Range<usize>,
    before: u8,
    from: usize,
) -> Option<(Range<usize>, Mask)> {
    let mut at = word.start;
    while at < word.end {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let digits = end_of(text, at, |byte| byte.is_ascii_digit());
        let is_whole =
            at == word.start && (digits == word.end || UNITS.contains(&&text[digits..word.end]));
        if is_whole || digits - at >= LONG_NUMBER {
            let end = if is_whole { end_of_parts(text, word.end) } else { digits };
            let behind_word = at > word.start && text[at - 1] == b'_';
            let start = sign(text, at, before, behind_word, from);
            return Some((start..end, Mask::Num));
        }
        at = digits;
    }
    None
}

/// Where a number ends of which the whole part does at `end`: `.5`, `,123` and units belong to it.
fn end_of_parts(text: &[u8], mut end: usize) -> usize {
    while matches!(text.get(end), Some(b'.' | b',')) {
        let Some(more) = digits(text, end + 1, 1..=usize::MAX) else { break };
        let last = end_of(text, more, is_word);
        if last > more && !UNITS.contains(&&text[more..last]) {
            break;
        }
        end = last;
    }
    end
}

/// Where a number begins whose digits do at `at`: at its sign, if that is one.
fn sign(text: &[u8], at: usize, before: u8, is_inside: bool, from: usize) -> usize {
    if is_inside || before != b'-' || at < from + 1 {
        return at;
    }
    let ahead = at.checked_sub(2).map_or(b' ', |ahead| text[ahead]);
    let is_sign = matches!(ahead, b' ' | b'=' | b'(' | b'[' | b',' | b':' | b'_' | b'<' | b'\t');
    if is_sign { at - 1 } else { at }
}

/// Where the quoted text ends that begins at `at`. An apostrophe begins none.
fn quoted(text: &[u8], at: usize, before: u8) -> Option<usize> {
    let quote = text[at];
    if quote == b'\'' && is_word(before) {
        return None;
    }
    let limit = text.len().min(at + MAX_QUOTED);
    let mut end = at + 1;
    while end < limit {
        match text[end] {
            b'\\' => end += 2,
            b'\n' => return None,
            byte if byte == quote => {
                let behind = text.get(end + 1).copied().unwrap_or(b' ');
                if quote == b'"' || !is_word(behind) {
                    return Some(end + 1);
                }
                end += 1;
            }
            _ => end += 1,
        }
    }
    None
}

/// Where the path ends that begins at `at`.
fn path(text: &[u8], at: usize, before: u8) -> Option<usize> {
    if !matches!(
        before,
        b' ' | b'\t' | b'\n' | b'=' | b'(' | b'"' | b'\'' | b'[' | b'<' | b',' | b':' | b'{'
    ) {
        return None;
    }
    let is_part =
        |byte: u8| is_word(byte) || matches!(byte, b'.' | b'@' | b'%' | b'+' | b'~' | b'-');
    let mut end = at;
    while text.get(end) == Some(&b'/') {
        let part = end_of(text, end + 1, is_part);
        if part == end + 1 {
            return (end > at).then_some(part);
        }
        end = part;
    }
    // A full stop ends a sentence.
    Some(if text[end - 1] == b'.' { end - 1 } else { end })
}

/// What can begin at a byte.
#[derive(Clone, Copy)]
enum Class {
    Other,
    Quote,
    Slash,
    Digit,
    Letter,
}

const CLASS: [Class; 256] = {
    let mut class = [Class::Other; 256];
    let mut byte = 0u8;
    loop {
        class[byte as usize] = match byte {
            b'"' | b'\'' => Class::Quote,
            b'/' => Class::Slash,
            b'0'..=b'9' => Class::Digit,
            _ if is_word(byte) => Class::Letter,
            _ => Class::Other,
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    class
};
