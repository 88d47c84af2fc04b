//! The demo shows the main job, ends by itself, and what it ran adds up.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::trial::logbell;

#[test]
fn the_demo_shows_lines_and_messages_and_ends_with_a_tally() {
    let folder = TempDir::new().unwrap();
    let output =
        logbell().args(["demo", "--speed", "20"]).env("TMPDIR", folder.path()).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("access.log │ 192.0.2."), "{shown}");
    assert!(shown.contains("Out of memory: java was killed"), "{shown}");
    assert!(shown.contains(" matches · ") && shown.contains(" suppressed, "), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colours where nobody asked for them");
    assert!(shown.contains("history --state"), "{shown}");
}

#[test]
fn the_demo_ends_early_when_it_is_told_to() {
    let folder = TempDir::new().unwrap();
    let mut command = logbell();
    command.args(["demo"]).env("TMPDIR", folder.path()).stdout(Stdio::piped());
    let mut demo = command.spawn().unwrap();
    // It has begun once it says something.
    let mut first = [0; 1];
    std::io::Read::read_exact(demo.stdout.as_mut().unwrap(), &mut first).unwrap();
    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    let output = demo.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && shown.contains(" lines read · "), "{shown}");
}
