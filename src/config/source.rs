//! `[source.NAME]` and the `files` of rules: which files are followed.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use crate::flow::SourceId;
use crate::source::{SourceSettings, Start};

use super::fields::{Fields, Text, short};
use super::report::Report;
use super::words::{Table, nearest};

/// Every source of the file.
#[derive(Default)]
pub(super) struct Sources {
    /// In the order of their ids.
    pub(super) list: Vec<SourceSettings>,
    /// Where the NAME of each `[source.NAME]` stands, and whether a rule uses it. They come first.
    named: Vec<(Range<usize>, bool)>,
}

impl Sources {
    /// Reads the sources of `top`. Paths are relative to `directory`.
    pub(super) fn check(top: &Fields, directory: &Path, report: &mut Report) -> Self {
        let mut sources = Self::default();
        for (name, fields) in top.named_tables("source", Table::Source, report) {
            if fields.lacks("files") {
                let message = format!("the source `{}` has no `files`", short(name.value));
                let help = "write for example `files = \"/var/log/app/*.log\"`";
                report.error(name.span.clone(), message).help(help);
            }
            let files = paths("files", &fields, directory, report);
            sources.list.push(SourceSettings {
                exclude: paths("exclude", &fields, directory, report),
                start: start(&fields, report),
                ..SourceSettings::new(name.value.into(), files)
            });
            sources.named.push((name.span, false));
        }
        sources
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
    pub(super) fn own(&mut self, rule: &str, files: Vec<PathBuf>) -> SourceId {
        let own = self.list.iter().skip(self.named.len());
        if let Some(index) = own.clone().position(|source| source.files == files) {
            return id(self.named.len() + index);
        }
        self.list.push(SourceSettings::new(Arc::from(rule), files));
        id(self.list.len() - 1)
    }

    /// The source `id`.
    pub(super) fn get_mut(&mut self, id: SourceId) -> &mut SourceSettings {
        &mut self.list[id.0 as usize]
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
                // A `[` in the name of the directory is no glob.
                let directory = globset::escape(&directory.to_string_lossy());
                let path = text.value.trim_start_matches("./");
                paths.push(Path::new(&directory).join(path));
            }
        }
    }
    paths
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
