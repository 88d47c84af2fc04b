//! `distinct`: what is said of detectors.

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
