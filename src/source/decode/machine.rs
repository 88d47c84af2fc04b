//! One decoder: whole raw lines in, events with marks out, what has begun in the carry.

use std::borrow::Cow;
use std::sync::Arc;

use encoding_rs::Encoding;

use super::carry::{Carry, Event, Line, Run, Text};
use super::container::{Entry, Form, Lane, Part};
use super::unit::Unit;
use crate::flow::{GenerationId, Mark, Offset, Timestamp};
use crate::frame::{self, Framing};

/// What raw lines mean.
#[derive(Clone, Debug)]
pub(in crate::source) struct Decoder {
    /// What they are written in.
    pub(in crate::source) unit: Unit,
    /// What is to be made UTF-8; `None`: bytes stay as they are.
    pub(in crate::source) encoding: Option<&'static Encoding>,
    /// How lines are packed.
    pub(in crate::source) form: Form,
    /// Which lines of a lane make one event; `None`: each is one.
    pub(in crate::source) framing: Option<Arc<Framing>>,
    /// The longest line in bytes of text; of a longer one so much is given out.
    pub(in crate::source) max_line: usize,
    /// The most bytes to give out at once. A single raw line may give a few times `max_line` more.
    pub(in crate::source) max_out: usize,
}

/// Whole raw lines, as they lie in a file. Only the last may lack its end.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Raw<'a> {
    /// The content epoch.
    pub(in crate::source) generation: GenerationId,
    /// Where they begin.
    pub(in crate::source) offset: Offset,
    /// The lines.
    pub(in crate::source) bytes: &'a [u8],
}

/// What came of raw lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::source) struct Decoded {
    /// The text of all events, each ended by `\n`.
    pub(in crate::source) bytes: Vec<u8>,
    /// Where each ends, and where it came from.
    pub(in crate::source) marks: Vec<Mark>,
    /// For each mark, where the raw line that gave it out begins, in the raw bytes.
    pub(in crate::source) given_by: Vec<usize>,
    /// Raw bytes that were taken; whole lines.
    pub(in crate::source) n_raw: usize,
    /// Bytes of text that were passed over, of lines that ended.
    pub(in crate::source) n_cut: u64,
    /// Lines that are not of the form, and were given out as they are.
    pub(in crate::source) n_alien: u64,
    /// Events that were matched before and are left out.
    n_left_out: usize,
}

impl Decoded {
    /// Empties it for new lines.
    fn begin(&mut self) {
        self.bytes.clear();
        self.marks.clear();
        self.given_by.clear();
        (self.n_raw, self.n_cut, self.n_alien, self.n_left_out) = (0, 0, 0, 0);
    }

    /// How many events lie wholly in the first `n_bytes`.
    pub(in crate::source) fn n_events(&self, n_bytes: usize) -> usize {
        self.marks.partition_point(|mark| mark.end <= n_bytes)
    }

    fn give(&mut self, from: Place, text: &[u8]) {
        if self.n_left_out > 0 {
            self.n_left_out -= 1;
            return;
        }
        self.bytes.extend_from_slice(text);
        if text.last() != Some(&b'\n') {
            self.bytes.push(b'\n');
        }
        let Place { generation, offset, stamp } = from;
        self.marks.push(Mark { end: self.bytes.len(), generation, offset, stamp });
        self.given_by.push(self.n_raw);
    }
}

/// Where something begins.
#[derive(Clone, Copy, Debug)]
struct Place {
    generation: GenerationId,
    offset: Offset,
    /// When it was written, as a runtime says.
    stamp: Option<Timestamp>,
}

impl Decoder {
    /// Whether lines are given out as they lie in the file.
    pub(in crate::source) fn is_plain(&self) -> bool {
        self.form == Form::Plain && self.encoding.is_none()
    }

    /// Whether a line is longer than lines may be.
    pub(in crate::source) fn has_too_long(&self, lines: &[u8]) -> bool {
        let mut rest = lines;
        while rest.len() > self.max_line {
            // Only the end of each window is looked at, so this costs nothing where lines are short.
            let window = &rest[..rest.len().min(self.max_line + self.unit.width())];
            match self.unit.whole_lines(window) {
                Some(n_bytes) => rest = &rest[n_bytes..],
                None => return true,
            }
        }
        false
    }

