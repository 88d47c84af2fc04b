//! What a feed's thread has read and the pump has not taken yet: bounded, so that the writer waits.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::super::wake::Waker;
use super::place::Place;

/// A thread that finds so many bytes here waits until the pump takes them, and the writer with it.
/// What a thread adds at a time, a read of 64 KiB and a line, may go beyond.
const ROOM: usize = 256 * 1024;

/// Remarks that are kept for the pump; of more it is told how many they were.
const MAX_REMARKS: usize = 64;

/// Between one thread that reads and the pump. Clones are the same inbox.
#[derive(Clone, Debug)]
pub(super) struct Inbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    has_room: Condvar,
    waker: Waker,
}

#[derive(Default, Debug)]
struct State {
    batch: Batch,
    news: Vec<News>,
    /// Remarks that found no room there.
    n_left_out: usize,
    end: End,
}

/// Which of both sides has ended.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum End {
    /// Neither.
    #[default]
    Open,
    /// The thread: there will be no more.
    Over,
    /// The pump: nobody takes any more.
    Closed,
}

/// Whole lines, each ended by `\n`, and what came with them.
#[derive(Default, Debug)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    /// The entries that the bytes are, where they are a journal's.
    pub(super) entries: Vec<Entry>,
    /// Bytes that lines had beyond the greatest length.
    pub(super) n_cut: u64,
}

/// An entry of a journal: so many bytes, and where reading goes on behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) len: usize,
    pub(super) place: Place,
}

/// What a thread has to say besides lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// It cannot read, and tries again: the reason, in a sentence.
    Trouble(String),
    /// It reads, as far as can be told.
    Fine,
    /// Something that the operator may want to know, in a sentence.
    Remark(String),
    /// The journal does not hold the entry any more that was read last.
    Missed,
}

/// The pump takes nothing any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Closed;

impl Inbox {
    pub(super) fn new(waker: Waker) -> Self {
        let (state, has_room) = (Mutex::default(), Condvar::new());
        Self(Arc::new(Shared { state, has_room, waker }))
    }

    /// Adds `batch` once there is room, and leaves it empty.
    pub(super) fn push(&self, batch: &mut Batch) -> Result<(), Closed> {
        if batch.bytes.is_empty() && batch.n_cut == 0 {
            return Ok(());
        }
        let is_full = |state: &mut State| state.batch.bytes.len() >= ROOM && state.end == End::Open;
        let state = self.0.has_room.wait_while(self.lock(), is_full);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        if state.end == End::Closed {
            return Err(Closed);
        }
        state.batch.append(batch);
        drop(state);
        self.0.waker.wake();
        Ok(())
    }

    /// Says something besides lines.
    pub(super) fn tell(&self, news: News) {
        self.lock().tell(news);
        self.0.waker.wake();
    }

    /// Says that there will be no more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        if state.end == End::Open {
            state.end = End::Over;
        }
        drop(state);
        self.0.waker.wake();
    }

    /// Moves all lines into `batch`.
    pub(super) fn take(&self, batch: &mut Batch) {
        batch.append(&mut self.lock().batch);
        self.0.has_room.notify_one();
    }

    pub(super) fn take_news(&self) -> Vec<News> {
        let mut state = self.lock();
        let mut news = mem::take(&mut state.news);
        match mem::take(&mut state.n_left_out) {
            0 => {}
            n => news.push(News::Remark(format!("{n} more remarks were left out"))),
        }
        news
    }

    /// Bytes that were not taken yet.
    pub(super) fn n_bytes(&self) -> usize {
        self.lock().batch.bytes.len()
    }

    /// Whether all was taken, and there will be no more.
    pub(super) fn is_over(&self) -> bool {
        let state = self.lock();
        state.end == End::Over && state.batch.bytes.is_empty() && state.news.is_empty()
    }

    /// Says that nothing is taken any more.
    pub(super) fn close(&self) {
        self.lock().end = End::Closed;
        self.0.has_room.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, news: News) {
        let is_remark = |own: &&News| matches!(own, News::Remark(_));
        let is_known = match &news {
            // What is said again and again is kept once.
            News::Remark(_) | News::Missed => self.news.last() == Some(&news),
            // Remarks do not change how it is.
            News::Fine | News::Trouble(_) => {
                self.news.iter().rev().find(|own| !is_remark(own)) == Some(&news)
            }
        };
        if is_known {
            return;
        }
        if is_remark(&&news) && self.news.iter().filter(is_remark).count() >= MAX_REMARKS {
            self.n_left_out += 1;
            return;
        }
        self.news.push(news);
    }
}

impl Batch {
    fn append(&mut self, other: &mut Self) {
        if self.bytes.is_empty() {
            mem::swap(&mut self.bytes, &mut other.bytes);
        } else {
            self.bytes.append(&mut other.bytes);
        }
        self.entries.append(&mut other.entries);
        self.n_cut += mem::take(&mut other.n_cut);
    }
}
