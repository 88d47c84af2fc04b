//! Rules that are not configured any more, of which something is still to be told: they were removed
//! while the agent was down, or while a gate held it back.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::Settings;
use crate::engine::EngineSettings;
use crate::flow::{RuleRecord, Severity};
use crate::format::FormatSettings;
use crate::redact::Redactor;
use crate::store::Saved;

use super::open::routes;

/// What is left to know of a rule that is gone. It matches nothing, and what is open of it is closed.
pub(super) struct Gone {
    pub(super) engine: EngineSettings,
    pub(super) format: FormatSettings,
}

/// The rules of `saved` with open incidents, or with something untold, that `settings` do not know. Of the
/// others only the counts are left.
pub(super) fn gone(settings: &Settings, saved: &Saved) -> Vec<Gone> {
    let is_known = |name: &str| settings.rules.iter().any(|rule| *rule.engine.name == *name);
    let mut gone = Vec::new();
    for record in saved.rules.iter().filter(|record| !is_known(&record.name)) {
        let is_open =
            saved.groups.iter().any(|own| own.rule == record.name && own.opened.is_some());
        // What was told together with others is untold, and of no group.
        if is_open || record.untold > 0 {
            gone.push(last_words(record, settings, saved));
        }
    }
    gone
}

fn last_words(record: &RuleRecord, settings: &Settings, saved: &Saved) -> Gone {
    let name = &record.name;
    let before = || saved.audience.iter().filter(|told| told.rule == *name);
    let known: BTreeSet<_> = routes(settings).map(|(name, _)| name).collect();
    let mut webhooks: BTreeSet<_> = before().map(|told| told.webhook.clone()).collect();
    webhooks.retain(|hook| known.contains(hook));
    if webhooks.is_empty() {
        // Rather too many are told that it is over than none.
        let all = settings.rules.iter().flat_map(|rule| &rule.format.webhooks);
        webhooks = all.cloned().collect();
    }
    if webhooks.is_empty() {
        // No rule is left.
        webhooks = known;
    }
    let untold = record.untold;
    tracing::warn!(
        "rule `{name}` is not configured any more: what is open of it is closed; {untold} matches of it were \
         not told before, and those that were too few to be told never will be"
    );
    // Whatever it detected before, it is something else now.
    let fingerprint = record.fingerprint.map(|byte| !byte);
    let severity = before().map(|told| told.severity).max().unwrap_or(Severity::default());
    Gone {
        engine: EngineSettings::new(Arc::clone(name), fingerprint),
        format: FormatSettings {
            name: Arc::clone(name),
            severity,
            webhooks: webhooks.into_iter().collect(),
            title: None,
            text: None,
            mention: Vec::new(),
            labels: Vec::new(),
            redact: Redactor::default(),
            runbook: None,
        },
    }
}
