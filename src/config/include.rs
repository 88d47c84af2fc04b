//! `include` and `packs`: the texts that a configuration is made of.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use toml::de::DeTable;

use super::fields::{Fields, Text, short};
use super::origin::Origin;
use super::packs::PACKS;
use super::report::Report;
use super::surroundings::problem;
use super::words::{Table, nearest};

/// The most bytes of a configuration, all its files together.
pub(super) const MAX_BYTES: u64 = 4 << 20;
/// The most files of a configuration.
const MAX_FILES: usize = 1000;

/// One text of a configuration.
pub(super) struct Piece<'a> {
    /// What it is called in diagnostics: its path, seen as that of the main file is.
    pub(super) name: Cow<'a, str>,
    pub(super) text: Cow<'a, str>,
    /// The absolute directory that relative paths in it are relative to.
    pub(super) directory: PathBuf,
    /// Whether every user of this host may read it.
    pub(super) is_open_to_all: bool,
    pub(super) kind: Kind,
}

/// What a text is to the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The file that was named.
    Main,
    /// A file that it includes.
    Included,
    /// Ready-made rules, which are part of the program.
    Pack,
    /// A word that is set on the command line.
    Set,
}

impl Kind {
    /// The words of its top level.
    pub(super) fn table(self) -> Table {
        match self {
            Self::Main => Table::Top,
            Self::Included | Self::Pack | Self::Set => Table::Included,
        }
    }
}

/// The texts that `main` is made of, itself first, then what it includes by name, then packs. What is
/// wrong with `include` and `packs` is in the report.
pub(super) fn gather<'a>(main: &'a str, origin: &Origin<'a>) -> (Vec<Piece<'a>>, Report<'a>) {
    let mut report = Report::new([(origin.name, main)]);
    let piece = Piece {
        name: origin.name.into(),
        text: main.into(),
        directory: origin.directory.to_owned(),
        is_open_to_all: origin.is_open_to_all,
        kind: Kind::Main,
    };
    let mut gathered = Gathered { origin, n_bytes: main.len() as u64, pieces: vec![piece] };
    // Of a file whose syntax is wrong nobody knows what it includes.
    let (root, errors) = DeTable::parse_recoverable(main);
    if errors.is_empty() {
        let top = Fields::new(Table::Top, root.get_ref(), 0..0, &mut report);
        gathered.include(&top, &mut report);
        gathered.packs(&top, &mut report);
    }
    let Gathered { pieces, .. } = gathered;
    (pieces, report)
}

struct Gathered<'a, 'o> {
    origin: &'o Origin<'a>,
    n_bytes: u64,
    pieces: Vec<Piece<'a>>,
}

impl Gathered<'_, '_> {
    /// `include`.
    fn include(&mut self, top: &Fields, report: &mut Report) {
        let mut found: Vec<(PathBuf, Range<usize>)> = Vec::new();
        let Origin { name, directory, surroundings, .. } = *self.origin;
        let real = |path: &Path| surroundings.real_path(&directory.join(path));
        // The main file may lie among those that it includes, and each may be named in several ways.
        let main = Path::new(name).file_name().unwrap_or_default();
        let mut known = HashSet::from([real(Path::new(main))]);
        for text in top.texts("include", report).unwrap_or_default() {
            for path in self.matching(&text, report) {
                if known.insert(real(&path)) {
                    found.push((path, text.span.clone()));
                }
            }
        }
        if let Some((_, span)) = found.get(MAX_FILES) {
            let message = format!("a configuration has at most {MAX_FILES} files");
            report.error(span.clone(), message);
            return;
        }
        for (path, span) in found {
            self.read(&path, span, report);
        }
    }

