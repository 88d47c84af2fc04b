//! Where a file went: looked for among the files beside the path that it had.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirEntryExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::identity::{Content, Seen};
use crate::flow::{Identity, Timestamp};

/// How much earlier than our last look the time of a copy may be: `cp -p` keeps the log's own.
const COPY_SLACK: Duration = Duration::from_mins(1);

/// A file that was found and opened.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) file: File,
    pub(super) seen: Seen,
    pub(super) path: PathBuf,
}

/// What a search came to.
#[derive(Debug)]
pub(super) enum Search {
    Located(Box<Located>),
    /// It is certainly not there.
    Nowhere,
    /// Something could not be looked at, so it may be there.
    Unknown,
}

/// Listings of directories, kept for one round of searches.
#[derive(Debug, Default)]
pub(super) struct Siblings(HashMap<PathBuf, io::Result<Listing>>);

/// The inodes and paths in a directory, in order.
type Listing = Vec<(u64, PathBuf)>;

/// How often a search begins again because files were renamed under it.
const MAX_TRIES: usize = 4;

/// What was met at a path where a file was thought to be.
pub(super) enum Met {
    Same(Box<Located>),
    /// Its inode with other content, or one that was made at another time.
    Other,
    /// Another inode: it was renamed, or was never there.
    Elsewhere,
}

impl Met {
    pub(super) fn same(self) -> Option<Box<Located>> {
        match self {
            Self::Same(located) => Some(located),
            Self::Other | Self::Elsewhere => None,
        }
    }
}

