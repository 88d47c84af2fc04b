//! What a log tells about itself: its state, its problem, what it lost.

use std::io;
use std::sync::Arc;

use super::changes::Problem;
use super::decoding::too_long;
use super::generation::Fault;
use super::tail::{AtPath, Shared, Stream};
use crate::flow::{Loss, Memo, Mode, StreamState, StreamStatus, Timestamp};

/// What was reported of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    state: StreamState,
    mode: Mode,
    why: Option<String>,
}

impl Stream {
    /// Its state, for `status` and metrics.
    pub(super) fn status(&self) -> StreamStatus {
        let mut held = self.generations.iter().filter(|own| own.is_held());
        // The one that is read now: older ones come first, as far as they have something.
        let unread = held.clone().find(|own| own.size > own.idle_to);
        let current = unread
            .or_else(|| held.next_back())
            .or_else(|| self.generations.last().filter(|_| self.is_at_path()));
        StreamStatus {
            stream: self.id,
            path: Arc::clone(&self.path),
            sources: Arc::clone(&self.sources),
            state: self.state(),
            offset: current.map_or(0, |generation| generation.content.offset),
            size: current.map_or(0, |generation| generation.size),
            generation: current.map(|generation| generation.id),
            mode: self.mode,
            why: self.why().unwrap_or_default(),
        }
    }

    pub(super) fn state(&self) -> StreamState {
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
            AtPath::Own(_) | AtPath::Taken | AtPath::Fifo(_) | AtPath::Nothing => {
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

    /// Whether it was found by a glob, at a path that leads nowhere now, and never had a file.
    pub(super) fn is_without_file(&self) -> bool {
        !self.is_explicit && self.generations.is_empty() && matches!(self.at_path, AtPath::Nothing)
    }

    pub(super) fn is_at_path(&self) -> bool {
        matches!(self.at_path, AtPath::Own(_))
    }

    /// Reports what is wrong, once; a log of a glob only where a file is there.
    pub(super) fn tell(&mut self, shared: &mut Shared) {
        if self.is_crowded_out() {
            // One sentence for all of them.
            if !std::mem::replace(&mut shared.slots.is_told, true) {
                let what = shared.slots.complaint();
                shared.changes.complain(Problem { path: Arc::clone(&self.path), what });
            }
            return;
        }
        let problem = self.describe();
        if problem != self.problem
            && let Some(what) = problem.clone()
        {
            shared.changes.complain(Problem { path: Arc::clone(&self.path), what });
        }
        self.problem = problem;
    }

    /// Whether what was reported last is still so.
    fn is_told(&self) -> bool {
        self.told.as_ref().is_some_and(|told| {
            told.state == self.state() && told.mode == self.mode && told.why == self.why()
        })
    }

    /// Why it is not read, and when it is tried again.
    fn why(&self) -> Option<String> {
        if self.is_crowded_out() {
            let what = "no descriptor is free for it; raise LimitNOFILE";
            return Some(what.into());
        }
        if self.state() != StreamState::Failing {
            return self.describe().or_else(|| self.blind_spot());
        }
        let fault = self.generations.iter().find_map(|own| own.fault.as_ref());
        match (&self.at_path, fault) {
            (AtPath::Error(error), _) => Some(format!("{error}; it is tried again every 5s")),
            (_, Some(Fault { error, backoff, .. })) => {
                Some(format!("{error}; it is tried again in {}s", backoff.as_secs()))
            }
            (_, None) => None,
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
            StreamState::Following | StreamState::Reading | StreamState::Ended => None,
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
        shared.changes.lose(Loss { at: now, path, kind, bytes, what });
    }

    /// Reports what was passed over of a line that was cut, now that it ended.
    pub(super) fn report_cut(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        let n_cut = std::mem::take(&mut self.generations[index].n_cut);
        if n_cut > 0 {
            let what = too_long(self.reading.max_line);
            self.lose(Loss::LINE_CUT, Some(n_cut), &what, shared, now);
        }
    }

    /// Hands over what is to be committed of it.
    pub(super) fn take_changes(&mut self, shared: &mut Shared, now: Timestamp) {
        for generation in &mut self.generations {
            if std::mem::take(&mut generation.is_dirty) {
                let checkpoint = generation.checkpoint(self.id, &self.path, now);
                shared.changes.checkpoints.push(checkpoint);
            }
        }
        if let Some(text) = self.carries.take_text() {
            let (stream, path) = (self.id, Arc::clone(&self.path));
            shared.changes.memos.push(Memo { stream, path, text });
        }
        if matches!(self.at_path, AtPath::Fifo(_)) {
            // Its feed tells how it is doing.
            self.told = None;
            return;
        }
        if !self.is_told() {
            self.told = Some(Told { state: self.state(), mode: self.mode, why: self.why() });
            shared.changes.statuses.push(self.status());
        }
    }
}
