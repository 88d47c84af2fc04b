//! One physical content epoch of a file: what is known of it, and how far it was read.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::anchors::Anchors;
use super::body::Body;
use super::dialect::Dialect;
use super::hold::{Hold, Packed, size_of};
use super::identity::{Content, Inode, Proven, Seen};
use super::limit::Slot;
use super::read::{MAX_LINE, Place};
use super::siblings::Located;
use super::split::{Beginning, Ending, Split};
use super::unpack::Extent;
use crate::flow::{Checkpoint, GenerationId, Identity, Packing, Progress, StreamId, Timestamp};

/// How long lines that the matcher left are held for lines after them.
pub(super) const SETTLE: Duration = Duration::from_millis(300);

/// How long a file that was left by its writer must be quiet before it is let go.
pub(super) const QUIET: Duration = Duration::from_mins(1);

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
    pub(super) proven: Proven,
    /// Its size then, at least: so much of it was there to be read.
    pub(super) proven_size: u64,
    /// When it was made, also where it is read in a copy or an archive of that file by now.
    pub(super) born: Option<i64>,
    /// `modified`, when the log's path was last known to lead to it. What is rotated after it is
    /// younger, while a late writer may make itself younger still.
    pub(super) current_to: Option<i64>,
    /// The path that it was last seen at.
    pub(super) seen_at: Arc<Path>,
    pub(super) hold: Hold,
    /// When it last grew, or was left by its writer.
    pub(super) active_at: Timestamp,
    /// The size up to which there is no whole line.
    pub(super) idle_to: u64,
    /// Where its end was when that was first reached in this run; `None`: it was not yet.
    pub(super) reached: Option<u64>,
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
        let size = size_of(&body, seen, content.offset);
        Self {
            id,
            identity: seen.identity,
            content,
            anchors: Anchors::default(),
            dialect: None,
            size,
            packed: Packed::of(&body, seen),
            modified: seen.modified,
            changed: seen.changed,
            proven: Proven::Modified(seen.modified),
            proven_size: size,
            born: seen.identity.born,
            current_to: None,
            seen_at,
            hold: Hold::Open { body, is_linked: seen.is_linked, _slot: slot },
            active_at: now,
            idle_to: content.offset,
            reached: (size <= content.offset).then_some(size),
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
        let proven = saved.modified.map_or(Proven::Before(saved.at), Proven::Modified);
        Self {
            id: saved.generation,
            identity: saved.identity,
            content,
            anchors: Anchors::restore(&saved.anchors),
            dialect: None,
            size: if saved.packing == Packing::Plain { saved.size } else { saved.offset },
            packed: Packed::restore(saved),
            modified: proven.latest(),
            changed: 0,
            proven,
            proven_size: saved.size,
            born: saved.identity.born,
            current_to: (saved.seen_at == saved.path).then(|| proven.latest()),
            seen_at: Arc::clone(&saved.seen_at),
            hold: if saved.finished {
                Hold::Closed { since: saved.at, is_missed: false }
            } else {
                Hold::Sought
            },
            active_at: saved.at,
            idle_to: saved.offset,
            reached: None,
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
            size: self.stored_size(),
            modified: self.proven.modified(),
            packing: self.packing(),
            finished: self.is_finished(),
            after_fragment: self.is_fragment_out,
            // Until it is found, no more is known than when it was stored first.
            at: if let Proven::Before(at) = self.proven { at } else { now },
        }
    }

    pub(super) fn inode(&self) -> Inode {
        self.identity.into()
    }

    /// Whether what was read of it stands in another file.
    pub(super) fn is_in(&self, other: &Located) -> io::Result<bool> {
        self.content.is_in(&other.body)
    }

    /// Moves on to what `content` says was read.
    pub(super) fn advance(&mut self, content: Content) {
        self.is_dirty |= content != self.content;
        self.content = content;
        self.idle_to = self.idle_to.max(content.offset);
        self.size = self.size.max(content.offset);
    }

    /// Takes in that all of it was read, or looked at, up to `end`, where it ends now.
    pub(super) fn reach(&mut self, end: u64) {
        self.reached.get_or_insert(end);
    }

    /// How far its reader had come before the byte at `offset` was there.
    pub(super) fn progress(&self, offset: u64) -> Progress {
        match self.reached {
            Some(end) if offset >= end => Progress::Live,
            _ => Progress::CatchingUp,
        }
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
