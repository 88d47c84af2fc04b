//! What was written while the agent was down, and is older than wanted: passed over, and counted.

use std::io;

use super::catalog::Source;
use super::generation::Generation;
use super::identity::Content;
use super::read::last_line_end;
use super::tail::{Shared, Stream};
use crate::flow::{Loss, Timestamp};

impl Source {
    /// Passes over whole files that were last written before what `catch_up` allows.
    pub(super) fn skip_old(&mut self, now: Timestamp) {
        for stream in self.streams.values_mut() {
            let Some(catch_up) = stream.catch_up else { continue };
            let since = (now - catch_up).as_millis().saturating_mul(1_000_000);
            for index in 0..stream.generations.len() {
                if stream.generations[index].is_older(since) {
                    stream.skip(index, &mut self.shared, now);
                }
            }
            self.touched.insert(stream.id);
        }
    }
}

impl Stream {
    fn skip(&mut self, index: usize, shared: &mut Shared, now: Timestamp) {
        let path = self.generations[index].seen_at.display().to_string();
        let what = format!("`{path}` was written longer ago than `catch_up` says");
        if self.generations[index].packed.is_some() {
            self.close(index, shared, now);
            return self.lose(Loss::SKIPPED, None, &what, shared, now);
        }
        let offset = self.generations[index].content.offset;
        match self.end_of(index) {
            Ok(content) if content.offset > offset => {
                self.generations[index].advance(content);
                // What was begun before does not go on behind what is left out.
                self.carries.forget(self.generations[index].id);
                let n_bytes = content.offset - offset;
                self.lose(Loss::SKIPPED, Some(n_bytes), &what, shared, now);
            }
            Ok(_) => {}
            Err(error) => self.fail(index, error, shared, now),
        }
    }

    /// What there is up to the end of a file; of the current one, up to its last line end.
    fn end_of(&self, index: usize) -> io::Result<Content> {
        let generation = &self.generations[index];
        let Some(body) = generation.body() else { return Ok(generation.content) };
        if !self.is_current(generation) {
            return Content::of(body, generation.size);
        }
        let unit = self.reading.dialect(body)?.decoder.unit;
        Content::of(
            body,
            last_line_end(body, generation.size, unit)?.max(generation.content.offset),
        )
    }
}

impl Generation {
    /// Whether it is held, has something to read, and was last written before `since`.
    fn is_older(&self, since: i64) -> bool {
        self.is_held() && self.modified < since && self.has_more()
    }
}
