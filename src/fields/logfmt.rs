//! `key=value key="a value" key`, as Go's programs write it (go-logfmt, 2013's `kr/logfmt`).
//!
//! Every text is some: a word without `=` is a key whose value is `true`. So nothing is ever wrong; of
//! what was not meant as logfmt, nobody asks for the fields.

use std::borrow::Cow;

use super::escape::unescaped;

/// Puts the values of `names` into `found`.
pub(super) fn values(text: &[u8], names: &[&str], found: &mut [Option<Vec<u8>>]) {
    pairs(text, |key, value| {
        for (place, _) in names.iter().enumerate().filter(|(_, name)| name.as_bytes() == key) {
            found[place] = Some(value.as_deref().unwrap_or(b"true").to_vec());
        }
    });
}

/// Calls `on_pair` with each key and its value, if it has one, as far as they are in `text`.
pub(super) fn pairs<'t>(text: &'t [u8], mut on_pair: impl FnMut(&'t [u8], Option<Cow<'t, [u8]>>)) {
    let mut rest = text;
    while let Some(begin) = rest.iter().position(|&byte| is_of_key(byte)) {
        rest = &rest[begin..];
        let end = rest.iter().position(|&byte| !is_of_key(byte)).unwrap_or(rest.len());
        let (key, behind) = rest.split_at(end);
        let (value, behind) = match behind {
            [b'=', b'"', behind @ ..] => {
                let (value, behind) = quoted(behind);
                (Some(value), behind)
            }
            [b'=', behind @ ..] => {
                let end = behind.iter().position(u8::is_ascii_whitespace).unwrap_or(behind.len());
                (Some(Cow::Borrowed(&behind[..end])), &behind[end..])
            }
            _ => (None, behind),
        };
        on_pair(key, value);
        rest = behind;
    }
}

/// Whether a key may have `byte`.
fn is_of_key(byte: u8) -> bool {
    byte > b' ' && byte != b'=' && byte != b'"'
}

/// The value whose quote stands before `text`, and what is behind it. Without its end, it is all there is.
fn quoted(text: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let mut at = 0;
    while let Some(n) = memchr::memchr2(b'"', b'\\', &text[at..]) {
        at += n;
        if text[at] == b'"' {
            break;
        }
        at = (at + 2).min(text.len());
    }
    let at = if text.get(at) == Some(&b'"') { at } else { text.len() };
    let value = &text[..at];
    let behind = text.get(at + 1..).unwrap_or_default();
    let is_plain = memchr::memchr(b'\\', value).is_none();
    (if is_plain { Cow::Borrowed(value) } else { Cow::Owned(unescaped(value)) }, behind)
}
