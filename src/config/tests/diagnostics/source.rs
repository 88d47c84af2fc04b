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
pub(super) fn said_of_source(words: &str) -> String {
    said(&super::super::source_with(words))
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
