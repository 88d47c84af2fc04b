//! Joins the stages: the one loop, the one transaction, the order of starting and stopping.

mod audience;
mod coalesce;
mod courier;
mod dates;
mod dry;
mod explain;
mod gone;
mod hours;
mod lessons;
mod lookout;
mod middle;
mod muting;
mod obey;
mod open;
mod orders;
mod past;
mod pump;
mod rehearsal;
mod reload;
mod replay;
mod report;
mod resend;

#[cfg(test)]
mod laws;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use tokio::runtime::Handle;

use crate::chat::ClientError;
use crate::clock::Clock;
use crate::config::Settings;
use crate::engine::RestoreError;
use crate::matcher::SimdError;
use crate::source::Waker;
use crate::store::{Store, StoreError};
use crate::telemetry::{Health, Metrics};

pub use explain::{Explain, Explained, Outcome, RuleExplained};
pub use orders::{Answer, Orders};
pub use rehearsal::{RehearseError, Rehearsed, Said, rehearse};
pub use replay::{Fault, Replay, Replayed, RuleTally};
pub use resend::Resend;

use courier::Courier;
use pump::{Pump, Surroundings};

/// A running agent.
#[derive(Debug)]
pub struct Agent {
    stopper: Stopper,
    orders: Orders,
    pump: JoinHandle<()>,
    health: Health,
    metrics: Metrics,
}

/// Tells an agent to stop, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Stopper {
    is_told: Arc<AtomicBool>,
    waker: Waker,
}

/// Why an agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the store holds cannot be taken up.
    #[error("{0}; keep a copy of the store, and move it away to start without memory")]
    Restore(#[source] RestoreError),
    /// Chat cannot be spoken to from this host.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The matcher was to use instructions that this processor does not have.
    #[error(transparent)]
    Simd(#[from] SimdError),
    /// The system gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl Agent {
    /// Starts an agent: from here on, what is appended to its logs is matched and told.
    ///
    /// `runtime` is where messages are posted.
    ///
    /// # Errors
    /// The host's: see [`StartError`]. Nothing was sent then.
    pub fn start(settings: &Settings, runtime: &Handle) -> Result<Self, StartError> {
        let stopper = Stopper::default();
        let names = settings.rules.iter().map(|rule| &*rule.engine.name);
        let (health, metrics) = (Health::default(), Metrics::new(names));
        let store = Store::open(&settings.state)?;
        let targets = courier::targets(settings)?;
        let clock = Clock::new();
        let orders = Orders::new(stopper.waker.clone());
        let waker = stopper.waker.clone();
        let courier = Courier::start(targets, clock.clone(), waker, runtime);
        let surroundings = Surroundings {
            boot: crate::clock::boot_id(),
            clock,
            stopper: stopper.clone(),
            orders: orders.clone(),
            courier,
            health: health.clone(),
            metrics: metrics.clone(),
        };
        let pump = Pump::open(settings, store, surroundings)?;
        let pump = thread::Builder::new().name("pump".to_owned()).spawn(move || pump.run());
        let pump = pump.map_err(StartError::Thread)?;
        Ok(Self { stopper, orders, pump, health, metrics })
    }

    /// What tells it to stop.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The way to tell it what to do while it runs.
    pub fn orders(&self) -> Orders {
        self.orders.clone()
    }

    /// Whether it does its work.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What it counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Waits until it has stopped.
    pub fn join(self) {
        self.pump.join().expect("a panic of the pump ends the process");
    }
}

impl Stopper {
    /// Tells the agent to stop: what was read is committed, and what is due within 5 s is sent.
    pub fn stop(&self) {
        self.is_told.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn is_told(&self) -> bool {
        self.is_told.load(Ordering::Acquire)
    }
}
