//! The configurations that are shown to people can be used.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::settings::settings;

const EXAMPLE: &str = include_str!("../../../packaging/logbell.toml");
const DOCUMENTS: [(&str, &str); 2] = [
    ("README.md", include_str!("../../../README.md")),
    ("packaging/README.md", include_str!("../../../packaging/README.md")),
];

#[test]
fn the_example_configuration_is_right() {
    let settings = settings(EXAMPLE);
    assert_eq!(settings.skipped.len(), 1);
    assert!(!settings.rules.is_empty());
}

#[test]
fn the_configurations_in_documents_are_right() {
    let mut n_whole = 0;
    for (name, text) in DOCUMENTS {
        for block in text.split("```toml\n").skip(1) {
            let (block, _) = block.split_once("```").unwrap_or_else(|| panic!("{name}"));
            // A part of a configuration shows a word or two; only a whole one has rules.
            if block.contains("[[rule]]") {
                settings(block);
                n_whole += 1;
            }
        }
    }
    assert!(n_whole > 0);
}

#[test]
fn the_tests_in_documents_pass() {
    let folder = TempDir::new().unwrap();
    let mut n_tests = 0;
    for (name, text) in DOCUMENTS {
        for block in text.split("```toml\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            if block.contains("[[test]]") && block.contains("[[rule]]") {
                let file = folder.path().join("logbell.toml");
                fs::write(&file, block).unwrap();
                let mut command = Command::new(env!("CARGO_BIN_EXE_logbell"));
                let output = command.arg("test").arg(&file).env("TZ", "UTC").output().unwrap();
                assert!(output.status.success(), "{name}: {output:?}");
                n_tests += 1;
            }
        }
    }
    assert!(n_tests > 1);
}
