//! `match` and `not`, and the words that name their captures, or fields: `group_by`, `title` and `text`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::{EngineSettings, GroupWord};
use crate::fields;
use crate::flow::{Labels, Sample};
use crate::format::{self, Template};
use crate::matcher::{MatchSettings, Pattern};

use super::conditions::{self, SOURCE_WITH_FIELDS};
use super::fields::{Fields, Text, short};
use super::report::Report;
use super::sought::Sought;
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
    pattern_within(word, text, 0, text.value, report)
}

/// The pattern `own` at `offset` of the `text` at `word`. A wrong one is reported.
pub(super) fn pattern_within(
    word: &str,
    text: &Text,
    offset: usize,
    own: &str,
    report: &mut Report,
) -> Option<Pattern> {
    match Pattern::new(own) {
        Ok(pattern) => {
            if matches_every_line(&pattern) {
                let message = format!("`{word}` matches every line, since it matches nothing too");
                let help = "write `.*` if that is meant";
                report.warning(text.span.clone(), message).help(help);
            }
            if pattern.max_tried() < Sample::MAX_LINE {
                let message = format!(
                    "`{word}` is so large that of a line of more than {} bytes it may be tried on a part only",
                    pattern.max_tried()
                );
                let help =
                    "use smaller repetitions, or leave out `(?u)`; what it comes to is counted";
                report.warning(text.span.clone(), message).help(help);
            }
            Some(pattern)
        }
        Err(error) => {
            let part = error.span.as_ref();
            let part = part.map(|part| part.start + offset..part.end + offset);
            let part = part.map(|part| report.part(&text.span, text.value, &part));
            let message = format!("`{word}`: {error}");
            let finding = report.error(part.unwrap_or_else(|| text.span.clone()), message);
            if error.message.contains("look-around") {
                finding.help("write what must not match as a pattern in `not`");
            }
            None
        }
    }
}

/// What the patterns of one rule's `match` and `also` capture, with the labels and the fields that stand
/// beside.
pub(super) struct Captures<'a> {
    patterns: &'a [Pattern],
    also: &'a [Pattern],
    labels: &'a Labels,
    all: BTreeSet<Arc<str>>,
    /// Fields that words of the rule have named so far; `None` where its lines have no fields.
    fields: Option<RefCell<BTreeSet<Arc<str>>>>,
}

impl<'a> Captures<'a> {
    /// The captures of what is `sought`, of a rule with `labels`; `None` where a pattern is wrong.
    pub(super) fn of(sought: &'a Sought, labels: &'a Labels) -> Option<Self> {
        let (patterns, also) = (sought.any.as_deref()?, sought.also.as_deref()?);
        let names = patterns.iter().chain(also).flat_map(Pattern::names);
        let all = names.map(|(_, name)| Arc::clone(name)).collect();
        let fields = sought.form.map(|_| RefCell::default());
        Some(Self { patterns, also, labels, all, fields })
    }

    /// The fields that were asked for by name. Too many are reported.
    pub(super) fn fields(&self, own: &Fields, report: &mut Report) -> Vec<Arc<str>> {
        let Some(named) = &self.fields else { return Vec::new() };
        let named: Vec<_> = named.borrow().iter().cloned().collect();
        if named.len() > MatchSettings::MAX_FIELDS {
            let message = format!("this rule names more than {} fields", MatchSettings::MAX_FIELDS);
            report.error(own.span.clone(), message).help("name those that tell most");
        }
        named
    }

    /// The field `text`, of lines that may have it. What was probably meant to be a capture is reported.
    fn field(&self, text: &Text, report: &mut Report) -> Option<Arc<str>> {
        let named = self.fields.as_ref()?;
        if !fields::is_name(text.value) {
            return None;
        }
        if let Some(near) = nearest(text.value, self.all.iter().map(|name| &**name)) {
            let name = short(text.value);
            let message = format!("`{name}` is captured by no pattern, and taken for a field");
            let help = format!("did you mean `{near}`? A dot in front says that a field is meant");
            report.warning(text.span.clone(), message).help(help);
        }
        let name: Arc<str> = text.value.into();
        named.borrow_mut().insert(Arc::clone(&name));
        Some(name)
    }

