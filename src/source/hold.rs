//! What holds a generation: a descriptor, perhaps an archive behind it, or nothing any more.

use std::io;

use super::archive::Archive;
use super::body::Body;
use super::generation::Generation;
use super::identity::{Proven, Seen};
use super::limit::Slot;
use super::siblings::Located;
use super::unpack::Extent;
use crate::flow::{Checkpoint, Offset, Packing, Timestamp};

/// An archive of so many bytes is unpacked again at little cost.
const SMALL: u64 = 1024 * 1024;

/// A file whose bytes are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Packed {
    pub(super) packing: Packing,
    /// The size of the file itself.
    pub(super) size: u64,
    /// What was packed, as long as it is, once it was read to its end.
    pub(super) end: Option<Offset>,
    /// It has changed since it was unpacked.
    is_stale: bool,
}

/// How a generation is held.
#[derive(Debug)]
pub(super) enum Hold {
    /// By a descriptor: it is the identity, whatever happens to the file's names.
    Open {
        body: Body,
        /// Whether any name leads to it.
        is_linked: bool,
        /// Its place among the files that may be open.
        _slot: Slot,
    },
    /// Not at all: the file of a stored position that is still to be found.
    Sought,
    /// Not at all: what may be an archive of it is still being made.
    Awaited,
    /// Not at all: read to its end, with its writer gone. Looked at in case it grows.
    Closed {
        since: Timestamp,
        /// The last scan did not find it.
        is_missed: bool,
    },
    /// Not at all, and there is nothing to look at any more.
    Gone { since: Timestamp },
}

/// What a look at a held file showed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Observed {
    /// The content that was read, perhaps with more behind it.
    Same,
    /// The content that was read, but bytes behind it are gone unread.
    Shrunk { n_lost: u64 },
    /// Other content: it was truncated, and may have grown since.
    Replaced,
}

impl Generation {
    pub(super) fn body(&self) -> Option<&Body> {
        match &self.hold {
            Hold::Open { body, .. } => Some(body),
            Hold::Sought | Hold::Awaited | Hold::Closed { .. } | Hold::Gone { .. } => None,
        }
    }

    /// The archive that it is read in, if it is.
    pub(super) fn archive(&self) -> Option<&Archive> {
        self.body().and_then(Body::archive)
    }

    /// Whether to read it takes a decoder that it does not have yet.
    pub(super) fn is_to_unpack(&self) -> bool {
        self.archive().is_some_and(|archive| !archive.is_unpacking())
    }

    pub(super) fn packing(&self) -> Packing {
        self.packed.map_or(Packing::Plain, |packed| packed.packing)
    }

    /// Whether its file is still to be found.
    pub(super) fn is_sought(&self) -> bool {
        matches!(self.hold, Hold::Sought | Hold::Awaited)
    }

    pub(super) fn is_held(&self) -> bool {
        matches!(self.hold, Hold::Open { .. })
    }

    pub(super) fn is_linked(&self) -> bool {
        matches!(self.hold, Hold::Open { is_linked: true, .. })
    }

    /// Takes in a look at the file.
    pub(super) fn observe(&mut self, seen: &Seen, now: Timestamp) -> io::Result<Observed> {
        let Hold::Open { body, is_linked, .. } = &mut self.hold else { return Ok(Observed::Same) };
        if *is_linked && !seen.is_linked {
            self.active_at = now;
        }
        *is_linked = seen.is_linked;
        if self.packed.is_some() {
            return Ok(self.observe_packed(seen, now));
        }
        let has_shrunk = seen.size < self.size;
        let is_rewritten = seen.size == self.size && seen.modified != self.modified;
        // What grows while it has bytes to read may have been truncated and written anew: then it is
        // known yet how many they were.
        let has_more = seen.size > self.size && self.size > self.content.offset;
        let is_doubtful = has_shrunk || is_rewritten || has_more;
        if seen.size < self.content.offset || is_doubtful && !self.content.is_in(body)? {
            self.proven_size = self.size;
            return Ok(Observed::Replaced);
        }
        if seen.size > self.size {
            self.active_at = now;
        }
        if is_rewritten {
            // Bytes that were no line yet may be one now.
            self.idle_to = self.content.offset;
        }
        let n_lost = self.size.saturating_sub(seen.size);
        self.idle_to = self.idle_to.min(seen.size);
        self.is_dirty |= self.size != seen.size;
        self.size = seen.size;
        self.modified = seen.modified;
        self.changed = seen.changed;
        if is_doubtful {
            self.proven_size = seen.size;
        }
        if is_rewritten {
            self.prove();
        }
        if self.size <= self.content.offset {
            self.reach(self.size);
        }
        Ok(if n_lost > 0 { Observed::Shrunk { n_lost } } else { Observed::Same })
    }

