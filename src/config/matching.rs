//! `match` and `not`, and the words that name their captures: `group_by` and `title`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::GroupWord;
use crate::format::Template;
use crate::matcher::Pattern;

use super::fields::{Fields, short};
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
    for text in texts {
        match Pattern::new(text.value) {
            Ok(pattern) => {
                if matches_every_line(&pattern) {
                    let message =
                        format!("`{word}` matches every line, since it matches nothing too");
                    let help = "write `.*` if that is meant";
                    report.warning(text.span, message).help(help);
                }
                patterns.push(pattern);
            }
            Err(error) => {
                let part = error.span.as_ref();
                let part = part.map(|part| report.part(&text.span, text.value, part));
                let message = format!("`{word}`: {error}");
                let finding = report.error(part.unwrap_or(text.span), message);
                if error.message.contains("look-around") {
                    finding.help("write what must not match as a pattern in `not`");
                }
            }
        }
    }
    (patterns.len() == n_texts).then_some(patterns)
}

/// What the patterns of one rule's `match` capture.
pub(super) struct Captures<'a> {
    patterns: &'a [Pattern],
    all: BTreeSet<Arc<str>>,
}

impl<'a> Captures<'a> {
    /// The captures of `patterns`.
    pub(super) fn of(patterns: &'a [Pattern]) -> Self {
        let names = patterns.iter().flat_map(Pattern::names);
        Self { patterns, all: names.map(|(_, name)| Arc::clone(name)).collect() }
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

    /// Checks that every name in `title` has a value whenever the rule `rule` fires.
    pub(super) fn check_title(&self, rule: &str, fields: &Fields, report: &mut Report) {
        let Some(text) = fields.text("title", report) else { return };
        let Some(title) = title(fields, report) else { return };
        for (name, part) in title.names() {
            let span = report.part(&text.span, text.value, &part);
            if self.all.contains(name) {
                if let Some(lacking) = self.lacking(name) {
                    let message = format!("`{name}` is not captured by every pattern of `{rule}`");
                    let help = format!("the pattern without it is `{lacking}`");
                    report.error(span, message).help(help);
                }
            } else if !Template::BUILT_IN.contains(&name) {
                let name = short(name);
                let message = format!("`{name}` is captured by no pattern of the rule `{rule}`");
                report.error(span, message).help(self.help(&name, &Template::BUILT_IN));
            }
        }
    }

    fn group_word(&self, word: &str) -> Option<GroupWord> {
        match (self.all.get(word), word) {
            (Some(name), _) => Some(GroupWord::Capture(Arc::clone(name))),
            (None, "host") => Some(GroupWord::Host),
            (None, "file") => Some(GroupWord::File),
            (None, "pattern") => Some(GroupWord::Pattern),
            _ => None,
        }
    }

    /// A pattern that does not capture `name`.
    fn lacking(&self, name: &str) -> Option<String> {
        let has = |pattern: &&Pattern| pattern.names().iter().any(|(_, own)| **own == *name);
        self.patterns.iter().find(|pattern| !has(pattern)).map(|pattern| short(pattern.as_str()))
    }

    /// What could have been meant by `word`.
    fn help(&self, word: &str, built_in: &[&str]) -> String {
        let names = || self.all.iter().map(|name| &**name).chain(built_in.iter().copied());
        if let Some(meant) = nearest(word, names()) {
            return format!("did you mean `{meant}`?");
        }
        let built_in: Vec<_> = built_in.iter().map(|name| format!("`{name}`")).collect();
        let built_in = built_in.join(", ");
        if self.all.is_empty() {
            return format!("capture it with `(?P<NAME>…)`, or use one of {built_in}");
        }
        let captures: Vec<_> = self.all.iter().map(|name| format!("`{name}`")).collect();
        format!("it captures {}; built in are {built_in}", captures.join(", "))
    }
}

/// `title`, with a wrong one reported.
pub(super) fn title(fields: &Fields, report: &mut Report) -> Option<Template> {
    let text = fields.text("title", report)?;
    if text.value.trim().is_empty() {
        let help = "leave it out to show the rule's name";
        report.error(text.span, "`title` is empty").help(help);
        return None;
    }
    let parsed = Template::parse(text.value);
    let report_error = |error: &crate::format::TemplateError| {
        let span = report.part(&text.span, text.value, &error.span);
        report.error(span, format!("`title`: {error}"));
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
