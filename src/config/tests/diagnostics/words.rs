//! Words that do not belong, and what was meant by them.

use insta::assert_snapshot;

use super::{said, said_of_rule};

#[test]
fn an_unknown_word_gets_the_nearest() {
    assert_snapshot!(said_of_rule(
        r#"wihtin = "5m"
count = 3"#
    ), @r#"
    error: unknown key `wihtin`
     --> logbell.toml:7:1
    7 | wihtin = "5m"
      | ^^^^^^
    help: did you mean `within`?
    "#);
}

#[test]
fn a_word_of_another_tool_gets_ours() {
    assert_snapshot!(said_of_rule(
        r#"cooldown = "5m"
regex = "x"
level = "info"
path = "/x""#
    ), @r#"
    error: unknown key `cooldown`
     --> logbell.toml:7:1
    7 | cooldown = "5m"
      | ^^^^^^^^
    help: did you mean `debounce`?

    error: unknown key `regex`
     --> logbell.toml:8:1
    8 | regex = "x"
      | ^^^^^
    help: did you mean `match`?

    error: unknown key `level`
     --> logbell.toml:9:1
    9 | level = "info"
      | ^^^^^
    help: did you mean `severity`?

    error: unknown key `path`
      --> logbell.toml:10:1
    10 | path = "/x"
       | ^^^^
    help: did you mean `files`?
    "#);
}

#[test]
fn a_word_far_from_any_gets_the_list() {
    assert_snapshot!(said(
        r#"[source.a]
frobnicate = 1
files = "/x"
[webhook.a]
frobnicate = 1
"#
    ), @r#"
    error: unknown key `frobnicate`
     --> logbell.toml:2:1
    2 | frobnicate = 1
      | ^^^^^^^^^^
    help: the words of `[source.NAME]` are `files`, `exclude`, `start`, `format`, `encoding`, `multiline`, `olddir`, `catch_up`, `max_line`, `journal`, `labels`, `time`

    error: the webhook `a` has no `url`
     --> logbell.toml:4:10
    4 | [webhook.a]
      |          ^
    help: write for example `url = "env:ONCALL_WEBHOOK"`

    error: unknown key `frobnicate`
     --> logbell.toml:5:1
    5 | frobnicate = 1
      | ^^^^^^^^^^
    help: the words of `[webhook.NAME]` are `url`, `severity`, `mention`, `markup`, `thread`, `hours`, `proxy`, `ca`
    "#);
}

#[test]
fn a_word_of_another_table_is_sent_home() {
    assert_snapshot!(said(
        r#"within = "5m"
fils = "/x"
[webhook.a]
url = "room"
group_by = "x"
[defaults]
name = "x"
url = "x""#
    ), @r#"
    error: `within` does not belong in the top level
     --> logbell.toml:1:1
    1 | within = "5m"
      | ^^^^^^
    help: `within` belongs in `[[rule]]`

    error: unknown key `fils`
     --> logbell.toml:2:1
    2 | fils = "/x"
      | ^^^^
    help: did you mean `files`, which belongs in `[[rule]]` or `[source.NAME]`?

    error: `group_by` does not belong in `[webhook.NAME]`
     --> logbell.toml:5:1
    5 | group_by = "x"
      | ^^^^^^^^
    help: `group_by` belongs in `[[rule]]`

    error: `name` has no default; each rule has its own
     --> logbell.toml:7:1
    7 | name = "x"
      | ^^^^
    help: move it into a `[[rule]]`

    error: `url` does not belong in `[defaults]`
     --> logbell.toml:8:1
    8 | url = "x"
      | ^^^
    help: `url` belongs in `[webhook.NAME]`
    "#);
}

#[test]
fn a_slip_is_not_also_called_a_lack() {
    assert_snapshot!(said(
        r#"[[rule]]
nmae = "a"
file = "/a"
regex = "x"
channel = "x""#
    ), @r#"
    error: unknown key `nmae`
     --> logbell.toml:2:1
    2 | nmae = "a"
      | ^^^^
    help: did you mean `name`?

    error: unknown key `file`
     --> logbell.toml:3:1
    3 | file = "/a"
      | ^^^^
    help: did you mean `files`?

    error: unknown key `regex`
     --> logbell.toml:4:1
    4 | regex = "x"
      | ^^^^^
    help: did you mean `match`?

    error: unknown key `channel`
     --> logbell.toml:5:1
    5 | channel = "x"
      | ^^^^^^^
    help: did you mean `webhook`?
    "#);
}

#[test]
fn files_for_all_rules_are_those_of_a_source() {
    assert_snapshot!(said(
        r#"[webhook.x]
url = "room"
[defaults]
files = "/a"
webhook = "x"
[[rule]]
name = "a"
match = "x""#
    ), @r#"
    error: `files` has no default; each rule has its own
     --> logbell.toml:4:1
    4 | files = "/a"
      | ^^^^^
    help: move it into a `[[rule]]`, or into a `[source.NAME]` and write `source = "NAME"` here
    "#);
}
