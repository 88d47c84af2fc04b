//! What `matcher` needs to know; built by `config`.

use crate::flow::{Part, SourceId};

use super::Pattern;

/// What one rule matches.
#[derive(Clone, Debug)]
pub struct MatchSettings {
    /// The source whose events it looks at.
    pub source: SourceId,
    /// `match`: an event must match one of these. At least one. The first that matches gives the
    /// captures.
    pub any: Vec<Pattern>,
    /// `not`: an event must match none of these.
    pub none: Vec<Pattern>,
    /// `unless`: an event that matches one of these, whatever else it matches, ends what others
    /// began.
    pub ends: Vec<Pattern>,
    /// `resolve_on`: an event that matches one of these, whatever else it matches, resolves the incident
    /// of its group.
    pub resolving: Vec<Pattern>,
    /// `context`: lines before and after the matched event to show.
    pub context: Context,
}

impl MatchSettings {
    /// The patterns that are looked for: those of `match`, then those of `unless`, then those of
    /// `resolve_on`.
    pub(super) fn sought(&self) -> impl Iterator<Item = &Pattern> {
        self.any.iter().chain(&self.ends).chain(&self.resolving)
    }

    /// How many these are.
    pub(super) fn n_sought(&self) -> usize {
        self.any.len() + self.ends.len() + self.resolving.len()
    }

    /// The one at `place` of [`Self::sought`].
    pub(super) fn sought_at(&self, place: usize) -> &Pattern {
        let [any, ends] = [self.any.len(), self.any.len() + self.ends.len()];
        match place {
            place if place < any => &self.any[place],
            place if place < ends => &self.ends[place - any],
            place => &self.resolving[place - ends],
        }
    }

    /// What an event that matches the one at `place` is to the rule.
    pub(super) fn part_at(&self, place: usize) -> Part {
        match place.checked_sub(self.any.len()) {
            None => Part::Match,
            Some(place) if place < self.ends.len() => Part::End,
            Some(_) => Part::Resolve,
        }
    }
}

/// Lines to show around a matched event. Each at most [`Context::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Lines before it.
    pub before: usize,
    /// Lines after it, waited for a short while where they are not there yet.
    pub after: usize,
}

impl Context {
    /// The most lines on either side.
    pub const MAX: usize = 50;
}

impl Default for Context {
    fn default() -> Self {
        Self { before: 2, after: 0 }
    }
}
