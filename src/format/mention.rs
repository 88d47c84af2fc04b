//! Whom a message pings: only those that the configuration names.

use std::fmt;

/// A user of Chat, or all members of the space.
///
/// Shown as Chat's markup for it, `<users/ID>`. A webhook can mention by numeric ids only, and in a
/// message's text only: cards have no mentions (Chat's "format messages" page, 2026-11).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mention(Who);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Who {
    /// Every member of the space.
    All,
    /// The user with this id: digits.
    User(Box<str>),
}

impl Mention {
    /// Reads `all`, an id, or `users/ID`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let id = text.strip_prefix("users/").unwrap_or(text);
        let is_id = (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        match id {
            "all" => Some(Self(Who::All)),
            id if is_id => Some(Self(Who::User(id.into()))),
            _ => None,
        }
    }
}

impl fmt::Display for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Who::All => f.write_str("<users/all>"),
            Who::User(id) => write!(f, "<users/{id}>"),
        }
    }
}
