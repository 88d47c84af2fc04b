//! `Message` → `Delivery`: what is sent when, and what becomes of it.
//!
//! Pure: it says which messages are due and takes in how their posts ended. Who posts them, and who
//! saves what it decides, is the pipeline. Everything in it is in the store too.

mod merge;
mod pace;
mod policy;
mod queue;
mod reload;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{
    Advice, Alert, AlertKind, Delivery, Message, MessageMark, MessageState, Outcome, Severity,
    Timestamp, WebhookName,
};

use pace::Pace;
use policy::Form;
use queue::{Entry, Queue};

pub use policy::Verdict;

/// What makes messages of alerts.
pub trait Say {
    /// The message that says `alert` to `webhook`, with an empty body: it may be merged into
    /// another before it is sent. The same alert with other counts keeps its message's id.
    fn envelope(&self, alert: &Alert, webhook: &WebhookName) -> Message;

    /// The whole message.
    fn message(&self, alert: &Alert, webhook: &WebhookName) -> Message;
}

/// The messages that are not delivered yet.
#[derive(Debug)]
pub struct Outbox {
    spaces: Vec<Space>,
    /// The place in `spaces` of each webhook's space.
    routes: HashMap<WebhookName, usize>,
    /// Messages that Chat refused, without their bodies: they are sent after the next start, from
    /// the store.
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
    /// Posts since the last one of severity `critical`.
    n_others: u32,
    /// Webhooks that Chat refuses for now, and until when they are left alone.
    refused: HashMap<WebhookName, Timestamp>,
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
    /// After so many posts to a space of other rules, one of severity `critical` goes first if any waits,
    /// whatever it says: a flood of opens must not hold up what else critical rules have to say.
    const OTHERS: u32 = 2;
    /// How long a webhook is left alone that Chat has refused. What comes for it waits meanwhile,
    /// merged and bounded, and is not parked one by one.
    const REFUSED_FOR: Duration = Duration::from_mins(1);

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
            let place = outbox.place_of(&space);
            outbox.routes.insert(webhook, place);
        }
        outbox
    }

    /// Takes up a message that was not delivered before a restart. A parked one gets another try,
    /// unless it is too old or its webhook is not configured any more.
    pub fn restore(&mut self, message: Message, attempts: u32, was_parked: bool, now: Timestamp) {
        // No later message carries what a notice says.
        let is_notice = message.kind == AlertKind::Notice;
        let is_old = was_parked && !is_notice && message.at + Self::PARKED_FOR <= now;
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
                self.park(message);
            }
        }
    }

    /// Takes in `alert` for `webhook`: as a message of its own, or into one that waits.
    pub fn push(&mut self, mut alert: Alert, webhook: &WebhookName, now: Timestamp, say: &dyn Say) {
        let Some(place) = self.routes.get(webhook).copied() else { return };
        let envelope = say.envelope(&alert, webhook);
        if alert.kind == AlertKind::Resolved && self.has_parked_open(&envelope) {
            // Nobody was told that it began. Both are tried again at the next start.
            let message = say.message(&alert, webhook);
            self.changes.messages.push(message.clone());
            self.changes.mark(&message, MessageState::Parked, 0, "so is its open");
            return self.park(message);
        }
        self.take_up_expired(&mut alert, &envelope, now);
        let queue = &mut self.spaces[place].queue;
        let entry = Entry::new(say.envelope(&alert, webhook), alert, &mut self.changes);
        if let Some(target) = queue.same_incident(&entry) {
            target.take_over(&entry, &mut self.changes);
        } else if queue.waiting_for(webhook) >= Self::MAX_WAITING {
            queue.fold(entry, say, &mut self.changes);
        } else {
            queue.add(entry);
        }
    }

    /// Takes in a message that comes of no alert: it is sent as it is, and never merged.
    pub fn post(&mut self, message: Message) {
        let Some(place) = self.routes.get(&message.webhook).copied() else { return };
        self.changes.messages.push(message.clone());
        self.spaces[place].queue.add(Entry::restored(message, 0));
    }

    /// Whether a notice for `webhook` is not delivered yet: it waits, is in flight, or was refused
    /// within the last [`Self::PARKED_FOR`].
    pub fn has_notice(&self, webhook: &WebhookName, now: Timestamp) -> bool {
        let is_it =
            |message: &&Message| message.kind == AlertKind::Notice && message.webhook == *webhook;
        let in_flight = self.spaces.iter().filter_map(|space| space.in_flight.as_ref());
        let in_flight = in_flight.map(|entry| &entry.message);
        let waiting = self.spaces.iter().flat_map(|space| space.queue.messages());
        let parked = self.parked.iter().filter(|parked| now < parked.at + Self::PARKED_FOR);
        in_flight.chain(waiting).chain(parked).any(|message| is_it(&message))
    }

    /// The messages to post now: at most one a space. Each is in flight until [`Self::on_delivery`].
    pub fn take_due(&mut self, now: Timestamp) -> Vec<Message> {
        let mut due = Vec::new();
        for space in &mut self.spaces {
            if space.in_flight.is_some() || space.pace.ready_at() > now {
                continue;
            }
            space.refused.retain(|_, until| *until > now);
            let refused = &space.refused;
            let may = |webhook: &WebhookName| !refused.contains_key(webhook);
            let is_critical_due = space.n_others >= Self::OTHERS;
            let critical = is_critical_due.then(|| space.queue.take_first_critical(may)).flatten();
            let entry = critical.or_else(|| space.queue.take_first(may));
            let Some(mut entry) = entry else { continue };
            space.n_others = if entry.is_critical() { 0 } else { space.n_others.saturating_add(1) };
            space.pace.on_start(now);
            entry.attempts += 1;
            due.push(entry.as_sent());
            space.in_flight = Some(entry);
        }
        due
    }

    /// When [`Self::take_due`] next has something to give.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.spaces
            .iter()
            .filter(|space| space.in_flight.is_none())
            .filter_map(Space::ready_at)
            .min()
    }

    /// Takes in how a post ended. `None` if no such message is in flight.
    pub fn on_delivery(&mut self, delivery: &Delivery) -> Option<Verdict> {
        let is_it = |entry: &mut Entry| entry.message.id == delivery.message;
        let mut spaces = self.spaces.iter_mut().enumerate();
        let (place, mut entry) =
            spaces.find_map(|(place, space)| Some((place, space.in_flight.take_if(is_it)?)))?;
        let space = &mut self.spaces[place];
        entry.take_in(&delivery.outcome);
        let verdict = policy::judge(entry.form, entry.n_unauthorized, &delivery.outcome);
        let said = policy::words(&delivery.outcome);
        let attempts = entry.attempts;
        match &verdict {
            Verdict::Delivered => {
                space.pace.on_success();
                let state = MessageState::Delivered { at: delivery.at };
                self.changes.mark_attempt(&entry.message, state, attempts, "", delivery);
                return Some(verdict);
            }
            Verdict::Retry => {
                let after = match delivery.outcome {
                    Outcome::Busy { after } => after,
                    _ => None,
                };
                space.pace.on_failure(delivery.at, after, &mut self.jitter);
            }
            Verdict::Simplify(form) => entry.form = *form,
            Verdict::Park(refusal) => {
                if refusal.advice != Advice::Simplify {
                    let until = delivery.at + Self::REFUSED_FOR;
                    space.refused.insert(entry.message.webhook.clone(), until);
                }
                let state = MessageState::Parked;
                self.changes.mark_attempt(&entry.message, state, attempts, &said, delivery);
                self.park(entry.message);
                return Some(verdict);
            }
        }
        let state = MessageState::Waiting;
        self.changes.mark_attempt(&entry.message, state, attempts, &said, delivery);
        // Its webhook may lead to another space by now.
        let place = self.routes.get(&entry.message.webhook).copied().unwrap_or(place);
        self.spaces[place].queue.put_back(entry);
        Some(verdict)
    }

    /// Whether there is something to save.
    pub fn has_changes(&self) -> bool {
        !self.changes.messages.is_empty() || !self.changes.marks.is_empty()
    }

    /// What changed since the last call and must be saved. Only what was taken here is sent.
    pub fn take_changes(&mut self, say: &dyn Say) -> Changes {
        for space in &mut self.spaces {
            space.queue.say_all(say, &mut self.changes);
        }
        std::mem::take(&mut self.changes)
    }

    /// Forgets parked messages of before `before`, as the store does.
    pub fn forget_parked(&mut self, before: Timestamp) {
        self.parked.retain(|message| message.at >= before);
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

    /// Puts a message aside that Chat refused.
    fn park(&mut self, message: Message) {
        self.parked.push(Message { body: "".into(), grounds: None, ..message });
    }

    /// Whether Chat has refused the open of the incident that `resolved` ends.
    fn has_parked_open(&self, resolved: &Message) -> bool {
        let is_its_open = |parked: &Message| {
            parked.kind == AlertKind::Open
                && parked.incident == resolved.incident
                && parked.webhook == resolved.webhook
        };
        self.parked.iter().any(is_its_open)
    }

    /// Adds the counts of the same rule's parked messages that are too old for another try.
    fn take_up_expired(&mut self, alert: &mut Alert, envelope: &Message, now: Timestamp) {
        if alert.kind == AlertKind::Resolved {
            return;
        }
        let is_expired = |parked: &mut Message| {
            parked.at + Self::PARKED_FOR <= now
                && parked.rule == envelope.rule
                && parked.webhook == envelope.webhook
        };
        let into = envelope.id;
        for expired in self.parked.extract_if(.., is_expired) {
            self.changes.mark(&expired, MessageState::Merged { into }, 0, "");
            alert.count += expired.count;
            alert.undelivered += expired.count;
        }
    }
}

