//! `match`, `also`, `where`, `not`, `unless`: what a rule looks for.

use crate::fields::Form;
use crate::flow::SourceId;
use crate::matcher::{Condition, MatchSettings, Pattern};

use super::layers::Layers;
use super::report::Report;
use super::source::Sources;
use super::{conditions, matching};

/// What one rule looks for; `None` for what is wrong, and reported.
pub(super) struct Sought {
    pub(super) any: Option<Vec<Pattern>>,
    pub(super) also: Option<Vec<Pattern>>,
    pub(super) none: Vec<Pattern>,
    pub(super) ends: Vec<Pattern>,
    when: Option<Vec<Condition>>,
    /// How its lines name their fields.
    pub(super) form: Option<Form>,
}

impl Sought {
    /// What the rule of `layers` looks for in one of `sources`, if that is known.
    pub(super) fn check(
        layers: &Layers,
        source: Option<SourceId>,
        sources: &Sources,
        report: &mut Report,
    ) -> Self {
        let own = &layers.own;
        let is_bare = own.lacks("match") && own.lacks("where");
        if is_bare {
            let finding = report.error(own.span.clone(), "this rule has no `match`");
            finding.help("write for example `match = 'ERROR|panic'`");
        }
        let form = source.and_then(|source| sources.form(source));
        let of_any_event = || Some(vec![Pattern::of_any_event()]);
        Self {
            any: if own.has("match") || is_bare {
                matching::patterns("match", own, report)
            } else {
                of_any_event()
            },
            also: if own.has("also") {
                matching::patterns("also", own, report)
            } else {
                Some(Vec::new())
            },
            // Without its source nobody knows whether its lines have fields.
            when: match source {
                Some(_) => conditions::conditions(own, form, report),
                None => Some(Vec::new()),
            },
            none: matching::patterns("not", layers.of("not"), report).unwrap_or_default(),
            ends: matching::patterns("unless", own, report).unwrap_or_default(),
            form,
        }
    }

    /// The same for the matcher, which looks at `source`.
    pub(super) fn settings(self, source: SourceId) -> Option<MatchSettings> {
        let Self { any, also, none, ends, when, form } = self;
        let (also, when) = (also?, when?);
        Some(MatchSettings { also, none, when, form, ends, ..MatchSettings::new(source, any?) })
    }
}
