//! How far a command is, on a terminal's last line.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::format::words::{bytes, duration};

/// How often it is shown. Nothing is shown of what takes less.
const EVERY: Duration = Duration::from_millis(250);

/// A command at work, with how far it is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Bytes that are done.
    pub(super) n_done: AtomicU64,
    /// Whether the line stands on the terminal now.
    is_shown: Mutex<bool>,
}

impl Progress {
    /// Does what writes to the terminal, where the line is not in its way.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        let mut is_shown = self.is_shown.lock().unwrap_or_else(PoisonError::into_inner);
        take_away(&mut is_shown);
        write();
    }

    fn put(&self, line: &str) {
        let mut is_shown = self.is_shown.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
        *is_shown = true;
    }
}

/// Takes the line away, if it stands there.
fn take_away(is_shown: &mut bool) {
    if std::mem::take(is_shown) {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

/// Does `work`, and shows on stderr meanwhile how many of `n_bytes` it has counted, if that is a
/// terminal. The line is gone when the work is done.
pub(super) fn show<T>(n_bytes: u64, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !io::stderr().is_terminal() {
        return work(&progress);
    }
    let done = thread::scope(|scope| {
        // The work's end hangs up.
        let (end, ended) = channel::<()>();
        let progress = &progress;
        scope.spawn(move || {
            let started = Stopwatch::start();
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let n_done = progress.n_done.load(Ordering::Relaxed);
                progress.put(&line(n_done, n_bytes, started.elapsed()));
            }
        });
        let done = work(progress);
        drop(end);
        done
    });
    progress.aside(|| {});
    done
}

/// `43 % of 12 GB, 1.2 GB/s, 6s left`.
fn line(n_done: u64, n_bytes: u64, elapsed: Duration) -> String {
    let n_done = n_done.min(n_bytes);
    let percent = u128::from(n_done) * 100 / u128::from(n_bytes.max(1));
    let millis = elapsed.as_millis().max(1);
    let rate = u64::try_from(u128::from(n_done) * 1000 / millis).unwrap_or(u64::MAX);
    let left = u128::from(n_bytes - n_done) * millis / u128::from(n_done.max(1));
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX));
    let pace = format!(", {}/s, {} left", bytes(rate), duration(left));
    let pace = if n_done == 0 { "" } else { &pace };
    format!("{percent} % of {}{pace}", bytes(n_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let second = Duration::from_secs(1);
        assert_eq!(line(0, 1000, second), format!("0 % of {}", bytes(1000)));
        let half = line(6_000_000_000, 12_000_000_000, 5 * second);
        let (all, rate) = (bytes(12_000_000_000), bytes(1_200_000_000));
        assert_eq!(half, format!("50 % of {all}, {rate}/s, 5s left"));
        assert!(line(u64::MAX, 0, Duration::ZERO).starts_with("0 % of 0"));
    }
}
