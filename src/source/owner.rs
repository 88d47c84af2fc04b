//! Which log a file belongs to: so that a file of several names is read once, and goes on being
//! read where it was left.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::body::{Body, open};
use super::catalog::Source;
use super::discover::Depth;
use super::generation::Generation;
use super::hold::Hold;
use super::identity::{Inode, Seen};
use super::late::{Patience, Sought};
use super::siblings::{Located, Siblings, are_born_apart, locate};
use super::tail::{AtPath, Look, Owner, Stream};
use super::unpacking::is_put_off;
use super::watch::Trust;
use super::whereabouts::Holder;
use crate::flow::{GenerationId, StreamId, Timestamp};

/// How long the row of a generation is kept after it was let go, even if its file is gone.
const KEPT: Duration = Duration::from_hours(7 * 24);

impl Source {
    /// What `path` leads to, as seen by the log `id`; by nobody, a file of any log is `Own`.
    pub(super) fn classify(&mut self, id: Option<StreamId>, path: &Path, now: Timestamp) -> Look {
        let seen = match fs::metadata(path) {
            Ok(meta) => Seen::from(&meta),
            Err(error) => return Look::Known(absence(error)),
        };
        if seen.is_fifo {
            return Look::Known(AtPath::Fifo(seen.inode()));
        }
        if !seen.is_file {
            return Look::Known(AtPath::NotAFile);
        }
        match self.owner_of(&seen, path, now) {
            None => Look::Free(seen),
            Some(owner) if id.is_none_or(|id| id == owner.stream) => {
                Look::Known(AtPath::Own(seen.inode()))
            }
            Some(_) => Look::Known(AtPath::Taken),
        }
    }

    /// The generation that has the file `seen` at `path`. One that is not held is compared with
    /// the file, and read on where the file has grown.
    fn owner_of(&mut self, seen: &Seen, path: &Path, now: Timestamp) -> Option<Owner> {
        let owner = *self.shared.owners.get(&seen.inode())?;
        let stream = self.streams.get_mut(&owner.stream)?;
        let index = stream.generations.iter().position(|own| own.id == owner.generation)?;
        let is_own = *path == *stream.path && index + 1 == stream.generations.len();
        let generation = &mut stream.generations[index];
        if matches!(generation.hold, Hold::Open { .. } | Hold::Sought | Hold::Awaited) {
            return Some(owner);
        }
        if are_born_apart(seen.identity, generation.identity) {
            return self.disown(seen.inode(), owner, now);
        }
        let slots = &self.shared.slots;
        let is_same = generation.is_as_seen(seen);
        let is_left_out = generation.is_crowded_out() && slots.has_room();
        if is_same && !is_left_out && !(is_own && slots.has_plenty()) {
            generation.meet(path);
            return Some(owner);
        }
        let Ok((file, seen)) = open(path) else { return Some(owner) };
        if seen.inode() != generation.inode() {
            return Some(owner);
        }
        let body = Body::of(file, &seen, generation.packing(), &self.shared.unpacking);
        match if is_same { Ok(true) } else { generation.content.is_in(&body) } {
            Err(_) => {}
            Ok(false) => return self.disown(seen.inode(), owner, now),
            Ok(true) if slots.has_room() && (is_own || generation.is_grown(&seen)) => {
                let located = Located { body, seen, path: path.to_path_buf() };
                stream.resume(index, located, &mut self.shared, now);
                self.wake_stream(owner.stream, now);
            }
            Ok(true) => {
                generation.meet(path);
                generation.note_closed(&seen);
            }
        }
        Some(owner)
    }

