//! The pump goes on with another configuration: what is open, held, read and on its way stays.

use jiff::tz::TimeZone;

use crate::config::Settings;
use crate::flow::Timestamp;
use crate::store::{Batch, Saved, StoreError};
use crate::telemetry::service;

use super::audience::Audience;
use super::dates::Dates;
use super::lessons;
use super::lookout::Lookout;
use super::open::{open_behind, routes, saved_source};
use super::orders::{Answer, Fresh};
use super::pump::Pump;

impl Pump {
    /// Closes what `fresh` changes, in the words of before. Returns whether it could be saved.
    pub(super) fn retire(&mut self, fresh: &Fresh, now: Timestamp) -> bool {
        let next: Vec<_> = fresh.settings.rules.iter().map(|rule| rule.engine.clone()).collect();
        self.middle.retire(&next, now);
        self.save(now);
        self.unsaved.is_none()
    }

    /// Goes on with `fresh`. All is saved, and no chunk is out.
    pub(super) fn reload(&mut self, fresh: Fresh, now: Timestamp) -> Answer {
        service::reloading();
        let said = self.take_over(fresh, now);
        match &said {
            Ok(said) => tracing::info!("{said}"),
            Err(why) => tracing::error!("{why}"),
        }
        service::ready();
        said
    }

    fn take_over(&mut self, fresh: Fresh, now: Timestamp) -> Answer {
        let Fresh { settings, matcher, targets } = fresh;
        let stays = |error: &dyn std::error::Error| {
            format!("the configuration was not taken, and the one at hand stays: {error}")
        };
        let mut saved = self.store.load().map_err(|error: StoreError| stays(&error))?;
        let mut behind = open_behind(&settings, &mut saved, now).map_err(|error| stays(&error))?;
        let said = changes(&self.settings, &settings);
        let names = settings.rules.iter().map(|rule| &*rule.engine.name);
        self.edges.metrics = self.edges.metrics.with_rules(names);
        let is_same_source = self.settings.sources == settings.sources;
        let parked = parked(&mut saved);
        if !is_same_source {
            self.source.reload(&settings.sources, saved_source(&mut saved), now);
        }
        // Each line is learnt from or judged: nothing is read until this is saved.
        let taught =
            lessons::learn(&settings, &self.source, &mut behind.engine, &self.edges.clock, now);
        if let Err(error) = taught {
            tracing::error!("what logs hold already is not learnt: {error}");
        }
        let rule = |name: &str| behind.rule_named(name);
        let metrics = self.edges.metrics.clone();
        self.middle.outbox_mut().reload(routes(&settings), rule, parked, now);
        self.middle.reload(behind, metrics, is_same_source, now);
        self.edges.courier.reload(targets, |hook| self.middle.has_route(hook));
        self.matcher = matcher;
        self.dates = Dates::new(&settings, TimeZone::system());
        self.audience = Audience::new(&settings);
        self.lookout = Lookout::new(&settings);
        self.settings = settings;
        self.save_all(Some(String::new()), now);
        Ok(said)
    }

    /// Notes whether the configuration that was last to be taken is wrong, for `status` and health.
    pub(super) fn note_config(&mut self, why: String, now: Timestamp) {
        self.edges.health.on_config(Some(why.clone()));
        self.save_all(Some(why), now);
    }

    /// Saves everything that changed, and each log. Where that fails, it is tried again before anything
    /// else.
    pub(super) fn save_all(&mut self, config: Option<String>, now: Timestamp) {
        if config.as_deref() == Some("") {
            self.edges.health.on_config(None);
        }
        let streams = self.source.statuses().collect();
        let batch = Batch { streams_are_all: true, config, ..self.gather(streams, now) };
        self.commit(batch, now);
    }
}

/// The messages that Chat refused.
fn parked(saved: &mut Saved) -> Vec<crate::flow::Message> {
    let messages = std::mem::take(&mut saved.messages).into_iter();
    messages.filter(|waiting| waiting.is_parked).map(|waiting| waiting.message).collect()
}

/// What the agent's log says of a configuration that was taken.
fn changes(before: &Settings, after: &Settings) -> String {
    let find = |all: &Settings, name: &str| {
        all.rules.iter().find(|rule| *rule.engine.name == *name).map(|rule| rule.engine.fingerprint)
    };
    let names = |all: &Settings, is_it: &dyn Fn(&str) -> bool| -> Vec<String> {
        let names = all.rules.iter().map(|rule| &*rule.engine.name);
        names.filter(|name| is_it(name)).map(|name| format!("`{name}`")).collect()
    };
    let added = names(after, &|name| find(before, name).is_none());
    let removed = names(before, &|name| find(after, name).is_none());
    let changed =
        names(after, &|name| find(before, name).is_some_and(|own| Some(own) != find(after, name)));
    let mut parts = vec![format!("configuration taken: {} rules", after.rules.len())];
    for (what, names) in [("new", added), ("detecting something else", changed), ("gone", removed)]
    {
        if !names.is_empty() {
            parts.push(format!("{what}: {}", names.join(", ")));
        }
    }
    if before.state != after.state {
        parts.push("`state` counts from the next start on".to_owned());
    }
    if before.listen != after.listen {
        parts.push("`listen` counts from the next start on".to_owned());
    }
    parts.join("; ")
}
