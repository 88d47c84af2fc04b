//! What can be seen of a source: whether all that was written to its logs was given out and matched.

use super::Source;
use super::tail::Stream;
use crate::flow::{Sight, SourceId, Timestamp};

impl Source {
    /// What can be seen of `source` as of the last look. What cannot be read at all hides nothing that
    /// could be waited for.
    pub fn sight_of(&self, source: SourceId, now: Timestamp) -> Sight {
        let is_own = |stream: &&Stream| stream.sources.contains(&source);
        let streams = self.streams.values().map(AsRef::as_ref).filter(is_own);
        let mut behind = streams.map(Stream::is_behind).chain(self.feeds.are_behind(source, now));
        if behind.any(|is_behind| is_behind) { Sight::Behind } else { Sight::Clear }
    }
}

impl Stream {
    /// Whether there are lines that can be read and were not matched. A line that its writer has not
    /// ended is none.
    fn is_behind(&self) -> bool {
        let mut held = self.generations.iter().filter(|own| own.is_held() && own.fault.is_none());
        held.any(|own| own.has_more() || own.waiting.is_some())
            || self.carries.deadlines().next().is_some()
    }
}