    /// The files that one text of `include` names, in the order of their names; as they are written,
    /// relative or absolute.
    fn matching(&self, text: &Text, report: &mut Report) -> Vec<PathBuf> {
        let path = Path::new(text.value);
        let (Some(name), false) = (path.file_name(), text.value.ends_with('/')) else {
            let finding = report.error(text.span.clone(), "`include` takes files");
            finding.help("write for example `include = \"rules.d/*.toml\"`");
            return Vec::new();
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let is_glob = |text: &str| text.contains(['*', '?', '[', '{']);
        let name = name.to_string_lossy();
        if is_glob(&folder.to_string_lossy()) {
            let message =
                "`include` has `*` and the like in the names of files only, not of folders";
            report.error(text.span.clone(), message).help("write one glob for each folder");
            return Vec::new();
        }
        if !is_glob(&name) {
            return vec![path.to_owned()];
        }
        let glob = match GlobBuilder::new(&name).literal_separator(true).build() {
            Ok(glob) => glob.compile_matcher(),
            Err(error) => {
                let message = format!("`include` holds a wrong glob: {}", error.kind());
                report.error(text.span.clone(), message);
                return Vec::new();
            }
        };
        let directory = self.origin.directory.join(folder);
        let names = match self.origin.surroundings.names_in(&directory) {
            Ok(names) => names,
            Err(error) => {
                let problem = problem(&error);
                let message = format!("cannot look into `{}`: {problem}", directory.display());
                report.error(text.span.clone(), message);
                return Vec::new();
            }
        };
        // What editors and package managers leave beside a file begins with a dot.
        let is_hidden = |name: &OsString| name.as_encoded_bytes().starts_with(b".");
        let fits = |name: &OsString| {
            glob.is_match(name) && (!is_hidden(name) || text.value.contains("/."))
        };
        let mut names: Vec<_> = names.into_iter().filter(fits).collect();
        names.sort();
        names.into_iter().map(|name| folder.join(name)).collect()
    }

    fn read(&mut self, path: &Path, span: Range<usize>, report: &mut Report) {
        let folder = Path::new(self.origin.name).parent().unwrap_or(Path::new(""));
        let name = folder.join(path).to_string_lossy().into_owned();
        let absolute = self.origin.directory.join(path);
        let left = MAX_BYTES.saturating_sub(self.n_bytes);
        let file = match self.origin.surroundings.file(&absolute, left) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                let message = format!("with `{name}` the configuration is larger than 4 MiB");
                report.error(span, message);
                return;
            }
            Err(error) => {
                let message = format!("cannot read `{name}`: {}", problem(&error));
                report.error(span, message);
                return;
            }
        };
        self.n_bytes += file.bytes.len() as u64;
        match String::from_utf8(file.bytes) {
            Ok(text) => self.pieces.push(Piece {
                name: name.into(),
                text: text.into(),
                directory: absolute.parent().unwrap_or(&absolute).to_owned(),
                is_open_to_all: file.is_open_to_all,
                kind: Kind::Included,
            }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let line = super::excerpt::line_number(error.as_bytes(), at);
                let message = format!("`{name}` is not UTF-8 text: line {line} has other bytes");
                report.error(span, message);
            }
        }
    }

    /// `packs`.
    fn packs(&mut self, top: &Fields, report: &mut Report) {
        let texts = top.texts("packs", report).unwrap_or_default();
        // Told once, not for each of their rules, which cannot be written to.
        if let (Some(text), false) = (texts.first(), top.has_within("defaults", "webhook")) {
            let message = "nobody is told what the rules of packs find";
            let finding = report.error(text.span.clone(), message);
            finding.help("write their webhook into `[defaults]`: `webhook = \"NAME\"`");
            return;
        }
        for text in texts {
            let known = PACKS.iter().find(|(name, _)| *name == text.value);
            let Some((name, pack)) = known else {
                let message = format!("there is no pack `{}`", short(text.value));
                let names = PACKS.map(|(name, _)| name);
                let finding = report.error(text.span, message);
                let known = names.map(|name| format!("`{name}`")).join(", ");
                let meant = nearest(text.value, names);
                finding.help(match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("there are {known}"),
                });
                continue;
            };
            let name = format!("pack {name}");
            if self.pieces.iter().any(|piece| *piece.name == *name) {
                report.warning(text.span, format!("the {name} is named twice"));
                continue;
            }
            self.pieces.push(Piece {
                name: name.into(),
                text: (*pack).into(),
                directory: self.origin.directory.to_owned(),
                is_open_to_all: true,
                kind: Kind::Pack,
            });
        }
    }
}
