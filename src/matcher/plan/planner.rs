//! Ways to find atoms, and which of them costs least.

use std::collections::HashMap;

use super::Plan;
use super::buckets::{self, Window};
use super::planes::Planes;
use crate::matcher::atoms::{Atom, ByteSet};
use crate::matcher::bank::Bank;
use crate::matcher::grams::{Grams, Shape};
use crate::matcher::kernels::{Kernel, Tables};
use crate::matcher::model::Model;
use crate::matcher::verify::Entry;

/// A plan that is not decided on yet.
pub(super) struct Draft {
    pub(super) grams: Option<Grams>,
    /// Positions of a window.
    pub(super) width: usize,
    /// Each bucket's atoms, by number, with the offset of the window.
    pub(super) buckets: Vec<Vec<(usize, usize)>>,
    /// Nanoseconds for each byte, on some processor: to compare.
    pub(super) cost: f32,
}

impl Draft {
    /// For no atoms.
    fn empty() -> Self {
        let [width, ..] = Bank::WIDTHS;
        Self { grams: None, width, buckets: Vec::new(), cost: 0.0 }
    }

    pub(super) fn build(self, atoms: Vec<Atom>, kernel: Kernel) -> Plan {
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
pub(super) struct Planner<'a> {
    kernel: Kernel,
    model: &'a Model,
    positions: Vec<Vec<ByteSet>>,
    planes: Planes,
    /// Windows of atoms, by their number and the width.
    windows: HashMap<(usize, usize), Vec<Window>>,
}

impl<'a> Planner<'a> {
    /// How letters may be taken: the places from one look to the next, and how many at a time.
    pub(super) const SHAPES: [(usize, usize); 4] = [(6, 6), (4, 4), (4, 6), (2, 4)];
    /// Above this number of atoms, letters are worth a try beside banks with narrow tables.
    const FEW: usize = 12;
    /// Above this number there are more banks with narrow tables than one can pay for, and letters
    /// are worth a try beside wide ones.
    const MANY: usize = 160;

    pub(super) fn new(atoms: &[Atom], kernel: Kernel, model: &'a Model) -> Self {
        let positions = atoms.iter().map(Atom::positions).collect();
        let planes = Planes::new(model.sample(), kernel.tables());
        Self { kernel, model, positions, planes, windows: HashMap::new() }
    }

    pub(super) fn best(mut self) -> Draft {
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
    pub(super) fn with_grams(&mut self, shape: Shape) -> Draft {
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
