//! After a restart: where the stored generations are now, and what was rotated meanwhile.

use std::sync::Arc;

use super::generation::{Generation, Hold};
use super::identity::{Content, Inode, Seen};
use super::siblings::{Located, Search, Siblings};
use super::tail::{Begin, Shared, Stream};
use crate::flow::{Checkpoint, Timestamp};

impl Stream {
    /// The log as it was stored, oldest generation first; nothing of it is held yet.
    pub(super) fn restore(saved: &[Checkpoint], shared: &mut Shared) -> Option<Self> {
        let first = saved.first()?;
        let mut stream = Self::new(first.stream, Arc::clone(&first.path), Begin::Zero);
        for checkpoint in saved {
            let generation = Generation::restore(checkpoint);
            // Of two that had one inode, the younger has it now.
            shared.own(generation.identity, stream.id, generation.id);
            stream.generations.push(generation);
        }
        Some(stream)
    }

    /// Looks for the files of generations that were not read to their ends.
    pub(super) fn reclaim(&mut self, shared: &mut Shared, now: Timestamp) {
        let mut siblings = Siblings::default();
        for index in 0..self.generations.len() {
            if matches!(self.generations[index].hold, Hold::Sought) {
                self.reclaim_one(index, &mut siblings, shared, now);
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
        let generation = &self.generations[index];
        let (content, identity) = (generation.content, generation.identity);
        let paths = [&*generation.seen_at, &*self.path];
        match siblings.find(&paths, identity, &content) {
            Search::Located(at) => return self.resume(index, *at, shared, now),
            // It is looked for again with each scan.
            Search::Unknown => return,
            Search::Nowhere => {}
        }
        if let Some(at) = self.restored(&content, shared) {
            return self.resume(index, at, shared, now);
        }
        let inode = generation.inode();
        let is_free = |seen: &Seen| seen.inode() == inode || shared.is_free(seen);
        match siblings.copy_of(&self.path, &content, generation.active_at, is_free) {
            Some(copy) => self.resume_in_copy(index, copy, inode, shared, now),
            None => self.give_up(index, inode, shared, now),
        }
        if let Some(at) = siblings.emptied(&self.path, identity) {
            shared.owners.remove(&inode);
            self.push(at, Content::default(), shared, now);
        }
    }

    /// The file at the path, if it has another inode but holds what was read: it was restored from
    /// a backup, or the machine was.
    fn restored(&self, content: &Content, shared: &Shared) -> Option<Located> {
        if !content.is_telling() {
            return None;
        }
        let (file, seen) = super::siblings::open(&self.path).ok()?;
        let is_same =
            shared.is_free(&seen) && seen.size >= content.offset && content.is_in(&file).ok()?;
        is_same.then(|| Located { file, seen, path: self.path.to_path_buf() })
    }

    fn give_up(&mut self, index: usize, inode: Inode, shared: &mut Shared, now: Timestamp) {
        let is_newest = index + 1 == self.generations.len();
        let generation = &mut self.generations[index];
        let n_unread = generation.size.saturating_sub(generation.content.offset);
        generation.hold = Hold::Gone { since: now };
        generation.is_dirty = true;
        self.is_dirty = true;
        shared.disown(inode, generation.id);
        // One that was rotated away and read to its end has hardly grown since: compressing it is
        // what logrotate does, and no reason for an alarm.
        if n_unread == 0 && !is_newest {
            return;
        }
        let what = "the file was removed or overwritten while the agent was down, perhaps with lines unread";
        self.lose("generation-gone", (n_unread > 0).then_some(n_unread), what, shared, now);
    }
}
