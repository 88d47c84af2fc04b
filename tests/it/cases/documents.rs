//! The configurations that are shown to people can be used.

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
