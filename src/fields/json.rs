//! One JSON object, read once: what nobody asks for is passed over, checked and not kept.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::reading::Pairs;

/// Puts the values of `names` into `found`; none of them where `object` is no whole JSON object, or more
/// than one.
pub(super) fn values(object: &[u8], names: &[&str], found: &mut [Option<Vec<u8>>]) {
    let text = String::from_utf8_lossy(object);
    let wanted = names.iter().copied().enumerate().collect();
    if walk(&text, &mut Wanted { wanted, found }).is_err() {
        found.fill(None);
    }
}

/// Gives out the fields of `object` and of the objects in it. Returns whether it is a whole JSON object.
pub(super) fn pairs(object: &[u8], pairs: &mut Pairs) -> bool {
    let text = String::from_utf8_lossy(object);
    walk(&text, &mut All { above: Vec::new(), pairs }).is_ok()
}

/// What is done with the entries of an object or a list.
trait OnEntry {
    /// Whether the value at `key` is wanted.
    fn wants(&self, key: &str) -> bool;
    /// Takes it.
    fn take(&mut self, key: &str, value: &str) -> Result<(), serde_json::Error>;
}

/// Fields that are looked for.
struct Wanted<'n, 'f> {
    /// The places of their values, and what of their names is below the object at hand.
    wanted: Vec<(usize, &'n str)>,
    found: &'f mut [Option<Vec<u8>>],
}

/// All fields, below the keys `above`.
struct All<'p> {
    above: Vec<String>,
    pairs: &'p mut Pairs,
}

impl OnEntry for Wanted<'_, '_> {
    fn wants(&self, key: &str) -> bool {
        self.wanted.iter().any(|(_, name)| below(name, key).is_some())
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), serde_json::Error> {
        let mut inner = Vec::new();
        for &(place, name) in &self.wanted {
            match below(name, key) {
                None => {}
                Some("") => self.found[place] = plain(value)?.map(Cow::into_owned),
                Some(rest) => inner.push((place, rest)),
            }
        }
        if inner.is_empty() || !is_inner(value) {
            return Ok(());
        }
        walk(value, &mut Wanted { wanted: inner, found: self.found })
    }
}

impl OnEntry for All<'_> {
    fn wants(&self, _: &str) -> bool {
        !self.pairs.is_full()
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), serde_json::Error> {
        self.above.push(key.to_owned());
        if value.starts_with('{') && self.above.len() < Pairs::MAX_DEPTH {
            walk(value, self)?;
        } else if let Some(text) = plain(value)? {
            let keys: Vec<&[u8]> = self.above.iter().map(String::as_bytes).collect();
            self.pairs.take(&keys, &text);
        }
        self.above.pop();
        Ok(())
    }
}

/// What of `name` is below `key`: nothing where it is that key's.
fn below<'n>(name: &'n str, key: &str) -> Option<&'n str> {
    let rest = name.strip_prefix(key)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// Whether `value` has values in it.
fn is_inner(value: &str) -> bool {
    value.starts_with(['{', '['])
}

/// What the JSON text `value` means: of a string its letters, of all else what is written.
fn plain(value: &str) -> Result<Option<Cow<'_, [u8]>>, serde_json::Error> {
    match value.as_bytes() {
        b"null" => Ok(None),
        [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => {
            Ok(Some(Cow::Borrowed(inner)))
        }
        // As bytes, since half of a pair of surrogates is no text: programs that cut their messages
        // write such.
        [b'"', ..] => {
            let bytes = Deserializer::from_str(value).deserialize_byte_buf(Letters)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok(Some(Cow::Owned(text.into_bytes())))
        }
        other => Ok(Some(Cow::Borrowed(other))),
    }
}

struct Letters;

impl Visitor<'_> for Letters {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}

/// Goes through the object or the list `text`, and through all of it: what is broken behind what is
/// wanted is broken.
fn walk(text: &str, on_entry: &mut impl OnEntry) -> Result<(), serde_json::Error> {
    let mut json = Deserializer::from_str(text);
    if text.starts_with('[') {
        json.deserialize_seq(Walk(on_entry))?;
    } else {
        json.deserialize_map(Walk(on_entry))?;
    }
    json.end()
}

struct Walk<'w, W>(&'w mut W);

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, W: OnEntry> Visitor<'de> for Walk<'_, W> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            if !self.0.wants(&key) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: &RawValue = map.next_value()?;
            self.0.take(&key, value.get()).map_err(Error::custom)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for place in 0_usize.. {
            let key = place.to_string();
            if self.0.wants(&key) {
                let Some(value) = list.next_element::<&RawValue>()? else { break };
                self.0.take(&key, value.get()).map_err(Error::custom)?;
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}
