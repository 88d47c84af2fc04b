//! Waits for bytes, or to be told to stop.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// The end of a pipe whose other end the pump lets go of when the thread is to stop.
pub(super) type Stop = io::PipeReader;

/// Why waiting ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Woken {
    /// The thread is to stop.
    Stop,
    /// Some file has bytes, has ended or has failed: reading it tells.
    Ready,
    /// Nothing came in time.
    Late,
}

/// Waits until one of `files` can be read, at most `timeout`; without one, as long as it takes.
pub(super) fn wait<const N: usize>(
    files: [Option<BorrowedFd<'_>>; N],
    stop: &Stop,
    timeout: Option<Duration>,
) -> Woken {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let mut all: Vec<_> = files
        .into_iter()
        .flatten()
        .chain([stop.as_fd()])
        .map(|file| PollFd::from_borrowed_fd(file, PollFlags::IN))
        .collect();
    loop {
        match poll(&mut all, timeout.as_ref()) {
            Err(Errno::INTR) => {}
            Ok(0) => return Woken::Late,
            Ok(_) if all.last().is_some_and(|stop| !stop.revents().is_empty()) => {
                return Woken::Stop;
            }
            // It fails only for want of memory in the kernel: reading then waits instead.
            Ok(_) | Err(_) => return Woken::Ready,
        }
    }
}