impl Space {
    /// When its next message may be posted; `None` if there is none.
    fn ready_at(&self) -> Option<Timestamp> {
        let allowed = |webhook| self.refused.get(webhook).copied();
        let first = self.queue.webhooks().map(allowed).min()?;
        Some(first.map_or(self.pace.ready_at(), |until| until.max(self.pace.ready_at())))
    }
}

impl Changes {
    fn mark(&mut self, message: &Message, state: MessageState, attempts: u32, said: &str) {
        let (id, kind) = (message.id, message.kind);
        let said = said.to_owned();
        self.marks.push(MessageMark { id, kind, state, attempts, said, attempted: None });
    }

    /// The same where that comes of an attempt to post it.
    fn mark_attempt(
        &mut self,
        message: &Message,
        state: MessageState,
        attempts: u32,
        said: &str,
        delivery: &Delivery,
    ) {
        self.mark(message, state, attempts, said);
        if let Some(mark) = self.marks.last_mut() {
            mark.attempted = Some(delivery.at);
        }
    }
}

/// What is sent first. Smaller is sooner.
fn urgency(message: &Message) -> u8 {
    match (message.kind, message.severity) {
        (AlertKind::Open, Severity::Critical) => 0,
        (AlertKind::Open | AlertKind::Reminder | AlertKind::Notice, _) => 1,
        (AlertKind::Resolved, _) => 2,
        (AlertKind::Summary, _) => 3,
        (AlertKind::Digest, _) => 4,
    }
}
