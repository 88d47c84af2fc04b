//! What is next in a log: the generation to read on in, what was kept, and letting go of what was
//! read to its end.

use super::generation::Generation;
use super::hold::Hold;
use super::tail::{Shared, Stream};
use super::unpack::Extent;
use crate::flow::{GenerationId, Timestamp};

/// What a log has to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Reads on in the generation at an index.
    Read(usize),
    /// Gives out what was kept for a generation.
    Kept(GenerationId),
}

impl Stream {
    /// Lets go of files whose writers have left them, once they are read to their ends.
    pub(super) fn let_go(&mut self, shared: &mut Shared, now: Timestamp) {
        for index in 0..self.generations.len() {
            let has_successor = self.has_successor(index);
            let generation = &mut self.generations[index];
            let is_read =
                generation.content.offset >= generation.size && generation.waiting.is_none();
            if generation.is_held() && is_read && generation.is_left(has_successor, now) {
                self.close(index, shared, now);
            }
        }
    }

    /// Lets go of the generation at `index`, at its end.
    pub(super) fn close(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        self.report_cut(index, shared, now);
        let generation = &mut self.generations[index];
        let extent = generation.extent();
        if let Some(packed) = &mut generation.packed {
            packed.end = Some(generation.content.offset);
        }
        if generation.is_linked() {
            generation.close(Hold::Closed { since: now, is_missed: false });
        } else {
            shared.disown(generation.inode(), generation.id);
            generation.close(Hold::Gone { since: now });
        }
        if matches!(extent, Some(Extent::Short | Extent::Damaged)) {
            let path = self.generations[index].seen_at.display();
            let what =
                format!("`{path}` is damaged or breaks off; what could be unpacked was read");
            self.lose("unreadable", None, &what, shared, now);
        }
    }

    /// What is next: the oldest generation that has something to read. One whose last lines wait for
    /// others holds back the later ones; a fragment or a failure does not.
    ///
    /// What is kept of lines before is given out once it has waited too long, but only when there
    /// was nothing more to read since: after an hour's sleep the rest of a line may be there.
    pub(super) fn pick(&self, now: Timestamp) -> Option<Next> {
        if let Some(generation) = self.carries.due(self.ended_at) {
            return Some(Next::Kept(generation));
        }
        for (index, generation) in self.generations.iter().enumerate() {
            if generation.is_readable(self.has_successor(index), now) {
                return Some(Next::Read(index));
            }
            let is_waiting = generation.waiting.is_some() || generation.is_pending(now);
            if is_waiting && generation.fault.is_none() {
                return None;
            }
        }
        let kept = self.carries.due(now)?;
        let is_open = |own: &Generation| own.is_held() && own.fault.is_none();
        let newest = self.generations.iter().rposition(is_open);
        Some(newest.map_or(Next::Kept(kept), Next::Read))
    }

    /// Takes in that a generation was read to its end.
    pub(super) fn on_end(&mut self, now: Timestamp) {
        let mut generations = self.generations.iter().enumerate();
        if !generations.any(|(index, own)| own.is_readable(self.has_successor(index), now)) {
            self.ended_at = self.ended_at.max(now);
        }
    }

    /// When lines that wait for others are due next, later than `now`.
    pub(super) fn settles_after(&self, now: Timestamp) -> Option<Timestamp> {
        let waiting = self.generations.iter().filter_map(|own| Some(own.waiting?.until));
        waiting.chain(self.carries.deadlines()).filter(|at| *at > now).min()
    }
}
