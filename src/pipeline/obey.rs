//! The pump does what it is told, in its own turn, and answers once that is saved.

use crate::flow::Timestamp;

use super::orders::{Given, Order};
use super::pump::Pump;

impl Pump {
    /// Does what it was told. Orders wait as long as nothing can be saved, and so do the answers.
    pub(super) fn obey(&mut self, now: Timestamp) {
        for (answer, said) in self.owed.drain(..) {
            // Nobody may wait for it any more.
            let _ = answer.send(said);
        }
        while self.unsaved.is_none()
            && let Some(given) = self.edges.orders.take()
        {
            self.follow(given, now);
        }
    }

    fn follow(&mut self, given: Given, now: Timestamp) {
        let Given { order, answer } = given;
        let said = match order {
            Order::Reload(fresh) => match self.may_take(&fresh, now) {
                Ok(()) if !self.retire(&fresh, now) => {
                    self.edges.orders.put_back(Given { order: Order::Reload(fresh), answer });
                    return;
                }
                Ok(()) => self.reload(*fresh, now),
                Err(why) => {
                    tracing::error!("{why}");
                    self.note_config(why.clone(), now);
                    Err(why)
                }
            },
            Order::Keep(why) => {
                self.note_config(why.clone(), now);
                Err(why)
            }
            Order::Mute(order) => self.mute(order, now),
            Order::Unmute(which) => Ok(self.unmute(&which, now)),
        };
        if self.unsaved.is_none() {
            self.save(now);
        }
        if self.unsaved.is_some() {
            self.owed.push((answer, said));
        } else {
            let _ = answer.send(said);
        }
    }
}
