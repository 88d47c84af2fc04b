//! A condition → a pattern that the text of each event matches which meets it: from it come the atoms
//! that are looked for, so that only few lines are decoded.
//!
//! It may err only by matching too much. A value stands in the text as it is or with escapes:
//!
//! - Of the letters of JSON's strings only `"`, `\`, `/` and control characters have short escapes. These
//!   are spelled out beside the letter itself.
//! - Any letter may be written `\u0065`. Nearly nobody does that to plain text, so that for a given text
//!   the numbers of its letters are alternatives to it: they are rarer than the text. Where letters are
//!   not given, as in a class, it is any `\u`.
//! - Bytes that are no UTF-8 come out as U+FFFD: where that is asked for, any bytes outside ASCII are taken.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytesRange, Hir, HirKind, Repetition};

use super::{Compare, Number, Test};
use crate::fields::Form;
use crate::matcher::Pattern;

/// What may stand between the parts of a JSON object.
const BLANK: &str = r"[ \t\r\n]";
/// Any bytes outside ASCII, or none: in place of what may be U+FFFD.
const HIGH: &str = r"[\x80-\xff]*";
/// A letter that is written as its number.
const NUMBERED: &str = r"\x5cu";
/// Letters of a text that are looked for: more is no rarer.
const MAX_LETTERS: usize = 40;
/// Different letters of a text whose numbers are told apart.
const MAX_NUMBERED: usize = 24;
/// Letters of numbers.
const OF_NUMBERS: &str = "0123456789.eE+-";

/// What the text of each event matches in which the field `name` is one of `any`; `None` where these are
/// none, and where nothing can be said.
pub(super) fn of(name: &str, any: &[Test], form: Form) -> Option<Hir> {
    let name = name.strip_prefix('.').unwrap_or(name);
    let mut all = Vec::new();
    for test in any {
        if form != Form::Logfmt {
            all.extend(in_json(name, test)?);
        }
        if form != Form::Json {
            all.push(in_logfmt(name, test));
        }
    }
    (!all.is_empty()).then(|| Hir::alternation(all))
}

/// What JSON holds in which the field `name` passes `test`: one of these.
fn in_json(name: &str, test: &Test) -> Option<Vec<Hir>> {
    let parts: Vec<&str> = name.split('.').collect();
    let is_place = |part: &&&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let n_places = parts.iter().rev().take_while(is_place).count();
    // The place in a list is written nowhere. Objects above it may be keys of one with it.
    let key = parts[..parts.len() - n_places].last()?;
    let mut letters: Vec<char> = key.chars().collect();
    let begin = if n_places == 0 {
        format!("{}\\x22", escaped(key))
    } else {
        letters.push('.');
        format!("{}[\\x22.]", escaped(key))
    };
    let value = match test {
        Test::There => return Some(vec![regex(&begin), numbers(&letters)]),
        Test::Text(own) => {
            letters.extend(own.chars());
            texts(own)
        }
        Test::Number(compare, number) => {
            letters.extend(OF_NUMBERS.chars());
            number_like(*compare, number)
        }
        Test::Like(pattern) => {
            let like = Hir::concat(vec![regex(&begin), regex(r"(?s-u:.*)"), written(pattern)]);
            return Some(vec![like, regex(NUMBERED)]);
        }
    };
    let behind = if n_places == 0 {
        // As nearly everybody writes it, or with more blanks.
        format!("(?:{BLANK}|:{BLANK}{{2}}|:{BLANK}?{value})")
    } else {
        format!("(?s-u:.*){value}")
    };
    Some(vec![regex(&(begin + &behind)), numbers(&letters)])
}

/// What logfmt holds in which the field `name` passes `test`.
fn in_logfmt(name: &str, test: &Test) -> Hir {
    let key = plain(name.as_bytes());
    let is_true = match test {
        Test::There | Test::Number(..) => false,
        Test::Text(own) => **own == *"true",
        Test::Like(pattern) => pattern.compile().is_match("true"),
    };
    match test {
        Test::There => regex(&key),
        _ if is_true => regex(&key),
        Test::Like(pattern) => {
            let like = Hir::concat(vec![regex(&format!("{key}=(?s-u:.*)")), written(pattern)]);
            Hir::alternation(vec![like, regex(NUMBERED)])
        }
        Test::Text(own) => {
            let letters: Vec<char> = own.chars().collect();
            let value = format!("{key}=\\x22?{}", escaped(cut(own)));
            Hir::alternation(vec![regex(&value), numbers(&letters)])
        }
        Test::Number(compare, number) => {
            let letters: Vec<char> = OF_NUMBERS.chars().collect();
            let value = format!("{key}={}", number_like(*compare, number));
            Hir::alternation(vec![regex(&value), numbers(&letters)])
        }
    }
}

/// `text` as a JSON value: a string, and as it is, if it may be the text of a number, a list or the like.
fn texts(text: &str) -> String {
    let head = cut(text);
    let end = if head.len() == text.len() { "\\x22" } else { "" };
    let string = format!("\\x22{}{end}", escaped(head));
    let is_no_string = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if is_no_string { format!("\\x22?{}", escaped(head)) } else { string }
}

