//! Some bytes of a log, and whether the log is still as they say.

use fastrand::Rng;

use super::model::to_f32;

/// A reservoir of a log's bytes: pieces from all over it, more of what came lately.
#[derive(Debug)]
pub(super) struct Sample {
    rng: Rng,
    pieces: Vec<u8>,
    /// Bytes of the log so far.
    n_bytes: u64,
    /// Where the next piece is taken.
    next: u64,
    /// Places that were looked at closer, beyond twice as many as were expected.
    excess: f32,
    /// How much of it is borne before there is another plan, in plans.
    patience: f32,
}

impl Sample {
    /// Bytes of a piece, and of all of them.
    const PIECE: usize = 512;
    const SIZE: usize = 64 << 10;
    /// Bytes from which on the log speaks for itself.
    const ENOUGH: usize = 16 << 10;
    /// A rate at which looking closer costs little, whatever was expected.
    const FINE: f32 = 5e-4;
    /// Places that may be looked at in the time that it takes to plan for one atom,
    const PLACES_PER_ATOM: f32 = 3e3;
    /// and to make the automaton anew for one pattern of those that it does not find.
    const PLACES_PER_PATTERN: f32 = 9e3;
    /// And in the time that this automaton takes for a byte.
    const PLACES_PER_BYTE: f32 = 0.1;
    /// After each new plan the next is waited for twice as long, up to this.
    const MAX_PATIENCE: f32 = 64.0;

    /// A sample of a log that begins with `bytes`, as far as they tell now.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let rng = Rng::with_seed(11);
        let mut sample =
            Self { rng, pieces: Vec::new(), n_bytes: 0, next: 0, excess: 0.0, patience: 1.0 };
        sample.take(bytes);
        sample
    }

    /// Takes some of `bytes`, which come next in the log.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let end = self.n_bytes + bytes.len() as u64;
        while self.next < end {
            let at = usize::try_from(self.next - self.n_bytes).unwrap_or(0);
            let piece = &bytes[at..bytes.len().min(at + Self::PIECE)];
            if self.pieces.len() < Self::SIZE {
                self.pieces.extend_from_slice(piece);
            } else {
                let place = self.rng.usize(..Self::SIZE - Self::PIECE);
                self.pieces[place..place + piece.len()].copy_from_slice(piece);
            }
            // Rarer and rarer, so that what was taken in all is of the order of the logarithm.
            let gap = (end / (Self::SIZE / Self::PIECE) as u64).max(Self::PIECE as u64);
            self.next += Self::PIECE as u64 + self.rng.u64(..2 * gap);
        }
        self.n_bytes = end;
    }

    /// What was taken of the log, if that is enough to know it by.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        (self.pieces.len() >= Self::ENOUGH).then_some(&self.pieces)
    }

    /// Takes in that `n_places` in `n_bytes` were looked at closer, of which a plan expected `rate`
    /// for each byte.
    pub(super) fn on_places(&mut self, n_places: usize, n_bytes: usize, rate: f32) {
        let expected = to_f32(n_bytes) * (2.0 * rate).max(Self::FINE);
        self.excess = (self.excess + to_f32(n_places) - expected).max(0.0);
    }

    /// Takes in that an automaton went through `n_bytes` for patterns that could be looked for in another
    /// log.
    pub(super) fn on_fallback(&mut self, n_bytes: usize) {
        self.excess += Self::PLACES_PER_BYTE * to_f32(n_bytes);
    }

    /// Whether so much was looked at in vain that a new plan for `n_atoms`, and for `n_left` patterns
    /// that it does not find, would have cost less: what is spent on plans is never more than what was
    /// lost without.
    pub(super) fn pays_for_plan(&self, n_atoms: usize, n_left: usize) -> bool {
        let cost =
            Self::PLACES_PER_ATOM * to_f32(n_atoms + 4) + Self::PLACES_PER_PATTERN * to_f32(n_left);
        self.bytes().is_some() && self.excess > self.patience * cost
    }

    /// Takes in that there is a new plan.
    pub(super) fn on_plan(&mut self) {
        self.excess = 0.0;
        self.patience = (self.patience * 2.0).min(Self::MAX_PATIENCE);
    }
}
