//! The walk through a pattern, from its leaves up.

use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use super::atom::{Atom, Atoms, MAX_POSITIONS, joined, nothing, tells, united};
use super::class::{self, Parts};
use super::{ByteSet, Model, Reach};

/// A set of which every match holds an atom, and how often such an atom comes.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    pub(super) atoms: Atoms,
    pub(super) rate: f32,
}

/// What is known of every match of a part of a pattern.
#[derive(Debug)]
pub(super) struct Info {
    /// It is one of these, if there are few.
    pub(super) exact: Option<Atoms>,
    /// It begins with one of these.
    pub(super) front: Atoms,
    /// It ends with one of these.
    pub(super) back: Atoms,
    /// It holds one of each of these sets. The rarest first; never many.
    pub(super) required: Vec<Scored>,
}

/// Finds what a pattern requires.
pub(super) struct Walk<'a> {
    reach: Reach,
    model: &'a Model,
}

impl<'a> Walk<'a> {
    /// Sets that are kept of each part.
    const MAX_REQUIRED: usize = 8;
    /// Repetitions that are spelled out when their number varies: `a{2,4}`.
    const MAX_SPELLED: u32 = 3;

    pub(super) fn new(reach: Reach, model: &'a Model) -> Self {
        Self { reach, model }
    }

    /// The sets that every match of `pattern` holds an atom of, the rarest first.
    pub(super) fn required(&self, pattern: &Hir) -> Vec<Scored> {
        self.info(pattern).required
    }

    pub(super) fn info(&self, part: &Hir) -> Info {
        match part.kind() {
            HirKind::Empty => self.exactly(nothing()),
            HirKind::Look(look) => self.exactly(vec![around(*look)]),
            HirKind::Literal(literal) => self.literal(&literal.0),
            HirKind::Class(class) => match class::parts(class, self.reach) {
                Parts::Exactly(atoms) => self.exactly(atoms),
                Parts::Between(first, last) => {
                    let of = |set| vec![Atom::of(vec![set])];
                    self.between(of(first), of(last), Vec::new())
                }
            },
            HirKind::Capture(capture) => self.info(&capture.sub),
            HirKind::Repetition(repetition) => self.repeated(repetition),
            HirKind::Alternation(parts) => self.one_of(parts),
            HirKind::Concat(parts) => self.one_after_the_other(parts),
        }
    }

    /// What matches one of `atoms` and nothing else.
    fn exactly(&self, atoms: Atoms) -> Info {
        let required = self.rarest(vec![atoms.clone()], Vec::new());
        Info { front: atoms.clone(), back: atoms.clone(), exact: Some(atoms), required }
    }

    /// What begins and ends like this.
    fn between(&self, front: Atoms, back: Atoms, required: Vec<Scored>) -> Info {
        let required = self.rarest(vec![front.clone(), back.clone()], required);
        Info { exact: None, front, back, required }
    }

    fn literal(&self, bytes: &[u8]) -> Info {
        let of =
            |bytes: &[u8]| vec![Atom::of(bytes.iter().map(|byte| ByteSet::one(*byte)).collect())];
        if bytes.len() <= MAX_POSITIONS {
            return self.exactly(of(bytes));
        }
        let back = of(&bytes[bytes.len() - MAX_POSITIONS..]);
        self.between(of(&bytes[..MAX_POSITIONS]), back, Vec::new())
    }

    fn repeated(&self, repetition: &Repetition) -> Info {
        let Repetition { min, max, ref sub, .. } = *repetition;
        let Info { exact, front, back, required } = self.info(sub);
        if min == 0 {
            let at_most_once = exact.filter(|_| max == Some(1));
            return match at_most_once.and_then(|once| united(&once, &nothing())) {
                Some(exact) => self.exactly(exact),
                None => self.between(nothing(), nothing(), Vec::new()),
            };
        }
        let Some(once) = exact else { return self.between(front, back, required) };
        let (mut times, mut n) = (once.clone(), 1);
        // What is longer would not be kept.
        let at_most = u32::try_from(MAX_POSITIONS).unwrap_or(u32::MAX);
        while n < min.min(at_most) {
            let Some(more) = joined(&times, &once) else { break };
            (times, n) = (more, n + 1);
        }
        if n == min
            && let Some(exact) = spelled_out(&times, &once, max.map(|max| max - min))
        {
            return Info { required: self.rarest(vec![times], required), ..self.exactly(exact) };
        }
        self.between(times.clone(), times, required)
    }

    fn one_of(&self, parts: &[Hir]) -> Info {
        let infos: Vec<Info> = parts.iter().map(|part| self.info(part)).collect();
        let all = |of: &dyn Fn(&Info) -> Option<&Atoms>| {
            infos.iter().try_fold(Vec::new(), |all, info| united(&all, of(info)?))
        };
        let exact = all(&|info| info.exact.as_ref());
        let front = all(&|info| Some(&info.front)).unwrap_or_else(nothing);
        let back = all(&|info| Some(&info.back)).unwrap_or_else(nothing);
        let rarest = all(&|info| info.required.first().map(|set| &set.atoms));
        let sets = rarest.into_iter().chain(exact.clone()).chain([front.clone(), back.clone()]);
        let required = self.rarest(sets.collect(), Vec::new());
        Info { exact, front, back, required }
    }

    /// The rarest of `sets` and of those `scored` before that tell anything.
    pub(super) fn rarest(&self, sets: Vec<Atoms>, scored: Vec<Scored>) -> Vec<Scored> {
        let telling = sets.into_iter().filter(|set| tells(set));
        let scored_now = telling.map(|atoms| Scored { rate: self.model.score(&atoms), atoms });
        let mut all: Vec<Scored> = scored.into_iter().chain(scored_now).collect();
        all.sort_by(|one, other| one.rate.total_cmp(&other.rate));
        all.dedup_by(|one, other| one.atoms == other.atoms);
        all.truncate(Self::MAX_REQUIRED);
        all
    }
}

/// `times`, and up to `more` times `once` behind it; `None` if these would be too many.
fn spelled_out(times: &Atoms, once: &Atoms, more: Option<u32>) -> Option<Atoms> {
    let more = more.filter(|more| *more <= Walk::MAX_SPELLED)?;
    let (mut all, mut longer) = (times.clone(), times.clone());
    for _ in 0..more {
        longer = joined(&longer, once)?;
        all = united(&all, &longer)?;
    }
    Some(all)
}

/// What an anchor tells of the bytes around it.
fn around(look: Look) -> Atom {
    let newline = ByteSet::one(b'\n');
    let either = newline.or(ByteSet::one(b'\r'));
    let (before, after) = match look {
        Look::Start | Look::StartLF => (Some(newline), None),
        Look::StartCRLF => (Some(either), None),
        // The end of an event's text is before its line end, and that may be `\r\n`.
        Look::End | Look::EndLF | Look::EndCRLF => (None, Some(either)),
        // What these tell depends on what they stand beside: see `concat`.
        _ => (None, None),
    };
    Atom { before, body: Vec::new(), after }
}
