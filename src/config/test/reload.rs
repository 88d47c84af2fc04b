//! `@reload FILE`: the configuration that an agent goes on with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::check::{self, Beside};
use super::super::diagnostic::{Diagnostics, Level};
use super::super::include::MAX_BYTES;
use super::super::origin::{Loaded, Origin, Secrets};
use super::super::settings::Settings;
use super::super::surroundings::problem;
use super::event::Value;
use super::script::Wrong;

/// Another configuration than that which a test stands in. The same file is the same.
#[derive(Clone, Debug)]
pub struct Other {
    /// The file. Absolute.
    pub path: PathBuf,
    /// What it means. Its own tests are left out, and the addresses of its webhooks are not looked up.
    pub settings: Arc<Settings>,
}

impl PartialEq for Other {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Other {}

/// The configurations that the tests of a file reload, each read once.
pub(in super::super) struct Others<'c> {
    origin: &'c Origin<'c>,
    read: BTreeMap<PathBuf, Result<Other, (String, Option<String>)>>,
}

impl<'c> Others<'c> {
    /// The most for the tests of a file: all are held in memory.
    const MAX: usize = 32;

    /// Those of the tests in the file that `origin` is about.
    pub(in super::super) fn new(origin: &'c Origin<'c>) -> Self {
        Self { origin, read: BTreeMap::new() }
    }

    /// The configuration that is named by `value`, relative to the file that the test stands in.
    pub(super) fn get(&mut self, value: Value) -> Result<Other, Wrong> {
        let wrong = |(message, help)| Wrong { span: value.span(), message, help };
        if value.text.is_empty() {
            let message = "`@reload` takes the path of a configuration".to_owned();
            return Err(wrong((
                message,
                Some("write for example `@reload other.toml`".to_owned()),
            )));
        }
        let path = self.origin.directory.join(value.text);
        if !self.read.contains_key(&path) && self.read.len() >= Self::MAX {
            let message = format!("the tests of a file reload at most {} others", Self::MAX);
            return Err(wrong((message, None)));
        }
        let origin = self.origin;
        let known = self.read.entry(path.clone()).or_insert_with(|| read(value.text, path, origin));
        known.clone().map_err(wrong)
    }
}

/// Reads the configuration `path`, which is `written` in one of `origin`. What is wrong is said in a
/// sentence, with what to do about it.
fn read(written: &str, path: PathBuf, origin: &Origin) -> Result<Other, (String, Option<String>)> {
    let folder = Path::new(origin.name).parent().unwrap_or(Path::new(""));
    let name = folder.join(written).to_string_lossy().into_owned();
    let unreadable = |problem: &str| (format!("cannot read `{name}`: {problem}"), None);
    let file = origin.surroundings.file(&path, MAX_BYTES);
    let file = file.map_err(|error| unreadable(&problem(&error)))?;
    let text = std::str::from_utf8(&file.bytes).map_err(|_| unreadable("it is not UTF-8 text"))?;
    let own = Origin {
        name: &name,
        directory: path.parent().unwrap_or(&path),
        is_open_to_all: file.is_open_to_all,
        surroundings: origin.surroundings,
        secrets: Secrets::Skip,
    };
    let Loaded { settings, diagnostics } = check::check(text, &own, &[], Beside::Nothing);
    let wrong = || {
        let help = format!("`logbell check {name}` shows it");
        (in_a_sentence(&name, &diagnostics), Some(help))
    };
    settings.map(|settings| Other { path, settings: Arc::new(settings) }).ok_or_else(wrong)
}

/// What is wrong with the configuration `name`.
fn in_a_sentence(name: &str, diagnostics: &Diagnostics) -> String {
    let more = match diagnostics.n_errors() {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let first = diagnostics.iter().find(|own| own.level == Level::Error);
    match first.map(|own| (own, &own.excerpt)) {
        Some((own, Some(place))) => {
            format!("`{}` is wrong on line {}: {}{more}", own.file, place.line, own.message)
        }
        Some((own, None)) => format!("`{name}` is wrong: {}{more}", own.message),
        None => format!("`{name}` is wrong"),
    }
}
