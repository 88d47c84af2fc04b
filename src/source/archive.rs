//! An archive, read like the file that was packed into it.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

use super::unpack::{Extent, Unpacker};
use crate::flow::{Fingerprint, Offset, Packing};

/// Bytes before the last read that are kept, so that the next one can begin a little before it.
const KEPT: u64 = 32 * 1024;

/// Bytes that are unpacked at once.
const STEP: usize = 64 * 1024;

/// An archive that is read from anywhere, but best forwards: a jump back by more than its window
/// begins anew.
///
/// Memory: the window, which is as long as the longest read and 160 KiB, or twice that where it grew
/// on the way, and the decoder, which for Zstandard keeps at most 8 MiB. How much the archive unpacks to does not matter.
pub(super) struct Archive {
    file: Arc<File>,
    packing: Packing,
    state: RefCell<State>,
}

/// How far it is unpacked.
struct State {
    unpacker: Option<Unpacker>,
    extent: Extent,
    /// The first bytes, which are looked at again and again.
    head: Vec<u8>,
    /// The latest bytes.
    window: Vec<u8>,
    /// Where the window begins.
    start: Offset,
}

impl Archive {
    pub(super) fn new(file: File, packing: Packing) -> Self {
        Self { file: Arc::new(file), packing, state: RefCell::new(State::new()) }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn packing(&self) -> Packing {
        self.packing
    }

    /// How far it goes, as far as it was unpacked.
    pub(super) fn extent(&self) -> Extent {
        self.state.borrow().extent
    }

    /// Whether a decoder is at work in it, with its memory.
    pub(super) fn is_unpacking(&self) -> bool {
        self.state.borrow().unpacker.is_some()
    }

    /// Bytes that are kept of what was unpacked.
    #[cfg(any(test, fuzzing))]
    pub(super) fn n_kept(&self) -> usize {
        let state = self.state.borrow();
        state.window.capacity() + state.head.capacity()
    }

    /// Gives up the decoder and the window: the next read begins anew, and sees what the file
    /// holds by then.
    pub(super) fn rest(&self) {
        *self.state.borrow_mut() = State::new();
    }

    /// Fills `buffer` with what was packed at `at`; less than that at the end of what can be
    /// unpacked, where [`extent`](Self::extent) says more.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read. That it cannot be unpacked is none.
    pub(super) fn read_at(&self, buffer: &mut [u8], at: Offset) -> io::Result<usize> {
        let state = &mut *self.state.borrow_mut();
        let end = at + buffer.len() as u64;
        if end <= state.head.len() as u64 {
            return Ok(copy(buffer, &state.head, at));
        }
        if at < state.start || state.unpacker.is_none() {
            *state = State::new();
            state.unpacker = Some(Unpacker::new(Arc::clone(&self.file), self.packing));
        }
        while state.extent == Extent::Open && state.end() < end {
            state.forget_before(at.saturating_sub(KEPT));
            state.unpack_some()?;
        }
        Ok(copy(buffer, &state.window, at - state.start))
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("packing", &self.packing).finish_non_exhaustive()
    }
}

impl State {
    fn new() -> Self {
        let (head, window) = (Vec::new(), Vec::new());
        Self { unpacker: None, extent: Extent::Open, head, window, start: 0 }
    }

    fn end(&self) -> Offset {
        self.start + self.window.len() as u64
    }

    /// Forgets what lies before `offset`, where it is much: what is kept has to be moved.
    fn forget_before(&mut self, offset: Offset) {
        let n_old = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let n_old = n_old.min(self.window.len());
        if n_old >= STEP {
            self.window.drain(..n_old);
            self.start += n_old as u64;
        }
    }

    fn unpack_some(&mut self) -> io::Result<()> {
        let Some(unpacker) = &mut self.unpacker else { return Ok(()) };
        let n_before = self.window.len();
        self.window.resize(n_before + STEP, 0);
        let read = unpacker.read(&mut self.window[n_before..]);
        let n_new = read.as_ref().map_or(0, |read| read.unwrap_or(0));
        self.window.truncate(n_before + n_new);
        if let Err(extent) = read? {
            self.extent = extent;
        }
        let n_head = self.head.len();
        if n_head < Fingerprint::MAX_HEAD {
            // It is shorter than what is unpacked at once, so that the window begins at 0 yet.
            let new = self.window[n_head..].iter().take(Fingerprint::MAX_HEAD - n_head);
            self.head.extend(new);
        }
        Ok(())
    }
}

/// Copies as much as there is of `bytes` from `at` on.
fn copy(buffer: &mut [u8], bytes: &[u8], at: Offset) -> usize {
    let from = usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
    let n = buffer.len().min(bytes.len() - from);
    buffer[..n].copy_from_slice(&bytes[from..from + n]);
    n
}
