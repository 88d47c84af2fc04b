//! The rules that an on-call engineer would write say what they are meant to.

use std::path::Path;
use std::process::Command;

/// The rules with their tests.
const RULES: &str = "tests/cases/rules/oncall.toml";

#[test]
fn the_rules_of_somebody_on_call_hold() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join(RULES);
    let output = Command::new(env!("CARGO_BIN_EXE_logbell")).arg("test").arg(&rules).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "");
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("without a test"), "{said}");
}
