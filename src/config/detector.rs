//! `count`, `within`, `distinct`, `unless`, `absent`, `spike`: what makes a match, or many, worth telling.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Detector, GroupWord};
use crate::matcher::Pattern;

use super::absent;
use super::layers::Layers;
use super::matching::Captures;
use super::pace;
use super::report::Report;
use super::spike;

/// What a detector is written with.
struct Kind {
    /// The word that asks for it; where there is none, it is `count` with `within`.
    word: Option<&'static str>,
    /// The words that go with it.
    takes: &'static [&'static str],
    /// Words with those that they say nothing without, and how these are written.
    needs: &'static [(&'static str, &'static str, &'static str)],
}

const COUNT: &str = "10";
const WITHIN: &str = "\"5m\"";

const THRESHOLD: Kind = Kind {
    word: None,
    takes: &["count", "within", "distinct", "resolve_after", "resolve_on"],
    needs: &[
        ("count", "within", WITHIN),
        ("within", "count", COUNT),
        ("distinct", "count", COUNT),
        ("distinct", "within", WITHIN),
        ("expect", "absent", "\"25h\""),
    ],
};

/// The detectors that a word asks for. A rule has at most one.
const KINDS: [Kind; 3] = [
    Kind {
        word: Some("unless"),
        takes: &["within", "resolve_after", "resolve_on"],
        needs: &[("unless", "within", "\"1h\"")],
    },
    Kind { word: Some("absent"), takes: &["expect"], needs: &[] },
    Kind {
        word: Some("spike"),
        takes: &["count", "within", "resolve_after", "resolve_on"],
        needs: &[("spike", "count", "20"), ("spike", "within", WITHIN)],
    },
];

/// All words that belong to some detectors and not to others, and ask for none.
const COMPANY: [&str; 6] = ["count", "within", "distinct", "expect", "resolve_after", "resolve_on"];

/// A rule whose detector is looked for.
pub(super) struct Detecting<'r> {
    /// Its name.
    pub(super) rule: &'r str,
    /// Its words.
    pub(super) layers: &'r Layers<'r>,
    /// What its `match` captures. Without them, which a wrong pattern hides, nothing is said of them.
    pub(super) captures: Option<&'r Captures<'r>>,
    /// Its `group_by`; `None` where its patterns are wrong.
    pub(super) group_by: Option<&'r [GroupWord]>,
    /// Its `unless`.
    pub(super) ends: &'r [Pattern],
}

impl Detecting<'_> {
    /// The detector. A default `count` or `within` without the other does nothing.
    pub(super) fn check(&self, report: &mut Report) -> Detector {
        let kind = self.kind(report);
        let within = pace::span_of_time("within", self.layers.of("within"), report);
        let count = pace::count(self.layers.of("count"), report);
        match kind.word {
            Some("unless") => within.map(|within| self.pair(within, report)),
            Some("absent") => absent::check(self, report),
            Some("spike") => spike::check(self, count, within, report),
            _ => self.threshold(count, within, report),
        }
        .unwrap_or(Detector::Each)
    }

    /// What the rule asks for. Words that do not go with it, or lack, are reported.
    fn kind(&self, report: &mut Report) -> &'static Kind {
        let own = &self.layers.own;
        let mut asked = KINDS.iter().filter(|kind| kind.word.is_some_and(|word| own.has(word)));
        let kind = asked.next().unwrap_or(&THRESHOLD);
        for other in asked.filter_map(|other| other.word) {
            let span = own.key_span(other).unwrap_or_else(|| own.span.clone());
            let first = kind.word.unwrap_or_default();
            let message = format!("a rule has either `{first}` or `{other}`, not both");
            report.error(span, message).help("write a rule for each");
        }
        for word in COMPANY.into_iter().filter(|word| !kind.takes.contains(word)) {
            if let (Some(span), Some(asked)) = (own.key_span(word), kind.word) {
                let message = format!("`{word}` does not go with `{asked}`");
                report.error(span, message).help("leave out one of them");
            }
        }
        for (word, other, example) in kind.needs {
            if self.layers.lack(other)
                && let Some(span) = own.key_span(word)
            {
                let message = format!("`{word}` needs `{other}`");
                report.error(span, message).help(format!("add for example `{other} = {example}`"));
            }
        }
        kind
    }

    /// `count` and `within`, with or without `distinct`.
    fn threshold(
        &self,
        count: Option<u32>,
        within: Option<Duration>,
        report: &mut Report,
    ) -> Option<Detector> {
        let text = self.layers.own.text("distinct", report);
        let of = text.and_then(|text| self.captures?.find(self.rule, &text, report));
        let (count, within) = (count?, within?);
        let Some(of) = of else { return Some(Detector::Threshold { count, within }) };
        if let Some((_, span)) = self.layers.of("count").number("count", report)
            && !(2..=Detector::MAX_DISTINCT).contains(&count)
        {
            let most = Detector::MAX_DISTINCT;
            let message = format!("with `distinct`, `count` is from 2 to {most}, not {count}");
            report.error(span, message);
        }
        Some(Detector::Distinct { count, within, of })
    }

    /// `unless` and `within`.
    fn pair(&self, within: Duration, report: &mut Report) -> Detector {
        let ends = self.ends.iter().flat_map(Pattern::names);
        let ends: BTreeSet<Arc<str>> = ends.map(|(_, name)| Arc::clone(name)).collect();
        let mut by: Vec<_> = ends.iter().filter(|name| self.is_captured(name)).cloned().collect();
        // What an end does not capture it may have as a field.
        let groups = self.group_by.unwrap_or_default().iter().filter_map(|word| match word {
            GroupWord::Capture(name) if !self.is_captured(name) => Some(Arc::clone(name)),
            _ => None,
        });
        by.extend(groups);
        if by.is_empty()
            && !ends.is_empty()
            && self.captures.is_some()
            && let Some(span) = self.layers.own.key_span("unless")
        {
            let message = "`match` and `unless` capture nothing of the same name";
            let help = "any line that matches `unless` ends all that began; name alike what is to \
                        be the same";
            report.warning(span, message).help(help);
        }
        Detector::Pair { within, by }
    }

    fn is_captured(&self, name: &str) -> bool {
        self.captures.is_some_and(|captures| captures.has(name))
    }
}
