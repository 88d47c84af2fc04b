//! The messages that wait for one space, and which of them goes first.

use std::collections::BTreeMap;

use crate::flow::{Alert, AlertKind, Message, WebhookName};

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
    pub(super) is_unclear: bool,
    /// Its place in the queue. Given by [`Queue::add`].
    place: u64,
}

impl Entry {
    pub(super) fn new(message: Message, alert: Alert) -> Self {
        let alert = Some(alert);
        Self { message, alert, attempts: 0, form: Form::Full, is_unclear: false, place: 0 }
    }

    /// A message of before a restart. It may have been in flight then.
    pub(super) fn restored(message: Message, attempts: u32) -> Self {
        Self { message, alert: None, attempts, form: Form::Full, is_unclear: true, place: 0 }
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
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

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

    /// Takes out what goes first: the most urgent, or what waits before it of the same incident.
    pub(super) fn take_first(&mut self) -> Option<Entry> {
        let urgent = self.entries.values().min_by_key(|e| (urgency(&e.message), e.place))?;
        let mut of_incident =
            self.entries.values().filter(|e| e.is_of_incident_of(&urgent.message));
        let place = of_incident.next()?.place;
        self.entries.remove(&place)
    }

    /// How many messages wait for `webhook`.
    pub(super) fn waiting_for(&self, webhook: &WebhookName) -> usize {
        self.entries.values().filter(|entry| entry.message.webhook == *webhook).count()
    }

    /// The entry that can take up the count of `new`, because it tells of the same incident.
    pub(super) fn same_incident(&mut self, new: &Entry) -> Option<&mut Entry> {
        let can_join = |kind| !matches!(kind, AlertKind::Resolved | AlertKind::Digest);
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
    pub(super) fn fold(&mut self, new: Entry, say: Say<'_>, changes: &mut Changes) {
        let is_digest = |entry: &Entry| entry.message.kind == AlertKind::Digest;
        let folds = |entry: &Entry| {
            entry.message.rule == new.message.rule
                && entry.message.webhook == new.message.webhook
                && entry.open_alert().is_some()
        };
        if let Some(digest) = self.entries.values_mut().find(|e| is_digest(e) && folds(e)) {
            return merge::into(digest, &new, say, changes);
        }
        let Some(alert) = new.open_alert() else { return self.add(new) };
        let empty = merge::empty_digest(alert, &new.message.webhook);
        let mut digest = Entry::new(say(&empty, &new.message.webhook), empty);
        let places: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| folds(entry))
            .map(|(place, _)| *place)
            .collect();
        for place in places {
            let Some(entry) = self.entries.remove(&place) else { continue };
            merge::into(&mut digest, &entry, say, changes);
        }
        merge::into(&mut digest, &new, say, changes);
        self.add(digest);
    }
}
