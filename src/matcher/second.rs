//! A second look at an event: has it what else a match of the pattern holds?

use std::ops::{ControlFlow, Range};

use super::plan::{Plan, Scratch};

/// What an event must have besides what it was found by, and whether it pays to look.
///
/// A look costs a part of what the pattern itself does. Where nearly all events that are found match,
/// it is spent in vain, and only now and then is one looked at, to see whether that is still so.
#[derive(Debug)]
pub(super) struct SecondLook {
    plan: Plan,
    /// What looks have saved lately, in looks; at most [`Self::MAX_SAVED`].
    saved: u32,
    /// Events that were let through since, without a look.
    n_skipped: u32,
}

impl SecondLook {
    /// Looks that a refusal pays for: what the pattern itself costs.
    const PER_REFUSAL: u32 = 4;
    /// Looks in vain before no more are made.
    const MAX_SAVED: u32 = 64;
    /// Events without a look before a few are looked at again.
    const PAUSE: u32 = 256;
    /// Looks that are made then.
    const TRIAL: u32 = 8;

    /// One that finds what it looks for with `plan`.
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, saved: Self::MAX_SAVED, n_skipped: 0 }
    }

    /// Whether the pattern may match the event in `range` of `bytes`, as far as a look tells.
    pub(super) fn may_match(
        &mut self,
        bytes: &[u8],
        range: &Range<usize>,
        scratch: &mut Scratch,
    ) -> bool {
        if self.saved == 0 {
            self.n_skipped += 1;
            if self.n_skipped <= Self::PAUSE {
                return true;
            }
            (self.saved, self.n_skipped) = (Self::TRIAL, 0);
        }
        let mut is_there = false;
        self.plan.find(bytes, range, scratch, &mut |_, _| {
            is_there = true;
            ControlFlow::Break(())
        });
        self.saved = if is_there {
            self.saved - 1
        } else {
            (self.saved + Self::PER_REFUSAL).min(Self::MAX_SAVED)
        };
        is_there
    }
}
