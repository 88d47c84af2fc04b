//! One Zstandard frame (RFC 8878) → what was packed, as far as it can be unpacked.

use std::io::{self, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::unpack::Packed;

/// The greatest window that a frame may ask for: what RFC 8878 asks decoders to support, and what
/// `zstd` uses unless it is called with `--ultra` or `--long`.
const MAX_WINDOW: u64 = 8 * 1024 * 1024;

/// A last block of no bytes, with a checksum behind it.
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// What unpacks a frame.
pub(super) struct Zstd {
    frame: Box<FrameDecoder>,
    extent: Extent,
}

/// How far the frame goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// To its last block, as far as is known.
    Whole,
    /// To a block that is damaged or breaks off.
    Cut,
}

impl Zstd {
    /// Reads the header of a frame.
    ///
    /// # Errors
    ///
    /// Where there is none, or not all of it, or it asks for too much memory.
    pub(super) fn begin(packed: &mut Packed) -> io::Result<Self> {
        let mut frame = Box::new(FrameDecoder::new());
        frame.set_max_window_size(MAX_WINDOW);
        frame.init(packed).map_err(io::Error::other)?;
        Ok(Self { frame, extent: Extent::Whole })
    }

    /// Unpacks the next bytes; none at the end, where the checksum is right.
    ///
    /// # Errors
    ///
    /// Where the frame is damaged or breaks off; all that comes before was read by then.
    pub(super) fn read(&mut self, packed: &mut Packed, buffer: &mut [u8]) -> io::Result<usize> {
        let one = || BlockDecodingStrategy::UptoBlocks(1);
        while self.frame.can_collect() == 0 && !self.frame.is_finished() {
            if let Err(error) = self.frame.decode_blocks(&mut *packed, one()) {
                // As long as a frame is not finished, the decoder keeps a window of what it unpacked,
                // which is up to 8 MiB, for itself: only after a last block is it given out.
                self.extent = Extent::Cut;
                if self.frame.decode_blocks(&LAST_BLOCK[..], one()).is_err() {
                    return Err(io::Error::other(error));
                }
            }
        }
        let n_read = self.frame.read(buffer)?;
        if n_read == 0 && (self.extent == Extent::Cut || !self.is_sound()) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(n_read)
    }

    fn is_sound(&self) -> bool {
        let written = self.frame.get_checksum_from_data();
        written.is_none() || written == self.frame.get_calculated_checksum()
    }
}
