//! Settings → the paths to follow: explicit ones, and what the globs find.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use globset::{GlobSet, GlobSetBuilder};

use super::glob::{Pattern, Tree, glob};
use super::settings::{SourceSettings, Start};
use crate::flow::SourceId;

/// How deep a `**` reaches.
const MAX_DEPTH: usize = 32;

/// All that is configured to be followed.
#[derive(Debug)]
pub(super) struct Discover {
    sources: Vec<Entries>,
    listings: HashMap<PathBuf, Listing>,
}

#[derive(Debug)]
struct Entries {
    patterns: Vec<Pattern>,
    exclude: GlobSet,
    start: Start,
    lead_lines: usize,
    olddir: Option<PathBuf>,
    catch_up: Option<Duration>,
}

/// What a directory held when it was last listed.
#[derive(Debug)]
struct Listing {
    /// Its change time with which it was listed, in nanoseconds.
    changed: (i64, i64),
    /// A second listing found nothing new. The first may have come between two changes that one
    /// tick of the file system's clock holds.
    is_settled: bool,
    names: Vec<(OsString, Kind)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    File,
    Directory,
    Link,
}

/// How thorough a walk is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Depth {
    /// Directories that have not changed are not listed again.
    Changed,
    /// Every directory is listed.
    Full,
}

/// Who follows a path, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Interest {
    pub(super) sources: Vec<SourceId>,
    pub(super) start: Start,
    pub(super) lead_lines: usize,
    /// Where rotations are moved to.
    pub(super) olddirs: Vec<PathBuf>,
    /// How old what was written while the agent was down may be; `None`: of any age.
    pub(super) catch_up: Option<Duration>,
    pub(super) is_explicit: bool,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files of globs.
    pub(super) paths: BTreeSet<PathBuf>,
    /// Directories to watch.
    pub(super) directories: BTreeSet<PathBuf>,
    /// Directories that could not be listed: what is in them is unknown, not gone.
    pub(super) errors: BTreeMap<PathBuf, io::Error>,
}

impl Discover {
    /// Takes in the settings; entries that are no globs come back with the reason.
    pub(super) fn new(settings: &[SourceSettings]) -> (Self, Vec<(PathBuf, String)>) {
        let mut errors = Vec::new();
        let sources = settings.iter().map(|source| Entries::new(source, &mut errors)).collect();
        (Self { sources, listings: HashMap::new() }, errors)
    }

    /// The explicit paths.
    pub(super) fn explicit(&self) -> BTreeSet<PathBuf> {
        let patterns = self.sources.iter().flat_map(|source| &source.patterns);
        let path = |pattern: &Pattern| match pattern {
            Pattern::Path(path) => Some(path.clone()),
            Pattern::Glob(_) => None,
        };
        patterns.filter_map(path).collect()
    }

    /// Who follows `path`; `None`: nobody.
    pub(super) fn interest(&self, path: &Path) -> Option<Interest> {
        let mut interest: Option<Interest> = None;
        for (index, source) in self.sources.iter().enumerate() {
            let matching = source.patterns.iter().filter(|pattern| pattern.matches(path));
            let Some(is_explicit) =
                matching.map(|p| matches!(p, Pattern::Path(_))).reduce(|a, b| a | b)
            else {
                continue;
            };
            if source.exclude.is_match(path) {
                continue;
            }
            let all = interest.get_or_insert_with(|| Interest {
                sources: Vec::new(),
                start: Start::End,
                lead_lines: 0,
                olddirs: Vec::new(),
                catch_up: source.catch_up,
                is_explicit: false,
            });
            all.sources.push(SourceId(u32::try_from(index).expect("fewer sources than 2^32")));
            all.lead_lines = all.lead_lines.max(source.lead_lines);
            all.is_explicit |= is_explicit;
            all.catch_up = all.catch_up.zip(source.catch_up).map(|(a, b)| a.max(b));
            let olddir = source.olddir.iter().find(|&dir| !all.olddirs.contains(dir));
            all.olddirs.extend(olddir.cloned());
            if source.start == Start::Begin {
                all.start = Start::Begin;
            }
        }
        interest
    }

