//! `count`, `within`, `debounce`, `resolve_after`, `max_groups`, `max_open`.

use insta::assert_snapshot;

use super::super::said;
use super::said_of_rule;

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
fn bounds() {
    assert_snapshot!(said_of_rule("max_groups = 0\nmax_open = 100"), @r"
    error: `max_groups` is from 1 to 10000, not 0
     --> logbell.toml:7:14
    7 | max_groups = 0
      |              ^

    error: `max_open` is from 1 to 60, not 100
     --> logbell.toml:8:12
    8 | max_open = 100
      |            ^^^
    ");
}

#[test]
fn more_groups_expected_than_there_is_room_for() {
    let rule = "absent = '1h'\ngroup_by = 'host'\nexpect = ['a', 'b']\nmax_groups = 1";
    assert_snapshot!(said_of_rule(rule), @r"
    error: `expect` names 2 groups, and there is room for 1
     --> logbell.toml:9:1
    9 | expect = ['a', 'b']
      | ^^^^^^
    help: write `max_groups = 2` or more
    ");
}

#[test]
fn lines_that_can_end_no_incident() {
    let check = |words: &str, expected: &str| {
        let head = "webhook.oncall.url = \"room\"\n[[rule]]\nname = \"x\"\nfiles = \"/x.log\"\n";
        let shown = said(&format!("{head}webhook = \"oncall\"\n{words}"));
        assert!(shown.contains(expected), "{shown}");
    };
    check(
        "group_by = ['a', 'host']\nmatch = 'down (?P<a>x)'\nresolve_on = 'up'",
        "error: `resolve_on` does not capture `a`, by which the rule groups",
    );
    check(
        "group_by = 'a'\nmatch = '(?P<a>x)'\nresolve_on = ['up (?P<a>x)', 'all up']",
        "warning: `a` is not captured by every pattern of `resolve_on`",
    );
    check(
        "group_by = 'pattern'\nmatch = 'x'\nresolve_on = 'up'",
        "error: `resolve_on` needs another `group_by` than `pattern`",
    );
    check(
        "absent = '1h'\nmatch = 'x'\nresolve_on = 'up'",
        "error: `resolve_on` does not go with `absent`",
    );
}
