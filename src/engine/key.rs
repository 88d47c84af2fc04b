//! Which group a hit belongs to.

use std::net::IpAddr;
use std::sync::Arc;

use crate::flow::{Digest, GroupKey, Sample};
use crate::pattern;

use super::settings::GroupWord;

/// The most bytes of a value. What is longer is cut, with a hash of the whole behind it.
const MAX_VALUE: usize = 128;
/// The value of a word that the hit lacks: a group of its own.
const NONE: &str = "(none)";
/// The value of the group that takes the hits for which there is no room.
const OTHER: &str = "(other)";

/// The group of a hit with `sample`.
pub(super) fn of(words: &[GroupWord], sample: &Sample, host: &str) -> GroupKey {
    let entry = |word: &GroupWord| -> (Arc<str>, Box<str>) {
        let value = match word {
            // A field goes before a label.
            GroupWord::Label { name, value } => {
                capture(name, sample).unwrap_or_else(|| clean(value.as_bytes()))
            }
            GroupWord::Host => clean(host.as_bytes()),
            GroupWord::File => clean(sample.path.as_os_str().as_encoded_bytes()),
            GroupWord::Pattern => clean(&pattern::mask(sample.message())),
            GroupWord::Capture(name) => capture(name, sample).unwrap_or(NONE.into()),
        };
        (word.as_str().into(), value)
    };
    GroupKey(words.iter().map(entry).collect())
}

/// The value of the capture `name`, as a group's is written.
pub(super) fn capture(name: &str, sample: &Sample) -> Option<Box<str>> {
    let (_, value) = sample.captures.iter().find(|(capture, _)| **capture == *name)?;
    Some(clean(value.as_slice()))
}

/// The group whose words have `values`, in their order.
pub(super) fn of_values(words: &[GroupWord], values: &[Box<str>]) -> GroupKey {
    let entry = |(word, value): (&GroupWord, &str)| -> (Arc<str>, Box<str>) {
        (word.as_str().into(), clean(value.as_bytes()))
    };
    let values = values.iter().map(AsRef::as_ref);
    GroupKey(words.iter().zip(values).map(entry).collect())
}

/// The group of the hits for which there is no room.
pub(super) fn other(words: &[GroupWord]) -> GroupKey {
    GroupKey(words.iter().map(|word| (word.as_str().into(), OTHER.into())).collect())
}

/// A value as clean text: trimmed, control characters escaped, addresses in one form, bounded.
pub(super) fn clean(value: &[u8]) -> Box<str> {
    let text = String::from_utf8_lossy(value);
    let text = text.trim();
    if text.is_empty() {
        return NONE.into();
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return address.to_canonical().to_string().into();
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    if clean.len() > MAX_VALUE {
        let hash = Digest::new("group value").with(value).finish();
        clean.truncate(clean.floor_char_boundary(MAX_VALUE));
        let hash = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        clean = format!("{clean}…{hash:08x}");
    }
    clean.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_trimmed_escaped_and_normalised() {
        let check = |value: &[u8], expected: &str| assert_eq!(&*clean(value), expected);
        check(b"  shop\t", "shop");
        check(b"a\x1b[31m\nb", "a\\u{1b}[31m\\nb");
        check("\u{202e}evil".as_bytes(), "\\u{202e}evil");
        check(b"2001:DB8:0:0::1", "2001:db8::1");
        check(b"::ffff:203.0.113.9", "203.0.113.9");
        check(b"\xff", "\u{fffd}");
        check(b"", "(none)");
    }

    #[test]
    fn long_values_are_cut_but_stay_apart() {
        let (a, b) = ([b'x'; 300], [b'x'; 301]);
        assert!(clean(&a).len() < 150);
        assert_ne!(clean(&a), clean(&b));
        assert_eq!(clean(&a), clean(&a));
    }
}
