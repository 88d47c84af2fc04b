//! The bell that wakes the pump: rung by events, deliveries and signals alike.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Wakes the thread that waits on it. Clones ring the same bell.
///
/// A ring that comes before the wait is not lost: the next wait returns at once. Many rings before
/// a wait are one.
#[derive(Clone, Default, Debug)]
pub struct Waker(Arc<Bell>);

#[derive(Default, Debug)]
struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Waker {
    /// A bell that has not been rung.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the present wait, or the next one. Never blocks for long, from any thread.
    pub fn wake(&self) {
        *self.0.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.heard.notify_one();
    }

    /// Waits until woken, at most `timeout`; without one, as long as it takes.
    pub fn wait(&self, timeout: Option<Duration>) {
        let rung = self.0.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = |rung: &mut bool| !*rung;
        let mut rung = match timeout {
            None => self.0.heard.wait_while(rung, silent).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let waited = self.0.heard.wait_timeout_while(rung, timeout, silent);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        *rung = false;
    }
}
