//! Where addresses come from, and that they are never shown.

use insta::assert_snapshot;

use super::*;

const URL: &str =
    "https://chat.googleapis.com/v1/spaces/AAA/messages?key=SECRETkey&token=SECRETtok%3D";

/// A configuration whose only webhook has this `url`.
fn with_url(url: &str) -> String {
    rule_with("").replace("room", url)
}

fn said_in(surroundings: &Fake, url: &str) -> String {
    let loaded = surroundings.parse(&with_url(url), Secrets::Fetch);
    loaded.diagnostics.render(Style::Plain)
}

#[test]
fn an_address_comes_from_the_environment_a_file_or_a_credential() {
    let surroundings = Fake::default()
        .with_variable("HOOK", URL)
        .with_variable("CREDENTIALS_DIRECTORY", "/run/credentials/logbell")
        .with_file("/run/secrets/hook", &format!("{URL}\n"), false)
        .with_file("/etc/logbell/hook", URL, false)
        .with_file("/run/credentials/logbell/hook", URL, true);
    for url in [
        "env:HOOK",
        "file:/run/secrets/hook",
        "file:///run/secrets/hook",
        "file:hook",
        "credential:hook",
    ] {
        let loaded = surroundings.parse(&with_url(url), Secrets::Fetch);
        assert_eq!(loaded.diagnostics.render(Style::Plain), "", "{url}");
        let settings = loaded.settings.expect("no error");
        assert_eq!(settings.webhooks[0].url.space(), "chat.googleapis.com/spaces/AAA", "{url}");
        assert!(settings.skipped.is_empty());
    }
}

#[test]
fn secrets_that_are_skipped_are_not_looked_for() {
    for url in ["env:HOOK", "file:/run/secrets/hook", "credential:hook"] {
        let loaded = Fake::default().parse(&with_url(url), Secrets::Skip);
        assert_eq!(loaded.diagnostics.render(Style::Plain), "", "{url}");
        let settings = loaded.settings.expect("no error");
        assert_eq!((settings.webhooks.len(), settings.skipped.len()), (0, 1), "{url}");
    }
    let room = Fake::default().parse(&with_url("room"), Secrets::Skip);
    assert_eq!(room.settings.expect("no error").webhooks.len(), 1);
}

