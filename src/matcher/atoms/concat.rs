//! Parts of a pattern that follow each other: what they require together is longer and rarer than
//! what each does.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::ByteSet;
use super::atom::{Atom, Atoms, Keep, joined, nothing, shortened};
use super::walk::{Info, Scored, Walk};

impl Walk<'_> {
    pub(super) fn one_after_the_other(&self, parts: &[Hir]) -> Info {
        let mut infos: Vec<Info> = parts.iter().map(|part| self.info(part)).collect();
        for (at, part) in parts.iter().enumerate() {
            if let HirKind::Look(look) = part.kind() {
                tell_neighbours(*look, at, &mut infos);
            }
        }
        let mut run = Run { back: nothing(), front: None, sets: Vec::new() };
        let mut required: Vec<Scored> = Vec::new();
        for info in infos {
            run.take(&info);
            required.extend(info.required);
        }
        let Run { back, front, mut sets } = run;
        sets.push(back.clone());
        let required = self.rarest(sets, required);
        let exact = front.is_none().then(|| back.clone());
        Info { exact, front: front.unwrap_or_else(|| back.clone()), back, required }
    }
}

/// What the parts so far require together.
struct Run {
    /// They end with one of these, or are one of these while there is no `front`.
    back: Atoms,
    /// They begin with one of these.
    front: Option<Atoms>,
    /// Sets that they require, besides `back`.
    sets: Vec<Atoms>,
}

impl Run {
    fn take(&mut self, next: &Info) {
        // What is known of the byte behind is lost when that byte is known itself.
        if self.back.iter().any(|atom| atom.after.is_some()) {
            self.sets.push(self.back.clone());
        }
        let Some(exact) = &next.exact else {
            let longer = joined(&self.back, &next.front)
                .or_else(|| joined(&self.back, &shortened(&next.front, Keep::Front)))
                .unwrap_or_else(|| self.back.clone());
            self.end_with(longer);
            self.back.clone_from(&next.back);
            return;
        };
        if let Some(longer) = joined(&self.back, exact) {
            self.back = longer;
            return;
        }
        let longer = joined(&self.back, &shortened(exact, Keep::Front));
        let back = joined(&shortened(&self.back, Keep::Back), exact);
        self.end_with(longer.unwrap_or_else(|| self.back.clone()));
        self.back = back.unwrap_or_else(|| exact.clone());
    }

    /// Ends a set that cannot grow.
    fn end_with(&mut self, set: Atoms) {
        self.front.get_or_insert_with(|| set.clone());
        self.sets.push(set);
    }
}

/// Tells the parts beside the border of a word at `at` what it requires around them.
fn tell_neighbours(look: Look, at: usize, infos: &mut [Info]) {
    use Look::{
        WordAscii, WordEndAscii, WordEndHalfAscii, WordEndHalfUnicode, WordEndUnicode,
        WordStartAscii, WordStartHalfAscii, WordStartHalfUnicode, WordStartUnicode, WordUnicode,
    };
    let (begins, ends) = match look {
        WordAscii | WordUnicode => (true, true),
        WordStartAscii | WordStartUnicode | WordStartHalfAscii | WordStartHalfUnicode => {
            (true, false)
        }
        WordEndAscii | WordEndUnicode | WordEndHalfAscii | WordEndHalfUnicode => (false, true),
        _ => return,
    };
    // Of a letter outside ASCII, which may be part of a word, no byte is among these.
    let no_word = Some(ByteSet::word().not());
    let is_word = |set: Option<&ByteSet>| set.is_some_and(|set| set.is_within(ByteSet::word()));
    let begins_word = |atom: &Atom| is_word(atom.body.first());
    let ends_word = |atom: &Atom| is_word(atom.body.last());
    if ends && let Some(info) = at.checked_sub(1).and_then(|before| infos.get_mut(before)) {
        for set in info.exact.iter_mut().chain([&mut info.back]) {
            if set.iter().all(ends_word) {
                for atom in set {
                    atom.after = atom.after.or(no_word);
                }
            }
        }
    }
    if begins && let Some(info) = infos.get_mut(at + 1) {
        for set in info.exact.iter_mut().chain([&mut info.front]) {
            if set.iter().all(begins_word) {
                for atom in set {
                    atom.before = atom.before.or(no_word);
                }
            }
        }
    }
}
