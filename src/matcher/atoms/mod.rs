//! A pattern → atoms of which every match holds one: what to look for in place of the pattern.

mod atom;
mod class;
mod concat;
mod set;
mod show;
mod walk;

#[cfg(test)]
mod tests;

use regex_syntax::hir::Hir;

use super::model::Model;
use super::pattern::Reach;

pub(super) use atom::{Atom, MAX_POSITIONS};
pub(super) use set::ByteSet;

use walk::Walk;

/// What every match of a pattern holds.
#[derive(Debug)]
pub(super) struct Required {
    /// Atoms of which every match holds one; the rarest such set.
    pub(super) atoms: Vec<Atom>,
    /// How many of them there are for each byte of a log, as far as can be told.
    pub(super) rate: f32,
    /// Another such set, from another place in the pattern.
    pub(super) second: Option<Vec<Atom>>,
}

impl Required {
    /// Above this rate it is cheaper to run an automaton over all bytes than to look at every place:
    /// one in every line.
    const MAX_RATE: f32 = 5e-3;
    /// Above this rate a second look costs nearly as much as the pattern itself and refuses little.
    const MAX_SECOND_RATE: f32 = 3e-3;
    /// Sets that are counted in the sample rather than estimated.
    const MAX_COUNTED: usize = 6;
    /// Rarer ones are not counted: the sample would hold none.
    const MIN_COUNTED_RATE: f32 = 1e-6;
    /// Atoms of a second look.
    const MAX_SECOND: usize = 8;

    /// What `patterns`, all of which an event must match, require in a log as `model` knows it;
    /// `None` where that is too little to look for.
    pub(super) fn of(patterns: &[&Hir], reach: Reach, model: &Model) -> Option<Self> {
        let sets = Self::sets(patterns, reach, model);
        let (first, others) = sets.split_first()?;
        let is_second = |set: &&walk::Scored| {
            set.rate < Self::MAX_SECOND_RATE
                && set.atoms.len() <= Self::MAX_SECOND
                && !overlap(&set.atoms, &first.atoms)
        };
        let second = others.iter().find(is_second).map(|set| set.atoms.clone());
        let (atoms, rate) = (first.atoms.clone(), first.rate);
        (rate <= Self::MAX_RATE).then_some(Self { atoms, rate, second })
    }

    /// The rarest set that `patterns` require, however frequent it is; `None` where what matches all
    /// of them has nothing in common.
    pub(super) fn at_best(patterns: &[&Hir], reach: Reach, model: &Model) -> Option<Vec<Atom>> {
        Self::sets(patterns, reach, model).into_iter().next().map(|set| set.atoms)
    }

    /// All sets of which every match of all `patterns` holds an atom, as far as they are kept.
    #[cfg(any(test, fuzzing))]
    pub(super) fn all(patterns: &[&Hir], reach: Reach, model: &Model) -> Vec<Vec<Atom>> {
        Self::sets(patterns, reach, model).into_iter().map(|set| set.atoms).collect()
    }

    /// Sets that `patterns` require, the rarest first.
    fn sets(patterns: &[&Hir], reach: Reach, model: &Model) -> Vec<walk::Scored> {
        let walk = Walk::new(reach, model);
        let mut sets: Vec<_> = patterns.iter().flat_map(|own| walk.required(own)).collect();
        sets.sort_by(|one, other| one.rate.total_cmp(&other.rate));
        if sets.first().is_some_and(|set| set.rate > Self::MIN_COUNTED_RATE) {
            sets.truncate(Self::MAX_COUNTED);
            for set in &mut sets {
                // The estimate tells apart those that are not in the sample.
                set.rate = model.counted_rate(&set.atoms) + 1e-3 * set.rate;
            }
            sets.sort_by(|one, other| one.rate.total_cmp(&other.rate));
        }
        sets
    }
}

/// Whether the sets may be of the same place in the pattern.
fn overlap(some: &[Atom], others: &[Atom]) -> bool {
    const PIECE: usize = 3;
    let share = |one: &Atom, other: &Atom| {
        one.body.len() < PIECE
            || one
                .body
                .windows(PIECE)
                .any(|piece| other.body.windows(PIECE).any(|own| own == piece))
    };
    some.iter().any(|one| others.iter().any(|other| share(one, other)))
}
