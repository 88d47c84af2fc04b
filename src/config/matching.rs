//! `match` and `not`, and the words that name their captures: `group_by`, `title` and `text`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::{EngineSettings, GroupWord};
use crate::flow::Labels;
use crate::format::Template;
use crate::matcher::Pattern;

use super::fields::{Fields, Text, short};
use super::report::Report;
use super::words::nearest;

/// Names of captures that have another value in nearly every line.
const UNBOUNDED: [&str; 23] = [
    "bytes",
    "date",
    "duration",
    "guid",
    "id",
    "line",
    "message",
    "ms",
    "msg",
    "offset",
    "pid",
    "port",
    "request",
    "seq",
    "serial",
    "session",
    "size",
    "span",
    "tid",
    "time",
    "timestamp",
    "trace",
    "uuid",
];

/// The patterns at `word`. Wrong ones are reported and left out.
pub(super) fn patterns(word: &str, fields: &Fields, report: &mut Report) -> Option<Vec<Pattern>> {
    let texts = fields.texts(word, report)?;
    let n_texts = texts.len();
    let mut patterns = Vec::with_capacity(n_texts);
    patterns.extend(texts.iter().filter_map(|text| pattern(word, text, report)));
    (patterns.len() == n_texts).then_some(patterns)
}

/// The pattern `text` at `word`. A wrong one is reported.
pub(super) fn pattern(word: &str, text: &Text, report: &mut Report) -> Option<Pattern> {
    match Pattern::new(text.value) {
        Ok(pattern) => {
            if matches_every_line(&pattern) {
                let message = format!("`{word}` matches every line, since it matches nothing too");
                let help = "write `.*` if that is meant";
                report.warning(text.span.clone(), message).help(help);
            }
            Some(pattern)
        }
        Err(error) => {
            let part = error.span.as_ref();
            let part = part.map(|part| report.part(&text.span, text.value, part));
            let message = format!("`{word}`: {error}");
            let finding = report.error(part.unwrap_or_else(|| text.span.clone()), message);
            if error.message.contains("look-around") {
                finding.help("write what must not match as a pattern in `not`");
            }
            None
        }
    }
}

/// What the patterns of one rule's `match` capture, and the labels that stand beside.
pub(super) struct Captures<'a> {
    patterns: &'a [Pattern],
    labels: &'a Labels,
    all: BTreeSet<Arc<str>>,
}

impl<'a> Captures<'a> {
    /// The captures of `patterns`, of a rule with `labels`.
    pub(super) fn of(patterns: &'a [Pattern], labels: &'a Labels) -> Self {
        let names = patterns.iter().flat_map(Pattern::names);
        Self { patterns, labels, all: names.map(|(_, name)| Arc::clone(name)).collect() }
    }

    /// The words of `group_by`, none twice. `rule` is the rule that they are for.
    ///
    /// A capture goes before the built-in word of the same name: who writes `(?P<host>…)` means it.
    pub(super) fn group_by(
        &self,
        rule: &str,
        fields: &Fields,
        report: &mut Report,
    ) -> Vec<GroupWord> {
        let mut words = Vec::new();
        for text in fields.texts("group_by", report).unwrap_or_default() {
            let Some(word) = self.group_word(text.value) else {
                let name = short(text.value);
                let message = format!("`{name}` is captured by no pattern of the rule `{rule}`");
                let help = self.help(text.value, &["host", "file", "pattern"]);
                report.error(text.span, message).help(help);
                continue;
            };
            if words.contains(&word) {
                report.warning(text.span, format!("`{}` is named twice", word.as_str()));
                continue;
            }
            if let GroupWord::Capture(name) = &word {
                if let Some(lacking) = self.lacking(name) {
                    let message = format!("`{name}` is not captured by every pattern of `{rule}`");
                    let help = format!("lines that match `{lacking}` share the group `(none)`");
                    report.warning(text.span.clone(), message).help(help);
                }
                if is_unbounded(name) {
                    let message = format!("`{name}` looks different in every line");
                    let help = "each value is a group with messages of its own; leave it out?";
                    report.warning(text.span, message).help(help);
                }
            }
            words.push(word);
        }
        words
    }

