//! `[[rule]]` and `[defaults]`: one rule as each stage needs it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::engine::{Detector, EngineSettings, GateSettings, GroupWord};
use crate::flow::{Digest, Labels, Severity, SourceId};
use crate::format::FormatSettings;
use crate::matcher::{Context, MatchSettings};
use crate::source::{FeedSettings, Format, JournalSettings, SourceSettings};

use super::detector::Detecting;
use super::fields::{Fields, Text, check_name, short};
use super::gates::{self, Inhibited};
use super::layers::Layers;
use super::matching::{self, Captures};
use super::report::Report;
use super::resolving::{self, Resolving};
use super::settings::Rule;
use super::sought::Sought;
use super::source::{self, Sources};
use super::webhook::Webhooks;
use super::words::nearest;
use super::{absent, labels, pace, reading, say, spike};

/// The most bytes of a `runbook`, well within Chat's message.
const MAX_RUNBOOK: usize = 2048;
const SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::Error, Severity::Warning, Severity::Info];

/// Checks the rules of a file one after the other.
pub(super) struct Rules<'c> {
    pub(super) webhooks: &'c mut Webhooks,
    pub(super) sources: &'c mut Sources,
    /// The directory that paths are relative to.
    pub(super) directory: &'c Path,
    /// The names so far in lower case, with where they stand.
    pub(super) names: BTreeMap<String, usize>,
    /// What the rules so far are held back by.
    pub(super) inhibited: Vec<Inhibited>,
}

