//! After a restart: where the stored generations are now, and what was rotated meanwhile.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::body::{Body, open};
use super::catalog::Boot;
use super::generation::Generation;
use super::hold::Hold;
use super::identity::{Content, Seen};
use super::missed::Following;
use super::siblings::{Located, Siblings, are_born_apart};
use super::tail::{Begin, Shared, Stream};
use super::unpacking::is_put_off;
use super::whereabouts::{Holder, Search};
use crate::flow::{Checkpoint, Timestamp};

impl Stream {
    /// The log as it was stored, oldest generation first; nothing of it is held yet.
    pub(super) fn restore(saved: &[Checkpoint], shared: &mut Shared) -> Option<Self> {
        let first = saved.first()?;
        let mut stream = Self::new(first.stream, Arc::clone(&first.path), Begin::Zero);
        stream.generations.reserve_exact(saved.len());
        for checkpoint in saved {
            let generation = Generation::restore(checkpoint);
            shared.own_restored(generation.identity, stream.id, generation.id);
            stream.generations.push(generation);
        }
        Some(stream)
    }

    /// Whether what may be an archive of one of its files is not known far enough.
    pub(super) fn is_awaiting(&self) -> bool {
        self.generations.iter().any(|own| matches!(own.hold, Hold::Awaited))
    }

    /// Looks for the files of generations that were not read to their ends.
    pub(super) fn reclaim(&mut self, shared: &mut Shared, now: Timestamp) {
        let mut siblings = Siblings::new(&shared.unpacking);
        // What nothing was read of is told by its place among the others, which come first.
        for is_blank in [false, true] {
            for index in 0..self.generations.len() {
                let own = &self.generations[index];
                if own.is_sought() && (own.content.offset == 0) == is_blank {
                    self.reclaim_one(index, &mut siblings, shared, now);
                }
            }
        }
    }

    fn reclaim_one(
        &mut self,
        index: usize,
        siblings: &mut Siblings,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        match self.whereabouts(index, siblings, shared, now) {
            Whereabouts::Located(at) => self.resume(index, *at, shared, now),
            Whereabouts::Shortened(at, content) => {
                self.generations[index].content = content;
                self.generations[index].anchors.cut(content.offset);
                self.generations[index].is_fragment_out = false;
                self.generations[index].is_dirty = true;
                self.resume(index, *at, shared, now);
            }
            Whereabouts::InRotations => self.drop_unread(index, shared, now),
            Whereabouts::Pending => self.generations[index].hold = Hold::Awaited,
            // It is looked for again with each scan.
            Whereabouts::Unknown => {}
            Whereabouts::Nowhere => self.give_up(index, Doubt::None, siblings, shared, now),
            Whereabouts::Untold => self.give_up(index, Doubt::Untold, siblings, shared, now),
        }
    }

    /// Where the generation at `index` is, that was stored and is not held.
    fn whereabouts(
        &self,
        index: usize,
        siblings: &mut Siblings,
        shared: &Shared,
        now: Timestamp,
    ) -> Whereabouts {
        let own = &self.generations[index];
        let mut wanted = own.wanted();
        if shared.boot == Boot::Other {
            // Power loss may have left its size and times as they were, and its bytes not.
            wanted.modified = None;
        }
        let dirs: Vec<_> = own.seen_at.parent().into_iter().chain(self.around().dirs()).collect();
        match siblings.find(&[&own.seen_at, &self.path], &dirs, &wanted, own.packing()) {
            // Nothing was read that could tell it from what came to stand there after it was copied
            // and truncated: that shows only in the copies.
            Search::Located(at) if own.content.offset == 0 && at.path == *self.path => {
                let next = Following { identity: at.seen.identity, body: &at.body };
                return match self.has_missed(index, next, siblings, shared, now) {
                    Ok(true) => Whereabouts::InRotations,
                    Err(error) if is_put_off(&error) => Whereabouts::Pending,
                    Ok(false) | Err(_) => Whereabouts::Located(at),
                };
            }
            Search::Located(at) => return Whereabouts::Located(at),
            Search::PutOff => return Whereabouts::Pending,
            Search::Unknown => return Whereabouts::Unknown,
            Search::Nowhere => {}
        }
        if let Some((at, content)) = self.shortened(index, &dirs, siblings, shared) {
            return Whereabouts::Shortened(at, content);
        }
        if let Some(at) = self.restored(&own.content, shared) {
            return Whereabouts::Located(at);
        }
        let inode = own.inode();
        let is_free = |seen: &Seen| seen.inode() == inode || shared.is_free(seen);
        match siblings.holder(self.around(), &own.trace(), is_free, now) {
            Ok(Holder::Located(copy)) => Whereabouts::Located(copy),
            Ok(Holder::Pending) => Whereabouts::Pending,
            Ok(Holder::Nowhere) if own.content.offset > 0 => Whereabouts::Nowhere,
            Ok(Holder::Nowhere) => self.archived(index, siblings, shared, now),
            Err(error) => Whereabouts::after(&error),
        }
    }