impl Siblings {
    /// The path in one of `dirs` that leads to inode `ino`.
    ///
    /// # Errors
    ///
    /// Where a directory cannot be listed, so that the file may be there.
    pub(super) fn path_of(&mut self, dirs: &[&Path], ino: u64) -> io::Result<Option<PathBuf>> {
        let mut failure = None;
        for dir in dirs {
            match self.list(dir) {
                Ok(names) => {
                    if let Some((_, path)) = names.iter().find(|(own, _)| *own == ino) {
                        return Ok(Some(path.clone()));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => failure = Some(error.kind().into()),
            }
        }
        failure.map_or(Ok(None), Err)
    }

    /// The file that holds `content` and was called `identity`: at one of `paths`, or beside them.
    pub(super) fn find(
        &mut self,
        paths: &[&Path],
        identity: Identity,
        content: &Content,
    ) -> Search {
        let dirs: Vec<_> = paths.iter().filter_map(|path| path.parent()).collect();
        for path in paths {
            match locate(path, identity, content) {
                Ok(Met::Same(located)) => return Search::Located(located),
                Ok(Met::Other) => return Search::Nowhere,
                Ok(Met::Elsewhere) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => return Search::Unknown,
            }
        }
        for _ in 0..MAX_TRIES {
            match self.path_of(&dirs, identity.ino) {
                Ok(None) => return Search::Nowhere,
                Ok(Some(path)) => match locate(&path, identity, content) {
                    Ok(Met::Same(located)) => return Search::Located(located),
                    Ok(Met::Other) => return Search::Nowhere,
                    Ok(Met::Elsewhere) | Err(_) => self.0.clear(),
                },
                Err(_) => return Search::Unknown,
            }
        }
        Search::Unknown
    }

    /// The file that was called `identity`, beside `log`, if it was truncated and then rotated
    /// away: it is surely the same only where the file system keeps the time of its birth.
    pub(super) fn emptied(&mut self, log: &Path, identity: Identity) -> Option<Located> {
        let path = self.path_of(&[log.parent()?], identity.ino).ok()??;
        let (file, seen) = if path == log { None } else { open(&path).ok() }?;
        let is_same = seen.identity == identity && identity.born.is_some();
        is_same.then_some(Located { file, seen, path })
    }

    /// A copy of what was read of `log`, as `copytruncate` makes it: a file beside it with a name
    /// that begins alike, which holds `content`, has all of it, and is not older than it.
    pub(super) fn copy_of(
        &mut self,
        log: &Path,
        content: &Content,
        last_seen: Timestamp,
        is_free: impl Fn(&Seen) -> bool,
    ) -> Option<Located> {
        if content.offset == 0 {
            return None;
        }
        let stem = stem(log)?;
        let names = self.list(log.parent()?).ok()?;
        let not_before = (last_seen - COPY_SLACK).as_millis().saturating_mul(1_000_000);
        let mut copies: Vec<_> = names
            .iter()
            .filter(|(_, path)| path != log && starts_with(path, &stem))
            .filter_map(|(_, path)| Some((Seen::from(&fs::metadata(path).ok()?), path)))
            .filter(|(seen, _)| seen.is_file && seen.size >= content.offset)
            .filter(|(seen, _)| seen.modified >= not_before && is_free(seen))
            .collect();
        copies.sort_by_key(|(seen, _)| Reverse(seen.modified));
        copies.into_iter().find_map(|(stated, path)| {
            let (file, seen) = open(path).ok()?;
            let is_copy = seen.inode() == stated.inode() && content.is_in(&file).ok()?;
            is_copy.then(|| Located { file, seen, path: path.clone() })
        })
    }

    /// Rotations of `log` that were made after `copy` was, oldest first.
    ///
    /// Told by when they were last written, which a rename keeps; of two that were written at one
    /// time, by their names. A directory that cannot be listed has none.
    pub(super) fn younger_copies(
        &mut self,
        log: &Path,
        copy: &Located,
        is_free: impl Fn(&Seen) -> bool,
    ) -> Vec<Located> {
        let Some(Ok(names)) = log.parent().map(|dir| self.list(dir)) else { return Vec::new() };
        let age = |seen: &Seen, path: &Path| (seen.modified, rotation_rank(path, log));
        let oldest = age(&copy.seen, &copy.path);
        let rotations = names.iter().filter(|(_, path)| path != log && is_rotation(path, log));
        let mut younger: Vec<_> = rotations
            .filter_map(|(_, path)| {
                let (file, seen) = open(path).ok()?;
                let is_younger = seen.is_file && age(&seen, path) > oldest && is_free(&seen);
                is_younger.then(|| Located { file, seen, path: path.clone() })
            })
            .collect();
        younger.sort_by_cached_key(|located| age(&located.seen, &located.path));
        younger
    }

    /// Rotations of `log` that were made after the file `ours` was and before `current` was, if there
    /// is one, oldest first: whole generations that came and went between two looks.
    ///
    /// Told by their birth: where the file system does not keep it, none is found. Older archives
    /// are not touched, nor are old copies, which were last written before ours was.
    ///
    /// # Errors
    ///
    /// Where files were renamed all the time, or the directory cannot be listed: look again.
    pub(super) fn rotations_between(
        &mut self,
        log: &Path,
        ours: (Identity, i64),
        current: Option<Identity>,
        is_free: impl Fn(&Seen) -> bool,
    ) -> io::Result<Vec<Located>> {
        let (identity, modified) = ours;
        let to = current.map_or(Some(i64::MAX), |current| current.born);
        let (Some(dir), Some(from), Some(to)) = (log.parent(), identity.born, to) else {
            return Ok(Vec::new());
        };
        // Not ours by its number: that is used again once the file is gone.
        let is_current = |ino| current.is_some_and(|own| own.ino == ino);
        let is_between = |seen: &Seen| {
            let is_in_time = seen.identity.born.is_some_and(|born| from <= born && born <= to);
            seen.is_file && is_in_time && seen.modified >= modified && is_free(seen)
        };
        'again: for _ in 0..MAX_TRIES {
            let mut between = Vec::new();
            for (ino, path) in self.list(dir)? {
                if is_current(*ino) || !is_rotation(path, log) {
                    continue;
                }
                let seen = fs::metadata(path).map(|meta| Seen::from(&meta));
                let located = match seen {
                    Ok(seen) if seen.identity.ino == *ino && !is_between(&seen) => continue,
                    _ => open(path),
                };
                match located {
                    Ok((file, seen)) if seen.identity.ino == *ino => {
                        between.push(Located { file, seen, path: path.clone() });
                    }
                    _ => {
                        self.0.remove(dir);
                        continue 'again;
                    }
                }
            }
            between.sort_by_key(|located| (located.seen.identity.born, located.seen.modified));
            return Ok(between);
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    /// The listing of `dir`. A directory in which files are renamed can show one twice or not at
    /// all, so that only two listings that agree are one.
    fn list(&mut self, dir: &Path) -> io::Result<&Listing> {
        let listing = self.0.entry(dir.to_path_buf()).or_insert_with(|| {
            let mut listing = list(dir)?;
            for _ in 0..MAX_TRIES {
                let again = list(dir)?;
                if again == listing {
                    return Ok(listing);
                }
                listing = again;
            }
            Err(io::ErrorKind::Interrupted.into())
        });
        listing.as_ref().map_err(|error| error.kind().into())
    }
}

fn list(dir: &Path) -> io::Result<Listing> {
    let name = |entry: fs::DirEntry| (entry.ino(), entry.path());
    let mut listing: Listing =
        fs::read_dir(dir)?.map(|entry| entry.map(name)).collect::<io::Result<_>>()?;
    listing.sort_unstable();
    Ok(listing)
}

/// Opens `path` for reading, without waiting for the writer of a pipe.
pub(super) fn open(path: &Path) -> io::Result<(File, Seen)> {
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).expect("a flag of open(2)");
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let seen = Seen::from(&file.metadata()?);
    Ok((file, seen))
}

/// The file at `path`, if it is the one that was called `identity` and still holds `content`.
///
/// Device numbers change when a machine starts again or is cloned: with another one, what was read
/// must be found in the file.
pub(super) fn locate(path: &Path, identity: Identity, content: &Content) -> io::Result<Met> {
    let seen = Seen::from(&fs::metadata(path)?);
    if seen.identity.ino != identity.ino {
        return Ok(Met::Elsewhere);
    }
    let is_same_device = seen.identity.dev == identity.dev;
    if !seen.is_file || is_same_device && are_born_apart(seen.identity, identity) {
        return Ok(Met::Other);
    }
    let (file, seen) = open(path)?;
    if seen.identity.ino != identity.ino {
        return Ok(Met::Elsewhere);
    }
    let is_known = is_same_device || content.offset > 0;
    if is_known && seen.size >= content.offset && content.is_in(&file)? {
        return Ok(Met::Same(Box::new(Located { file, seen, path: path.to_path_buf() })));
    }
    Ok(Met::Other)
}

/// Whether two files that have one inode were made at different times.
pub(super) fn are_born_apart(a: Identity, b: Identity) -> bool {
    a.born.zip(b.born).is_some_and(|(a, b)| a != b)
}

/// Whether `path` is named as a rotation of `log`: `app.log.1`, `app.log-20261123`.
fn is_rotation(path: &Path, log: &Path) -> bool {
    rotated(path).any(|own| own == log)
}

/// The place of a rotation of `log` among the others by its name, greater for younger ones: a low
/// number is younger than a high one, a late stamp younger than an early one.
fn rotation_rank(path: &Path, log: &Path) -> (Reverse<u64>, Vec<u8>) {
    /// Numbers of more digits are dates or times.
    const MAX_DIGITS: usize = 5;
    let name = |path: &Path| path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
    let suffix = name(path).get(name(log).len() + 1..).unwrap_or_default().to_vec();
    let number = str::from_utf8(&suffix).ok().filter(|text| text.len() <= MAX_DIGITS);
    match number.and_then(|text| text.parse().ok()) {
        Some(number) => (Reverse(number), Vec::new()),
        None => (Reverse(0), suffix),
    }
}

/// The logs that `path` may be a rotation of, by its name: it without a stamp or number at its end.
pub(super) fn rotated(path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_stamp = |c: char| c.is_ascii_digit() || "._-:TZ".contains(c);
    let n_stem = name.trim_end_matches(is_stamp).len().max(1);
    let ends = (n_stem..name.len()).filter(move |&end| {
        name.is_char_boundary(end) && name[end..].contains(|c: char| c.is_ascii_digit())
    });
    ends.filter(move |&end| "._-".contains(&name[end..=end]))
        .map(move |end| path.with_file_name(&name[..end]))
}

/// What the names of the rotations of `log` begin with: `app` of `app.log` and `app-20261123.log`.
fn stem(log: &Path) -> Option<Vec<u8>> {
    let name = log.file_name()?.as_encoded_bytes();
    let end = name.iter().skip(1).position(|&byte| byte == b'.').map_or(name.len(), |at| at + 1);
    Some(name[..end].to_vec())
}

fn starts_with(path: &Path, stem: &[u8]) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(stem))
}