impl Rules<'_> {
    /// Checks what can be checked of `[defaults]` without a rule.
    pub(super) fn check_defaults(&mut self, defaults: &Fields, report: &mut Report) {
        if let Some(name) = defaults.text("source", report) {
            self.sources.find(&name, report);
        }
        matching::patterns("not", defaults, report);
        matching::template("title", defaults, report);
        matching::template("text", defaults, report);
        say::redact(defaults, report);
        say::mention(defaults, report);
        labels::own(defaults, report);
        defaults.texts("group_by", report);
        defaults.texts("top", report);
        pace::count(defaults, report);
        pace::span_of_time("within", defaults, report);
        pace::span_of_time("resolve_after", defaults, report);
        pace::debounce(defaults, report);
        pace::groups(defaults, report);
        pace::max_open(defaults, report);
        severity(defaults, report);
        context(defaults, report);
        runbook(defaults, report);
        self.webhooks.named_by(defaults, report);
        gates::check_defaults(defaults, self.webhooks, report);
    }

    /// The rule that `layers` describe; `None` if a part of it is missing or wrong.
    pub(super) fn check(&mut self, layers: &Layers, report: &mut Report) -> Option<Rule> {
        let name = self.name(&layers.own, report);
        let shown = short(name.as_ref().map_or("", |name| name.value));
        let source = self.source(&shown, layers, report);
        let sought = Sought::check(layers, source, self.sources, report);
        let context = context(layers.of("context"), report);
        if let Some(source) = source {
            let lead_lines = &mut self.sources.get_mut(source).lead_lines;
            *lead_lines = context.before.max(*lead_lines);
        }
        // Without every pattern nobody knows the captures, and each would be reported as missing.
        let labels = source.map(|source| self.sources.labels(source)).unwrap_or_default();
        let labels = labels::of_rule(layers, &labels, report);
        let captures = Captures::of(&sought, &labels);
        let grouped = captures.as_ref().map(|captures| {
            let group_by = captures.group_by(&shown, layers.of("group_by"), report);
            (group_by, captures.top(&shown, layers.of("top"), report))
        });
        let mut format = self.format(name.as_ref(), layers, report);
        let mut template = |word| match &captures {
            Some(captures) => captures.template(word, &shown, layers.of(word), report),
            None => matching::template(word, layers.of(word), report),
        };
        (format.title, format.text) = (template("title"), template("text"));
        format.labels.clone_from(&labels);
        let gates = gates::gates(layers, &format, self.webhooks, &mut self.inhibited, report);
        let detector = {
            let (rule, captures, ends) = (&*shown, captures.as_ref(), &*sought.ends);
            let group_by = grouped.as_ref().map(|(group_by, _)| &**group_by);
            Detecting { rule, layers, captures, group_by, ends }.check(report)
        };
        let debounce = match detector {
            Detector::Absent { after, .. } => absent::debounce(&layers.own, after, report),
            Detector::Spike { factor, .. } if factor.is_fall() => {
                spike::debounce(layers.of("debounce"), report)
            }
            _ => pace::debounce(layers.of("debounce"), report),
        };
        let Resolving { after: resolve_after, on: resolving } =
            resolving::check(layers, &detector, report);
        let max_groups = pace::max_groups(layers, &detector, report);
        let max_open = pace::max_open(layers.of("max_open"), report);

        let fields = captures.as_ref().map(|captures| captures.fields(&layers.own, report));
        let fields = fields.unwrap_or_default();
        if let (Some(captures), Some((group_by, _))) = (&captures, &grouped) {
            resolving::check_groups(&resolving, captures, group_by, layers, report);
        }
        let matching = MatchSettings { fields, resolving, context, ..sought.settings(source?)? };
        let (group_by, top) = grouped?;
        let source = self.sources.get_mut(matching.source);
        let fingerprint = fingerprint(source, &matching, &group_by, &detector);
        let name = Arc::clone(&format.name);
        let gates = GateSettings { source: Arc::clone(&source.name), ..gates };
        let engine = EngineSettings {
            name,
            fingerprint,
            group_by,
            detector,
            debounce,
            top,
            resolve_after,
            max_groups,
            max_open,
            gates,
        };
        Some(Rule { matching, engine, format, is_of_pack: false })
    }

    /// `name`, which no other rule has, in whatever case.
    fn name<'a>(&mut self, own: &Fields<'a>, report: &mut Report) -> Option<Text<'a>> {
        if own.lacks("name") {
            let finding = report.error(own.span.clone(), "this rule has no `name`");
            finding.help("write for example `name = \"kernel-oom\"`");
        }
        let name = own.text("name", report)?;
        if check_name("rule's name", &name, report) {
            let at = name.span.start;
            let first = *self.names.entry(name.value.to_lowercase()).or_insert(at);
            if first != at {
                let help = format!("the first is on {}", report.place(first, name.span.start));
                let message = format!("another rule is called `{}` already", name.value);
                report.error(name.span.clone(), message).help(help);
            }
        }
        Some(name)
    }

    /// The source that `files` or `source` name. A rule's own `files` go before a default `source`.
    fn source(&mut self, rule: &str, layers: &Layers, report: &mut Report) -> Option<SourceId> {
        let own_source = layers.own.key_span("source");
        if layers.own.has("files") {
            if let Some(span) = own_source {
                let finding = report.error(span, "a rule has either `files` or `source`, not both");
                finding.help("leave out one of them");
            }
            let inputs = source::inputs(&layers.own, self.directory, report);
            let span = layers.own.key_span("files").unwrap_or_else(|| layers.own.span.clone());
            let is_any = !inputs.files.is_empty() || !inputs.feeds.is_empty();
            return is_any.then(|| self.sources.own(rule, inputs, span));
        }
        if layers.lack("source") && layers.lack("files") {
            let message = "this rule has neither `files` nor `source`";
            let help = "write for example `files = \"/var/log/app.log\"`";
            report.error(layers.own.span.clone(), message).help(help);
        }
        let name = layers.of("source").text("source", report)?;
        self.sources.find(&name, report)
    }

    /// How the rule is said, and to whom; but for what takes its captures.
    fn format(
        &mut self,
        name: Option<&Text>,
        layers: &Layers,
        report: &mut Report,
    ) -> FormatSettings {
        if layers.lack("webhook") {
            let finding = report.error(layers.own.span.clone(), "this rule has no `webhook`");
            finding.help(self.webhooks.suggestion());
        }
        let name = name.map_or("", |name| name.value);
        let severity = severity(layers.of("severity"), report);
        let webhooks = self.webhooks.named_by(layers.of("webhook"), report);
        let span = layers.of("webhook").key_span("webhook");
        FormatSettings {
            name: name.into(),
            severity,
            webhooks: self.webhooks.that_take(severity, &webhooks, &short(name), span, report),
            title: None,
            text: None,
            mention: say::mention(layers.of("mention"), report),
            labels: Labels::new(),
            redact: say::redact(layers.of("redact"), report),
            runbook: runbook(layers.of("runbook"), report),
        }
    }
}

