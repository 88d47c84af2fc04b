//! An agent that is killed at random moments while others do their work, and the length and seed
//! of long tests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::tally::Tally;
use crate::trial::{LONG, Trial};

/// How long tests of random moments last, and what decides about these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dose {
    pub(crate) length: Duration,
    pub(crate) seed: u64,
}

impl Dose {
    /// What `tests/soak` asks for, else `short` and a seed of this moment.
    pub(crate) fn new(short: Duration) -> Self {
        let from_env = |name| std::env::var(name).ok()?.parse().ok();
        let length = from_env("LOGBELL_SOAK_SECONDS").map_or(short, Duration::from_secs);
        let seed = from_env("LOGBELL_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
        eprintln!("LOGBELL_SEED={seed} repeats these choices, though not their moments");
        Self { length, seed }
    }

    /// Whether `tests/soak` asks for all that there is.
    pub(crate) fn is_whole() -> bool {
        std::env::var_os("LOGBELL_SOAK_SECONDS").is_some()
    }
}

/// Says when an agent may be killed, and when to stop.
#[derive(Debug, Default)]
pub(crate) struct Chaos {
    /// Whoever holds it has an agent that is ready, and is not killed.
    truce: Mutex<()>,
    is_over: AtomicBool,
}

impl Chaos {
    /// An agent that is ready and stays alive as long as this is held.
    pub(crate) fn truce(&self) -> MutexGuard<'_, ()> {
        self.truce.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// What says that it is over when it is dropped.
    pub(crate) fn over(&self) -> Over<'_> {
        Over(self)
    }

    /// Kills the agent of `trial` and starts it again, every 0 to `most`, until it is over or for
    /// `length`. Returns how often.
    pub(crate) fn rage(
        &self,
        trial: &mut Trial,
        length: Duration,
        most: Duration,
        random: &mut fastrand::Rng,
    ) -> u32 {
        let _over = self.over();
        let started = Instant::now();
        let most = u64::try_from(most.as_millis()).unwrap();
        let mut n_kills = 0;
        while started.elapsed() < length && !self.is_over() {
            // The moment of the kill is what is tried out: any will do.
            thread::sleep(Duration::from_millis(random.u64(0..most)));
            let _truce = self.truce();
            trial.kill();
            n_kills += 1;
            // At times it is killed before it is ready, too.
            while random.u32(0..4) == 0 {
                trial.launch();
                thread::sleep(Duration::from_millis(random.u64(0..60)));
                trial.kill();
                n_kills += 1;
            }
            trial.start();
        }
        n_kills
    }
}

/// Ends the work of the others, in a panic, too.
pub(crate) struct Over<'a>(&'a Chaos);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

/// Waits until all lines are matched; starts the agent once more, and waits for one more line of
/// each log, before which it would have repeated what it repeats; and says what is wrong.
///
/// `write` writes such lines and says what was written in all.
#[track_caller]
pub(crate) fn settle(trial: &mut Trial, mut write: impl FnMut() -> Vec<Tally>) {
    wait_for_tallies(trial, &write());
    trial.kill();
    trial.start();
    let tallies = write();
    wait_for_tallies(trial, &tallies);
    trial.kill();
    let losses = &trial.status()["losses"];
    assert_eq!(losses, &serde_json::json!([]), "{}", trial.stderr());
    for tally in tallies {
        assert_eq!(trial.check_counts(tally.name()), tally.n_lines());
    }
}

/// Waits until `tallies` are what the store says.
#[track_caller]
fn wait_for_tallies(trial: &Trial, tallies: &[Tally]) {
    let started = Instant::now();
    loop {
        let wrong: Vec<_> = tallies.iter().filter_map(|tally| tally.complaint(trial)).collect();
        if wrong.is_empty() {
            return;
        }
        assert!(
            started.elapsed() < LONG,
            "{wrong:#?}\n{:#}\n{}\n{}",
            trial.status()["losses"],
            trial.read(&["status"]),
            trial.stderr()
        );
        thread::sleep(Duration::from_millis(50));
    }
}
