//! What `source` needs to know; built by `config`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use encoding_rs::Encoding;

use crate::frame::Framing;

/// One `[source.NAME]`, or the `files` of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceSettings {
    /// The NAME of `[source.NAME]`; the rule's name for a rule's own `files`.
    pub name: Arc<str>,
    /// Absolute paths or globs (`*`, `?`, `[a-z]`, `{a,b}`, `**`) of files to follow.
    pub files: Vec<PathBuf>,
    /// Absolute paths or globs of files to leave out.
    pub exclude: Vec<PathBuf>,
    /// Where to begin in files that are there at the very first start.
    pub start: Start,
    /// Whole lines before a chunk that are handed out with it, for context. At most 50.
    pub lead_lines: usize,
    /// How lines are packed in the files.
    pub format: Format,
    /// What the bytes of the files mean; `None`: what a byte order mark says, else bytes.
    pub encoding: Option<&'static Encoding>,
    /// Which lines make one event; `None`: each is one.
    pub framing: Option<Arc<Framing>>,
    /// Where rotated files are moved to, if not beside the log. Absolute.
    pub olddir: Option<PathBuf>,
    /// How much time of what was written while the agent was down is read; `None`: all.
    pub catch_up: Option<Duration>,
    /// The longest line in bytes; of a longer one so much is matched. 1 KiB to 256 KiB.
    pub max_line: usize,
    /// What is read besides files.
    pub feeds: Vec<FeedSettings>,
}

impl SourceSettings {
    /// The settings of a source of `files`, with all else as where nothing is said of it.
    pub fn new(name: Arc<str>, files: Vec<PathBuf>) -> Self {
        Self {
            name,
            files,
            exclude: Vec::new(),
            start: Start::default(),
            lead_lines: 0,
            format: Format::default(),
            encoding: None,
            framing: None,
            olddir: None,
            catch_up: None,
            max_line: super::MAX_LINE,
            feeds: Vec::new(),
        }
    }

    /// The path of a log that it may follow, where there is none: what lines are said to come from that
    /// are only tried. Of what is no file, the name.
    pub fn example_log(&self) -> PathBuf {
        let feed = || match self.feeds.first() {
            Some(FeedSettings::Journal(_)) => format!("journal:{}", self.name).into(),
            Some(FeedSettings::Stdin) | None => "stdin".into(),
        };
        self.files.first().map_or_else(feed, |files| super::glob::example(files))
    }
}

/// How lines are packed in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// Not at all.
    #[default]
    Plain,
    /// As the first lines of a file tell: plain, CRI or Docker.
    Auto,
    /// As Kubernetes' container runtimes write: `TIME stdout|stderr P|F TEXT`.
    Cri,
    /// As Docker's `json-file` driver writes: `{"log":"TEXT\n","stream":"stdout","time":"…"}`.
    Docker,
}

/// What is read besides files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeedSettings {
    /// Standard input.
    Stdin,
    /// systemd's journal.
    Journal(JournalSettings),
}

/// Which entries of systemd's journal are read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JournalSettings {
    /// Units, as `journalctl --unit` takes them; none: all.
    pub units: Vec<String>,
    /// The least priority: `emerg` `alert` `crit` `err` `warning` `notice` `info` `debug`.
    pub priority: Option<String>,
    /// The directory of the journal's files, where they are another machine's; `None`: our own.
    pub directory: Option<PathBuf>,
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
