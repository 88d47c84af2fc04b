//! `logbell check --cost` by the real program, on real files.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::trial::logbell;

const HEAD: &str = "[webhook.room]\nurl = \"room\"\n[defaults]\nwebhook = \"room\"\n";

/// A rule called `name` on `files` of the folder.
fn rule(name: &str, files: &str, pattern: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nfiles = \"{files}\"\nmatch = '{pattern}'\n")
}

/// What the program says with a configuration of `rules`, run in `folder`.
fn run(folder: &Path, rules: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    fs::write(folder.join("logbell.toml"), format!("{HEAD}{rules}")).unwrap();
    let mut command = logbell();
    command.current_dir(folder).args(["check", "--config", "logbell.toml", "--cost"]);
    let Output { status, stdout, stderr } = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// The cells of the row of `rule`, and the notes below it.
fn row(table: &str, rule: &str) -> (Vec<String>, Vec<String>) {
    let mut lines = table.lines().skip_while(|line| !line.starts_with(&format!("{rule} ")));
    let row = lines.next().unwrap_or_else(|| panic!("{rule} expected in\n{table}"));
    let cells = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
    let notes = lines.take_while(|line| line.starts_with("    "));
    (cells.map(str::to_owned).collect(), notes.map(|note| note.trim().to_owned()).collect())
}

/// `n` lines of an application, of which each hundredth has an error.
fn log(n: usize) -> String {
    let line = |n: usize| {
        if n % 100 == 7 {
            format!("2026-11-23 10:00:00 ERROR payment {n} declined\n")
        } else {
            format!("2026-11-23 10:00:00 INFO request {n} took {} ms\n", n % 90)
        }
    };
    (0..n).map(line).collect()
}

#[test]
fn each_rule_has_what_it_is_looked_for_by_and_how_many_lines_are_tried() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.log"), log(20_000)).unwrap();
    let rules = [
        rule("declined", "app.log", "declined$"),
        rule("never", "app.log", r"(?i)out of memory"),
        rule("numbers", "app.log", r"\d+:\d+"),
        rule("all", "app.log", r".*"),
    ];
    let (code, out, err) = run(folder.path(), &rules.concat(), &[]);
    assert_eq!((code, &*err), (Some(0), ""), "{out}");
    assert!(out.starts_with("ok: 4 rules, 1 webhook, 1 file pattern\n\nRULE "), "{out}");

    let (cells, notes) = row(&out, "declined");
    assert_eq!(cells[1..4], ["10\u{202f}000", "1.0 %", "1.0 %"], "{out}");
    assert!(cells.last().unwrap().contains("declined"), "{out}");
    assert_eq!(notes, [""; 0], "{out}");

    let (cells, _) = row(&out, "never");
    assert_eq!(cells[1..4], ["10\u{202f}000", "0 %", "0 %"], "{out}");
    assert!(cells.last().unwrap().contains("(?i)"), "{out}");

    let (cells, notes) = row(&out, "numbers");
    assert_eq!(cells.last().unwrap(), "each line", "{out}");
    assert!(notes[0].contains("every line is tried; add a literal"), "{out}");

    let (cells, notes) = row(&out, "all");
    assert_eq!(cells[2..4], ["100 %", "100 %"], "{out}");
    assert!(notes[0].contains("`.*` has no fixed text: every line is tried"), "{out}");
    assert!(notes[1].contains("matches most lines"), "{out}");

    let summary = out.lines().last().unwrap();
    assert!(summary.contains("the last 10\u{202f}000 lines"), "{out}");
    assert!(summary.contains("app.log; 4 rules together: "), "{out}");
}

#[test]
fn a_log_that_is_named_stands_for_the_log_of_every_rule() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("other.log"), log(300)).unwrap();
    let rules = [rule("one", "not-here.log", "declined"), rule("two", "nor-here.log", "ERROR")];
    let (code, out, err) = run(folder.path(), &rules.concat(), &["other.log"]);
    assert_eq!((code, &*err), (Some(0), ""), "{out}");
    for rule in ["one", "two"] {
        assert_eq!(row(&out, rule).0[1..4], ["300", "1.0 %", "1.0 %"], "{out}");
    }
    assert!(out.contains("one: 300 lines"), "{out}");
}

#[test]
fn the_files_that_were_written_last_are_taken_until_there_are_enough_lines() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, n, age) in [("a.log", 50, 30), ("b.log", 9_990, 10), ("c.log", 5_000, 60)] {
        fs::write(path(name), log(n)).unwrap();
        let file = fs::File::options().append(true).open(path(name)).unwrap();
        let now = file.metadata().unwrap().modified().unwrap();
        file.set_modified(now - std::time::Duration::from_secs(age)).unwrap();
    }
    let (code, out, _) = run(folder.path(), &rule("one", "*.log", "declined"), &[]);
    assert_eq!(code, Some(0), "{out}");
    assert_eq!(row(&out, "one").0[1], "10\u{202f}000", "{out}");
    assert!(out.contains("b.log and 1 other; 1 rule together"), "{out}");
}

#[test]
fn events_of_several_lines_are_tried_as_one() {
    let folder = TempDir::new().unwrap();
    let event = "2026-11-23 ERROR failed\n  caused by nothing\n  at all\n2026-11-23 fine\n";
    fs::write(folder.path().join("app.log"), event.repeat(50)).unwrap();
    let rules = "[source.app]\nfiles = \"app.log\"\nmultiline = '^\\d{4}-'\n[[rule]]\n\
                 name = \"failed\"\nsource = \"app\"\nmatch = 'failed\\n  caused'\n";
    let (code, out, _) = run(folder.path(), rules, &[]);
    assert_eq!(code, Some(0), "{out}");
    assert_eq!(row(&out, "failed").0[1..4], ["100", "50 %", "50 %"], "{out}");
    assert!(out.contains("app: 200 lines"), "{out}");
}

#[test]
fn what_cannot_be_measured_on_is_said() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("empty.log"), "").unwrap();
    fs::write(folder.path().join("old.log.gz"), "not packed at all").unwrap();
    let rules = rule("one", "empty.log", "declined");
    for (log, said) in [
        ("missing.log", "No such file"),
        (".", "it is a directory"),
        ("/dev/null", "it is no regular file"),
        ("old.log.gz", "it is packed"),
    ] {
        let (code, _, err) = run(folder.path(), &rules, &[log]);
        assert_eq!(code, Some(2), "{log}: {err}");
        let begin = format!("error: cannot measure on `{log}`: ");
        assert!(err.starts_with(&begin) && err.contains(said), "{log}: {err}");
    }
    for arguments in [&["empty.log"][..], &[]] {
        let (code, out, _) = run(folder.path(), &rules, arguments);
        assert_eq!(code, Some(0), "{out}");
        assert_eq!(row(&out, "one").0, ["one", "`declined`"], "{out}");
        assert!(out.contains("empty.log is empty, so nothing was measured"), "{out}");
    }
    let (code, out, _) = run(folder.path(), &rule("one", "missing.log", "declined"), &[]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("one: no log of it can be read here"), "{out}");
}

#[test]
fn a_wrong_configuration_is_not_measured() {
    let folder = TempDir::new().unwrap();
    for pattern in ["(a", "(?:x{1,200}){1,200}{1,200}", r"(?u)\w{1000}"] {
        let (code, out, err) = run(folder.path(), &rule("one", "a.log", pattern), &[]);
        assert_eq!((code, &*out), (Some(1), "1 error\n"), "{err}");
        assert!(err.starts_with("error: `match`: "), "{err}");
    }
}
