//! `[source.NAME]` and the `files` of rules: which files are followed.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use crate::fields::Form;
use crate::flow::{Labels, SourceId};
use crate::source::{FeedSettings, SourceSettings, Start};
use crate::stamp::Dating;

use super::fields::{Fields, Text, short};
use super::report::Report;
use super::words::{Table, nearest};
use super::{framing, journal, labels, pace, reading};

/// What stands for standard input among `files`.
const STDIN: &str = "-";

/// Words that say something of files, and nothing of standard input and the journal.
const OF_FILES: [&str; 6] = ["exclude", "format", "encoding", "multiline", "olddir", "catch_up"];

/// Every source of the file.
#[derive(Default)]
pub(super) struct Sources {
    /// In the order of their ids.
    pub(super) list: Vec<SourceSettings>,
    /// Where the NAME of each `[source.NAME]` stands, and whether a rule uses it. They come first.
    named: Vec<(Range<usize>, bool)>,
    /// The `labels` of each `[source.NAME]`.
    labels: Vec<Labels>,
    /// The `time` of each `[source.NAME]`.
    dating: Vec<Dating>,
    /// How the lines of each `[source.NAME]` name their fields.
    forms: Vec<Option<Form>>,
    /// Where the `files` of each source are named.
    spans: Vec<Range<usize>>,
}

impl Sources {
    /// Reads the sources of `top`, before any rule is looked at. Paths are relative to `directory`.
    pub(super) fn check(&mut self, top: &Fields, directory: &Path, report: &mut Report) {
        for (name, fields) in top.named_tables("source", Table::Source, report) {
            self.check_name(&name, report);
            if fields.lacks("files") && fields.lacks("journal") {
                let message =
                    format!("the source `{}` has neither `files` nor `journal`", short(name.value));
                let help = "write for example `files = \"/var/log/app/*.log\"`";
                report.error(name.span.clone(), message).help(help);
            }
            let Inputs { files, mut feeds } = inputs(&fields, directory, report);
            let journal = journal::journal(&fields, directory, report);
            feeds.extend(journal.map(FeedSettings::Journal));
            if files.is_empty() {
                warn_without_files(&fields, &feeds, report);
            }
            let (format, form) = reading::format(&fields, report);
            self.list.push(SourceSettings {
                exclude: paths("exclude", &fields, directory, report),
                start: start(&fields, report),
                format,
                encoding: reading::encoding(&fields, report),
                framing: framing::framing(&fields, report),
                olddir: self::directory("olddir", &fields, directory, report),
                catch_up: pace::span_of_time("catch_up", &fields, report),
                max_line: reading::max_line(&fields, report),
                feeds,
                ..SourceSettings::new(name.value.into(), files)
            });
            let span = fields.key_span("files").unwrap_or_else(|| name.span.clone());
            self.spans.push(span);
            self.labels.push(labels::own(&fields, report));
            self.dating.push(reading::time(&fields, report));
            self.forms.push(form);
            self.named.push((name.span, false));
        }
    }

    /// Reports a source of another file that is called `name` already.
    fn check_name(&self, name: &Text, report: &mut Report) {
        let mut known = self.list.iter().zip(&self.named);
        if let Some((_, (first, _))) = known.find(|(source, _)| *source.name == *name.value) {
            let place = report.place(first.start, name.span.start);
            let message = format!("another source is called `{}` already", short(name.value));
            report.error(name.span.clone(), message).help(format!("the first is on {place}"));
        }
    }

