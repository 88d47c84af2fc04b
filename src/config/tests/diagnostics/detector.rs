//! `distinct`, `unless`, `absent`, `spike`, `new`: what is said of detectors.

use insta::assert_snapshot;

use super::said_of_rule;

#[test]
fn different_values_of_nothing() {
    assert_snapshot!(said_of_rule("distinct = 'prot'"), @r#"
    error: `distinct` needs `count`
     --> logbell.toml:7:1
    7 | distinct = 'prot'
      | ^^^^^^^^
    help: add for example `count = 10`

    error: `distinct` needs `within`
     --> logbell.toml:7:1
    7 | distinct = 'prot'
      | ^^^^^^^^
    help: add for example `within = "5m"`

    error: `prot` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:12
    7 | distinct = 'prot'
      |            ^^^^^^
    help: did you mean `proc`?
    "#);
    assert_snapshot!(said_of_rule("count = 1\nwithin = '5m'\ndistinct = 'pid'"), @r#"
    error: `pid` is captured by no pattern of the rule `oom`
     --> logbell.toml:9:12
    9 | distinct = 'pid'
      |            ^^^^^
    help: it captures `ip`, `proc`
    "#);
    assert_snapshot!(said_of_rule("count = 1\nwithin = '5m'\ndistinct = 'proc'"), @r"
    error: with `distinct`, `count` is from 2 to 1000, not 1
     --> logbell.toml:7:9
    7 | count = 1
      |         ^
    ");
}

#[test]
fn an_end_without_a_time_or_with_a_count() {
    assert_snapshot!(said_of_rule("unless = 'freed'"), @r#"
    error: `unless` needs `within`
     --> logbell.toml:7:1
    7 | unless = 'freed'
      | ^^^^^^
    help: add for example `within = "1h"`
    "#);
    assert_snapshot!(said_of_rule("unless = 'freed'\nwithin = '5m'\ncount = 3\ndistinct = 'ip'"), @r"
    error: `count` does not go with `unless`
     --> logbell.toml:9:1
    9 | count = 3
      | ^^^^^
    help: leave out one of them

    error: `distinct` does not go with `unless`
      --> logbell.toml:10:1
    10 | distinct = 'ip'
       | ^^^^^^^^
    help: leave out one of them
    ");
    assert_snapshot!(said_of_rule("unless = 'freed (?P<addr>.*)'\nwithin = '5m'"), @r"
    warning: `match` and `unless` capture nothing of the same name
     --> logbell.toml:7:1
    7 | unless = 'freed (?P<addr>.*)'
      | ^^^^^^
    help: any line that matches `unless` ends all that began; name alike what is to be the same
    ");
    assert_snapshot!(said_of_rule("unless = '('\nwithin = '5m'"), @r"
    error: `unless`: unclosed group
     --> logbell.toml:7:11
    7 | unless = '('
      |           ^
    ");
}

#[test]
fn an_absence_of_nothing_or_with_words_that_are_about_matches() {
    assert_snapshot!(said_of_rule("expect = 'a'"), @r#"
    error: `expect` needs `absent`
     --> logbell.toml:7:1
    7 | expect = 'a'
      | ^^^^^^
    help: add for example `absent = "25h"`
    "#);
    assert_snapshot!(said_of_rule("absent = 90\nwithin = '5m'\nresolve_after = '5m'"), @r#"
    error: `absent` takes text in quotes, not this number
     --> logbell.toml:7:10
    7 | absent = 90
      |          ^^
    help: write `absent = "90s"` for seconds

    error: `within` does not go with `absent`
     --> logbell.toml:8:1
    8 | within = '5m'
      | ^^^^^^
    help: leave out one of them

    error: `resolve_after` does not go with `absent`
     --> logbell.toml:9:1
    9 | resolve_after = '5m'
      | ^^^^^^^^^^^^^
    help: leave out one of them
    "#);
    assert_snapshot!(said_of_rule("absent = '5m'\nunless = 'x'\nwithin = '5m'"), @r"
    error: a rule has either `unless` or `absent`, not both
     --> logbell.toml:7:1
    7 | absent = '5m'
      | ^^^^^^
    help: write a rule for each
    ");
    assert_snapshot!(said_of_rule("absent = '5m'\ndebounce = '0s'"), @r"
    error: `debounce` must be longer than zero
     --> logbell.toml:8:1
    8 | debounce = '0s'
      | ^^^^^^^^
    help: beside `absent` it is the time until it is said again
    ");
}

#[test]
fn expected_groups_that_can_be_none_of_the_rule() {
    assert_snapshot!(said_of_rule("absent = '5m'\nexpect = ['a']"), @r"
    error: `expect` needs `group_by`
     --> logbell.toml:8:1
    8 | expect = ['a']
      | ^^^^^^
    help: without it the rule is one group, which is always expected
    ");
    assert_snapshot!(said_of_rule("absent = '5m'\ngroup_by = ['ip', 'host']\nexpect = ['a', ['a', 'b'], ['a', 'b']]"), @r#"
    error: `expect` takes the values of `ip`, `host` of each group
     --> logbell.toml:9:11
    9 | expect = ['a', ['a', 'b'], ['a', 'b']]
      |           ^^^
    help: write `expect = [["ip", "host"]]`

    warning: this group is named twice
     --> logbell.toml:9:28
    9 | expect = ['a', ['a', 'b'], ['a', 'b']]
      |                            ^^^^^^^^^^
    "#);
    assert_snapshot!(said_of_rule("absent = '5m'\ngroup_by = 'ip'\nexpect = [1, [['a']]]"), @r"
    error: `expect` takes a list of texts in quotes, not this number
     --> logbell.toml:9:11
    9 | expect = [1, [['a']]]
      |           ^

    error: `expect` takes a list of texts in quotes, not this list
     --> logbell.toml:9:14
    9 | expect = [1, [['a']]]
      |              ^^^^^^^
    ");
    assert_snapshot!(said_of_rule("absent = '5m'\ngroup_by = 'ip'\nexpect = []"), @r"
    error: `expect` is an empty list
     --> logbell.toml:9:10
    9 | expect = []
      |          ^^
    ");
}

#[test]
fn a_spike_of_nothing_or_of_as_many_as_usual() {
    assert_snapshot!(said_of_rule("spike = 4"), @r#"
    error: `spike` needs `count`
     --> logbell.toml:7:1
    7 | spike = 4
      | ^^^^^
    help: add for example `count = 20`

    error: `spike` needs `within`
     --> logbell.toml:7:1
    7 | spike = 4
      | ^^^^^
    help: add for example `within = "5m"`
    "#);
    assert_snapshot!(said_of_rule("spike = 1\ncount = 20\nwithin = '5m'"), @r"
    error: `spike` is from 0.001 to 1000, and not 1
     --> logbell.toml:7:9
    7 | spike = 1
      |         ^
    help: `4` is for 4 times as many matches as usual, `0.25` for a quarter of them; that there are none is told by `absent`
    ");
    assert_snapshot!(said_of_rule("spike = 0\ncount = 20\nwithin = '5m'"), @r"
    error: `spike` is from 0.001 to 1000, and not 1
     --> logbell.toml:7:9
    7 | spike = 0
      |         ^
    help: `4` is for 4 times as many matches as usual, `0.25` for a quarter of them; that there are none is told by `absent`
    ");
    assert_snapshot!(said_of_rule("spike = -2.5\ncount = 20\nwithin = '5m'"), @r"
    error: `spike` is from 0.001 to 1000, and not 1
     --> logbell.toml:7:9
    7 | spike = -2.5
      |         ^^^^
    help: `4` is for 4 times as many matches as usual, `0.25` for a quarter of them; that there are none is told by `absent`
    ");
    assert_snapshot!(said_of_rule("spike = '4x'\ncount = 20\nwithin = '5m'"), @r"
    error: `spike` takes a number from 0, not text
     --> logbell.toml:7:9
    7 | spike = '4x'
      |         ^^^^
    ");
}

#[test]
fn a_spike_of_what_nobody_can_learn_or_with_words_of_others() {
    assert_snapshot!(said_of_rule("spike = 4\ncount = 20\nwithin = '1d'"), @r"
    error: with `spike`, `within` is from 1s to 4h
     --> logbell.toml:9:1
    9 | within = '1d'
      | ^^^^^^
    help: what is usual is the mean of the 24 times as long before, of a day at most
    ");
    assert_snapshot!(said_of_rule("spike = 4\ncount = 20\nwithin = '5m'\ndistinct = 'ip'"), @r"
    error: `distinct` does not go with `spike`
      --> logbell.toml:10:1
    10 | distinct = 'ip'
       | ^^^^^^^^
    help: leave out one of them
    ");
    assert_snapshot!(said_of_rule("spike = 4\ncount = 2\nwithin = '5m'\nabsent = '1h'"), @r"
    error: a rule has either `absent` or `spike`, not both
     --> logbell.toml:7:1
    7 | spike = 4
      | ^^^^^
    help: write a rule for each

    error: `count` does not go with `absent`
     --> logbell.toml:8:1
    8 | count = 2
      | ^^^^^
    help: leave out one of them

    error: `within` does not go with `absent`
     --> logbell.toml:9:1
    9 | within = '5m'
      | ^^^^^^
    help: leave out one of them
    ");
    assert_snapshot!(said_of_rule("spike = 0.5\ncount = 20\nwithin = '5m'\ndebounce = '0s'"), @r"
    error: `debounce` must be longer than zero
      --> logbell.toml:10:1
    10 | debounce = '0s'
       | ^^^^^^^^
    help: beside a `spike` below 1 it is the time until it is said again
    ");
}

#[test]
fn what_is_new_of_nothing_or_with_words_of_others() {
    assert_snapshot!(said_of_rule("new = 'prot'\nlearn = '0s'\nforget = 3"), @r"
    error: `prot` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:7
    7 | new = 'prot'
      |       ^^^^^^
    help: did you mean `proc`?

    error: `learn` must be longer than zero
     --> logbell.toml:8:9
    8 | learn = '0s'
      |         ^^^^

    error: `forget` takes text in quotes, not this number
     --> logbell.toml:9:10
    9 | forget = 3
      |          ^
    ");
    assert_snapshot!(said_of_rule("new = 'user'\ncount = 3\nwithin = '5m'\nresolve_after = '5m'"), @r"
    error: `user` is captured by no pattern of the rule `oom`
     --> logbell.toml:7:7
    7 | new = 'user'
      |       ^^^^^^
    help: it captures `ip`, `proc`; built in is `pattern`

    error: `count` does not go with `new`
     --> logbell.toml:8:1
    8 | count = 3
      | ^^^^^
    help: leave out one of them

    error: `within` does not go with `new`
     --> logbell.toml:9:1
    9 | within = '5m'
      | ^^^^^^
    help: leave out one of them

    error: `resolve_after` does not go with `new`
      --> logbell.toml:10:1
    10 | resolve_after = '5m'
       | ^^^^^^^^^^^^^
    help: leave out one of them
    ");
    assert_snapshot!(said_of_rule("learn = '1d'\nforget = '7d'"), @r#"
    error: `learn` needs `new`
     --> logbell.toml:7:1
    7 | learn = '1d'
      | ^^^^^
    help: add for example `new = "pattern"`

    error: `forget` needs `new`
     --> logbell.toml:8:1
    8 | forget = '7d'
      | ^^^^^^
    help: add for example `new = "pattern"`
    "#);
    assert_snapshot!(said_of_rule("new = 'ip'\nabsent = '1h'"), @r"
    error: a rule has either `absent` or `new`, not both
     --> logbell.toml:7:1
    7 | new = 'ip'
      | ^^^
    help: write a rule for each
    ");
    let unbounded = super::super::rule_with("new = 'pid'").replace("<ip>", "<pid>");
    assert_snapshot!(super::said(&unbounded), @r"
    warning: `pid` looks different in every line
     --> logbell.toml:7:7
    7 | new = 'pid'
      |       ^^^^^
    help: each value is told once; name what comes again and again
    ");
}

#[test]
fn what_is_away_is_forgotten_before_it_is_absent_or_never() {
    assert_snapshot!(said_of_rule("absent = '1h'\nforget = '1h'\ngroup_by = 'ip'"), @r"
    error: `forget` must be longer than `absent`
     --> logbell.toml:8:1
    8 | forget = '1h'
      | ^^^^^^
    help: what is not waited for any longer is not told to be absent
    ");
    assert_snapshot!(said_of_rule("absent = '1h'\nforget = '7d'"), @r"
    error: beside `absent`, `forget` needs `group_by`
     --> logbell.toml:8:1
    8 | forget = '7d'
      | ^^^^^^
    help: without it the rule is one group, which is always waited for
    ");
}

#[test]
fn nothing_resolves_what_is_new() {
    assert_snapshot!(said_of_rule("new = 'ip'\nresolve_on = 'back'"), @r"
    error: `resolve_on` does not go with `new`
     --> logbell.toml:8:1
    8 | resolve_on = 'back'
      | ^^^^^^^^^^
    help: leave out one of them
    ");
}
