//! `[webhook.NAME]`.

use insta::assert_snapshot;

use super::{said, said_of_rule};

#[test]
fn a_webhook_needs_its_url() {
    assert_snapshot!(said(
        "[webhook.a]"
    ), @r#"
    error: the webhook `a` has no `url`
     --> logbell.toml:1:10
    1 | [webhook.a]
      |          ^
    help: write for example `url = "env:ONCALL_WEBHOOK"`
    "#);
}

#[test]
fn an_unknown_webhook_gets_the_nearest() {
    assert_snapshot!(said(
        r#"[webhook.oncall]
url = "room"
[[rule]]
name = "a"
files = "/a"
match = "x"
webhook = ["onkall", "oncall", "oncall", "boss"]"#
    ), @r#"
    error: there is no webhook `onkall`
     --> logbell.toml:7:12
    7 | webhook = ["onkall", "oncall", "oncall", "boss"]
      |            ^^^^^^^^
    help: did you mean `oncall`?

    warning: `oncall` is named twice
     --> logbell.toml:7:32
    7 | webhook = ["onkall", "oncall", "oncall", "boss"]
      |                                ^^^^^^^^

    error: there is no webhook `boss`
     --> logbell.toml:7:42
    7 | webhook = ["onkall", "oncall", "oncall", "boss"]
      |                                          ^^^^^^
    help: add `[webhook.boss]` with its `url`
    "#);
}

#[test]
fn unused_webhooks_and_sources_are_warned_of() {
    assert_snapshot!(said_of_rule(
        r#"[source.nginx]
files = "/x"
[webhook.boss]
url = "room""#
    ), @r"
    warning: no rule uses the source `nginx`
     --> logbell.toml:7:9
    7 | [source.nginx]
      |         ^^^^^

    warning: no rule uses the webhook `boss`
     --> logbell.toml:9:10
    9 | [webhook.boss]
      |          ^^^^
    ");
}

#[test]
fn a_mention_is_an_id() {
    assert_snapshot!(said_of_rule("mention = ['bob@example.com', 'al', '1', 'users/1']"), @r#"
    error: `mention` takes `all` or the id of a user, not `bob@example.com`
     --> logbell.toml:7:12
    7 | mention = ['bob@example.com', 'al', '1', 'users/1']
      |            ^^^^^^^^^^^^^^^^^
    help: Chat knows users by numeric ids here, not by addresses: write for example `mention = "users/123456789012345678901"`

    error: `mention` takes `all` or the id of a user, not `al`
     --> logbell.toml:7:31
    7 | mention = ['bob@example.com', 'al', '1', 'users/1']
      |                               ^^^^
    help: write for example `mention = "users/123456789012345678901"`

    warning: `users/1` is named twice
     --> logbell.toml:7:42
    7 | mention = ['bob@example.com', 'al', '1', 'users/1']
      |                                          ^^^^^^^^^
    "#);
}

#[test]
fn a_rule_that_no_webhook_takes_is_wrong() {
    assert_snapshot!(said(
        "[webhook.boss]
url = 'room'
severity = 'error'
markup = 'markdwon'
thread = 'incident'
[[rule]]
name = 'a'
files = '/x'
match = 'x'
webhook = 'boss'"
    ), @r"
    error: `markup` is one of `chat`, `markdown`, `none`, not `markdwon`
     --> logbell.toml:4:10
    4 | markup = 'markdwon'
      |          ^^^^^^^^^^
    help: did you mean `markdown`?

    error: `thread` is one of `group`, `rule`, `none`, not `incident`
     --> logbell.toml:5:10
    5 | thread = 'incident'
      |          ^^^^^^^^^^

    error: no webhook of the rule `a` takes `warning`
      --> logbell.toml:10:1
    10 | webhook = 'boss'
       | ^^^^^^^
    help: `boss` takes `error` at least: name another webhook, or raise the rule's `severity`
    ");
}
