//! Whose lines are next: one bounded chunk a turn, newly woken logs first.

use std::io;

use super::archive::MAX_UNPACKING;
use super::body::Body;
use super::catalog::Source;
use super::decoding::Outcome;
use super::generation::Generation;
use super::give::{Given, Settled};
use super::identity::Content;
use super::next::Next;
use super::read::{Lines, Read};
use super::skip::Skip;
use super::split::Ending;
use super::tail::Stream;
use super::unpacking::{Unpacking, is_put_off};
use crate::flow::{Chunk, GenerationId, StreamId, Timestamp};

/// The most turns of newly woken logs between two turns of the others.
const MAX_FRESH_TURNS: u32 = 4;

/// The most bytes that are read in one call without a line to give out.
const MAX_PASSED: u64 = 8 * 1024 * 1024;

/// What a turn of one log came to.
enum Turn {
    Out(Given),
    /// It is no file, and has lines.
    Feed,
    /// Nothing to give out now.
    Over,
    /// It passed over bytes, and may have lines behind them.
    Again,
}

impl Source {
    /// The next lines to match, about 1 MiB at most; `None`: there is nothing to read, or so much was
    /// passed over that all else should have its turn first, and [`deadline`](Self::deadline) is now.
    ///
    /// [`consumed`](Self::consumed) comes before the next call here or to
    /// [`reconcile`](Self::reconcile); a chunk that it does not follow is given out again.
    pub fn next_chunk(&mut self, now: Timestamp) -> Option<Chunk<'_>> {
        self.now = now;
        if let Some(given) = self.given.take() {
            self.wake_stream(given.stream, now);
        }
        if let Some(id) = self.feeds.take_given() {
            self.wake_stream(id, now);
        }
        let mut n_passed = 0;
        let given = loop {
            if n_passed >= MAX_PASSED {
                return None;
            }
            let id = self.next_in_turn()?;
            match self.turn(id, now) {
                Turn::Out(given) => break given,
                Turn::Feed => return self.feeds.give(id, now),
                Turn::Over => {}
                Turn::Again => {
                    n_passed += self.reader.end.saturating_sub(self.reader.start);
                    self.queue_behind(id, now);
                }
            }
        };
        self.given = Some(given);
        self.chunk(now)
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
        let Some(stream) = self.streams.get_mut(&id) else { return self.turn_feed(id, now) };
        stream.is_queued = false;
        self.touched.insert(id);
        match stream.pick(now) {
            None => self.turn_feed(id, now),
            // The next look at it tries again.
            Some(Next::Read(index)) if !stream.may_unpack(index, &self.shared.unpacking) => {
                Turn::Over
            }
            Some(Next::Read(index)) => self.read_on(id, index, now),
            Some(Next::Kept(generation)) => self.give_kept(id, generation, now),
        }
    }

    /// Reads on in one generation of a log.
    fn read_on(&mut self, id: StreamId, index: usize, now: Timestamp) -> Turn {
        let Some(stream) = self.streams.get_mut(&id) else { return Turn::Over };
        if stream.is_cut_unread(index) {
            stream.observe(index, &mut self.shared, now);
            return Turn::Again;
        }
        match stream.is_copied_away(index, &self.shared, now) {
            Ok(false) => {}
            Ok(true) => {
                stream.restart(index, &mut self.shared, now);
                return Turn::Again;
            }
            Err(_) => return self.put_off(id),
        }
        if stream.skip_old(index, &mut self.shared, now) == Skip::Over {
            return Turn::Again;
        }
        let read = stream.read(index, &mut self.reader, now);
        let generation = &mut stream.generations[index];
        if read.is_ok() {
            generation.fault = None;
        }
        let generation = &mut stream.generations[index];
        match read {
            Err(error) if is_put_off(&error) => return self.put_off(id),
            Err(error) => stream.fail(index, error, &mut self.shared, now),
            Ok((Read::Replaced, _)) => stream.restart(index, &mut self.shared, now),
            Ok((Read::Skipped { to, n_cut, is_line_over }, _)) => {
                let skipped = generation.body().map(|body| Content::of(body, to));
                match skipped {
                    Some(Ok(content)) => generation.advance(content),
                    // It was truncated just now: the next look says so.
                    Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        return Turn::Over;
                    }
                    Some(Err(error)) => {
                        // The same bytes are passed over again with the next try.
                        stream.fail(index, error, &mut self.shared, now);
                        return Turn::Again;
                    }
                    None => {}
                }
                stream.generations[index].n_cut += n_cut;
                if is_line_over {
                    stream.report_cut(index, &mut self.shared, now);
                }
            }
            Ok((Read::Nothing, ending)) => {
                generation.size = generation.size.max(self.reader.end);
                // What the last look saw behind the end is gone: the next look says so.
                generation.idle_to = generation.size;
                generation.reach(generation.size);
                generation.waiting = None;
                stream.on_end(now);
                if ending == Ending::Final {
                    stream.close(index, &mut self.shared, now);
                }
                stream.tell(&mut self.shared);
            }
            Ok((Read::Lines(lines), ending)) => {
                return self.on_lines(id, index, lines, ending, now);
            }
        }
        Turn::Again
    }

    /// Notes that a log's archive is unpacked further with the next turn.
    fn put_off(&mut self, id: StreamId) -> Turn {
        self.put_off.insert(id);
        Turn::Over
    }

    /// Takes in lines that were read: gives them out, unless they wait for others.
    fn on_lines(
        &mut self,
        id: StreamId,
        index: usize,
        lines: Lines,
        ending: Ending,
        now: Timestamp,
    ) -> Turn {
        let Some(stream) = self.streams.get_mut(&id) else { return Turn::Over };
        let generation = &mut stream.generations[index];
        generation.size = generation.size.max(self.reader.end);
        let end = generation.content.offset + lines.bytes.len() as u64;
        let waiting = generation.waiting.filter(|waiting| waiting.end == end);
        if waiting.is_some_and(|waiting| now < waiting.until) {
            generation.idle_to = self.reader.end;
            return Turn::Over;
        }
        let is_due = generation.waiting.is_some_and(|waiting| now >= waiting.until);
        let is_settled = is_due || ending == Ending::Final;
        let settled = if is_settled { Settled::Yes } else { Settled::No };
        let generation = generation.id;
        let (read, desk) = ((lines, ending), (&self.reader, &mut self.desk));
        match stream.decode(index, read, desk, &mut self.shared, now) {
            Outcome::Out(what) => Turn::Out(Given { stream: id, generation, what, settled }),
            Outcome::Waiting => {
                self.note_settling(id, now);
                Turn::Over
            }
            Outcome::Kept => Turn::Again,
        }
    }

    /// Gives out what was kept of lines of a generation, and has waited too long for more.
    fn give_kept(&mut self, id: StreamId, generation: GenerationId, now: Timestamp) -> Turn {
        let Some(stream) = self.streams.get_mut(&id) else { return Turn::Over };
        match stream.settle_kept(generation, &mut self.desk, &mut self.shared, now) {
            Outcome::Out(what) => {
                Turn::Out(Given { stream: id, generation, what, settled: Settled::Yes })
            }
            Outcome::Kept | Outcome::Waiting => Turn::Again,
        }
    }

    fn turn_feed(&mut self, id: StreamId, now: Timestamp) -> Turn {
        let has_lines = self.feeds.begin_turn(id, &mut self.shared.changes, now);
        if has_lines { Turn::Feed } else { Turn::Over }
    }

    /// Queues a log that was woken, if it has something to read.
    pub(super) fn wake_stream(&mut self, id: StreamId, now: Timestamp) {
        self.touched.insert(id);
        if self.needs_turn(id, now) {
            self.fresh.push_back(id);
        }
    }

    /// Queues a log behind those that have not had their turn.
    pub(super) fn queue_behind(&mut self, id: StreamId, now: Timestamp) {
        if self.needs_turn(id, now) {
            self.rest.push_back(id);
        }
    }

    /// Whether a log is to be queued now. Notes it if it is to be later.
    fn needs_turn(&mut self, id: StreamId, now: Timestamp) -> bool {
        self.note_settling(id, now);
        let Some(stream) = self.streams.get_mut(&id) else { return self.feeds.queue(id, now) };
        if stream.is_queued || stream.pick(now).is_none() {
            return self.feeds.queue(id, now);
        }
        stream.is_queued = true;
        true
    }

    /// Notes when lines of a log that wait for others are due next. What is due and still cannot be
    /// read, as it waits for an older file, is seen to with the next look.
    fn note_settling(&mut self, id: StreamId, now: Timestamp) {
        let of_stream = self.streams.get(&id).and_then(|stream| stream.settles_after(now));
        let of_feed = self.feeds.settles_at(id).filter(|at| *at > now);
        if let Some(at) = of_stream.into_iter().chain(of_feed).min() {
            self.settling.insert(id, at);
        }
    }

    /// Queues the logs whose lines have waited long enough for others.
    pub(super) fn wake_settled(&mut self, now: Timestamp) {
        let due: Vec<_> = self.settling.extract_if(|_, at| *at <= now).collect();
        for (id, _) in due {
            self.wake_stream(id, now);
        }
    }
}

impl Stream {
    /// Whether there is memory for what unpacks the generation at `index`, if anything does. Those
    /// behind it, which are not read before it, leave it theirs.
    fn may_unpack(&self, index: usize, unpacking: &Unpacking) -> bool {
        if !self.generations[index].is_to_unpack() || unpacking.n_at_work() < MAX_UNPACKING {
            return true;
        }
        let behind = self.generations[index + 1..].iter().filter_map(Generation::body);
        behind.for_each(Body::pause);
        unpacking.n_at_work() < MAX_UNPACKING
    }
}
