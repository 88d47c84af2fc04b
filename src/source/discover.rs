//! Settings → the paths to follow: explicit ones, and what the globs find.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use globset::{GlobSet, GlobSetBuilder};

use super::dialect::Reading;
use super::glob::{Pattern, glob};
use super::identity::Inode;
use super::settings::{SourceSettings, Start};
use super::walk::{Listing, Walk};
use crate::flow::SourceId;

/// All that is configured to be followed.
#[derive(Debug)]
pub(super) struct Discover {
    sources: Vec<Entries>,
    listings: HashMap<PathBuf, Listing>,
}

#[derive(Debug)]
struct Entries {
    name: Arc<str>,
    patterns: Vec<Pattern>,
    exclude: GlobSet,
    start: Start,
    lead_lines: usize,
    reading: Reading,
    olddir: Option<PathBuf>,
    catch_up: Option<Duration>,
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
    /// As the first of the sources wants it that wants anything but bytes as they are.
    pub(super) reading: Reading,
    pub(super) is_explicit: bool,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files of globs, in the directories that were listed anew.
    pub(super) paths: BTreeSet<PathBuf>,
    /// Directories to watch, with what they are.
    pub(super) directories: BTreeMap<PathBuf, Inode>,
    /// Directories of which only the names in `hops` and `turns` count.
    pub(super) around: BTreeMap<PathBuf, Inode>,
    /// Names on the way from a log's path to its file, where links lead elsewhere: what happens
    /// to one of them happens to these logs.
    pub(super) hops: HashMap<PathBuf, Vec<PathBuf>>,
    /// Names on the way to directories: what happens to one of them happens to all below.
    pub(super) turns: BTreeSet<PathBuf>,
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

    /// Whether no path or glob is followed.
    pub(super) fn is_empty(&self) -> bool {
        self.sources.iter().all(|source| source.patterns.is_empty())
    }

    /// Whether rotations of any log are moved to a directory of their own.
    pub(super) fn has_olddirs(&self) -> bool {
        self.sources.iter().any(|source| source.olddir.is_some())
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
                reading: source.reading.clone(),
                is_explicit: false,
            });
            all.sources.push(SourceId(u32::try_from(index).expect("fewer sources than 2^32")));
            all.lead_lines = all.lead_lines.max(source.lead_lines);
            all.is_explicit |= is_explicit;
            all.catch_up = all.catch_up.zip(source.catch_up).map(|(a, b)| a.max(b));
            let olddir = source.olddir.iter().find(|&dir| !all.olddirs.contains(dir));
            all.olddirs.extend(olddir.cloned());
            if all.reading == Reading::default() {
                all.reading = source.reading.clone();
            }
            if source.start == Start::Begin {
                all.start = Start::Begin;
            }
        }
        interest
    }

    /// What `interest` in a log comes to where its sources read it in different ways: which two of
    /// them, and what there is to say of it.
    pub(super) fn dispute(&self, interest: &Interest) -> Option<([SourceId; 2], String)> {
        let entries = |id: &SourceId| &self.sources[id.0 as usize];
        let won = *interest.sources.iter().find(|id| entries(id).reading == interest.reading)?;
        let differs = |id: &SourceId| interest.reading.difference(&entries(id).reading);
        let (lost, word) = interest.sources.iter().find_map(|id| Some((*id, differs(id)?)))?;
        let (winner, loser) = (&entries(&won).name, &entries(&lost).name);
        let what = format!(
            "it is read as `{winner}` says, and `{loser}` has another `{word}`; so is every log \
             that both name: write the same `{word}` in both, or `exclude` the files from one"
        );
        Some(([won, lost], what))
    }

    /// Walks the globs.
    pub(super) fn walk(&mut self, depth: Depth) -> Found {
        let mut walk = Walk::new(std::mem::take(&mut self.listings), depth);
        let mut walked = HashSet::new();
        for pattern in self.sources.iter().flat_map(|source| &source.patterns) {
            // Many rules may name the same files.
            if !walked.insert(pattern.text()) {
                continue;
            }
            match pattern {
                Pattern::Path(path) => walk.go_to(path),
                Pattern::Glob(tree) => walk.go_through(pattern, tree),
            }
        }
        let found;
        (self.listings, found) = walk.end();
        found
    }

    /// Forgets what the directory `path` held: an event told of something in it.
    pub(super) fn doubt(&mut self, path: &Path) {
        self.listings.remove(path);
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
            name: Arc::clone(&settings.name),
            patterns,
            exclude: exclude.build().unwrap_or_else(|_| GlobSet::empty()),
            start: settings.start,
            lead_lines: settings.lead_lines,
            olddir: settings.olddir.clone(),
            catch_up: settings.catch_up,
            reading: settings.into(),
        }
    }
}
