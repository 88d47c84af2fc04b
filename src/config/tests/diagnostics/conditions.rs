//! `where`, and fields where captures can stand.

use insta::assert_snapshot;

use super::said;

/// What is said of a rule of a source of JSON with further `words`, the first of them on line 8.
fn said_of_fields(words: &str) -> String {
    said(&format!(
        "webhook.oncall.url = \"room\"\nsource.s.files = \"/var/log/app.log\"\n\
         source.s.format = \"json\"\n[[rule]]\nname = \"app\"\nsource = \"s\"\n\
         webhook = \"oncall\"\n{words}\n"
    ))
}

#[test]
fn all_kinds_of_conditions_are_fine() {
    let words = "where = { level = [\"error\", \"~(?i)^fatal$\"], status = \">=500\", path = \"!~^/health\", \
                 user.id = 7, debug = false, trace = \"*\", span = \"!*\", \"a.b\" = \"=!x\" }";
    assert_eq!(said_of_fields(words), "");
}

#[test]
fn a_number_that_is_none_points_at_the_value() {
    assert_snapshot!(said_of_fields("where = { status = '>=5xx' }"), @r#"
    error: `>=` takes a number, not `5xx`
     --> logbell.toml:8:20
    8 | where = { status = '>=5xx' }
      |                    ^^^^^^^
    help: write for example `">=500"`; for text, `"=>=5xx"`
    "#);
}

#[test]
fn a_wrong_regex_points_into_the_value() {
    assert_snapshot!(said_of_fields("where = { path = '!~a(b' }"), @r"
    error: `where`: unclosed group
     --> logbell.toml:8:22
    8 | where = { path = '!~a(b' }
      |                      ^
    ");
}

#[test]
fn the_signs_of_other_languages_get_ours() {
    assert_snapshot!(said_of_fields("where = { a = '=~x', b = '!=y', c = '==z' }"), @r#"
    error: `=~` is none of the signs of `where`
     --> logbell.toml:8:15
    8 | where = { a = '=~x', b = '!=y', c = '==z' }
      |               ^^^^^
    help: write `"~x"`

    error: `!=` is none of the signs of `where`
     --> logbell.toml:8:26
    8 | where = { a = '=~x', b = '!=y', c = '==z' }
      |                          ^^^^^
    help: write `"!y"`

    error: `==` is none of the signs of `where`
     --> logbell.toml:8:37
    8 | where = { a = '=~x', b = '!=y', c = '==z' }
      |                                     ^^^^^
    help: write `"z"`: text is compared as it is
    "#);
}

#[test]
fn two_bounds_in_a_list_are_no_range() {
    assert_snapshot!(said_of_fields("where = { status = ['>=400', '<500'] }"), @r#"
    warning: each number is one of these, so `status` may be any
     --> logbell.toml:8:21
    8 | where = { status = ['>=400', '<500'] }
      |                     ^^^^^^^
    help: a list is any of its values; for both write a pattern, as in `"~^4\\d\\d$"`
    "#);
    assert_eq!(said_of_fields("where = { status = ['<400', '>=500'] }"), "");
}

#[test]
fn values_and_names_that_cannot_be() {
    assert_snapshot!(said_of_fields("where = { at = 1979-05-27, 'a..b' = 'x', c = [] }"), @r"
    error: `at` takes text in quotes, a number or a list of such, not a date
     --> logbell.toml:8:16
    8 | where = { at = 1979-05-27, 'a..b' = 'x', c = [] }
      |                ^^^^^^^^^^

    error: `c` is an empty list
     --> logbell.toml:8:46
    8 | where = { at = 1979-05-27, 'a..b' = 'x', c = [] }
      |                                              ^^
    ");
    assert_snapshot!(said_of_fields("where = { 'a..b' = 'x' }"), @r"
    error: no field can be called `a..b`
     --> logbell.toml:8:11
    8 | where = { 'a..b' = 'x' }
      |           ^^^^^^
    help: a name has 1 to 16 parts with dots between them, at most 128 bytes together
    ");
    assert_snapshot!(said_of_fields("where = 'error'"), @r#"
    error: `where` takes a table of fields, not text
     --> logbell.toml:8:9
    8 | where = 'error'
      |         ^^^^^^^
    help: write for example `where = { level = "error" }`
    "#);
}

#[test]
fn lines_without_fields_have_none_to_ask_for() {
    let rule = |words: &str| super::said_of_rule(words);
    assert_snapshot!(rule("where = { level = 'error' }"), @r#"
    error: `where` asks for fields, and these lines have none
     --> logbell.toml:7:1
    7 | where = { level = 'error' }
      | ^^^^^
    help: name a `[source.NAME]` with `format = "json"`, `"logfmt"` or `"auto"` in `source`
    "#);
    assert_snapshot!(rule("group_by = 'user.id'"), @r#"
    error: `user.id` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:12
    7 | group_by = 'user.id'
      |            ^^^^^^^^^
    help: for a field, name a `[source.NAME]` with `format = "json"`, `"logfmt"` or `"auto"` in `source`
    "#);
}

#[test]
fn a_slip_for_a_capture_is_not_silently_a_field() {
    assert_snapshot!(said_of_fields("match = 'from (?P<address>\\S+)'\ngroup_by = 'adress'"), @r"
    warning: `adress` is captured by no pattern, and taken for a field
     --> logbell.toml:9:12
    9 | group_by = 'adress'
      |            ^^^^^^^^
    help: did you mean `address`? A dot in front says that a field is meant
    ");
}
