//! Lines that were read → the chunk that goes out; and back: how far it was matched.

use std::sync::Arc;

use super::catalog::Source;
use super::decode::{Carry, Decoder, EVENT_TIMEOUT, Raw};
use super::generation::{SETTLE, Waiting};
use super::read::{Lines, MAX_CHUNK, MAX_LINE};
use super::split::Ending;
use crate::flow::{Chunk, Events, GenerationId, Progress, StreamId, Timestamp};
use crate::frame::Framing;

/// A chunk that is out to be matched.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) stream: StreamId,
    pub(super) generation: GenerationId,
    pub(super) what: What,
    /// Whether lines after it are not to be waited for.
    pub(super) settled: Settled,
}

/// What is in a chunk.
#[derive(Debug)]
pub(super) enum What {
    /// Lines as they lie in the file, each an event.
    Plain(Lines, Ending),
    /// Lines as they lie in the file, of which several may make one event.
    Framed {
        lines: Lines,
        /// Bytes behind them that are whole lines, of an event to which others may belong.
        n_held: usize,
        ending: Ending,
        framing: Arc<Framing>,
    },
    /// What they were decoded to.
    Decoded {
        lines: Lines,
        ending: Ending,
        decoder: Decoder,
        before: Box<Carry>,
        after: Box<Carry>,
    },
    /// What was kept of lines before, and has waited too long for more.
    Kept { decoder: Decoder, after: Box<Carry> },
}

/// Whether lines after a chunk are not to be waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Settled {
    Yes,
    No,
}

impl Source {
    /// The chunk that is out.
    pub(super) fn chunk(&self, now: Timestamp) -> Option<Chunk<'_>> {
        let Given { stream, generation, what, settled } = self.given.as_ref()?;
        let stream = self.streams.get(stream)?;
        let decoded = &self.desk.decoded;
        let own = stream.generations.iter().find(|own| own.id == *generation);
        let at_offset = || Some(own?.content.offset);
        let (offset, lead, bytes, events) = match what {
            What::Plain(lines, _) => {
                let (lead, bytes) =
                    (self.reader.slice(&lines.lead), self.reader.slice(&lines.bytes));
                (at_offset()?, lead, bytes, Events::Lines)
            }
            What::Framed { lines, framing, .. } => {
                let (lead, bytes) =
                    (self.reader.slice(&lines.lead), self.reader.slice(&lines.bytes));
                (at_offset()?, lead, bytes, Events::Framed(framing))
            }
            What::Decoded { .. } => {
                (at_offset()?, &*self.desk.lead, &*decoded.bytes, Events::Marked(&decoded.marks))
            }
            What::Kept { .. } => (
                decoded.marks.first()?.offset,
                &[][..],
                &*decoded.bytes,
                Events::Marked(&decoded.marks),
            ),
        };
        // What was kept of a file that is gone may be of before a restart.
        let progress = own.map_or(Progress::CatchingUp, |own| own.progress(offset));
        Some(Chunk {
            stream: stream.id,
            generation: *generation,
            path: &stream.path,
            sources: &stream.sources,
            read_at: now,
            progress,
            lead,
            offset,
            bytes,
            events,
            settled: *settled == Settled::Yes,
        })
    }

    /// Takes in that the chunk given out last was matched up to `n_consumed` of its bytes: all of
    /// them, or up to the end of an event because the matcher waits for lines after the last ones.
    /// These are given out again when others follow, or 300 ms later as settled, and then to be
    /// taken; 1 s later where several lines may make one event.
    pub fn consumed(&mut self, n_consumed: usize, now: Timestamp) {
        self.now = now;
        if let Some(id) = self.feeds.consumed(n_consumed, now) {
            self.queue_behind(id, now);
        }
        let Some(given) = self.given.take() else { return };
        let id = given.stream;
        self.take_in_consumed(given, n_consumed, now);
        self.touched.insert(id);
        self.queue_behind(id, now);
    }

    fn take_in_consumed(&mut self, given: Given, n_consumed: usize, now: Timestamp) {
        let Given { stream, generation: id, what, .. } = given;
        let Some(stream) = self.streams.get_mut(&stream) else { return };
        let decoded = &mut self.desk.decoded;
        if let What::Kept { decoder, after } = what {
            stream.keep(id, *after, (&decoder, decoded), &mut self.shared, now);
            return;
        }
        let index = stream.generations.iter().position(|own| own.id == id && own.is_held());
        let Some(index) = index else { return };
        let begin = stream.generations[index].content.offset;
        let is_framed = matches!(what, What::Framed { .. });
        let (lines, ending, n_raw, n_held, is_stuck) = match what {
            What::Plain(lines, ending) => {
                let n_given = lines.bytes.len();
                // A full chunk of which nothing is taken has no room for the lines that are waited for.
                let is_stuck = n_consumed == 0 && n_given + MAX_LINE > MAX_CHUNK;
                (lines, ending, n_consumed.min(n_given), 0, is_stuck)
            }
            What::Framed { lines, n_held, ending, .. } => {
                let n_given = lines.bytes.len();
                let is_stuck = n_consumed == 0 && lines.has_more;
                (lines, ending, n_consumed.min(n_given), n_held, is_stuck)
            }
            What::Decoded { lines, ending, decoder, before, after } => {
                let n_events = decoded.n_events(n_consumed);
                let is_stuck = n_events == 0 && lines.has_more;
                let after = if n_events < decoded.marks.len() {
                    let bytes = self.reader.slice(&lines.bytes);
                    let raw = Raw { generation: id, offset: begin, bytes };
                    decoder.rewind(&raw, &before, now, decoded, n_events)
                } else {
                    *after
                };
                stream.keep(id, after, (&decoder, decoded), &mut self.shared, now);
                (lines, ending, decoded.n_raw, 0, is_stuck)
            }
            What::Kept { .. } => return,
        };
        stream.accept(index, &lines, ending, &self.reader, n_raw, now);
        let generation = &mut stream.generations[index];
        let end = begin + (lines.bytes.len() + n_held) as u64;
        // Lines that come meanwhile do not put it off: one after the other, they could do so for long.
        let since = generation.waiting.filter(|_| n_consumed == 0);
        let settle = if is_framed { EVENT_TIMEOUT } else { SETTLE };
        let until = since.map_or(now + settle, |waiting| waiting.until);
        let until = if is_stuck { now } else { until };
        let is_rest = generation.content.offset < end;
        generation.waiting = is_rest.then_some(Waiting { end, until });
        stream.let_go(&mut self.shared, now);
    }
}
