//! Which rules watch a log, and which webhooks are to be told when some of it is lost.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::config::Settings;
use crate::flow::{SourceId, StreamStatus, WebhookName};

/// Who has to do with which log.
#[derive(Debug)]
pub(super) struct Audience {
    /// The rules that look at each source, and the webhooks that they tell.
    by_source: HashMap<SourceId, (Vec<Arc<str>>, BTreeSet<WebhookName>)>,
}

impl Audience {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut by_source: HashMap<_, (Vec<_>, BTreeSet<_>)> = HashMap::new();
        for rule in &settings.rules {
            let (names, webhooks) = by_source.entry(rule.matching.source).or_default();
            names.push(Arc::clone(&rule.engine.name));
            webhooks.extend(rule.format.webhooks.iter().cloned());
        }
        Self { by_source }
    }

    /// The names of the rules that watch a log.
    pub(super) fn rules(&self, status: &StreamStatus) -> Vec<Arc<str>> {
        let of = status.sources.iter().filter_map(|id| self.by_source.get(id));
        of.flat_map(|(names, _)| names).cloned().collect()
    }

    /// The webhooks of the rules that look at `sources`, each once; all that any rule tells where
    /// nobody knows which sources those are: rather too many are told of a loss than none.
    pub(super) fn webhooks(&self, sources: Option<&[SourceId]>) -> Vec<WebhookName> {
        let of = sources.unwrap_or_default().iter().filter_map(|id| self.by_source.get(id));
        let mut webhooks: BTreeSet<_> = of.flat_map(|(_, webhooks)| webhooks).collect();
        if webhooks.is_empty() {
            webhooks = self.by_source.values().flat_map(|(_, webhooks)| webhooks).collect();
        }
        webhooks.into_iter().cloned().collect()
    }
}