    /// The captures of `top`, none twice. `rule` is the rule that they are for.
    pub(super) fn top(&self, rule: &str, fields: &Fields, report: &mut Report) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for text in fields.texts("top", report).unwrap_or_default() {
            let name = short(text.value);
            match self.all.get(text.value) {
                None => {
                    let message =
                        format!("`{name}` is captured by no pattern of the rule `{rule}`");
                    report.error(text.span, message).help(self.help(text.value, &[]));
                }
                Some(known) if names.contains(known) => {
                    report.warning(text.span, format!("`{name}` is named twice"));
                }
                Some(_) if names.len() == EngineSettings::MAX_TOP => {
                    let message =
                        format!("`top` names more than {} captures", EngineSettings::MAX_TOP);
                    report.error(text.span, message).help("name those that tell most");
                    break;
                }
                Some(known) => names.push(Arc::clone(known)),
            }
        }
        names
    }

    /// The template at `word`, in which every name has a value whenever the rule `rule` fires.
    pub(super) fn template(
        &self,
        word: &str,
        rule: &str,
        fields: &Fields,
        report: &mut Report,
    ) -> Option<Template> {
        let template = template(word, fields, report)?;
        let text = fields.text(word, report)?;
        for (name, part) in template.names() {
            let span = report.part(&text.span, text.value, &part);
            if self.all.contains(name) {
                if let Some(lacking) = self.lacking(name) {
                    let message = format!("`{name}` is not captured by every pattern of `{rule}`");
                    let help = format!("the pattern without it is `{lacking}`");
                    report.error(span, message).help(help);
                }
            } else if self.label(name).is_none() && !Template::BUILT_IN.contains(&name) {
                let name = short(name);
                let message = format!("`{name}` is captured by no pattern of the rule `{rule}`");
                report.error(span, message).help(self.help(&name, &Template::BUILT_IN));
            }
        }
        let template = template.with_captures(|name| self.all.contains(name));
        Some(template.with_labels(|name| self.label(name)))
    }

    /// Whether any pattern captures `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all.contains(name)
    }

    /// The capture that `text` names.
    pub(super) fn find(&self, rule: &str, text: &Text, report: &mut Report) -> Option<Arc<str>> {
        self.find_or(rule, text, &[], report)
    }

    /// The same where one of the words `built_in` could have been meant.
    pub(super) fn find_or(
        &self,
        rule: &str,
        text: &Text,
        built_in: &[&str],
        report: &mut Report,
    ) -> Option<Arc<str>> {
        let Some(name) = self.all.get(text.value) else {
            let name = short(text.value);
            let message = format!("`{name}` is captured by no pattern of the rule `{rule}`");
            report.error(text.span.clone(), message).help(self.help(text.value, built_in));
            return None;
        };
        if let Some(lacking) = self.lacking(name) {
            let message = format!("`{name}` is not captured by every pattern of `{rule}`");
            let help = format!("lines that match `{lacking}` have no such value");
            report.warning(text.span.clone(), message).help(help);
        }
        Some(Arc::clone(name))
    }

    /// Whether the capture `name` probably has another value in nearly every line.
    pub(super) fn is_unbounded(&self, name: &str) -> bool {
        is_unbounded(name)
    }

    fn group_word(&self, word: &str) -> Option<GroupWord> {
        if let (None, Some(value)) = (self.all.get(word), self.label(word)) {
            return Some(GroupWord::Label { name: word.into(), value: value.into() });
        }
        match (self.all.get(word), word) {
            (Some(name), _) => Some(GroupWord::Capture(Arc::clone(name))),
            (None, "host") => Some(GroupWord::Host),
            (None, "file") => Some(GroupWord::File),
            (None, "pattern") => Some(GroupWord::Pattern),
            _ => None,
        }
    }

    /// The value of the label `name`, unless a capture is called so.
    fn label(&self, name: &str) -> Option<&str> {
        let label = self.labels.iter().find(|(label, _)| **label == *name);
        label.filter(|_| !self.all.contains(name)).map(|(_, value)| &**value)
    }

    /// A pattern that does not capture `name`.
    fn lacking(&self, name: &str) -> Option<String> {
        let has = |pattern: &&Pattern| pattern.names().iter().any(|(_, own)| **own == *name);
        self.patterns.iter().find(|pattern| !has(pattern)).map(|pattern| short(pattern.as_str()))
    }

    /// What could have been meant by `word`.
    fn help(&self, word: &str, built_in: &[&str]) -> String {
        // Where built-in words can stand, labels can.
        let labels = self.labels.iter().filter(|_| !built_in.is_empty()).map(|(name, _)| &**name);
        let names =
            self.all.iter().map(|name| &**name).chain(labels).chain(built_in.iter().copied());
        if let Some(meant) = nearest(word, names) {
            return format!("did you mean `{meant}`?");
        }
        let capture_it = "capture it with `(?P<NAME>…)`";
        let captures: Vec<_> = self.all.iter().map(|name| format!("`{name}`")).collect();
        let captures = format!("it captures {}", captures.join(", "));
        let listed: Vec<_> = built_in.iter().map(|name| format!("`{name}`")).collect();
        let listed = listed.join(", ");
        match (self.all.is_empty(), built_in) {
            (true, []) => capture_it.to_owned(),
            (true, _) => format!("{capture_it}, or use one of {listed}"),
            (false, []) => captures,
            (false, [_]) => format!("{captures}; built in is {listed}"),
            (false, _) => format!("{captures}; built in are {listed}"),
        }
    }
}

/// The template at `word`, with a wrong one reported.
pub(super) fn template(word: &str, fields: &Fields, report: &mut Report) -> Option<Template> {
    let text = fields.text(word, report)?;
    if text.value.trim().is_empty() {
        let instead = if word == "title" { "to show the rule's name" } else { "to say no more" };
        let finding = report.error(text.span, format!("`{word}` is empty"));
        finding.help(format!("leave it out {instead}"));
        return None;
    }
    let parsed = Template::parse(text.value);
    let report_error = |error: &crate::format::TemplateError| {
        let span = report.part(&text.span, text.value, &error.span);
        let finding = report.error(span, format!("`{word}`: {error}"));
        if let Some(help) = &error.help {
            finding.help(help);
        }
    };
    parsed.inspect_err(report_error).ok()
}

/// Whether `pattern` matches every line by accident: an empty one, and not only that.
fn matches_every_line(pattern: &Pattern) -> bool {
    if !pattern.may_be_empty() || pattern.as_str() == ".*" {
        return false;
    }
    let regex = pattern.compile();
    ["", "\x01", "Any line at all."].iter().all(|line| regex.is_match(line.as_bytes()))
}

/// Whether a capture called `name` probably has another value in nearly every line.
fn is_unbounded(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    UNBOUNDED.contains(&name.as_str()) || UNBOUNDED.contains(&last)
}
