//! Lines that were read → what becomes of them: given out as they lie, decoded, or kept for later.

use std::io;
use std::sync::Arc;

use super::carries::Carries;
use super::changes::Problem;
use super::decode::{Carry, Decoded, Decoder, EVENT_TIMEOUT, Form, Last, Raw, Unit};
use super::generation::{Generation, Waiting};
use super::give::What;
use super::read::{Lines, MAX_LINE, Read, Reader};
use super::split::Ending;
use super::tail::{Shared, Stream};
use crate::flow::{GenerationId, Loss, Memo, Timestamp};
use crate::frame::Framing;

/// What decoding needs besides the log: the buffers that all logs share.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) decoded: Decoded,
    /// The lines before a chunk, decoded.
    pub(super) lead: Vec<u8>,
}

impl Desk {
    /// Decodes lines that were read, and those before them as well as they can be without what was
    /// before those.
    pub(super) fn decode(
        &mut self,
        decoder: &Decoder,
        raw: &Raw<'_>,
        lead: &[u8],
        carry: &mut Carry,
        now: Timestamp,
    ) {
        let Raw { generation, offset, .. } = *raw;
        let raw_lead = Raw { generation, offset, bytes: lead };
        let mut scratch = Carry::default();
        decoder.decode(&raw_lead, &mut scratch, now, &mut self.decoded);
        self.lead.clone_from(&self.decoded.bytes);
        decoder.decode(raw, carry, now, &mut self.decoded);
    }

    /// Joins lines with the event that they belong to.
    pub(super) fn finish(
        &mut self,
        decoder: &Decoder,
        raw: &Raw<'_>,
        carry: &mut Carry,
        now: Timestamp,
    ) {
        self.lead.clear();
        decoder.finish_event(raw, carry, now, &mut self.decoded);
    }
}

/// In which way lines are given out.
enum Way {
    /// As they lie in the buffer, each an event.
    Plain,
    /// As they lie in the buffer, of which several may make one event.
    Framed(Arc<Framing>),
    /// Those that belong to what was begun before, joined with it; the others as they lie.
    Finished,
    /// Decoded.
    Decoded,
}

/// What became of lines that were read.
pub(super) enum Outcome {
    /// They are to be matched.
    Out(What),
    /// All of them begin what others end, and were taken.
    Kept,
    /// They wait for others in the file.
    Waiting,
}

impl Stream {
    /// Reads on in the generation at `index`.
    pub(super) fn read(
        &mut self,
        index: usize,
        reader: &mut Reader,
        now: Timestamp,
    ) -> io::Result<(Read, Ending)> {
        let is_left = self.generations[index].is_left(self.has_successor(index), now);
        let ending = if is_left { Ending::Final } else { Ending::Growing };
        let generation = &mut self.generations[index];
        let known = generation.dialect.clone().filter(|dialect| dialect.is_certain);
        let Some(body) = generation.body() else { return Ok((Read::Nothing, Ending::Growing)) };
        let dialect = match known {
            Some(dialect) => dialect,
            None => self.reading.dialect(body)?,
        };
        let place = generation.place(self.lead_lines, &dialect, ending);
        let read = reader.read(body, &place)?;
        generation.dialect = Some(dialect);
        if read != Read::Replaced {
            generation.prove();
        }
        Ok((read, ending))
    }

    /// What is to be done with lines of the generation at `index` that were read.
    pub(super) fn decode(
        &mut self,
        index: usize,
        (lines, ending): (Lines, Ending),
        (reader, desk): (&Reader, &mut Desk),
        shared: &mut Shared,
        now: Timestamp,
    ) -> Outcome {
        let generation = &self.generations[index];
        let Some(dialect) = &generation.dialect else {
            return Outcome::Out(What::Plain(lines, ending));
        };
        let decoder = dialect.decoder.clone();
        let bytes = reader.slice(&lines.bytes);
        let raw = Raw { generation: generation.id, offset: generation.content.offset, bytes };
        let way = self.way(index, &decoder, &lines, bytes);
        let before = self.carries.get(raw.generation);
        let mut after = before.clone();
        match way {
            Way::Plain => return Outcome::Out(What::Plain(lines, ending)),
            Way::Framed(framing) => {
                return self.generations[index].frame(lines, ending, framing, reader, now);
            }
            Way::Finished => desk.finish(&decoder, &raw, &mut after, now),
            Way::Decoded => {
                desk.decode(&decoder, &raw, reader.slice(&lines.lead), &mut after, now);
            }
        }
        let n_raw = desk.decoded.n_raw;
        let has_more = lines.has_more || n_raw < lines.bytes.len();
        let bytes = lines.bytes.start..lines.bytes.start + n_raw;
        let lines = Lines { bytes, has_more, ..lines };
        if desk.decoded.marks.is_empty() {
            self.accept(index, &lines, ending, reader, n_raw, now);
            self.keep(raw.generation, after, (&decoder, &desk.decoded), shared, now);
            return Outcome::Kept;
        }
        let (before, after) = (Box::new(before), Box::new(after));
        Outcome::Out(What::Decoded { lines, ending, decoder, before, after })
    }

    /// In which way lines are to be given out: as they lie in the buffer, if that can be.
    fn way(&mut self, index: usize, decoder: &Decoder, lines: &Lines, bytes: &[u8]) -> Way {
        let has_successor = self.has_successor(index);
        let id = self.generations[index].id;
        let is_plain = decoder.is_plain() && !decoder.has_too_long(bytes);
        if is_plain && decoder.framing.is_none() {
            return Way::Plain;
        }
        self.carries.take_over(id);
        match &decoder.framing {
            // The last event of a file that has a successor may go on in that.
            Some(_) if is_plain && has_successor && !lines.has_more => Way::Decoded,
            Some(_) if is_plain && self.carries.has_begun(id) => Way::Finished,
            Some(framing) if is_plain => Way::Framed(Arc::clone(framing)),
            Some(_) | None => Way::Decoded,
        }
    }

