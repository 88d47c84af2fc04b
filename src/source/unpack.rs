//! The bytes of an archive → what was packed, forwards, member by member.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::gunzip::Gzip;
use super::unzstd::Zstd;
use crate::flow::{Offset, Packing};

/// Bytes that are read of the archive at once.
const PORTION: usize = 16 * 1024;

/// The most zeros behind the last member that are taken for a tape's padding.
const MAX_PADDING: usize = 1024 * 1024;

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
    Gzip(Gzip, Packed),
    Zstd(Zstd, Packed),
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
                Stage::Gzip(member, packed) => (member.read(packed, buffer), packed),
                Stage::Zstd(frame, packed) => (frame.read(packed, buffer), packed),
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
        let before = std::mem::replace(&mut self.stage, Stage::Over(Extent::Damaged));
        let Stage::Between(mut packed) = before else { return Ok(()) };
        packed.is_dry = false;
        let is_first = self.n_members == 0;
        let start = packed.peek(8)?;
        self.stage = match Opening::of(self.packing, start) {
            Opening::Member => member(packed, self.packing)?,
            Opening::Skippable(n_bytes) => {
                packed.skip(n_bytes)?;
                self.n_members += 1;
                if packed.is_dry { Stage::Over(Extent::Short) } else { Stage::Between(packed) }
            }
            Opening::Begun if is_first || !start.is_empty() => Stage::Over(Extent::Short),
            Opening::Begun => Stage::Over(Extent::Complete),
            // Zeros behind the last member are ignored, as gzip does: tapes pad with them. Anything
            // else was a member.
            Opening::Other if !is_first && packed.is_padding()? => Stage::Over(Extent::Complete),
            Opening::Other => Stage::Over(Extent::Damaged),
        };
        Ok(())
    }

    fn end_member(&mut self) {
        self.n_members += 1;
        let stage = std::mem::replace(&mut self.stage, Stage::Over(Extent::Damaged));
        self.stage = match stage {
            Stage::Gzip(_, packed) | Stage::Zstd(_, packed) => Stage::Between(packed),
            other => other,
        };
    }
}

fn member(mut packed: Packed, packing: Packing) -> io::Result<Stage> {
    Ok(match packing {
        Packing::Gzip => match Gzip::begin(&mut packed) {
            Ok(member) => Stage::Gzip(member, packed),
            Err(_) => Stage::Over(packed.why()?),
        },
        Packing::Zstd => match Zstd::begin(&mut packed) {
            Ok(frame) => Stage::Zstd(frame, packed),
            Err(_) => Stage::Over(packed.why()?),
        },
        Packing::Plain => Stage::Over(Extent::Damaged),
    })
}

/// What begins in an archive where a member may.
enum Opening {
    Member,
    /// A frame that holds nothing, of so many bytes.
    Skippable(u64),
    /// There are too few bytes to tell, perhaps none.
    Begun,
    Other,
}

impl Opening {
    /// What `start` begins, which is 8 bytes or all there is.
    fn of(packing: Packing, start: &[u8]) -> Self {
        const GZIP: &[u8] = &[0x1f, 0x8b];
        const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
        let magic = if packing == Packing::Gzip { GZIP } else { ZSTD };
        if start.starts_with(magic) {
            return Self::Member;
        }
        let is_skippable = packing == Packing::Zstd && begins_skippable(start);
        match start.get(4..).and_then(<[u8]>::first_chunk) {
            Some(length) if is_skippable => {
                Self::Skippable(u64::from(u32::from_le_bytes(*length)) + 8)
            }
            _ if is_skippable || magic.starts_with(start) => Self::Begun,
            _ => Self::Other,
        }
    }
}

/// Whether `start` is, as far as it goes, the magic number of a skippable frame, of which there are
/// sixteen.
fn begins_skippable(start: &[u8]) -> bool {
    const REST: &[u8] = &[0x2a, 0x4d, 0x18];
    let Some((first, rest)) = start.split_first() else { return false };
    let n_bytes = rest.len().min(REST.len());
    first & 0xf0 == 0x50 && rest[..n_bytes] == REST[..n_bytes]
}

/// The bytes of the archive, from its beginning on.
pub(super) struct Packed {
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

    /// Passes over `n_bytes`, which may be gigabytes: they are not read.
    fn skip(&mut self, n_bytes: u64) -> io::Result<()> {
        let n_at_hand = self.portion.len() - self.n_used;
        let Some(n_further) = n_bytes.checked_sub(n_at_hand as u64) else {
            self.n_used += usize::try_from(n_bytes).unwrap_or(n_at_hand);
            return Ok(());
        };
        let (target, size) = (self.at + n_further, self.file.metadata()?.len());
        self.portion.clear();
        self.n_used = 0;
        self.at = target.min(size);
        self.is_dry |= target > size;
        Ok(())
    }

    /// Whether nothing but zeros comes, and not more of them than padding has.
    fn is_padding(&mut self) -> io::Result<bool> {
        let mut n_zeros = 0;
        while n_zeros < MAX_PADDING {
            let part = self.fill_buf()?;
            let n_bytes = part.len();
            if part.iter().any(|&byte| byte != 0) {
                return Ok(false);
            }
            if n_bytes == 0 {
                return Ok(true);
            }
            self.consume(n_bytes);
            n_zeros += n_bytes;
        }
        Ok(false)
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
