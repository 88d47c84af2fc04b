//! Which rules hold back which others, and for which groups that is so now.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{Gate, GroupKey, RuleId};

use super::super::settings::EngineSettings;

/// An incident still holds back others for so long after its end: what it causes may come late.
pub(in super::super) const LINGER: Duration = Duration::from_mins(2);

/// Which rules hold back which others, and for which groups that is so now. Derived from the groups.
#[derive(Debug, Default)]
pub(in super::super) struct Inhibition {
    relations: Vec<Relation>,
}

/// One rule holds back another.
#[derive(Debug)]
struct Relation {
    by: RuleId,
    name: Arc<str>,
    of: RuleId,
    /// The words that both are grouped by, in order.
    shared: Vec<Arc<str>>,
    /// How many groups of `by` with the same values of these hold back now.
    active: HashMap<GroupKey, usize>,
}

impl Inhibition {
    pub(in super::super) fn new(rules: &[EngineSettings]) -> Self {
        let mut relations = Vec::new();
        for (of, rule) in (0..).map(RuleId).zip(rules) {
            for name in &rule.gates.inhibited_by {
                let by = (0..).map(RuleId).zip(rules).find(|(_, other)| other.name == *name);
                let Some((by, other)) = by else { continue };
                let words = |rule: &EngineSettings| -> Vec<Arc<str>> {
                    rule.group_by.iter().map(|word| word.as_str().into()).collect()
                };
                let mut shared = words(rule);
                shared.retain(|word| words(other).contains(word));
                shared.sort();
                let (name, active) = (Arc::clone(name), HashMap::new());
                relations.push(Relation { by, name, of, shared, active });
            }
        }
        Self { relations }
    }

    /// Whether a rule holds back any other.
    pub(in super::super) fn is_by(&self, rule: RuleId) -> bool {
        self.relations.iter().any(|own| own.by == rule)
    }

    /// What holds back a group of a rule, if anything does.
    pub(in super::super) fn of(&self, rule: RuleId, key: &GroupKey) -> Option<Gate> {
        let mut own = self.relations.iter().filter(|own| own.of == rule);
        own.find_map(|own| {
            let shared = own.shared_of(key);
            own.active
                .contains_key(&shared)
                .then(|| Gate::Inhibited { by: own.name.clone(), shared })
        })
    }

    /// Whether what held back some groups of a rule still does.
    pub(in super::super) fn still_holds(&self, rule: RuleId, by: &str, shared: &GroupKey) -> bool {
        let mut own = self.relations.iter().filter(|own| own.of == rule && *own.name == *by);
        own.any(|own| own.active.contains_key(shared))
    }

    /// Takes in that a group begins to hold back others, or does so no longer. Returns the rules that
    /// may be told of from now on.
    pub(in super::super) fn on_group(
        &mut self,
        rule: RuleId,
        key: &GroupKey,
        is_active: bool,
    ) -> Vec<RuleId> {
        let mut free = Vec::new();
        for own in self.relations.iter_mut().filter(|own| own.by == rule) {
            let shared = own.shared_of(key);
            let count = own.active.entry(shared.clone()).or_default();
            *count = if is_active { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                own.active.remove(&shared);
                free.push(own.of);
            }
        }
        free
    }
}

impl Relation {
    fn shared_of(&self, key: &GroupKey) -> GroupKey {
        let entry = |word: &Arc<str>| {
            let found = key.iter().find(|(name, _)| **name == **word);
            found.map(|(_, value)| (Arc::clone(word), value.into()))
        };
        GroupKey(self.shared.iter().filter_map(entry).collect())
    }
}
