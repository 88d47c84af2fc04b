//! Directories that cannot be listed: a log is read on without the rotations that may be there. That
//! is told, and what turns out to have been there is counted.
//!
//! It is not read: what follows it was read by then, and lines of a log come in order.

use std::io;
use std::time::Duration;

use super::catch_up::Strangers;
use super::changes::Problem;
use super::missed::Since;
use super::siblings::{Sibling, Siblings, Unlisted};
use super::tail::{Shared, Stream};
use super::unpacking::is_put_off;
use crate::flow::Timestamp;

/// How often such a directory is tried again. To list one takes long where it is large.
const TRY_EVERY: Duration = Duration::from_mins(1);

/// Where rotations could not be looked for.
#[derive(Debug)]
pub(super) struct Unseen {
    dirs: Unlisted,
    /// What the newest known file was when they could first not be looked for; `None`: there was
    /// none.
    since: Option<Since>,
    retry_at: Timestamp,
}

impl Stream {
    /// Takes in that rotations that were made `since` may be in directories that are `unlisted`.
    pub(super) fn note_unseen(
        &mut self,
        unlisted: Unlisted,
        since: Option<Since>,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        if unlisted.is_empty() {
            return;
        }
        for (dir, kind) in &unlisted {
            // Many logs may have one in common.
            if shared.unlisted.insert(dir.clone(), *kind) != Some(*kind) {
                let what = format!(
                    "{}; rotations of logs are not found here; let the agent's user list and enter \
                     this directory",
                    io::Error::from(*kind)
                );
                shared.changes.complain(Problem { path: dir.as_path().into(), what });
            }
        }
        let retry_at = now + TRY_EVERY;
        let is_since_ever = matches!(self.strangers, Strangers::All);
        match &mut self.unseen {
            Some(unseen) => {
                unseen.dirs.extend(unlisted);
                // What was there before the log had its first file is nobody's business.
                if unseen.since.is_none() && is_since_ever {
                    unseen.since = since;
                }
            }
            None => self.unseen = Some(Box::new(Unseen { dirs: unlisted, since, retry_at })),
        }
    }

    /// Looks again whether there are rotations where none could be looked for, and counts those that
    /// were passed over.
    pub(super) fn look_for_unseen(&mut self, shared: &mut Shared, now: Timestamp) {
        let Some(unseen) = self.unseen.as_mut().filter(|own| own.retry_at <= now) else { return };
        unseen.retry_at = now + TRY_EVERY;
        let (Some(unseen), around) = (&self.unseen, self.around()) else { return };
        let newest = self.generations.last().map(super::generation::Generation::since);
        let is_passed_over = |own: &Sibling| {
            let is_after_then = match &unseen.since {
                Some(since) => own.is_after(since, around),
                None => self.strangers.are_without(own),
            };
            // Those that are younger than all that is known are taken up with the next file.
            is_after_then && newest.as_ref().is_some_and(|newest| !own.is_after(newest, around))
        };
        let siblings = &mut Siblings::new(&shared.unpacking);
        let missed = match self.missed(is_passed_over, None, siblings, shared, now) {
            Ok(missed) => missed,
            Err(error) => {
                if let Some(unseen) = self.unseen.as_mut().filter(|_| is_put_off(&error)) {
                    unseen.retry_at = now;
                }
                return;
            }
        };
        let size = |own: &super::siblings::Located| {
            own.body.archive().is_none().then_some(own.seen.size).filter(|size| *size > 0)
        };
        let unread = missed.files.iter().map(|own| (own.path.clone(), size(own)));
        let unread: Vec<_> =
            unread.chain(missed.unreadable.into_iter().map(|(path, _)| (path, None))).collect();
        for (path, n_bytes) in unread {
            if self.given_up.insert(path.clone()) {
                let what = format!(
                    "`{}` was rotated away unread: its directory could not be listed then",
                    path.display()
                );
                self.lose("unreadable", n_bytes, &what, shared, now);
            }
        }
        let Some(unseen) = &mut self.unseen else { return };
        unseen.dirs.retain(|dir, _| {
            let is_unlisted = missed.unlisted.contains_key(dir);
            if !is_unlisted {
                shared.unlisted.remove(dir);
            }
            is_unlisted
        });
        if unseen.dirs.is_empty() {
            self.unseen = None;
        }
    }

    /// What of its surroundings cannot be seen, in a sentence.
    pub(super) fn blind_spot(&self) -> Option<String> {
        let (dir, kind) = self.unseen.as_ref()?.dirs.first_key_value()?;
        let error = io::Error::from(*kind);
        Some(format!("`{}` cannot be looked at for its rotations: {error}", dir.display()))
    }
}
