//! The messages that wait for one space, and which of them goes first.

use std::collections::{BTreeMap, HashMap};

use crate::flow::{
    Alert, AlertKind, Message, MessageState, Outcome, Refusal, RuleId, Severity, WebhookName,
};

use super::{Changes, Form, Say, merge, policy, urgency};

/// A message that waits, or is being posted.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) message: Message,
    /// What it says, for as long as it can still be said differently: until it may have been posted.
    pub(super) alert: Option<Alert>,
    pub(super) attempts: u32,
    pub(super) form: Form,
    /// It may have been posted: what it says must not change under its request id any more.
    is_unclear: bool,
    /// Attempts in this run that were not answered.
    n_unanswered: u32,
    /// Attempts in a row that were answered with 401.
    pub(super) n_unauthorized: u32,
    /// `alert` is not said by `message` yet.
    is_stale: bool,
    /// Where its row stands among the changes that are not saved yet, if it does.
    row: Option<usize>,
    /// Its place in the queue. Given by [`Queue::add`].
    place: u64,
}

impl Entry {
    /// Unanswered attempts after which a message lets others pass.
    const STUCK: u32 = 3;

    /// A new message, which is among `changes` from now on.
    pub(super) fn new(envelope: Message, alert: Alert, changes: &mut Changes) -> Self {
        let row = changes.messages.len();
        changes.messages.push(envelope.clone());
        let entry = Self::restored(envelope, 0);
        Self { alert: Some(alert), is_unclear: false, is_stale: true, row: Some(row), ..entry }
    }

    /// A message of before a restart. It may have been in flight then.
    pub(super) fn restored(message: Message, attempts: u32) -> Self {
        Self {
            message,
            alert: None,
            attempts,
            form: Form::Full,
            is_unclear: true,
            n_unanswered: 0,
            n_unauthorized: 0,
            is_stale: false,
            row: None,
            place: 0,
        }
    }

    /// Takes a message that is no more than its envelope back from `changes`. Returns whether it
    /// could be: not where another message's count has gone into it.
    fn withdraw(&self, changes: &mut Changes) -> bool {
        let is_last = self.row.is_some_and(|row| row + 1 == changes.messages.len());
        let can_go = is_last && self.alert.as_ref().is_some_and(|alert| alert.undelivered == 0);
        if can_go {
            changes.messages.pop();
        }
        can_go
    }

    /// Takes in how an attempt ended.
    pub(super) fn take_in(&mut self, outcome: &Outcome) {
        let is_unauthorized = matches!(outcome, Outcome::Refused(Refusal { status: 401, .. }));
        self.n_unauthorized = if is_unauthorized { self.n_unauthorized + 1 } else { 0 };
        if matches!(outcome, Outcome::Unclear { .. }) {
            self.is_unclear = true;
            self.n_unanswered += 1;
        }
    }

    /// Whether it is of severity `critical`.
    pub(super) fn is_critical(&self) -> bool {
        self.message.severity == Severity::Critical
    }

    fn is_stuck(&self) -> bool {
        self.n_unanswered >= Self::STUCK
    }

    /// Says what `other` says as well, which is merged into this. Both must be open to change.
    pub(super) fn take_over(&mut self, other: &Self, changes: &mut Changes) {
        self.add(other);
        let into = self.message.id;
        changes.mark(&other.message, MessageState::Merged { into }, other.attempts, "");
    }

    fn add(&mut self, other: &Self) {
        let (Some(older), Some(newer)) = (&self.alert, &other.alert) else { return };
        self.alert = Some(merge::merged(older, newer));
        self.is_stale = true;
    }

    /// The message in the form that is to be sent.
    pub(super) fn as_sent(&self) -> Message {
        let mut message = self.message.clone();
        if self.form != Form::Full {
            message.body = policy::reform(&message.body, self.form).into();
        }
        message
    }

    /// What it says, if that can still be changed.
    pub(super) fn open_alert(&self) -> Option<&Alert> {
        self.alert.as_ref().filter(|_| !self.is_unclear && self.form == Form::Full)
    }

    /// Puts what it says into its message, and that among `changes`.
    fn say(&mut self, say: &dyn Say, changes: &mut Changes) {
        let row = self.row.take();
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        let Some(alert) = &self.alert else { return };
        self.message = say.message(alert, &self.message.webhook);
        match row {
            Some(row) => changes.messages[row] = self.message.clone(),
            None => changes.messages.push(self.message.clone()),
        }
    }

    /// Goes on where rules have other numbers, as `rule` gives by name. What a rule said that is gone
    /// stays as it is said.
    pub(super) fn renumber(&mut self, rule: &impl Fn(&str) -> Option<RuleId>) {
        let number = rule(&self.message.rule);
        self.alert = self.alert.take().zip(number).map(|(alert, rule)| Alert { rule, ..alert });
    }

