//! A thread that reads one input of a feed, from the pump's side.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::thread::{self, JoinHandle};

use super::super::identity::{Inode, Seen};
use super::super::limit::Slot;
use super::super::settings::JournalSettings;
use super::super::wake::Waker;
use super::inbox::Inbox;
use super::journal::Journal;
use super::lines::Lines;
use super::pipe::{AtEnd, Pipe};
use super::place::Place;
use super::wait::Stop;

/// One input, with the thread that reads it. The thread ends when this goes.
#[derive(Debug)]
pub(super) struct Tap {
    pub(super) inbox: Inbox,
    /// What the input is called by the file system, where it is a pipe.
    pub(super) inode: Option<Inode>,
    /// Let go of to stop the thread.
    stop: Option<io::PipeWriter>,
    /// Waited for where there is something that must not be left behind.
    thread: Option<JoinHandle<()>>,
    /// Its place among the open files.
    slots: Vec<Slot>,
}

impl Tap {
    /// Reads standard input.
    pub(super) fn stdin(file: File, max_line: usize, waker: Waker) -> io::Result<Self> {
        let inode = file.metadata().ok().map(|meta| Seen::from(&meta).inode());
        let mut tap = Self::pipe(file, AtEnd::Over, max_line, waker)?;
        tap.inode = inode;
        Ok(tap)
    }

    /// Reads the FIFO at `path`, open as `file`.
    pub(super) fn fifo(
        path: &Path,
        file: File,
        inode: Inode,
        max_line: usize,
        waker: Waker,
    ) -> io::Result<Self> {
        let mut tap = Self::pipe(file, AtEnd::Again(path.to_path_buf(), inode), max_line, waker)?;
        tap.inode = Some(inode);
        Ok(tap)
    }

    fn pipe(file: File, at_end: AtEnd, max_line: usize, waker: Waker) -> io::Result<Self> {
        let mut tap = Self::start(waker, |stop, inbox| {
            let pipe = Pipe { file, at_end, stop, inbox, lines: Lines::new(max_line) };
            thread::Builder::new().name("pipe".to_owned()).spawn(move || pipe.run())
        })?;
        // Another process may take what a terminal has between the look at it and the read, which
        // then waits: nobody waits for the thread.
        tap.thread = None;
        Ok(tap)
    }

    /// Reads a journal from `place` on, by `program`.
    pub(super) fn journal(
        program: OsString,
        settings: JournalSettings,
        place: Place,
        max_line: usize,
        waker: Waker,
    ) -> io::Result<Self> {
        Self::start(waker, |stop, inbox| {
            let journal = Journal { program, settings, max_line, place, stop, inbox };
            thread::Builder::new().name("journal".to_owned()).spawn(move || journal.run())
        })
    }

    fn start(
        waker: Waker,
        thread: impl FnOnce(Stop, Inbox) -> io::Result<JoinHandle<()>>,
    ) -> io::Result<Self> {
        let (stop, own_stop) = io::pipe()?;
        let inbox = Inbox::new(waker);
        let thread = Some(thread(stop, inbox.clone())?);
        Ok(Self { inbox, inode: None, stop: Some(own_stop), thread, slots: Vec::new() })
    }

    /// Tells the thread to read no more, and to end once it has handed over what it has.
    pub(super) fn stop(&mut self) {
        self.stop = None;
    }

    /// Takes note of the places that it has among the open files.
    pub(super) fn keep(&mut self, slots: impl Iterator<Item = Slot>) {
        self.slots.extend(slots);
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.inbox.close();
        self.stop();
        if let Some(thread) = self.thread.take() {
            // It ends its journalctl. A panic in it ends the process as it is.
            let _ = thread.join();
        }
    }
}
