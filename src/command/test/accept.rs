//! Writes what was told into the configuration, for the tests that expect something else.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::config::{self, Expected};
use crate::pipeline::Said;

use super::outcome::{Played, Verdict};

/// Rewrites the file `path`, in which some of the tests `played` stand, and marks those that are
/// accepted. The file is replaced as a whole or not at all.
///
/// # Errors
/// The operator's: the file cannot be read or written, or its tests are not written as they are to be.
pub(super) fn write(path: &Path, played: &mut [Played<'_>]) -> Result<(), Box<dyn Error>> {
    let is_in_file = |own: &&mut Played<'_>| Path::new(&*own.test.file) == path;
    let differs = |own: &&mut Played<'_>| {
        let is_whole = own.result.as_ref().is_ok_and(|rehearsed| !rehearsed.is_cut);
        own.verdict() == Verdict::Failed && is_whole
    };
    let failed: Vec<_> = played.iter_mut().filter(is_in_file).filter(differs).collect();
    let accepted = failed.iter().filter_map(|own| {
        let said = &own.result.as_ref().ok()?.said;
        Some((own.test.place, said.iter().map(expected).collect()))
    });
    let accepted: Vec<_> = accepted.collect();
    if accepted.is_empty() {
        return Ok(());
    }
    let text = config::accept(&fs::read_to_string(path)?, &accepted)?;
    replace(path, &text)?;
    for own in failed {
        own.is_accepted = true;
    }
    Ok(())
}

/// All that is known of a message.
fn expected(said: &Said) -> Expected {
    let group = said.group.iter().map(|(name, value)| (name.into(), value.into()));
    Expected {
        at: Some(said.at),
        kind: Some(said.kind),
        count: Some(said.count),
        group: group.collect(),
    }
}

/// Puts `text` in the place of the file `path`, with the same owner and mode.
fn replace(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    // Where it is a link, it stays one.
    let path = path.canonicalize()?;
    let old = fs::metadata(&path)?;
    let mut new = NamedTempFile::new_in(path.parent().unwrap_or(&path))?;
    new.write_all(text.as_bytes())?;
    let file = new.as_file();
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()))?;
    }
    file.set_permissions(old.permissions())?;
    file.sync_all()?;
    new.persist(&path)?;
    Ok(())
}
