//! One rule: what is saved of it, and which of its groups are.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Changes;
use super::absent::Blind;
use super::condition::{Ends, Sights};
use super::gates::Backlogs;
use super::group::is_default;
use super::late::Late;
use super::rule::RuleState;
use super::storm::Storm;
use crate::flow::{GroupKey, Timestamp};

/// What is saved of a rule besides its counts.
#[derive(PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    #[serde(skip_serializing_if = "Option::is_none")]
    blind: Option<Blind>,
    sights: Sights,
    #[serde(skip_serializing_if = "Backlogs::is_empty")]
    backlogs: Backlogs,
    storm: Storm,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<Late>,
    #[serde(skip_serializing_if = "is_default")]
    ends: Ends,
    #[serde(skip_serializing_if = "is_default")]
    latency: Duration,
    #[serde(skip_serializing_if = "Option::is_none")]
    live_since: Option<Timestamp>,
}

impl RuleState {
    /// Takes in that a group is gone.
    pub(super) fn note_gone(&mut self, key: &GroupKey) {
        if self.saved.contains(key) {
            self.changed.insert(key.clone());
        } else {
            self.changed.remove(key);
        }
    }

    /// Puts the groups that changed, or are gone, among `changes`.
    pub(super) fn take_groups(&mut self, changes: &mut Changes) {
        for key in std::mem::take(&mut self.changed) {
            if let Some(group) = self.groups.get(&key) {
                changes.groups.push(self.group_record(key.clone(), group));
                self.saved.insert(key);
            } else if self.saved.remove(&key) {
                changes.gone.push((Arc::clone(&self.settings.name), key));
            }
        }
    }

    /// What else of the rule is saved; empty for nothing.
    pub(super) fn memory(&self) -> String {
        let (blind, sights, ends) = (self.blind.clone(), self.sights.clone(), self.ends.clone());
        let (storm, late) = (self.storm.clone(), self.late.clone());
        let backlogs = self.gates.backlogs.clone();
        let (latency, live_since) = (self.latency, self.live_since);
        let memory = Memory { blind, sights, backlogs, storm, late, ends, latency, live_since };
        let is_nothing = memory == Memory::default();
        let memory = (!is_nothing).then(|| serde_json::to_string(&memory).expect("plain data"));
        memory.unwrap_or_default()
    }

    /// Takes up what [`Self::memory`] gave, before the wall clock was set back by `set_back`; of a rule that
    /// detects something else now only what is held back.
    pub(super) fn remember(
        &mut self,
        memory: &str,
        set_back: Duration,
    ) -> Result<(), serde_json::Error> {
        if memory.is_empty() {
            return Ok(());
        }
        let mut memory: Memory = serde_json::from_str(memory)?;
        memory.backlogs.shift_back(set_back);
        self.gates.backlogs = memory.backlogs;
        memory.storm.shift_back(set_back);
        self.storm = memory.storm;
        if let Some(late) = &mut memory.late {
            late.shift_back(set_back);
        }
        self.late = memory.late;
        // The rest is of what the rule detected before.
        if self.counted {
            return Ok(());
        }
        memory.sights.shift_back(set_back);
        memory.ends.shift_back(set_back);
        if let Some(blind) = &mut memory.blind {
            blind.shift_back(set_back);
        }
        (self.blind, self.sights, self.ends) = (memory.blind, memory.sights, memory.ends);
        self.latency = memory.latency;
        self.live_since = memory.live_since.map(|since| since - set_back);
        Ok(())
    }
}
