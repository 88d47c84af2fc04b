//! How much is unpacked in one turn of all logs, and what an unfinished search has found out.
//!
//! To get to a place far in an archive, all before it has to be unpacked, which may take minutes. So
//! there is a share for each turn: where it is used up, a read fails as put off, and whatever looks
//! for something ends there. It is begun again with the next turn, with the decoder where it was, and
//! with the answers that it got before.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::archive::State;
use super::identity::Seen;
use super::unpack::Extent;
use crate::flow::{Fingerprint, Identity, Offset, Timestamp};

/// The most bytes that searches unpack in one turn to get to a place, and the same for reading on:
/// for about 30 ms.
const SHARE: u64 = 8 * 1024 * 1024;

/// Archives that searches have begun to unpack, which keep their decoders.
const MAX_BEGUN: usize = 2;

/// The longest passage that is remembered.
const MAX_PASSAGE: usize = Fingerprint::MAX_ANCHOR;

/// The most archives of which passages are remembered.
const MAX_KNOWN: usize = 4096;

/// How long something is kept that nobody asks for: globs are looked at every ten seconds.
const KEPT: Duration = Duration::from_secs(30);

/// An archive as it was found: as long as nobody writes to it, it holds the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Found {
    identity: Identity,
    size: u64,
    modified: i64,
}

impl From<&Seen> for Found {
    fn from(seen: &Seen) -> Self {
        Self { identity: seen.identity, size: seen.size, modified: seen.modified }
    }
}

/// The share of unpacking, and what was found out: one for all archives.
#[derive(Clone, Default)]
pub(super) struct Unpacking(Arc<Mutex<Ledger>>);

/// The memory that a decoder takes, for as long as it is kept.
pub(super) struct AtWork {
    _token: Arc<()>,
}

#[derive(Default)]
struct Ledger {
    n_left: u64,
    n_put_off: u64,
    n_turns: u64,
    now: Timestamp,
    begun: Vec<Begun>,
    known: HashMap<Found, Passages>,
    /// Cloned once for each decoder.
    token: Arc<()>,
}

/// An archive that was let go before a place in it was reached.
struct Begun {
    found: Found,
    state: State,
    since: Timestamp,
}

#[derive(Default)]
struct Passages {
    all: Vec<Passage>,
    asked_at: Timestamp,
}

/// A few bytes far in an archive: they are asked for again as long as a search is put off.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    pub(super) at: Offset,
    /// How many bytes were asked for.
    pub(super) len: usize,
    pub(super) bytes: Vec<u8>,
    pub(super) extent: Extent,
}

impl Unpacking {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a turn, and forgets what nobody asks for any more.
    pub(super) fn begin_turn(&self, now: Timestamp) {
        self.refill();
        let mut ledger = self.ledger();
        ledger.n_turns += 1;
        ledger.now = now;
        ledger.begun.retain(|own| now.since(own.since) < KEPT);
        ledger.known.retain(|_, own| now.since(own.asked_at) < KEPT);
    }

    /// Gives out a new share.
    pub(super) fn refill(&self) {
        self.ledger().n_left = SHARE;
    }

    /// Sees to it that something is left of the share.
    ///
    /// # Errors
    ///
    /// Where it is used up, as [`is_put_off`] tells.
    pub(super) fn check(&self) -> io::Result<()> {
        let mut ledger = self.ledger();
        if ledger.n_left > 0 {
            return Ok(());
        }
        ledger.n_put_off += 1;
        Err(io::Error::new(io::ErrorKind::WouldBlock, PutOff))
    }

    /// Takes `n_bytes` of the share.
    pub(super) fn charge(&self, n_bytes: u64) {
        let mut ledger = self.ledger();
        ledger.n_left = ledger.n_left.saturating_sub(n_bytes);
    }

    /// How often something was put off: whoever began to look before has to look again.
    pub(super) fn n_put_off(&self) -> u64 {
        self.ledger().n_put_off
    }

    /// Counts turns.
    pub(super) fn n_turns(&self) -> u64 {
        self.ledger().n_turns
    }

    /// Counts a decoder among those at work.
    pub(super) fn begin_work(&self) -> AtWork {
        AtWork { _token: Arc::clone(&self.ledger().token) }
    }

    /// How many decoders are at work, each with its memory.
    pub(super) fn n_at_work(&self) -> usize {
        Arc::strong_count(&self.ledger().token) - 1
    }

    /// What was begun of an archive and let go. It may have grown since, as it does while it is made:
    /// what it held it holds yet.
    pub(super) fn resume(&self, found: Found) -> Option<State> {
        let begun = &mut self.ledger().begun;
        let is_it =
            |own: &Begun| own.found.identity == found.identity && own.found.size <= found.size;
        let index = begun.iter().position(is_it)?;
        Some(begun.remove(index).state)
    }

    /// Keeps what was begun, if it is among the latest that came on.
    pub(super) fn keep(&self, found: Found, state: State) {
        let mut ledger = self.ledger();
        let since = ledger.now;
        ledger.begun.push(Begun { found, state, since });
        // Of those that came on in one turn, the first: else several would drive each other out.
        ledger.begun.sort_by_key(|own| Reverse(own.state.came_on_in));
        ledger.begun.truncate(MAX_BEGUN);
    }

    /// Whether a read of `len` bytes at `at` is one whose answer is remembered.
    pub(super) fn is_passage(at: Offset, len: usize) -> bool {
        at >= super::archive::NEAR && len <= MAX_PASSAGE
    }

    pub(super) fn recall(&self, found: Found, at: Offset, len: usize) -> Option<Passage> {
        let ledger = &mut *self.ledger();
        let own = ledger.known.get_mut(&found)?;
        own.asked_at = ledger.now;
        own.all.iter().find(|own| own.at == at && own.len == len).cloned()
    }

    pub(super) fn remember(&self, found: Found, passage: Passage) {
        let ledger = &mut *self.ledger();
        if ledger.known.len() >= MAX_KNOWN {
            ledger.known.clear();
        }
        let own = ledger.known.entry(found).or_default();
        own.asked_at = ledger.now;
        own.all.push(passage);
    }
}

impl fmt::Debug for Unpacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacking").finish_non_exhaustive()
    }
}

/// The share of a turn is used up.
#[derive(Debug, thiserror::Error)]
#[error("the archive is unpacked further with the next turn")]
struct PutOff;

/// Whether `error` says that the share of a turn is used up, so that the next turn goes on.
pub(super) fn is_put_off(error: &io::Error) -> bool {
    let Some(inner) = error.get_ref() else { return false };
    inner.is::<PutOff>()
}
