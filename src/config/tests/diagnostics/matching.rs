//! `match`, `not`, and the words that name their captures.

use insta::assert_snapshot;

use super::{said, said_of_rule};

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
fn what_else_must_match_is_a_regex_of_the_rule_itself() {
    assert_snapshot!(said_of_rule(
        "also = ['x', 'a(b']"
    ), @r"
    error: `also`: unclosed group
     --> logbell.toml:7:16
    7 | also = ['x', 'a(b']
      |                ^
    ");
    assert_snapshot!(said_of_rule(
        "[defaults]\nalso = 'x'"
    ), @r"
    error: `also` has no default; each rule has its own
     --> logbell.toml:8:1
    8 | also = 'x'
      | ^^^^
    help: move it into a `[[rule]]`
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
    help: it captures `ip`, `proc`; built in are `rule`, `severity`, `host`, `file`, `line`, `count`, `total`, `duration`, `first`, `last`, `pattern`
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
    error: `title`: unknown filter `shout`
     --> logbell.toml:7:13
    7 | title = 'é {proc|shout}'
      |             ^^^^^^^^^^
    help: there are `basename`, `cut:80`, `duration`, `count`, `upper` and `lower`
    ");
}

#[test]
fn a_text_is_a_template_too() {
    assert_snapshot!(said_of_rule(
        "text = '''\nsee {port}\nand {proc|coun}'''"
    ), @r"
    error: `text`: unknown filter `coun`
     --> logbell.toml:9:6
    9 | and {proc|coun}'''
      |      ^^^^^^^^^
    help: did you mean `count`?
    ");
    assert_snapshot!(said_of_rule("text = ' '"), @r"
    error: `text` is empty
     --> logbell.toml:7:8
    7 | text = ' '
      |        ^^^
    help: leave it out to say no more
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

#[test]
fn patterns_that_are_fine_alone_may_be_too_large_together() {
    let rule = |name: &str, n: usize| {
        format!("[[rule]]\nname = \"{name}\"\nfiles = \"/x.log\"\nmatch = '(?u)\\w{{{n}}} x'\n")
    };
    let head = "webhook.w.url = \"room\"\n[defaults]\nwebhook = \"w\"\n";
    let rules = |n| (0..n).map(|i| rule(&format!("r{i}"), 40)).collect::<String>();
    assert_eq!(said(&(head.to_owned() + &rule("large", 100) + &rules(10))), "");
    let shown = said(&(head.to_owned() + &rule("large", 100) + &rules(100)));
    assert!(shown.contains("patterns of all rules would take"), "{shown}");
    assert!(shown.contains("more than 128 MiB"), "{shown}");
    assert!(shown.contains("help: most take the rules `large` ("), "{shown}");
}

#[test]
fn top_names_captures() {
    assert_snapshot!(said_of_rule("top = ['prok', 'ip', 'ip', 'host']"), @r"
    error: `prok` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:8
    7 | top = ['prok', 'ip', 'ip', 'host']
      |        ^^^^^^
    help: did you mean `proc`?

    warning: `ip` is named twice
     --> logbell.toml:7:22
    7 | top = ['prok', 'ip', 'ip', 'host']
      |                      ^^^^

    error: `host` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:28
    7 | top = ['prok', 'ip', 'ip', 'host']
      |                            ^^^^^^
    help: it captures `ip`, `proc`
    ");
}
