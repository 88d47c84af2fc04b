//! Sources that are no files: `journal`, and the words that are for files alone.

use insta::assert_snapshot;

use super::said_of_rule;
use super::source::said_of_source;

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