    /// Decodes `raw`, with what `carry` keeps of lines before it, into `out`: all of it, or as many
    /// lines as make [`max_out`](Self::max_out) bytes.
    pub(in crate::source) fn decode(
        &self,
        raw: &Raw<'_>,
        carry: &mut Carry,
        now: Timestamp,
        out: &mut Decoded,
    ) {
        out.begin();
        out.n_left_out = std::mem::take(&mut carry.n_taken);
        while out.n_raw < raw.bytes.len() {
            let rest = &raw.bytes[out.n_raw..];
            let n_line = self.unit.first_line(rest).unwrap_or(rest.len());
            let line = self.unit.without_end(&rest[..n_line]);
            let (generation, offset) = (raw.generation, raw.offset + out.n_raw as u64);
            let from = Place { generation, offset, stamp: None };
            self.line(line, from, carry, now, out);
            out.n_raw += n_line;
            // Of later lines nothing was matched.
            out.n_left_out = 0;
            if out.bytes.len() >= self.max_out {
                break;
            }
        }
    }

    /// Decodes `raw`, which is plain, only as far as the event goes that `carry` keeps the first
    /// lines of.
    pub(in crate::source) fn finish_event(
        &self,
        raw: &Raw<'_>,
        carry: &mut Carry,
        now: Timestamp,
        out: &mut Decoded,
    ) {
        out.begin();
        carry.n_taken = 0;
        let mut run = carry.take(Lane::Plain);
        while let (Some(event), Some(framing)) = (&mut run.event, &self.framing)
            && out.n_raw < raw.bytes.len()
        {
            let rest = &raw.bytes[out.n_raw..];
            let n_line = self.unit.first_line(rest).unwrap_or(rest.len());
            let text = self.text(self.unit.without_end(&rest[..n_line]));
            let line = &text[..text.len().min(self.max_line)];
            if framing.take(&mut event.frame, line) == frame::Place::Begins {
                out.give(event.lines.place(), &event.lines.bytes);
                run.event = None;
                break;
            }
            event.lines.add_line(line);
            out.n_cut += (text.len() - line.len()) as u64;
            out.n_raw += n_line;
            run.at = now;
        }
        carry.put(run);
    }

    /// The carry as it is where the first `n_events` of what came of `raw` and `before` were
    /// matched, and no more; and how many raw bytes are behind it then.
    pub(in crate::source) fn rewind(
        &self,
        raw: &Raw<'_>,
        before: &Carry,
        now: Timestamp,
        out: &mut Decoded,
        n_events: usize,
    ) -> Carry {
        let mut carry = before.clone();
        let Some(&line) = out.given_by.get(n_events) else {
            self.decode(raw, &mut carry, now, out);
            return carry;
        };
        let n_taken = out.given_by[..n_events].iter().rev().take_while(|&&by| by == line).count();
        let raw = Raw { bytes: &raw.bytes[..line], ..*raw };
        if line == 0 {
            out.begin();
        } else {
            self.decode(&raw, &mut carry, now, out);
        }
        carry.n_taken += n_taken;
        carry
    }

    /// Gives out what has waited for its end for too long at `now`.
    pub(in crate::source) fn settle(&self, carry: &mut Carry, now: Timestamp, out: &mut Decoded) {
        out.begin();
        let runs = std::mem::take(&mut carry.runs);
        let (mut due, rest): (Vec<_>, _) = runs.into_iter().partition(|run| run.deadline() <= now);
        carry.runs = rest;
        due.sort_by_key(Run::begin);
        for mut run in due {
            self.end_line(&mut run, out);
            if run.deadline() <= now
                && let Some(event) = run.event.take()
            {
                out.give(event.lines.place(), &event.lines.bytes);
            }
            carry.put(run);
        }
    }

