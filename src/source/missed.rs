//! Which files follow: the rotations of a log that were made since it was last looked at.

use std::cmp::Ordering;
use std::io;
use std::path::PathBuf;

use super::body::Body;
use super::generation::{Generation, Hold};
use super::identity::{Content, Seen};
use super::rotation::{Around, Wrapping, unpacked};
use super::siblings::{Located, MAX_TRIES, Sibling, Siblings};
use crate::flow::{Identity, Timestamp};

/// When the newest known file of a log was last looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    /// When that file was made. Later ones were made later.
    pub(super) born: Option<i64>,
    /// When it was last changed, while the log's path led to it; 0: it was not seen there.
    pub(super) current_to: i64,
    /// When it was last changed.
    pub(super) modified: i64,
}

/// Whole files that were missed.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Oldest first.
    pub(super) files: Vec<Located>,
    /// Those that cannot be read, with the reason.
    pub(super) unreadable: Vec<(PathBuf, &'static str)>,
}

/// What is known of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// None of what was read stands in it.
    New,
    /// It holds what was read of a known file, and nothing else.
    Old,
    /// It is not written far enough to tell.
    Unclear,
}

impl Siblings {
    /// Rotations of a log that were made since, and before the file `current` at its path, if there
    /// is one: whole generations that came and went between two looks.
    ///
    /// A plain file is told by its birth, or where the file system does not keep it, by the time it
    /// was last changed; an archive by that time, which whoever packs a file carries over. What is
    /// older is not touched.
    ///
    /// # Errors
    ///
    /// Where files were renamed all the time, a directory cannot be listed, or an archive is only
    /// begun: look again.
    pub(super) fn missed(
        &mut self,
        around: Around<'_>,
        since: &Since,
        current: Option<Identity>,
        is_free: impl Fn(&Seen) -> bool,
        known: impl Fn(&Located) -> io::Result<Known>,
    ) -> io::Result<Missed> {
        'again: for _ in 0..MAX_TRIES {
            let all = self.around(around, |path| around.is_rotation(path))?;
            let is_at_path = |own: Identity| {
                let now = std::fs::metadata(around.log).map(|meta| Seen::from(&meta).identity);
                now.is_ok_and(|now| now == own)
            };
            // What was made after the current file is a copy of it, unless that was rotated by now.
            let born_by = current.filter(|own| !is_at_path(*own)).and_then(|own| own.born);
            let is_missed = |own: &Sibling| {
                Some(own.seen.identity.ino) != current.map(|current| current.ino)
                    && is_free(&own.seen)
                    && own.is_after(since)
                    && (own.wrapping.is_archive() || !own.is_born_after(born_by))
            };
            let mut missed = Missed::default();
            let mut younger: Vec<_> = all.iter().filter(|own| is_missed(own)).collect();
            sort(&mut younger, around);
            for own in younger {
                if own.wrapping == Wrapping::Foreign {
                    missed.unreadable.push((own.path.clone(), "only gzip and zstd are unpacked"));
                    continue;
                }
                match own.open() {
                    Ok(located) => match known(&located)? {
                        Known::Old => {}
                        _ if is_twin(&located, &all, around)? => {}
                        Known::Unclear => return Err(io::ErrorKind::WouldBlock.into()),
                        Known::New => {
                            located.body.rest();
                            missed.files.push(located);
                        }
                    },
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        self.forget();
                        continue 'again;
                    }
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                        missed.unreadable.push((own.path.clone(), "the agent may not read it"));
                    }
                    Err(error) => return Err(error),
                }
            }
            return Ok(missed);
        }
        Err(io::ErrorKind::Interrupted.into())
    }
}

impl Sibling {
    fn is_after(&self, since: &Since) -> bool {
        let Since { born, current_to, modified } = *since;
        if self.wrapping == Wrapping::Foreign {
            return modified != 0 && self.seen.modified > modified;
        }
        if self.wrapping.is_archive() {
            return self.is_not_before(if current_to == 0 { modified } else { current_to });
        }
        match born.zip(self.seen.identity.born) {
            Some((born, own)) => born <= own && self.seen.modified >= current_to,
            None => modified != 0 && self.seen.modified >= modified,
        }
    }

