//! Atoms → tables to find them with, whichever cost least in a log like the sample.

mod buckets;
mod planes;
mod planner;

#[cfg(test)]
mod tests;

use std::ops::{ControlFlow, Range};

use super::atoms::Atom;
use super::bank::Bank;
use super::grams::Grams;
use super::kernels::{Block, Kernel, Tables};
use super::model::{Model, to_f32};
use super::pieces::{self, Border};
use super::verify::{self, Entry};

use planner::{Draft, Planner};

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
    /// Those of the piece at hand, and behind them what is left of others.
    blocks: Vec<Block>,
    found: Vec<usize>,
}

/// Takes an atom that is there, by its number, and where its first byte is. Says whether to go on.
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

    /// What it finds, by number.
    pub(super) fn atoms(&self) -> &[Atom] {
        &self.atoms
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
            let blocks = self.note_places(&piece, blocks, found);
            let n_noted: u32 = blocks.iter().map(|block| block.places.count_ones()).sum();
            n_places += found.len() + n_noted as usize;
            if self.verify(&piece, bytes, blocks, found, on_atom).is_break() {
                break;
            }
        }
        n_places
    }

    /// Notes the places of `piece` at which atoms may be.
    fn note_places<'a>(
        &self,
        piece: &pieces::Piece<'_>,
        blocks: &'a mut Vec<Block>,
        found: &mut Vec<usize>,
    ) -> &'a [Block] {
        let places = 0..piece.len;
        found.clear();
        if let Some(grams) = &self.grams {
            grams.scan(piece.bytes, piece.origin, &places, found);
        }
        let n_needed = Kernel::n_blocks(self.banks.len(), piece.len);
        if blocks.len() < n_needed {
            blocks.resize(n_needed, Block::default());
        }
        let n_blocks = self.kernel.scan(&self.banks, piece.bytes, &places, blocks);
        &blocks[..n_blocks]
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
