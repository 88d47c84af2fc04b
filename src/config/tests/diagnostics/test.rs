//! `[[test]]`: what is said of tests.

use insta::assert_snapshot;

use super::said_of_rule;

/// What is said of a test of the rule `oom`, which is grouped by `ip`.
fn said_of_test(words: &str) -> String {
    said_of_rule(&format!("group_by = 'ip'\n[[test]]\n{words}"))
}

#[test]
fn a_test_of_nothing() {
    assert_snapshot!(said_of_test("rule = 'ooom'\nlins = ''"), @r#"
    warning: this test expects nothing yet, and so fails
     --> logbell.toml:8:1
    8 | [[test]]
      | ^^^^^^^^
    help: `logbell test --accept` writes what is told; or write `silent = true`

    error: there is no rule `ooom`
     --> logbell.toml:9:8
    9 | rule = 'ooom'
      |        ^^^^^^
    help: did you mean `oom`?

    error: unknown key `lins`
      --> logbell.toml:10:1
    10 | lins = ''
       | ^^^^
    help: did you mean `lines`?
    "#);
    assert_snapshot!(said_of_test("lines = ''\nfile = '-'\nsilent = false"), @r"
    error: this test has no `rule`
     --> logbell.toml:8:1
    8 | [[test]]
      | ^^^^^^^^
    help: write the name of the rule that it tries

    error: there is no line in `lines`
     --> logbell.toml:9:9
    9 | lines = ''
      |         ^^
    help: write for example `lines = '0s | the text of a line'`

    error: a test has either `lines` or `file`, not both
      --> logbell.toml:10:1
    10 | file = '-'
       | ^^^^
    help: leave out one of them

    error: `silent` can only be `true`
      --> logbell.toml:11:1
    11 | silent = false
       | ^^^^^^
    help: write `expect = […]` for a test in which something is told
    ");
    assert_snapshot!(said_of_test("rule = 'oom'\nfile = 'x'\nsilent = true\nexpect = [{}]"), @r"
    error: a test has either `expect` or `silent`, not both
      --> logbell.toml:12:1
    12 | expect = [{}]
       | ^^^^^^
    help: leave out one of them
    ");
}

#[test]
fn a_line_that_is_none() {
    let lines = [
        "0s | killed a of 1.2.3.4",
        "",
        "  # a comment",
        "5x | killed a of 1.2.3.4",
        "10 killed",
        "  | killed",
        "1m x0/5s | a",
        "1m x5 | a",
        "1m x5/5 | a",
        "1m x5/5s y | a",
    ];
    let words = format!("rule = 'oom'\nlines = '''\n{}\n'''\nsilent = true", lines.join("\n"));
    assert_snapshot!(said_of_test(&words), @r"
    error: `lines`: unknown unit `x`; there are `ms`, `s`, `m`, `h` and `d`
      --> logbell.toml:14:1
    14 | 5x | killed a of 1.2.3.4
       | ^^

    error: a line of a test is `offset | text`
      --> logbell.toml:15:1
    15 | 10 killed
       | ^^^^^^^^^
    help: write for example `0s | the text of a line`

    error: the offset before `|` is missing
      --> logbell.toml:16:1
    16 |   | killed
       | ^^^
    help: write how long after the beginning it comes, as in `0s | text`

    error: a line comes at least once
      --> logbell.toml:17:4
    17 | 1m x0/5s | a
       |    ^^^^^

    error: `x5` is no repetition
      --> logbell.toml:18:4
    18 | 1m x5 | a
       |    ^^
    help: write `xN/step`, as in `x10/20s` for ten lines, 20 s apart

    error: `lines`: `5` has no unit: `ms`, `s`, `m`, `h` or `d`
      --> logbell.toml:19:7
    19 | 1m x5/5 | a
       |       ^

    error: only an offset and `xN/step` stand before `|`
      --> logbell.toml:20:10
    20 | 1m x5/5s y | a
       |          ^
    help: write `offset xN/step | text`
    ");
}

#[test]
fn a_mute_or_a_reload_that_is_written_wrong() {
    let lines = [
        "@mute rule=oom ip --for 2h",
        "@mute --for 2h",
        "@mute rule=oom --for 31d",
        "@mute rule=oom --for",
        "@mute rule=oom --fro 2h",
        "@mute rule=oom --why 'known",
        "@unmute",
        "5m @reload",
        "5m @reload other.toml",
    ];
    let words = format!("rule = 'oom'\nlines = '''\n{}\n'''\nsilent = true", lines.join("\n"));
    assert_snapshot!(said_of_test(&words), @r"
    error: expected a name, `=` and a value, as in `rule=nginx-5xx`
      --> logbell.toml:11:16
    11 | @mute rule=oom ip --for 2h
       |                ^^
    help: write for example `@mute rule=nginx-5xx --for 2h --why deploy`

    error: it does not say what is meant
      --> logbell.toml:12:7
    12 | @mute --for 2h
       |       ^^^^^^^^
    help: write for example `@mute rule=nginx-5xx --for 2h --why deploy`

    error: a mute lasts from 1s to 30d
      --> logbell.toml:13:22
    13 | @mute rule=oom --for 31d
       |                      ^^^

    error: `--for` takes how long it lasts
      --> logbell.toml:14:16
    14 | @mute rule=oom --for
       |                ^^^^^
    help: write for example `@mute rule=nginx-5xx --for 2h --why deploy`

    error: unknown option `--fro`
      --> logbell.toml:15:16
    15 | @mute rule=oom --fro 2h
       |                ^^^^^
    help: did you mean `--for`?

    error: the closing quote is missing
      --> logbell.toml:16:22
    16 | @mute rule=oom --why 'known
       |                      ^^^^^^

    error: it does not say what is meant
      --> logbell.toml:17:8
    17 | @unmute
       |        ^
    help: write the matchers of a mute as they were written, its number, or `--all`

    error: `@reload` takes the path of a configuration
      --> logbell.toml:18:11
    18 | 5m @reload
       |           ^
    help: write for example `@reload other.toml`

    error: cannot read `other.toml`: no such file
      --> logbell.toml:19:12
    19 | 5m @reload other.toml
       |            ^^^^^^^^^^
    ");
}

#[test]
fn an_event_that_there_is_not() {
    let lines = [
        "@now",
        "@restat",
        "@restart now",
        "1m @clock 1h",
        "1m @clock +1",
        "1m 2m @clock +1h",
        "1m | @restart",
    ];
    let words = format!("rule = 'oom'\nlines = '''\n{}\n'''\nsilent = true", lines.join("\n"));
    assert_snapshot!(said_of_test(&words), @r"
    error: unknown event `@now`
      --> logbell.toml:11:1
    11 | @now
       | ^^^^
    help: there are `@restart`, `@reload FILE`, `@mute MATCHERS --for 2h`, `@unmute MATCHERS`, and `@clock +1h` or `@clock -1h`

    error: unknown event `@restat`
      --> logbell.toml:12:1
    12 | @restat
       | ^^^^^^^
    help: did you mean `@restart`?

    error: nothing stands behind `@restart`
      --> logbell.toml:13:10
    13 | @restart now
       |          ^^^

    error: `@clock` takes how far it is set, forward or back
      --> logbell.toml:14:11
    14 | 1m @clock 1h
       |           ^^
    help: write `@clock +1h` or `@clock -1h`

    error: `lines`: `1` has no unit: `ms`, `s`, `m`, `h` or `d`
      --> logbell.toml:15:12
    15 | 1m @clock +1
       |            ^

    error: only an offset stands before an event
      --> logbell.toml:16:4
    16 | 1m 2m @clock +1h
       |    ^^

    warning: what stands behind `|` is the text of a line
      --> logbell.toml:17:4
    17 | 1m | @restart
       |    ^^^^^^^^^^
    help: leave out the `|` if an event is meant
    ");
}

#[test]
fn more_lines_than_a_test_has_and_more_time() {
    assert_snapshot!(said_of_test("rule = 'oom'\nlines = '0s x3/200d | a'\nsilent = true"), @r"
    error: a test lasts at most `366d`
      --> logbell.toml:10:9
    10 | lines = '0s x3/200d | a'
       |         ^^^^^^^^^^^^^^^^
    ");
    let words = "rule = 'oom'\nlines = '0s x100001/1s | a'\nsilent = true";
    assert_snapshot!(said_of_test(words), @r"
    error: a test has at most 100000 lines, not 100001
      --> logbell.toml:10:9
    10 | lines = '0s x100001/1s | a'
       |         ^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn messages_that_cannot_come() {
    let words = "rule = 'oom'\nlines = '10m x2/1m | a'\nuntil = '5m'\n\
                 expect = [{ at = '20m' }, { kind = 'opn', cont = 1, ip = 'a', proc = 'b' }, 5]";
    assert_snapshot!(said_of_test(words), @r#"
    error: `until` is before the last line, at 11m
      --> logbell.toml:11:9
    11 | until = '5m'
       |         ^^^^

    error: the test ends before, at 11m
      --> logbell.toml:12:18
    12 | expect = [{ at = '20m' }, { kind = 'opn', cont = 1, ip = 'a', proc = 'b' }, 5]
       |                  ^^^^^
    help: add `until = "20m"`

    error: unknown kind `opn`
      --> logbell.toml:12:36
    12 | expect = [{ at = '20m' }, { kind = 'opn', cont = 1, ip = 'a', proc = 'b' }, 5]
       |                                    ^^^^^
    help: did you mean `open`?

    error: `cont` is no word of a message of this rule
      --> logbell.toml:12:43
    12 | expect = [{ at = '20m' }, { kind = 'opn', cont = 1, ip = 'a', proc = 'b' }, 5]
       |                                           ^^^^
    help: did you mean `count`?

    error: `proc` is no word of a message of this rule
      --> logbell.toml:12:63
    12 | expect = [{ at = '20m' }, { kind = 'opn', cont = 1, ip = 'a', proc = 'b' }, 5]
       |                                                               ^^^^
    help: there are `at`, `kind`, `count`, and the words of its `group_by`: `ip`

    error: `expect` takes a list of tables, not this number
      --> logbell.toml:12:77
    12 | expect = [{ at = '20m' }, { kind = 'opn', cont = 1, ip = 'a', proc = 'b' }, 5]
       |                                                                             ^
    "#);
    assert_snapshot!(said_of_test("rule = 'oom'\nlines = '0s | a'\nexpect = []"), @r"
    error: `expect` is an empty list
      --> logbell.toml:11:1
    11 | expect = []
       | ^^^^^^
    help: write `silent = true`
    ");
    assert_snapshot!(said_of_test("rule = 'oom'\nlines = '0s | a'\nexpect = [{ at = '1', count = 'x' }]"), @r"
    error: `at`: `1` has no unit: `ms`, `s`, `m`, `h` or `d`
      --> logbell.toml:11:19
    11 | expect = [{ at = '1', count = 'x' }]
       |                   ^

    error: `count` takes a whole number from 0, not text
      --> logbell.toml:11:31
    11 | expect = [{ at = '1', count = 'x' }]
       |                               ^^^
    ");
}

#[test]
fn a_test_that_does_not_tell_what_it_expects() {
    assert_snapshot!(said_of_test("rule = 'oom'\nlines = '0s | a'\nuntil = '1'"), @r#"
    warning: this test expects nothing yet, and so fails
     --> logbell.toml:8:1
    8 | [[test]]
      | ^^^^^^^^
    help: `logbell test --accept` writes what is told; or write `silent = true`

    error: `until`: `1` has no unit: `ms`, `s`, `m`, `h` or `d`
      --> logbell.toml:11:10
    11 | until = '1'
       |          ^
    "#);
}