/// `severity`.
pub(super) fn severity(fields: &Fields, report: &mut Report) -> Severity {
    let Some(text) = fields.text("severity", report) else { return Severity::default() };
    let known = SEVERITIES.into_iter().find(|severity| severity.as_str() == text.value);
    known.unwrap_or_else(|| {
        let lower = text.value.to_lowercase();
        let meant = match lower.as_str() {
            "fatal" | "crit" | "emergency" | "alert" | "page" => Some("critical"),
            "warn" => Some("warning"),
            "notice" | "debug" => Some("info"),
            other => nearest(other, SEVERITIES.map(Severity::as_str)),
        };
        let message = format!("unknown severity `{}`", short(text.value));
        report.error(text.span, message).help(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "there are `critical`, `error`, `warning` and `info`".to_owned(),
        });
        Severity::default()
    })
}

/// `context`.
fn context(fields: &Fields, report: &mut Report) -> Context {
    let Some((lines, span)) = fields.pair("context", report) else { return Context::default() };
    let lines = lines.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    if lines.iter().any(|n| *n > Context::MAX) {
        let message = format!("`context` has at most {} lines before and after", Context::MAX);
        report.error(span, message);
        return Context::default();
    }
    let [before, after] = lines;
    Context { before, after }
}

/// `runbook`.
fn runbook(fields: &Fields, report: &mut Report) -> Option<Arc<str>> {
    let text = fields.text("runbook", report)?;
    let url = Url::parse(text.value).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match url {
        Some(url) if url.as_str().len() <= MAX_RUNBOOK => Some(url.as_str().into()),
        Some(_) => {
            let message = format!("`runbook` is longer than {MAX_RUNBOOK} bytes");
            report.error(text.span, message);
            None
        }
        None => {
            let message = "`runbook` takes an absolute `http` or `https` address";
            let help = "write for example `runbook = \"https://wiki.example.com/oom\"`";
            report.error(text.span, message).help(help);
            None
        }
    }
}

/// The hash of everything that says what the rule detects, and of nothing else.
fn fingerprint(
    source: &SourceSettings,
    matching: &MatchSettings,
    group_by: &[GroupWord],
    detector: &Detector,
) -> [u8; 16] {
    let mut digest = Digest::new("rule");
    for paths in [&source.files, &source.exclude] {
        // In whatever order they are written, they name the same files.
        let mut paths: Vec<_> = paths.iter().map(|path| bytes(path)).collect();
        paths.sort();
        digest = with_list(digest, paths.iter().map(Vec::as_slice));
    }
    digest = with_reading(digest, source);
    for patterns in [&matching.any, &matching.none] {
        digest = with_list(digest, patterns.iter().map(|pattern| pattern.as_str().as_bytes()));
    }
    // Nothing where there are none, so that rules of before there were these words are the same rules.
    for (word, patterns) in [(&b"unless"[..], &matching.ends), (b"also", &matching.also)] {
        if !patterns.is_empty() {
            let patterns = patterns.iter().map(|pattern| pattern.as_str().as_bytes());
            digest = with_list(digest.with(word), patterns);
        }
    }
    digest = with_conditions(digest, matching, group_by, detector);
    digest = with_list(digest, group_by.iter().map(|word| word.as_str().as_bytes()));
    for word in group_by {
        if let GroupWord::Label { value, .. } = word {
            digest = digest.with(b"label").with(value.as_bytes());
        }
    }
    with_detector(digest, detector).finish()
}

