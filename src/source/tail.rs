//! One logical log: its generations, oldest first, and the look that keeps them true.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::body::Body;
use super::carries::Carries;
use super::catalog::Boot;
use super::catch_up::Strangers;
use super::changes::Changes;
use super::deleted::Deleted;
use super::dialect::Reading;
use super::generation::Generation;
use super::hold::Observed;
use super::identity::{Inode, Seen};
use super::limit::Slots;
use super::report::Told;
use super::rotation::Around;
use super::settings::Start;
use super::siblings::Unlisted;
use super::unpacking::Unpacking;
use super::unseen::Unseen;
use crate::flow::{GenerationId, Identity, Mode, SourceId, StreamId, Timestamp};

/// One logical log, over all its rotations.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) id: StreamId,
    pub(super) path: Arc<Path>,
    pub(super) sources: Arc<[SourceId]>,
    pub(super) lead_lines: usize,
    /// Where its rotations are moved to, if not beside it.
    pub(super) olddirs: Arc<[PathBuf]>,
    /// Files that were last written before this, in nanoseconds since the epoch, are passed over:
    /// until all is taken up that came while the agent was down.
    pub(super) old_before: Option<i64>,
    /// What the bytes of its files mean.
    pub(super) reading: Reading,
    /// What was read of events that have not ended.
    pub(super) carries: Carries,
    /// When all there was had been read.
    pub(super) ended_at: Timestamp,
    pub(super) is_explicit: bool,
    /// Where its first generation begins.
    pub(super) begin: Begin,
    pub(super) generations: Vec<Generation>,
    pub(super) at_path: AtPath,
    /// Change time of the directory when it was searched for rotations last.
    pub(super) searched: Option<i64>,
    /// What is named as its rotations and is none, as long as it had no file.
    pub(super) strangers: Strangers,
    /// Rotations that cannot be read, which was said.
    pub(super) given_up: HashSet<PathBuf>,
    /// Where rotations cannot be looked for.
    pub(super) unseen: Option<Box<Unseen>>,
    /// When it is looked at next without an event.
    pub(super) next_look: Timestamp,
    /// What wakes its reader.
    pub(super) mode: Mode,
    /// When it was seen to have grown, if no event told of it since.
    pub(super) unheard_since: Option<Timestamp>,
    pub(super) is_queued: bool,
    /// What was reported last.
    pub(super) told: Option<Told>,
    pub(super) problem: Option<String>,
}

/// Where to begin in the first file of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Begin {
    /// At its first byte: it is new.
    Zero,
    /// As configured: it was there before.
    Start(Start),
    /// At the last line end before a size: it was there, with so many bytes, but not to be opened.
    Before(u64),
}

/// What a log's path leads to.
#[derive(Debug)]
pub(super) enum AtPath {
    /// A file of this log.
    Own(Inode),
    /// A file that another log holds: the same file by another name, or one of its rotations.
    Taken,
    /// Nothing.
    Nothing,
    /// A FIFO of this log, which is read by a feed.
    Fifo(Inode),
    /// Something that is not a file.
    NotAFile,
    /// A file that cannot be opened, or something that cannot be looked at.
    Error(io::Error),
}

/// What a stat of a log's path came to, with the owner of the file.
#[derive(Debug)]
pub(super) enum Look {
    /// A file that no log has.
    Free(Seen),
    /// Anything else.
    Known(AtPath),
}

/// The generation that has a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Owner {
    pub(super) stream: StreamId,
    pub(super) generation: GenerationId,
    /// When the file was born, where the file system tells.
    pub(super) born: Option<i64>,
}

/// What all logs share while they are looked at.
#[derive(Debug)]
pub(super) struct Shared {
    /// Which generation has which file, so that a file of several names is read once.
    pub(super) owners: HashMap<Inode, Owner>,
    pub(super) next_stream: StreamId,
    pub(super) next_generation: GenerationId,
    pub(super) slots: Slots,
    /// Whether the machine started again before the agent did.
    pub(super) boot: Boot,
    pub(super) deleted: Deleted,
    pub(super) unpacking: Unpacking,
    /// Directories in which rotations cannot be looked for, as was told.
    pub(super) unlisted: Unlisted,
    pub(super) changes: Changes,
    /// Generations have begun that are not stored yet.
    pub(super) has_begun: bool,
}

impl Shared {
    /// Notes that a generation has the file `identity`.
    pub(super) fn own(&mut self, identity: Identity, stream: StreamId, generation: GenerationId) {
        let owner = Owner { stream, generation, born: identity.born };
        self.owners.insert(identity.into(), owner);
    }

    /// Notes that a generation had the file `identity` when it was saved. Of several that had one
    /// inode, of whatever logs, the youngest has it now.
    pub(super) fn own_restored(
        &mut self,
        identity: Identity,
        stream: StreamId,
        generation: GenerationId,
    ) {
        let age =
            |born: Option<i64>, other: Option<i64>, id| (born.filter(|_| other.is_some()), id);
        let is_younger = self.owners.get(&identity.into()).is_none_or(|other| {
            let own = age(identity.born, other.born, generation);
            own > age(other.born, identity.born, other.generation)
        });
        if is_younger {
            self.own(identity, stream, generation);
        }
    }

    /// Notes that a generation has the file no more; another may have it by now.
    pub(super) fn disown(&mut self, inode: Inode, generation: GenerationId) {
        if self.owners.get(&inode).is_some_and(|owner| owner.generation == generation) {
            self.owners.remove(&inode);
        }
    }

