//! Files that nobody writes to any more, from their beginning to their end, packed or not.
//!
//! They go through the same reader and decoder as logs that are followed. Nothing is waited for, and
//! nothing is remembered.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::body::{Body, open};
use super::decode::{Carry, Decoder, Raw};
use super::decoding::Desk;
use super::dialect::{Dialect, Reading};
use super::earlier::Earlier;
use super::identity::Content;
use super::owners::Owners;
use super::read::{Lines, MAX_LINE, Place, Read, Reader};
use super::rotation::Wrapping;
use super::split::{Beginning, Ending, Split};
use super::unpack::Extent;
use super::unpacking::Unpacking;
use crate::flow::{Chunk, Events, GenerationId, Offset, Progress, SourceId, StreamId, Timestamp};

/// A file, and how far it was read.
#[derive(Debug)]
pub struct Past {
    stream: StreamId,
    path: Arc<Path>,
    sources: Arc<[SourceId]>,
    body: Body,
    /// Bytes on the disk.
    size: u64,
    modified: Timestamp,
    reading: Reading,
    lead_lines: usize,
    dialect: Option<Dialect>,
    content: Content,
    /// Which of the reader's reads it was read by last.
    turn: u64,
    carry: Carry,
    out: Out,
    /// Nothing was taken of what was given out last: the matcher waits for lines that are not
    /// waited for.
    is_stuck: bool,
    is_over: bool,
    /// Bytes of lines that were longer than lines may be, and were passed over.
    n_cut: u64,
    /// Where lines begin that are not read; `None`: all are.
    end: Option<Offset>,
    /// Once so much was read, no more is.
    enough: Offset,
}

/// What was given out last.
#[derive(Debug, Default)]
enum Out {
    #[default]
    Nothing,
    /// Lines as they lie in the file: the first `n_given` bytes of `lines`.
    Plain { lines: Lines, n_given: usize, is_framed: bool },
    /// What lines were decoded to.
    Decoded { lines: Lines, decoder: Decoder, before: Carry, after: Carry },
    /// What had begun when the file ended.
    Rest { after: Carry },
}

/// The buffers that files are read through, one after the other or in turns.
#[derive(Debug)]
pub struct PastReader {
    reader: Reader,
    desk: Desk,
}

impl Past {
    /// Opens the file at the absolute `path`, to be read from its beginning by the sources that
    /// `owners` say; by all of them where it is no one's. `stream` sets it apart from other files.
    ///
    /// # Errors
    /// The file system's; and where it is packed in a way that is not known, or is no file.
    pub fn open(path: &Path, stream: StreamId, owners: &Owners) -> io::Result<Self> {
        Self::open_as(path, path, stream, owners)
    }

    /// The same as if the file were the log at the absolute `log`.
    ///
    /// # Errors
    /// As of [`Self::open`].
    pub fn open_as(path: &Path, log: &Path, stream: StreamId, owners: &Owners) -> io::Result<Self> {
        let Wrapping::Known(packing) = Wrapping::of(path) else {
            return Err(io::Error::other("only gzip and zstd are unpacked"));
        };
        let (file, seen) = open(path)?;
        if !seen.is_file {
            return Err(io::Error::other("it is no regular file"));
        }
        let interest = owners.interest(log);
        let sources = interest.as_ref().map_or(&owners.all, |own| &own.sources);
        Ok(Self {
            stream,
            path: log.into(),
            sources: sources.as_slice().into(),
            body: Body::of(file, &seen, packing, &Unpacking::default()),
            size: seen.size,
            modified: Timestamp::from_millis(seen.modified / 1_000_000),
            lead_lines: interest.as_ref().map_or(0, |own| own.lead_lines),
            reading: interest.map(|own| own.reading).unwrap_or_default(),
            dialect: None,
            content: Content::default(),
            turn: 0,
            carry: Carry::default(),
            out: Out::Nothing,
            is_stuck: false,
            is_over: false,
            n_cut: 0,
            end: None,
            enough: Offset::MAX,
        })
    }

    /// Opens what was read or passed over of a log that is followed. Only about the last `max_bytes` of
    /// it are read; of what is packed, the first.
    ///
    /// # Errors
    /// As of [`Self::open`]; and where another file lies there by now.
    pub fn open_earlier(earlier: &Earlier, owners: &Owners, max_bytes: u64) -> io::Result<Self> {
        let mut past = Self::open_as(&earlier.path, &earlier.log, earlier.stream, owners)?;
        if past.body.look()?.inode() != earlier.inode {
            return Err(io::ErrorKind::NotFound.into());
        }
        past.end = earlier.end;
        past.enough = max_bytes;
        if past.body.archive().is_none() {
            let end = earlier.end.unwrap_or(past.size);
            let from = end.saturating_sub(max_bytes);
            // Of text in units of several bytes, a whole one.
            past.content = Content::of(&past.body, from - from % 4)?;
            past.enough = Offset::MAX;
        }
        Ok(past)
    }

