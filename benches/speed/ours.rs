//! Our way: the matcher as the pump drives it.

use std::hint::black_box;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use logbell::flow::{Chunk, Events, GenerationId, Progress, SourceId, StreamId, Timestamp};
use logbell::matcher::{MatchSettings, Matcher, Scanned, Simd};

use crate::log::Log;

/// A matcher and what chunks for it need.
pub(crate) struct Ours {
    matcher: Matcher,
    path: Arc<Path>,
    sources: Arc<[SourceId]>,
    hits: Vec<logbell::flow::Hit>,
}

impl Ours {
    /// One for `rules`, with the instructions of `simd`.
    pub(crate) fn new(rules: Vec<MatchSettings>, simd: Simd) -> Self {
        let matcher = Matcher::with(rules, simd).expect("instructions that were found");
        let path = Arc::from(Path::new("/var/log/app.log"));
        Self { matcher, path, sources: Arc::from([SourceId(0)]), hits: Vec::new() }
    }

    /// Reads `range` of `log` and returns how many lines match.
    pub(crate) fn matching_lines(&mut self, log: &Log, range: &Range<u64>) -> u64 {
        let mut n_lines = 0;
        let mut at = range.start;
        log.read(range, |lines| {
            n_lines += self.scan(lines, at);
            at += lines.len() as u64;
        });
        n_lines
    }

    /// How many of `lines`, which begin at `offset`, match.
    pub(crate) fn scan(&mut self, lines: &[u8], offset: u64) -> u64 {
        let Self { matcher, path, sources, hits } = self;
        let chunk = Chunk {
            stream: StreamId(1),
            generation: GenerationId(1),
            path,
            sources,
            read_at: Timestamp::from_millis(0),
            progress: Progress::Live,
            lead: b"",
            offset,
            bytes: black_box(lines),
            events: Events::Lines,
            settled: true,
        };
        let (mut n_lines, mut from) = (0, 0);
        loop {
            let scanned = matcher.scan(&chunk, from, hits);
            n_lines += hits.chunk_by(|one, next| one.offset == next.offset).count() as u64;
            hits.clear();
            match scanned {
                Scanned::Full { next } => from = next,
                Scanned::All { .. } => return n_lines,
            }
        }
    }
}
