//! What `matcher` needs to know; built by `config`.

use std::sync::Arc;

use regex_syntax::hir::Hir;

use crate::fields::Form;
use crate::flow::{Part, SourceId};

use super::pattern::{Reach, in_buffer};
use super::{Condition, Pattern};

/// What one rule matches.
#[derive(Clone, Debug)]
pub struct MatchSettings {
    /// The source whose events it looks at.
    pub source: SourceId,
    /// `match`: an event must match one of these. At least one. The first that matches gives the
    /// captures.
    pub any: Vec<Pattern>,
    /// `also`: an event must match each of these as well. What they capture comes after that of `any`.
    pub also: Vec<Pattern>,
    /// `not`: an event must match none of these.
    pub none: Vec<Pattern>,
    /// `where`: what fields of an event must be, all of them. Looked at last. None without
    /// `form`.
    pub when: Vec<Condition>,
    /// How events name their fields, if they have any.
    pub form: Option<Form>,
    /// Fields to take out beside captures, under their names; at most [`MatchSettings::MAX_FIELDS`]. A
    /// capture of the same name goes before.
    pub fields: Vec<Arc<str>>,
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
    /// The most fields that are taken out, and the most that conditions are on.
    pub const MAX_FIELDS: usize = 32;

    /// Those of a rule that looks for one of `any`, with all else as where nothing is said of it.
    pub fn new(source: SourceId, any: Vec<Pattern>) -> Self {
        Self {
            source,
            any,
            also: Vec::new(),
            none: Vec::new(),
            when: Vec::new(),
            form: None,
            fields: Vec::new(),
            ends: Vec::new(),
            resolving: Vec::new(),
            context: Context::default(),
        }
    }

    /// Whether it looks at fields, and at nothing else of an event.
    pub fn is_of_fields_alone(&self) -> bool {
        !self.when.is_empty() && self.any.iter().all(Pattern::is_of_any_event)
    }

    /// The patterns that are looked for: those of `match`, then those of `unless`, then those of
    /// `resolve_on`.
    pub(super) fn sought(&self) -> impl Iterator<Item = &Pattern> {
        self.any.iter().chain(&self.ends).chain(&self.resolving)
    }

    /// How many these are.
    pub(super) fn n_sought(&self) -> usize {
        self.any.len() + self.ends.len() + self.resolving.len()
    }

    /// What an event matches that the pattern at `place` of [`Self::sought`] finds: all of these.
    pub(super) fn required(&self, place: usize) -> Vec<&Hir> {
        let is_match = place < self.any.len();
        let (also, when) =
            if is_match { (&self.also[..], &self.when[..]) } else { (&[][..], &[][..]) };
        let patterns = std::iter::once(self.sought_at(place)).chain(also).map(Pattern::hir);
        patterns.chain(when.iter().filter_map(Condition::needs)).collect()
    }

    /// The one of [`Self::required`] to look for in each event, where none of them holds anything rare.
    pub(super) fn fallback(&self, place: usize, reach: Reach) -> Hir {
        let own = self.sought_at(place);
        let is_weak = own.may_be_empty() && place < self.any.len();
        let mut conditions = self.when.iter().filter_map(Condition::needs);
        match self.also.iter().find(|pattern| is_weak && !pattern.may_be_empty()) {
            Some(also) => also.in_buffer(reach),
            None => match conditions.next().filter(|_| is_weak) {
                Some(needs) => in_buffer(needs, reach),
                None => own.in_buffer(reach),
            },
        }
    }

    /// The fields that it asks for: those that conditions are on, then those that are taken out.
    pub(super) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.when.iter().map(Condition::name).chain(&self.fields)
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