    /// The path that it was opened by, or of the log that it was opened as.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it was last changed.
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// The sources that read it.
    pub fn sources(&self) -> &[SourceId] {
        &self.sources
    }

    /// How many bytes it has, packed as they are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes of its text were read.
    pub fn offset(&self) -> Offset {
        self.content.offset
    }

    /// How many bytes of the file were read so far, as they lie on the disk; of one that is packed
    /// this shows at its end only.
    pub fn n_read(&self) -> u64 {
        if self.is_over {
            return self.size.max(self.n_plain());
        }
        self.n_plain()
    }

    /// Whether no more of it is to be read.
    fn has_enough(&self) -> bool {
        let offset = self.content.offset;
        offset >= self.enough || self.end.is_some_and(|end| offset >= end)
    }

    /// Leaves out what is not to be read, behind where a line begins.
    fn cut(&self, lines: &mut Lines) {
        let Some(end) = self.end else { return };
        let n_left = usize::try_from(end - self.content.offset).unwrap_or(usize::MAX);
        if lines.bytes.len() >= n_left {
            lines.bytes.end = lines.bytes.start + n_left;
            lines.has_more = false;
        }
    }

    fn n_plain(&self) -> u64 {
        if self.body.archive().is_some() { 0 } else { self.content.offset }
    }

    /// Bytes of text that were not given out: of lines longer than lines may be.
    pub fn n_cut(&self) -> u64 {
        self.n_cut
    }

    fn dialect(&mut self) -> io::Result<Dialect> {
        if let Some(dialect) = &self.dialect {
            return Ok(dialect.clone());
        }
        let dialect = self.reading.dialect(&self.body)?;
        Ok(self.dialect.insert(dialect).clone())
    }

    /// Whether all that was packed came out.
    fn check_end(&self) -> io::Result<()> {
        match self.body.extent() {
            None | Some(Extent::Open | Extent::Complete) => Ok(()),
            Some(Extent::Short) => {
                Err(io::Error::other("it breaks off: the rest of it is missing"))
            }
            Some(Extent::Damaged) => {
                Err(io::Error::other("it is damaged: what could be unpacked was read"))
            }
        }
    }

    /// The generation that its lines are said to be of. It has no other.
    const GENERATION: GenerationId = GenerationId(1);
}

impl PastReader {
    /// Its buffers take up some MiB once they are used.
    pub fn new() -> Self {
        Self { reader: Reader::new(), desk: Desk::default() }
    }

    /// The next lines of `past`; `None`: that was all. To be followed by [`consumed`](Self::consumed).
    /// One file is to be read through one reader.
    ///
    /// # Errors
    /// The file system's and the archive's; and where the file is being written anew meanwhile.
    pub fn next<'a>(&'a mut self, past: &'a mut Past) -> io::Result<Option<Chunk<'a>>> {
        loop {
            if past.has_enough() {
                past.is_over = true;
                return Ok(None);
            }
            match self.read(past)? {
                Read::Skipped { to, n_cut, .. } => {
                    past.content = Content::of(&past.body, to)?;
                    past.n_cut += n_cut;
                    continue;
                }
                Read::Replaced => {
                    return Err(io::Error::other("it was truncated or written anew meanwhile"));
                }
                Read::Nothing => {
                    past.out = self.rest(past);
                    past.is_over = matches!(past.out, Out::Nothing);
                    if past.is_over {
                        past.check_end()?;
                    }
                }
                Read::Lines(mut lines) => {
                    past.cut(&mut lines);
                    past.out = self.way_out(past, lines)?;
                    if matches!(past.out, Out::Decoded { .. }) && self.desk.decoded.marks.is_empty()
                    {
                        // They only begin what others end.
                        self.consumed(past, 0);
                        continue;
                    }
                }
            }
            return Ok(self.chunk(past));
        }
    }

