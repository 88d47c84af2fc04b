//! What is said of a wrong configuration: the whole of it, as the operator reads it.

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
    help: the words of `[source.NAME]` are `files`, `exclude`, `start`

    error: the webhook `a` has no `url`
     --> logbell.toml:4:10
    4 | [webhook.a]
      |          ^
    help: write for example `url = "env:ONCALL_WEBHOOK"`

    error: unknown key `frobnicate`
     --> logbell.toml:5:1
    5 | frobnicate = 1
      | ^^^^^^^^^^
    help: the only word of `[webhook.NAME]` is `url`
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
fn a_planned_word_is_not_supported_yet() {
    assert_snapshot!(said_of_rule(
        r#"spike = 4
hours = "mon-fri 08:00-19:00"
[source.s]
files = "/x"
multiline = "x"
[[test]]
rule = "oom""#
    ), @r#"
    error: `spike` is not supported yet
     --> logbell.toml:7:1
    7 | spike = 4
      | ^^^^^
    help: fire at a fixed number with `count` and `within`

    error: `hours` is not supported yet
     --> logbell.toml:8:1
    8 | hours = "mon-fri 08:00-19:00"
      | ^^^^^

    error: `multiline` is not supported yet
      --> logbell.toml:11:1
    11 | multiline = "x"
       | ^^^^^^^^^
    help: match the line that says it, and show others with `context`

    error: `test` is not supported yet
      --> logbell.toml:12:3
    12 | [[test]]
       |   ^^^^
    help: leave the tests out for now
    "#);
}

#[test]
fn a_top_level_planned_word_is_not_supported_yet() {
    assert_snapshot!(said(
        r#"include = "*.toml"
keep = "30d""#
    ), @r#"
    error: `include` is not supported yet
     --> logbell.toml:1:1
    1 | include = "*.toml"
      | ^^^^^^^
    help: write all rules into this file

    error: `keep` is not supported yet
     --> logbell.toml:2:1
    2 | keep = "30d"
      | ^^^^
    "#);
}

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
fn durations() {
    assert_snapshot!(said_of_rule(
        r#"count = 0
within = "30m1h"
resolve_after = "0s"
debounce = "1h..5m""#
    ), @r#"
    error: `count` is from 1 to 10000, not 0
     --> logbell.toml:7:9
    7 | count = 0
      |         ^

    error: `within`: `h` is out of order; write the greatest unit first, each once, as in `1h30m`
     --> logbell.toml:8:14
    8 | within = "30m1h"
      |              ^^

    error: `resolve_after` must be longer than zero
     --> logbell.toml:9:17
    9 | resolve_after = "0s"
      |                 ^^^^

    error: `debounce`: the range is the wrong way round; the shorter window comes first
      --> logbell.toml:10:13
    10 | debounce = "1h..5m"
       |             ^^^^^^
    "#);
}

#[test]
fn more_durations() {
    assert_snapshot!(said_of_rule(
        r#"count = 10001
within = "1.5h"
resolve_after = "300"
debounce = "0s..5m""#
    ), @r#"
    error: `count` is from 1 to 10000, not 10001
     --> logbell.toml:7:9
    7 | count = 10001
      |         ^^^^^

    error: `within`: only whole numbers are possible; write `1h30m` for one and a half hours
     --> logbell.toml:8:11
    8 | within = "1.5h"
      |           ^

    error: `resolve_after`: `300` has no unit: `ms`, `s`, `m`, `h` or `d`
     --> logbell.toml:9:18
    9 | resolve_after = "300"
      |                  ^^^

    error: `debounce`: a window of zero cannot double; write `0s` to tell every match
      --> logbell.toml:10:13
    10 | debounce = "0s..5m"
       |             ^^^^^^
    "#);
}

#[test]
fn still_more_durations() {
    assert_snapshot!(said_of_rule(
        r#"count = -1
within = "5 min"
resolve_after = "367d"
debounce = "5m..1w""#
    ), @r#"
    error: `count` takes a whole number from 0, not this number
     --> logbell.toml:7:9
    7 | count = -1
      |         ^^

    error: `within`: only whole numbers are possible; write `1h30m` for one and a half hours
     --> logbell.toml:8:11
    8 | within = "5 min"
      |           ^

    error: `resolve_after`: at most `366d` is possible
     --> logbell.toml:9:18
    9 | resolve_after = "367d"
      |                  ^^^^

    error: `debounce`: unknown unit `w`; there are `ms`, `s`, `m`, `h` and `d`
      --> logbell.toml:10:17
    10 | debounce = "5m..1w"
       |                 ^^
    "#);
}

#[test]
fn durations_without_anything() {
    assert_snapshot!(said_of_rule(
        r#"count = 3
within = ""
resolve_after = "5min"
debounce = "5m..""#
    ), @r#"
    error: `within`: a duration is missing; write for example `5m`
     --> logbell.toml:8:11
    8 | within = ""
      |           ^

    error: `resolve_after`: unknown unit `min`; there are `ms`, `s`, `m`, `h` and `d`
     --> logbell.toml:9:18
    9 | resolve_after = "5min"
      |                  ^^^^

    error: `debounce`: a duration is missing; write for example `5m`
      --> logbell.toml:10:17
    10 | debounce = "5m.."
       |                 ^
    "#);
}

#[test]
fn count_needs_within() {
    assert_snapshot!(said_of_rule(
        "count = 3"
    ), @r#"
    error: `count` needs `within`
     --> logbell.toml:7:1
    7 | count = 3
      | ^^^^^
    help: add for example `within = "5m"`
    "#);
}

#[test]
fn within_needs_count() {
    assert_snapshot!(said_of_rule(
        r#"within = "5m""#
    ), @r#"
    error: `within` needs `count`
     --> logbell.toml:7:1
    7 | within = "5m"
      | ^^^^^^
    help: add for example `count = 10`
    "#);
}

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
fn a_wrong_regex_points_into_a_literal_string() {
    assert_snapshot!(said_of_rule(
        "not = 'a(b'"
    ), @r"
    error: `not`: unclosed group
     --> logbell.toml:7:9
    7 | not = 'a(b'
      |         ^
    ");
}

#[test]
fn a_wrong_regex_points_into_a_basic_string() {
    assert_snapshot!(said_of_rule(
        r#"not = "a[z-a]""#
    ), @r#"
    error: `not`: invalid character class range, the start must be <= the end
     --> logbell.toml:7:10
    7 | not = "a[z-a]"
      |          ^^^
    "#);
}

#[test]
fn a_wrong_regex_points_into_a_multiline_string() {
    assert_snapshot!(said_of_rule(
        "not = '''\na(b'''"
    ), @r"
    error: `not`: unclosed group
     --> logbell.toml:8:2
    8 | a(b'''
      |  ^
    ");
}

#[test]
fn a_wrong_regex_points_at_a_string_with_escapes() {
    assert_snapshot!(said_of_rule(
        r#"not = "\\d(b""#
    ), @r#"
    error: `not`: unclosed group
     --> logbell.toml:7:7
    7 | not = "\\d(b"
      |       ^^^^^^^
    "#);
}

#[test]
fn look_ahead_is_sent_to_not() {
    assert_snapshot!(said_of_rule(
        "not = 'a(?!b)'"
    ), @r"
    error: `not`: look-around, including look-ahead and look-behind, is not supported
     --> logbell.toml:7:9
    7 | not = 'a(?!b)'
      |         ^^^
    help: write what must not match as a pattern in `not`
    ");
}

#[test]
fn an_empty_pattern_is_wrong() {
    assert_snapshot!(said_of_rule(
        "not = ''"
    ), @r"
    error: `not`: an empty pattern matches every line; write `.*` if that is meant
     --> logbell.toml:7:7
    7 | not = ''
      |       ^^
    ");
}

#[test]
fn a_pattern_that_matches_nothing_too_is_warned_of() {
    assert_snapshot!(said_of_rule(
        "not = ['x*', '.*', '^$']"
    ), @r"
    warning: `not` matches every line, since it matches nothing too
     --> logbell.toml:7:8
    7 | not = ['x*', '.*', '^$']
      |        ^^^^
    help: write `.*` if that is meant
    ");
}

#[test]
fn group_by_needs_a_capture() {
    assert_snapshot!(said_of_rule(
        r#"group_by = ["user", "pi", "ip", "ip"]"#
    ), @r#"
    error: `user` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:13
    7 | group_by = ["user", "pi", "ip", "ip"]
      |             ^^^^^^
    help: it captures `ip`, `proc`; built in are `host`, `file`, `pattern`

    error: `pi` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:21
    7 | group_by = ["user", "pi", "ip", "ip"]
      |                     ^^^^
    help: did you mean `ip`?

    warning: `ip` is named twice
     --> logbell.toml:7:33
    7 | group_by = ["user", "pi", "ip", "ip"]
      |                                 ^^^^
    "#);
}

#[test]
fn title_needs_captures() {
    assert_snapshot!(said_of_rule(
        r#"title = "{prok} {ip} {nobody} {rule}""#
    ), @r#"
    error: `prok` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:11
    7 | title = "{prok} {ip} {nobody} {rule}"
      |           ^^^^
    help: did you mean `proc`?

    error: `nobody` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:23
    7 | title = "{prok} {ip} {nobody} {rule}"
      |                       ^^^^^^
    help: it captures `ip`, `proc`; built in are `rule`, `severity`, `host`, `file`, `line`, `count`, `total`, `duration`, `first`, `last`
    "#);
}

#[test]
fn a_title_is_a_template() {
    assert_snapshot!(said_of_rule(
        r#"title = "{proc""#
    ), @r#"
    error: `title`: this `{` is never closed; write `{{` for a brace
     --> logbell.toml:7:10
    7 | title = "{proc"
      |          ^
    "#);
}

#[test]
fn a_title_has_known_filters() {
    assert_snapshot!(said_of_rule(
        "title = 'é {proc|shout}'"
    ), @r"
    error: `title`: unknown filter `shout`; there are `basename`, `cut:N`, `ms`, `n`, `upper`, `lower`
     --> logbell.toml:7:13
    7 | title = 'é {proc|shout}'
      |             ^^^^^^^^^^
    ");
}

#[test]
fn an_empty_title_is_wrong() {
    assert_snapshot!(said_of_rule(
        r#"title = """#
    ), @r#"
    error: `title` is empty
     --> logbell.toml:7:9
    7 | title = ""
      |         ^^
    help: leave it out to show the rule's name
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
fn paths_are_files() {
    assert_snapshot!(said_of_rule(
        r#"[source.s]
files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
exclude = "/[z-a]"
start = "beginning"
[source.t]"#
    ), @r#"
    error: `files` holds an empty path
     --> logbell.toml:8:10
    8 | files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
      |          ^^
    help: write the path of a log

    error: `~` does not stand for a home directory here
     --> logbell.toml:8:14
    8 | files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
      |              ^^^^^^^^^
    help: write the whole path

    error: `files` takes files, and this names a directory
     --> logbell.toml:8:25
    8 | files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
      |                         ^^^^^^^^^^^
    help: write for example `/var/log/*.log`

    error: `files` holds a wrong glob: unclosed character class; missing ']'
     --> logbell.toml:8:38
    8 | files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
      |                                      ^^^^^^^^^
    help: `*`, `?`, `[a-z]` and `{a,b}` are special; write `[[]` for a bracket

    error: `files` holds a wrong glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
     --> logbell.toml:8:49
    8 | files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
      |                                                 ^^^^^^^^^
    help: `*`, `?`, `[a-z]` and `{a,b}` are special; write `[[]` for a bracket

    error: `files` holds a wrong glob: unopened alternate group; missing '{' (maybe escape '}' with '[}]'?)
     --> logbell.toml:8:60
    8 | files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
      |                                                            ^^^^^^^^^
    help: `*`, `?`, `[a-z]` and `{a,b}` are special; write `[[]` for a bracket

    error: `files` holds a path with a control character
     --> logbell.toml:8:71
    8 | files = ["", "~/x.log", "/var/log/", "/var/[a", "/var/{a", "/var/a}", "a\nb"]
      |                                                                       ^^^^^^
    help: a path has one line; write a list for several

    error: `exclude` holds a wrong glob: invalid range; 'z' > 'a'
     --> logbell.toml:9:11
    9 | exclude = "/[z-a]"
      |           ^^^^^^^^
    help: `*`, `?`, `[a-z]` and `{a,b}` are special; write `[[]` for a bracket

    error: `start` is `begin` or `end`, not `beginning`
      --> logbell.toml:10:9
    10 | start = "beginning"
       |         ^^^^^^^^^^^
    help: `end` leaves out what is in the files at the very first start

    error: the source `t` has no `files`
      --> logbell.toml:11:9
    11 | [source.t]
       |         ^
    help: write for example `files = "/var/log/app/*.log"`
    "#);
}

#[test]
fn an_unknown_source_gets_the_nearest() {
    assert_snapshot!(said(
        r#"[source.nginx]
files = "/x"
[webhook.a]
url = "room"
[[rule]]
name = "a"
source = "ngnix"
match = "x"
webhook = "a""#
    ), @r#"
    error: there is no source `ngnix`
     --> logbell.toml:7:10
    7 | source = "ngnix"
      |          ^^^^^^^
    help: did you mean `nginx`?
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

#[test]
fn a_default_capture_must_be_captured_by_each_rule() {
    assert_snapshot!(said(
        r#"[defaults]
group_by = "ip"
webhook = "w"
[webhook.w]
url = "room"
[[rule]]
name = "a"
files = "/a"
match = "(?P<ip>x)"
[[rule]]
name = "b"
files = "/a"
match = "x""#
    ), @r#"
    error: `ip` is captured by no pattern of the rule `b`
     --> logbell.toml:2:12
    2 | group_by = "ip"
      |            ^^^^
    help: capture it with `(?P<NAME>…)`, or use one of `host`, `file`, `pattern`
    "#);
}

#[test]
fn a_capture_that_one_pattern_lacks() {
    assert_snapshot!(said(
        r#"[webhook.w]
url = "room"
[[rule]]
name = "a"
files = "/a"
match = ['a (?P<ip>\S+)', 'b']
group_by = "ip"
title = "{ip}"
webhook = "w""#
    ), @r#"
    warning: `ip` is not captured by every pattern of `a`
     --> logbell.toml:7:12
    7 | group_by = "ip"
      |            ^^^^
    help: lines that match `b` share the group `(none)`

    error: `ip` is not captured by every pattern of `a`
     --> logbell.toml:8:11
    8 | title = "{ip}"
      |           ^^
    help: the pattern without it is `b`
    "#);
}

#[test]
fn a_group_that_looks_unbounded_is_warned_of() {
    assert_snapshot!(said(
        r#"[webhook.w]
url = "room"
[[rule]]
name = "a"
files = "/a"
match = '(?P<pid>\d+) (?P<request_id>\S+) (?P<idle>\d+)'
group_by = ["pid", "request_id", "idle"]
webhook = "w""#
    ), @r#"
    warning: `pid` looks different in every line
     --> logbell.toml:7:13
    7 | group_by = ["pid", "request_id", "idle"]
      |             ^^^^^
    help: each value is a group with messages of its own; leave it out?

    warning: `request_id` looks different in every line
     --> logbell.toml:7:20
    7 | group_by = ["pid", "request_id", "idle"]
      |                    ^^^^^^^^^^^^
    help: each value is a group with messages of its own; leave it out?
    "#);
}
