//! Globs → the files and directories that are there, entering each directory once a round.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::discover::{Depth, Found};
use super::glob::{Pattern, Tree};
use super::identity::Inode;
use super::links::Way;
use super::watch::inode_of;

/// How deep a `**` reaches.
const MAX_DEPTH: usize = 32;

/// The most directories that one glob enters: links can make a small tree look endless.
const MAX_DIRECTORIES: usize = 65_536;

/// What a directory held when it was last listed.
#[derive(Debug)]
pub(super) struct Listing {
    inode: Inode,
    /// Its change time with which it was listed, in nanoseconds.
    changed: (i64, i64),
    /// A second listing found nothing new. The first may have come between two changes that one
    /// tick of the file system's clock holds.
    is_settled: bool,
    /// It was listed in this walk.
    is_new: bool,
    names: Vec<(OsString, Kind)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    File,
    Directory,
    Link,
}

/// One round through all that is configured.
pub(super) struct Walk {
    /// Listings of earlier walks.
    old: HashMap<PathBuf, Listing>,
    listings: HashMap<PathBuf, Listing>,
    depth: Depth,
    found: Found,
    /// The way to each directory that links may lead to.
    n_entered: usize,
}

impl Walk {
    pub(super) fn new(old: HashMap<PathBuf, Listing>, depth: Depth) -> Self {
        Self { old, listings: HashMap::new(), depth, found: Found::default(), n_entered: 0 }
    }

    /// What is to be kept for the next walk, and what was found.
    pub(super) fn end(mut self) -> (HashMap<PathBuf, Listing>, Found) {
        self.listings.values_mut().for_each(|listing| listing.is_new = false);
        (self.listings, self.found)
    }

    /// Sees to it that whatever happens to `path` is noticed.
    pub(super) fn go_to(&mut self, path: &Path) {
        if let Some(dir) = path.parent() {
            self.note_turns(dir);
            self.watch(dir);
        }
        self.note_hops(path);
    }

    /// Looks for the files of a glob.
    pub(super) fn go_through(&mut self, pattern: &Pattern, tree: &Tree) {
        self.n_entered = 0;
        self.note_turns(&tree.base);
        self.enter(pattern, tree, &tree.base, &mut Vec::new());
    }

    /// Enters `dir`, which lies below the directories of `chain`.
    fn enter(&mut self, pattern: &Pattern, tree: &Tree, dir: &Path, chain: &mut Vec<Inode>) {
        self.n_entered += 1;
        let inode = match self.list(dir) {
            Ok(inode) if self.n_entered <= MAX_DIRECTORIES => inode,
            Ok(_) => {
                let what = "a glob leads to more than 65,536 directories; name fewer of them";
                self.found.errors.insert(tree.base.clone(), io::Error::other(what));
                return;
            }
            Err(error) => return self.note_error(dir, error, chain),
        };
        // A link that leads back to where it lies: what is there has been found.
        if chain.contains(&inode) {
            return;
        }
        self.found.directories.insert(dir.to_path_buf(), inode);
        let level = chain.len();
        chain.push(inode);
        for path in self.matching(pattern, tree, dir, level) {
            self.enter(pattern, tree, &path, chain);
        }
        chain.pop();
    }

    /// Takes the files of `dir` in. Returns the directories that are to be entered.
    fn matching(
        &mut self,
        pattern: &Pattern,
        tree: &Tree,
        dir: &Path,
        level: usize,
    ) -> Vec<PathBuf> {
        let Some(listing) = self.listings.get(dir) else { return Vec::new() };
        let (mut below, mut links) = (Vec::new(), Vec::new());
        for (name, kind) in &listing.names {
            // What was found before is known.
            if *kind == Kind::File && !listing.is_new && self.depth == Depth::Changed {
                continue;
            }
            let enters = *kind != Kind::File && level < MAX_DEPTH && tree.enters(name, level);
            let path = dir.join(name);
            match kind {
                Kind::Directory if enters => below.push(path),
                Kind::File if pattern.matches(&path) => drop(self.found.paths.insert(path)),
                Kind::Directory | Kind::File => {}
                Kind::Link => links.push((path, enters)),
            }
        }
        for (path, enters) in links {
            let is_match = pattern.matches(&path);
            if !enters && !is_match {
                continue;
            }
            let target = fs::metadata(&path);
            let is_dir = target.as_ref().is_ok_and(fs::Metadata::is_dir);
            if enters && (is_dir || target.is_err()) {
                self.note_turns(&path);
            }
            if enters && is_dir {
                below.push(path);
            } else if is_match && !is_dir {
                self.note_hops(&path);
                self.found.paths.insert(path);
            }
        }
        below
    }

