//! The pump goes on with another configuration: what is open, held, read and on its way stays.

use jiff::tz::TimeZone;

use crate::config::Settings;
use crate::engine::EngineSettings;
use crate::flow::{Message, Timestamp};
use crate::store::{Batch, Saved, Store};
use crate::telemetry::{Metrics, service};

use super::audience::Audience;
use super::dates::Dates;
use super::lookout::Lookout;
use super::middle::{Behind, Middle};
use super::open::{open_behind, routes, saved_source};
use super::orders::{Answer, Fresh};
use super::pump::Pump;
use super::{StartError, lessons};

/// What another configuration makes of what is saved, for the middle to go on with. What it changes was
/// retired, and that is saved too.
pub(super) struct Next<'s> {
    settings: &'s Settings,
    /// What is saved but for the middle.
    pub(super) saved: Saved,
    /// What is to decide.
    pub(super) behind: Behind,
    /// The messages that Chat refused.
    parked: Vec<Message>,
}

impl<'s> Next<'s> {
    /// Closes what `settings` change, in the words of before. It is to be saved before [`Self::load`].
    pub(super) fn retire(settings: &Settings, middle: &mut Middle, now: Timestamp) {
        let next: Vec<EngineSettings> =
            settings.rules.iter().map(|rule| rule.engine.clone()).collect();
        middle.retire(&next, now);
    }

    /// What `settings` make of what `store` holds.
    pub(super) fn load(
        settings: &'s Settings,
        store: &Store,
        now: Timestamp,
    ) -> Result<Self, StartError> {
        let mut saved = store.load()?;
        let behind = open_behind(settings, &mut saved, now)?;
        let parked = parked(&mut saved);
        Ok(Self { settings, saved, behind, parked })
    }

    /// Has `middle` go on with it, `is_same_source` with the same logs.
    pub(super) fn take_over(
        self,
        middle: &mut Middle,
        metrics: Metrics,
        is_same_source: bool,
        now: Timestamp,
    ) {
        let rule = |name: &str| self.behind.rule_named(name);
        middle.outbox_mut().reload(routes(self.settings), rule, self.parked, now);
        middle.reload(self.behind, metrics, is_same_source, now);
    }
}

impl Pump {
    /// Whether what is saved can be loaded for `fresh`. Looked at before anything is changed: what is
    /// retired stays so.
    pub(super) fn may_take(&self, fresh: &Fresh, now: Timestamp) -> Result<(), String> {
        let next = Next::load(&fresh.settings, &self.store, now);
        next.map(drop).map_err(|error| {
            format!("the configuration was not taken, and the one at hand stays: {error}")
        })
    }

    /// Closes what `fresh` changes, in the words of before. Returns whether it could be saved.
    pub(super) fn retire(&mut self, fresh: &Fresh, now: Timestamp) -> bool {
        Next::retire(&fresh.settings, &mut self.middle, now);
        self.save(now);
        self.unsaved.is_none()
    }

    /// Goes on with `fresh`. All is saved, and no chunk is out.
    pub(super) fn reload(&mut self, fresh: Fresh, now: Timestamp) -> Answer {
        service::reloading();
        let said = self.take_over(fresh, now);
        match &said {
            Ok(said) => tracing::info!("{said}"),
            Err(why) => {
                tracing::error!("{why}");
                self.note_config(why.clone(), now);
            }
        }
        service::ready();
        said
    }

    fn take_over(&mut self, fresh: Fresh, now: Timestamp) -> Answer {
        let Fresh { settings, matcher, targets } = fresh;
        let next = Next::load(&settings, &self.store, now);
        let mut next = next.map_err(|error| {
            format!(
                "the configuration was not taken, and the one at hand stays, though what was open of \
                 rules that it changes is closed: {error}"
            )
        })?;
        let said = changes(&self.settings, &settings);
        let names = settings.rules.iter().map(|rule| &*rule.engine.name);
        self.edges.metrics = self.edges.metrics.with_rules(names);
        let is_same_source = self.settings.sources == settings.sources;
        if !is_same_source {
            self.source.reload(&settings.sources, saved_source(&mut next.saved), now);
        }
        // Each line is learnt from or judged: nothing is read until this is saved.
        let engine = &mut next.behind.engine;
        let taught = lessons::learn(&settings, &self.source, engine, &self.edges.clock, now);
        if let Err(error) = taught {
            tracing::error!("what logs hold already is not learnt: {error}");
        }
        next.take_over(&mut self.middle, self.edges.metrics.clone(), is_same_source, now);
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
    let n_rules = match after.rules.len() {
        1 => "1 rule".to_owned(),
        n => format!("{n} rules"),
    };
    let mut parts = vec![format!("configuration taken: {n_rules}")];
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
