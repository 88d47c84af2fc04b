//! What can be seen of a source: whether all that was written to its logs was given out and matched.

use super::Source;
use super::generation::Generation;
use super::tail::Stream;
use std::path::Path;

use crate::flow::{BlindSpot, Sight, SourceId, StreamState, StreamStatus, Timestamp};

impl Source {
    /// What can be seen of `source` as of the last look. What cannot be read at all hides nothing that
    /// could be waited for.
    pub fn sight_of(&self, source: SourceId, now: Timestamp) -> Sight {
        let is_own = |stream: &&Stream| stream.sources.contains(&source);
        let streams = self.streams.values().map(AsRef::as_ref).filter(is_own);
        streams
            .map(Stream::sight)
            .chain(self.feeds.sights_of(source, now))
            .max()
            .unwrap_or_default()
    }
}

impl Source {
    /// A log of `source` that cannot be read as of the last look. A path that names one log is one even
    /// where nothing is there; of a glob it is enough that it finds any.
    pub fn blind_spot_of(&self, source: SourceId) -> Option<BlindSpot> {
        let is_own = |stream: &&Stream| {
            stream.sources.contains(&source) && stream.is_shown() && !self.feeds.shows(stream.id)
        };
        // One that a glob found may go.
        let may_go = |stream: &Stream, state| {
            !stream.is_explicit && matches!(state, StreamState::Missing | StreamState::NotAFile)
        };
        let mut n_logs = 0;
        for stream in self.streams.values().map(AsRef::as_ref).filter(is_own) {
            let state = stream.state();
            if may_go(stream, state) {
                continue;
            }
            n_logs += 1;
            if !state.is_sighted() {
                return Some(blind_spot(&stream.status()));
            }
        }
        let is_own = |status: &StreamStatus| status.sources.contains(&source);
        for status in self.feeds.statuses().filter(is_own) {
            n_logs += 1;
            if !status.state.is_sighted() {
                return Some(blind_spot(&status));
            }
        }
        let nothing = || BlindSpot { path: Path::new("").into(), why: "no log is there".into() };
        (n_logs == 0).then(nothing)
    }
}

fn blind_spot(status: &StreamStatus) -> BlindSpot {
    let why = if status.why.is_empty() { status.state.as_str() } else { &status.why };
    BlindSpot { path: status.path.clone(), why: why.into() }
}

impl Stream {
    /// Whether there are lines that can be read and were not matched. A line that its writer has not
    /// ended is none.
    fn sight(&self) -> Sight {
        let readable = |own: &&Generation| own.is_held() && own.fault.is_none();
        let mut held = self.generations.iter().filter(readable);
        if held.clone().any(Generation::has_more) {
            Sight::Behind
        } else if held.any(|own| own.waiting.is_some()) || self.carries.deadlines().next().is_some()
        {
            Sight::Settling
        } else {
            Sight::Clear
        }
    }
}
