//! What follows in a log: the next file at its path, the files that came between, the same file
//! after a truncation.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::body::{Body, open};
use super::generation::Generation;
use super::hold::Hold;
use super::identity::{Content, Seen};
use super::next::Next;
use super::read::last_line_end;
use super::settings::Start;
use super::siblings::{Located, Siblings, is_passing};
use super::tail::{AtPath, Begin, Shared, Stream};
use super::unpack::Extent;
use super::unpacking::is_put_off;
use super::whereabouts::Holder;
use crate::flow::{Fingerprint, Timestamp};

/// How long a short file that is named as a rotation may be the beginning of a copy.
const COPYING: Duration = Duration::from_secs(10);

impl Stream {
    /// Ends a generation whose content was truncated away, and begins a new one on its inode. A
    /// copy or an archive of what was there is read to its end first, and so are later ones.
    pub(super) fn restart(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        let is_newest = index + 1 == self.generations.len();
        let generation = &mut self.generations[index];
        if generation.packed.is_some() {
            // Nobody writes an archive anew: it was not what it seemed to be.
            generation.close(Hold::Sought);
            return;
        }
        let n_unread = generation.proven_size.saturating_sub(generation.content.offset);
        let (is_blank, mut is_lost) = (generation.content.offset == 0, false);
        let (inode, seen_at) = (generation.inode(), Arc::clone(&generation.seen_at));
        let trace = generation.trace();
        let Some(body) = generation.close(Hold::Gone { since: now }) else { return };
        shared.owners.remove(&inode);
        let is_free = |seen: &Seen| seen.inode() != inode && shared.is_free(seen);
        match Siblings::new(&shared.unpacking).holder(self.around(), &trace, is_free, now) {
            Ok(Holder::Located(copy)) => self.resume(index, *copy, shared, now),
            Ok(Holder::Pending) => self.generations[index].hold = Hold::Awaited,
            Err(error) if is_put_off(&error) => self.generations[index].hold = Hold::Awaited,
            Ok(Holder::Nowhere) | Err(_) => is_lost = n_unread > 0,
        }
        let seen = body.look();
        let n_before = self.generations.len();
        let is_caught_up = !is_newest || self.catch_up_before(&body, shared, now).is_ok();
        // Where nothing was read of it, no content tells its copy: it is the first that was missed.
        let has_bytes = |own: &Generation| own.packed.is_some() || own.size > 0;
        let is_copied = is_blank && self.generations[n_before..].iter().any(has_bytes);
        if is_lost && !is_copied {
            let what = "the file was truncated before it was read to its end";
            self.lose("truncated", Some(n_unread), what, shared, now);
        }
        match seen {
            Ok(seen) if is_caught_up => {
                let located = Located { body, seen, path: seen_at.to_path_buf() };
                self.push(located, Content::default(), shared, now);
            }
            // The next look at the path opens it anew.
            _ => self.at_path = AtPath::Nothing,
        }
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
        at.body.settle();
        if at.body.extent() != Some(Extent::Open) {
            // How far an archive goes is found out anew when its turn comes.
            at.body.rest();
        }
        generation.reopen(at, shared.slots.take(), now);
        // What unpacked it while it was looked for goes on, unless others are before it: until its
        // turn comes it would only take up memory.
        if self.pick(now) != Some(Next::Read(index)) {
            self.generations[index].body().into_iter().for_each(Body::pause);
        }
        if shared.slots.is_over() && self.generations[index].is_linked() {
            self.close_for_now(index, now);
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
        // How far an archive goes is found out anew when its turn comes.
        at.body.rest();
        let path = if *at.path == *self.path { Arc::clone(&self.path) } else { at.path.into() };
        if let Some(before) = self.generations.last_mut() {
            // Its writer has a minute from now on to finish what it has begun.
            before.active_at = now;
        }
        let held = (at.body, shared.slots.take());
        // Nearly every log has one, and room for four would be kept for each.
        self.generations.reserve_exact(1);
        self.generations.push(Generation::open(id, held, &at.seen, content, path, now));
        self.begin = Begin::Zero;
        shared.has_begun = true;
        if shared.slots.is_over() && at.seen.is_linked {
            // Where it is to be read on is known at least, also after a restart.
            self.close_for_now(self.generations.len() - 1, now);
        }
    }

    /// Takes up the file that the path newly leads to.
    pub(super) fn take_path(&mut self, seen: &Seen, shared: &mut Shared, now: Timestamp) -> AtPath {
        let changed = self.dirs_changed();
        let (body, seen) = match open(&self.path) {
            Ok((file, opened)) if opened.inode() == seen.inode() => (Body::Plain(file), opened),
            // It was replaced just now, and the one that replaced it may be known: look again.
            Ok(_) => return AtPath::Nothing,
            Err(error) => {
                if self.begin == Begin::Start(Start::End) {
                    self.begin = Begin::Before(seen.size);
                }
                return AtPath::Error(error);
            }
        };
        let located = Located { body, seen, path: self.path.to_path_buf() };
        match self.generations.last() {
            Some(newest) if is_restored(newest, &located) => {
                self.resume(self.generations.len() - 1, located, shared, now);
            }
            _ => match self.beginning(&located) {
                Ok(content) => {
                    self.prove_newest(shared, now);
                    match self.catch_up_before(&located.body, shared, now) {
                        Ok(()) => {}
                        // What comes first is not settled yet: it is looked for again at once.
                        Err(error) if is_passing(&error) => return AtPath::Nothing,
                        Err(error) => return AtPath::Error(error),
                    }
                    self.push(located, content, shared, now);
                    self.note_searched(changed, now);
                }
                // It was truncated just now: look again.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return AtPath::Nothing;
                }
                Err(error) => return AtPath::Error(error),
            },
        }
        AtPath::Own(seen.inode())
    }

    /// Sees to it that the newest file was not truncated unnoticed, and has grown since past where
    /// it was: what its copies hold would be taken for new.
    pub(super) fn prove_newest(&mut self, shared: &mut Shared, now: Timestamp) {
        let Some(newest) = self.generations.last() else { return };
        let is_in = newest.body().map(|body| newest.content.is_in(body));
        if let Some(Ok(false)) = is_in {
            self.restart(self.generations.len() - 1, shared, now);
        }
    }

    /// Whether `body` is a copy of what was read of this log, whole or still being made: it is not
    /// a log of its own. Its rest is read when the log is truncated.
    pub(super) fn is_copied_in(&self, body: &Body, seen: &Seen, now: Timestamp) -> bool {
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
            content.is_in(body).unwrap_or(false)
        })
    }

    /// Where to begin in `located`, as the log's first file or a later one.
    fn beginning(&self, located: &Located) -> io::Result<Content> {
        let unit = || Ok::<_, io::Error>(self.reading.dialect(&located.body)?.decoder.unit);
        let offset = match self.begin {
            Begin::Zero | Begin::Start(Start::Begin) => 0,
            Begin::Start(Start::End) => last_line_end(&located.body, located.seen.size, unit()?)?,
            Begin::Before(size) => {
                last_line_end(&located.body, located.seen.size.min(size), unit()?)?
            }
        };
        Content::of(&located.body, offset)
    }
}

/// Whether `located` is another inode with what was read of `old`, which has no name any more: a
/// file restored from a backup, or written anew by an editor.
fn is_restored(old: &Generation, located: &Located) -> bool {
    old.is_held()
        && !old.is_linked()
        && old.content.is_telling()
        && old.is_in(located).unwrap_or(false)
}
