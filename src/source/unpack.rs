//! The bytes of an archive → what was packed, forwards, member by member.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use flate2::bufread::GzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::flow::{Offset, Packing};

/// Bytes that are read of the archive at once.
const PORTION: usize = 16 * 1024;

/// The greatest window that a Zstandard frame may ask for: what RFC 8878 asks decoders to support,
/// and what `zstd` uses unless it is called with `--ultra` or `--long`.
const MAX_ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

/// How far an archive goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// Further than it was unpacked so far.
    Open,
    /// It was unpacked to its end, and its checksums were right.
    Complete,
    /// It breaks off: it may still be written.
    Short,
    /// What comes next cannot be unpacked.
    Damaged,
}

/// What unpacks an archive of one or several members.
pub(super) struct Unpacker {
    packing: Packing,
    n_members: u64,
    stage: Stage,
}

enum Stage {
    Between(Packed),
    Gzip(Box<GzDecoder<Packed>>),
    Zstd(Box<FrameDecoder>, Packed),
    /// There is no more.
    Over(Extent),
}

impl Unpacker {
    pub(super) fn new(file: Arc<File>, packing: Packing) -> Self {
        Self { packing, n_members: 0, stage: Stage::Between(Packed::new(file)) }
    }

    /// Unpacks the next bytes, at least one; `Err` inside: there are none, and why.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Result<usize, Extent>> {
        loop {
            let (read, packed) = match &mut self.stage {
                Stage::Over(extent) => return Ok(Err(*extent)),
                Stage::Between(_) => {
                    self.begin_member()?;
                    continue;
                }
                Stage::Gzip(member) => (member.read(buffer), member.get_mut()),
                Stage::Zstd(frame, packed) => (read_frame(frame, packed, buffer), packed),
            };
            match read {
                Ok(0) => self.end_member(),
                Ok(n_read) => return Ok(Ok(n_read)),
                Err(_) => {
                    let extent = packed.why()?;
                    self.stage = Stage::Over(extent);
                }
            }
        }
    }

    fn begin_member(&mut self) -> io::Result<()> {
        const GZIP: &[u8] = &[0x1f, 0x8b];
        const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
        let before = std::mem::replace(&mut self.stage, Stage::Over(Extent::Damaged));
        let Stage::Between(mut packed) = before else { return Ok(()) };
        let is_gzip = self.packing == Packing::Gzip;
        let magic = if is_gzip { GZIP } else { ZSTD };
        let start = packed.peek(8)?;
        self.stage = if start.starts_with(magic) {
            if is_gzip { Stage::Gzip(Box::new(GzDecoder::new(packed))) } else { frame(packed)? }
        } else if let Some(n_bytes) = skippable(start).filter(|_| !is_gzip) {
            packed.skip(n_bytes)?;
            self.n_members += 1;
            Stage::Between(packed)
        } else if start.is_empty() && self.n_members > 0 {
            Stage::Over(Extent::Complete)
        } else if magic.starts_with(start) {
            Stage::Over(Extent::Short)
        } else {
            // What follows the last member is ignored, as gzip does: tapes pad with zeros.
            let is_padding = self.n_members > 0;
            Stage::Over(if is_padding { Extent::Complete } else { Extent::Damaged })
        };
        Ok(())
    }

    fn end_member(&mut self) {
        self.n_members += 1;
        let stage = std::mem::replace(&mut self.stage, Stage::Over(Extent::Damaged));
        self.stage = match stage {
            Stage::Gzip(member) => Stage::Between(member.into_inner()),
            Stage::Zstd(_, packed) => Stage::Between(packed),
            other => other,
        };
    }
}

fn frame(mut packed: Packed) -> io::Result<Stage> {
    let mut frame = FrameDecoder::new();
    frame.set_max_window_size(MAX_ZSTD_WINDOW);
    Ok(match frame.init(&mut packed) {
        Ok(()) => Stage::Zstd(Box::new(frame), packed),
        Err(_) => Stage::Over(packed.why()?),
    })
}

fn read_frame(
    frame: &mut FrameDecoder,
    packed: &mut Packed,
    buffer: &mut [u8],
) -> io::Result<usize> {
    while frame.can_collect() == 0 && !frame.is_finished() {
        frame
            .decode_blocks(&mut *packed, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(io::Error::other)?;
    }
    let n_read = frame.read(buffer)?;
    let written = frame.get_checksum_from_data();
    if n_read == 0 && written.is_some() && written != frame.get_calculated_checksum() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(n_read)
}

/// The length of the skippable frame that `start` begins, with its header.
fn skippable(start: &[u8]) -> Option<u64> {
    let (magic, rest) = start.split_first_chunk()?;
    let is_skippable = u32::from_le_bytes(*magic) & 0xffff_fff0 == 0x184d_2a50;
    let length = u32::from_le_bytes(*rest.first_chunk()?);
    is_skippable.then(|| u64::from(length) + 8)
}

/// The bytes of the archive, from its beginning on.
struct Packed {
    file: Arc<File>,
    portion: Vec<u8>,
    n_used: usize,
    /// Where the portion ends in the file.
    at: Offset,
    /// More was asked for than there is.
    is_dry: bool,
    /// Why the file could not be read.
    failure: Option<io::Error>,
}

impl Packed {
    fn new(file: Arc<File>) -> Self {
        Self { file, portion: Vec::new(), n_used: 0, at: 0, is_dry: false, failure: None }
    }

    /// The next `n_bytes`, or as many as there are.
    fn peek(&mut self, n_bytes: usize) -> io::Result<&[u8]> {
        self.portion.drain(..self.n_used);
        self.n_used = 0;
        while self.portion.len() < n_bytes && self.fill()? > 0 {}
        Ok(&self.portion[..n_bytes.min(self.portion.len())])
    }

    /// Passes over `n_bytes`.
    fn skip(&mut self, n_bytes: u64) -> io::Result<()> {
        let n_skipped = io::copy(&mut self.take(n_bytes), &mut io::sink())?;
        self.is_dry |= n_skipped < n_bytes;
        Ok(())
    }

    fn fill(&mut self) -> io::Result<usize> {
        let n_before = self.portion.len();
        self.portion.resize(n_before + PORTION, 0);
        let read = loop {
            match self.file.read_at(&mut self.portion[n_before..], self.at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let n_read = *read.as_ref().unwrap_or(&0);
        self.portion.truncate(n_before + n_read);
        self.at += n_read as u64;
        read
    }

    /// Why what was read last could not be unpacked.
    fn why(&mut self) -> io::Result<Extent> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None if self.is_dry => Ok(Extent::Short),
            None => Ok(Extent::Damaged),
        }
    }
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.fill_buf()?.read(buffer)?;
        self.is_dry |= n_read == 0 && !buffer.is_empty();
        self.consume(n_read);
        Ok(n_read)
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.n_used == self.portion.len() {
            self.portion.clear();
            self.n_used = 0;
            match self.fill() {
                Ok(n_read) => self.is_dry |= n_read == 0,
                Err(error) => {
                    self.failure = Some(error.kind().into());
                    return Err(error);
                }
            }
        }
        Ok(&self.portion[self.n_used..])
    }

    fn consume(&mut self, n_bytes: usize) {
        self.n_used = (self.n_used + n_bytes).min(self.portion.len());
    }
}
