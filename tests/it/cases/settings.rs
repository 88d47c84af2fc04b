//! Configurations that tests load, without secrets and far from this host.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use logbell::config::{self, File, Origin, Secrets, Settings, Style, Surroundings};

/// The settings in `text`, which must be without an error and without a warning.
pub(crate) fn settings(text: &str) -> Settings {
    let origin = Origin {
        name: "logbell.toml",
        directory: Path::new("/etc/logbell"),
        is_open_to_all: false,
        surroundings: &Nowhere,
        secrets: Secrets::Skip,
    };
    let loaded = config::parse(text, &origin);
    let said = loaded.diagnostics.render(Style::Plain);
    assert_eq!(said, "", "in\n{text}");
    loaded.settings.unwrap()
}

/// A host without variables and files.
struct Nowhere;

impl Surroundings for Nowhere {
    fn variable(&self, _: &str) -> Option<OsString> {
        None
    }

    fn host(&self) -> String {
        "web1".to_owned()
    }

    fn file(&self, _: &Path, _: u64) -> io::Result<File> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn real_path(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }

    fn names_in(&self, _: &Path) -> io::Result<Vec<OsString>> {
        Err(io::ErrorKind::NotFound.into())
    }
}
