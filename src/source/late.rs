//! Lines that were written late into a file that was read to its end and let go, and is gone now:
//! where it was packed, they stand in the archive.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::mem;
use std::path::PathBuf;

use super::catalog::Source;
use super::generation::Generation;
use super::hold::Hold;
use super::identity::Seen;
use super::missed::Known;
use super::rotation::{Wrapping, unpacked};
use super::siblings::{Located, Sibling, Siblings};
use super::tail::{Shared, Stream};
use super::unpacking::is_put_off;
use crate::flow::{GenerationId, StreamId, Timestamp};

/// Whether it can be asked again what became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Patience {
    /// With the next scan.
    Some,
    /// Not: another file has its inode.
    None,
}

/// A generation whose file was let go and is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sought {
    pub(super) stream: StreamId,
    pub(super) generation: GenerationId,
    pub(super) patience: Patience,
}

/// What there is of a file that was let go and is gone.
#[derive(Debug)]
enum Late {
    /// An archive of it, in which more stands than was read.
    Located(Box<Located>),
    /// What may be one is still being made.
    Pending,
    /// What must be one cannot be unpacked.
    Packed(PathBuf),
    /// Nothing that anybody knows of.
    Nothing,
}

impl Source {
    /// Takes in that the file of a generation is gone: what was written late is read in its archive,
    /// which may take several turns to look into.
    pub(super) fn seek_late(&mut self, own: Sought, siblings: &mut Siblings, now: Timestamp) {
        let Some(stream) = self.streams.get_mut(&own.stream) else { return };
        let index = stream.generations.iter().position(|other| other.id == own.generation);
        let Some(index) = index else { return };
        let search = (siblings, own.patience);
        if stream.lose_sight(index, search, &mut self.shared, now).is_err()
            && !self.to_seek.contains(&own)
        {
            self.to_seek.push(own);
        }
        self.wake_stream(own.stream, now);
    }

    /// Goes on looking for late lines where that was put off.
    pub(super) fn seek_again(&mut self, now: Timestamp) {
        let mut siblings = Siblings::new(&self.shared.unpacking);
        for own in mem::take(&mut self.to_seek) {
            self.seek_late(own, &mut siblings, now);
        }
    }
}

impl Stream {
    /// Takes in that the file of the generation at `index`, which was let go, is gone: what was
    /// written late is read in its archive.
    ///
    /// # Errors
    ///
    /// Where an archive is unpacked further with the next turn.
    fn lose_sight(
        &mut self,
        index: usize,
        (siblings, patience): (&mut Siblings, Patience),
        shared: &mut Shared,
        now: Timestamp,
    ) -> io::Result<()> {
        let (id, inode) = (self.generations[index].id, self.generations[index].inode());
        let Hold::Closed { since, .. } = self.generations[index].hold else { return Ok(()) };
        let packed = match self.late_lines(index, (siblings, patience), shared, now) {
            Ok(Late::Located(at)) => {
                self.resume(index, *at, shared, now);
                return Ok(());
            }
            Err(error) if is_put_off(&error) => return Err(error),
            // Lines of the log itself need not wait for late ones.
            Ok(Late::Pending) | Err(_) if patience == Patience::Some => return Ok(()),
            Ok(Late::Packed(path)) => Some(path),
            Ok(Late::Nothing | Late::Pending) | Err(_) => None,
        };
        let generation = &mut self.generations[index];
        let n_unread = generation.size.saturating_sub(generation.idle_to);
        let n_unread = (n_unread > 0).then_some(n_unread);
        generation.close(Hold::Gone { since });
        shared.disown(inode, id);
        if let Some(path) = packed {
            let what = format!(
                "lines were written after the file was read, and packed as `{}`: only gzip and \
                 zstd are unpacked",
                path.display()
            );
            self.lose("unreadable", n_unread, &what, shared, now);
            self.given_up.insert(path);
        } else if n_unread.is_some() {
            let what = "the file was removed before there was room to open and read it";
            self.lose("generation-gone", n_unread, what, shared, now);
        }
        Ok(())
    }