    fn line(&self, raw: &[u8], from: Place, carry: &mut Carry, now: Timestamp, out: &mut Decoded) {
        let text = self.text(raw);
        let Some(entry) = self.form.entry(&text) else {
            if self.form != Form::Plain {
                out.n_alien += 1;
                self.end_lines(carry, out);
            }
            let mut run = carry.take(Lane::Plain);
            self.whole(&mut run, from, &text, now, out);
            carry.put(run);
            return;
        };
        let from = Place { stamp: entry.time, ..from };
        let mut run = carry.take(entry.lane);
        self.piece(&mut run, from, &entry, now, out);
        carry.put(run);
    }

    /// What a raw line says, as UTF-8 where its encoding is known.
    fn text<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(encoding) = self.encoding else { return Cow::Borrowed(raw) };
        match encoding.decode_without_bom_handling(raw).0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }

    /// Takes in a piece of a line.
    fn piece(
        &self,
        run: &mut Run,
        from: Place,
        entry: &Entry<'_>,
        now: Timestamp,
        out: &mut Decoded,
    ) {
        let piece = &*entry.text;
        let line = match run.line.take() {
            None if entry.part == Part::Ended => return self.whole(run, from, piece, now, out),
            None => self.begin_line(run, from, piece, now, out),
            Some(Line::Begun(text)) => self.extend_line(run, text, piece, now, out),
            Some(Line::Over { n_cut }) => Line::Over { n_cut: n_cut + piece.len() as u64 },
        };
        run.line = Some(line);
        run.at = now;
        if entry.part == Part::Ended {
            self.end_line(run, out);
        }
    }

    fn begin_line(
        &self,
        run: &mut Run,
        from: Place,
        piece: &[u8],
        now: Timestamp,
        out: &mut Decoded,
    ) -> Line {
        self.extend_line(run, Text::begin(from), piece, now, out)
    }

    /// `text` with `piece` behind it; what becomes too long is given out and passed over.
    fn extend_line(
        &self,
        run: &mut Run,
        mut text: Text,
        piece: &[u8],
        now: Timestamp,
        out: &mut Decoded,
    ) -> Line {
        // It may have been begun when the longest line was longer.
        let room = self.max_line.saturating_sub(text.bytes.len());
        let (fits, over) = piece.split_at(piece.len().min(room));
        text.bytes.extend_from_slice(fits);
        if over.is_empty() {
            return Line::Begun(text);
        }
        self.whole(run, text.place(), &text.bytes, now, out);
        Line::Over { n_cut: over.len() as u64 }
    }

    /// Ends the lines that other lanes have begun: what is not of the form tells of a gap, and what
    /// comes behind a gap is not what goes on before it.
    fn end_lines(&self, carry: &mut Carry, out: &mut Decoded) {
        let mut runs = std::mem::take(&mut carry.runs);
        runs.sort_by_key(Run::begin);
        for mut run in runs {
            self.end_line(&mut run, out);
            carry.put(run);
        }
    }

    fn end_line(&self, run: &mut Run, out: &mut Decoded) {
        match run.line.take() {
            None => {}
            Some(Line::Over { n_cut }) => out.n_cut += n_cut,
            Some(Line::Begun(text)) => self.whole(run, text.place(), &text.bytes, run.at, out),
        }
    }

    /// Takes in a line with its end.
    fn whole(&self, run: &mut Run, from: Place, text: &[u8], now: Timestamp, out: &mut Decoded) {
        let (fits, over) = text.split_at(text.len().min(self.max_line));
        out.n_cut += over.len() as u64;
        run.at = now;
        let Some(framing) = &self.framing else { return out.give(from, fits) };
        let mut frame = run.event.as_ref().map(|event| event.frame).unwrap_or_default();
        if framing.take(&mut frame, fits) == frame::Place::Begins
            && let Some(event) = run.event.take()
        {
            out.give(event.lines.place(), &event.lines.bytes);
        }
        let begin = || Event { lines: Text::begin(from), frame };
        let event = run.event.get_or_insert_with(begin);
        event.frame = frame;
        event.lines.add_line(fits);
    }
}

impl Text {
    fn begin(at: Place) -> Self {
        let Place { generation, offset, stamp } = at;
        Self { generation, offset, stamp, bytes: Vec::new() }
    }

    fn add_line(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
    }

    fn place(&self) -> Place {
        Place { generation: self.generation, offset: self.offset, stamp: self.stamp }
    }
}
