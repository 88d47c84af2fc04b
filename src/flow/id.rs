//! Names that stay the same however often the same thing is computed again.
//!
//! Ids are hashes of what caused the thing, not random: a store that power loss set back names its
//! messages again as before, and Chat's `requestId` keeps them from being posted twice.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A hash over labelled parts, each written with its length so that no two lists of parts meet.
#[derive(Clone)]
pub struct Digest(Sha256);

impl Digest {
    /// Starts a hash in the name space `label`.
    pub fn new(label: &str) -> Self {
        Self(Sha256::new()).with(label.as_bytes())
    }

    /// Takes in `part`.
    #[must_use]
    pub fn with(mut self, part: &[u8]) -> Self {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// Takes in a number.
    #[must_use]
    pub fn with_number(self, number: u64) -> Self {
        self.with(&number.to_le_bytes())
    }

    /// The first 16 bytes of the hash.
    pub fn finish(self) -> [u8; 16] {
        let hash = self.0.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        bytes
    }

    /// The first 8 bytes of the hash, as a number.
    pub fn finish_short(self) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.finish()[..8]);
        u64::from_be_bytes(bytes)
    }
}

/// One incident: everything between an open and its close, for one group of one rule.
///
/// Shown and serialised as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct IncidentId(u128);

impl IncidentId {
    /// The incident that `digest` names.
    pub fn new(digest: Digest) -> Self {
        Self(u128::from_be_bytes(digest.finish()))
    }

    /// The bytes of the id, for ids that derive from it.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for IncidentId {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// One message for its whole life, sent as Chat's `requestId`. Shown as a UUID (version 8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MessageId(uuid::Uuid);

impl MessageId {
    /// The message that `digest` names.
    pub fn new(digest: Digest) -> Self {
        Self(uuid::Builder::from_custom_bytes(digest.finish()).into_uuid())
    }

    /// Reads an id as it is shown; `None` if `text` is not a UUID.
    pub fn parse(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text).ok().map(Self)
    }

    /// Digits of the short form.
    pub const SHORT: usize = 8;
    /// The fewest digits that messages are looked up by.
    const FEWEST: usize = 4;

    /// The short form that people quote: the first [`Self::SHORT`] of the digits that it is shown
    /// with. With 10,000 messages kept, one in 400,000 shares it with another: who looks a message up
    /// by it ([`Self::quoted`]) may find several, and tells of all of them.
    pub fn short(self) -> String {
        self.to_string()[..Self::SHORT].to_owned()
    }

    /// The ids that `text` quotes: those that begin with its digits, with or without `#` before them.
    /// `None` if it quotes none: it takes 4 digits at least, and all are hexadecimal.
    ///
    /// Ids as they are shown are in the same order as the ids.
    pub fn quoted(text: &str) -> Option<RangeInclusive<Self>> {
        let text = text.trim();
        let digits = text.strip_prefix('#').unwrap_or(text).replace('-', "");
        let is_quote = (Self::FEWEST..=32).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_quote {
            return None;
        }
        let id = |fill: &str| Self::parse(&format!("{digits}{}", fill.repeat(32 - digits.len())));
        Some(id("0")?..=id("f")?)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_by_its_short_form_by_more_of_its_id_and_by_less() {
        let id = MessageId::new(Digest::new("test"));
        let whole = id.to_string();
        for quote in [&*id.short(), &format!("#{}", id.short()), &whole[..4], &whole[..13], &whole]
        {
            let range = MessageId::quoted(quote).unwrap();
            assert!(range.contains(&id), "{quote}");
            let (first, last) = (range.start().to_string(), range.end().to_string());
            assert!(first <= whole && whole <= last, "{quote}");
        }
        let other = MessageId::quoted("00000000").unwrap();
        assert!(!other.contains(&id));
    }

    #[test]
    fn what_is_no_part_of_an_id_quotes_none() {
        for text in ["", "#", "abc", "k3f9", "#12 4", "’1234", &"1".repeat(33), "12345678é"] {
            assert_eq!(MessageId::quoted(text), None, "{text}");
        }
    }
}
