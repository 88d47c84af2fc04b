//! What the command says, and its exit code.

use std::path::Path;

use super::*;

/// Runs the command on a file with `text`. Returns the exit code, stdout and stderr.
fn checked(text: &str, without_secrets: bool) -> (u8, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("logbell.toml");
    std::fs::write(&config, text).unwrap();
    run_on(&config, without_secrets)
}

fn run_on(config: &Path, without_secrets: bool) -> (u8, String, String) {
    let args = CheckArgs { config: config.to_owned(), without_secrets, cost: None };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = check(&args, &System, Style::Plain, &mut out, &mut err);
    let text =
        |bytes| String::from_utf8(bytes).unwrap().replace(&*config.to_string_lossy(), "FILE");
    (code, text(out), text(err))
}

const RULE: &str = "[[rule]]\nname = 'a'\nfiles = ['/a', '/b']\nmatch = 'x'\nwebhook = 'w'\n";

#[test]
fn a_right_file_is_summed_up() {
    let (code, out, err) = checked(&format!("webhook.w.url = 'room'\n{RULE}"), false);
    assert_eq!((code, &*out, &*err), (0, "ok: 1 rule, 1 webhook, 2 file patterns\n", ""));
}

#[test]
fn a_warning_is_counted_and_does_no_harm() {
    let text = format!("webhook.w.url = 'room'\nwebhook.v.url = 'room'\n{RULE}");
    let (code, out, err) = checked(&text, false);
    assert_eq!((code, &*out), (0, "ok: 1 rule, 2 webhooks, 2 file patterns, 1 warning\n"));
    assert!(err.starts_with("warning: no rule uses the webhook `v`\n --> FILE:2:9\n"), "{err}");
}

#[test]
fn errors_are_shown_and_counted() {
    let text = format!("webhook.w.url = 'room'\n{RULE}wihtin = '5m'\nseverity = 'bad'\n");
    let (code, out, err) = checked(&text, false);
    assert_eq!((code, &*out), (1, "2 errors\n"));
    assert!(err.contains("help: did you mean `within`?\n"), "{err}");
}

#[test]
fn secrets_can_be_left_out() {
    let text = format!("webhook.w.url = 'env:LOGBELL_TEST_IS_NEVER_SET'\n{RULE}");
    assert_eq!(checked(&text, false).0, 1);
    let (code, out, _) = checked(&text, true);
    assert_eq!((code, &*out), (0, "ok: 1 rule, 1 webhook, 2 file patterns\n"));
}

#[test]
fn a_file_that_cannot_be_read_is_another_matter() {
    let (code, out, err) = run_on(Path::new("/nowhere/logbell.toml"), false);
    assert_eq!((code, &*out, &*err), (2, "", "error: there is no file `FILE`\n"));
}
