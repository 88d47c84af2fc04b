//! Lines that are told one by one: each by a rule of its own, to a space of its own, so that Chat's
//! pace of a post a second does not slow a test down.

use std::fmt::Write as _;

use logbell::chat::room::Received;

use crate::trial::Trial;

/// Rules for the lines `line 0` up to `n_lines` of the log at `files`.
pub(crate) fn rules(trial: &Trial, files: &str, n_lines: usize) -> String {
    let mut rules = format!("[source.log]\nfiles = \"{files}\"\nstart = \"begin\"\n");
    for n in 0..n_lines {
        let url = trial.room.webhook_url(&format!("space-{n}"));
        let _ = write!(
            rules,
            "[webhook.w{n}]\nurl = \"{url}\"\n[[rule]]\nname = \"line-{n}\"\nsource = \"log\"\n\
             match = '^line {n}$'\ndebounce = \"0s\"\ncontext = [0, 0]\nwebhook = \"w{n}\"\n"
        );
    }
    rules
}

/// Checks that each of the lines was matched once, told in one message, and none lost. Returns the
/// messages in the order of the lines.
#[track_caller]
pub(crate) fn check(trial: &Trial, n_lines: usize) -> Vec<Received> {
    let mut messages = trial.room.messages();
    let line = |message: &Received| message.message.text.rsplit_once("line ").unwrap().1.to_owned();
    messages.sort_by_key(line);
    let told: Vec<_> = messages.iter().map(line).collect();
    let expected: Vec<_> = (0..n_lines).map(|n| n.to_string()).collect();
    assert_eq!(told, expected, "{}", trial.stderr());
    for n in 0..n_lines {
        assert_eq!(trial.check_counts(&format!("line-{n}")), 1, "{}", trial.stderr());
    }
    assert_eq!(trial.told(), vec!["open(1) delivered"; n_lines]);
    assert_eq!(trial.status()["losses"], serde_json::json!([]), "{}", trial.stderr());
    messages
}
