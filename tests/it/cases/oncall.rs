//! Rules that people want say of logs what they are meant to.

use std::path::Path;
use std::process::Command;

/// Whether the tests in this file all pass, and every rule has one.
fn check(rules: &str) {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join(rules);
    let output = Command::new(env!("CARGO_BIN_EXE_logbell")).arg("test").arg(&rules).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "");
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("without a test"), "{said}");
}

#[test]
fn the_rules_of_somebody_on_call_hold() {
    check("tests/cases/rules/oncall.toml");
}

#[test]
fn thresholds_tell_of_the_addresses_that_labelled_ones_tell_of() {
    check("tests/cases/rules/crowdsec.toml");
}
