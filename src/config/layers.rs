//! A rule's own words, and the defaults beneath them.

use super::fields::Fields;

/// A rule's own words over the defaults.
pub(super) struct Layers<'a> {
    /// The words of the `[[rule]]`.
    pub(super) own: Fields<'a>,
    /// The words of `[defaults]`: of the rule's own file, then of the main file. At least one.
    pub(super) defaults: Vec<Fields<'a>>,
}

impl<'a> Layers<'a> {
    /// The table that `word` is taken from.
    pub(super) fn of(&self, word: &str) -> &Fields<'a> {
        let mut all = std::iter::once(&self.own).chain(&self.defaults);
        all.find(|fields| fields.has(word)).unwrap_or(&self.own)
    }

    /// Whether `word` is neither written nor, probably, meant in either.
    pub(super) fn lack(&self, word: &str) -> bool {
        self.own.lacks(word) && self.defaults.iter().all(|fields| fields.lacks(word))
    }
}
