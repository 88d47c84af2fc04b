//! What the bytes of files mean: `format`, `encoding`, `multiline`, `max_line`.

use insta::assert_snapshot;

use super::said_of_rule;
use super::source::said_of_source;

#[test]
fn a_format_gets_the_nearest() {
    assert_snapshot!(said_of_source(r#"files = "/x"
format = "dokcer""#), @r#"
    error: unknown format `dokcer`
     --> logbell.toml:9:10
    9 | format = "dokcer"
      |          ^^^^^^^^
    help: did you mean `docker`?
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
format = "kubernetes""#), @r#"
    error: unknown format `kubernetes`
     --> logbell.toml:9:10
    9 | format = "kubernetes"
      |          ^^^^^^^^^^^^
    help: did you mean `cri`?
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
format = "syslog5424""#), @r#"
    error: unknown format `syslog5424`
     --> logbell.toml:9:10
    9 | format = "syslog5424"
      |          ^^^^^^^^^^^^
    help: there are `plain`, `auto`, `json`, `logfmt`, `cri` and `docker`
    "#);
}

#[test]
fn a_format_by_another_name_gets_ours() {
    assert_snapshot!(said_of_source(r#"files = "/x"
format = "ndjson""#), @r#"
    error: unknown format `ndjson`
     --> logbell.toml:9:10
    9 | format = "ndjson"
      |          ^^^^^^^^
    help: did you mean `json`?
    "#);
}

#[test]
fn an_encoding_gets_the_nearest() {
    assert_snapshot!(said_of_source(r#"files = "/x"
encoding = "utf-16-le""#), @r#"
    error: unknown encoding `utf-16-le`
     --> logbell.toml:9:12
    9 | encoding = "utf-16-le"
      |            ^^^^^^^^^^^
    help: did you mean `utf-16le`?
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
encoding = "ebcdic""#), @r#"
    error: unknown encoding `ebcdic`
     --> logbell.toml:9:12
    9 | encoding = "ebcdic"
      |            ^^^^^^^^
    help: write for example `utf-16le`, `latin1` or `shift_jis`; without `encoding`, lines are read as UTF-8
    "#);
}

#[test]
fn an_encoding_whose_line_ends_cannot_be_found_is_refused() {
    assert_snapshot!(said_of_source(r#"files = "/x"
encoding = "iso-2022-jp""#), @r#"
    error: `iso-2022-jp` cannot be followed: its line ends are found only by reading from the beginning
     --> logbell.toml:9:12
    9 | encoding = "iso-2022-jp"
      |            ^^^^^^^^^^^^^
    help: let the application write UTF-8
    "#);
    let replacement = said_of_source("files = '/x'\nencoding = 'hz-gb-2312'");
    assert!(replacement.contains("cannot be followed"), "{replacement}");
}

#[test]
fn max_line_is_a_size_within_bounds() {
    assert_snapshot!(said_of_source(r#"files = "/x"
max_line = "64k""#), @r#"
    error: `max_line`: unknown unit; did you mean `64KiB`?
     --> logbell.toml:9:12
    9 | max_line = "64k"
      |            ^^^^^
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
max_line = "1MiB""#), @r#"
    error: `max_line` is from 1 KiB to 256 KiB
     --> logbell.toml:9:12
    9 | max_line = "1MiB"
      |            ^^^^^^
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
max_line = 1023"#), @r#"
    error: `max_line` is from 1 KiB to 256 KiB
     --> logbell.toml:9:12
    9 | max_line = 1023
      |            ^^^^
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
max_line = "64""#), @r#"
    error: `max_line`: `64` has no unit: `B`, `KiB` or `MiB`
     --> logbell.toml:9:12
    9 | max_line = "64"
      |            ^^^^
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
max_line = true"#), @r#"
    error: `max_line` takes a number of bytes, or text as in "64KiB", not a truth value
     --> logbell.toml:9:12
    9 | max_line = true
      |            ^^^^
    "#);
    for wrong in
        ["", "KiB", "64 apples", "99999999999999999999KiB", "18014398509481985KiB", "-1KiB"]
    {
        let said = said_of_source(&format!("files = '/x'\nmax_line = '{wrong}'"));
        assert!(said.starts_with("error: `max_line`"), "{wrong}: {said}");
    }
}

#[test]
fn one_file_is_read_in_one_way() {
    assert_snapshot!(said_of_rule(r#"[source.k8s]
files = ["/other", "/var/log/kern.log"]
format = "cri"
[source.latin]
files = ["/other", "-"]
format = "cri"
encoding = "latin1"
[source.traces]
files = "/other/traces"
multiline = "auto"
[source.lines]
files = "/other/traces"
[[rule]]
name = "stdin"
files = "-"
match = "x"
webhook = "oncall""#), @r#"
    error: `/var/log/kern.log` has another `format` in the source `k8s`
     --> logbell.toml:4:1
    4 | files = "/var/log/kern.log"
      | ^^^^^
    help: a file is read in one way: write the same `format` in both, or let the rules share one `[source.NAME]`

    error: `/other` has another `encoding` in the source `k8s`
      --> logbell.toml:11:1
    11 | files = ["/other", "-"]
       | ^^^^^
    help: a file is read in one way: write the same `encoding` in both, or let the rules share one `[source.NAME]`

    error: `/other/traces` has another `multiline` in the source `traces`
      --> logbell.toml:18:1
    18 | files = "/other/traces"
       | ^^^^^
    help: a file is read in one way: write the same `multiline` in both, or let the rules share one `[source.NAME]`
    "#);
}

#[test]
fn a_wrong_start_of_events_points_into_the_pattern() {
    assert_snapshot!(said_of_source(r#"files = "/x"
multiline = '^\d{4}-(\d\d' "#), @r#"
    error: `multiline`: unclosed group
     --> logbell.toml:9:21
    9 | multiline = '^\d{4}-(\d\d' 
      |                     ^
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
multiline = '^(?!\s)' "#), @r#"
    error: `multiline`: look-around, including look-ahead and look-behind, is not supported
     --> logbell.toml:9:15
    9 | multiline = '^(?!\s)' 
      |               ^^^
    help: write what the first line of an event looks like
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
multiline = ".*" "#), @r#"
    error: `multiline`: this matches every line, so that none could be joined to another
     --> logbell.toml:9:13
    9 | multiline = ".*" 
      |             ^^^^
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
multiline = true "#), @r#"
    error: `multiline` takes text in quotes, not a truth value
     --> logbell.toml:9:13
    9 | multiline = true 
      |             ^^^^
    "#);
}

#[test]
fn a_start_of_events_that_is_probably_none_is_warned_of() {
    assert_snapshot!(said_of_source(r#"files = "/x"
multiline = "java" "#), @r#"
    warning: `java` is a pattern here: events would begin at lines with it
     --> logbell.toml:9:13
    9 | multiline = "java" 
      |             ^^^^^^
    help: did you mean `auto`?
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
multiline = '^\s+at ' "#), @r#"
    warning: `multiline` matches lines that go on with an event: `    at com.example.shop.Cart.add(Cart.java:42)`
     --> logbell.toml:9:13
    9 | multiline = '^\s+at ' 
      |             ^^^^^^^^^
    help: it matches the first line of each event, as in `'^\d{4}-\d\d-\d\d '`; for stack traces write `"auto"`
    "#);
    for right in [r"^\S", r"^\d{4}-\d\d-\d\d", r"^\[", "^(DEBUG|INFO|WARN|ERROR)", "auto"] {
        assert_eq!(said_of_source(&format!("files = '/x'\nmultiline = '{right}'")), "", "{right}");
    }
}

#[test]
fn a_time_gets_the_nearest() {
    assert_snapshot!(said_of_source(r#"files = "/x"
time = "received""#), @r#"
    error: unknown `time`: `received`
     --> logbell.toml:9:8
    9 | time = "received"
      |        ^^^^^^^^^^
    help: did you mean `arrival`?
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
time = "YYYY-MM-DD""#), @r#"
    error: unknown `time`: `YYYY-MM-DD`
     --> logbell.toml:9:8
    9 | time = "YYYY-MM-DD"
      |        ^^^^^^^^^^^^
    help: there are `auto`, `log`, `arrival`, and formats like `%Y-%m-%d %H:%M:%S`
    "#);
}

#[test]
fn a_format_by_which_no_time_can_be_read_is_refused() {
    assert_snapshot!(said_of_source(r#"files = "/x"
time = "%Y-%m-%d""#), @r#"
    error: no time can be read as `%Y-%m-%d`: it has no time of day
     --> logbell.toml:9:8
    9 | time = "%Y-%m-%d"
      |        ^^^^^^^^^^
    help: write it as strptime does, for example `%Y-%m-%d %H:%M:%S`
    "#);
}