    /// Whether there are rotations that were made since the generation at `index`, the newest, was
    /// last looked at.
    fn has_missed(
        &self,
        index: usize,
        next: Following<'_>,
        siblings: &mut Siblings,
        shared: &Shared,
        now: Timestamp,
    ) -> io::Result<bool> {
        if index + 1 < self.generations.len() {
            return Ok(false);
        }
        let since = self.generations[index].since();
        let missed = self.missed_since(&since, Some(next), siblings, shared, now)?;
        missed.has(self.generations[index].size.max(1))
    }

    /// The archive of the generation at `index`, of which nothing was read: one as old as its file
    /// was, else the oldest that no other has and that was made since, but not after its successor.
    fn archived(
        &self,
        index: usize,
        siblings: &mut Siblings,
        shared: &Shared,
        now: Timestamp,
    ) -> Whereabouts {
        let own = &self.generations[index];
        let missed = match self.missed_since(&own.since(), None, siblings, shared, now) {
            Ok(missed) => missed,
            Err(error) => return Whereabouts::after(&error),
        };
        let is_whole = missed.unlisted.is_empty();
        let successor = self.generations.get(index + 1);
        let mut archives = Vec::new();
        for at in missed.files {
            let may_be_it =
                at.body.archive().is_some() && successor.is_none_or(|own| !self.is_after(&at, own));
            match may_be_it.then(|| at.has(own.size)) {
                Some(Ok(true)) => {
                    at.body.settle();
                    archives.push(at);
                }
                Some(Err(error)) if is_put_off(&error) => return Whereabouts::Pending,
                Some(Ok(false) | Err(_)) | None => {}
            }
        }
        let is_same = |at: &Located| own.proven.modified().is_some_and(|m| at.seen.is_as_old_as(m));
        let same = archives.iter().position(is_same);
        if archives.is_empty() {
            // Where a directory could not be listed, it may be there.
            return if is_whole {
                self.may_be_elsewhere(own, siblings)
            } else {
                Whereabouts::Unknown
            };
        }
        Whereabouts::Located(Box::new(archives.swap_remove(same.unwrap_or(0))))
    }

    /// Where a generation may be of which nothing was read, and that no free archive holds: any
    /// rotation that is not older and long enough may be a copy or an archive of it, also one that
    /// was taken for another's.
    fn may_be_elsewhere(&self, own: &Generation, siblings: &mut Siblings) -> Whereabouts {
        let around = self.around();
        let Ok(all) = siblings.around(around, |path| around.is_rotation(path)) else {
            return Whereabouts::Unknown;
        };
        let trace = own.trace();
        for at in all.iter().filter(|at| trace.allows(&at.seen)) {
            let opened = at.open(&siblings.unpacking);
            match opened.and_then(|located| located.has(own.size.max(1))) {
                Ok(true) => return Whereabouts::Untold,
                Err(error) if is_put_off(&error) => return Whereabouts::Pending,
                Ok(false) | Err(_) => {}
            }
        }
        Whereabouts::Nowhere
    }

