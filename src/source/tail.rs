//! One logical log: its generations, oldest first, and the look that keeps them true.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::changes::Changes;
use super::generation::{Generation, Hold, Observed};
use super::identity::{Content, Inode, Seen};
use super::read::last_line_end;
use super::settings::Start;
use super::siblings::{Located, Siblings, open};
use crate::flow::{
    Fingerprint, GenerationId, Identity, SourceId, StreamId, StreamState, Timestamp,
};

/// How often a log is looked at that was active lately, or has files that were rotated away.
pub(super) const BUSY_SWEEP: Duration = Duration::from_secs(1);
/// How often any other log is looked at.
pub(super) const QUIET_SWEEP: Duration = Duration::from_secs(5);
/// How long a log counts as active.
const ACTIVE: Duration = Duration::from_mins(1);

/// How long a short file that is named as a rotation may be the beginning of a copy.
const COPYING: Duration = Duration::from_secs(10);

/// One logical log, over all its rotations.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) id: StreamId,
    pub(super) path: Arc<Path>,
    pub(super) sources: Arc<[SourceId]>,
    pub(super) lead_lines: usize,
    pub(super) is_explicit: bool,
    /// Where its first generation begins.
    pub(super) begin: Begin,
    pub(super) generations: Vec<Generation>,
    pub(super) at_path: AtPath,
    pub(super) looked_at: Timestamp,
    pub(super) is_queued: bool,
    pub(super) is_dirty: bool,
    /// What was reported last.
    pub(super) told: Option<StreamState>,
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
    pub(super) changes: Changes,
}