    /// Takes note that the inode now has other content than the generation that had it.
    fn disown(&mut self, inode: Inode, owner: Owner, now: Timestamp) -> Option<Owner> {
        let stream = self.streams.get_mut(&owner.stream)?;
        let index = stream.generations.iter().position(|own| own.id == owner.generation)?;
        let is_newest = index + 1 == stream.generations.len();
        let generation = &mut stream.generations[index];
        if !is_newest && matches!(generation.hold, Hold::Closed { .. }) {
            let siblings = &mut Siblings::new(&self.shared.unpacking);
            self.shared.owners.remove(&inode);
            let (stream, generation) = (owner.stream, owner.generation);
            self.seek_late(Sought { stream, generation, patience: Patience::None }, siblings, now);
            return None;
        }
        self.shared.owners.remove(&inode);
        let trace = generation.trace();
        let n_unread = generation.size.saturating_sub(generation.idle_to);
        let is_unread = generation.is_crowded_out();
        generation.close(Hold::Gone { since: now });
        let is_free = |seen: &Seen| seen.inode() != inode && self.shared.is_free(seen);
        let holder =
            Siblings::new(&self.shared.unpacking).holder(stream.around(), &trace, is_free, now);
        match holder {
            Ok(Holder::Located(copy)) if is_newest => {
                stream.resume(index, *copy, &mut self.shared, now);
            }
            Ok(Holder::Pending) if is_newest => stream.generations[index].hold = Hold::Awaited,
            Err(error) if is_newest && is_put_off(&error) => {
                stream.generations[index].hold = Hold::Awaited;
                self.put_off.insert(owner.stream);
            }
            _ if is_unread => {
                let what = "the file was overwritten before there was room to open and read it";
                stream.lose("generation-gone", Some(n_unread), what, &mut self.shared, now);
            }
            _ => {}
        }
        self.touched.insert(owner.stream);
        None
    }

    /// Looks for files that were let go: they may have grown, been renamed, or gone. Those that
    /// events are certain to tell of are left to these and to the sweep, unless all is looked at or
    /// they were not found the last time.
    pub(super) fn revisit(&mut self, depth: Depth, now: Timestamp) {
        let is_closed = |own: &&Generation| matches!(own.hold, Hold::Closed { .. });
        let of = |stream: &Stream| -> Vec<_> {
            let is_due = |own: &&Generation| {
                let is_missed = matches!(own.hold, Hold::Closed { is_missed: true, .. });
                let is_heard_of = stream.leads_to(own) && self.is_certain_of(stream);
                depth == Depth::Full || is_missed || !is_heard_of
            };
            let closed = stream.generations.iter().filter(is_closed).filter(is_due);
            let paths = |own: &Generation| [Arc::clone(&own.seen_at), Arc::clone(&stream.path)];
            closed.map(|own| (stream.id, own.id, own.inode(), paths(own))).collect()
        };
        let closed: Vec<_> = self.streams.values().flat_map(|stream| of(stream)).collect();
        let mut siblings = Siblings::new(&self.shared.unpacking);
        for (stream, generation, inode, paths) in closed {
            if self.meet_at(&paths[0], (stream, generation), inode, now) {
                continue;
            }
            let dirs: Vec<_> = paths.iter().filter_map(|path| path.parent()).collect();
            match siblings.path_of(&dirs, inode.ino) {
                Ok(Some(path)) => {
                    self.meet_at(&path, (stream, generation), inode, now);
                }
                Ok(None) => self.miss(stream, generation, &mut siblings, now),
                // Unknown is not gone.
                Err(_) => {}
            }
        }
    }

    /// Whether events are certain to tell of what happens to the files of `stream`.
    pub(super) fn is_certain_of(&self, stream: &Stream) -> bool {
        stream.dirs().all(|dir| self.watch.trust_at(dir) == Trust::Certain)
    }

    /// Knows a file that was let go again on a device whose number has changed, as it may when the
    /// machine starts again: by its inode, and by what was read of it. Returns the new inode.
    fn rekey(
        &mut self,
        (id, own): (StreamId, GenerationId),
        path: &Path,
        seen: &Seen,
    ) -> Option<Inode> {
        let stream = self.streams.get_mut(&id)?;
        let generation = stream.generations.iter_mut().find(|other| other.id == own)?;
        let old = generation.inode();
        if seen.inode().ino != old.ino || seen.inode().dev == old.dev || !self.shared.is_free(seen)
        {
            return None;
        }
        let (wanted, packing) = (generation.wanted(), generation.packing());
        let at = locate(path, &wanted, packing, &self.shared.unpacking).ok()?.same()?;
        generation.identity = at.seen.identity;
        generation.is_dirty = true;
        self.touched.insert(id);
        self.shared.disown(old, own);
        self.shared.own(at.seen.identity, id, own);
        Some(at.seen.inode())
    }

