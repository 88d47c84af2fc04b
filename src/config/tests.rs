//! What a configuration means, and what is said of a wrong one.

mod diagnostics;
mod files;
mod hostile;
mod include;
mod secrets;
mod settings;
mod source;
mod test;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::{File, Loaded, Origin, Secrets, Style, Surroundings};

/// Surroundings that a test makes up.
#[derive(Default)]
struct Fake {
    variables: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<PathBuf, Result<File, io::ErrorKind>>,
}

impl Fake {
    fn with_variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.insert(name, value);
        self
    }

    fn with_file(mut self, path: &str, text: &str, is_open_to_all: bool) -> Self {
        let file = File { bytes: text.into(), is_open_to_all };
        self.files.insert(path.into(), Ok(file));
        self
    }

    fn with_unreadable(mut self, path: &str, kind: io::ErrorKind) -> Self {
        self.files.insert(path.into(), Err(kind));
        self
    }

    fn parse(&self, text: &str, secrets: Secrets) -> Loaded {
        super::parse(
            text,
            &Origin {
                name: "logbell.toml",
                directory: Path::new("/etc/logbell"),
                is_open_to_all: true,
                surroundings: self,
                secrets,
            },
        )
    }
}

impl Surroundings for Fake {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).map(OsString::from)
    }

    fn host(&self) -> String {
        "web1".to_owned()
    }

    fn file(&self, path: &Path, max: u64) -> io::Result<File> {
        match self.files.get(path) {
            Some(Ok(file)) if file.bytes.len() as u64 > max => {
                Err(io::ErrorKind::FileTooLarge.into())
            }
            Some(Ok(file)) => Ok(file.clone()),
            Some(Err(kind)) => Err((*kind).into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Knows no links.
    fn real_path(&self, path: &Path) -> PathBuf {
        path.components().collect()
    }

    fn names_in(&self, path: &Path) -> io::Result<Vec<OsString>> {
        let inside = self.files.keys().filter(|file| file.parent() == Some(path));
        let names: Vec<_> = inside.filter_map(|file| Some(file.file_name()?.into())).collect();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }
}

/// A webhook and a rule that lacks nothing; `extra` are further words of the rule.
fn rule_with(extra: &str) -> String {
    format!(
        "webhook.oncall.url = \"room\"\n[[rule]]\nname = \"oom\"\nfiles = \"/var/log/kern.log\"\n\
         match = 'killed (?P<proc>\\S+) of (?P<ip>\\S+)'\nwebhook = \"oncall\"\n{extra}\n"
    )
}

/// What is said of `text`, plain.
fn said(text: &str) -> String {
    Fake::default().parse(text, Secrets::Fetch).diagnostics.render(Style::Plain)
}

/// What is said of a rule with further words.
fn said_of_rule(extra: &str) -> String {
    said(&rule_with(extra))
}

/// A source with `words`, and a rule that uses it.
fn source_with(words: &str) -> String {
    format!(
        "webhook.oncall.url = \"room\"\n[[rule]]\nname = \"oom\"\nsource = \"s\"\nmatch = 'x'\n\
         webhook = \"oncall\"\n[source.s]\n{words}\n"
    )
}
