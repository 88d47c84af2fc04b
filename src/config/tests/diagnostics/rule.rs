//! The other words of a rule.

use insta::assert_snapshot;

use super::{said, said_of_rule};

#[test]
fn a_severity_gets_the_nearest() {
    assert_snapshot!(said_of_rule(
        r#"severity = "critcal""#
    ), @r#"
    error: unknown severity `critcal`
     --> logbell.toml:7:12
    7 | severity = "critcal"
      |            ^^^^^^^^^
    help: did you mean `critical`?
    "#);
}

#[test]
fn a_severity_of_other_tools_gets_ours() {
    assert_snapshot!(said_of_rule(
        r#"severity = "WARN""#
    ), @r#"
    error: unknown severity `WARN`
     --> logbell.toml:7:12
    7 | severity = "WARN"
      |            ^^^^^^
    help: did you mean `warning`?
    "#);
}

#[test]
fn an_unknown_severity_gets_the_list() {
    assert_snapshot!(said_of_rule(
        r#"severity = "purple""#
    ), @r#"
    error: unknown severity `purple`
     --> logbell.toml:7:12
    7 | severity = "purple"
      |            ^^^^^^^^
    help: there are `critical`, `error`, `warning` and `info`
    "#);
}

#[test]
fn a_runbook_is_an_address() {
    assert_snapshot!(said_of_rule(
        r#"runbook = "wiki/oom""#
    ), @r#"
    error: `runbook` takes an absolute `http` or `https` address
     --> logbell.toml:7:11
    7 | runbook = "wiki/oom"
      |           ^^^^^^^^^^
    help: write for example `runbook = "https://wiki.example.com/oom"`
    "#);
}

#[test]
fn context_has_a_limit() {
    assert_snapshot!(said_of_rule(
        "context = [51, 0]"
    ), @r"
    error: `context` has at most 50 lines before and after
     --> logbell.toml:7:11
    7 | context = [51, 0]
      |           ^^^^^^^
    ");
}

#[test]
fn a_rule_needs_its_four_words() {
    assert_snapshot!(said(
        r#"[[rule]]
[[rule]]
name = "b"
files = "/x"
source = "y"
match = "x""#
    ), @r#"
    error: this rule has neither `files` nor `source`
     --> logbell.toml:1:1
    1 | [[rule]]
      | ^^^^^^^^
    help: write for example `files = "/var/log/app.log"`

    error: this rule has no `match`
     --> logbell.toml:1:1
    1 | [[rule]]
      | ^^^^^^^^
    help: write for example `match = 'ERROR|panic'`

    error: this rule has no `name`
     --> logbell.toml:1:1
    1 | [[rule]]
      | ^^^^^^^^
    help: write for example `name = "kernel-oom"`

    error: this rule has no `webhook`
     --> logbell.toml:1:1
    1 | [[rule]]
      | ^^^^^^^^
    help: add a `[webhook.NAME]` with its `url`, and `webhook = "NAME"` here

    error: this rule has no `webhook`
     --> logbell.toml:2:1
    2 | [[rule]]
      | ^^^^^^^^
    help: add a `[webhook.NAME]` with its `url`, and `webhook = "NAME"` here

    error: a rule has either `files` or `source`, not both
     --> logbell.toml:5:1
    5 | source = "y"
      | ^^^^^^
    help: leave out one of them
    "#);
}

#[test]
fn a_rule_is_told_which_webhook_to_name() {
    assert_snapshot!(said(
        r#"[webhook.oncall]
url = "room"
[[rule]]
name = "a"
files = "/a"
match = "x""#
    ), @r#"
    error: this rule has no `webhook`
     --> logbell.toml:3:1
    3 | [[rule]]
      | ^^^^^^^^
    help: write `webhook = "oncall"`, here or in `[defaults]`
    "#);
}

#[test]
fn redact_takes_patterns() {
    assert_snapshot!(said_of_rule("redact = ['secrets', 'a(b']"), @r"
    error: `redact`: unclosed group
     --> logbell.toml:7:24
    7 | redact = ['secrets', 'a(b']
      |                        ^
    ");
}

#[test]
fn redact_without_secrets_is_probably_a_slip() {
    assert_snapshot!(said_of_rule("redact = 'secret'"), @r#"
    warning: `redact`: `secret` is a pattern here
     --> logbell.toml:7:10
    7 | redact = 'secret'
      |          ^^^^^^^^
    help: did you mean `secrets`?

    warning: without `secrets`, keys, tokens and passwords are told
     --> logbell.toml:7:10
    7 | redact = 'secret'
      |          ^^^^^^^^
    help: write `redact = ["secrets", …]`
    "#);
}

#[test]
fn labels_are_names_with_texts() {
    assert_snapshot!(said_of_rule("labels = { host = 'x', 'a b' = 'c', n = 3, e = ' ' }"), @r"
    error: `host` is a built-in word, so no label can be called so
     --> logbell.toml:7:12
    7 | labels = { host = 'x', 'a b' = 'c', n = 3, e = ' ' }
      |            ^^^^
    help: choose another name

    error: the label's name may hold letters, digits, `.`, `_` and `-` only
     --> logbell.toml:7:24
    7 | labels = { host = 'x', 'a b' = 'c', n = 3, e = ' ' }
      |                        ^^^^^
    help: write for example `a-b`

    error: `n` takes text in quotes, not this number
     --> logbell.toml:7:41
    7 | labels = { host = 'x', 'a b' = 'c', n = 3, e = ' ' }
      |                                         ^

    error: a label has a value of 1 to 128 bytes on one line
     --> logbell.toml:7:48
    7 | labels = { host = 'x', 'a b' = 'c', n = 3, e = ' ' }
      |                                                ^^^
    ");
    assert_snapshot!(said_of_rule("labels = 'prod'"), @r#"
    error: `labels` takes a table of texts in quotes, not text
     --> logbell.toml:7:10
    7 | labels = 'prod'
      |          ^^^^^^
    help: write for example `labels = { team = "shop" }`
    "#);
}