    fn note_error(&mut self, dir: &Path, error: io::Error, chain: &[Inode]) {
        // A link below a `**` may lead nowhere, to a file or to itself.
        let is_circle = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        let is_absent = is_circle
            || matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        if !is_absent {
            self.watch(dir);
            if chain.is_empty() {
                dir.parent().into_iter().for_each(|dir| self.watch(dir));
            }
            self.found.errors.insert(dir.to_path_buf(), error);
        }
    }

    /// Notes the names on the way to the log `path`, if links lead elsewhere.
    fn note_hops(&mut self, path: &Path) {
        let way = Way::of(path);
        if way.end.as_deref() == Some(path) {
            return;
        }
        way.end.as_deref().and_then(Path::parent).into_iter().for_each(|dir| self.watch(dir));
        for name in way.turns.into_iter().chain(way.end) {
            self.watch_around(&name);
            self.found.hops.entry(name).or_default().push(path.to_path_buf());
        }
    }

    /// Notes the names on the way to the directory `path`: a directory that is removed tells nothing
    /// of it itself, as long as a file of it is held.
    fn note_turns(&mut self, path: &Path) {
        let way = Way::of(path);
        for name in way.turns.into_iter().chain(way.steps) {
            if !self.found.turns.contains(&name) {
                self.watch_around(&name);
                self.found.turns.insert(name);
            }
        }
    }

    fn watch_around(&mut self, name: &Path) {
        if let Some(dir) = name.parent()
            && !self.found.around.contains_key(dir)
            && let Some(inode) = inode_of(dir)
        {
            self.found.around.insert(dir.to_path_buf(), inode);
        }
    }

    fn watch(&mut self, dir: &Path) {
        if !self.found.directories.contains_key(dir)
            && let Some(inode) = inode_of(dir)
        {
            self.found.directories.insert(dir.to_path_buf(), inode);
        }
    }

    /// Sees to it that the listing of `dir` is there and, as far as it goes, new.
    fn list(&mut self, dir: &Path) -> io::Result<Inode> {
        if let Some(listing) = self.listings.get(dir) {
            return Ok(listing.inode);
        }
        let meta = fs::metadata(dir)?;
        let inode = Inode { dev: meta.dev(), ino: meta.ino() };
        let changed = (meta.mtime(), meta.mtime_nsec());
        let old = self.old.remove(dir);
        let old = old.filter(|old| old.changed == changed && old.inode == inode);
        let is_settled = old.is_some();
        if let Some(old) = old.filter(|old| old.is_settled && self.depth == Depth::Changed) {
            self.listings.insert(dir.to_path_buf(), old);
            return Ok(inode);
        }
        let names = names(dir)?;
        let listing = Listing { inode, changed, is_settled, is_new: true, names };
        self.listings.insert(dir.to_path_buf(), listing);
        Ok(inode)
    }
}

fn names(dir: &Path) -> io::Result<Vec<(OsString, Kind)>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let kind = match entry.file_type()? {
            kind if kind.is_dir() => Kind::Directory,
            kind if kind.is_symlink() => Kind::Link,
            _ => Kind::File,
        };
        Ok((entry.file_name(), kind))
    };
    fs::read_dir(dir)?.map(entry).collect()
}
