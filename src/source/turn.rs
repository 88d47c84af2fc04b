//! Whose lines are next: one bounded chunk a turn, newly woken logs first.

use std::mem;

use super::archive::Archive;
use super::catalog::Source;
use super::generation::{SETTLE, Waiting};
use super::identity::Content;
use super::read::{Ending, Lines, MAX_CHUNK, Read};
use super::tail::Stream;
use crate::flow::{Chunk, Events, GenerationId, StreamId, Timestamp};

/// The most turns of newly woken logs between two turns of the others.
const MAX_FRESH_TURNS: u32 = 4;

/// The most bytes that are read in one call without a line to give out.
const MAX_PASSED: u64 = 8 * 1024 * 1024;

/// The most archives that are unpacked at once: each takes up to 10 MiB.
const MAX_UNPACKING: usize = 4;

/// A chunk that is out to be matched.
#[derive(Debug)]
pub(super) struct Given {
    stream: StreamId,
    generation: GenerationId,
    lines: Lines,
    ending: Ending,
}

/// What a turn of one log came to.
enum Turn {
    Lines(Given, Settled),
    /// Nothing to give out now.
    Over,
    /// It passed over bytes, and may have lines behind them.
    Again,
}

/// Whether lines after a chunk are not to be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    No,
}

impl Source {
    /// The next lines to match, at most 1 MiB; `None`: there is nothing to read, or so much was
    /// passed over that all else should have its turn first, and [`deadline`](Self::deadline) is now.
    ///
    /// [`consumed`](Self::consumed) comes before the next call here or to
    /// [`reconcile`](Self::reconcile); a chunk that it does not follow is given out again.
    pub fn next_chunk(&mut self, now: Timestamp) -> Option<Chunk<'_>> {
        self.now = now;
        if let Some(given) = self.given.take() {
            self.wake_stream(given.stream, now);
        }
        let mut n_passed = 0;
        let (given, settled) = loop {
            if n_passed >= MAX_PASSED {
                return None;
            }
            let id = self.next_in_turn()?;
            match self.turn(id, now) {
                Turn::Lines(given, settled) => break (given, settled),
                Turn::Over => {}
                Turn::Again => {
                    n_passed += self.reader.end.saturating_sub(self.reader.start);
                    self.queue_behind(id, now);
                }
            }
        };
        let given = self.given.insert(given);
        let stream = self.streams.get(&given.stream)?;
        let generation = stream.generations.iter().find(|own| own.id == given.generation)?;
        Some(Chunk {
            stream: stream.id,
            generation: generation.id,
            path: &stream.path,
            sources: &stream.sources,
            read_at: now,
            lead: self.reader.slice(&given.lines.lead),
            offset: generation.content.offset,
            bytes: self.reader.slice(&given.lines.bytes),
            events: Events::Lines,
            settled: settled == Settled::Yes,
        })
    }

    /// The log whose turn it is. Those that were woken come first, but not always: else one with
    /// much to read would wait for ever behind many that write all the time.
    fn next_in_turn(&mut self) -> Option<StreamId> {
        if (self.n_fresh_turns >= MAX_FRESH_TURNS || self.fresh.is_empty())
            && let Some(id) = self.rest.pop_front()
        {
            self.n_fresh_turns = 0;
            return Some(id);
        }
        let id = self.fresh.pop_front()?;
        self.n_fresh_turns = self.n_fresh_turns.saturating_add(1);
        Some(id)
    }

    fn turn(&mut self, id: StreamId, now: Timestamp) -> Turn {
        let Some(stream) = self.streams.get_mut(&id) else { return Turn::Over };
        stream.is_queued = false;
        self.touched.insert(id);
        let Some(index) = stream.pick(now) else { return Turn::Over };
        if stream.generations[index].is_to_unpack() && self.n_unpacking() >= MAX_UNPACKING {
            // The next look at it tries again.
            return Turn::Over;
        }
        let Some(stream) = self.streams.get_mut(&id) else { return Turn::Over };
        let has_successor = stream.has_successor(index);
        let generation = &mut stream.generations[index];
        let place = generation.place(stream.lead_lines, has_successor, now);
        let Some(body) = generation.body() else { return Turn::Over };
        let read = self.reader.read(body, &place);
        if read.is_ok() && generation.fault.take().is_some() {
            stream.is_dirty = true;
        }
        let generation = &mut stream.generations[index];
        match read {
            Err(error) => stream.fail(index, error, &mut self.shared, now),
            Ok(Read::Replaced) => stream.restart(index, &mut self.shared, now),
            Ok(Read::Skipped { to, n_cut, is_line_over }) => {
                let skipped = generation.body().map(|body| Content::of(body, to));
                match skipped {
                    Some(Ok(content)) => generation.advance(content),
                    Some(Err(error)) => stream.fail(index, error, &mut self.shared, now),
                    None => {}
                }
                self.count_cut(id, index, n_cut, is_line_over, now);
            }
            Ok(Read::Nothing) => {
                generation.size = generation.size.max(self.reader.end);
                // What the last look saw behind the end is gone: the next look says so.
                generation.idle_to = generation.size;
                generation.waiting = None;
                if place.ending == Ending::Final {
                    stream.close(index, &mut self.shared, now);
                }
                stream.tell(&mut self.shared);
            }
            Ok(Read::Lines(lines)) => {
                generation.size = generation.size.max(self.reader.end);
                let end = place.content.offset + lines.bytes.len() as u64;
                let waiting = generation.waiting.filter(|waiting| waiting.end == end);
                if waiting.is_some_and(|waiting| now < waiting.until) {
                    generation.idle_to = self.reader.end;
                    return Turn::Over;
                }
                let is_due = generation.waiting.is_some_and(|waiting| now >= waiting.until);
                let is_settled = is_due || place.ending == Ending::Final;
                let given =
                    Given { stream: id, generation: generation.id, lines, ending: place.ending };
                return Turn::Lines(given, if is_settled { Settled::Yes } else { Settled::No });
            }
        }
        Turn::Again
    }

    fn n_unpacking(&self) -> usize {
        let generations = self.streams.values().flat_map(|stream| &stream.generations);
        generations.filter(|own| own.archive().is_some_and(Archive::is_unpacking)).count()
    }

    /// Counts bytes of a line that was cut, and reports them once its end is known.
    fn count_cut(&mut self, id: StreamId, index: usize, n_cut: u64, is_over: bool, now: Timestamp) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.is_dirty = true;
        let generation = &mut stream.generations[index];
        generation.n_cut += n_cut;
        if is_over && generation.n_cut > 0 {
            let n_cut = mem::take(&mut generation.n_cut);
            let what = "a line was longer than 256 KiB; what came after that was not matched";
            stream.lose("line-cut", Some(n_cut), what, &mut self.shared, now);
        }
    }

    /// Takes in that the chunk given out last was matched up to `n_consumed` of its bytes: all of
    /// them, or up to a line end because the matcher waits for lines after the last ones. These
    /// are given out again when others follow, or 300 ms later as settled, and then to be taken.
    pub fn consumed(&mut self, n_consumed: usize, now: Timestamp) {
        self.now = now;
        let Some(given) = self.given.take() else { return };
        let Some(stream) = self.streams.get_mut(&given.stream) else { return };
        let own = stream.generations.iter_mut().find(|own| own.id == given.generation);
        let Some(generation) = own else { return };
        let Some(body) = generation.body() else { return };
        let bytes = self.reader.slice(&given.lines.bytes);
        let n_consumed = n_consumed.min(bytes.len());
        let begin = generation.content.offset;
        let end = begin + bytes.len() as u64;
        let last = bytes[..n_consumed].last();
        let is_fragment = last.is_some_and(|&byte| byte != b'\n') && given.ending == Ending::Final;
        let content = self.reader.content_at(body, generation.content, begin + n_consumed as u64);
        if last.is_some() {
            generation.is_fragment_out = is_fragment;
            let read = self.reader.slice_to(content.offset);
            generation.anchors.follow(&generation.content, content.offset, read);
        }
        generation.advance(content);
        generation.idle_to = if given.lines.has_more { content.offset } else { self.reader.end };
        // A full chunk of which nothing is taken has no room for the lines that are waited for.
        let is_stuck = n_consumed == 0 && bytes.len() + super::MAX_LINE > MAX_CHUNK;
        // Lines that come meanwhile do not put it off: one after the other, they could do so for long.
        let since = generation.waiting.filter(|_| n_consumed == 0);
        let until = since.map_or(now + SETTLE, |waiting| waiting.until);
        let until = if is_stuck { now } else { until };
        generation.waiting = (content.offset < end).then_some(Waiting { end, until });
        stream.is_dirty = true;
        stream.let_go(&mut self.shared, now);
        self.touched.insert(given.stream);
        self.queue_behind(given.stream, now);
    }

    /// Queues a log that was woken, if it has something to read.
    pub(super) fn wake_stream(&mut self, id: StreamId, now: Timestamp) {
        self.touched.insert(id);
        if self.needs_turn(id, now) {
            self.fresh.push_back(id);
        }
    }

    /// Queues a log behind those that have not had their turn.
    fn queue_behind(&mut self, id: StreamId, now: Timestamp) {
        if self.needs_turn(id, now) {
            self.rest.push_back(id);
        }
    }

    /// Whether a log is to be queued now. Notes it if it is to be later.
    fn needs_turn(&mut self, id: StreamId, now: Timestamp) -> bool {
        let Some(stream) = self.streams.get_mut(&id) else { return false };
        if stream.settles_at().is_some() {
            self.settling.insert(id);
        }
        if stream.is_queued || stream.pick(now).is_none() {
            return false;
        }
        stream.is_queued = true;
        true
    }

    /// Queues the logs whose lines have waited long enough for others.
    pub(super) fn wake_settled(&mut self, now: Timestamp) {
        let settles_at = |id: &StreamId| self.streams.get(id).and_then(Stream::settles_at);
        let due = |id: &&StreamId| settles_at(id).is_none_or(|at| at <= now);
        let due: Vec<_> = self.settling.iter().filter(due).copied().collect();
        for id in due {
            self.settling.remove(&id);
            self.wake_stream(id, now);
        }
    }
}
