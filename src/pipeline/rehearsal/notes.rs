//! What is noted while a test is played.

use std::collections::HashMap;
use std::time::Duration;

use crate::flow::{Message, MessageId, Timestamp};
use crate::store::{Batch, Store, StoreError};

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
    /// When each message was decided.
    decided: HashMap<MessageId, Duration>,
    pub(super) said: Vec<Said>,
    /// More was sent than is noted.
    pub(super) is_full: bool,
    pub(super) n_matched: u64,
}

impl Notes {
    pub(super) fn new(zero: Timestamp, store: Option<Store>) -> Self {
        Self {
            zero,
            store,
            fault: None,
            decided: HashMap::new(),
            said: Vec::new(),
            is_full: false,
            n_matched: 0,
        }
    }
}

impl Witness for Notes {
    fn on_changes(&mut self, changes: Changes, now: Timestamp) {
        let Changes { engine, outbox, told } = changes;
        for message in &outbox.messages {
            self.decided.entry(message.id).or_insert_with(|| now.since(self.zero));
        }
        for record in &engine.rules {
            self.n_matched = record.matched;
        }
        let batch = Batch {
            at: now,
            rules: engine.rules,
            groups: engine.groups,
            gone: engine.gone,
            mutes: engine.mutes,
            unmuted: engine.unmuted,
            told,
            messages: outbox.messages,
            marks: outbox.marks,
            ..Batch::default()
        };
        if let Some(store) = self.store.as_mut().filter(|_| !batch.is_empty())
            && let Err(error) = store.commit(&batch)
        {
            self.fault.get_or_insert(error);
        }
    }

    fn on_message(&mut self, message: &Message, now: Timestamp) {
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