    /// Takes in that its content stands in the file. When that was is stored: a file that has not
    /// changed since need not be read to be known again.
    pub(super) fn prove(&mut self) {
        let proven = Proven::Modified(self.modified);
        self.is_dirty |= self.proven != proven;
        self.proven = proven;
        self.proven_size = self.size;
    }

    /// Takes in a look at an archive. One that broke off is unpacked again once it was written on: a
    /// small one at once, a large one when it is left alone between two looks.
    fn observe_packed(&mut self, seen: &Seen, now: Timestamp) -> Observed {
        let (Some(packed), Hold::Open { body, is_linked, .. }) = (&mut self.packed, &self.hold)
        else {
            return Observed::Same;
        };
        if !is_linked && body.extent() == Some(Extent::Short) {
            // It was replaced by another before it was whole.
            return Observed::Replaced;
        }
        if (seen.size, seen.modified) != (packed.size, self.modified) {
            packed.size = seen.size;
            packed.is_stale = true;
            self.modified = seen.modified;
            self.changed = seen.changed;
            self.active_at = now;
            self.is_dirty = true;
        }
        let is_settled = self.active_at < now || packed.size <= SMALL;
        if packed.is_stale && is_settled && body.extent() == Some(Extent::Short) {
            packed.is_stale = false;
            body.rest();
        }
        Observed::Same
    }

    /// Its size as it is stored.
    pub(super) fn stored_size(&self) -> u64 {
        match self.packed {
            Some(packed) => packed.size,
            // What is gone has nothing left to read: the rest of it was counted as a loss.
            None if matches!(self.hold, Hold::Gone { .. }) => self.content.offset,
            None => self.size,
        }
    }

    /// Whether it was read to its end and let go, as it is stored.
    pub(super) fn is_finished(&self) -> bool {
        match self.hold {
            Hold::Gone { .. } => true,
            Hold::Closed { .. } => self.packed.is_none_or(|packed| packed.end.is_some()),
            Hold::Open { .. } | Hold::Sought | Hold::Awaited => false,
        }
    }

    /// Takes hold of it again, in a file that holds its content.
    pub(super) fn reopen(&mut self, at: Located, slot: Slot, now: Timestamp) {
        let stored = |own: &Self| {
            (own.identity, own.stored_size(), own.proven, own.packing(), own.is_finished())
        };
        let before = stored(self);
        let Located { body, seen, path } = at;
        let size = size_of(&body, &seen, self.content.offset);
        // An archive that breaks off may still be written to.
        if size > self.size || body.archive().is_some() {
            self.active_at = now;
        }
        self.identity = seen.identity;
        self.packed = Packed::of(&body, &seen);
        self.size = size;
        self.modified = seen.modified;
        self.changed = seen.changed;
        self.proven = Proven::Modified(seen.modified);
        self.proven_size = size;
        let has_moved = *self.seen_at != *path;
        if has_moved {
            self.seen_at = path.into();
        }
        self.hold = Hold::Open { body, is_linked: seen.is_linked, _slot: slot };
        self.idle_to = self.content.offset;
        // After a restart most are as they were: their rows need not be written anew.
        self.is_dirty |= has_moved || stored(self) != before;
    }

    /// Lets go of the descriptor.
    pub(super) fn close(&mut self, hold: Hold) -> Option<Body> {
        let was_stored = (self.stored_size(), self.is_finished());
        self.waiting = None;
        self.fault = None;
        let before = std::mem::replace(&mut self.hold, hold);
        self.is_dirty |= (self.stored_size(), self.is_finished()) != was_stored;
        match before {
            Hold::Open { body, .. } => Some(body),
            Hold::Sought | Hold::Awaited | Hold::Closed { .. } | Hold::Gone { .. } => None,
        }
    }

    /// How far the archive goes that it is read in, if it is.
    pub(super) fn extent(&self) -> Option<Extent> {
        self.body().and_then(Body::extent)
    }
}

impl Packed {
    pub(super) fn of(body: &Body, seen: &Seen) -> Option<Self> {
        let packing = body.archive()?.packing();
        Some(Self { packing, size: seen.size, end: None, is_stale: false })
    }

    pub(super) fn restore(saved: &Checkpoint) -> Option<Self> {
        let (packing, size) = (saved.packing, saved.size);
        let end = saved.finished.then_some(saved.offset);
        (packing != Packing::Plain).then_some(Self { packing, size, end, is_stale: false })
    }
}

/// The size of what `body` holds, as far as it is known.
pub(super) fn size_of(body: &Body, seen: &Seen, offset: Offset) -> u64 {
    if body.archive().is_some() { offset } else { seen.size }
}
