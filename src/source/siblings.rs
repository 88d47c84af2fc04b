//! The files beside a log: listed, looked at, opened.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

use super::body::{Body, open};
use super::identity::{Content, Seen};
use super::rotation::{Around, Wrapping};
use super::unpacking::Unpacking;
use crate::flow::{Identity, Packing};

/// How often a search begins again because files were renamed under it.
pub(super) const MAX_TRIES: usize = 4;

/// A file that was found and opened.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) body: Body,
    pub(super) seen: Seen,
    pub(super) path: PathBuf,
}

/// A file beside a log, as a stat showed it.
#[derive(Clone, Debug)]
pub(super) struct Sibling {
    pub(super) path: PathBuf,
    pub(super) seen: Seen,
    pub(super) wrapping: Wrapping,
}

/// What can be seen of the files around a log.
#[derive(Debug)]
pub(super) struct Visible {
    /// In no order.
    pub(super) files: Vec<Sibling>,
    pub(super) unlisted: Unlisted,
}

/// Directories that cannot be listed, so that anything may be in them, and why.
pub(super) type Unlisted = BTreeMap<PathBuf, io::ErrorKind>;

/// What is known of a file that is sought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) identity: Identity,
    pub(super) content: Content,
    /// Its size and time of change at the last look; what still has both was not written to.
    pub(super) size: u64,
    pub(super) modified: Option<i64>,
}

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

/// Listings of directories, kept for one round of searches.
#[derive(Debug)]
pub(super) struct Siblings {
    listings: HashMap<PathBuf, io::Result<Listing>>,
    /// For the archives among them.
    pub(super) unpacking: Unpacking,
}

/// The inodes and paths in a directory, in order.
type Listing = Vec<(u64, PathBuf)>;

impl Siblings {
    pub(super) fn new(unpacking: &Unpacking) -> Self {
        Self { listings: HashMap::new(), unpacking: unpacking.clone() }
    }

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

    /// The files around a log whose names `is_one`, in no order.
    ///
    /// # Errors
    ///
    /// Where files were renamed all the time, or a directory cannot be listed: look again.
    pub(super) fn around(
        &mut self,
        around: Around<'_>,
        is_one: impl Fn(&Path) -> bool,
    ) -> io::Result<Vec<Sibling>> {
        let Visible { files, unlisted } = self.visible(around, is_one)?;
        unlisted.into_iter().next().map_or(Ok(files), |(_, kind)| Err(kind.into()))
    }

    /// The same, as far as the directories can be listed.
    ///
    /// # Errors
    ///
    /// Where files were renamed all the time: look again.
    pub(super) fn visible(
        &mut self,
        around: Around<'_>,
        is_one: impl Fn(&Path) -> bool,
    ) -> io::Result<Visible> {
        'again: for _ in 0..MAX_TRIES {
            let (mut siblings, mut unlisted) = (Vec::new(), BTreeMap::new());
            for dir in around.dirs() {
                let listing = match self.list(dir) {
                    Ok(listing) => listing,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) if is_passing(&error) => return Err(error),
                    Err(error) => {
                        unlisted.insert(dir.to_path_buf(), error.kind());
                        continue;
                    }
                };
                for (ino, path) in listing.iter().filter(|(_, path)| is_one(path)) {
                    let meta = match fs::symlink_metadata(path) {
                        Ok(meta) => meta,
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {
                            self.forget();
                            continue 'again;
                        }
                        // Names can be read in a directory in which nothing may be looked at.
                        Err(error) => {
                            unlisted.insert(dir.to_path_buf(), error.kind());
                            break;
                        }
                    };
                    let seen = Seen::from(&meta);
                    if seen.identity.ino != *ino {
                        self.forget();
                        continue 'again;
                    }
                    // A link or a directory is no rotation.
                    if seen.is_file {
                        let wrapping = Wrapping::of(path);
                        siblings.push(Sibling { path: path.clone(), seen, wrapping });
                    }
                }
            }
            return Ok(Visible { files: siblings, unlisted });
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    /// Forgets what was listed: files were renamed since.
    pub(super) fn forget(&mut self) {
        self.listings.clear();
    }

    /// The listing of `dir`. A directory in which files are renamed can show one twice or not at
    /// all, so that only two listings that agree are one.
    fn list(&mut self, dir: &Path) -> io::Result<&Listing> {
        let listing = self.listings.entry(dir.to_path_buf()).or_insert_with(|| {
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

/// Whether a search that failed so is worth beginning again at once: files were renamed under it, or
/// what would tell is still being written.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn list(dir: &Path) -> io::Result<Listing> {
    let name = |entry: fs::DirEntry| (entry.ino(), entry.path());
    let mut listing: Listing =
        fs::read_dir(dir)?.map(|entry| entry.map(name)).collect::<io::Result<_>>()?;
    listing.sort_unstable();
    Ok(listing)
}

impl Sibling {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// `NotFound` also where another file has its name by now.
    pub(super) fn open(&self, unpacking: &Unpacking) -> io::Result<Located> {
        let Wrapping::Known(packing) = self.wrapping else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let (file, seen) = open(&self.path)?;
        if seen.inode() != self.seen.inode() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let body = Body::of(file, &seen, packing, unpacking);
        Ok(Located { body, seen, path: self.path.clone() })
    }
}

/// The file at `path`, if it is the one that is wanted and still holds its content.
///
/// Device numbers change when a machine starts again or is cloned: with another one, what was read
/// must be found in the file.
pub(super) fn locate(
    path: &Path,
    wanted: &Wanted,
    packing: Packing,
    unpacking: &Unpacking,
) -> io::Result<Met> {
    let seen = Seen::from(&fs::metadata(path)?);
    let Wanted { identity, content, .. } = wanted;
    if seen.identity.ino != identity.ino {
        return Ok(Met::Elsewhere);
    }
    let is_same_device = seen.identity.dev == identity.dev;
    if !seen.is_file || is_same_device && are_born_apart(seen.identity, *identity) {
        return Ok(Met::Other);
    }
    let (file, seen) = open(path)?;
    if seen.identity.ino != identity.ino {
        return Ok(Met::Elsewhere);
    }
    let body = Body::of(file, &seen, packing, unpacking);
    let is_unchanged = seen.identity == *identity
        && seen.size == wanted.size
        && Some(seen.modified) == wanted.modified;
    let is_known = is_same_device || content.offset > 0;
    if is_unchanged || is_known && content.is_in(&body)? {
        return Ok(Met::Same(Box::new(Located { body, seen, path: path.to_path_buf() })));
    }
    Ok(Met::Other)
}

/// Whether two files that have one inode were made at different times.
pub(super) fn are_born_apart(a: Identity, b: Identity) -> bool {
    a.born.zip(b.born).is_some_and(|(a, b)| a != b)
}
