//! What `source` needs to know; built by `config`.

use std::path::PathBuf;
use std::sync::Arc;

/// One `[source.NAME]`, or the `files` of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceSettings {
    /// The NAME of `[source.NAME]`; the rule's name for a rule's own `files`.
    pub name: Arc<str>,
    /// Absolute paths or globs (`*`, `?`, `[a-z]`, `{a,b}`, `**`) of files to follow. At least one.
    pub files: Vec<PathBuf>,
    /// Absolute paths or globs of files to leave out.
    pub exclude: Vec<PathBuf>,
    /// Where to begin in files that are there at the very first start.
    pub start: Start,
    /// Whole lines before a chunk that are handed out with it, for context. At most 50.
    pub lead_lines: usize,
}

/// Where to begin in a file that is there when it is first watched. Later files begin at 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Start {
    /// At its beginning.
    Begin,
    /// At its last line end, so that only lines that come are matched.
    #[default]
    End,
}
