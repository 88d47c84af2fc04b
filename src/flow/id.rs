//! Names that stay the same however often the same thing is computed again.
//!
//! Ids are hashes of what caused the thing, not random: a store that power loss set back names its
//! messages again as before, and Chat's `requestId` keeps them from being posted twice.

use std::fmt;

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

    /// The short form that people quote: the first 8 of the digits that it is shown with.
    pub fn short(self) -> String {
        self.to_string()[..8].to_owned()
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
