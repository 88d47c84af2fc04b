//! Which files follow: the rotations of a log that were made since it was last looked at.

use std::cmp::Ordering;
use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

use super::body::Body;
use super::generation::Generation;
use super::hold::Hold;
use super::identity::{Content, Proven};
use super::names::name_of;
use super::rotation::{Around, Wrapping, unpacked};
use super::siblings::{Located, MAX_TRIES, Sibling, Siblings, Unlisted, Visible, is_passing};
use crate::flow::{Identity, Timestamp};

/// When the newest known file of a log was last looked at.
#[derive(Clone, Debug)]
pub(super) struct Since {
    /// When that file was made. Later ones were made later.
    pub(super) born: Option<i64>,
    /// When it was last changed, while the log's path led to it, if it was seen there.
    pub(super) current_to: Option<i64>,
    /// When it was last changed, at the latest.
    pub(super) modified: i64,
    /// The name that it has now, if any: it tells what was made within one tick of the clock.
    pub(super) name: Option<PathBuf>,
}

/// The file that is taken up after what was missed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Following<'a> {
    pub(super) identity: Identity,
    pub(super) body: &'a Body,
}

impl Following<'_> {
    /// Whether the names say that it is older than `own`: it was rotated away itself meanwhile, and
    /// what is younger than it follows it.
    pub(super) fn is_named_older_than(&self, own: &Sibling, around: Around<'_>) -> bool {
        let name = name_of(self.body.file()).filter(|name| around.is_rotation(name));
        let rank = around.rank(&own.path);
        name.map(|name| around.rank(&name)).is_some_and(|next| next.is_like(&rank) && next < rank)
    }
}

/// Whole files that were missed.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Oldest first.
    pub(super) files: Vec<Located>,
    /// Those that cannot be read, with the reason.
    pub(super) unreadable: Vec<(PathBuf, String)>,
    /// Where there may be more.
    pub(super) unlisted: Unlisted,
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
    /// Rotations of a log that `is_missed`, as far as their content is not `known`: whole generations
    /// that came and went between two looks.
    ///
    /// # Errors
    ///
    /// Where files were renamed all the time, an archive is only begun or is unpacked further with the
    /// next turn: look again. Other failures are those of one directory or rotation, and come with
    /// what was found.
    pub(super) fn missed(
        &mut self,
        around: Around<'_>,
        is_missed: impl Fn(&Sibling) -> bool,
        known: impl Fn(&Located) -> io::Result<Known>,
    ) -> io::Result<Missed> {
        'again: for _ in 0..MAX_TRIES {
            let Visible { files: all, unlisted } =
                self.visible(around, |path| around.is_rotation(path))?;
            let mut missed = Missed { unlisted, ..Missed::default() };
            let mut younger: Vec<_> = all.iter().filter(|own| is_missed(own)).collect();
            sort(&mut younger, around);
            for own in younger {
                if own.wrapping == Wrapping::Foreign {
                    let why = "only gzip and zstd are unpacked".to_owned();
                    missed.unreadable.push((own.path.clone(), why));
                    continue;
                }
                match own.open(&self.unpacking).and_then(|at| self.news(at, &known, &all, around)) {
                    Ok(Some(located)) => {
                        located.body.settle();
                        missed.files.push(located);
                    }
                    Ok(None) => {}
                    // Also what was just packed: only by now has the archive the time to be known by.
                    Err(error) if error.kind() == io::ErrorKind::NotFound || is_stale(&error) => {
                        self.forget();
                        continue 'again;
                    }
                    Err(error) if is_passing(&error) => return Err(error),
                    // One that cannot be read holds up neither the others nor the log.
                    Err(error) => missed.unreadable.push((own.path.clone(), why_not(&error))),
                }
            }
            return Ok(missed);
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    /// `located`, if it is a file of its own of which nothing was read.
    fn news(
        &self,
        located: Located,
        known: impl Fn(&Located) -> io::Result<Known>,
        all: &[Sibling],
        around: Around<'_>,
    ) -> io::Result<Option<Located>> {
        match known(&located)? {
            Known::Old => Ok(None),
            _ if self.is_twin(&located, all, around)? => Ok(None),
            Known::Unclear => Err(io::ErrorKind::WouldBlock.into()),
            Known::New => Ok(Some(located)),
        }
    }

    /// Whether `located` is an archive of a file that is there as well: it is just being packed.
    fn is_twin(&self, located: &Located, all: &[Sibling], around: Around<'_>) -> io::Result<bool> {
        let plain = unpacked(&located.path);
        if plain == located.path || plain == around.log {
            return Ok(false);
        }
        let Some(twin) = all.iter().find(|own| own.path == plain) else { return Ok(false) };
        let twin = match twin.open(&self.unpacking) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) => return Ok(false),
            Ok(twin) => twin,
        };
        let (mut ours, mut other) = ([0; 4096], [0; 4096]);
        let n_ours = located.body.read_at(&mut ours, 0)?;
        let n_other = twin.body.read_at(&mut other, 0)?;
        Ok(other[..n_other].starts_with(&ours[..n_ours]))
    }
}