    /// Whether no generation has the file. One that is not held any more may have had its inode:
    /// it was another file, if it was born at another time.
    pub(super) fn is_free(&self, seen: &Seen) -> bool {
        let born = seen.identity.born;
        let is_other = |owner: &Owner| owner.born.zip(born).is_some_and(|(own, born)| own != born);
        self.owners.get(&seen.inode()).is_none_or(is_other)
    }

    pub(super) fn new_generation(&mut self) -> GenerationId {
        let id = self.next_generation;
        self.next_generation = GenerationId(id.0 + 1);
        id
    }
}

impl Stream {
    pub(super) fn new(id: StreamId, path: Arc<Path>, begin: Begin) -> Self {
        Self {
            id,
            path,
            sources: Arc::new([]),
            lead_lines: 0,
            olddirs: Arc::new([]),
            old_before: None,
            reading: Reading::default(),
            carries: Carries::default(),
            ended_at: Timestamp::default(),
            is_explicit: false,
            begin,
            generations: Vec::new(),
            at_path: AtPath::Nothing,
            searched: None,
            strangers: Strangers::All,
            given_up: HashSet::new(),
            unseen: None,
            next_look: Timestamp::default(),
            mode: Mode::default(),
            unheard_since: None,
            is_queued: false,
            told: None,
            problem: None,
        }
    }

    /// Brings the log up to date with the file system: with what is held, then with its path.
    pub(super) fn reconcile(&mut self, look: Look, shared: &mut Shared, now: Timestamp) {
        for index in 0..self.generations.len() {
            self.observe(index, shared, now);
        }
        self.at_path = match look {
            Look::Known(at_path) => at_path,
            Look::Free(seen) => self.take_path(&seen, shared, now),
        };
        let is_taken_up = match self.at_path {
            AtPath::Nothing => self.catch_up_without(shared, now).is_ok(),
            AtPath::Error(_) => false,
            AtPath::Own(_) | AtPath::Taken | AtPath::Fifo(_) | AtPath::NotAFile => true,
        };
        if is_taken_up && !self.has_old() {
            self.old_before = None;
        }
        self.look_for_unseen(shared, now);
        self.trace_names();
        self.let_go(shared, now);
        self.tell(shared);
    }

    /// Where its files may be.
    pub(super) fn around(&self) -> Around<'_> {
        Around { log: &self.path, olddirs: &self.olddirs }
    }

    /// Whether the path leads to `generation`, which is held.
    pub(super) fn is_current(&self, generation: &Generation) -> bool {
        generation.is_held() && self.leads_to(generation)
    }

    /// Whether the path leads to the file of `generation`.
    pub(super) fn leads_to(&self, generation: &Generation) -> bool {
        matches!(self.at_path, AtPath::Own(inode) if inode == generation.inode())
    }

    /// Whether the generation at `index` was followed by another, of this log or of one whose
    /// rotations come to this path.
    pub(super) fn has_successor(&self, index: usize) -> bool {
        let is_newest = index + 1 == self.generations.len();
        let is_followed = !is_newest || matches!(self.at_path, AtPath::Taken);
        is_followed && !self.is_current(&self.generations[index])
    }

    /// Whether the file of the generation at `index`, of which nothing was read, is shorter than it
    /// was: once something is read, nothing tells that it is not what was there before.
    pub(super) fn is_cut_unread(&self, index: usize) -> bool {
        let own = &self.generations[index];
        let is_shorter = |body: &Body| body.look().is_ok_and(|seen| seen.size < own.size);
        own.content.offset == 0 && own.packed.is_none() && own.body().is_some_and(is_shorter)
    }

    /// Looks at what a held descriptor shows.
    pub(super) fn observe(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        let generation = &mut self.generations[index];
        let Some(body) = generation.body() else { return };
        let modified = generation.modified;
        let observed = body.look().and_then(|seen| generation.observe(&seen, now));
        let is_written = self.generations[index].modified != modified;
        // Where that is not known in this turn, it is before anything is read.
        let is_copied = |own: &mut Self| own.is_copied_away(index, shared, now).unwrap_or(false);
        if observed.is_ok() && is_written && is_copied(self) {
            return self.restart(index, shared, now);
        }
        let generation = &mut self.generations[index];
        match observed {
            Ok(Observed::Same) => generation.recover(),
            // Nothing was read of what is gone: a copy of it may be there.
            Ok(Observed::Shrunk { n_lost }) if generation.content.offset == 0 => {
                generation.proven_size = generation.proven_size.max(generation.size + n_lost);
                self.restart(index, shared, now);
            }
            Ok(Observed::Shrunk { n_lost }) => {
                let what = "the end of the file was cut off before it was read";
                self.lose("truncated", Some(n_lost), what, shared, now);
            }
            Ok(Observed::Replaced) => self.restart(index, shared, now),
            // The server forgot it: it is opened again by its path, and compared.
            Err(error) if error.raw_os_error() == Some(Errno::STALE.raw_os_error()) => {
                self.close_for_now(index, now);
            }
            Err(error) => self.fail(index, error, shared, now),
        }
    }

    /// How many bytes the last look showed in the files that are held.
    pub(super) fn n_held_bytes(&self) -> u64 {
        self.generations.iter().filter(|own| own.is_held()).map(|own| own.size).sum()
    }
}