/// Takes in what must be so of fields, and how they are read if anything that is detected depends on it.
fn with_conditions(
    mut digest: Digest,
    matching: &MatchSettings,
    group_by: &[GroupWord],
    detector: &Detector,
) -> Digest {
    let Some(form) = matching.form else { return digest };
    for condition in &matching.when {
        let parts = condition.parts();
        digest = with_list(digest.with(b"where"), parts.iter().map(String::as_bytes));
    }
    let is_field = |name: &Arc<str>| matching.fields.contains(name);
    let groups_by_field = group_by.iter().any(|word| match word {
        GroupWord::Capture(name) | GroupWord::Label { name, .. } => is_field(name),
        _ => false,
    });
    let counts_field = matches!(detector, Detector::Distinct { of, .. } if is_field(of));
    if !matching.when.is_empty() || groups_by_field || counts_field {
        digest = digest.with(b"fields").with(form.as_str().as_bytes());
    }
    digest
}

/// Takes in the detector's words.
fn with_detector(digest: Digest, detector: &Detector) -> Digest {
    let with_span = |digest: Digest, span: Duration| digest.with(&span.as_nanos().to_le_bytes());
    match detector {
        Detector::Each => digest.with(b"each"),
        Detector::Threshold { count, within } => {
            with_span(digest.with(b"threshold").with_number((*count).into()), *within)
        }
        Detector::Distinct { count, within, of } => {
            let digest = digest.with(b"distinct").with_number((*count).into());
            with_span(digest, *within).with(of.as_bytes())
        }
        Detector::Spike { factor, count, within } => {
            let digest = digest.with(b"spike").with_number(factor.thousandths().into());
            with_span(digest.with_number((*count).into()), *within)
        }
        // What they have in common is of the patterns.
        Detector::Pair { within, .. } => with_span(digest.with(b"pair"), *within),
        // For how long it learns and what it forgets counts at once, for what is known already.
        Detector::New { of, .. } => digest.with(b"new").with(of.as_str().as_bytes()),
        Detector::Absent { after, expect, forget: _ } => {
            let digest = with_span(digest.with(b"absent"), *after);
            let values = |group: &'_ Vec<Box<str>>| group.join("\0");
            let groups: Vec<_> = expect.iter().map(values).collect();
            with_list(digest, groups.iter().map(String::as_bytes))
        }
    }
}

/// Takes in how the lines of `source` come about. Nothing where nothing is said of it, so that rules
/// of before there were these words are the same rules.
fn with_reading(mut digest: Digest, source: &SourceSettings) -> Digest {
    if source.format != Format::default() {
        digest = digest.with(b"format").with(reading::name_of(source.format).as_bytes());
    }
    if let Some(encoding) = source.encoding {
        digest = digest.with(b"encoding").with(encoding.name().as_bytes());
    }
    if let Some(framing) = &source.framing {
        digest = digest.with(b"multiline").with(framing.as_str().as_bytes());
    }
    for feed in &source.feeds {
        digest = match feed {
            FeedSettings::Stdin => digest.with(b"stdin"),
            FeedSettings::Journal(JournalSettings { units, priority, directory }) => {
                let digest = digest.with(b"journal");
                let digest = with_list(digest, units.iter().map(String::as_bytes));
                let priority = priority.as_deref().unwrap_or_default();
                let directory = directory.as_deref().map(bytes).unwrap_or_default();
                digest.with(priority.as_bytes()).with(&directory)
            }
        };
    }
    digest
}

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}

fn with_list<'p>(digest: Digest, parts: impl ExactSizeIterator<Item = &'p [u8]>) -> Digest {
    let digest = digest.with_number(parts.len() as u64);
    parts.fold(digest, Digest::with)
}
