//! What a log tells about itself: its state, its problem, what it lost.

use std::io;
use std::sync::Arc;

use super::changes::Problem;
use super::tail::{AtPath, Shared, Stream};
use crate::flow::{Loss, Mode, StreamState, StreamStatus, Timestamp};

impl Stream {
    /// Its state, for `status` and metrics.
    pub(super) fn status(&self) -> StreamStatus {
        let held = self.generations.iter().rfind(|generation| generation.is_held());
        let current = held.or_else(|| self.generations.last().filter(|_| self.is_at_path()));
        StreamStatus {
            stream: self.id,
            path: Arc::clone(&self.path),
            sources: Arc::clone(&self.sources),
            state: self.state(),
            offset: current.map_or(0, |generation| generation.content.offset),
            size: current.map_or(0, |generation| generation.size),
            generation: current.map(|generation| generation.id),
            mode: Mode::Events,
            why: self.describe().unwrap_or_default(),
        }
    }

    fn state(&self) -> StreamState {
        let mut held = self.generations.iter().filter(|generation| generation.is_held());
        match &self.at_path {
            _ if self.is_crowded_out() => StreamState::Failing,
            AtPath::NotAFile => StreamState::NotAFile,
            AtPath::Error(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                StreamState::Denied
            }
            AtPath::Error(_) => StreamState::Failing,
            AtPath::Nothing if !held.clone().any(super::generation::Generation::is_linked) => {
                StreamState::Missing
            }
            AtPath::Own(_) | AtPath::Taken | AtPath::Nothing => {
                if held.clone().any(|generation| generation.fault.is_some()) {
                    StreamState::Failing
                } else if held.any(super::generation::Generation::has_more) {
                    StreamState::Reading
                } else {
                    StreamState::Following
                }
            }
        }
    }

    /// Whether it has anything to show: a log that a glob found goes with its file.
    pub(super) fn is_shown(&self) -> bool {
        self.is_explicit
            || self.is_at_path()
            || self.generations.iter().any(super::generation::Generation::is_held)
    }

    fn is_at_path(&self) -> bool {
        matches!(self.at_path, AtPath::Own(_))
    }

    /// Reports what is wrong, once; a log of a glob only where a file is there.
    pub(super) fn tell(&mut self, shared: &mut Shared) {
        shared.slots.is_told &= !shared.slots.has_plenty();
        if self.is_crowded_out() {
            // One sentence for all of them.
            if !std::mem::replace(&mut shared.slots.is_told, true) {
                let what = shared.slots.complaint();
                shared.changes.problems.push(Problem { path: Arc::clone(&self.path), what });
            }
            self.is_dirty |= self.told != Some(StreamState::Failing);
            return;
        }
        let problem = self.describe();
        if problem != self.problem
            && let Some(what) = problem.clone()
        {
            shared.changes.problems.push(Problem { path: Arc::clone(&self.path), what });
        }
        self.problem = problem;
        if self.told != Some(self.state()) {
            self.is_dirty = true;
        }
    }

    fn describe(&self) -> Option<String> {
        let first = |kind: &str| format!("{kind}; it is read from its first line once it appears");
        match self.state() {
            StreamState::Missing if !self.is_explicit => None,
            StreamState::Missing if self.generations.is_empty() => {
                Some(first("there is no such file"))
            }
            StreamState::Missing => Some(first("the file was removed")),
            StreamState::NotAFile => {
                let what = "this is a directory or a device, not a file; name a file, or a glob of \
                            files as in `/var/log/app/*.log`";
                Some(what.into())
            }
            StreamState::Denied => {
                Some("the agent may not read it; give its user read permission".into())
            }
            StreamState::Failing => Some(format!("{}; it is tried again", self.failure()?)),
            StreamState::Following | StreamState::Reading => None,
        }
    }

    fn failure(&self) -> Option<&io::Error> {
        match &self.at_path {
            AtPath::Error(error) => Some(error),
            _ => self
                .generations
                .iter()
                .find_map(|generation| Some(&generation.fault.as_ref()?.error)),
        }
    }

    /// Takes in that reading a generation failed.
    pub(super) fn fail(
        &mut self,
        index: usize,
        error: io::Error,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        self.generations[index].fail(error, now);
        self.tell(shared);
    }

    /// Reports bytes that were not matched.
    pub(super) fn lose(
        &self,
        kind: &'static str,
        bytes: Option<u64>,
        what: &str,
        shared: &mut Shared,
        now: Timestamp,
    ) {
        let (path, what) = (Arc::clone(&self.path), what.to_owned());
        shared.changes.losses.push(Loss { at: now, path, kind, bytes, what });
    }

    /// Hands over what is to be committed of it.
    pub(super) fn take_changes(&mut self, shared: &mut Shared, now: Timestamp) {
        for generation in &mut self.generations {
            if std::mem::take(&mut generation.is_dirty) {
                let checkpoint = generation.checkpoint(self.id, &self.path, now);
                shared.changes.checkpoints.push(checkpoint);
            }
        }
        let status = self.status();
        if self.told != Some(status.state) {
            self.told = Some(status.state);
            shared.changes.statuses.push(status);
        }
        self.is_dirty = false;
    }
}
