//! Messages of a replay to a real space, one after the other, at Chat's pace.

use tokio::runtime::Handle;

use crate::clock::Clock;
use crate::config::Settings;
use crate::flow::{Delivery, Message, Outcome, Refusal};
use crate::outbox::{Outbox, Verdict};
use crate::source::Waker;

use super::StartError;
use super::courier::{self, Courier};

/// Sends messages that nobody waits for, and that are saved nowhere.
#[derive(Debug)]
pub struct Resend {
    outbox: Outbox,
    courier: Courier,
    clock: Clock,
    waker: Waker,
}

impl Resend {
    /// One for the webhooks of `settings`, whose addresses must be known. `runtime` is where messages
    /// are posted.
    ///
    /// # Errors
    /// The host's: Chat cannot be spoken to from it.
    pub fn new(settings: &Settings, runtime: &Handle) -> Result<Self, StartError> {
        let known = settings.webhooks.iter().map(|hook| (hook.name.clone(), hook.url.space()));
        let (clock, waker) = (Clock::new(), Waker::default());
        let targets = courier::targets(settings)?;
        let courier = Courier::start(targets, clock.clone(), waker.clone(), runtime);
        let seed = clock.now().as_millis().unsigned_abs();
        Ok(Self { outbox: Outbox::new(known, seed), courier, clock, waker })
    }

    /// Sends `message`, as often as it takes; tells `on_trouble` why it takes longer.
    ///
    /// # Errors
    /// Chat's: it will not take it. Where it is busy or does not answer, it is tried for as long.
    pub fn send(
        &mut self,
        message: Message,
        on_trouble: &mut dyn FnMut(&str),
    ) -> Result<(), Refusal> {
        self.outbox.post(message);
        loop {
            let now = self.clock.now();
            for due in self.outbox.take_due(now) {
                self.courier.send(due);
            }
            for (_, delivery) in self.courier.take_returned() {
                match &delivery.outcome {
                    Outcome::Busy { .. } => on_trouble("Chat is busy (429)"),
                    Outcome::Unclear { what } => on_trouble(what),
                    Outcome::Delivered { .. } | Outcome::Refused(_) => {}
                }
                if let Some(ended) = self.on_delivery(&delivery) {
                    return ended;
                }
            }
            let until = self.outbox.deadline().map(|due| due.since(self.clock.now()));
            self.waker.wait(until);
        }
    }

    /// How it ended, if it has.
    fn on_delivery(&mut self, delivery: &Delivery) -> Option<Result<(), Refusal>> {
        match self.outbox.on_delivery(delivery)? {
            Verdict::Delivered => Some(Ok(())),
            Verdict::Park(refusal) => Some(Err(refusal)),
            Verdict::Retry | Verdict::Simplify(_) => None,
        }
    }
}
