//! What can be seen of a source: whether all that was written to its logs was given out and matched.

use super::Source;
use super::generation::Generation;
use super::tail::Stream;
use crate::flow::{Sight, SourceId, Timestamp};

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