    /// The source called `name`.
    pub(super) fn find(&mut self, name: &Text, report: &mut Report) -> Option<SourceId> {
        let known = &self.list[..self.named.len()];
        if let Some(index) = known.iter().position(|source| *source.name == *name.value) {
            self.named[index].1 = true;
            return Some(id(index));
        }
        let message = format!("there is no source `{}`", short(name.value));
        let near = nearest(name.value, known.iter().map(|source| &*source.name));
        let finding = report.error(name.span.clone(), message);
        match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("write a `[source.NAME]` with its `files`, or `files` here"),
        }
        None
    }

    /// The source of a rule's own `files`. Rules with the same files share one.
    pub(super) fn own(&mut self, rule: &str, inputs: Inputs, span: Range<usize>) -> SourceId {
        let Inputs { files, feeds } = inputs;
        let mut own = self.list.iter().skip(self.named.len());
        let is_it = |source: &SourceSettings| source.files == files && source.feeds == feeds;
        if let Some(index) = own.position(is_it) {
            return id(self.named.len() + index);
        }
        self.list.push(SourceSettings { feeds, ..SourceSettings::new(Arc::from(rule), files) });
        self.spans.push(span);
        id(self.list.len() - 1)
    }

    /// The source `id`.
    pub(super) fn get_mut(&mut self, id: SourceId) -> &mut SourceSettings {
        &mut self.list[id.0 as usize]
    }

    /// The labels of the source `id`: a rule's own `files` have none.
    pub(super) fn labels(&self, id: SourceId) -> Labels {
        self.labels.get(id.0 as usize).cloned().unwrap_or_default()
    }

    /// How the lines of each source are dated, in the order of their ids.
    pub(super) fn dating(&self) -> Vec<Dating> {
        let mut all = self.dating.clone();
        all.resize_with(self.list.len(), Dating::default);
        all
    }

    /// How the lines of the source `id` name their fields: of a rule's own `files`, not at all.
    pub(super) fn form(&self, id: SourceId) -> Option<Form> {
        self.forms.get(id.0 as usize).copied().flatten()
    }

    /// Reports files that two sources name and read in different ways.
    pub(super) fn check_same_files(&self, report: &mut Report) {
        let mut first: HashMap<&Path, usize> = HashMap::new();
        for (index, source) in self.list.iter().enumerate() {
            for path in source.files.iter().map(PathBuf::as_path) {
                let other = *first.entry(path).or_insert(index);
                let Some(word) = difference(&self.list[other], source) else { continue };
                let place = if other < self.named.len() { "source" } else { "rule" };
                let (path, name) = (path.to_string_lossy(), &self.list[other].name);
                let message =
                    format!("`{}` has another `{word}` in the {place} `{name}`", short(&path));
                let help = format!(
                    "a file is read in one way: write the same `{word}` in both, or let the rules \
                     share one `[source.NAME]`"
                );
                report.error(self.spans[index].clone(), message).help(help);
            }
        }
    }

    /// Warns of sources that no rule names.
    pub(super) fn warn_unused(&self, report: &mut Report) {
        for (source, (span, is_used)) in self.list.iter().zip(&self.named) {
            if !is_used {
                report.warning(span.clone(), format!("no rule uses the source `{}`", source.name));
            }
        }
    }
}

/// What `files` name.
#[derive(PartialEq, Eq)]
pub(super) struct Inputs {
    /// Absolute paths or globs.
    pub(super) files: Vec<PathBuf>,
    /// Standard input, where it is among them.
    pub(super) feeds: Vec<FeedSettings>,
}

/// Warns of words that say something of files, in a source that has none: its `feeds` are read as
/// they come.
fn warn_without_files(fields: &Fields, feeds: &[FeedSettings], report: &mut Report) {
    let input = match feeds {
        // Whatever is wrong with `files` was said.
        [] => return,
        [FeedSettings::Stdin] => "standard input",
        [FeedSettings::Journal(_)] => "the journal",
        _ => "standard input and the journal",
    };
    // The journal has an end to begin at, and a pipe has none.
    let start = (feeds == [FeedSettings::Stdin]).then_some("start");
    // What the lines are says something of them wherever they come from.
    let names_fields = fields
        .text("format", report)
        .is_some_and(|text| matches!(text.value, "auto" | "json" | "logfmt"));
    for word in OF_FILES.into_iter().chain(start) {
        if word == "format" && names_fields {
            continue;
        }
        if let Some(span) = fields.key_span(word) {
            let message = format!("`{word}` has no effect: this source reads only {input}");
            report.warning(span, message).help("leave it out; it is for files");
        }
    }
}

