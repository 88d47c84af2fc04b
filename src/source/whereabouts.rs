//! Where a file went: by its inode, or by what was read of it, in a copy or an archive.

use std::cmp::Reverse;
use std::io;
use std::path::{Path, PathBuf};

use super::generation::{Generation, QUIET};
use super::identity::{Content, Seen};
use super::rotation::{Around, Wrapping};
use super::siblings::{Located, MAX_TRIES, Met, Sibling, Siblings, Wanted, locate};
use super::unpack::Extent;
use super::unpacking::is_put_off;
use crate::flow::{Packing, Timestamp};

/// What a search for a file by its inode came to.
#[derive(Debug)]
pub(super) enum Search {
    Located(Box<Located>),
    /// It is certainly not there.
    Nowhere,
    /// An archive is unpacked further with the next turn, and may be it.
    PutOff,
    /// Something could not be looked at, so it may be there.
    Unknown,
}

/// What a search for a file that holds what was read came to.
#[derive(Debug)]
pub(super) enum Holder {
    Located(Box<Located>),
    /// An archive that may hold it is still being made.
    Pending,
    Nowhere,
}

/// What was read of a log, and what is known of when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace {
    pub(super) content: Content,
    /// What holds it was not changed before.
    pub(super) since: Option<i64>,
}

impl Trace {
    /// Whether a file with the times `seen` may hold it.
    pub(super) fn allows(&self, seen: &Seen) -> bool {
        self.since.is_none_or(|since| seen.is_not_before(since))
    }
}

impl Siblings {
    /// The file that is `wanted`, at one of `paths` or in one of `dirs`.
    pub(super) fn find(
        &mut self,
        paths: &[&Path],
        dirs: &[&Path],
        wanted: &Wanted,
        packing: Packing,
    ) -> Search {
        for path in paths {
            match locate(path, wanted, packing, &self.unpacking) {
                Ok(Met::Same(located)) => return Search::Located(located),
                Ok(Met::Other) => return Search::Nowhere,
                Ok(Met::Elsewhere) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if is_put_off(&error) => return Search::PutOff,
                Err(_) => return Search::Unknown,
            }
        }
        for _ in 0..MAX_TRIES {
            match self.path_of(dirs, wanted.identity.ino) {
                Ok(None) => return Search::Nowhere,
                // An archive has its inode by now: where nothing was read, nothing else would tell.
                Ok(Some(path)) if Wrapping::of(&path) != Wrapping::Known(packing) => {
                    return Search::Nowhere;
                }
                Ok(Some(path)) => match locate(&path, wanted, packing, &self.unpacking) {
                    Ok(Met::Same(located)) => return Search::Located(located),
                    Ok(Met::Other) => return Search::Nowhere,
                    Err(error) if is_put_off(&error) => return Search::PutOff,
                    Ok(Met::Elsewhere) | Err(_) => self.forget(),
                },
                Err(_) => return Search::Unknown,
            }
        }
        Search::Unknown
    }

    /// A file with what was read: a copy as `copytruncate` makes it, or an archive. Its name begins
    /// like the log's, it holds the content, and is not older than it.
    ///
    /// # Errors
    ///
    /// Where the files beside the log cannot be listed or read, or the search is put off: it may be
    /// among them.
    pub(super) fn holder(
        &mut self,
        around: Around<'_>,
        trace: &Trace,
        is_free: impl Fn(&Seen) -> bool,
        now: Timestamp,
    ) -> io::Result<Holder> {
        let content = &trace.content;
        if content.offset == 0 {
            return Ok(Holder::Nowhere);
        }
        let mut akin = self.around(around, |path| around.is_akin(path))?;
        akin.retain(|sibling| trace.allows(&sibling.seen) && is_free(&sibling.seen));
        // Of two that hold a long content, one was copied twice: the later copy has more of it. A
        // short one may be how the next file begins as well: the earlier is more likely the same.
        let age = |own: &Sibling| own.seen.modified;
        if content.is_telling() {
            akin.sort_by_key(|own| (own.wrapping.is_archive(), Reverse(age(own))));
        } else {
            akin.sort_by_key(|own| (own.wrapping.is_archive(), age(own)));
        }
        let mut is_pending = false;
        for sibling in akin {
            let is_packed = sibling.wrapping.is_archive();
            if !is_packed && sibling.seen.size < content.offset {
                continue;
            }
            // It went, or may not be read, or is no archive that can be.
            let Ok(located) = sibling.open(&self.unpacking) else { continue };
            if content.is_in(&located.body)? {
                return Ok(Holder::Located(Box::new(located)));
            }
            is_pending |= located.is_being_made(now) && !located.is_other_than(content)?;
        }
        Ok(if is_pending { Holder::Pending } else { Holder::Nowhere })
    }

    /// An archive that cannot be unpacked here, and may hold what was read.
    pub(super) fn foreign(&mut self, around: Around<'_>, trace: &Trace) -> Option<PathBuf> {
        let rotations = self.around(around, |path| around.is_rotation(path)).ok()?;
        let mut foreign = rotations.into_iter().filter(|own| own.wrapping == Wrapping::Foreign);
        foreign.find(|own| trace.allows(&own.seen)).map(|own| own.path)
    }
}

impl Located {
    /// Whether it is an archive that breaks off, and was written to lately.
    pub(super) fn is_being_made(&self, now: Timestamp) -> bool {
        self.body.extent() == Some(Extent::Short) && self.seen.is_of_late(now)
    }

    /// Whether it certainly does not hold `content`: it begins otherwise.
    pub(super) fn is_other_than(&self, content: &Content) -> io::Result<bool> {
        Ok(self.has(content.head.len.into())? && !content.is_begun_in(&self.body)?)
    }
}

impl Seen {
    /// Whether it was written to lately.
    pub(super) fn is_of_late(&self, now: Timestamp) -> bool {
        let changed = Timestamp::from_millis(self.modified / 1_000_000);
        // A time to come says nothing: it would be waited for until then.
        changed <= now + QUIET && now.since(changed) < QUIET
    }
}

impl Generation {
    /// What to look for where it is not held.
    pub(super) fn wanted(&self) -> Wanted {
        let size = self.packed.map_or(self.size, |packed| packed.size);
        let modified = self.proven.modified();
        Wanted { identity: self.identity, content: self.content, size, modified }
    }

    pub(super) fn trace(&self) -> Trace {
        // It was not read before its file was made.
        Trace { content: self.content, since: self.proven.modified().or(self.born) }
    }
}
