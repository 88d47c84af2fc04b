//! What was written while the agent was down, and is older than wanted: passed over, and counted.
//!
//! It is seen to when a file would be read, however late that is found or taken up: an archive that
//! was still being made at the start, a log that could not be opened then.

use std::io;

use super::generation::Generation;
use super::hold::Hold;
use super::identity::Content;
use super::read::last_line_end;
use super::tail::{Shared, Stream};
use crate::flow::{Loss, Timestamp};

/// What became of a file that may be too old.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Skip {
    /// It was passed over, or could not be yet.
    Over,
    /// It is to be read.
    Not,
}

impl Stream {
    /// Passes over what there is of the generation at `index`, where it was last written before what
    /// `catch_up` allows.
    pub(super) fn skip_old(&mut self, index: usize, shared: &mut Shared, now: Timestamp) -> Skip {
        let generation = &self.generations[index];
        if !self.old_before.is_some_and(|before| generation.is_older(before)) {
            return Skip::Not;
        }
        let id = generation.id;
        let path = generation.seen_at.display();
        let what = format!("`{path}` was written longer ago than `catch_up` says");
        if generation.packed.is_some() {
            self.carries.forget(id);
            self.close(index, shared, now);
            self.lose(Loss::SKIPPED, None, &what, shared, now);
            return Skip::Over;
        }
        let offset = generation.content.offset;
        match self.end_of(index) {
            Ok(content) if content.offset > offset => {
                self.generations[index].advance(content);
                // What was begun before does not go on behind what is left out.
                self.carries.forget(id);
                let n_bytes = content.offset - offset;
                self.lose(Loss::SKIPPED, Some(n_bytes), &what, shared, now);
                Skip::Over
            }
            // A line that has begun may still be ended.
            Ok(_) => Skip::Not,
            Err(error) => {
                self.fail(index, error, shared, now);
                Skip::Over
            }
        }
    }

    /// Whether there may be files yet that are to be passed over.
    pub(super) fn has_old(&self) -> bool {
        let Some(before) = self.old_before else { return false };
        self.generations.iter().any(|own| match own.hold {
            // What was packed of one that is missed is looked for with the next scan.
            Hold::Sought | Hold::Awaited | Hold::Closed { is_missed: true, .. } => true,
            Hold::Open { .. } => own.is_older(before),
            Hold::Closed { .. } => own.is_crowded_out() && own.modified < before,
            Hold::Gone { .. } => false,
        })
    }

    /// What there is up to the end of a file; of the current one, up to its last line end.
    fn end_of(&self, index: usize) -> io::Result<Content> {
        let generation = &self.generations[index];
        let Some(body) = generation.body() else { return Ok(generation.content) };
        if !self.is_current(generation) {
            return Content::of(body, generation.size);
        }
        let unit = self.reading.dialect(body)?.decoder.unit;
        Content::of(
            body,
            last_line_end(body, generation.size, unit)?.max(generation.content.offset),
        )
    }
}

impl Generation {
    /// Whether it is held, has something to read, and was last written before `since`.
    fn is_older(&self, since: i64) -> bool {
        self.is_held() && self.modified < since && self.has_more()
    }
}
