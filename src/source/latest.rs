//! The latest lines of a log, read once and decoded as they are when it is followed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::body::{Body, open};
use super::decode::{Carry, Decoded, Decoder, Raw};
use super::dialect::{Dialect, Reading};
use super::discover::{Depth, Discover};
use super::glob::Pattern;
use super::rotation::Wrapping;
use super::settings::SourceSettings;
use super::unpacking::Unpacking;
use crate::flow::{Events, GenerationId, Mark, Packing, Timestamp};
use crate::frame::Framing;

/// Where the logs of sources are, and how each is read.
#[derive(Debug)]
pub struct Logs {
    discover: Discover,
    /// How every source reads, if all do in the same way.
    common: Reading,
    /// What can be seen of the globs now.
    paths: BTreeSet<PathBuf>,
}

/// Whole lines from the end of a file.
#[derive(Debug)]
pub struct Latest {
    bytes: Vec<u8>,
    n_lines: usize,
    cut: Cut,
}

/// How the lines make events.
#[derive(Debug)]
enum Cut {
    Lines,
    Framed(Arc<Framing>),
    Marked(Vec<Mark>),
}

impl Logs {
    /// Those that `settings` name, as they are now.
    pub fn of(settings: &[SourceSettings]) -> Self {
        let (mut discover, _) = Discover::new(settings);
        let mut paths = discover.walk(Depth::Full).paths;
        paths.extend(discover.explicit());
        let mut readings = settings.iter().map(Reading::from);
        let first = readings.next().unwrap_or_default();
        let common = if readings.all(|other| other == first) { first } else { Reading::default() };
        Self { discover, common, paths }
    }

    /// The paths of the source at `place` among the settings at which something is, the one that was
    /// written last before the others.
    pub fn of_source(&self, place: usize, settings: &SourceSettings) -> Vec<PathBuf> {
        let patterns = settings.files.iter().filter_map(|entry| Pattern::parse(entry).ok());
        let patterns: Vec<Pattern> = patterns.collect();
        let is_own = |path: &&PathBuf| {
            let interest = || self.discover.interest(path);
            patterns.iter().any(|pattern| pattern.matches(path))
                && interest().is_some_and(|own| own.sources.iter().any(|id| id.0 as usize == place))
        };
        let written = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
        let own = self.paths.iter().filter(is_own);
        let mut own: Vec<_> = own.filter_map(|path| Some((written(path)?, path.clone()))).collect();
        own.sort_unstable_by(|one, other| other.cmp(one));
        own.into_iter().map(|(_, path)| path).collect()
    }

    /// The latest lines of the file at the absolute `path`, at most `max_lines` and some MiB. A file
    /// that is no source's is read as all of them are, if that is one way, else as plain bytes.
    ///
    /// # Errors
    /// The file system's; and where it is no regular file or packed.
    pub fn latest(&self, path: &Path, max_lines: usize) -> io::Result<Latest> {
        if Wrapping::of(path).is_archive() {
            return Err(io::Error::other("it is packed: unpack it first"));
        }
        let (file, seen) = open(path)?;
        if !seen.is_file {
            let is_dir = file.metadata()?.is_dir();
            let what = if is_dir { "it is a directory" } else { "it is no regular file" };
            return Err(io::Error::other(what));
        }
        let body = Body::of(file, &seen, Packing::Plain, &Unpacking::default());
        let reading = self.discover.interest(path).map(|interest| interest.reading);
        let dialect = reading.as_ref().unwrap_or(&self.common).dialect(&body)?;
        let (offset, raw) = raw_lines(&body, seen.size, &dialect, max_lines)?;
        Ok(Latest::decode(&dialect.decoder, &Raw { generation: GENERATION, offset, bytes: &raw }))
    }
}

/// What the lines are said to be of. They have no other.
const GENERATION: GenerationId = GenerationId(1);

impl Latest {
    /// Bytes of a file that are read at most, from its end.
    pub const MAX_BYTES: u64 = 8 << 20;

    fn decode(decoder: &Decoder, raw: &Raw<'_>) -> Self {
        let n_lines = n_lines(decoder, raw.bytes);
        let is_as_it_lies = decoder.is_plain() && !decoder.has_too_long(raw.bytes);
        let (bytes, cut) = match &decoder.framing {
            None if is_as_it_lies => (raw.bytes.to_vec(), Cut::Lines),
            Some(framing) if is_as_it_lies => {
                (raw.bytes.to_vec(), Cut::Framed(Arc::clone(framing)))
            }
            _ => {
                let decoder = Decoder { max_out: usize::MAX, ..decoder.clone() };
                let (bytes, marks) = decoded(&decoder, raw);
                (bytes, Cut::Marked(marks))
            }
        };
        Self { bytes, n_lines, cut }
    }

    /// The lines, decoded.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many lines of the file they are.
    pub fn n_lines(&self) -> usize {
        self.n_lines
    }

    /// Which of them make one event.
    pub fn events(&self) -> Events<'_> {
        match &self.cut {
            Cut::Lines => Events::Lines,
            Cut::Framed(framing) => Events::Framed(framing),
            Cut::Marked(marks) => Events::Marked(marks),
        }
    }
}

/// The last lines of a file of `size` bytes, and where they begin.
fn raw_lines(
    body: &Body,
    size: u64,
    dialect: &Dialect,
    max_lines: usize,
) -> io::Result<(u64, Vec<u8>)> {
    let unit = dialect.decoder.unit;
    let (first, width) = (u64::from(dialect.bom_len).min(size), unit.width() as u64);
    let mut n_wanted = Latest::MAX_BYTES / 8;
    loop {
        let from = size.saturating_sub(n_wanted).next_multiple_of(width).max(first);
        let mut bytes = vec![0; usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX)];
        let n_read = body.read_at(&mut bytes, from)?;
        bytes.truncate(n_read);
        // What does not begin at the file's begin may begin within a line.
        let cut = if from == first { 0 } else { unit.first_line(&bytes).unwrap_or(bytes.len()) };
        let n_lines = n_lines(&dialect.decoder, &bytes[cut..]);
        if n_lines < max_lines && from > first && n_wanted < Latest::MAX_BYTES {
            n_wanted = Latest::MAX_BYTES;
            continue;
        }
        let mut start = cut;
        for _ in max_lines..n_lines {
            start += unit.first_line(&bytes[start..]).unwrap_or(0);
        }
        return Ok((from + start as u64, bytes.split_off(start)));
    }
}

fn n_lines(decoder: &Decoder, bytes: &[u8]) -> usize {
    let (mut n, mut rest) = (0, bytes);
    while !rest.is_empty() {
        rest = &rest[decoder.unit.first_line(rest).unwrap_or(rest.len())..];
        n += 1;
    }
    n
}

/// All that comes of `raw`, what it has begun and not ended included.
fn decoded(decoder: &Decoder, raw: &Raw<'_>) -> (Vec<u8>, Vec<Mark>) {
    let (mut carry, mut out) = (Carry::default(), Decoded::default());
    decoder.decode(raw, &mut carry, Timestamp::default(), &mut out);
    let (mut bytes, mut marks) = (std::mem::take(&mut out.bytes), std::mem::take(&mut out.marks));
    decoder.settle(&mut carry, Timestamp::MAX, &mut out);
    marks.extend(out.marks.iter().map(|mark| Mark { end: bytes.len() + mark.end, ..*mark }));
    bytes.append(&mut out.bytes);
    (bytes, marks)
}

#[cfg(test)]
mod tests;
