//! What the globs find, and whose it is: a new log, another name of one, a rotation, a copy.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::body::{Body, open};
use super::catalog::{Era, Source};
use super::catch_up::Strangers;
use super::changes::Problem;
use super::discover::{Depth, Found};
use super::generation::Generation;
use super::identity::Seen;
use super::rotation::{rotated, unpacked};
use super::tail::{AtPath, Begin, Look, Stream};
use super::watch::{Followed, Watching, inode_of};
use crate::flow::{StreamId, Timestamp};

/// How often globs are looked at, where events come; and where they do not.
const SCAN: Duration = Duration::from_secs(10);
const BLIND_SCAN: Duration = Duration::from_secs(1);
/// How often every directory is listed, even if it seems unchanged.
pub(super) const FULL_SCAN: Duration = Duration::from_mins(1);
impl Source {
    /// Looks for files that came and went.
    pub(super) fn scan(&mut self, depth: Depth, now: Timestamp) {
        let found = self.walk(depth, now);
        self.reclaim(now);
        self.revisit(depth, now);
        self.take_in(found, now);
        self.seek_missing(now);
        self.forget(now);
        self.scanned_at = now;
        self.next_scan = now + self.scan_interval();
        if depth == Depth::Full {
            self.next_full_scan = now + FULL_SCAN;
        }
    }

    /// The scan that is due by time. Where events alone are to do, it is none, but what goes by time
    /// alone is done.
    pub(super) fn scan_due(&mut self, now: Timestamp) -> Option<Depth> {
        let depth = match now {
            _ if now >= self.next_full_scan => Depth::Full,
            _ if now >= self.next_scan => Depth::Changed,
            _ => return None,
        };
        if self.watch.watching() != Watching::Events {
            return Some(depth);
        }
        self.reclaim(now);
        self.revisit(Depth::Changed, now);
        for path in std::mem::take(&mut self.doubtful) {
            self.take_in_path(&path, now);
        }
        self.forget(now);
        self.next_scan = now + SCAN;
        self.next_full_scan = now + FULL_SCAN;
        None
    }

    /// Walks the globs; again where a watch was added, for what came before it was there.
    pub(super) fn walk(&mut self, depth: Depth, now: Timestamp) -> Found {
        /// New directories may hold new directories; events tell of those that come later.
        const MAX_ROUNDS: usize = 4;
        let mut found = self.discover.walk(depth);
        for _ in 0..MAX_ROUNDS {
            let mut directories = found.directories.clone();
            for dir in self.streams.values().flat_map(|stream| stream.strays()) {
                if !directories.contains_key(dir)
                    && let Some(inode) = inode_of(dir)
                {
                    directories.insert(dir.to_path_buf(), inode);
                }
            }
            let names = found.hops.keys().chain(&found.turns).cloned().collect();
            self.watch.narrow(&directories, &found.around, names);
            for (path, inode) in &found.around {
                directories.entry(path.clone()).or_insert(*inode);
            }
            if self.watch.follow(directories, now) == Followed::Same {
                break;
            }
            found = self.discover.walk(Depth::Full);
        }
        if let Some(what) = self.watch.take_trouble() {
            let path = found.directories.keys().next().cloned().unwrap_or_default();
            self.shared.changes.complain(Problem { path: path.into(), what });
        }
        self.hops = std::mem::take(&mut found.hops);
        self.turns = std::mem::take(&mut found.turns);
        found
    }

    pub(super) fn take_in(&mut self, found: Found, now: Timestamp) {
        let (known, new): (Vec<_>, Vec<_>) =
            found.paths.into_iter().partition(|path| self.by_path.contains_key(&**path));
        for path in &known {
            self.seek(path, now);
        }
        let new = new.into_iter().chain(std::mem::take(&mut self.doubtful));
        let is_link =
            |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
        let (links, files): (BTreeSet<_>, BTreeSet<_>) = new.partition(is_link);
        // A file that has several names is followed under its own.
        for path in files.iter().chain(&links) {
            self.take_in_path(path, now);
        }
        for (path, error) in &found.errors {
            if self.unlisted.get(path) != Some(&error.kind()) {
                let what = format!("{error}; let the agent's user list this directory");
                self.shared.changes.complain(Problem { path: path.as_path().into(), what });
            }
        }
        self.unlisted =
            found.errors.into_iter().map(|(path, error)| (path, error.kind())).collect();
    }

    /// Looks at the configured paths that nothing was at: their directories may be new.
    fn seek_missing(&mut self, now: Timestamp) {
        for path in self.discover.explicit() {
            self.seek(&path, now);
        }
    }

    /// Looks at the log `path`, if nothing was there.
    fn seek(&mut self, path: &Path, now: Timestamp) {
        let id = self.by_path.get(path).copied();
        let stream = id.and_then(|id| self.streams.get(&id));
        if let Some(stream) = stream.filter(|stream| matches!(stream.at_path, AtPath::Nothing)) {
            self.look(stream.id, now);
        }
    }

    /// Takes in a path that is not followed under this name.
    pub(super) fn take_in_path(&mut self, path: &Path, now: Timestamp) {
        match self.settle(None, path, now) {
            Look::Free(_) | Look::Known(AtPath::Fifo(_)) => self.adopt(path, now),
            Look::Known(AtPath::Own(inode)) => {
                if let Some(owner) = self.shared.owners.get(&inode).copied() {
                    self.join(path, owner.stream);
                    self.look(owner.stream, now);
                }
            }
            Look::Known(AtPath::Taken) => {
                // A copy, or the beginning of one; it may turn out to be a log of its own.
                self.doubtful.insert(path.to_path_buf());
            }
            Look::Known(_) => {}
        }
    }

