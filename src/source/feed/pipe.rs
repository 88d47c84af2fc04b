//! The thread that reads standard input or a FIFO.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::body::open;
use super::super::identity::{Inode, Seen};
use super::inbox::{Batch, Closed, Inbox, News};
use super::lines::Lines;
use super::wait::{Stop, Woken, wait};

/// The most bytes of one read: what a pipe holds, if its writer has not made it larger.
const MAX_READ: usize = 64 * 1024;

/// After all writers of a FIFO have closed it in the middle of a line, how long its rest is waited
/// for from another.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the end of the input means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum AtEnd {
    /// Nothing more comes.
    Over,
    /// Other writers may come, as long as this inode is at this path.
    Again(PathBuf, Inode),
}

/// Reads `file` into `inbox` until it is over or `stop` says so.
pub(super) struct Pipe {
    pub(super) file: File,
    pub(super) at_end: AtEnd,
    pub(super) stop: Stop,
    pub(super) inbox: Inbox,
    pub(super) lines: Lines,
}

/// What comes after the end of the input was met.
enum Next {
    /// Reading goes on.
    Read,
    /// The path leads elsewhere: this was the end, if there is nothing now either.
    LookOnce,
    Over,
}

impl Pipe {
    pub(super) fn run(mut self) {
        // `Err` is the pump's own wish.
        let _ = self.read_all();
    }

    fn read_all(&mut self) -> Result<(), Closed> {
        let mut buffer = vec![0; MAX_READ];
        let mut batch = Batch::default();
        let (mut patience, mut is_left) = (None, false);
        loop {
            match wait([Some(self.file.as_fd())], &self.stop, patience) {
                // What was taken is handed over: it cannot be read again.
                Woken::Stop => break,
                Woken::Late => {
                    patience = None;
                    self.lines.finish(&mut batch);
                    self.inbox.push(&mut batch)?;
                    continue;
                }
                Woken::Ready => {}
            }
            match self.file.read(&mut buffer) {
                Ok(0) => match self.on_end() {
                    Next::Read => patience = (!self.lines.is_empty()).then_some(PATIENCE),
                    Next::LookOnce if !is_left => is_left = true,
                    Next::LookOnce | Next::Over => break,
                },
                Ok(n_read) => {
                    patience = None;
                    self.lines.push(&buffer[..n_read], &mut batch);
                    self.inbox.push(&mut batch)?;
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    self.inbox.tell(News::Trouble(format!("{error}; it is tried again")));
                    break;
                }
            }
        }
        self.lines.finish(&mut batch);
        self.inbox.push(&mut batch)?;
        self.inbox.end();
        Ok(())
    }

    /// Takes in that no writer has the input open any more.
    fn on_end(&mut self) -> Next {
        let AtEnd::Again(path, inode) = &self.at_end else { return Next::Over };
        // A writer that opens a FIFO waits for a reader. One that another FIFO at this path had for
        // a moment only would not do: that one is for a new thread to open.
        if !leads_to(path, *inode) {
            // Between the end and this look a writer may have come and the name gone.
            return Next::LookOnce;
        }
        // A descriptor that has met the end says so at every poll until a writer comes. A new one
        // is silent until then. It is there before the old one goes, so that no writer is refused.
        match open(path) {
            Ok((file, seen)) if seen.inode() == *inode => {
                self.file = file;
                // Elsewhere than on Linux a new one may say so as well.
                if cfg!(not(target_os = "linux")) {
                    wait([], &self.stop, Some(Duration::from_millis(100)));
                }
                Next::Read
            }
            Ok(_) | Err(_) => Next::LookOnce,
        }
    }
}

/// Whether `path` leads to the FIFO `inode`.
fn leads_to(path: &Path, inode: Inode) -> bool {
    fs::metadata(path).is_ok_and(|meta| Seen::from(&meta).inode() == inode)
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