    fn is_of_incident_of(&self, other: &Message) -> bool {
        self.message.incident == other.incident && self.message.webhook == other.webhook
    }
}

/// The messages that wait for one space, in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: BTreeMap<u64, Entry>,
    next_place: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Puts an entry at the end.
    pub(super) fn add(&mut self, mut entry: Entry) {
        entry.place = self.next_place;
        self.next_place += 1;
        self.put_back(entry);
    }

    /// Puts an entry back at its place.
    pub(super) fn put_back(&mut self, entry: Entry) {
        self.entries.insert(entry.place, entry);
    }

    /// Takes out what goes first of what may: the most urgent, or what waits before it of the same
    /// incident. What Chat has left unanswered again and again lets all others pass.
    pub(super) fn take_first(&mut self, may: impl Fn(&WebhookName) -> bool) -> Option<Entry> {
        self.take_first_of(may, |_| true)
    }

    /// The same of what critical rules have to say, where Chat has not left it unanswered again and again.
    pub(super) fn take_first_critical(
        &mut self,
        may: impl Fn(&WebhookName) -> bool,
    ) -> Option<Entry> {
        let is_critical = |entry: &Entry| entry.is_critical() && !entry.is_stuck();
        self.take_first_of(may, is_critical)
    }

    /// The same of what is `wanted`.
    fn take_first_of(
        &mut self,
        may: impl Fn(&WebhookName) -> bool,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Option<Entry> {
        let mut heads = HashMap::new();
        let mut first = None;
        for entry in self.entries.values().filter(|entry| may(&entry.message.webhook)) {
            let incident = (entry.message.incident, &entry.message.webhook);
            let (is_stuck, head) =
                *heads.entry(incident).or_insert((entry.is_stuck(), entry.place));
            let rank = (is_stuck, urgency(&entry.message), entry.place);
            if wanted(entry) && first.is_none_or(|(least, _)| rank < least) {
                first = Some((rank, head));
            }
        }
        let (_, place) = first?;
        self.entries.remove(&place)
    }

    /// Takes all out, in order. What is put back later goes before what is added then.
    pub(super) fn take_all(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries).into_values().collect()
    }

    /// The messages that wait, in order.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.entries.values().map(|entry| &entry.message)
    }

    /// The webhooks that messages wait for, as often as they do.
    pub(super) fn webhooks(&self) -> impl Iterator<Item = &WebhookName> {
        self.entries.values().map(|entry| &entry.message.webhook)
    }

    /// Makes every message say what it is to say, and puts what changed among `changes`.
    pub(super) fn say_all(&mut self, say: &dyn Say, changes: &mut Changes) {
        self.entries.values_mut().for_each(|entry| entry.say(say, changes));
    }

    /// How many messages wait for `webhook`.
    pub(super) fn waiting_for(&self, webhook: &WebhookName) -> usize {
        self.entries.values().filter(|entry| entry.message.webhook == *webhook).count()
    }

    /// The entry that can take up the count of `new`, because it tells of the same incident.
    pub(super) fn same_incident(&mut self, new: &Entry) -> Option<&mut Entry> {
        let can_join = |kind| kind != AlertKind::Resolved;
        if !can_join(new.message.kind) {
            return None;
        }
        self.entries.values_mut().rfind(|entry| {
            entry.is_of_incident_of(&new.message)
                && can_join(entry.message.kind)
                && entry.open_alert().is_some()
        })
    }

    /// Puts `new` and all other messages of its rule that can still be changed into one digest.
    pub(super) fn fold(&mut self, new: Entry, say: &dyn Say, changes: &mut Changes) {
        let is_digest = |entry: &Entry| entry.message.kind == AlertKind::Digest;
        let folds = |entry: &Entry| {
            entry.message.rule == new.message.rule
                && entry.message.webhook == new.message.webhook
                && entry.open_alert().is_some()
        };
        if let Some(digest) = self.entries.values_mut().find(|e| is_digest(e) && folds(e)) {
            // In a storm the history would have a row for each of many thousand messages that
            // nobody was ever to see.
            if new.withdraw(changes) {
                return digest.add(&new);
            }
            return digest.take_over(&new, changes);
        }
        let Some(alert) = new.open_alert() else { return self.add(new) };
        let empty = merge::empty_digest(alert, &new.message.webhook);
        let envelope = say.envelope(&empty, &new.message.webhook);
        let mut digest = Entry::new(envelope, empty, changes);
        let places: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| folds(entry))
            .map(|(place, _)| *place)
            .collect();
        for place in places {
            let Some(entry) = self.entries.remove(&place) else { continue };
            digest.take_over(&entry, changes);
        }
        digest.take_over(&new, changes);
        self.add(digest);
    }
}
