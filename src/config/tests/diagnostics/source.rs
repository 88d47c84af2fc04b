//! `[source.NAME]` and `files`.

use insta::assert_snapshot;

use super::{said, said_of_rule};

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

    error: the source `t` has neither `files` nor `journal`
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

/// What is said of a source with further words, which a rule uses.
fn said_of_source(words: &str) -> String {
    said(&super::super::source_with(words))
}

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
    help: there are `plain`, `auto`, `cri` and `docker`
    "#);
}

#[test]
fn a_planned_format_is_not_supported_yet() {
    assert_snapshot!(said_of_source(r#"files = "/x"
format = "json""#), @r#"
    error: the format `json` is not supported yet
     --> logbell.toml:9:10
    9 | format = "json"
      |          ^^^^^^
    help: leave it out, and match the line as text
    "#);
    assert!(said_of_source("files = '/x'\nformat = 'logfmt'").contains("not supported yet"));
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
fn catch_up_is_a_duration() {
    assert_snapshot!(said_of_source(r#"files = "/x"
catch_up = 3600"#), @r#"
    error: `catch_up` takes text in quotes, not this number
     --> logbell.toml:9:12
    9 | catch_up = 3600
      |            ^^^^
    help: write `catch_up = "3600s"` for seconds
    "#);
    assert_snapshot!(said_of_source(r#"files = "/x"
catch_up = "0s""#), @r#"
    error: `catch_up` must be longer than zero
     --> logbell.toml:9:12
    9 | catch_up = "0s"
      |            ^^^^
    "#);
}

#[test]
fn olddir_is_a_directory() {
    assert_snapshot!(said_of_source(r#"files = "/x"
olddir = "~/old""#), @r#"
    error: `olddir` takes the path of a directory
     --> logbell.toml:9:10
    9 | olddir = "~/old"
      |          ^^^^^^^
    help: write the whole path
    "#);
}

#[test]
fn the_journal_has_words_of_its_own() {
    assert_snapshot!(said_of_source(r#"journal = { unit = "nginx", priority = "error", directory = "" }"#), @r#"
    error: unknown key `unit`
     --> logbell.toml:8:13
    8 | journal = { unit = "nginx", priority = "error", directory = "" }
      |             ^^^^
    help: did you mean `units`?

    error: unknown priority `error`
     --> logbell.toml:8:40
    8 | journal = { unit = "nginx", priority = "error", directory = "" }
      |                                        ^^^^^^^
    help: did you mean `err`?

    error: `directory` takes the path of a directory
     --> logbell.toml:8:61
    8 | journal = { unit = "nginx", priority = "error", directory = "" }
      |                                                             ^^
    help: write the whole path
    "#);
    assert_snapshot!(said_of_source(r#"journal = { units = ["-nginx", "a b"], priority = "loud" }"#), @r#"
    error: `-nginx` is not the name of a unit
     --> logbell.toml:8:22
    8 | journal = { units = ["-nginx", "a b"], priority = "loud" }
      |                      ^^^^^^^^
    help: write it as systemctl shows it, as in `nginx.service`

    error: `a b` is not the name of a unit
     --> logbell.toml:8:32
    8 | journal = { units = ["-nginx", "a b"], priority = "loud" }
      |                                ^^^^^
    help: write it as systemctl shows it, as in `nginx.service`

    error: unknown priority `loud`
     --> logbell.toml:8:51
    8 | journal = { units = ["-nginx", "a b"], priority = "loud" }
      |                                                   ^^^^^^
    help: there are `emerg`, `alert`, `crit`, `err`, `warning`, `notice`, `info`, `debug`
    "#);
    assert_snapshot!(said_of_source("journal = false"), @r#"
    error: `journal` is `true` or a table
     --> logbell.toml:8:11
    8 | journal = false
      |           ^^^^^
    help: leave it out
    "#);
    assert_snapshot!(said_of_source("journal = 1"), @r#"
    error: `journal` takes a table, `journal = { … }`, not this number
     --> logbell.toml:8:11
    8 | journal = 1
      |           ^
    "#);
}

#[test]
fn words_of_the_journal_are_not_looked_for_elsewhere() {
    assert_snapshot!(said_of_rule("priority = 'high'"), @r#"
    error: unknown key `priority`
     --> logbell.toml:7:1
    7 | priority = 'high'
      | ^^^^^^^^
    help: did you mean `severity`?
    "#);
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
fn words_for_files_are_warned_of_where_there_are_none() {
    assert_snapshot!(said_of_source(r#"files = "-"
format = "cri"
multiline = "auto"
max_line = "4KiB"
start = "begin""#), @r#"
    warning: `format` has no effect: this source reads only standard input
     --> logbell.toml:9:1
    9 | format = "cri"
      | ^^^^^^
    help: leave it out; it is for files

    warning: `multiline` has no effect: this source reads only standard input
      --> logbell.toml:10:1
    10 | multiline = "auto"
       | ^^^^^^^^^
    help: leave it out; it is for files

    warning: `start` has no effect: this source reads only standard input
      --> logbell.toml:12:1
    12 | start = "begin"
       | ^^^^^
    help: leave it out; it is for files
    "#);
    let all = "exclude = '/y'\nformat = 'cri'\nencoding = 'latin1'\nmultiline = 'auto'\n\
               olddir = '/o'\ncatch_up = '1h'\nmax_line = 2000\nstart = 'begin'";
    let warned = |input: &str| -> Vec<String> {
        let said = said_of_source(&format!("{input}\n{all}"));
        let warnings = said.lines().filter_map(|line| line.strip_prefix("warning: "));
        warnings.map(str::to_owned).collect()
    };
    let words = ["exclude", "format", "encoding", "multiline", "olddir", "catch_up"];
    for (input, what) in [
        ("journal = true", "the journal"),
        ("files = '-'\njournal = true", "standard input and the journal"),
    ] {
        let expected =
            words.map(|word| format!("`{word}` has no effect: this source reads only {what}"));
        assert_eq!(warned(input), expected);
    }
    assert_eq!(warned("files = ['-', '/x']\njournal = true"), [""; 0]);
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
