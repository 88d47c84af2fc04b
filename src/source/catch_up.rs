//! What came and went between two looks, or while the agent was down, is taken up.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::time::Duration;

use super::body::Body;
use super::generation::Generation;
use super::hold::Hold;
use super::identity::{Content, Seen};
use super::missed::{Following, Known, Missed, Since};
use super::siblings::{Located, Sibling, Siblings};
use super::tail::{Begin, Shared, Stream};
use super::unpacking::is_put_off;
use super::whereabouts::Search;
use crate::flow::{Identity, Timestamp};

/// Two changes of a directory within this time may have one time stamp.
const TICK: Duration = Duration::from_millis(20);

/// Files around a log that are named as its rotations, while it had no file of its own yet.
#[derive(Debug)]
pub(super) enum Strangers {
    /// All there are: nobody knows since when.
    All,
    /// Those that were not written to after an instant, in nanoseconds since the epoch.
    Older(i64),
    /// These: what comes now was the log.
    Known(HashSet<Identity>),
}

impl Strangers {
    /// Whether `own` is none of them.
    pub(super) fn are_without(&self, own: &Sibling) -> bool {
        match self {
            Self::All => false,
            Self::Older(at) => own.is_younger_than(*at),
            Self::Known(known) => !known.contains(&own.seen.identity),
        }
    }
}

impl Stream {
    /// Takes up generations that came before what `body` holds now, which is taken up after them;
    /// but no copies or archives of that.
    pub(super) fn catch_up_before(
        &mut self,
        body: &Body,
        shared: &mut Shared,
        now: Timestamp,
    ) -> io::Result<()> {
        let next = Following { identity: body.look()?.identity, body };
        self.catch_up(Some(next), shared, now)
    }