    /// Whether both the name and the time of an archive say that it is younger than a generation,
    /// which was found. One of the two alone may say so wrongly: late writers, numbers that count up.
    fn is_after(&self, at: &Located, own: &Generation) -> bool {
        let around = self.around();
        let (rank, other) = (around.rank(&at.path), around.rank(&own.seen_at));
        own.is_held()
            && around.is_rotation(&own.seen_at)
            && rank.is_like(&other)
            && rank > other
            && at.seen.modified > own.modified
    }

    /// The file, if power loss took the end of it, and what of it is left of what was read.
    fn shortened(
        &self,
        index: usize,
        dirs: &[&Path],
        siblings: &mut Siblings,
        shared: &Shared,
    ) -> Option<(Box<Located>, Content)> {
        if shared.boot == Boot::Same {
            return None;
        }
        let own = &self.generations[index];
        let path = siblings.path_of(dirs, own.identity.ino).ok()??;
        let (file, seen) = open(&path).ok()?;
        let body = Body::Plain(file);
        let has_head = seen.size >= u64::from(own.content.head.len);
        if are_born_apart(seen.identity, own.identity)
            || has_head && !own.content.is_begun_in(&body).ok()?
        {
            return None;
        }
        let content = own.anchors.last_in(&body).ok()??;
        Some((Box::new(Located { body, seen, path }), content))
    }

    /// The file at the path, if it has another inode but holds what was read: it was restored from
    /// a backup, or the machine was.
    fn restored(&self, content: &Content, shared: &Shared) -> Option<Box<Located>> {
        if !content.is_telling() {
            return None;
        }
        let (file, seen) = open(&self.path).ok()?;
        let body = Body::Plain(file);
        let is_same = shared.is_free(&seen) && content.is_in(&body).ok()?;
        is_same.then(|| Box::new(Located { body, seen, path: self.path.to_path_buf() }))
    }

    /// Forgets a generation of which nothing was read, where all of it is read elsewhere.
    fn drop_unread(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        let generation = &mut self.generations[index];
        shared.disown(generation.inode(), generation.id);
        generation.hold = Hold::Gone { since: now };
        generation.is_dirty = true;
    }

    fn give_up(
        &mut self,
        index: usize,
        doubt: Doubt,
        siblings: &mut Siblings,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        let is_newest = index + 1 == self.generations.len();
        let generation = &self.generations[index];
        let n_unread = generation.size.saturating_sub(generation.content.offset);
        let trace = generation.trace();
        self.drop_unread(index, shared, now);
        // One that was rotated away and read to its end has hardly grown since: compressing it is
        // what logrotate does, and no reason for an alarm.
        if n_unread == 0 && !is_newest {
            return;
        }
        let n_unread = (n_unread > 0 && doubt == Doubt::None).then_some(n_unread);
        if let Some(path) = siblings.foreign(self.around(), &trace) {
            let what = format!(
                "the file is gone, perhaps packed as `{}`: only gzip and zstd are unpacked",
                path.display()
            );
            self.given_up.insert(path);
            return self.lose("unreadable", n_unread, &what, shared, now);
        }
        let what = "the file was removed or overwritten while the agent was down, perhaps with lines unread";
        self.lose("generation-gone", n_unread, what, shared, now);
    }
}

/// Where a stored generation is.
enum Whereabouts {
    /// In this file.
    Located(Box<Located>),
    /// In this file, which power loss shortened, and so much of what was read with it.
    Shortened(Box<Located>, Content),
    /// In rotations that are taken up as missed ones: nothing of it was read.
    InRotations,
    /// Perhaps in an archive that is still being made, or unpacked further with the next turn.
    Pending,
    Unknown,
    Nowhere,
    /// Perhaps in a copy or an archive that is read as another: nothing was read that could tell.
    Untold,
}

/// Whether what was not read of a file that is gone may be read elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doubt {
    None,
    Untold,
}

impl Whereabouts {
    /// What is known where a search failed.
    fn after(error: &io::Error) -> Self {
        if is_put_off(error) { Self::Pending } else { Self::Unknown }
    }
}