    /// What `path` leads to, for the log `id`, once the logs that it may be a rotation of have had
    /// the chance to lay claim to the file: it may be one of theirs, or a copy.
    pub(super) fn settle(&mut self, id: Option<StreamId>, path: &Path, now: Timestamp) -> Look {
        let look = self.classify(id, path, now);
        let logs: Vec<_> = match look {
            Look::Free(_) => {
                let beside = rotated(&unpacked(path))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .filter_map(|log| self.by_path.get(&*log).copied());
                // To ask each of many logs for each of many files takes long: not for nothing.
                let has_olddirs = self.discover.has_olddirs();
                let all = has_olddirs.then(|| self.streams.values()).into_iter().flatten();
                let elsewhere = all.filter(|log| log.has_moved_to(path));
                beside.chain(elsewhere.map(|log| log.id)).collect()
            }
            Look::Known(_) => return look,
        };
        if logs.is_empty() {
            return look;
        }
        // A look at each of them asks those that it may be a rotation of in turn. What nobody takes
        // is so with all of them: each is asked once, or a chain of names would take for ever.
        let is_first = self.asked.is_none();
        self.asked.get_or_insert_default().extend(id);
        for &log in &logs {
            if self.asked.as_mut().is_some_and(|asked| asked.insert(log)) {
                self.look(log, now);
            }
        }
        if is_first {
            self.asked = None;
        }
        let look = self.classify(id, path, now);
        let Look::Free(seen) = &look else { return look };
        let Ok(body) = open(path).map(|(file, _)| Body::Plain(file)) else { return look };
        let mut logs = logs.iter().filter_map(|id| self.streams.get(id));
        let is_copy = logs.any(|log| log.is_copied_in(&body, seen, now));
        if is_copy { Look::Known(AtPath::Taken) } else { look }
    }

    /// Adds the sources of `path` to the log that the file at it already belongs to, if it is that
    /// log's current file: it has two names, and the rules for either apply.
    pub(super) fn join(&mut self, path: &Path, id: StreamId) {
        let (Some(stream), Some(interest)) =
            (self.streams.get_mut(&id), self.discover.interest(path))
        else {
            return;
        };
        let has_both = |own: &Path| {
            let inode = |path| fs::metadata(path).map(|meta| Seen::from(&meta).inode());
            inode(own).ok().is_some_and(|own| inode(path).is_ok_and(|other| own == other))
        };
        if interest.sources.iter().all(|id| stream.sources.contains(id)) || !has_both(&stream.path)
        {
            return;
        }
        let mut sources = [&stream.sources[..], &interest.sources].concat();
        sources.sort_unstable();
        sources.dedup();
        stream.sources = sources.into();
        stream.lead_lines = stream.lead_lines.max(interest.lead_lines);
    }

    /// Begins to follow `path`.
    pub(super) fn adopt(&mut self, path: &Path, now: Timestamp) {
        let Some(interest) = self.discover.interest(path) else { return };
        let begin = match (&self.era, fs::metadata(path)) {
            (Era::Running, _) => Begin::Zero,
            (Era::Restart { missing, .. }, _) if missing.contains(path) => Begin::Zero,
            (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => Begin::Zero,
            (_, Ok(meta)) if !meta.is_file() => Begin::Zero,
            (Era::First, _) | (_, Err(_)) => Begin::Start(interest.start),
            (Era::Restart { last_up, known, .. }, Ok(meta)) => {
                let seen = Seen::from(&meta);
                let is_known = interest.sources.iter().any(|source| known.contains(source));
                let since = last_up.as_millis().saturating_mul(1_000_000);
                let is_new = seen.identity.born.is_some_and(|born| born > since);
                if is_new || is_known && !interest.is_explicit {
                    Begin::Zero
                } else {
                    Begin::Start(interest.start)
                }
            }
        };
        let id = self.shared.next_stream;
        self.shared.next_stream = StreamId(id.0 + 1);
        let mut stream = Stream::new(id, path.into(), begin);
        let nanos = |at: Timestamp| at.as_millis().saturating_mul(1_000_000);
        stream.strangers = match &self.era {
            Era::First => Strangers::All,
            Era::Restart { last_up, .. } => Strangers::Older(nanos(*last_up)),
            Era::Running => Strangers::Older(nanos(self.scanned_at)),
        };
        self.insert(stream);
        self.look(id, now);
    }

    pub(super) fn scan_interval(&self) -> Duration {
        if self.watch.is_blind() { BLIND_SCAN } else { SCAN }
    }

    /// Looks for the files of stored positions that were not found yet.
    pub(super) fn reclaim(&mut self, now: Timestamp) {
        for stream in self.streams.values_mut() {
            if stream.generations.iter().any(Generation::is_sought) {
                let n_put_off = self.shared.unpacking.n_put_off();
                stream.reclaim(&mut self.shared, now);
                if self.shared.unpacking.n_put_off() != n_put_off {
                    self.put_off.insert(stream.id);
                }
                self.touched.insert(stream.id);
            }
        }
    }
}
