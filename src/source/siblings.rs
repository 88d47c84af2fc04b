//! Where a file went: looked for among the files beside the path that it had.

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

/// Listings of directories, each made at most once: for one round of searches.
#[derive(Debug, Default)]
pub(super) struct Siblings(HashMap<PathBuf, io::Result<Vec<(u64, PathBuf)>>>);

impl Siblings {
    /// The path in one of `dirs` that leads to inode `ino`.
    pub(super) fn path_of(&mut self, dirs: &[&Path], ino: u64) -> Result<Option<PathBuf>, ()> {
        let mut is_sure = true;
        for dir in dirs {
            match self.list(dir) {
                Ok(names) => {
                    if let Some((_, path)) = names.iter().find(|(own, _)| *own == ino) {
                        return Ok(Some(path.clone()));
                    }
                }
                Err(error) => is_sure &= error.kind() == io::ErrorKind::NotFound,
            }
        }
        if is_sure { Ok(None) } else { Err(()) }
    }

    /// The file that holds `content` and was called `identity`: at one of `paths`, or beside them.
    pub(super) fn find(
        &mut self,
        paths: &[&Path],
        identity: Identity,
        content: &Content,
    ) -> Search {
        let mut is_sure = true;
        for path in paths {
            match locate(path, identity, content) {
                Ok(Some(located)) => return Search::Located(Box::new(located)),
                Ok(None) => {}
                Err(error) => is_sure &= error.kind() == io::ErrorKind::NotFound,
            }
        }
        let dirs: Vec<_> = paths.iter().filter_map(|path| path.parent()).collect();
        match self
            .path_of(&dirs, identity.ino)
            .map(|path| path.map(|p| locate(&p, identity, content)))
        {
            Ok(Some(Ok(Some(located)))) => Search::Located(Box::new(located)),
            Ok(None | Some(Ok(None))) if is_sure => Search::Nowhere,
            _ => Search::Unknown,
        }
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
        let names = self.list(log.parent()?).as_ref().ok()?;
        let not_before = (last_seen - COPY_SLACK).as_millis().saturating_mul(1_000_000);
        let mut copies: Vec<_> = names
            .iter()
            .filter(|(_, path)| path != log && starts_with(path, &stem))
            .filter_map(|(_, path)| Some((Seen::from(&fs::metadata(path).ok()?), path)))
            .filter(|(seen, _)| seen.is_file && seen.size >= content.offset)
            .filter(|(seen, _)| seen.modified >= not_before && is_free(seen))
            .collect();
        copies.sort_by_key(|(seen, _)| std::cmp::Reverse(seen.modified));
        copies.into_iter().find_map(|(_, path)| {
            let (file, seen) = open(path).ok()?;
            let is_copy = content.is_in(&file).ok()?;
            is_copy.then(|| Located { file, seen, path: path.clone() })
        })
    }

    /// Rotations of `log` that were made after the file `ours` was and before `current` was, oldest
    /// first: whole generations that came and went between two looks.
    ///
    /// Told by their birth: where the file system does not keep it, none is found. Older archives
    /// are not touched, nor are old copies, which were last written before ours was.
    pub(super) fn rotations_between(
        &mut self,
        log: &Path,
        ours: (Identity, i64),
        current: Identity,
        is_free: impl Fn(&Seen) -> bool,
    ) -> Vec<Located> {
        let (Some(dir), (identity, modified)) = (log.parent(), ours) else { return Vec::new() };
        let (Some(from), Some(to), Ok(names)) = (identity.born, current.born, self.list(dir))
        else {
            return Vec::new();
        };
        let mut between: Vec<_> = names
            .iter()
            .filter(|(ino, path)| *ino != current.ino && is_rotation(path, log))
            .filter_map(|(_, path)| Some((Seen::from(&fs::metadata(path).ok()?), path)))
            .filter(|(seen, _)| seen.is_file && seen.modified >= modified && is_free(seen))
            .filter_map(|(seen, path)| Some((seen.identity.born?, path)))
            .filter(|(born, _)| from <= *born && *born <= to)
            .collect();
        between.sort_unstable();
        let located = between.into_iter().filter_map(|(_, path)| {
            let (file, seen) = open(path).ok()?;
            is_free(&seen).then(|| Located { file, seen, path: path.clone() })
        });
        located.collect()
    }

    fn list(&mut self, dir: &Path) -> &io::Result<Vec<(u64, PathBuf)>> {
        self.0.entry(dir.to_path_buf()).or_insert_with(|| {
            fs::read_dir(dir)?.map(|entry| entry.map(|entry| (entry.ino(), entry.path()))).collect()
        })
    }
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
fn locate(path: &Path, identity: Identity, content: &Content) -> io::Result<Option<Located>> {
    let seen = Seen::from(&fs::metadata(path)?);
    if seen.identity.ino != identity.ino || !seen.is_file || seen.size < content.offset {
        return Ok(None);
    }
    let is_same_device = seen.identity.dev == identity.dev;
    if is_same_device && are_born_apart(seen.identity, identity) {
        return Ok(None);
    }
    let (file, seen) = open(path)?;
    let is_same = seen.identity.ino == identity.ino && content.is_in(&file)?;
    let is_known = is_same_device || content.offset > 0;
    Ok((is_same && is_known).then(|| Located { file, seen, path: path.to_path_buf() }))
}

/// Whether two files that have one inode were made at different times.
pub(super) fn are_born_apart(a: Identity, b: Identity) -> bool {
    a.born.zip(b.born).is_some_and(|(a, b)| a != b)
}

/// Whether `path` is named as a rotation of `log`: `app.log.1`, `app.log-20261123`.
fn is_rotation(path: &Path, log: &Path) -> bool {
    rotated(path).any(|own| own == log)
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