    /// Whether the file `inode` of a generation that was let go is at `path`. If so, it is compared.
    fn meet_at(
        &mut self,
        path: &Path,
        whose: (StreamId, GenerationId),
        inode: Inode,
        now: Timestamp,
    ) -> bool {
        let Ok(seen) = fs::metadata(path).map(|meta| Seen::from(&meta)) else { return false };
        let inode = self.rekey(whose, path, &seen).unwrap_or(inode);
        let is_there = seen.inode() == inode;
        if is_there {
            self.owner_of(&seen, path, now);
        }
        is_there
    }

    /// Takes note that a scan did not find a file that was let go. Two in a row: it is gone.
    fn miss(
        &mut self,
        stream: StreamId,
        generation: GenerationId,
        siblings: &mut Siblings,
        now: Timestamp,
    ) {
        let Some(log) = self.streams.get_mut(&stream) else { return };
        let own = log.generations.iter_mut().find(|own| own.id == generation);
        let Some(Hold::Closed { is_missed, .. }) = own.map(|own| &mut own.hold) else { return };
        if std::mem::replace(is_missed, true) {
            self.seek_late(Sought { stream, generation, patience: Patience::Some }, siblings, now);
        }
    }

    /// Forgets generations whose files have been gone for long, and logs that have none left.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let mut empty = Vec::new();
        for stream in self.streams.values_mut() {
            let forgotten = &mut self.shared.changes.forgotten;
            let n_before = stream.generations.len();
            stream.generations.retain(|own| {
                let is_old = matches!(own.hold, Hold::Gone { since } if now.since(since) >= KEPT);
                forgotten.extend(is_old.then_some(own.id));
                !is_old
            });
            if n_before > 0 && stream.generations.is_empty() && !stream.is_explicit {
                empty.push(stream.id);
            }
        }
        let feeds = &self.feeds;
        let is_left = |own: &&Stream| own.is_without_file() && !feeds.has(own.id);
        empty.extend(self.streams.values().map(AsRef::as_ref).filter(is_left).map(|own| own.id));
        for id in empty {
            if let Some(stream) = self.streams.remove(&id) {
                self.by_path.remove(&stream.path);
                self.unreadable.remove(&id);
                self.crowd.waiting.remove(&id);
            }
        }
    }
}

impl Generation {
    /// Whether the file has not changed since it was last looked at.
    fn is_as_seen(&self, seen: &Seen) -> bool {
        (seen.size, seen.modified) == (self.wanted().size, self.modified)
    }

    /// Whether there is something to read in the file, which was let go.
    fn is_grown(&self, seen: &Seen) -> bool {
        match self.packed {
            Some(packed) => packed.end.is_none(),
            None => seen.size > self.content.offset,
        }
    }

    /// Takes in a look at a file that was let go.
    fn note_closed(&mut self, seen: &Seen) {
        match &mut self.packed {
            Some(packed) => packed.size = seen.size,
            None => self.size = seen.size,
        }
        self.modified = seen.modified;
    }

    /// Takes note of the path that a file which was let go has now.
    fn meet(&mut self, path: &Path) {
        if let Hold::Closed { is_missed, .. } = &mut self.hold {
            *is_missed = false;
        }
        if *self.seen_at != *path {
            self.seen_at = path.into();
            self.is_dirty = true;
        }
    }
}

/// What a path leads to that cannot be looked at.
fn absence(error: io::Error) -> AtPath {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => AtPath::Nothing,
        _ => AtPath::Error(error),
    }
}