    /// Gives out what was kept of lines of `generation`, and has waited too long for more.
    pub(super) fn settle_kept(
        &mut self,
        generation: GenerationId,
        desk: &mut Desk,
        shared: &mut Shared,
        now: Timestamp,
    ) -> Outcome {
        let own = self.generations.iter().find(|own| own.id == generation);
        let dialect = own.and_then(|own| own.dialect.clone());
        let decoder = dialect.map_or_else(|| self.reading.any_decoder(), |own| own.decoder);
        let mut after = self.carries.get(generation);
        decoder.settle(&mut after, now, &mut desk.decoded);
        if desk.decoded.marks.is_empty() {
            self.keep(generation, after, (&decoder, &desk.decoded), shared, now);
            return Outcome::Kept;
        }
        Outcome::Out(What::Kept { decoder, after: Box::new(after) })
    }

    /// Takes over what was kept when the agent was stopped.
    pub(super) fn recall(&mut self, memo: &Memo, shared: &mut Shared, now: Timestamp) {
        match Carries::parse(&memo.text, now) {
            Ok(carries) => self.carries = carries,
            Err(error) => {
                self.carries = Carries::lost();
                let what =
                    format!("what was read of an unfinished event cannot be restored ({error})");
                self.lose("event-gone", None, &what, shared, now);
            }
        }
    }

    /// Moves the position on over the first `n_bytes` of lines that were read.
    pub(super) fn accept(
        &mut self,
        index: usize,
        lines: &Lines,
        ending: Ending,
        reader: &Reader,
        n_bytes: usize,
        now: Timestamp,
    ) {
        let generation = &mut self.generations[index];
        let Some(body) = generation.body() else { return };
        let bytes = &reader.slice(&lines.bytes)[..n_bytes];
        let offset = generation.content.offset + n_bytes as u64;
        let content = reader.content_at(body, generation.content, offset);
        let unit = generation.dialect.as_ref().map_or(Unit::Byte, |dialect| dialect.decoder.unit);
        if let Some(last) = unit.last(bytes) {
            // A line that is cut because it is too long has a rest, and that is no new line.
            let is_last = ending == Ending::Final && !lines.has_more;
            generation.is_fragment_out = is_last && last != Last::LineEnd;
            // Where a code unit has two bytes, what looks like a line end may be half of another.
            let read = if unit == Unit::Byte { reader.slice_to(offset) } else { &[] };
            generation.anchors.follow(&generation.content, offset, read);
        }
        generation.advance(content);
        generation.idle_to = if lines.has_more { content.offset } else { reader.end };
        if !lines.has_more {
            generation.reach(reader.end);
            self.on_end(now);
        }
    }

    /// Keeps what has begun, and reports what decoding passed over.
    pub(super) fn keep(
        &mut self,
        generation: GenerationId,
        carry: Carry,
        (decoder, out): (&Decoder, &Decoded),
        shared: &mut Shared,
        now: Timestamp,
    ) {
        self.carries.set(generation, carry);
        if out.n_cut > 0 {
            let what = too_long(decoder.max_line);
            self.lose(Loss::LINE_CUT, Some(out.n_cut), &what, shared, now);
        }
        let is_named = matches!(decoder.form, Form::Cri | Form::Docker);
        if out.n_alien > 0 && is_named && !std::mem::replace(&mut self.carries.is_alien_told, true)
        {
            let (n, form) = (out.n_alien, decoder.form.name());
            let lines =
                if n == 1 { "1 line is no line".into() } else { format!("{n} lines are no lines") };
            let what = format!("{lines} of {form}'s format; such lines are matched as they are");
            shared.changes.complain(Problem { path: self.path.clone(), what });
        }
    }
}

impl Generation {
    /// Gives out lines of which several may make one event, but for the last event: others may
    /// belong to it, for a while.
    fn frame(
        &mut self,
        lines: Lines,
        ending: Ending,
        framing: Arc<Framing>,
        reader: &Reader,
        now: Timestamp,
    ) -> Outcome {
        let bytes = reader.slice(&lines.bytes);
        let end = self.content.offset + bytes.len() as u64;
        let is_due = self.waiting.is_some_and(|own| own.end == end && now >= own.until);
        // What has no line end is too long, or the last there is.
        let is_last = !bytes.ends_with(b"\n") || ending == Ending::Final;
        let n_whole = framing.last_event(bytes);
        let n_given = match lines.has_more {
            false if is_due || is_last => bytes.len(),
            // What is too long for an event is behind it.
            true if n_whole == 0 || is_last => bytes.len(),
            _ => n_whole,
        };
        if n_given == 0 {
            self.waiting = Some(Waiting { end, until: now + EVENT_TIMEOUT });
            self.idle_to = reader.end;
            return Outcome::Waiting;
        }
        let n_held = bytes.len() - n_given;
        let bytes = lines.bytes.start..lines.bytes.start + n_given;
        let lines = Lines { bytes, ..lines };
        Outcome::Out(What::Framed { lines, n_held, ending, framing })
    }
}

/// What is said of a line that was cut.
pub(super) fn too_long(max_line: usize) -> String {
    let longest = match max_line {
        MAX_LINE => "256 KiB".into(),
        n_bytes => format!("{n_bytes} bytes"),
    };
    format!("a line was longer than {longest}; what came after that was not matched")
}
