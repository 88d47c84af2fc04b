//! The files of a replay: those that are named, or all that the configuration follows.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::flow::{StreamId, Timestamp};
use crate::pipeline::Fault;
use crate::source::{Owners, Past, Rotations};

/// What there is to replay, and what cannot be.
#[derive(Default)]
pub(super) struct Files {
    pub(super) files: Vec<Past>,
    pub(super) faults: Vec<Fault>,
}

/// Opens each file once. Without `paths`, those of the logs that `settings` follow; without the ones
/// that were last written to before `since`.
pub(super) fn open(paths: &[PathBuf], settings: &Settings, since: Option<Timestamp>) -> Files {
    let owners = Owners::new(&settings.sources);
    let mut all = Files::default();
    let followed;
    let paths = if paths.is_empty() {
        followed = followed_by(settings, since, &mut all.faults);
        &followed
    } else {
        paths
    };
    let mut seen = HashSet::new();
    for (stream, path) in (1..).map(StreamId).zip(paths) {
        match open_one(path, stream, &owners, &mut seen) {
            Ok(past) => all.files.extend(past),
            Err(error) => all.faults.push(Fault { path: path.clone(), error }),
        }
    }
    all
}

/// The logs that are followed, with all that became of them: rotated and packed ones.
fn followed_by(
    settings: &Settings,
    since: Option<Timestamp>,
    faults: &mut Vec<Fault>,
) -> Vec<PathBuf> {
    let found = Rotations::of(&settings.sources);
    let unlisted = found.unlisted.into_iter().map(|(path, error)| Fault { path, error });
    faults.extend(unlisted);
    let is_wanted = |modified: Timestamp| since.is_none_or(|since| modified >= since);
    let files = found.files.into_iter().filter(|file| is_wanted(file.modified));
    files.map(|file| file.path).collect()
}

fn open_one(
    path: &Path,
    stream: StreamId,
    owners: &Owners,
    seen: &mut HashSet<PathBuf>,
) -> io::Result<Option<Past>> {
    if path.as_os_str() == "-" {
        return Err(io::Error::other("standard input is not replayed; write it to a file"));
    }
    // The name that it is given by says which rules it is of; what that leads to, whether it was
    // named before.
    let past = Past::open(&std::path::absolute(path)?, stream, owners)?;
    Ok(seen.insert(path.canonicalize()?).then_some(past))
}
