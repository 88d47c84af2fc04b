//! Classes of bytes that follow each other, and sets of them, joined and united.
//!
//! A set stands for "one of these is there". Making an atom shorter, a class wider or a set
//! larger keeps that true, and that is all that is ever done where a set would grow too large.

use super::ByteSet;

/// Atoms that a set may have when it comes of joining two.
const MAX_JOINED: usize = 64;
/// Atoms that a set may have when it comes of uniting two: alternatives as they were written.
const MAX_UNITED: usize = 256;
/// Positions that an atom may have.
pub(in crate::matcher) const MAX_POSITIONS: usize = 40;
/// Sets that are larger are not looked through for atoms that can be merged.
const MAX_MERGED: usize = 32;

/// Classes of bytes that follow each other, and what is known of the bytes around them.
///
/// Before the first byte of an event and behind its text there is a line end: one that is there or,
/// at the borders of a chunk, one that may be thought there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(in crate::matcher) struct Atom {
    pub(in crate::matcher) before: Option<ByteSet>,
    pub(in crate::matcher) body: Vec<ByteSet>,
    pub(in crate::matcher) after: Option<ByteSet>,
}

/// Atoms of which one is there.
pub(super) type Atoms = Vec<Atom>;

/// Which end of an atom is kept when it is shortened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keep {
    Front,
    Back,
}

/// Nothing, which is everywhere.
pub(super) fn nothing() -> Atoms {
    vec![Atom::default()]
}

/// Whether the set tells anything: no atom is empty.
pub(super) fn tells(set: &[Atom]) -> bool {
    set.iter().all(|atom| !atom.body.is_empty())
}

impl Atom {
    pub(super) fn of(body: Vec<ByteSet>) -> Self {
        Self { before: None, body, after: None }
    }

    /// Its positions with those around it that something is known of.
    pub(in crate::matcher) fn positions(&self) -> Vec<ByteSet> {
        self.before.iter().chain(&self.body).chain(&self.after).copied().collect()
    }

    /// `self` and `next` right behind it.
    ///
    /// What is known of a byte around one of them that is part of the other is dropped.
    fn then(&self, next: &Self) -> Self {
        let body = [self.body.as_slice(), &next.body].concat();
        let before = if self.body.is_empty() { self.before.or(next.before) } else { self.before };
        let after = if next.body.is_empty() { next.after.or(self.after) } else { next.after };
        Self { before, body, after }
    }

    /// The first or the last `n` positions.
    fn shortened(&self, n: usize, keep: Keep) -> Self {
        let len = self.body.len();
        match keep {
            _ if len <= n => self.clone(),
            Keep::Front => Self { before: self.before, body: self.body[..n].to_vec(), after: None },
            Keep::Back => {
                Self { before: None, body: self.body[len - n..].to_vec(), after: self.after }
            }
        }
    }
}

/// Each of `first` with each of `second` right behind it; `None` if these would be too many or too
/// long.
pub(super) fn joined(first: &[Atom], second: &[Atom]) -> Option<Atoms> {
    let longest = |set: &[Atom]| set.iter().map(|atom| atom.body.len()).max().unwrap_or(0);
    let is_small = first.len() * second.len() <= MAX_JOINED
        && longest(first) + longest(second) <= MAX_POSITIONS;
    is_small.then(|| {
        let pairs = first.iter().flat_map(|one| second.iter().map(|other| one.then(other)));
        sorted(pairs.collect())
    })
}

/// Those of both; `None` if these would be too many.
pub(super) fn united(first: &[Atom], second: &[Atom]) -> Option<Atoms> {
    let mut all = sorted([first, second].concat());
    if tells(&all) {
        merge_similar(&mut all);
    }
    (all.len() <= MAX_UNITED).then_some(all)
}

/// The ends of the atoms, as long as there are few of them.
pub(super) fn shortened(set: &[Atom], keep: Keep) -> Atoms {
    for n in [4, 2, 1] {
        let ends = set.iter().map(|atom| atom.shortened(n, keep));
        let mut ends = sorted(ends.collect());
        if tells(&ends) {
            merge_similar(&mut ends);
        }
        if ends.len() <= 4 {
            return ends;
        }
    }
    let end = |atom: &Atom| match keep {
        Keep::Front => atom.body.first().copied(),
        Keep::Back => atom.body.last().copied(),
    };
    let all = set.iter().try_fold(ByteSet::NONE, |all, atom| Some(all.or(end(atom)?)));
    all.map_or_else(nothing, |all| vec![Atom::of(vec![all])])
}

fn sorted(mut set: Atoms) -> Atoms {
    set.sort_unstable();
    set.dedup();
    set
}

/// Makes one of any two that differ in one position.
fn merge_similar(set: &mut Atoms) {
    if set.len() > MAX_MERGED {
        return;
    }
    while let Some((i, j, at)) = similar(set) {
        let other = set.remove(j);
        set[i].body[at] = set[i].body[at].or(other.body[at]);
    }
}

/// Two that differ in one position only, and which.
fn similar(set: &[Atom]) -> Option<(usize, usize, usize)> {
    let pairs = (0..set.len()).flat_map(|i| (i + 1..set.len()).map(move |j| (i, j)));
    pairs.into_iter().find_map(|(i, j)| {
        let (one, other) = (&set[i], &set[j]);
        if one.body.len() != other.body.len()
            || (one.before, one.after) != (other.before, other.after)
        {
            return None;
        }
        let mut differing =
            (0..one.body.len()).filter(|position| one.body[*position] != other.body[*position]);
        match (differing.next(), differing.next()) {
            (Some(at), None) => Some((i, j, at)),
            _ => None,
        }
    })
}
