//! One physical content epoch of a file: how far it was read, and what holds it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::anchors::Anchors;
use super::archive::Archive;
use super::body::Body;
use super::dialect::Dialect;
use super::identity::{Content, Inode, Seen};
use super::limit::Slot;
use super::read::{MAX_LINE, Place};
use super::siblings::Located;
use super::split::{Beginning, Ending, Split};
use super::unpack::Extent;
use crate::flow::{Checkpoint, GenerationId, Identity, Offset, Packing, StreamId, Timestamp};

/// How long lines that the matcher left are held for lines after them.
pub(super) const SETTLE: Duration = Duration::from_millis(300);

/// How long a file that was left by its writer must be quiet before it is let go.
pub(super) const QUIET: Duration = Duration::from_mins(1);

/// An archive of so many bytes is unpacked again at little cost.
const SMALL: u64 = 1024 * 1024;

/// The longest time between two tries to read a file whose reading fails.
const MAX_BACKOFF: Duration = Duration::from_mins(1);

/// One physical content epoch of a file.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) id: GenerationId,
    pub(super) identity: Identity,
    pub(super) content: Content,
    /// What stood before older positions.
    pub(super) anchors: Anchors,
    /// What its bytes mean; `None`: it was not read yet in this run.
    pub(super) dialect: Option<Dialect>,
    /// Its size as the last look showed; of an archive, how much was unpacked so far.
    pub(super) size: u64,
    /// What packs it, if anything does.
    pub(super) packed: Option<Packed>,
    pub(super) modified: i64,
    pub(super) changed: i64,
    /// `modified`, when `content` was last found to stand in it. What copied it did so later.
    pub(super) proven: i64,
    /// When it was made, also where it is read in a copy or an archive of that file by now.
    pub(super) born: Option<i64>,
    /// `modified`, when the log's path was last known to lead to it; else 0. What is rotated after
    /// it is younger, while a late writer may make itself younger still.
    pub(super) current_to: i64,
    /// The path that it was last seen at.
    pub(super) seen_at: Arc<Path>,
    pub(super) hold: Hold,
    /// When it last grew, or was left by its writer.
    pub(super) active_at: Timestamp,
    /// The size up to which there is no whole line.
    pub(super) idle_to: u64,
    /// Lines that the matcher left until others follow.
    pub(super) waiting: Option<Waiting>,
    /// Why it is not read now.
    pub(super) fault: Option<Fault>,
    /// Bytes passed over so far of a line that was cut.
    pub(super) n_cut: u64,
    /// A fragment at the end was given out as a line.
    pub(super) is_fragment_out: bool,
    /// The checkpoint is to be committed.
    pub(super) is_dirty: bool,
}

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

/// Lines given out that the matcher did not take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Waiting {
    /// Where the lines end.
    pub(super) end: u64,
    /// When they are given out again as they are.
    pub(super) until: Timestamp,
}

/// A failure to read.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: io::Error,
    pub(super) retry_at: Timestamp,
    pub(super) backoff: Duration,
}

