//! What of the engine outlives a restart.

use std::sync::Arc;

use super::{GroupKey, Timestamp};

/// One rule's counts since the store was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleRecord {
    /// The rule's name.
    pub name: Arc<str>,
    /// What the rule detects, as a hash: groups of another fingerprint are of another rule.
    pub fingerprint: [u8; 16],
    /// Lines that it matched.
    pub matched: u64,
    /// Matches that no alert has announced (yet): held back in open incidents, or too few to reach
    /// a threshold.
    pub untold: u64,
    /// What else is to be known of the rule as JSON, for the engine alone to read; empty for nothing.
    pub state: String,
}

/// A value that a rule with `new` has seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueRecord {
    /// The rule's name.
    pub rule: Arc<str>,
    /// The value, and what it is grouped by, as a hash.
    pub value: u64,
    /// When it last came, as coarsely as the engine keeps it.
    pub last: Timestamp,
}

/// One group of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRecord {
    /// The rule's name.
    pub rule: Arc<str>,
    /// The group.
    pub key: GroupKey,
    /// When its incident opened, if one is open.
    pub opened: Option<Timestamp>,
    /// Matches held back in the open incident.
    pub held: u64,
    /// All of the group's state as JSON, for the engine alone to read.
    pub state: String,
}
