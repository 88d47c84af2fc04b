//! The stages behind the matcher on a clock that is set by hand, with nobody to send to: each message
//! counts as delivered at once.

use std::time::Duration;

use crate::flow::{Delivery, Hit, Message, Outcome, Timestamp};

use super::middle::{Changes, Middle};

/// What the clock goes on by at the least.
const TICK: Duration = Duration::from_millis(1);

/// The middle on a virtual clock.
#[derive(Debug)]
pub(super) struct DryRun {
    pub(super) middle: Middle,
    /// What the clock shows.
    pub(super) now: Timestamp,
}

/// Who takes what a real run would save and send.
pub(super) trait Witness {
    /// What would be saved in one transaction. It comes before the messages in it.
    fn on_changes(&mut self, changes: Changes, now: Timestamp);
    /// What would be sent.
    fn on_message(&mut self, message: &Message, now: Timestamp);
    /// Whether it wants no more: nothing that is due is waited for any longer.
    fn is_full(&self) -> bool {
        false
    }
}

impl DryRun {
    /// Takes in hits of this moment, in order.
    pub(super) fn on_hits(&mut self, hits: &[Hit], witness: &mut impl Witness) {
        self.middle.on_hits(hits, self.now);
        self.post_due(witness);
    }

    /// Lets the clock go on to `to`, stopping where something is due before that.
    pub(super) fn pass_time(&mut self, to: Timestamp, witness: &mut impl Witness) {
        let mut before = None;
        while let Some(due) = self.deadline().filter(|due| *due < to && !witness.is_full()) {
            // What stays due when its time has come must not hold the clock.
            let is_overdue = before.replace(due) == Some(due) && due <= self.now;
            self.now = if is_overdue { self.now + TICK } else { self.now.max(due) };
            self.settle(witness);
        }
        self.now = to;
    }

    /// Does what is due at this moment.
    pub(super) fn settle(&mut self, witness: &mut impl Witness) {
        self.middle.on_time(self.now);
        self.post_due(witness);
    }

    /// Hands out the messages that wait for others to be sent. Nothing is decided any more.
    pub(super) fn send_rest(&mut self, witness: &mut impl Witness) {
        self.post_due(witness);
        while let Some(due) = self.middle.outbox_deadline().filter(|_| !witness.is_full()) {
            self.now = due.max(self.now + TICK);
            self.post_due(witness);
        }
    }

    /// Hands over what changed and was not handed over yet.
    pub(super) fn save(&mut self, witness: &mut impl Witness) {
        witness.on_changes(self.middle.take_changes(), self.now);
        self.middle.on_saved();
    }

    fn deadline(&self) -> Option<Timestamp> {
        let engine = self.middle.engine_deadline(self.now);
        engine.into_iter().chain(self.middle.outbox_deadline()).min()
    }

    /// Hands out what is due, as if Chat took it at once.
    fn post_due(&mut self, witness: &mut impl Witness) {
        if self.middle.has_news() {
            self.save(witness);
        }
        for message in self.middle.take_due(self.now) {
            witness.on_message(&message, self.now);
            let outcome = Outcome::Delivered { thread: None };
            let delivery = Delivery { message: message.id, at: self.now, outcome };
            self.middle.on_delivery(&message, &delivery);
        }
    }
}
