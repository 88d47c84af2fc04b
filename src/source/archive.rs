//! An archive, read like the file that was packed into it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

use super::unpack::{Extent, Unpacker};
use super::unpacking::{AtWork, Found, Passage, Unpacking, is_put_off};
use crate::flow::{Fingerprint, Offset, Packing};

/// Bytes before the last read that are kept, so that the next one can begin a little before it.
const KEPT: u64 = 32 * 1024;

/// Bytes that are unpacked at once.
const STEP: usize = 64 * 1024;

/// To get so far into an archive costs so little that it is not counted.
pub(super) const NEAR: Offset = 1024 * 1024;

/// The most archives that are unpacked at once: each takes up to 10 MiB.
pub(super) const MAX_UNPACKING: usize = 4;

/// An archive that is read from anywhere, but best forwards: a jump back by more than its window
/// begins anew.
///
/// Memory: the window, which is as long as the longest read and 160 KiB, or twice that where it grew
/// on the way, and the decoder, which for Zstandard keeps at most 8 MiB. How much the archive
/// unpacks to does not matter.
///
/// One that is dropped on the way to a place is gone on with by the next that is opened on the same
/// file.
pub(super) struct Archive {
    file: Arc<File>,
    packing: Packing,
    state: RefCell<State>,
    unpacking: Unpacking,
    /// `None`: it may have been written to since it was opened.
    found: Cell<Option<Found>>,
}

/// How far it is unpacked.
pub(super) struct State {
    /// `None` before it is begun, and once there is no more.
    decoder: Option<(Unpacker, AtWork)>,
    /// The last turn in which more of it was unpacked.
    pub(super) came_on_in: u64,
    extent: Extent,
    /// The first bytes, which are looked at again and again.
    head: Vec<u8>,
    /// The latest bytes.
    window: Vec<u8>,
    /// Where the window begins.
    start: Offset,
}

impl Archive {
    /// The archive in `file`, which was found so just now.
    pub(super) fn new(file: File, packing: Packing, found: Found, unpacking: &Unpacking) -> Self {
        let state = unpacking.resume(found).unwrap_or_else(State::new);
        Self {
            file: Arc::new(file),
            packing,
            state: RefCell::new(state),
            unpacking: unpacking.clone(),
            found: Cell::new(Some(found)),
        }
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
        self.state.borrow().decoder.is_some()
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
        self.found.set(None);
    }

    /// Gives up the decoder and the window, for others to have the memory.
    pub(super) fn pause(&self) {
        let state = &mut *self.state.borrow_mut();
        *state = State { head: std::mem::take(&mut state.head), ..State::new() };
    }

    /// Gives them up, unless it took long to get where it is, and there is memory.
    pub(super) fn settle(&self) {
        let is_worth_it = self.state.borrow().is_far();
        if !is_worth_it || self.unpacking.n_at_work() > MAX_UNPACKING {
            self.pause();
        }
    }

    /// Fills `buffer` with what was packed at `at`; less than that at the end of what can be
    /// unpacked, where [`extent`](Self::extent) says more.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read. That it cannot be unpacked is none. Where the place is far off,
    /// and the turn's share of unpacking used up: [`is_put_off`].
    pub(super) fn read_at(&self, buffer: &mut [u8], at: Offset) -> io::Result<usize> {
        let state = &mut *self.state.borrow_mut();
        let end = at + buffer.len() as u64;
        if end <= state.head.len() as u64 {
            return Ok(copy(buffer, &state.head, at));
        }
        let found = self.found.get().filter(|_| Unpacking::is_passage(at, buffer.len()));
        if let Some(known) = found.and_then(|own| self.unpacking.recall(own, at, buffer.len())) {
            state.take_in(&known);
            return Ok(copy(buffer, &known.bytes, 0));
        }
        if let Err(error) = self.unpack_to(state, at, end) {
            if !is_put_off(&error) {
                // Nobody else is to wait for what cannot be read.
                *state = State::new();
            }
            return Err(error);
        }
        let n_read = copy(buffer, &state.window, at - state.start);
        if let Some(found) = found {
            let (len, bytes) = (buffer.len(), buffer[..n_read].to_vec());
            self.unpacking.remember(found, Passage { at, len, bytes, extent: state.extent });
        }
        Ok(n_read)
    }

    fn unpack_to(&self, state: &mut State, at: Offset, end: Offset) -> io::Result<()> {
        if at < state.start || state.decoder.is_none() && state.extent == Extent::Open {
            *state = State::new();
            let unpacker = Unpacker::new(Arc::clone(&self.file), self.packing);
            state.decoder = Some((unpacker, self.unpacking.begin_work()));
        }
        while state.extent == Extent::Open && state.end() < end {
            // What is wanted itself is no more than a chunk.
            let before = state.end();
            let is_way = before >= NEAR && before + KEPT < at;
            if is_way {
                self.unpacking.check()?;
            }
            state.came_on_in = self.unpacking.n_turns();
            state.forget_before(at.saturating_sub(KEPT));
            state.unpack_some()?;
            if is_way {
                self.unpacking.charge(state.end() - before);
            }
        }
        Ok(())
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        let state = self.state.replace(State::new());
        if let Some(found) = self.found.get().filter(|_| state.is_far()) {
            self.unpacking.keep(found, state);
        }
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
        Self { decoder: None, came_on_in: 0, extent: Extent::Open, head, window, start: 0 }
    }

    /// Whether it is on its way, and to come there again would take long.
    fn is_far(&self) -> bool {
        self.decoder.is_some() && self.end() >= NEAR
    }

    /// Takes in what is known of a place without being there: that it ends before, or may not.
    fn take_in(&mut self, known: &Passage) {
        if known.extent != Extent::Open && self.extent == Extent::Open {
            let head = std::mem::take(&mut self.head);
            let start = known.at + known.bytes.len() as u64;
            *self = Self { extent: known.extent, head, start, ..Self::new() };
        }
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
        let Some((unpacker, _)) = &mut self.decoder else { return Ok(()) };
        let n_before = self.window.len();
        self.window.resize(n_before + STEP, 0);
        let read = unpacker.read(&mut self.window[n_before..]);
        let n_new = read.as_ref().map_or(0, |read| read.unwrap_or(0));
        self.window.truncate(n_before + n_new);
        #[cfg(test)]
        super::body::meter::unpack(n_new);
        if let Err(extent) = read? {
            self.extent = extent;
            self.decoder = None;
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
