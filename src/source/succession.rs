//! What follows in a log: the next file at its path, the files that came between, the same file
//! after a truncation.

use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::generation::{Generation, Hold};
use super::identity::{Content, Inode, Seen};
use super::read::last_line_end;
use super::settings::Start;
use super::siblings::{Located, Siblings, open};
use super::tail::{AtPath, Begin, Shared, Stream};
use crate::flow::{Fingerprint, Identity, Timestamp};

/// How long a short file that is named as a rotation may be the beginning of a copy.
const COPYING: Duration = Duration::from_secs(10);

impl Stream {
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
            Some(copy) => self.resume_in_copy(index, copy, inode, shared, now),
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
        shared.disown(generation.inode(), generation.id);
        shared.own(at.seen.identity, self.id, generation.id);
        generation.reopen((at.file, shared.slots.take()), &at.seen, &at.path.into(), now);
        self.is_dirty = true;
        if shared.slots.is_over() && at.seen.is_linked {
            self.close_for_now(index, now);
        }
    }

    /// Reads a generation on in the copy that was made before the file `original` was truncated; and
    /// after it the copies that were made before it was truncated once more.
    pub(super) fn resume_in_copy(
        &mut self,
        index: usize,
        copy: Located,
        original: Inode,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        let is_free = |seen: &Seen| seen.inode() != original && shared.is_free(seen);
        let younger = Siblings::default().younger_copies(&self.path, &copy, is_free);
        self.resume(index, copy, shared, now);
        if index + 1 < self.generations.len() {
            return;
        }
        for located in younger {
            // Made twice of the same content, it is not read twice.
            let ours = &self.generations[index];
            if !(ours.content.is_telling() && ours.is_in(&located)) {
                self.push(located, Content::default(), shared, now);
            }
        }
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
        let held = (at.file, shared.slots.take());
        self.generations.push(Generation::open(id, held, &at.seen, content, path, now));
        self.begin = Begin::Zero;
        self.is_dirty = true;
        if shared.slots.is_over() && at.seen.is_linked {
            // Where it is to be read on is known at least, also after a restart.
            self.close_for_now(self.generations.len() - 1, now);
        }
    }

    /// Takes up the file that the path newly leads to.
    pub(super) fn take_path(&mut self, seen: &Seen, shared: &mut Shared, now: Timestamp) -> AtPath {
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
                    if self.catch_up(Some(located.seen.identity), shared, now).is_err() {
                        return AtPath::Nothing;
                    }
                    self.push(located, content, shared, now);
                }
                Err(error) => return AtPath::Error(error),
            },
        }
        AtPath::Own(seen.inode())
    }

    /// Takes up generations that came and went between two looks, or while the agent was down.
    fn catch_up(
        &mut self,
        current: Option<Identity>,
        shared: &mut Shared,
        now: Timestamp,
    ) -> io::Result<()> {
        let Some(newest) = self.generations.last() else { return Ok(()) };
        let ours = (newest.identity, newest.current_to);
        let is_free = |seen: &Seen| shared.is_free(seen);
        let mut siblings = Siblings::default();
        let missed = siblings.rotations_between(&self.path, ours, current, is_free)?;
        for located in missed {
            // What a truncation that is not noticed yet left behind.
            let is_copy = |own: &Generation| own.content.offset > 0 && own.is_in(&located);
            if self.generations.iter().any(is_copy) || !shared.is_free(&located.seen) {
                continue;
            }
            self.push(located, Content::default(), shared, now);
        }
        Ok(())
    }

    /// Takes up generations that came and went, while nothing is at the path; again only where the
    /// directory has changed since.
    pub(super) fn catch_up_without(&mut self, shared: &mut Shared, now: Timestamp) {
        let meta = self.path.parent().and_then(|dir| fs::metadata(dir).ok());
        let changed = meta.map(|meta| Seen::from(&meta).modified);
        if changed != self.searched && self.catch_up(None, shared, now).is_ok() {
            self.searched = changed;
        }
    }

    /// Whether `file` is a copy of what was read of this log, whole or still being made: it is not
    /// a log of its own. Its rest is read when the log is truncated.
    pub(super) fn is_copied_in(&self, file: &File, seen: &Seen, now: Timestamp) -> bool {
        let age = now.since(Timestamp::from_millis(seen.modified / 1_000_000));
        let newest = self.generations.last().map(|own| own.id);
        let is_open = |own: &Generation| {
            own.is_held() || Some(own.id) == newest && matches!(own.hold, Hold::Closed { .. })
        };
        let mut read = self.generations.iter().filter(|own| is_open(own) && own.content.offset > 0);
        read.any(|own| {
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
        let unit = || Ok::<_, io::Error>(self.reading.dialect(&located.file)?.decoder.unit);
        let offset = match self.begin {
            Begin::Zero | Begin::Start(Start::Begin) => 0,
            Begin::Start(Start::End) => last_line_end(&located.file, located.seen.size, unit()?)?,
            Begin::Before(size) => {
                last_line_end(&located.file, located.seen.size.min(size), unit()?)?
            }
        };
        Content::of(&located.file, offset)
    }
}

/// Whether `located` is another inode with what was read of `old`, which has no name any more: a
/// file restored from a backup, or written anew by an editor.
fn is_restored(old: &Generation, located: &Located) -> bool {
    old.is_held() && !old.is_linked() && old.content.is_telling() && old.is_in(located)
}
