//! Atoms → tables to find them with, whichever cost least in a log like the sample.

mod buckets;
mod planes;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use super::atoms::{Atom, ByteSet};
use super::bank::Bank;
use super::grams::{Grams, Shape};
use super::kernels::{Block, Kernel, Tables};
use super::model::{Model, to_f32};
use super::pieces::{self, Border};
use super::verify::{self, Entry};

use buckets::Window;
use planes::Planes;

/// Atoms, and tables to find them with.
#[derive(Debug)]
pub(super) struct Plan {
    kernel: Kernel,
    atoms: Vec<Atom>,
    grams: Option<Grams>,
    banks: Vec<Bank>,
    /// What each bucket of each bank holds.
    entries: Vec<Vec<Entry>>,
    /// Places that it looks at closer for each byte, in a log like the sample.
    rate: f32,
}

/// What looking for atoms needs besides. Reused.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    border: Border,
    blocks: Vec<Block>,
    found: Vec<usize>,
}

/// What is called with the number of an atom that is there, and where its first byte is.
pub(super) trait OnAtom: FnMut(u32, usize) -> ControlFlow<()> {}
impl<F: FnMut(u32, usize) -> ControlFlow<()>> OnAtom for F {}

impl Plan {
    /// The plan for `atoms` that costs least in a log as `model` knows it.
    pub(super) fn new(atoms: Vec<Atom>, kernel: Kernel, model: &Model) -> Self {
        let plan = if atoms.len() <= Bank::BUCKETS && kernel.tables() != Tables::Exact {
            Self::small(atoms, kernel, model)
        } else {
            Planner::new(&atoms, kernel, model).best().build(atoms, kernel)
        };
        // Over all of the sample, of which the planner fitted its tables to a half.
        let rate = plan.rate_in(model.sample());
        Self { rate, ..plan }
    }

    /// Places of `sample` that it looks at closer for each byte.
    fn rate_in(&self, sample: &[u8]) -> f32 {
        let n_places =
            self.find(sample, &(0..sample.len()), &mut Scratch::default(), &mut |_, _| {
                ControlFlow::Continue(())
            });
        to_f32(n_places) / to_f32(sample.len().max(1))
    }

    /// A plan for a few `atoms`: one bank, and of each atom what is rarest in a log as `model` knows
    /// it.
    pub(super) fn small(atoms: Vec<Atom>, kernel: Kernel, model: &Model) -> Self {
        let mut buckets = vec![Vec::new(); Bank::BUCKETS];
        let width = Bank::WIDTHS[1];
        for (number, atom) in atoms.iter().enumerate() {
            let positions = atom.positions();
            let rate = |at: &usize| model.rate(&positions[*at..(at + width).min(positions.len())]);
            let offsets = 0..=positions.len().saturating_sub(width);
            let rarest = offsets.min_by(|one, other| rate(one).total_cmp(&rate(other)));
            buckets[number % Bank::BUCKETS].push((number, rarest.unwrap_or(0)));
        }
        Draft { grams: None, width, buckets, cost: 0.0 }.build(atoms, kernel)
    }

    /// Places that it expects to look at closer for each byte.
    pub(super) fn rate(&self) -> f32 {
        self.rate
    }

    /// Finds the atoms that are in `range` of `bytes`, and some that reach out of it, in no order,
    /// until told to stop. Returns the number of places that were looked at closer.
    pub(super) fn find(
        &self,
        bytes: &[u8],
        range: &Range<usize>,
        scratch: &mut Scratch,
        on_atom: &mut impl OnAtom,
    ) -> usize {
        let Scratch { border, blocks, found } = scratch;
        let mut n_places = 0;
        // The place before the range may be a line end that an atom asks for.
        let mut left = range.start..range.end + 1;
        while !left.is_empty() {
            let piece = border.piece(bytes, &left);
            left.start += piece.len;
            n_places += self.note_places(&piece, blocks, found);
            if self.verify(&piece, bytes, blocks, found, on_atom).is_break() {
                break;
            }
        }
        n_places
    }

