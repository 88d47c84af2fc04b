//! `Message` → `Delivery`: what is sent when, and what becomes of it.
//!
//! Pure: it says which messages are due and takes in how their posts ended. Who posts them, and who
//! saves what it decides, is the pipeline. Everything in it is in the store too.

mod merge;
mod pace;
mod policy;
mod queue;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{
    Alert, AlertKind, Delivery, Message, MessageMark, MessageState, Outcome, Severity, Timestamp,
    WebhookName,
};

use pace::Pace;
use policy::Form;
use queue::{Entry, Queue};

pub use policy::Verdict;

/// Says an alert to a webhook. The same alert with other counts keeps its message's id.
pub type Say<'a> = &'a dyn Fn(&Alert, &WebhookName) -> Message;

/// The messages that are not delivered yet.
#[derive(Debug)]
pub struct Outbox {
    spaces: Vec<Space>,
    /// The place in `spaces` of each webhook's space.
    routes: HashMap<WebhookName, usize>,
    parked: Vec<Message>,
    jitter: fastrand::Rng,
    changes: Changes,
}

/// One Chat space. Its pace is shared by all webhooks that lead to it.
#[derive(Debug, Default)]
struct Space {
    name: Arc<str>,
    queue: Queue,
    pace: Pace,
    /// The message that is being posted. One at a time, so that they arrive in order.
    in_flight: Option<Entry>,
}

/// What must be saved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Messages that are new, or that took up the count of others.
    pub messages: Vec<Message>,
    /// Messages whose state changed.
    pub marks: Vec<MessageMark>,
}

impl Outbox {
    /// Messages that may wait for one webhook. Further ones are folded into a digest a rule.
    pub const MAX_WAITING: usize = 500;
    /// How long a parked message is kept for another try. Then the next message carries its count.
    pub const PARKED_FOR: Duration = Duration::from_hours(24);

    /// An empty outbox for webhooks with the names of their spaces.
    ///
    /// `seed` makes the jitter of retries; two hosts should not have the same.
    pub fn new(webhooks: impl IntoIterator<Item = (WebhookName, String)>, seed: u64) -> Self {
        let mut outbox = Self {
            spaces: Vec::new(),
            routes: HashMap::new(),
            parked: Vec::new(),
            jitter: fastrand::Rng::with_seed(seed),
            changes: Changes::default(),
        };
        for (webhook, space) in webhooks {
            let known = outbox.spaces.iter().position(|other| *other.name == *space);
            let place = known.unwrap_or_else(|| {
                outbox.spaces.push(Space { name: space.into(), ..Space::default() });
                outbox.spaces.len() - 1
            });
            outbox.routes.insert(webhook, place);
        }
        outbox
    }

    /// Takes up a message that was not delivered before a restart. A parked one gets another try,
    /// unless it is too old or its webhook is not configured any more.
    pub fn restore(&mut self, message: Message, attempts: u32, was_parked: bool, now: Timestamp) {
        let is_old = was_parked && message.at + Self::PARKED_FOR <= now;
        match self.routes.get(&message.webhook) {
            Some(place) if !is_old => {
                if was_parked {
                    self.changes.mark(&message, MessageState::Waiting, 0, "");
                }
                let attempts = if was_parked { 0 } else { attempts };
                self.spaces[*place].queue.add(Entry::restored(message, attempts));
            }
            _ => {
                if !was_parked {
                    let said = format!("webhook `{}` is not configured any more", message.webhook);
                    self.changes.mark(&message, MessageState::Parked, attempts, &said);
                }
                self.parked.push(message);
            }
        }
    }

    /// Takes in `alert` for `webhook`: as a message of its own, or into one that waits.
    pub fn push(&mut self, mut alert: Alert, webhook: &WebhookName, now: Timestamp, say: Say<'_>) {
        let Some(place) = self.routes.get(webhook).copied() else { return };
        let message = say(&alert, webhook);
        if alert.kind == AlertKind::Resolved && self.fold_into_parked_open(&message) {
            return;
        }
        let message = self.take_up_expired(&mut alert, message, now, say);
        self.changes.messages.push(message.clone());
        let queue = &mut self.spaces[place].queue;
        let entry = Entry::new(message, alert);
        if let Some(target) = queue.same_incident(&entry) {
            merge::into(target, &entry, say, &mut self.changes);
        } else if queue.waiting_for(webhook) >= Self::MAX_WAITING {
            queue.fold(entry, say, &mut self.changes);
        } else {
            queue.add(entry);
        }
    }

    /// The messages to post now: at most one a space. Each is in flight until [`Self::on_delivery`].
    pub fn take_due(&mut self, now: Timestamp) -> Vec<Message> {
        let mut due = Vec::new();
        for space in &mut self.spaces {
            if space.in_flight.is_some() || space.pace.ready_at() > now {
                continue;
            }
            let Some(mut entry) = space.queue.take_first() else { continue };
            space.pace.on_start(now);
            entry.attempts += 1;
            due.push(entry.as_sent());
            space.in_flight = Some(entry);
        }
        due
    }

