//! The file as a whole: its syntax, kinds of values, names, `state` and `listen`.

use insta::assert_snapshot;

use super::{said, said_of_rule};

#[test]
fn values_of_the_wrong_kind() {
    assert_snapshot!(said_of_rule(
        r#"severity = 3
count = "5"
within = 300
not = []
title = ["x"]
group_by = ["ip", 3]
context = 3
resolve_after = 1.5
runbook = 2026-01-01"#
    ), @r#"
    error: `severity` takes text in quotes, not this number
     --> logbell.toml:7:12
    7 | severity = 3
      |            ^

    error: `count` takes a whole number from 0, not text
     --> logbell.toml:8:9
    8 | count = "5"
      |         ^^^
    help: leave out the quotes: `count = 5`

    error: `within` takes text in quotes, not this number
     --> logbell.toml:9:10
    9 | within = 300
      |          ^^^
    help: write `within = "300s"` for seconds

    error: `not` is an empty list
      --> logbell.toml:10:7
    10 | not = []
       |       ^^

    error: `title` takes text in quotes, not this list
      --> logbell.toml:11:9
    11 | title = ["x"]
       |         ^^^^^

    error: `group_by` takes a list of texts in quotes, not this number
      --> logbell.toml:12:19
    12 | group_by = ["ip", 3]
       |                   ^

    error: `context` takes a list of two whole numbers from 0, not this number
      --> logbell.toml:13:11
    13 | context = 3
       |           ^
    help: write `context = [3, 0]`

    error: `resolve_after` takes text in quotes, not a fraction
      --> logbell.toml:14:17
    14 | resolve_after = 1.5
       |                 ^^^

    error: `runbook` takes text in quotes, not a date
      --> logbell.toml:15:11
    15 | runbook = 2026-01-01
       |           ^^^^^^^^^^
    "#);
}

#[test]
fn tables_of_the_wrong_kind() {
    assert_snapshot!(said(
        r#"[webhook]
url = "room"
[rule]
name = "x"
[[source]]
files = "/x""#
    ), @r#"
    error: each webhook needs a name
     --> logbell.toml:2:1
    2 | url = "room"
      | ^^^
    help: write `[webhook.NAME]`, and use NAME in rules

    error: `rule` takes a list of tables, `[[rule]]`, not a table
     --> logbell.toml:3:1
    3 | [rule]
      | ^^^^^^
    help: write `[[rule]]` with two brackets for each rule

    error: each source needs a name
     --> logbell.toml:5:1
    5 | [[source]]
      | ^^^^^^^^^^
    help: write `[source.NAME]`, and use NAME in rules
    "#);
}

#[test]
fn scalars_in_place_of_tables() {
    assert_snapshot!(said(
        r#"rule = ["x"]
defaults = 3
source = 3"#
    ), @r#"
    error: `rule` takes a list of tables, `[[rule]]`, not text
     --> logbell.toml:1:9
    1 | rule = ["x"]
      |         ^^^

    error: `defaults` takes a table, `[defaults]`, not this number
     --> logbell.toml:2:12
    2 | defaults = 3
      |            ^

    error: each source needs a name
     --> logbell.toml:3:10
    3 | source = 3
      |          ^
    help: write `[source.NAME]`, and use NAME in rules
    "#);
}

#[test]
fn names_are_plain() {
    assert_snapshot!(said(
        r#"[webhook."on call"]
url = "room"
[[rule]]
name = "Kernel OOM!"
files = "/a"
match = "x"
webhook = "on call"
[[rule]]
name = ""
files = "/a"
match = "x"
webhook = "on call"
[[rule]]
name = "-x"
files = "/a"
match = "x"
webhook = "on call""#
    ), @r#"
    error: the webhook's name may hold letters, digits, `.`, `_` and `-` only
     --> logbell.toml:1:10
    1 | [webhook."on call"]
      |          ^^^^^^^^^
    help: write for example `on-call`

    error: the rule's name may hold letters, digits, `.`, `_` and `-` only
     --> logbell.toml:4:8
    4 | name = "Kernel OOM!"
      |        ^^^^^^^^^^^^^
    help: write for example `Kernel-OOM-`

    error: the rule's name is empty
     --> logbell.toml:9:8
    9 | name = ""
      |        ^^

    error: the rule's name must begin with a letter or a digit
      --> logbell.toml:14:8
    14 | name = "-x"
       |        ^^^^
    "#);
}

#[test]
fn names_are_unique_in_whatever_case() {
    assert_snapshot!(said_of_rule(
        r#"[[rule]]
name = "OOM"
files = "/a"
match = "x"
webhook = "oncall""#
    ), @r#"
    error: another rule is called `OOM` already
     --> logbell.toml:8:8
    8 | name = "OOM"
      |        ^^^^^
    help: the first is on line 3
    "#);
}

#[test]
fn a_file_without_a_rule_tells_nothing() {
    assert_snapshot!(said(
        r#"[webhook.a]
url = "room""#
    ), @r"
    error: there is no rule, so nothing would ever be told
     --> logbell.toml
    help: add a `[[rule]]` with `name`, `files`, `match` and `webhook`
    ");
}

#[test]
fn an_empty_file_tells_nothing() {
    assert_snapshot!(said(
        ""
    ), @r"
    error: there is no rule, so nothing would ever be told
     --> logbell.toml
    help: add a `[[rule]]` with `name`, `files`, `match` and `webhook`
    ");
}

#[test]
fn state_and_listen() {
    assert_snapshot!(said(
        r#"state = "~/x"
listen = "9600"
[[rule]]"#
    ), @r#"
    error: `state` takes the path of a directory
     --> logbell.toml:1:9
    1 | state = "~/x"
      |         ^^^^^
    help: write for example `state = "/var/lib/logbell"`

    error: `listen` takes an address with a port, not `9600`
     --> logbell.toml:2:10
    2 | listen = "9600"
      |          ^^^^^^
    help: write for example `listen = "127.0.0.1:9600"`, or `"off"`

    error: this rule has neither `files` nor `source`
     --> logbell.toml:3:1
    3 | [[rule]]
      | ^^^^^^^^
    help: write for example `files = "/var/log/app.log"`

    error: this rule has no `match`
     --> logbell.toml:3:1
    3 | [[rule]]
      | ^^^^^^^^
    help: write for example `match = 'ERROR|panic'`

    error: this rule has no `name`
     --> logbell.toml:3:1
    3 | [[rule]]
      | ^^^^^^^^
    help: write for example `name = "kernel-oom"`

    error: this rule has no `webhook`
     --> logbell.toml:3:1
    3 | [[rule]]
      | ^^^^^^^^
    help: add a `[webhook.NAME]` with its `url`, and `webhook = "NAME"` here
    "#);
}

#[test]
fn syntax_errors_are_told_all_at_once() {
    assert_snapshot!(said(
        r#"state = 
[[rule]
name = "a
name = b
x = 1
x = 2"#
    ), @r"
    error: string values must be quoted, expected literal string
     --> logbell.toml:1:9
    1 | state = 
      |         ^

    error: unclosed array table, expected `]`
     --> logbell.toml:2:8
    2 | [[rule]
      |        ^
    ");
}

#[test]
fn a_duplicate_key_is_wrong() {
    assert_snapshot!(said_of_rule(
        r#"name = "again""#
    ), @r#"
    error: duplicate key
     --> logbell.toml:7:1
    7 | name = "again"
      | ^^^^
    "#);
}

#[test]
fn a_default_is_told_of_once() {
    assert_snapshot!(said(
        r#"[defaults]
severity = "wrong"
webhook = "nobody"
match = "x"
[[rule]]
name = "a"
files = "/a"
match = "x"
[[rule]]
name = "b"
files = "/a"
match = "x""#
    ), @r#"
    error: unknown severity `wrong`
     --> logbell.toml:2:12
    2 | severity = "wrong"
      |            ^^^^^^^
    help: there are `critical`, `error`, `warning` and `info`

    error: there is no webhook `nobody`
     --> logbell.toml:3:11
    3 | webhook = "nobody"
      |           ^^^^^^^^
    help: add `[webhook.nobody]` with its `url`

    error: `match` has no default; each rule has its own
     --> logbell.toml:4:1
    4 | match = "x"
      | ^^^^^
    help: move it into a `[[rule]]`
    "#);
}
