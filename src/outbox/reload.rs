//! Other settings while the agent runs: what waits goes on waiting, for the same webhooks.

use std::mem;

use crate::flow::{Message, RuleId, Timestamp, WebhookName};

use super::{Outbox, Space};

impl Outbox {
    /// Goes on with `webhooks` and the names of their spaces, and with the rules that have numbers in
    /// `rule`. Nothing may be unsaved. `parked` are the messages that Chat refused, from the store: they
    /// get another try.
    ///
    /// What waits for a webhook that is not configured any more still goes there, as far as this run of
    /// the agent comes: it may be the last word to a space, of a rule that is gone with it.
    pub fn reload(
        &mut self,
        webhooks: impl IntoIterator<Item = (WebhookName, String)>,
        rule: impl Fn(&str) -> Option<RuleId>,
        parked: impl IntoIterator<Item = Message>,
        now: Timestamp,
    ) {
        self.routes.clear();
        for (webhook, space) in webhooks {
            let place = self.place_of(&space);
            self.routes.insert(webhook, place);
        }
        let spaces = self.spaces.iter_mut().enumerate();
        let waiting: Vec<_> = spaces.flat_map(|(place, space)| space.take_waiting(place)).collect();
        for (place, mut entry) in waiting {
            entry.renumber(&rule);
            let place = *self.routes.entry(entry.message.webhook.clone()).or_insert(place);
            self.spaces[place].queue.add(entry);
        }
        for (place, space) in self.spaces.iter_mut().enumerate() {
            if let Some(entry) = &mut space.in_flight {
                entry.renumber(&rule);
                self.routes.entry(entry.message.webhook.clone()).or_insert(place);
            }
        }
        self.drop_empty_spaces();
        self.parked.clear();
        for message in parked {
            self.restore(message, 0, true, now);
        }
    }

    /// Whether messages can be for `webhook`.
    pub fn has_route(&self, webhook: &WebhookName) -> bool {
        self.routes.contains_key(webhook)
    }

    /// The place of the space `name`, which is made if there is none.
    pub(super) fn place_of(&mut self, name: &str) -> usize {
        let known = self.spaces.iter().position(|other| *other.name == *name);
        known.unwrap_or_else(|| {
            self.spaces.push(Space { name: name.into(), ..Space::default() });
            self.spaces.len() - 1
        })
    }

    /// Lets go of the spaces that no webhook leads to any more, unless a post to one is under way: how
    /// that ends still has to be known.
    fn drop_empty_spaces(&mut self) {
        let mut places = Vec::with_capacity(self.spaces.len());
        let mut kept = Vec::with_capacity(self.spaces.len());
        for (place, space) in mem::take(&mut self.spaces).into_iter().enumerate() {
            places.push(kept.len());
            if space.in_flight.is_some() || self.routes.values().any(|own| *own == place) {
                kept.push(space);
            }
        }
        self.spaces = kept;
        self.routes.values_mut().for_each(|place| *place = places[*place]);
    }
}

impl Space {
    /// What waits in it, in order. What was refused may be right now.
    fn take_waiting(&mut self, place: usize) -> Vec<(usize, super::Entry)> {
        self.refused.clear();
        self.queue.take_all().into_iter().map(|entry| (place, entry)).collect()
    }
}