    /// Looks for what was packed of the generation at `index` after it was last looked at.
    ///
    /// # Errors
    ///
    /// Where archives cannot be listed or read, or one is unpacked further with the next turn: ask
    /// again.
    fn late_lines(
        &self,
        index: usize,
        (siblings, patience): (&mut Siblings, Patience),
        shared: &Shared,
        now: Timestamp,
    ) -> io::Result<Late> {
        let own = &self.generations[index];
        // Where it was truncated, what was written to its file later is of another generation.
        let has_file = patience == Patience::None
            || shared.owners.get(&own.inode()).is_some_and(|owner| owner.generation == own.id);
        // Of what nothing was read, the name of the archive tells: if no rotation moved it on.
        let is_told = own.content.offset > 0 || self.is_unmoved();
        if !has_file || !is_told || own.packed.is_some() {
            return Ok(Late::Nothing);
        }
        let mut packed = siblings.visible(self.around(), |path| {
            Wrapping::of(path).is_archive() && self.around().is_akin(path)
        })?;
        packed.files.retain(|at| own.may_be_packed_in(at) && shared.is_free(&at.seen));
        packed.files.sort_by_key(|at| Reverse(at.seen.modified));
        let (mut foreign, mut is_pending) = (None, false);
        for sibling in packed.files {
            if patience == Patience::Some && sibling.seen.is_of_late(now) {
                // It may still be written to. How far it goes is seen only by unpacking all of it.
                is_pending = true;
                continue;
            }
            if sibling.wrapping == Wrapping::Foreign {
                foreign = foreign.or(own.packed_as(&sibling).then_some(sibling.path));
                continue;
            }
            // It went, or may not be read.
            let Ok(located) = sibling.open(&siblings.unpacking) else { continue };
            // The bytes that were packed say by their number that there are no more of them.
            if located.body.packed_size()? == Some(own.content.offset % (1 << 32)) {
                continue;
            }
            if own.content.is_in(&located.body)?
                && located.has(own.content.offset + 1)?
                && !self.is_of_another(own.id, &located, now)?
            {
                return Ok(Late::Located(Box::new(located)));
            }
        }
        Ok(match foreign {
            _ if is_pending => Late::Pending,
            Some(path) => Late::Packed(path),
            None => Late::Nothing,
        })
    }

    /// Whether the newest file is still the one at the path, so that rotations have their names yet.
    fn is_unmoved(&self) -> bool {
        let at_path = fs::metadata(&self.path).map(|meta| Seen::from(&meta).inode());
        let newest = self.generations.last().filter(|newest| newest.is_held());
        newest.zip(at_path.ok()).is_some_and(|(newest, inode)| newest.inode() == inode)
    }

    /// Whether `located` holds more of what was read of another generation than of `own`, or the
    /// same: files may begin alike.
    fn is_of_another(
        &self,
        own: GenerationId,
        located: &Located,
        now: Timestamp,
    ) -> io::Result<bool> {
        let least = self.generations.iter().find(|other| other.id == own);
        let least = least.map_or(0, |own| own.content.offset);
        for other in self.generations.iter().filter(|other| other.id != own) {
            let is_longer = other.content.offset > least && other.is_in(located)?;
            if is_longer || other.is_known_in(located, now)? != Known::New {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Generation {
    /// Whether its file may have been packed into `at` with lines that were written late. Whoever
    /// packs a file carries its time over, so one that is as old as it was when it was last looked
    /// at holds none.
    fn may_be_packed_in(&self, at: &Sibling) -> bool {
        let is_named_so = *unpacked(&at.path) == *self.seen_at;
        self.trace().allows(&at.seen)
            && (self.is_crowded_out() || !at.seen.is_as_old_as(self.modified))
            && (self.content.is_telling() || is_named_so)
    }

    /// Whether an archive that cannot be unpacked here is certainly of its file: of its name, and of
    /// a kind that carries over the time.
    fn packed_as(&self, at: &Sibling) -> bool {
        let is_zip = at.path.extension().is_some_and(|ending| ending == "zip");
        *unpacked(&at.path) == *self.seen_at && !is_zip
    }
}
