//! A rule's own words, and the defaults beneath them.

use super::fields::Fields;

/// A rule's own words over the defaults.
pub(super) struct Layers<'a> {
    /// The words of the `[[rule]]`.
    pub(super) own: Fields<'a>,
    /// The words of `[defaults]`.
    pub(super) defaults: Fields<'a>,
}

impl<'a> Layers<'a> {
    /// The table that `word` is taken from.
    pub(super) fn of(&self, word: &str) -> &Fields<'a> {
        if self.own.has(word) { &self.own } else { &self.defaults }
    }

    /// Whether `word` is neither written nor, probably, meant in either.
    pub(super) fn lack(&self, word: &str) -> bool {
        self.own.lacks(word) && self.defaults.lacks(word)
    }
}