    /// Walks the globs.
    pub(super) fn walk(&mut self, depth: Depth) -> Found {
        let mut found = Found::default();
        let mut listings = std::mem::take(&mut self.listings);
        for source in &self.sources {
            for pattern in &source.patterns {
                let mut walk = Walk { pattern, listings: &mut listings, depth, found: &mut found };
                match pattern {
                    Pattern::Path(path) => watch_around(path, walk.found),
                    Pattern::Glob(tree) => walk.enter(tree, &tree.base, 0),
                }
            }
        }
        listings.retain(|path, _| found.directories.contains(path));
        self.listings = listings;
        found
    }
}

impl Entries {
    fn new(settings: &SourceSettings, errors: &mut Vec<(PathBuf, String)>) -> Self {
        let mut keep = |entry: &PathBuf, error: &globset::Error| {
            errors.push((entry.clone(), format!("not a glob: {}; correct it", error.kind())));
        };
        let mut exclude = GlobSetBuilder::new();
        for entry in &settings.exclude {
            match glob(entry) {
                Ok(matcher) => drop(exclude.add(matcher.glob().clone())),
                Err(error) => keep(entry, &error),
            }
        }
        let mut patterns = Vec::new();
        for entry in &settings.files {
            match Pattern::parse(entry) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => keep(entry, &error),
            }
        }
        Self {
            patterns,
            exclude: exclude.build().unwrap_or_else(|_| GlobSet::empty()),
            start: settings.start,
            lead_lines: settings.lead_lines,
            olddir: settings.olddir.clone(),
            catch_up: settings.catch_up,
        }
    }
}

/// The directories in which something can happen to an explicit path: its own and, through a
/// link, its target's; or the nearest that exists.
fn watch_around(path: &Path, found: &mut Found) {
    let nearest = path.ancestors().skip(1).find(|dir| dir.is_dir());
    found.directories.extend(nearest.map(Path::to_path_buf));
    watch_target(path, found);
}

fn watch_target(path: &Path, found: &mut Found) {
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        let target = fs::canonicalize(path).ok();
        found.directories.extend(target.and_then(|target| Some(target.parent()?.to_path_buf())));
    }
}

struct Walk<'a> {
    pattern: &'a Pattern,
    listings: &'a mut HashMap<PathBuf, Listing>,
    depth: Depth,
    found: &'a mut Found,
}

impl Walk<'_> {
    fn enter(&mut self, tree: &Tree, dir: &Path, level: usize) {
        match self.list(dir) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if level == 0 {
                    watch_around(dir, self.found);
                }
                return;
            }
            Err(error) => {
                self.found.errors.insert(dir.to_path_buf(), error);
                return;
            }
        }
        self.found.directories.insert(dir.to_path_buf());
        let mut below = Vec::new();
        for (name, kind) in &self.listings[dir].names {
            let path = dir.join(name);
            if *kind != Kind::Directory && self.pattern.matches(&path) {
                if *kind == Kind::Link {
                    watch_target(&path, self.found);
                }
                self.found.paths.insert(path);
            } else if *kind != Kind::File && level < MAX_DEPTH && tree.enters(name, level) {
                let is_wanted =
                    *kind == Kind::Directory || tree.is_bounded_at(level) && path.is_dir();
                below.extend(is_wanted.then_some(path));
            }
        }
        for path in below {
            self.enter(tree, &path, level + 1);
        }
    }

    /// Sees to it that the listing of `dir` is there and, as far as it goes, new.
    fn list(&mut self, dir: &Path) -> io::Result<()> {
        let meta = fs::metadata(dir)?;
        let changed = (meta.mtime(), meta.mtime_nsec());
        let known = self.listings.get(dir).is_some_and(|listing| listing.changed == changed);
        let is_settled = self.listings.get(dir).is_some_and(|listing| listing.is_settled);
        let is_done = self.found.directories.contains(dir);
        if known && (is_done || is_settled && self.depth == Depth::Changed) {
            return Ok(());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let kind = match entry.file_type()? {
                kind if kind.is_dir() => Kind::Directory,
                kind if kind.is_symlink() => Kind::Link,
                _ => Kind::File,
            };
            names.push((entry.file_name(), kind));
        }
        self.listings.insert(dir.to_path_buf(), Listing { changed, is_settled: known, names });
        Ok(())
    }
}