impl Generation {
    /// A generation that begins to be read at `content.offset`.
    pub(super) fn open(
        id: GenerationId,
        (body, slot): (Body, Slot),
        seen: &Seen,
        content: Content,
        seen_at: Arc<Path>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            identity: seen.identity,
            content,
            anchors: Anchors::default(),
            dialect: None,
            size: size_of(&body, seen, content.offset),
            packed: Packed::of(&body, seen),
            modified: seen.modified,
            changed: seen.changed,
            proven: seen.modified,
            born: seen.identity.born,
            current_to: 0,
            seen_at,
            hold: Hold::Open { body, is_linked: seen.is_linked, _slot: slot },
            active_at: now,
            idle_to: content.offset,
            waiting: None,
            fault: None,
            n_cut: 0,
            is_fragment_out: false,
            is_dirty: true,
        }
    }

    /// The generation as it was stored, not held yet.
    pub(super) fn restore(saved: &Checkpoint) -> Self {
        let content = Content { head: saved.head, anchor: saved.anchor, offset: saved.offset };
        Self {
            id: saved.generation,
            identity: saved.identity,
            content,
            anchors: Anchors::restore(&saved.anchors),
            dialect: None,
            size: if saved.packing == Packing::Plain { saved.size } else { saved.offset },
            packed: Packed::restore(saved),
            modified: saved.modified,
            changed: 0,
            proven: saved.modified,
            born: saved.identity.born,
            current_to: if saved.seen_at == saved.path { saved.modified } else { 0 },
            seen_at: Arc::clone(&saved.seen_at),
            hold: if saved.finished {
                Hold::Closed { since: saved.at, is_missed: false }
            } else {
                Hold::Sought
            },
            active_at: saved.at,
            idle_to: saved.offset,
            waiting: None,
            fault: None,
            n_cut: 0,
            is_fragment_out: saved.after_fragment,
            is_dirty: false,
        }
    }

    /// What is to be stored.
    pub(super) fn checkpoint(
        &self,
        stream: StreamId,
        path: &Arc<Path>,
        now: Timestamp,
    ) -> Checkpoint {
        // What is gone has nothing left to read: the rest of it was counted as a loss.
        let is_gone = matches!(self.hold, Hold::Gone { .. });
        Checkpoint {
            generation: self.id,
            stream,
            path: Arc::clone(path),
            seen_at: Arc::clone(&self.seen_at),
            identity: self.identity,
            head: self.content.head,
            anchor: self.content.anchor,
            offset: self.content.offset,
            anchors: self.anchors.to_vec(),
            size: match self.packed {
                Some(packed) => packed.size,
                None if is_gone => self.content.offset,
                None => self.size,
            },
            modified: self.proven,
            packing: self.packing(),
            finished: match self.hold {
                Hold::Gone { .. } => true,
                Hold::Closed { .. } => self.packed.is_none_or(|packed| packed.end.is_some()),
                Hold::Open { .. } | Hold::Sought | Hold::Awaited => false,
            },
            after_fragment: self.is_fragment_out,
            at: now,
        }
    }

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

    pub(super) fn inode(&self) -> Inode {
        self.identity.into()
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
        if seen.size < self.content.offset
            || (has_shrunk || is_rewritten) && !self.content.is_in(body)?
        {
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
        if is_rewritten {
            self.prove();
        }
        Ok(if n_lost > 0 { Observed::Shrunk { n_lost } } else { Observed::Same })
    }

    /// Takes in that its content stands in the file. When that was is stored: a file that has not
    /// changed since need not be read to be known again.
    pub(super) fn prove(&mut self) {
        self.is_dirty |= self.proven != self.modified;
        self.proven = self.modified;
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

    /// Whether what was read of it stands in another file.
    pub(super) fn is_in(&self, other: &Located) -> bool {
        self.content.is_in(&other.body).unwrap_or(false)
    }

    /// Takes hold of it again, in a file that holds its content.
    pub(super) fn reopen(&mut self, at: Located, slot: Slot, now: Timestamp) {
        let Located { body, seen, path } = at;
        let size = size_of(&body, &seen, self.content.offset);
        if size > self.size {
            self.active_at = now;
        }
        self.identity = seen.identity;
        self.packed = Packed::of(&body, &seen);
        self.size = size;
        self.modified = seen.modified;
        self.changed = seen.changed;
        self.proven = seen.modified;
        self.seen_at = path.into();
        self.hold = Hold::Open { body, is_linked: seen.is_linked, _slot: slot };
        self.idle_to = self.content.offset;
        self.is_dirty = true;
    }

    /// Lets go of the descriptor.
    pub(super) fn close(&mut self, hold: Hold) -> Option<Body> {
        self.is_dirty = true;
        self.waiting = None;
        self.fault = None;
        match std::mem::replace(&mut self.hold, hold) {
            Hold::Open { body, .. } => Some(body),
            Hold::Sought | Hold::Awaited | Hold::Closed { .. } | Hold::Gone { .. } => None,
        }
    }

    /// Moves on to what `content` says was read.
    pub(super) fn advance(&mut self, content: Content) {
        self.is_dirty |= content != self.content;
        self.content = content;
        self.idle_to = self.idle_to.max(content.offset);
        self.size = self.size.max(content.offset);
    }

    /// How far the archive goes that it is read in, if it is.
    pub(super) fn extent(&self) -> Option<Extent> {
        self.body().and_then(Body::extent)
    }

    /// Whether there are bytes that were not looked at.
    pub(super) fn has_more(&self) -> bool {
        self.size > self.idle_to || self.extent() == Some(Extent::Open)
    }

    /// Whether those after it have to wait: it is an archive that is still being made.
    pub(super) fn is_pending(&self, now: Timestamp) -> bool {
        let is_short = self.extent() == Some(Extent::Short);
        matches!(self.hold, Hold::Awaited) || is_short && now.since(self.active_at) < QUIET
    }

    /// Whether its writer has left it: it was quiet for long after it got a successor or lost its
    /// last name. An archive is left once it is whole.
    pub(super) fn is_left(&self, has_successor: bool, now: Timestamp) -> bool {
        let is_quiet = now.since(self.active_at) >= QUIET;
        match self.extent() {
            None => (has_successor || !self.is_linked()) && is_quiet,
            Some(Extent::Open) => false,
            Some(Extent::Short) => is_quiet,
            Some(Extent::Complete | Extent::Damaged) => true,
        }
    }

    /// Whether there is something to read at `now`, and how.
    pub(super) fn is_readable(&self, has_successor: bool, now: Timestamp) -> bool {
        if !self.is_held() || self.fault.as_ref().is_some_and(|fault| fault.retry_at > now) {
            return false;
        }
        let is_rest = self.size > self.content.offset && self.is_left(has_successor, now);
        match self.waiting {
            Some(waiting) => self.size > self.idle_to.max(waiting.end) || now >= waiting.until,
            None => self.has_more() || is_rest,
        }
    }

    /// Where and how to read on.
    pub(super) fn place(&self, lead_lines: usize, dialect: &Dialect, ending: Ending) -> Place {
        Place {
            content: self.content,
            lead_lines,
            split: Split {
                unit: dialect.decoder.unit,
                bom_len: dialect.bom_len,
                max_line: MAX_LINE,
                beginning: if self.is_fragment_out {
                    Beginning::AfterFragment
                } else {
                    Beginning::RestOfCutLine
                },
                ending,
            },
        }
    }

    /// Takes in that it can be looked at again, where there is nothing to read that could fail.
    pub(super) fn recover(&mut self) {
        if self.size <= self.idle_to {
            self.fault = None;
        }
    }

    /// Takes in that reading failed. `true` if this is news.
    pub(super) fn fail(&mut self, error: io::Error, now: Timestamp) -> bool {
        let (is_news, backoff) = match &self.fault {
            Some(last) => (last.error.kind() != error.kind(), (last.backoff * 2).min(MAX_BACKOFF)),
            None => (true, Duration::from_secs(1)),
        };
        self.fault = Some(Fault { error, retry_at: now + backoff, backoff });
        is_news
    }
}

impl Packed {
    fn of(body: &Body, seen: &Seen) -> Option<Self> {
        let packing = body.archive()?.packing();
        Some(Self { packing, size: seen.size, end: None, is_stale: false })
    }

    fn restore(saved: &Checkpoint) -> Option<Self> {
        let (packing, size) = (saved.packing, saved.size);
        let end = saved.finished.then_some(saved.offset);
        (packing != Packing::Plain).then_some(Self { packing, size, end, is_stale: false })
    }
}

/// The size of what `body` holds, as far as it is known.
fn size_of(body: &Body, seen: &Seen, offset: Offset) -> u64 {
    if body.archive().is_some() { offset } else { seen.size }
}
