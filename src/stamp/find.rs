//! Where in a text a stamp may stand.

use memchr::memmem;

use super::Stamp;
use super::civil::{epoch, klog, stamp};
use super::cursor::Cursor;

/// Keys that say when something happened.
const KEYS: [&[u8]; 7] =
    [b"timestamp", b"@timestamp", b"time", b"ts", b"datetime", b"asctime", b"date"];

/// The first stamp in `text`.
pub(super) fn first(text: &[u8]) -> Option<Stamp> {
    if text.first() == Some(&b'{')
        && let Some(found) = of_key(&text[..text.len().min(Stamp::OBJECT_REACH)])
    {
        return Some(found);
    }
    let text = &text[..text.len().min(Stamp::REACH)];
    if let Some(found) = klog(Cursor::new(text)) {
        return Some(found);
    }
    // Any stamp is longer than this.
    let last = text.len().saturating_sub(9);
    (0..last).filter(|at| may_begin(text, *at)).find_map(|at| {
        let here = Cursor::new(&text[at..]);
        stamp(here).or_else(|| is_epoch_place(&text[..at]).then(|| epoch(here)).flatten())
    })
}

/// The stamp that one of the keys of a JSON object names: of several the first.
fn of_key(object: &[u8]) -> Option<Stamp> {
    let places = KEYS.iter().filter_map(|key| {
        let mut found = memmem::find_iter(object, key).map(|at| (at, at + key.len()));
        found.find_map(|(from, to)| {
            let behind = object[to..].strip_prefix(b"\"")?.trim_ascii_start();
            let value = behind.strip_prefix(b":")?;
            object[..from].ends_with(b"\"").then(|| object.len() - value.len())
        })
    });
    let mut places: Vec<_> = places.collect();
    places.sort_unstable();
    places.into_iter().find_map(|at| {
        let value = object[at..].trim_ascii_start();
        let value = Cursor::new(value.strip_prefix(b"\"").unwrap_or(value));
        stamp(value).or_else(|| epoch(value))
    })
}

/// Whether something that may be a stamp begins at `at`: not amid a word or a number.
fn may_begin(text: &[u8], at: usize) -> bool {
    let is_begun = at > 0 && (text[at - 1].is_ascii_alphanumeric() || text[at - 1] == b'.');
    let is_letter =
        || matches!(text[at] | 0x20, b'a' | b'd' | b'f' | b'j' | b'm'..=b'o' | b's'..=b't' | b'w');
    !is_begun && (text[at].is_ascii_digit() || is_letter())
}

/// Whether a number behind `before` counts from the epoch: it leads the line, or a key says so.
fn is_epoch_place(before: &[u8]) -> bool {
    if before.is_empty() || before == b"[" {
        return true;
    }
    let before = before.strip_suffix(b"\"").unwrap_or(before);
    let Some(key) = before.strip_suffix(b"=") else { return false };
    KEYS.iter().any(|own| {
        key.strip_suffix(*own)
            .is_some_and(|rest| rest.last().is_none_or(|byte| !byte.is_ascii_alphanumeric()))
    })
}
