//! The bell that wakes the pump: rung by events, deliveries and signals alike.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Wakes the thread that waits on it. Clones ring the same bell.
///
/// A ring that comes before the wait is not lost: the next wait returns at once. Many rings before
/// a wait are one.
#[derive(Clone, Default, Debug)]
pub struct Waker(Arc<Bell>);

#[derive(Default, Debug)]
struct Bell {
    rung: Mutex<Ring>,
    heard: Condvar,
}

/// How the bell was rung since the last wait.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Ring {
    #[default]
    Not,
    /// For something that may be gathered with what comes next.
    Soon,
    Now,
}

impl Waker {
    /// A bell that has not been rung.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the present wait, or the next one. Never blocks for long, from any thread.
    pub fn wake(&self) {
        *self.lock() = Ring::Now;
        self.0.heard.notify_one();
    }

    /// As [`wake`](Self::wake), but for one of many small things: a wait that gathers them goes on.
    pub fn wake_soon(&self) {
        let mut rung = self.lock();
        // Whoever gathers must not be woken for each.
        if *rung == Ring::Not {
            *rung = Ring::Soon;
            self.0.heard.notify_one();
        }
    }

    /// Waits until woken, at most `timeout`; without one, as long as it takes.
    pub fn wait(&self, timeout: Option<Duration>) {
        self.wait_gathering(timeout, || Duration::ZERO);
    }

    /// As [`wait`](Self::wait), but where it was woken [soon](Self::wake_soon), it waits on for as
    /// long as `pause` says, or until woken otherwise; `timeout` ends each of the two waits.
    pub fn wait_gathering(&self, timeout: Option<Duration>, pause: impl FnOnce() -> Duration) {
        let rung = self.lock();
        let is_silent = |rung: &mut Ring| *rung == Ring::Not;
        let mut rung = self.wait_while(rung, timeout, is_silent);
        if *rung == Ring::Soon {
            let pause = pause().min(timeout.unwrap_or(Duration::MAX));
            if !pause.is_zero() {
                rung = self.wait_while(rung, Some(pause), |rung| *rung != Ring::Now);
            }
        }
        *rung = Ring::Not;
    }

    fn wait_while<'a>(
        &self,
        rung: MutexGuard<'a, Ring>,
        timeout: Option<Duration>,
        is_quiet: impl FnMut(&mut Ring) -> bool,
    ) -> MutexGuard<'a, Ring> {
        let heard = &self.0.heard;
        match timeout {
            None => heard.wait_while(rung, is_quiet).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let waited = heard.wait_timeout_while(rung, timeout, is_quiet);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_ring_before_the_wait_is_not_lost_and_many_are_one() {
        let waker = Waker::new();
        waker.wake_soon();
        waker.wake();
        waker.wake_soon();
        waker.wait(None);
        assert_eq!(*waker.lock(), Ring::Not);
        waker.wake_soon();
        waker.wait(None);
        assert_eq!(*waker.lock(), Ring::Not);
    }

    #[test]
    fn a_wait_that_gathers_ends_with_a_ring_that_cannot_wait() {
        let waker = Waker::new();
        let gatherer = waker.clone();
        let (say, said) = std::sync::mpsc::channel();
        let waiting = thread::spawn(move || {
            gatherer.wait_gathering(Some(HOUR), || {
                say.send(()).unwrap();
                HOUR
            });
        });
        waker.wake_soon();
        said.recv().unwrap();
        waker.wake_soon();
        waker.wake();
        waiting.join().unwrap();
        assert_eq!(*waker.lock(), Ring::Not);
    }

    #[test]
    fn nothing_is_gathered_for_what_cannot_wait_or_came_of_itself() {
        let waker = Waker::new();
        let pause = || unreachable!("it was not woken soon");
        waker.wake_soon();
        waker.wake();
        waker.wait_gathering(None, pause);
        waker.wait_gathering(Some(Duration::ZERO), pause);
    }
}