    /// When [`Self::take_due`] next has something to give.
    pub fn deadline(&self) -> Option<Timestamp> {
        let idle = self.spaces.iter().filter(|space| space.in_flight.is_none());
        idle.filter(|space| !space.queue.is_empty()).map(|space| space.pace.ready_at()).min()
    }

    /// Takes in how a post ended. `None` if no such message is in flight.
    pub fn on_delivery(&mut self, delivery: &Delivery) -> Option<Verdict> {
        let is_it = |entry: &mut Entry| entry.message.id == delivery.message;
        let mut spaces = self.spaces.iter_mut();
        let (space, mut entry) = spaces
            .find_map(|space| Some(space.in_flight.take_if(is_it)).flatten().map(|e| (space, e)))?;
        let verdict = policy::judge(&entry, &delivery.outcome);
        let said = policy::words(&delivery.outcome);
        let attempts = entry.attempts;
        match &verdict {
            Verdict::Delivered => {
                space.pace.on_success();
                let state = MessageState::Delivered { at: delivery.at };
                self.changes.mark(&entry.message, state, attempts, "");
                return Some(verdict);
            }
            Verdict::Retry => {
                let after = match delivery.outcome {
                    Outcome::Busy { after } => after,
                    _ => None,
                };
                entry.is_unclear |= matches!(delivery.outcome, Outcome::Unclear { .. });
                space.pace.on_failure(delivery.at, after, &mut self.jitter);
            }
            Verdict::Simplify(form) => entry.form = *form,
            Verdict::Park(_) => {
                self.changes.mark(&entry.message, MessageState::Parked, attempts, &said);
                self.parked.push(entry.message);
                return Some(verdict);
            }
        }
        self.changes.mark(&entry.message, MessageState::Waiting, attempts, &said);
        space.queue.put_back(entry);
        Some(verdict)
    }

    /// Whether there is something to save.
    pub fn has_changes(&self) -> bool {
        !self.changes.messages.is_empty() || !self.changes.marks.is_empty()
    }

    /// What changed since the last call and must be saved.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// Whether a post is under way.
    pub fn is_in_flight(&self) -> bool {
        self.spaces.iter().any(|space| space.in_flight.is_some())
    }

    /// Messages that wait to be sent, those in flight included.
    pub fn n_waiting(&self) -> usize {
        let of = |space: &Space| space.queue.len() + usize::from(space.in_flight.is_some());
        self.spaces.iter().map(of).sum()
    }

    /// Messages that Chat refused.
    pub fn n_parked(&self) -> usize {
        self.parked.len()
    }

    /// Chat has refused the open of this incident, so nobody wants to know that it is over.
    fn fold_into_parked_open(&mut self, resolved: &Message) -> bool {
        let is_its_open = |parked: &&Message| {
            parked.kind == AlertKind::Open
                && parked.incident == resolved.incident
                && parked.webhook == resolved.webhook
        };
        let Some(open) = self.parked.iter().find(is_its_open) else { return false };
        self.changes.messages.push(resolved.clone());
        self.changes.mark(resolved, MessageState::Merged { into: open.id }, 0, "");
        true
    }

    /// Adds the counts of the same rule's parked messages that are too old for another try.
    fn take_up_expired(
        &mut self,
        alert: &mut Alert,
        message: Message,
        now: Timestamp,
        say: Say<'_>,
    ) -> Message {
        if alert.kind == AlertKind::Resolved {
            return message;
        }
        let is_expired = |parked: &mut Message| {
            parked.at + Self::PARKED_FOR <= now
                && parked.rule == message.rule
                && parked.webhook == message.webhook
        };
        let into = message.id;
        let mut carried = 0;
        for expired in self.parked.extract_if(.., is_expired) {
            self.changes.mark(&expired, MessageState::Merged { into }, 0, "");
            carried += if expired.kind == AlertKind::Resolved { 0 } else { expired.count };
        }
        if carried == 0 {
            return message;
        }
        alert.count += carried;
        alert.undelivered += carried;
        say(alert, &message.webhook)
    }
}

impl Changes {
    fn mark(&mut self, message: &Message, state: MessageState, attempts: u32, said: &str) {
        let (id, kind) = (message.id, message.kind);
        self.marks.push(MessageMark { id, kind, state, attempts, said: said.to_owned() });
    }
}

/// What is sent first. Smaller is sooner.
fn urgency(message: &Message) -> u8 {
    match (message.kind, message.severity) {
        (AlertKind::Open, Severity::Critical) => 0,
        (AlertKind::Open | AlertKind::Reminder, _) => 1,
        (AlertKind::Resolved, _) => 2,
        (AlertKind::Summary, _) => 3,
        (AlertKind::Digest, _) => 4,
    }
}