    /// Takes in that the lines of `past` given out last were matched up to `n_consumed` bytes of them:
    /// the rest is given out again, with those that follow.
    pub fn consumed(&mut self, past: &mut Past, n_consumed: usize) {
        past.is_stuck = n_consumed == 0;
        let n_raw = match std::mem::take(&mut past.out) {
            Out::Nothing => return,
            Out::Plain { n_given, .. } => n_consumed.min(n_given),
            Out::Rest { after } => {
                past.carry = after;
                return;
            }
            Out::Decoded { lines, decoder, before, after } => {
                let decoded = &mut self.desk.decoded;
                let n_events = decoded.n_events(n_consumed);
                past.is_stuck &= !decoded.marks.is_empty();
                past.carry = if n_events < decoded.marks.len() {
                    let raw = raw(past.content.offset, self.reader.slice(&lines.bytes));
                    decoder.rewind(&raw, &before, Timestamp::default(), decoded, n_events)
                } else {
                    after
                };
                past.n_cut += decoded.n_cut;
                decoded.n_raw
            }
        };
        let offset = past.content.offset + n_raw as u64;
        past.content = self.reader.content_at(&past.body, past.content, offset);
    }

    fn read(&mut self, past: &mut Past) -> io::Result<Read> {
        let dialect = past.dialect()?;
        let split = Split {
            unit: dialect.decoder.unit,
            bom_len: dialect.bom_len,
            max_line: MAX_LINE,
            beginning: Beginning::RestOfCutLine,
            ending: Ending::Final,
        };
        let place = Place { content: past.content, lead_lines: past.lead_lines, split };
        let read = self.reader.read_on(&past.body, &place, past.turn);
        past.turn = self.reader.turn();
        read
    }

    /// In which way lines are given out: as they lie in the buffer, if that can be.
    fn way_out(&mut self, past: &mut Past, lines: Lines) -> io::Result<Out> {
        let decoder = past.dialect()?.decoder;
        let bytes = self.reader.slice(&lines.bytes);
        if decoder.is_plain() && !decoder.has_too_long(bytes) && !past.carry.has_begun() {
            let n_whole = decoder.framing.as_ref().map(|framing| framing.last_event(bytes));
            // What is too long for an event is behind it.
            let n_given = n_whole.filter(|n| lines.has_more && *n > 0).unwrap_or(bytes.len());
            return Ok(Out::Plain { lines, n_given, is_framed: n_whole.is_some() });
        }
        let (before, mut after) = (past.carry.clone(), past.carry.clone());
        let raw = raw(past.content.offset, bytes);
        if decoder.is_plain() && !decoder.has_too_long(bytes) {
            self.desk.finish(&decoder, &raw, &mut after, Timestamp::default());
        } else {
            let lead = self.reader.slice(&lines.lead);
            self.desk.decode(&decoder, &raw, lead, &mut after, Timestamp::default());
        }
        Ok(Out::Decoded { lines, decoder, before, after })
    }

    /// What had begun when the file ended.
    fn rest(&mut self, past: &Past) -> Out {
        let Some(dialect) = past.dialect.as_ref().filter(|_| !past.carry.is_empty()) else {
            return Out::Nothing;
        };
        let mut after = past.carry.clone();
        dialect.decoder.settle(&mut after, Timestamp::MAX, &mut self.desk.decoded);
        if self.desk.decoded.marks.is_empty() { Out::Nothing } else { Out::Rest { after } }
    }

    /// What is out.
    fn chunk<'a>(&'a self, past: &'a Past) -> Option<Chunk<'a>> {
        let decoded = &self.desk.decoded;
        let (lead, bytes, events, settled) = match &past.out {
            Out::Nothing => return None,
            Out::Plain { lines, n_given, is_framed } => {
                let framing = past.reading.framing.as_ref().filter(|_| *is_framed);
                let events = framing.map_or(Events::Lines, |own| Events::Framed(own));
                let lead = self.reader.slice(&lines.lead);
                let bytes = &self.reader.slice(&lines.bytes)[..*n_given];
                (lead, bytes, events, !lines.has_more)
            }
            Out::Decoded { lines, .. } => {
                let is_all = !lines.has_more && decoded.n_raw == lines.bytes.len();
                (&*self.desk.lead, &*decoded.bytes, Events::Marked(&decoded.marks), is_all)
            }
            Out::Rest { .. } => (&[][..], &*decoded.bytes, Events::Marked(&decoded.marks), true),
        };
        let offset = match &past.out {
            Out::Rest { .. } => decoded.marks.first()?.offset,
            _ => past.content.offset,
        };
        Some(Chunk {
            stream: past.stream,
            generation: Past::GENERATION,
            path: &past.path,
            sources: &past.sources,
            read_at: past.modified,
            progress: Progress::CatchingUp,
            lead,
            offset,
            bytes,
            events,
            settled: settled || past.is_stuck,
        })
    }
}

impl Default for PastReader {
    fn default() -> Self {
        Self::new()
    }
}

fn raw(offset: Offset, bytes: &[u8]) -> Raw<'_> {
    Raw { generation: Past::GENERATION, offset, bytes }
}