/// What `files` name: paths, and `-` for standard input.
pub(super) fn inputs(fields: &Fields, directory: &Path, report: &mut Report) -> Inputs {
    let mut files = paths("files", fields, directory, report);
    let texts = fields.texts("files", report).unwrap_or_default();
    if !texts.iter().any(|text| text.value == STDIN) {
        return Inputs { files, feeds: Vec::new() };
    }
    let stdin = directory_glob(directory).join(STDIN);
    files.retain(|path| *path != stdin);
    Inputs { files, feeds: vec![FeedSettings::Stdin] }
}

/// The directory at `word`; a relative one is relative to `directory`.
pub(super) fn directory(
    word: &str,
    fields: &Fields,
    directory: &Path,
    report: &mut Report,
) -> Option<PathBuf> {
    let text = fields.text(word, report)?;
    let is_wrong = text.value.is_empty()
        || text.value.starts_with('~')
        || text.value.contains(|c: char| c.is_control());
    if is_wrong {
        let message = format!("`{word}` takes the path of a directory");
        report.error(text.span, message).help("write the whole path");
        return None;
    }
    Some(directory.join(text.value.trim_start_matches("./")))
}

/// The word of those that say how a file is read in which two sources differ.
fn difference(a: &SourceSettings, b: &SourceSettings) -> Option<&'static str> {
    if a.format != b.format {
        Some("format")
    } else if a.encoding != b.encoding {
        Some("encoding")
    } else if a.framing != b.framing {
        Some("multiline")
    } else {
        None
    }
}

/// The absolute paths or globs at `word`.
///
/// A relative one is relative to `directory`, that of the configuration's file: where the service
/// was started says nothing about where its logs are.
pub(super) fn paths(
    word: &str,
    fields: &Fields,
    directory: &Path,
    report: &mut Report,
) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for text in fields.texts(word, report).unwrap_or_default() {
        match path_problem(word, text.value) {
            Some((message, help)) => report.error(text.span, message).help(help),
            None if Path::new(text.value).is_absolute() => paths.push(text.value.into()),
            None => {
                let path = text.value.trim_start_matches("./");
                paths.push(directory_glob(directory).join(path));
            }
        }
    }
    paths
}

/// `directory` as the beginning of a glob: a `[` in its name is none.
fn directory_glob(directory: &Path) -> PathBuf {
    globset::escape(&directory.to_string_lossy()).into()
}

/// What is wrong with `path`, a path or glob at `word`, and what to write.
fn path_problem(word: &str, path: &str) -> Option<(String, String)> {
    let problem = |message: String, help: &str| Some((message, help.to_owned()));
    if path.is_empty() {
        return problem(format!("`{word}` holds an empty path"), "write the path of a log");
    }
    if path.contains(|c: char| c.is_control()) {
        let message = format!("`{word}` holds a path with a control character");
        return problem(message, "a path has one line; write a list for several");
    }
    if path.starts_with("~/") {
        let message = "`~` does not stand for a home directory here".to_owned();
        return problem(message, "write the whole path");
    }
    if path.ends_with('/') {
        let message = format!("`{word}` takes files, and this names a directory");
        return problem(message, &format!("write for example `{path}*.log`"));
    }
    let error = GlobBuilder::new(path).literal_separator(true).build().err()?;
    let message = format!("`{word}` holds a wrong glob: {}", error.kind());
    problem(message, "`*`, `?`, `[a-z]` and `{a,b}` are special; write `[[]` for a bracket")
}

/// `start`.
fn start(fields: &Fields, report: &mut Report) -> Start {
    let Some(text) = fields.text("start", report) else { return Start::default() };
    match text.value {
        "begin" => return Start::Begin,
        "end" => {}
        other => {
            let message = format!("`start` is `begin` or `end`, not `{}`", short(other));
            let finding = report.error(text.span, message);
            finding.help("`end` leaves out what is in the files at the very first start");
        }
    }
    Start::End
}

fn id(index: usize) -> SourceId {
    SourceId(u32::try_from(index).expect("a file of at most 4 MiB has fewer sources"))
}
