//! How sure it is that events come from a directory: where they do not, it is polled.

use std::path::Path;

use super::Watch;

/// How often a file must have grown without an event before its directory counts as one without.
pub(super) const MAX_SILENT: u32 = 2;

/// How sure it is that events come from a directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::source) enum Trust {
    /// None came yet, or one that should have come did not.
    Unproven,
    /// Some came.
    Proven,
    /// Its file system tells of every write, and none was missed.
    Certain,
}

impl Watch {
    /// Whether no events come from the directory `path`.
    pub(in crate::source) fn is_blind_at(&self, path: &Path) -> bool {
        self.watcher.is_none() || !self.blind.is_empty() && self.blind.contains(path)
    }

    /// Whether some directory gives no events, so that globs are polled.
    pub(in crate::source) fn is_blind(&self) -> bool {
        self.watcher.is_none() || !self.blind.is_empty()
    }

    /// How sure it is that events come from the directory `path`.
    pub(in crate::source) fn trust_at(&self, path: &Path) -> Trust {
        let Some(inode) = self.wanted.get(path) else { return Trust::Unproven };
        match self.watched.get(inode) {
            None => Trust::Unproven,
            Some(_) if self.is_blind_at(path) => Trust::Unproven,
            Some(spot) if self.n_silent.contains_key(inode) => spot.trust.min(Trust::Proven),
            Some(spot) => spot.trust,
        }
    }

    /// Takes note that an event came from the directory `path` when a file in it grew.
    pub(in crate::source) fn note_event(&mut self, path: &Path) {
        let spot = self.by_path.get(path).and_then(|inode| self.watched.get_mut(inode));
        if let Some(spot) = spot {
            spot.trust = spot.trust.max(Trust::Proven);
        }
    }

    /// Takes note that a file in the directory `path` grew without an event. Where this happens
    /// again, no events come from it, whatever the system says: it is polled from then on.
    pub(in crate::source) fn note_silence(&mut self, path: &Path) {
        let Some(&inode) = self.wanted.get(path) else { return };
        let n_silent = self.n_silent.entry(inode).or_default();
        *n_silent += 1;
        if *n_silent >= MAX_SILENT {
            let same = self.wanted.iter().filter(|(_, own)| **own == inode);
            self.blind.extend(same.map(|(path, _)| path.clone()));
        }
    }
}
