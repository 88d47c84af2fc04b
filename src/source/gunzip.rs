//! One gzip member (RFC 1952) → what was packed, as far as it can be unpacked.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use flate2::Crc;
use flate2::bufread::GzDecoder;
use miniz_oxide::inflate::TINFLStatus as Status;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::unpack::Packed;

/// How far back a deflate stream refers: what was unpacked last is kept for it.
const RING: usize = 32 * 1024;

/// What unpacks a member.
///
/// It calls the decoder below `flate2`'s, as that drops what a call had unpacked when it came upon
/// damage.
pub(super) struct Gzip {
    inflater: Box<DecompressorOxide>,
    /// What was unpacked last.
    ring: Box<[u8]>,
    /// The part of the ring that was not read yet.
    unread: Range<usize>,
    status: Status,
    /// The checksum and the length of what was read.
    crc: Crc,
}

impl Gzip {
    /// Reads the header of a member.
    ///
    /// # Errors
    ///
    /// Where there is none, or not all of it.
    pub(super) fn begin(packed: &mut Packed) -> io::Result<Self> {
        if GzDecoder::new(packed).header().is_none() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self {
            inflater: Box::default(),
            ring: vec![0; RING].into(),
            unread: 0..0,
            status: Status::NeedsMoreInput,
            crc: Crc::new(),
        })
    }

    /// Unpacks the next bytes; none at the end, where the checksum is right.
    ///
    /// # Errors
    ///
    /// Where the member is damaged or breaks off; all that comes before was read by then.
    pub(super) fn read(&mut self, packed: &mut Packed, buffer: &mut [u8]) -> io::Result<usize> {
        while self.unread.is_empty() {
            match self.status {
                Status::NeedsMoreInput | Status::HasMoreOutput => self.inflate(packed)?,
                Status::Done => return self.check(packed).map(|()| 0),
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        let n_read = (&self.ring[self.unread.clone()]).read(buffer)?;
        self.crc.update(&buffer[..n_read]);
        self.unread.start += n_read;
        Ok(n_read)
    }

    fn inflate(&mut self, packed: &mut Packed) -> io::Result<()> {
        let input = packed.fill_buf()?;
        if input.is_empty() && self.status == Status::NeedsMoreInput {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let from = self.unread.end % RING;
        let flags = inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
        let (status, n_used, n_new) =
            decompress(&mut self.inflater, input, &mut self.ring, from, flags);
        packed.consume(n_used);
        self.status = status;
        self.unread = from..from + n_new;
        Ok(())
    }

    fn check(&self, packed: &mut Packed) -> io::Result<()> {
        let mut trailer = [0; 8];
        packed.read_exact(&mut trailer)?;
        let written = [self.crc.sum().to_le_bytes(), self.crc.amount().to_le_bytes()].concat();
        if trailer == *written { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}
