//! Configurations in files, and files that cannot be read.

use super::*;
use crate::config::{Level, System, load};

/// What is said of the file `/etc/logbell/logbell.toml`.
fn failure(surroundings: &Fake) -> String {
    let path = Path::new("/etc/logbell/logbell.toml");
    load(path, surroundings, Secrets::Fetch).expect_err("it cannot be read").to_string()
}

#[test]
fn a_file_that_cannot_be_read_is_told_in_a_sentence() {
    let path = "/etc/logbell/logbell.toml";
    assert_eq!(failure(&Fake::default()), format!("there is no file `{path}`"));
    let kind = |kind| failure(&Fake::default().with_unreadable(path, kind));
    assert_eq!(
        kind(io::ErrorKind::PermissionDenied),
        format!("permission denied for `{path}`; let the user that logbell runs as read it")
    );
    assert_eq!(
        kind(io::ErrorKind::IsADirectory),
        format!("`{path}` is a directory; name the configuration's file in it")
    );
    let huge = Fake::default().with_file(path, &"#".repeat((4 << 20) + 1), false);
    assert_eq!(failure(&huge), format!("`{path}` is larger than 4 MiB; is it the right file?"));
    let mut binary = Fake::default();
    let bytes = b"a = 1\nb = 2\n\xff\n".to_vec();
    binary.files.insert(path.into(), Ok(File { bytes, is_open_to_all: false }));
    assert_eq!(failure(&binary), format!("`{path}` is not UTF-8 text: line 3 has other bytes"));
}

#[test]
fn paths_are_relative_to_the_file_not_to_where_it_was_started() {
    let text = rule_with("").replace("/var/log/kern.log", "logs/*.log");
    let surroundings = Fake::default().with_file("/opt/a[b]/logbell.toml", &text, false);
    let path = Path::new("/opt/a[b]/logbell.toml");
    let loaded = load(path, &surroundings, Secrets::Fetch).expect("it can be read");
    let settings = loaded.settings.expect("no error");
    assert_eq!(settings.sources[0].files, [Path::new("/opt/a[[]b[]]/logs/*.log")]);
}

#[test]
#[cfg(unix)]
fn the_system_tells_directories_sizes_and_modes() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    std::fs::write(&path, "12345").unwrap();
    let kind = |path: &Path, max| System.file(path, max).err().map(|error| error.kind());
    assert_eq!(kind(directory.path(), 9), Some(io::ErrorKind::IsADirectory));
    assert_eq!(kind(&path, 4), Some(io::ErrorKind::FileTooLarge));
    assert_eq!(kind(&path.join("x"), 4), Some(io::ErrorKind::NotADirectory));
    for (mode, is_open_to_all) in [(0o600, false), (0o640, false), (0o644, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let file = System.file(&path, 5).unwrap();
        assert_eq!((&file.bytes[..], file.is_open_to_all), (&b"12345"[..], is_open_to_all));
    }
}

#[test]
fn a_warning_leaves_the_settings_usable() {
    let loaded = Fake::default().parse(&rule_with("not = 'x*'"), Secrets::Fetch);
    assert_eq!((loaded.diagnostics.n_errors(), loaded.diagnostics.n_warnings()), (0, 1));
    assert!(loaded.diagnostics.iter().all(|diagnostic| diagnostic.level == Level::Warning));
    assert!(loaded.settings.is_some());
}