    fn is_born_after(&self, born: Option<i64>) -> bool {
        born.zip(self.seen.identity.born).is_some_and(|(born, own)| own > born)
    }
}

/// Sorts rotations, oldest first: by their names where these tell, else by the times that they were
/// last changed at.
fn sort(rotations: &mut [&Sibling], around: Around<'_>) {
    rotations.sort_by_cached_key(|own| (own.seen.modified, around.rank(&own.path)));
    let mut ranks = rotations.iter().map(|own| around.rank(&own.path));
    let Some(first) = ranks.next() else { return };
    // Some programs count upwards: then the times say the opposite of what is usual.
    let is_upwards = rotations.len() > 1
        && rotations.is_sorted_by(|a, b| {
            let by_name = around.rank(&a.path).cmp(&around.rank(&b.path));
            a.seen.modified < b.seen.modified && by_name == Ordering::Greater
        });
    if !is_upwards && ranks.all(|rank| rank.is_like(&first)) {
        rotations.sort_by_cached_key(|own| around.rank(&own.path));
    }
}

/// Whether `located` is an archive of a file that is there as well: it is just being packed.
fn is_twin(located: &Located, all: &[Sibling], around: Around<'_>) -> io::Result<bool> {
    let plain = unpacked(&located.path);
    if plain == located.path || plain == around.log {
        return Ok(false);
    }
    let Some(twin) = all.iter().find(|own| own.path == plain) else { return Ok(false) };
    let Ok(twin) = twin.open() else { return Ok(false) };
    let (mut ours, mut other) = ([0; 4096], [0; 4096]);
    let n_ours = located.body.read_at(&mut ours, 0)?;
    let n_other = twin.body.read_at(&mut other, 0)?;
    Ok(other[..n_other].starts_with(&ours[..n_ours]))
}

impl Generation {
    /// When it was last looked at, as the newest of its log.
    pub(super) fn since(&self) -> Since {
        Since { born: self.born, current_to: self.current_to, modified: self.proven }
    }

    /// What it is told by, and its size: what was read of it; where that is little and the file is
    /// held, all that is in it.
    fn whole(&self) -> io::Result<(Content, u64)> {
        match self.body() {
            Some(body @ Body::Plain(_)) if !self.content.is_telling() => {
                let size = body.look()?.size;
                Ok((Content::of(body, size)?, size))
            }
            _ => Ok((self.content, self.size)),
        }
    }

    /// Whether `located` is it: a copy or an archive.
    pub(super) fn is_known_in(&self, located: &Located, now: Timestamp) -> io::Result<Known> {
        let (content, size) = self.whole()?;
        if content.offset == 0 {
            return Ok(Known::New);
        }
        if content.is_in(&located.body)? {
            // A short beginning may be how another file begins, too: then they differ in length.
            let is_same = content.is_telling() || located.ends_at(content.offset.max(size))?;
            return Ok(if is_same { Known::Old } else { Known::New });
        }
        if self.is_begun_in(located)? {
            return Ok(Known::Old);
        }
        let is_unclear = located.is_being_made(now) && !located.is_other_than(&content)?;
        Ok(if is_unclear { Known::Unclear } else { Known::New })
    }
}

impl Generation {
    /// Whether `located` is a copy of it that was made while its writer went on: less than what was
    /// read, the same as far as it goes, and not written to since it was done with.
    fn is_begun_in(&self, located: &Located) -> io::Result<bool> {
        let (Hold::Closed { since, .. } | Hold::Gone { since }) = self.hold else {
            return Ok(false);
        };
        let is_of_then = located.seen.modified / 1_000_000 <= since.as_millis();
        Ok(is_of_then
            && located.ends_at(self.content.offset)?
            && self.anchors.stand_in(&located.body)?)
    }
}

impl Located {
    /// Whether it holds what `other` does, and nothing else.
    pub(super) fn is_all_of(&self, other: &Body) -> io::Result<bool> {
        let size = other.look()?.size;
        let content = Content::of(other, size)?;
        Ok(size > 0 && content.is_in(&self.body)? && self.ends_at(size)?)
    }

    fn ends_at(&self, offset: u64) -> io::Result<bool> {
        let mut byte = [0];
        Ok(self.body.read_at(&mut byte, offset)? == 0)
    }
}