impl Shared {
    /// Notes that a generation has the file `identity`.
    pub(super) fn own(&mut self, identity: Identity, stream: StreamId, generation: GenerationId) {
        let owner = Owner { stream, generation, born: identity.born };
        self.owners.insert(identity.into(), owner);
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
            is_explicit: false,
            begin,
            generations: Vec::new(),
            at_path: AtPath::Nothing,
            looked_at: Timestamp::default(),
            is_queued: false,
            is_dirty: true,
            told: None,
            problem: None,
        }
    }

    /// Brings the log up to date with the file system: with what is held, then with its path.
    pub(super) fn reconcile(&mut self, look: Look, shared: &mut Shared, now: Timestamp) {
        self.looked_at = now;
        for index in 0..self.generations.len() {
            self.observe(index, shared, now);
        }
        self.at_path = match look {
            Look::Known(at_path) => at_path,
            Look::Free(seen) => self.take_path(&seen, shared, now),
        };
        self.trace_names();
        self.let_go(shared, now);
        self.tell(shared);
    }

    /// Whether the path leads to `generation`.
    pub(super) fn is_current(&self, generation: &Generation) -> bool {
        generation.is_held()
            && matches!(self.at_path, AtPath::Own(inode) if inode == generation.inode())
    }

    /// Whether the generation at `index` was followed by another, of this log or of one whose
    /// rotations come to this path.
    pub(super) fn has_successor(&self, index: usize) -> bool {
        let is_newest = index + 1 == self.generations.len();
        let is_followed = !is_newest || matches!(self.at_path, AtPath::Taken);
        is_followed && !self.is_current(&self.generations[index])
    }

    /// Looks at what a held descriptor shows.
    fn observe(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        let generation = &mut self.generations[index];
        let Some(file) = generation.file() else { return };
        let observed = match file.metadata() {
            Ok(meta) => generation.observe(&Seen::from(&meta), now),
            Err(error) => Err(error),
        };
        match observed {
            Ok(Observed::Same) => generation.recover(),
            Ok(Observed::Shrunk { n_lost }) => {
                let what = "the end of the file was cut off before it was read";
                self.lose("truncated", Some(n_lost), what, shared, now);
            }
            Ok(Observed::Replaced) => self.restart(index, shared, now),
            Err(error) => self.fail(index, error, shared, now),
        }
    }

    /// Ends a generation whose content was truncated away, and begins a new one on its inode. A
    /// copy that was made before is read to its end first.
    pub(super) fn restart(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        let generation = &mut self.generations[index];
        let n_unread = generation.size.saturating_sub(generation.content.offset);
        let (inode, seen_at) = (generation.inode(), Arc::clone(&generation.seen_at));
        let (content, last_seen) = (generation.content, generation.active_at);
        let Some(file) = generation.close(Hold::Gone { since: now }) else { return };
        shared.owners.remove(&inode);
        let is_free = |seen: &Seen| seen.inode() != inode && shared.is_free(seen);
        match Siblings::default().copy_of(&self.path, &content, last_seen, is_free) {
            Some(copy) => self.resume(index, copy, shared, now),
            None if n_unread > 0 => {
                let what = "the file was truncated before it was read to its end";
                self.lose("truncated", Some(n_unread), what, shared, now);
            }
            None => {}
        }
        match file.metadata().map(|meta| Seen::from(&meta)) {
            Ok(seen) => {
                let located = Located { file, seen, path: seen_at.to_path_buf() };
                self.push(located, Content::default(), shared, now);
            }
            // The next look at the path opens it anew.
            Err(_) => self.at_path = AtPath::Nothing,
        }
        self.is_dirty = true;
    }

    /// Reads a known generation on in a file that holds its content.
    pub(super) fn resume(
        &mut self,
        index: usize,
        at: Located,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        let generation = &mut self.generations[index];
        shared.owners.remove(&generation.inode());
        shared.own(at.seen.identity, self.id, generation.id);
        generation.reopen(at.file, &at.seen, &at.path.into(), now);
        self.is_dirty = true;
    }

    /// Begins a generation, the newest, in a file that no log has.
    pub(super) fn push(
        &mut self,
        at: Located,
        content: Content,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        let id = shared.new_generation();
        shared.own(at.seen.identity, self.id, id);
        let path = if *at.path == *self.path { Arc::clone(&self.path) } else { at.path.into() };
        if let Some(before) = self.generations.last_mut() {
            // Its writer has a minute from now on to finish what it has begun.
            before.active_at = now;
        }
        self.generations.push(Generation::open(id, at.file, &at.seen, content, path, now));
        self.begin = Begin::Zero;
        self.is_dirty = true;
    }

    /// Takes up the file that the path newly leads to.
    fn take_path(&mut self, seen: &Seen, shared: &mut Shared, now: Timestamp) -> AtPath {
        let (file, seen) = match open(&self.path) {
            Ok((file, opened)) if opened.inode() == seen.inode() => (file, opened),
            // It was replaced just now, and the one that replaced it may be known: look again.
            Ok(_) => return AtPath::Nothing,
            Err(error) => {
                if self.begin == Begin::Start(Start::End) {
                    self.begin = Begin::Before(seen.size);
                }
                return AtPath::Error(error);
            }
        };
        let located = Located { file, seen, path: self.path.to_path_buf() };
        match self.generations.last() {
            Some(newest) if is_restored(newest, &located) => {
                self.resume(self.generations.len() - 1, located, shared, now);
            }
            _ => match self.beginning(&located) {
                Ok(content) => {
                    self.catch_up(&located, shared, now);
                    self.push(located, content, shared, now);
                }
                Err(error) => return AtPath::Error(error),
            },
        }
        AtPath::Own(seen.inode())
    }

    /// Takes up generations that came and went between two looks, or while the agent was down.
    fn catch_up(&mut self, current: &Located, shared: &mut Shared, now: Timestamp) {
        let Some(newest) = self.generations.last() else { return };
        let ours = (newest.identity, newest.modified);
        let is_free = |seen: &Seen| shared.is_free(seen);
        let mut siblings = Siblings::default();
        let missed = siblings.rotations_between(&self.path, ours, current.seen.identity, is_free);
        for located in missed {
            // What a truncation that is not noticed yet left behind.
            let is_copy = |own: &Generation| own.content.offset > 0 && own.is_in(&located);
            if self.generations.iter().any(is_copy) {
                continue;
            }
            self.push(located, Content::default(), shared, now);
        }
    }

    /// Whether `file` is a copy of what was read of this log, whole or still being made: it is not
    /// a log of its own. Its rest is read when the log is truncated.
    pub(super) fn is_copied_in(&self, file: &File, seen: &Seen, now: Timestamp) -> bool {
        let age = now.since(Timestamp::from_millis(seen.modified / 1_000_000));
        self.generations.iter().filter(|own| own.is_held() && own.content.offset > 0).any(|own| {
            let whole = own.content;
            let begun = Content { anchor: Fingerprint::default(), ..whole };
            if seen.size < u64::from(whole.head.len) {
                // It may be about to become one.
                return age < COPYING;
            }
            let content = if seen.size < whole.offset { begun } else { whole };
            content.is_in(file).unwrap_or(false)
        })
    }

    /// Where to begin in `located`, as the log's first file or a later one.
    fn beginning(&self, located: &Located) -> io::Result<Content> {
        let offset = match self.begin {
            Begin::Zero | Begin::Start(Start::Begin) => 0,
            Begin::Start(Start::End) => last_line_end(&located.file, located.seen.size)?,
            Begin::Before(size) => last_line_end(&located.file, located.seen.size.min(size))?,
        };
        Content::of(&located.file, offset)
    }

    /// Notes the names that rotated files have now: after a restart they are looked for there.
    fn trace_names(&mut self) {
        for index in 0..self.generations.len() {
            let is_current = self.is_current(&self.generations[index]);
            let generation = &mut self.generations[index];
            let Some(file) = generation.file() else { continue };
            let seen_at = match is_current {
                true => Arc::clone(&self.path),
                false if !generation.is_linked() => continue,
                false => match name_of(file) {
                    Some(path) => path.into(),
                    None => continue,
                },
            };
            if generation.seen_at != seen_at {
                generation.seen_at = seen_at;
                generation.is_dirty = true;
                self.is_dirty = true;
            }
        }
    }

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
        let generation = &mut self.generations[index];
        if generation.is_linked() {
            generation.close(Hold::Closed { since: now, is_missed: false });
        } else {
            shared.owners.remove(&generation.inode());
            generation.close(Hold::Gone { since: now });
        }
        self.is_dirty = true;
    }

    /// The generation to read next: the oldest that has something. A generation whose last lines
    /// wait for others holds back the later ones; a fragment or a failure does not.
    pub(super) fn pick(&self, now: Timestamp) -> Option<usize> {
        for (index, generation) in self.generations.iter().enumerate() {
            if generation.is_readable(self.has_successor(index), now) {
                return Some(index);
            }
            if generation.waiting.is_some() && generation.fault.is_none() {
                return None;
            }
        }
        None
    }

    /// When lines that wait for others are due.
    pub(super) fn settles_at(&self) -> Option<Timestamp> {
        self.generations.iter().filter_map(|generation| Some(generation.waiting?.until)).min()
    }

    /// How long it may go without a look.
    pub(super) fn sweep(&self, now: Timestamp) -> Duration {
        let is_busy = |generation: &Generation| {
            generation.is_held()
                && (!self.is_current(generation) || now.since(generation.active_at) < ACTIVE)
        };
        if self.generations.iter().any(is_busy) { BUSY_SWEEP } else { QUIET_SWEEP }
    }
}

/// Whether `located` is another inode with what was read of `old`, which has no name any more: a
/// file restored from a backup, or written anew by an editor.
fn is_restored(old: &Generation, located: &Located) -> bool {
    old.is_held() && !old.is_linked() && old.content.is_telling() && old.is_in(located)
}

/// The path that the system has for an open file, where it tells: right after any rename, into
/// other directories too.
fn name_of(file: &File) -> Option<PathBuf> {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    fs::read_link(link).ok().filter(|path| path.is_absolute())
}