    /// Notes the places of `piece` at which atoms may be, and returns how many there are.
    fn note_places(
        &self,
        piece: &pieces::Piece<'_>,
        blocks: &mut Vec<Block>,
        found: &mut Vec<usize>,
    ) -> usize {
        let places = 0..piece.len;
        found.clear();
        if let Some(grams) = &self.grams {
            grams.scan(piece.bytes, piece.origin, &places, found);
        }
        blocks.resize(Kernel::n_blocks(self.banks.len(), piece.len), Block::default());
        let n_blocks = self.kernel.scan(&self.banks, piece.bytes, &places, blocks);
        blocks.truncate(n_blocks);
        let n_places: u32 = blocks.iter().map(|block| block.places.count_ones()).sum();
        found.len() + n_places as usize
    }

    fn verify(
        &self,
        piece: &pieces::Piece<'_>,
        bytes: &[u8],
        blocks: &[Block],
        found: &[usize],
        on_atom: &mut impl OnAtom,
    ) -> ControlFlow<()> {
        let mut verify = |atom: u32, offset: u32, place: usize| {
            let known = &self.atoms[atom as usize];
            let first = piece.origin + place + usize::from(known.before.is_some());
            match first.checked_sub(1 + offset as usize) {
                Some(at) if verify::is_at(known, bytes, at) => on_atom(atom, at),
                _ => ControlFlow::Continue(()),
            }
        };
        for &place in found {
            let grams = self.grams.iter().flat_map(|grams| grams.atoms_at(&piece.bytes[place..]));
            for &(atom, offset) in grams {
                verify(atom, offset, place)?;
            }
        }
        for block in blocks {
            let (bank, mut left) = (block.bank as usize, block.places);
            while left != 0 {
                let place = block.at as usize + left.trailing_zeros() as usize;
                left &= left - 1;
                let here = &piece.bytes[place..];
                let eight = u64::from_le_bytes(*here.first_chunk().expect("bytes follow"));
                let mut buckets = self.banks[bank].buckets(here);
                while buckets != 0 {
                    let bucket = bank * Bank::BUCKETS + buckets.trailing_zeros() as usize;
                    buckets &= buckets - 1;
                    for entry in self.entries[bucket].iter().filter(|e| e.may_be_at(eight)) {
                        verify(entry.atom, entry.offset, place)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// A plan that is not decided on yet.
struct Draft {
    grams: Option<Grams>,
    width: usize,
    /// Each bucket's atoms, by number, with the offset of the window.
    buckets: Vec<Vec<(usize, usize)>>,
    /// Nanoseconds for each byte, on some processor: to compare.
    cost: f32,
}

impl Draft {
    /// For no atoms.
    fn empty() -> Self {
        let [width, ..] = Bank::WIDTHS;
        Self { grams: None, width, buckets: Vec::new(), cost: 0.0 }
    }

    fn build(self, atoms: Vec<Atom>, kernel: Kernel) -> Plan {
        let positions: Vec<Vec<ByteSet>> = atoms.iter().map(Atom::positions).collect();
        let bank = |buckets: &[Vec<(usize, usize)>]| {
            let windows = buckets.iter().enumerate().flat_map(|(bucket, atoms)| {
                atoms.iter().map(move |(atom, offset)| (bucket, (*atom, *offset)))
            });
            Bank::new(
                self.width,
                windows.map(|(bucket, (atom, offset))| (bucket, &positions[atom][offset..])),
            )
        };
        let banks = self.buckets.chunks(Bank::BUCKETS).map(bank).collect();
        let entry = |&(atom, offset): &(usize, usize)| Entry::new(atom, offset, &positions[atom]);
        let entries =
            self.buckets.iter().map(|bucket| bucket.iter().map(entry).collect()).collect();
        Plan { kernel, atoms, grams: self.grams, banks, entries, rate: 0.0 }
    }
}

/// Compares ways to find atoms.
struct Planner<'a> {
    kernel: Kernel,
    model: &'a Model,
    positions: Vec<Vec<ByteSet>>,
    planes: Planes,
    /// Windows of atoms, by their number and the width.
    windows: HashMap<(usize, usize), Vec<Window>>,
}

impl<'a> Planner<'a> {
    /// How letters may be taken: the places from one look to the next, and how many at a time.
    const SHAPES: [(usize, usize); 4] = [(6, 6), (4, 4), (4, 6), (2, 4)];
    /// Above this number of atoms, letters are worth a try beside banks with narrow tables.
    const FEW: usize = 12;
    /// Above this number there are more banks with narrow tables than one can pay for, and letters
    /// are worth a try beside wide ones.
    const MANY: usize = 160;

    fn new(atoms: &[Atom], kernel: Kernel, model: &'a Model) -> Self {
        let positions = atoms.iter().map(Atom::positions).collect();
        let planes = Planes::new(model.sample(), kernel.tables());
        Self { kernel, model, positions, planes, windows: HashMap::new() }
    }

    fn best(mut self) -> Draft {
        let n_atoms = self.positions.len();
        let (for_banks, for_grams) = match self.kernel.tables() {
            Tables::Exact => (Self::FEW, 0),
            Tables::Nibbles => (Self::MANY, Self::FEW),
            Tables::Seven => (usize::MAX, Self::MANY),
        };
        let mut drafts = Vec::new();
        if n_atoms <= for_banks {
            drafts.push(self.banks_for(&(0..n_atoms).collect::<Vec<_>>()));
        }
        if n_atoms > for_grams {
            for (stride, len) in Self::SHAPES {
                drafts.push(self.with_grams(Shape { stride, len }));
            }
        }
        let best = drafts.into_iter().min_by(|one, other| one.cost.total_cmp(&other.cost));
        best.expect("one way or the other")
    }

    /// Letters for as many atoms as can be, banks for the rest.
    fn with_grams(&mut self, shape: Shape) -> Draft {
        let atoms = self.positions.iter().map(Vec::as_slice).enumerate();
        let atoms: Vec<(usize, &[ByteSet])> = atoms.collect();
        // Without wide instructions a bank costs as much as many looks in vain.
        let max_rate = if self.kernel.tables() == Tables::Exact { 1e-2 } else { 4e-4 };
        let built = Grams::build(&atoms, shape, self.model.sample(), max_rate);
        let rest = self.banks_for(&built.rest);
        #[expect(clippy::cast_precision_loss, reason = "2, 4 or 6")]
        let cost = 0.5 / shape.stride as f32 + built.rate * 25.0;
        let grams = (!built.grams.is_empty()).then_some(built.grams);
        Draft { grams, cost: rest.cost + cost, ..rest }
    }

    /// As many banks as pay for `atoms`.
    fn banks_for(&mut self, atoms: &[usize]) -> Draft {
        if atoms.is_empty() {
            return Draft::empty();
        }
        let [narrow, middle, wide] = Bank::WIDTHS;
        let widths = if atoms.len() <= 24 { [narrow, middle] } else { [middle, wide] };
        let mut best: Option<Draft> = None;
        for width in widths {
            let items: Vec<(usize, Vec<Window>)> =
                atoms.iter().map(|atom| (*atom, self.take_windows(*atom, width))).collect();
            for &n_banks in self.n_banks(atoms.len()) {
                let filling = buckets::fill(&items, n_banks, self.model, &self.planes);
                let cost = self.cost(n_banks, width, filling.rate);
                if best.as_ref().is_none_or(|best| cost < best.cost) {
                    best = Some(Draft { grams: None, width, buckets: filling.buckets, cost });
                }
            }
            for (atom, windows) in items {
                self.windows.insert((atom, width), windows);
            }
        }
        best.unwrap_or_else(Draft::empty)
    }

    fn take_windows(&mut self, atom: usize, width: usize) -> Vec<Window> {
        self.windows.remove(&(atom, width)).unwrap_or_else(|| {
            buckets::windows(&self.positions[atom], width, self.model, &mut self.planes)
        })
    }

    /// Numbers of banks that are worth a look.
    fn n_banks(&self, n_atoms: usize) -> &'static [usize] {
        match (self.kernel.tables(), n_atoms) {
            (Tables::Exact, _) | (Tables::Seven, ..=16) | (_, ..=4) => &[1],
            (Tables::Seven, ..=64) | (Tables::Nibbles, ..=24) => &[1, 2],
            (Tables::Seven, ..=400) => &[2, 4],
            (Tables::Seven, _) => &[4, 6],
            (Tables::Nibbles, _) => &[2, 3, 4],
        }
    }

    /// What looking up and looking closer cost.
    fn cost(&self, n_banks: usize, width: usize, rate: f32) -> f32 {
        let look = match self.kernel.tables() {
            Tables::Seven => 0.030,
            Tables::Nibbles => 0.075,
            Tables::Exact => 2.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "few")]
        let (n_banks, width) = (n_banks as f32, width as f32);
        look * n_banks * (0.6 + 0.1 * width) + rate * 12.0
    }
}
