//! `distinct`, `unless`: what is said of detectors.

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
