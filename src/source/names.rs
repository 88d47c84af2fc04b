//! What the files of a log are called, and in which directories they lie.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::generation::Generation;
use super::hold::Hold;
use super::tail::Stream;

impl Stream {
    /// Notes the names that rotated files have now: after a restart they are looked for there.
    pub(super) fn trace_names(&mut self) {
        for index in 0..self.generations.len() {
            let is_current = self.is_current(&self.generations[index]);
            let generation = &mut self.generations[index];
            let Some(body) = generation.body() else { continue };
            let seen_at = if is_current {
                Some(Arc::clone(&self.path))
            } else {
                name_of(body.file()).filter(|_| generation.is_linked()).map(Arc::from)
            };
            if is_current {
                generation.current_to = Some(generation.proven.latest());
            }
            let Some(seen_at) = seen_at else { continue };
            if generation.seen_at != seen_at {
                generation.seen_at = Arc::clone(&seen_at);
                generation.is_dirty = true;
                self.learn_olddir(&seen_at);
            }
        }
    }

    /// Takes note of a directory that rotations are moved to, whether or not it is configured: what
    /// is rotated while the agent is down is found there as well.
    pub(super) fn learn_olddir(&mut self, rotation: &Path) {
        /// More than one program is hardly set up to rotate one log.
        const MAX_OLDDIRS: usize = 4;
        let Some(dir) = rotation.parent() else { return };
        let is_known = Some(dir) == self.path.parent() || self.olddirs.iter().any(|own| own == dir);
        // Of a link, the rotations lie beside what it leads to, together with other logs' files.
        let is_link = || fs::symlink_metadata(&self.path).is_ok_and(|meta| meta.is_symlink());
        let has_room = self.olddirs.len() < MAX_OLDDIRS;
        if !is_known && has_room && self.around().is_rotation(rotation) && !is_link() {
            self.olddirs = self.olddirs.iter().cloned().chain([dir.to_path_buf()]).collect();
        }
    }

    /// Whether `path` is named as one of its rotations, where these are not beside it.
    pub(super) fn has_moved_to(&self, path: &Path) -> bool {
        self.olddirs.iter().any(|dir| path.parent() == Some(dir)) && self.around().is_rotation(path)
    }

    /// The directories that its files lie in.
    pub(super) fn dirs(&self) -> impl Iterator<Item = &Path> {
        self.path.parent().into_iter().chain(self.strays())
    }

    /// The directories that files of it lie in which were moved away.
    pub(super) fn strays(&self) -> impl Iterator<Item = &Path> {
        let is_elsewhere = |own: &&Generation| {
            matches!(own.hold, Hold::Open { is_linked: true, .. } | Hold::Closed { .. })
                && own.seen_at.parent() != self.path.parent()
        };
        self.generations.iter().filter(is_elsewhere).filter_map(|own| own.seen_at.parent())
    }
}

/// The path that the system has for an open file, where it tells: right after any rename, into
/// other directories too.
pub(super) fn name_of(file: &File) -> Option<PathBuf> {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    fs::read_link(link).ok().filter(|path| path.is_absolute())
}
