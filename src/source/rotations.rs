//! Settings → all files that hold what their logs have said: the logs and their rotations, packed or
//! not.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use super::discover::{Depth, Discover};
use super::identity::Seen;
use super::rotation::{Around, Wrapping};
use super::settings::SourceSettings;
use super::siblings::{Sibling, Siblings};
use super::unpacking::Unpacking;
use crate::flow::Timestamp;

/// The files of all logs, as they are now.
#[derive(Debug, Default)]
pub struct Rotations {
    /// The files by path, each once.
    pub files: Vec<RotatedFile>,
    /// Directories that could not be listed, and why.
    pub unlisted: Vec<(PathBuf, io::Error)>,
}

/// A log, or what became of an earlier one of its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RotatedFile {
    /// Where it is. Absolute.
    pub path: PathBuf,
    /// When it was last written to: no line of it is of a later time.
    pub modified: Timestamp,
    /// Whether it is packed in a way that is not known here.
    pub is_foreign: bool,
}

impl Rotations {
    /// Those that `settings` name. A log that is not there yet is none.
    pub fn of(settings: &[SourceSettings]) -> Self {
        let (mut discover, _) = Discover::new(settings);
        let found = discover.walk(Depth::Full);
        let mut unlisted: BTreeMap<PathBuf, io::Error> = found.errors;
        let logs: BTreeSet<PathBuf> = found.paths.into_iter().chain(discover.explicit()).collect();
        let mut files = BTreeMap::new();
        let mut siblings = Siblings::new(&Unpacking::default());
        for log in &logs {
            // A link is followed where a log is named, as by the reader.
            if let Ok(meta) = log.metadata()
                && meta.is_file()
            {
                let (seen, wrapping) = (Seen::from(&meta), Wrapping::of(log));
                let own = Sibling { path: log.clone(), seen, wrapping };
                files.insert(log.clone(), own);
            }
            let Some(interest) = discover.interest(log) else { continue };
            let around = Around { log, olddirs: &interest.olddirs };
            match siblings.visible(around, |path| around.is_rotation(path)) {
                Ok(visible) => {
                    let kinds = visible.unlisted.into_iter();
                    unlisted.extend(kinds.map(|(dir, kind)| (dir, kind.into())));
                    files.extend(visible.files.into_iter().map(|own| (own.path.clone(), own)));
                }
                Err(error) => drop(unlisted.insert(log.clone(), error)),
            }
        }
        let files = files.into_values().map(|own| RotatedFile {
            modified: Timestamp::from_millis(own.seen.modified / 1_000_000),
            is_foreign: own.wrapping == Wrapping::Foreign,
            path: own.path,
        });
        Self { files: files.collect(), unlisted: unlisted.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn logs_are_found_with_their_rotations_wherever_these_are() {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("old")).unwrap();
        let names = [
            "app.log",
            "app.log.1",
            "app.log.2.gz",
            "app.log.3.xz",
            "old/app.log-20261101.zst",
            "apple.log",
            "vhost-a.log",
            "vhost-a.log.1",
        ];
        for name in names {
            fs::write(at(name), "x\n").unwrap();
        }
        let source = |name: &str, file: &str| SourceSettings::new(name.into(), vec![at(file)]);
        let app = SourceSettings { olddir: Some(at("old")), ..source("app", "app.log") };
        let all = [app, source("web", "vhost-*.log"), source("none", "missing.log")];
        let found = Rotations::of(&all);
        let paths = found
            .files
            .iter()
            .map(|own| own.path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned());
        let expected = [
            "app.log",
            "app.log.1",
            "app.log.2.gz",
            "app.log.3.xz",
            "old/app.log-20261101.zst",
            "vhost-a.log",
            "vhost-a.log.1",
        ];
        assert_eq!(paths.collect::<Vec<_>>(), expected);
        let foreign = found.files.iter().filter(|own| own.is_foreign);
        assert_eq!(foreign.map(|own| &own.path).collect::<Vec<_>>(), [&at("app.log.3.xz")]);
        assert!(found.unlisted.is_empty(), "{:?}", found.unlisted);
    }
}