/// The first letters of `text`.
fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_LETTERS).map_or(text, |(end, _)| &text[..end])
}

/// A number that compares so with `bound`, in quotes or not; any value where there is nothing to tell.
fn number_like(compare: Compare, bound: &Number) -> String {
    let real = bound.real();
    let is_told = matches!(compare, Compare::Above | Compare::AtLeast | Compare::Equal);
    if !is_told || !(1.0..1e12).contains(&real) {
        return String::new();
    }
    let whole = format!("{:.0}", real.floor());
    let n = whole.len();
    // With an exponent, or zeros in front, nothing is said of the digits. What is a little less may be as
    // large when it is read: 499.99999999999999999 is 500.
    let others = format!(r"0[0-9]|[0-9]+(?:\.[0-9]+)?[eE]|{:.0}\.9", real.floor() - 1.0);
    if compare == Compare::Equal {
        return format!("\\x22?(?:{whole}|{others})");
    }
    let (first, rest) = (&whole[..1], n - 1);
    format!("\\x22?(?:[{first}-9][0-9]{{{rest}}}|[1-9][0-9]{{{n}}}|{others})")
}

/// `text` with each letter as it is or with its short escape.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        escaped.push_str(&match letter {
            '"' => r"\x5c?\x22".to_owned(),
            '\\' => r"\x5c\x5c?".to_owned(),
            '/' => r"\x5c?/".to_owned(),
            '\n' => r"(?:\x5cn|\n)".to_owned(),
            '\r' => r"(?:\x5cr|\r)".to_owned(),
            '\t' => r"(?:\x5ct|\t)".to_owned(),
            '\u{8}' => r"(?:\x5cb|\x08)".to_owned(),
            '\u{c}' => r"(?:\x5cf|\x0c)".to_owned(),
            char::REPLACEMENT_CHARACTER => HIGH.to_owned(),
            _ => plain(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        });
    }
    escaped
}

/// `bytes` as they are.
fn plain(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\x{byte:02x}");
        text
    })
}

/// One of `letters` as its number.
fn numbers(letters: &[char]) -> Hir {
    let mut units = [0; 2];
    let first = |letter: &char| letter.encode_utf16(&mut units)[0];
    let numbers: BTreeSet<u16> = letters.iter().map(first).collect();
    if numbers.len() > MAX_NUMBERED || letters.contains(&char::REPLACEMENT_CHARACTER) {
        return regex(NUMBERED);
    }
    let digits = |number: &u16| {
        let digits = format!("{number:04x}");
        let digit = |c: char| match c {
            'a'..='f' => format!("[{c}{}]", c.to_ascii_uppercase()),
            _ => c.to_string(),
        };
        digits.chars().map(digit).collect::<String>()
    };
    let numbers: Vec<String> = numbers.iter().map(digits).collect();
    regex(&format!("{NUMBERED}(?:{})", numbers.join("|")))
}

fn regex(text: &str) -> Hir {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    parser.parse(text).expect("made of what is known")
}

/// What text holds that means text in which `pattern` matches. Nothing is asked of what is around.
fn written(pattern: &Pattern) -> Hir {
    rewritten(pattern.hir())
}

fn rewritten(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(literal) => Hir::concat(literal.0.iter().copied().map(byte).collect()),
        HirKind::Class(class) => {
            let mut any = vec![hir.clone()];
            if has(class, |byte| matches!(byte, b'"' | b'\\' | b'/' | 8..=10 | 12 | 13)) {
                any.push(regex(r"\x5c[\x22\x5c/bfnrt]"));
            }
            if has(class, |byte| byte >= 0x80) {
                any.push(regex(HIGH));
            }
            Hir::alternation(any)
        }
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(rewritten(&repetition.sub)),
            ..repetition.clone()
        }),
        HirKind::Capture(capture) => rewritten(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(rewritten).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(rewritten).collect()),
    }
}

/// A byte of a literal.
fn byte(byte: u8) -> Hir {
    match byte {
        // Those of U+FFFD.
        0xef | 0xbf | 0xbd => regex(HIGH),
        0..0x80 => regex(&escaped(char::from(byte).encode_utf8(&mut [0; 4]))),
        _ => regex(&plain(&[byte])),
    }
}

/// Whether one of the bytes that the letters of `class` begin with is `such`.
fn has(class: &Class, such: impl Fn(u8) -> bool) -> bool {
    let in_range = |first: u8, last: u8| (first..=last).any(&such);
    match class {
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .any(|range: &ClassBytesRange| in_range(range.start(), range.end())),
        Class::Unicode(class) => class.ranges().iter().any(|range| {
            let first = u8::try_from(range.start()).unwrap_or(u8::MAX);
            let last = u8::try_from(range.end()).unwrap_or(u8::MAX);
            in_range(first, last)
        }),
    }
}