#[test]
fn a_variable_that_is_not_set() {
    assert_snapshot!(said_in(&Fake::default(), "env:HOOK"), @r#"
    error: the environment variable `HOOK` is not set
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "env:HOOK"
      |                      ^^^^^^^^^^
    help: set it where logbell runs; `check --without-secrets` checks all the rest
    "#);
}

#[test]
fn a_variable_without_a_name() {
    assert_snapshot!(said_in(&Fake::default(), "env:$HOOK"), @r#"
    error: `env:` needs the name of an environment variable
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "env:$HOOK"
      |                      ^^^^^^^^^^^
    help: write for example `env:ONCALL_WEBHOOK`
    "#);
}

#[test]
fn a_variable_in_the_words_of_the_shell() {
    assert_snapshot!(said_in(&Fake::default(), "${HOOK}"), @r#"
    error: `url` is no webhook's address: not a URL; expected `https://chat.googleapis.com/v1/spaces/…/messages?…`
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "…"
      |                      ^^^
    help: write `env:HOOK`
    "#);
}

#[test]
fn a_variable_that_holds_no_address() {
    let surroundings = Fake::default().with_variable("HOOK", "SECRET");
    assert_snapshot!(said_in(&surroundings, "env:HOOK"), @r#"
    error: what the environment variable `HOOK` holds is no webhook's address: not a URL; expected `https://chat.googleapis.com/v1/spaces/…/messages?…`
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "env:HOOK"
      |                      ^^^^^^^^^^
    "#);
}

#[test]
fn a_file_that_is_not_there() {
    assert_snapshot!(said_in(&Fake::default(), "file:hook"), @r#"
    error: cannot read `/etc/logbell/hook`: no such file
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "file:hook"
      |                      ^^^^^^^^^^^
    help: put the address into this file
    "#);
}

#[test]
fn a_file_that_may_not_be_read() {
    let denied = io::ErrorKind::PermissionDenied;
    let surroundings = Fake::default().with_unreadable("/hook", denied);
    assert_snapshot!(said_in(&surroundings, "file:/hook"), @r#"
    error: cannot read `/hook`: permission denied
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "file:/hook"
      |                      ^^^^^^^^^^^^
    help: let the user that logbell runs as read it
    "#);
}

#[test]
fn a_file_that_every_user_can_read() {
    let surroundings = Fake::default().with_file("/hook", URL, true);
    assert_snapshot!(said_in(&surroundings, "file:/hook"), @r#"
    warning: every user of this host can read `/hook`
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "file:/hook"
      |                      ^^^^^^^^^^^^
    help: take away the right: `chmod o-r /hook`
    "#);
}

#[test]
fn an_empty_file() {
    let surroundings = Fake::default().with_file("/hook", "\n", false);
    assert_snapshot!(said_in(&surroundings, "file:/hook"), @r#"
    error: what `/hook` holds is no webhook's address: the address is empty; paste the URL that Chat shows under Apps & integrations → Webhooks
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "file:/hook"
      |                      ^^^^^^^^^^^^
    "#);
}

#[test]
fn a_credential_without_systemd() {
    assert_snapshot!(said_in(&Fake::default(), "credential:hook"), @r#"
    error: there are no credentials: `$CREDENTIALS_DIRECTORY` is not set
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "credential:hook"
      |                      ^^^^^^^^^^^^^^^^^
    help: systemd sets it for a unit with `LoadCredential=hook:/etc/logbell/hook` in the service's unit
    "#);
}

#[test]
fn a_credential_that_was_not_loaded() {
    let surroundings = Fake::default().with_variable("CREDENTIALS_DIRECTORY", "/run/c");
    assert_snapshot!(said_in(&surroundings, "credential:hook"), @r#"
    error: cannot read `/run/c/hook`: no such file
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "credential:hook"
      |                      ^^^^^^^^^^^^^^^^^
    help: it takes `LoadCredential=hook:/etc/logbell/hook` in the service's unit
    "#);
}

#[test]
fn a_credential_that_leaves_its_directory() {
    let surroundings = Fake::default().with_variable("CREDENTIALS_DIRECTORY", "/run/c");
    assert_snapshot!(said_in(&surroundings, "credential:../hook"), @r#"
    error: `credential:` needs the name of a credential of the systemd service
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "credential:../hook"
      |                      ^^^^^^^^^^^^^^^^^^^^
    help: write for example `credential:oncall`
    "#);
}

#[test]
fn a_literal_address_in_a_file_that_every_user_can_read() {
    assert_snapshot!(said_in(&Fake::default(), URL), @r#"
    warning: every user of this host can read this file, and so this address
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "https://chat.googleapis.com/v1/spaces/AAA/messages?…"
      |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: take away the right (`chmod o-r`), or write `file:PATH`
    "#);
}

#[test]
fn a_literal_address_over_plain_http() {
    assert_snapshot!(said_in(&Fake::default(), &URL.replace("https", "http")), @r#"
    error: `url` is no webhook's address: `https` is required, except to this host's own loopback addresses
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "http://chat.googleapis.com/v1/spaces/AAA/messages?…"
      |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: `env:NAME`, `file:PATH` and `credential:NAME` keep it out of this file; `room` is a room on this host
    "#);
}

#[test]
fn a_literal_that_is_only_the_token() {
    assert_snapshot!(said_in(&Fake::default(), "SECRETtok"), @r#"
    error: `url` is no webhook's address: not a URL; expected `https://chat.googleapis.com/v1/spaces/…/messages?…`
     --> logbell.toml:1:22
    1 | webhook.oncall.url = "…"
      |                      ^^^
    help: `env:NAME`, `file:PATH` and `credential:NAME` keep it out of this file; `room` is a room on this host
    "#);
}

#[test]
fn an_address_in_place_of_a_webhooks_name() {
    let text = rule_with("").replace("webhook = \"oncall\"", &format!("webhook = \"{URL}\""));
    assert_snapshot!(said(&text), @r#"
    error: there is no webhook `https://chat.googleapis.com/v1/spaces/AAA/messages?…`
     --> logbell.toml:6:11
    6 | webhook = "https://chat.googleapis.com/v1/spaces/AAA/messages?…"
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: write a `[webhook.NAME]` with this `url`, and NAME here
    "#);
}

#[test]
fn a_secret_is_hidden_wherever_it_stands() {
    let lines = [
        format!("webhook.a = {{ url = \"{URL}\", wrong = 1 }}"),
        format!("wrong = \"{URL}\""),
        format!("\"{URL}\" = 1"),
        format!("wrong = 1 # {URL}"),
        format!("url = \"{URL}"),
        format!("url = {URL}"),
        format!("url = {}\"", URL.replace("token", "\n token")),
        format!("url = \"{}", URL.replace("tok%3D", "\n SECRET%3D\"")),
        format!("url = \"{}\" x", URL.replace("SECRETtok", "SECRET tok SECRETtok")),
        format!("[[{URL}]]\n[[{URL}]]"),
        format!("wrong = '''\n{URL}\n''' x"),
        "key = \"SECRET\"\nToken=SECRET".to_owned(),
        "KEY%3DSECRET".to_owned(),
        format!("listen = \"{URL}\"\nstate = \"~{URL}\""),
        format!("rule = [{{ name = \"{URL}\", severity = \"{URL}\", files = \"~/{URL}\" }}]"),
        format!("webhook.a.url = \"env:{URL}\"\nwebhook.b.url = \"file:{URL}\""),
        "[webhook.a]\nproxy=http://user:SECRET@proxy:1".to_owned(),
        "[webhook.a]\nproxi=\"http://user:p@SECRET@proxy:1\"".to_owned(),
        "[webhook.a]\nproxy=[\"http://user:SECRET@proxy:1\"]".to_owned(),
        "[webhook.a]\nproxi = [\"user:SECRET@proxy:1\"]".to_owned(),
        "[webhook.a]\nproxy = user:SECRET@proxy:1".to_owned(),
    ];
    for line in lines {
        for style in [Style::Plain, Style::Styled] {
            let loaded = Fake::default().parse(&line, Secrets::Fetch);
            let shown = loaded.diagnostics.render(style) + &format!("{:?}", loaded.diagnostics);
            assert!(loaded.diagnostics.n_errors() > 0, "{line}");
            assert!(!shown.contains("SECRET"), "{line}\n{shown}");
        }
    }
}

#[test]
fn a_pattern_about_tokens_can_be_read() {
    assert_snapshot!(said_of_rule(r"not = 'token=(?P<token>\w+ key=[^ ]+'"), @r"
    error: `not`: unclosed group
     --> logbell.toml:7:14
    7 | not = 'token=(?P<token>\w+ key=[^ ]+'
      |              ^
    ");
}