impl Missed {
    /// Whether one of the files holds at least `size` bytes.
    ///
    /// # Errors
    ///
    /// Where one cannot be read, or not in this turn.
    pub(super) fn has(&self, size: u64) -> io::Result<bool> {
        for at in &self.files {
            if at.has(size)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a server has forgotten the file: it was removed there.
fn is_stale(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::STALE.raw_os_error())
}

fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "the agent may not read it".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

impl Sibling {
    /// Whether it was made after the newest known file of the log.
    ///
    /// A plain file is told by its birth, or where the file system does not keep it, by the time it
    /// was last changed; an archive by that time, which whoever packs a file carries over. What is
    /// older is not touched.
    pub(super) fn is_after(&self, since: &Since, around: Around<'_>) -> bool {
        let Since { born, current_to, modified, .. } = *since;
        let own = self.seen.modified;
        if self.wrapping == Wrapping::Foreign {
            return own > modified;
        }
        if self.wrapping.is_archive() {
            let bound = current_to.unwrap_or(modified);
            let is_older = own == bound && self.is_named_older(since, around);
            return self.seen.is_not_before(bound) && !is_older;
        }
        let is_since = current_to.is_none_or(|current_to| own >= current_to);
        match born.zip(self.seen.identity.born) {
            // Made within one tick of the clock: a copy of the log was written later than it.
            Some((then, born)) if then == born => match &since.name {
                Some(name) if **name == *around.log => own > modified,
                _ => is_since && !self.is_named_older(since, around),
            },
            Some((then, born)) => then < born && is_since,
            None => own >= modified,
        }
    }

    /// Whether its name says that it is older than the newest known file of the log.
    fn is_named_older(&self, since: &Since, around: Around<'_>) -> bool {
        let newest = since.name.as_ref().filter(|name| around.is_rotation(name));
        let rank = around.rank(&self.path);
        newest.map(|name| around.rank(name)).is_some_and(|own| own.is_like(&rank) && rank < own)
    }

    /// Whether it was made after `at`, or written to since.
    pub(super) fn is_younger_than(&self, at: i64) -> bool {
        let born = self.seen.identity.born.filter(|_| !self.wrapping.is_archive());
        self.seen.modified > at || born.is_some_and(|born| born > at)
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

impl Generation {
    /// When it was last looked at, as the newest of its log.
    pub(super) fn since(&self) -> Since {
        let (born, current_to, modified) = (self.born, self.current_to, self.proven.latest());
        let name = match &self.hold {
            Hold::Open { body, is_linked: true, .. } => {
                Some(name_of(body.file()).unwrap_or_else(|| self.seen_at.to_path_buf()))
            }
            Hold::Closed { is_missed: false, .. } => Some(self.seen_at.to_path_buf()),
            _ => None,
        };
        Since { born, current_to, modified, name }
    }

    /// What it is told by, and its size by now: what was read of it; where that is little and the
    /// file is held, all that is in it.
    fn whole(&self) -> io::Result<(Content, u64)> {
        let Some(body @ Body::Plain(_)) = self.body() else {
            return Ok((self.content, self.size));
        };
        let size = body.look()?.size;
        let is_telling = self.content.is_telling();
        Ok((if is_telling { self.content } else { Content::of(body, size)? }, size))
    }

    /// Whether `located` is it: a copy or an archive.
    pub(super) fn is_known_in(&self, located: &Located, now: Timestamp) -> io::Result<Known> {
        let (content, size) = self.whole()?;
        if content.offset == 0 {
            return Ok(Known::New);
        }
        if content.is_in(&located.body)? {
            // Another file may begin alike: then they differ in length, or where they are short, in
            // the time of their last change, which whoever packs or moves a file carries over.
            let is_as_old = content.is_telling() || self.is_as_old_as(located)?;
            let is_same = is_as_old && located.ends_at(content.offset.max(size))?;
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
    /// Whether `located` was changed last when it was, or it has no name any more, so that what has
    /// one may be it.
    fn is_as_old_as(&self, located: &Located) -> io::Result<bool> {
        if let Some(body) = self.body() {
            // It may have been written to since it was looked at, and packed then.
            let seen = body.look()?;
            return Ok(!seen.is_linked || located.seen.is_as_old_as(seen.modified));
        }
        Ok(match self.proven {
            Proven::Modified(_) => located.seen.is_as_old_as(self.modified),
            Proven::Before(_) => located.seen.modified <= self.modified,
        })
    }

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
    /// Whether it is a copy of `next`, which may have grown since.
    pub(super) fn is_copy_of(&self, next: Following<'_>) -> io::Result<bool> {
        let born = next.identity.born.zip(self.seen.identity.born);
        if born.is_some_and(|(next, own)| own < next) {
            return Ok(false);
        }
        let seen = next.body.look()?;
        let is_plain = self.body.archive().is_none();
        let size = if is_plain { self.seen.size } else { seen.size };
        if size == 0 || size > seen.size {
            return Ok(false);
        }
        // One that was written after its copy, and has no more than that, was written anew.
        if is_plain && size == seen.size && !self.seen.is_not_before(seen.modified) {
            return Ok(false);
        }
        Ok(Content::of(next.body, size)?.is_in(&self.body)? && self.ends_at(size)?)
    }

    /// Whether it holds at least `size` bytes.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or not in this turn.
    pub(super) fn has(&self, size: u64) -> io::Result<bool> {
        let Some(last) = size.checked_sub(1) else { return Ok(true) };
        Ok(self.body.read_at(&mut [0], last)? == 1)
    }

    fn ends_at(&self, offset: u64) -> io::Result<bool> {
        let mut byte = [0];
        Ok(self.body.read_at(&mut byte, offset)? == 0)
    }
}
