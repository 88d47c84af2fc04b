//! What a log keeps of events that have begun, by the generation that they go on in.

use std::collections::BTreeMap;

use super::decode::Carry;
use crate::flow::{GenerationId, Timestamp};

/// The carries of a log that hold anything.
///
/// Nearly always there is one: that of the generation which is read. A generation that begins takes
/// over what the one before it left. Late lines in an older generation make one of their own.
#[derive(Debug, Default)]
pub(super) struct Carries {
    by_generation: BTreeMap<GenerationId, Carry>,
    /// They are to be committed.
    is_dirty: bool,
    /// That lines are not of the log's format was reported.
    pub(super) is_alien_told: bool,
}

impl Carries {
    /// As they were saved, waited for from `now` on.
    ///
    /// # Errors
    ///
    /// Where `text` is not what [`take_text`](Self::take_text) wrote.
    pub(super) fn parse(text: &str, now: Timestamp) -> serde_json::Result<Self> {
        let saved: Vec<(GenerationId, Carry)> = serde_json::from_str(text)?;
        let mut by_generation: BTreeMap<_, _> = saved.into_iter().collect();
        for carry in by_generation.values_mut() {
            carry.wait_from(now);
        }
        Ok(Self { by_generation, ..Self::default() })
    }

    /// None, and so to be saved: what was saved cannot be read.
    pub(super) fn lost() -> Self {
        Self { is_dirty: true, ..Self::default() }
    }

    /// Forgets what was kept for lines of `generation`.
    pub(super) fn forget(&mut self, generation: GenerationId) {
        self.is_dirty |= self.by_generation.remove(&generation).is_some();
    }

    /// What is to be saved, if it changed since; empty: nothing.
    pub(super) fn take_text(&mut self) -> Option<String> {
        if !std::mem::take(&mut self.is_dirty) {
            return None;
        }
        if self.by_generation.is_empty() {
            return Some(String::new());
        }
        let saved: Vec<_> = self.by_generation.iter().collect();
        Some(serde_json::to_string(&saved).expect("text and numbers"))
    }

    /// What is kept for lines of `generation`.
    pub(super) fn get(&self, generation: GenerationId) -> Carry {
        self.by_generation.get(&generation).cloned().unwrap_or_default()
    }

    /// Whether an event has begun that lines of `generation` may belong to.
    pub(super) fn has_begun(&self, generation: GenerationId) -> bool {
        self.by_generation.get(&generation).is_some_and(Carry::has_begun)
    }

    /// Keeps `carry` for lines of `generation`.
    pub(super) fn set(&mut self, generation: GenerationId, carry: Carry) {
        let old = if carry.is_empty() {
            self.by_generation.remove(&generation)
        } else {
            self.by_generation.insert(generation, carry)
        };
        self.is_dirty |= old.as_ref() != self.by_generation.get(&generation);
    }

    /// Lets `generation`, which is read now, go on with what the one before it has begun; unless it
    /// has begun something itself: then its predecessor had late lines.
    pub(super) fn take_over(&mut self, generation: GenerationId) {
        let before = self.by_generation.range(..generation).next_back();
        let Some((&before, carry)) = before.filter(|(_, carry)| carry.has_begun()) else { return };
        if !self.by_generation.contains_key(&generation) {
            // What a predecessor's own line gave out before is of no concern to its successor.
            let carry = carry.clone().without_taken();
            self.by_generation.remove(&before);
            self.by_generation.insert(generation, carry);
            self.is_dirty = true;
        }
    }

    /// When what is kept is due to be given out as it is.
    pub(super) fn deadlines(&self) -> impl Iterator<Item = Timestamp> {
        self.by_generation.values().filter_map(Carry::deadline)
    }

    /// The generation with something that is due at `now`.
    pub(super) fn due(&self, now: Timestamp) -> Option<GenerationId> {
        let is_due = |carry: &Carry| carry.deadline().is_some_and(|deadline| deadline <= now);
        self.by_generation.iter().find(|(_, carry)| is_due(carry)).map(|(id, _)| *id)
    }
}