    /// Asks for the field that goes before the label `name`.
    fn field_before_label(&self, name: &str) {
        if let Some(named) = &self.fields {
            named.borrow_mut().insert(name.into());
        }
    }

    /// Reports that `text` names nothing that the rule `rule` has, with what could have been meant.
    fn unknown(&self, rule: &str, text: &Text, built_in: &[&str], report: &mut Report) {
        let name = short(text.value);
        if self.fields.is_some() {
            return conditions::wrong_name(text, report);
        }
        let message = format!("`{name}` is captured by no pattern of the rule `{rule}`");
        let help = if text.value.contains('.') {
            format!("for a field, {SOURCE_WITH_FIELDS}")
        } else {
            self.help(text.value, built_in)
        };
        report.error(text.span.clone(), message).help(help);
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
            let Some(word) = self.group_word(&text, report) else {
                self.unknown(rule, &text, &["host", "file", "pattern"], report);
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
            let known = self.all.get(text.value).cloned().or_else(|| self.field(&text, report));
            match known {
                None => self.unknown(rule, &text, &[], report),
                Some(known) if names.contains(&known) => {
                    report.warning(text.span, format!("`{name}` is named twice"));
                }
                Some(_) if names.len() == EngineSettings::MAX_TOP => {
                    let message =
                        format!("`top` names more than {} captures", EngineSettings::MAX_TOP);
                    report.error(text.span, message).help("name those that tell most");
                    break;
                }
                Some(known) => names.push(known),
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
            } else if self.label(name).is_some() {
                self.field_before_label(name);
            } else if !Template::BUILT_IN.contains(&name) {
                let text = Text { value: name, span };
                if self.field(&text, report).is_none() {
                    self.unknown(rule, &text, &Template::BUILT_IN, report);
                }
            }
        }
        let template = template.with_captures(|name| self.all.contains(name));
        let fields =
            if self.fields.is_some() { format::Fields::Some } else { format::Fields::None };
        Some(template.with_labels(|name| self.label(name), fields))
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
            let field = self.field(text, report);
            if field.is_none() {
                self.unknown(rule, text, built_in, report);
            }
            return field;
        };
        if let Some(lacking) = self.lacking(name) {
            let message = format!("`{name}` is not captured by every pattern of `{rule}`");
            let help = format!("lines that match `{lacking}` have no such value");
            report.warning(text.span.clone(), message).help(help);
        }
        Some(Arc::clone(name))
    }

    fn group_word(&self, text: &Text, report: &mut Report) -> Option<GroupWord> {
        let word = text.value;
        if let (None, Some(value)) = (self.all.get(word), self.label(word)) {
            self.field_before_label(word);
            return Some(GroupWord::Label { name: word.into(), value: value.into() });
        }
        match (self.all.get(word), word) {
            (Some(name), _) => Some(GroupWord::Capture(Arc::clone(name))),
            (None, "host") => Some(GroupWord::Host),
            (None, "file") => Some(GroupWord::File),
            (None, "pattern") => Some(GroupWord::Pattern),
            (None, _) => self.field(text, report).map(GroupWord::Capture),
        }
    }

    /// The value of the label `name`, unless a capture is called so.
    fn label(&self, name: &str) -> Option<&str> {
        let label = self.labels.iter().find(|(label, _)| **label == *name);
        label.filter(|_| !self.all.contains(name)).map(|(_, value)| &**value)
    }

    /// A pattern that does not capture `name`.
    fn lacking(&self, name: &str) -> Option<String> {
        // Where lines have fields, it may be one of them.
        if self.fields.is_some() {
            return None;
        }
        let has = |pattern: &&Pattern| pattern.names().iter().any(|(_, own)| **own == *name);
        if self.also.iter().any(|pattern| has(&pattern)) {
            return None;
        }
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
pub(super) fn is_unbounded(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit(['_', '.']).next().unwrap_or_default();
    UNBOUNDED.contains(&name.as_str()) || UNBOUNDED.contains(&last)
}