    /// Takes up generations that came and went, and are no copies or archives of `next`.
    fn catch_up(
        &mut self,
        next: Option<Following<'_>>,
        shared: &mut Shared,
        now: Timestamp,
    ) -> io::Result<()> {
        if self.is_awaiting() {
            // What is awaited comes first, and may be any of them.
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut siblings = Siblings::new(&shared.unpacking);
        let since = self.generations.last().map(Generation::since);
        let missed = match &since {
            Some(since) => self.missed_since(since, next, &mut siblings, shared, now)?,
            None => self.missed_at_first(next, shared, now)?,
        };
        // All of them are looked into before the first is taken up: where that is put off, they keep
        // their order.
        for located in &missed.files {
            self.gone_into(located, &mut siblings)?;
        }
        self.note_unseen(missed.unlisted, since, shared, now);
        for located in missed.files {
            if !shared.is_free(&located.seen) {
                continue;
            }
            match self.gone_into(&located, &mut siblings)? {
                Some(index) => self.resume(index, located, shared, now),
                None => self.push(located, Content::default(), shared, now),
            }
        }
        for (path, why) in missed.unreadable {
            if self.given_up.insert(path.clone()) {
                let what = format!("`{}` was rotated away unread, and {why}", path.display());
                self.lose("unreadable", None, &what, shared, now);
            }
        }
        Ok(())
    }

    /// The generation that was packed into `located`, or copied: it holds what was read of it, and
    /// perhaps what was written late, and its own file is gone.
    fn gone_into(&self, located: &Located, siblings: &mut Siblings) -> io::Result<Option<usize>> {
        let dirs: Vec<_> = self.around().dirs().collect();
        let is_gone = |own: &Generation, siblings: &mut Siblings| match own.hold {
            Hold::Gone { .. } => true,
            // Its inode alone does not say so: it may be that of another file by now.
            Hold::Closed { .. } => {
                let search = siblings.find(&[], &dirs, &own.wanted(), own.packing());
                matches!(search, Search::Nowhere)
            }
            Hold::Open { .. } | Hold::Sought | Hold::Awaited => false,
        };
        for (index, own) in self.generations.iter().enumerate().rev() {
            let may_be_it = own.content.offset > 0 && own.trace().allows(&located.seen);
            if may_be_it && own.is_in(located)? && is_gone(own, siblings) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Rotations that were made `since` the newest known file, but for copies of `next`.
    pub(super) fn missed_since(
        &self,
        since: &Since,
        next: Option<Following<'_>>,
        siblings: &mut Siblings,
        shared: &Shared,
        now: Timestamp,
    ) -> io::Result<Missed> {
        let around = self.around();
        self.missed(|own| own.is_after(since, around), next, siblings, shared, now)
    }

    /// Rotations of a log that had no file yet when it was last looked at.
    fn missed_at_first(
        &mut self,
        next: Option<Following<'_>>,
        shared: &Shared,
        now: Timestamp,
    ) -> io::Result<Missed> {
        if next.is_some() && (matches!(self.strangers, Strangers::All) || self.begin != Begin::Zero)
        {
            return Ok(Missed::default());
        }
        let mut siblings = Siblings::new(&shared.unpacking);
        let around = self.around();
        let visible = siblings.visible(around, |path| around.is_rotation(path))?;
        let is_missed =
            |own: &Sibling| self.begin == Begin::Zero && self.strangers.are_without(own);
        let missed = self.missed(is_missed, next, &mut siblings, shared, now)?;
        if visible.unlisted.is_empty() {
            let known = visible.files.iter().map(|own| own.seen.identity).collect();
            self.strangers = Strangers::Known(known);
        }
        Ok(missed)
    }

    /// Rotations that `is_missed`, but for copies of `next` and of what is known.
    pub(super) fn missed(
        &self,
        is_missed: impl Fn(&Sibling) -> bool,
        next: Option<Following<'_>>,
        siblings: &mut Siblings,
        shared: &Shared,
        now: Timestamp,
    ) -> io::Result<Missed> {
        let is_missed = |own: &Sibling| {
            Some(own.seen.identity.ino) != next.map(|next| next.identity.ino)
                && shared.is_free(&own.seen)
                && is_missed(own)
                && !next.is_some_and(|next| next.is_named_older_than(own, self.around()))
        };
        let known = |located: &Located| match next {
            Some(next) if located.is_copy_of(next)? => Ok(Known::Old),
            _ => self.is_known_in(located, now),
        };
        siblings.missed(self.around(), is_missed, known)
    }

    /// What of `located` was read before, as a file of this log.
    fn is_known_in(&self, located: &Located, now: Timestamp) -> io::Result<Known> {
        let mut known = Known::New;
        for own in &self.generations {
            match own.is_known_in(located, now)? {
                Known::Old => return Ok(Known::Old),
                Known::Unclear => known = Known::Unclear,
                Known::New => {}
            }
        }
        Ok(known)
    }

    /// Takes up generations that came and went, while nothing is at the path; again only where a
    /// directory has changed since.
    ///
    /// # Errors
    ///
    /// Where something that came before is not settled yet: look again.
    pub(super) fn catch_up_without(
        &mut self,
        shared: &mut Shared,
        now: Timestamp,
    ) -> io::Result<()> {
        let changed = self.dirs_changed();
        if changed == self.searched {
            return Ok(());
        }
        self.prove_newest(shared, now);
        self.catch_up(None, shared, now)?;
        if self.unseen.is_none() {
            self.note_searched(changed, now);
        }
        Ok(())
    }

    /// Whether what stood in the newest file, of which nothing was read, was copied and truncated
    /// away: its size may say that it only grew. A file that was copied and not truncated has it yet.
    ///
    /// # Errors
    ///
    /// Where an archive that may be its copy is unpacked further with the next turn.
    pub(super) fn is_copied_away(
        &mut self,
        index: usize,
        shared: &Shared,
        now: Timestamp,
    ) -> io::Result<bool> {
        let own = &self.generations[index];
        let changed = self.dirs_changed();
        let Some(body @ Body::Plain(_)) = own.body() else { return Ok(false) };
        if own.content.offset > 0 || index + 1 < self.generations.len() || changed == self.searched
        {
            return Ok(false);
        }
        // One that was renamed meanwhile is not truncated: what is named as a rotation follows it.
        let inode = fs::metadata(&self.path).map(|meta| Seen::from(&meta).inode());
        if inode.is_ok_and(|inode| inode != own.inode()) {
            return Ok(false);
        }
        let next = Following { identity: own.identity, body };
        let has_copies = Cell::new(false);
        let around = self.around();
        let since = own.since();
        let is_missed = |sibling: &Sibling| {
            let is_missed = sibling.is_after(&since, around);
            has_copies.set(has_copies.get() || is_missed && shared.is_free(&sibling.seen));
            is_missed
        };
        let siblings = &mut Siblings::new(&shared.unpacking);
        let missed = self.missed(is_missed, Some(next), siblings, shared, now);
        match missed.and_then(|missed| Ok((missed.has(1)?, missed.unlisted.is_empty()))) {
            Ok((true, _)) => Ok(true),
            Ok((false, is_whole)) => {
                if !has_copies.get() && is_whole {
                    self.note_searched(changed, now);
                }
                Ok(false)
            }
            Err(error) if is_put_off(&error) => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// When one of the directories was last changed that its rotations may be in.
    pub(super) fn dirs_changed(&self) -> Option<i64> {
        let modified = |dir| fs::metadata(dir).ok().map(|meta| Seen::from(&meta).modified);
        self.around().dirs().map(modified).max().flatten()
    }

    pub(super) fn note_searched(&mut self, changed: Option<i64>, now: Timestamp) {
        let at = |changed: i64| Timestamp::from_millis(changed / 1_000_000);
        self.searched = changed.filter(|changed| now.since(at(*changed)) >= TICK);
    }
}
