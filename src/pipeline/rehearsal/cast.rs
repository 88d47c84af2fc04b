//! Who plays: what of a configuration a test is about.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Happening, Input, Rule, Settings, Test};
use crate::flow::SourceId;
use crate::source::SourceSettings;

/// The names of the rules that play: that which is tested, and those that may hold it back.
#[derive(Clone, Debug)]
pub(super) struct Cast(Vec<Arc<str>>);

impl Cast {
    /// Who plays in `test`, which is one of `settings`, under each of its configurations.
    pub(super) fn of(settings: &Settings, test: &Test) -> Self {
        let steps = match &test.input {
            Input::Script(steps) => &steps[..],
            Input::File(_) => &[],
        };
        let others = steps.iter().filter_map(|step| match &step.what {
            Happening::Reload(other) => Some(&*other.settings),
            _ => None,
        });
        let all: Vec<_> = std::iter::once(settings).chain(others).collect();
        let mut names = vec![Arc::clone(&settings.rules[test.rule.0 as usize].engine.name)];
        let mut at = 0;
        while let Some(name) = names.get(at).cloned() {
            for rule in all.iter().filter_map(|settings| named(settings, &name)) {
                for by in &rule.engine.gates.inhibited_by {
                    if !names.contains(by) {
                        names.push(by.clone());
                    }
                }
            }
            at += 1;
        }
        Self(names)
    }

    /// Whose messages are heard.
    pub(super) fn lead(&self) -> &Arc<str> {
        &self.0[0]
    }

    /// What of `settings` is played: those of the rules that are in it, of which one webhook is told, and
    /// the source of the one that is tested; else that of `before`. All look at the same lines, wherever
    /// their own logs are.
    pub(super) fn alone(&self, settings: &Settings, before: Option<&Settings>) -> Settings {
        let mut rules: Vec<Rule> =
            self.0.iter().filter_map(|name| named(settings, name)).cloned().collect();
        let own = named(settings, self.lead()).map(|lead| lead.matching.source.0 as usize);
        let of = |settings: &Settings, place: usize| {
            (settings.sources[place].clone(), settings.dating[place].clone())
        };
        let known = own.map(|place| of(settings, place));
        let (sources, dating) = known.or_else(|| Some(of(before?, 0))).into_iter().unzip();
        for rule in &mut rules {
            rule.matching.source = SourceId(0);
            rule.format.webhooks.truncate(1);
            rule.engine.gates.webhooks.truncate(1);
        }
        Settings {
            state: settings.state.clone(),
            listen: settings.listen,
            keep: settings.keep,
            threads: settings.threads,
            host: settings.host.clone(),
            webhooks: settings.webhooks.clone(),
            skipped: settings.skipped.clone(),
            sources,
            dating,
            rules,
            tests: Vec::new(),
            simd: before.map_or(settings.simd, |before| before.simd),
        }
    }
}

fn named<'s>(settings: &'s Settings, name: &str) -> Option<&'s Rule> {
    settings.rules.iter().find(|rule| *rule.engine.name == *name)
}

/// `source` as if it followed `log` and nothing else.
pub(super) fn followed(source: &SourceSettings, log: &Path) -> SourceSettings {
    SourceSettings {
        files: vec![log.to_path_buf()],
        exclude: Vec::new(),
        feeds: Vec::new(),
        ..source.clone()
    }
}
