//! What a configuration of several files and packs means, and what is said of a wrong one.

use std::path::Path;

use crate::config::{Loaded, Origin, Secrets, Style, System, load};

use super::Fake;

/// The main file, which lies in `/etc/logbell`.
const MAIN: &str = "/etc/logbell/logbell.toml";

/// What becomes of `main` beside other files, which lie in `/etc/logbell` too.
fn loaded(main: &str, others: &[(&str, &str)]) -> Loaded {
    let mut fake = Fake::default().with_file(MAIN, main, false);
    for (name, text) in others {
        fake = fake.with_file(&format!("/etc/logbell/{name}"), text, false);
    }
    load(Path::new(MAIN), &fake, Secrets::Fetch).unwrap()
}

/// What is said of it.
fn said(main: &str, others: &[(&str, &str)]) -> String {
    loaded(main, others).diagnostics.render(Style::Plain)
}

fn rule(name: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nfiles = \"a.log\"\nmatch = 'x'\n")
}

const HEAD: &str = "include = \"rules.d/*.toml\"\nwebhook.oncall.url = \"room\"\n";

#[test]
fn the_rules_of_all_files_are_those_of_the_configuration_each_beside_its_own_files() {
    let main =
        format!("{HEAD}[defaults]\nwebhook = \"oncall\"\nseverity = \"info\"\n{}", rule("a"));
    let shop = format!(
        "[defaults]\nseverity = \"critical\"\n[source.shop]\nfiles = \"shop.log\"\n{}\
         [[rule]]\nname = \"c\"\nsource = \"shop\"\nmatch = 'x'\n\
         [[test]]\nrule = \"b\"\nlines = '0s | x'\n",
        rule("b")
    );
    let hidden = "this is no TOML";
    let loaded = loaded(&main, &[("rules.d/shop.toml", &shop), ("rules.d/.#shop.toml", hidden)]);
    let settings = loaded.settings.expect("no error");
    let shown: Vec<_> = settings
        .rules
        .iter()
        .map(|rule| {
            let source = &settings.sources[rule.matching.source.0 as usize];
            let severity = rule.format.severity.as_str();
            format!("{} {severity} {}", rule.engine.name, source.files[0].display())
        })
        .collect();
    let expected = [
        "a info /etc/logbell/a.log",
        "b critical /etc/logbell/rules.d/a.log",
        "c critical /etc/logbell/rules.d/shop.log",
    ];
    assert_eq!(shown, expected);
    let test = &settings.tests[0];
    assert_eq!((&*test.file, test.place, test.line), ("/etc/logbell/rules.d/shop.toml", 0, 13));
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let main = format!("{HEAD}[defaults]\nwebhook = \"oncall\"\n{}", rule("a"));
    let wrong = "state = \"x\"\nwebhook.oncall.url = \"room\"\n[[rule]]\nname = \"A\"\n\
                 files = \"a.log\"\nmatch = 'ü('\nwithn = \"5m\"\n";
    insta::assert_snapshot!(said(&main, &[("rules.d/b.toml", wrong)]), @r#"
    error: `state` does not belong in an included file
     --> /etc/logbell/rules.d/b.toml:1:1
    1 | state = "x"
      | ^^^^^
    help: write it into the file that includes this one

    error: another webhook is called `oncall` already
     --> /etc/logbell/rules.d/b.toml:2:9
    2 | webhook.oncall.url = "room"
      |         ^^^^^^
    help: the first is on line 2 of `/etc/logbell/logbell.toml`

    error: another rule is called `A` already
     --> /etc/logbell/rules.d/b.toml:4:8
    4 | name = "A"
      |        ^^^
    help: the first is on line 6 of `/etc/logbell/logbell.toml`

    error: `match`: unclosed group
     --> /etc/logbell/rules.d/b.toml:6:11
    6 | match = 'ü('
      |           ^

    error: unknown key `withn`
     --> /etc/logbell/rules.d/b.toml:7:1
    7 | withn = "5m"
      | ^^^^^
    help: did you mean `within`?
    "#);
    insta::assert_snapshot!(said(&main, &[("rules.d/b.toml", "[[rule]\n")]), @r"
    error: unclosed array table, expected `]`
     --> /etc/logbell/rules.d/b.toml:1:8
    1 | [[rule]
      |        ^
    ");
}

#[test]
fn what_cannot_be_included_is_told_at_the_word_that_names_it() {
    let with = |include: &str| {
        let main = format!(
            "include = {include}\nwebhook.w.url = \"room\"\n[defaults]\nwebhook = \"w\"\n{}",
            rule("a")
        );
        said(&main, &[("rules.d/b.toml", &rule("b"))])
    };
    insta::assert_snapshot!(with("['shop.toml', 'rules.d/', '*/b.toml', 'rules.d/[.toml', 'no.d/*.toml']"), @r#"
    error: cannot read `/etc/logbell/shop.toml`: no such file
     --> /etc/logbell/logbell.toml:1:12
    1 | include = ['shop.toml', 'rules.d/', '*/b.toml', 'rules.d/[.toml', 'no.d/*.toml']
      |            ^^^^^^^^^^^

    error: `include` takes files
     --> /etc/logbell/logbell.toml:1:25
    1 | include = ['shop.toml', 'rules.d/', '*/b.toml', 'rules.d/[.toml', 'no.d/*.toml']
      |                         ^^^^^^^^^^
    help: write for example `include = "rules.d/*.toml"`

    error: `include` has `*` and the like in the names of files only, not of folders
     --> /etc/logbell/logbell.toml:1:37
    1 | include = ['shop.toml', 'rules.d/', '*/b.toml', 'rules.d/[.toml', 'no.d/*.toml']
      |                                     ^^^^^^^^^^
    help: write one glob for each folder

    error: `include` holds a wrong glob: unclosed character class; missing ']'
     --> /etc/logbell/logbell.toml:1:49
    1 | include = ['shop.toml', 'rules.d/', '*/b.toml', 'rules.d/[.toml', 'no.d/*.toml']
      |                                                 ^^^^^^^^^^^^^^^^

    error: cannot look into `/etc/logbell/no.d`: no such file
     --> /etc/logbell/logbell.toml:1:67
    1 | include = ['shop.toml', 'rules.d/', '*/b.toml', 'rules.d/[.toml', 'no.d/*.toml']
      |                                                                   ^^^^^^^^^^^^^
    "#);
    assert_eq!(with("['rules.d/b.toml', 'rules.d/*', 'rules.d/none-*.toml', '*.toml']"), "");
}

#[test]
fn a_file_that_is_included_has_no_address_of_others_to_show() {
    let secret = "https://chat.googleapis.com/v1/spaces/A/messages?key=KEYKEY&token=TOKTOK";
    let other = format!("[webhook.boss]\nurl = \"{secret}\"\nurls = \"{secret}\"\n");
    let said = said(&format!("{HEAD}{}", rule("a")), &[("rules.d/b.toml", &other)]);
    assert!(said.contains("rules.d/b.toml:3:1"), "{said}");
    assert!(!said.contains("KEYKEY") && !said.contains("TOKTOK"), "{said}");
}

#[test]
fn packs_bring_their_rules_without_their_tests_and_are_told_to_somebody() {
    let main =
        "packs = [\"kernel\", \"sshd\"]\nwebhook.w.url = \"room\"\n[defaults]\nwebhook = \"w\"\n";
    let settings = loaded(main, &[]).settings.expect("no error");
    assert!(settings.rules.len() > 4 && settings.tests.is_empty());
    assert!(settings.rules.iter().all(|rule| rule.is_of_pack));
    let wrong = "packs = [\"kernal\", \"sshd\", \"sshd\", \"x\"]\nwebhook.w.url = \"room\"\n[defaults]\nwebhook = \"w\"\n";
    insta::assert_snapshot!(said(wrong, &[]), @r#"
    error: there is no pack `kernal`
     --> /etc/logbell/logbell.toml:1:10
    1 | packs = ["kernal", "sshd", "sshd", "x"]
      |          ^^^^^^^^
    help: did you mean `kernel`?

    warning: the pack sshd is named twice
     --> /etc/logbell/logbell.toml:1:28
    1 | packs = ["kernal", "sshd", "sshd", "x"]
      |                            ^^^^^^

    error: there is no pack `x`
     --> /etc/logbell/logbell.toml:1:36
    1 | packs = ["kernal", "sshd", "sshd", "x"]
      |                                    ^^^
    help: there are `kernel`, `sshd`, `nginx`
    "#);
    insta::assert_snapshot!(said("packs = \"sshd\"\nwebhook.w.url = \"room\"\n", &[]), @r#"
    error: nobody is told what the rules of packs find
     --> /etc/logbell/logbell.toml:1:9
    1 | packs = "sshd"
      |         ^^^^^^
    help: write their webhook into `[defaults]`: `webhook = "NAME"`
    "#);
}

#[test]
fn how_long_and_with_how_much_is_bounded() {
    let with = |words: &str| {
        said(
            &format!(
                "{words}\nwebhook.oncall.url = \"room\"\n[defaults]\nwebhook = \"oncall\"\n{}",
                rule("a")
            ),
            &[],
        )
    };
    insta::assert_snapshot!(with("keep = \"1h\"\nthreads = 0"), @r#"
    error: `keep` is less than a day
     --> /etc/logbell/logbell.toml:1:1
    1 | keep = "1h"
      | ^^^^
    help: a message that Chat refused is kept for a day to be tried again

    error: `threads` is from 1 to 1024
     --> /etc/logbell/logbell.toml:2:11
    2 | threads = 0
      |           ^
    help: leave it out for one thread for each processor
    "#);
    assert_eq!(with("keep = \"90d\"\nthreads = 8"), "");
}

#[test]
fn the_way_to_a_webhook_is_checked_without_showing_a_password() {
    let said = |words: &str| {
        let main = format!(
            "[webhook.w]\nurl = \"room\"\n{words}\n[defaults]\nwebhook = \"w\"\n{}",
            rule("a")
        );
        said(&main, &[("ca.pem", "-----BEGIN CERTIFICATE-----\n"), ("not.pem", "x")])
    };
    assert_eq!(said("proxy = \"http://u:secret@proxy:3128\"\nca = \"ca.pem\""), "");
    let wrong = said("proxy = \"u:secret@proxy\"\nca = \"not.pem\"");
    assert!(!wrong.contains("secret@"), "{wrong}");
    insta::assert_snapshot!(wrong, @r#"
    error: `proxy` takes an `http` or `https` address, or where one is kept
     --> /etc/logbell/logbell.toml:3:9
    3 | proxy = "…"
      |         ^^^
    help: write for example `proxy = "http://proxy.example.com:3128"`, or `"env:PROXY"` where it holds a password

    error: there is no certificate in `/etc/logbell/not.pem`
     --> /etc/logbell/logbell.toml:4:6
    4 | ca = "not.pem"
      |      ^^^^^^^^^
    help: `ca` takes the file of the certificates to trust besides the host's, as PEM
    "#);
    insta::assert_snapshot!(said("proxy = \"env:PROXY\"\nca = \"none.pem\""), @r#"
    error: the environment variable `PROXY` is not set
     --> /etc/logbell/logbell.toml:3:9
    3 | proxy = "env:PROXY"
      |         ^^^^^^^^^^^
    help: set it where logbell runs; `check --without-secrets` checks all the rest

    error: cannot read `/etc/logbell/none.pem`: no such file
     --> /etc/logbell/logbell.toml:4:6
    4 | ca = "none.pem"
      |      ^^^^^^^^^^
    help: `ca` takes the file of the certificates to trust besides the host's, as PEM
    "#);
}

/// A test of the origin alone: without a file there is nothing to include from.
#[test]
fn a_text_without_a_file_includes_beside_its_directory() {
    let fake = Fake::default().with_file("/etc/logbell/b.toml", &rule("b"), false);
    let origin = Origin {
        name: "logbell.toml",
        directory: Path::new("/etc/logbell"),
        is_open_to_all: false,
        surroundings: &fake,
        secrets: Secrets::Fetch,
    };
    let text = "include = \"b.toml\"\nwebhook.w.url = \"room\"\n[defaults]\nwebhook = \"w\"\n";
    let settings = crate::config::parse(text, &origin).settings.expect("no error");
    assert_eq!(&*settings.rules[0].engine.name, "b");
}

#[test]
fn a_file_that_is_named_in_several_ways_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("rules.d")).unwrap();
    std::fs::write(path("rules.d/a.toml"), rule("a")).unwrap();
    std::os::unix::fs::symlink(path("rules.d/a.toml"), path("rules.d/b.toml")).unwrap();
    std::os::unix::fs::symlink(path("main.toml"), path("rules.d/main.toml")).unwrap();
    let main = "include = [\"rules.d/a.toml\", \"./rules.d/a.toml\", \"rules.d/../rules.d/a.toml\", \
                \"rules.d/*.toml\"]\nwebhook.oncall.url = \"room\"\n\
                [defaults]\nwebhook = \"oncall\"\n";
    std::fs::write(path("main.toml"), main).unwrap();
    let loaded = load(&path("main.toml"), &System, Secrets::Fetch).unwrap();
    assert_eq!(loaded.diagnostics.render(Style::Plain), "");
    assert_eq!(loaded.settings.expect("no error").rules.len(), 1);
}
