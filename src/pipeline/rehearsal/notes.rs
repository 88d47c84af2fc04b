//! What is noted while a test is played.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::config::Rule;
use crate::flow::{AlertKind, Message, MessageId, Timestamp, WebhookName};
use crate::store::{Store, StoreError};

use super::super::dry::Witness;
use super::super::middle::Changes;
use super::{Rehearsed, Said};

/// What was decided and sent so far, and where it is saved.
#[derive(Debug)]
pub(super) struct Notes {
    /// What the clock would have shown at the beginning of the test, had it not been set since.
    pub(super) zero: Timestamp,
    /// Where all is saved, if the test needs it.
    pub(super) store: Option<Store>,
    /// Why something could not be saved.
    pub(super) fault: Option<StoreError>,
    /// The rule that is tested, and the first of its webhooks, under each configuration so far.
    rule: Arc<str>,
    webhooks: BTreeSet<WebhookName>,
    /// When each message was decided.
    decided: HashMap<MessageId, Duration>,
    pub(super) said: Vec<Said>,
    /// More was sent than is noted.
    pub(super) is_full: bool,
    pub(super) n_matched: u64,
}

impl Notes {
    /// Notes of what the rule `rule` says.
    pub(super) fn new(rule: &Arc<str>, zero: Timestamp, store: Option<Store>) -> Self {
        Self {
            rule: Arc::clone(rule),
            webhooks: BTreeSet::new(),
            zero,
            store,
            fault: None,
            decided: HashMap::new(),
            said: Vec::new(),
            is_full: false,
            n_matched: 0,
        }
    }

    /// Listens where the rule speaks by `rules`.
    pub(super) fn listen(&mut self, rules: &[Rule]) {
        let own = rules.iter().filter(|rule| rule.engine.name == self.rule);
        self.webhooks.extend(own.filter_map(|rule| rule.format.webhooks.first().cloned()));
    }
}

impl Witness for Notes {
    fn on_changes(&mut self, changes: Changes, now: Timestamp) {
        for message in &changes.outbox.messages {
            self.decided.entry(message.id).or_insert_with(|| now.since(self.zero));
        }
        for record in changes.engine.rules.iter().filter(|record| record.name == self.rule) {
            self.n_matched = record.matched;
        }
        let batch = changes.into_batch(now);
        if let Some(store) = self.store.as_mut().filter(|_| !batch.is_empty())
            && let Err(error) = store.commit(&batch)
        {
            self.fault.get_or_insert(error);
        }
    }

    fn on_message(&mut self, message: &Message, now: Timestamp) {
        // That it is over is told to those it was escalated to as well, and is one thing.
        let is_first = self.webhooks.contains(&message.webhook);
        if message.rule != self.rule || !(is_first || message.kind == AlertKind::Reminder) {
            return;
        }
        if self.said.len() == Rehearsed::MAX_SAID {
            self.is_full = true;
            return;
        }
        let decided = self.decided.get(&message.id).copied();
        self.said.push(Said {
            at: decided.unwrap_or_else(|| now.since(self.zero)),
            kind: message.kind,
            count: message.count,
            group: message.group.clone(),
        });
    }

    fn is_full(&self) -> bool {
        self.is_full
    }
}
