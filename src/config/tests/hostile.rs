//! Text that nobody would write: nothing panics, nothing breaks the display, no secret is shown.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

const KEY: &str = "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY";
const TOKEN: &str = "vLq7xW_3rTkNcZ0pHd5uEoYb1sGmJfA8iKzXyQwRt2M%3D";

/// A configuration with every word, and the place of an address in it.
fn everything() -> (String, std::ops::Range<usize>) {
    let url = format!("https://chat.googleapis.com/v1/spaces/A/messages?key={KEY}&token={TOKEN}");
    let text = format!(
        "state = \"/var/lib/logbell\"\nlisten = \"off\"\n[webhook.oncall]\nurl = \"{url}\"\n\
         [source.app]\nfiles = [\"/var/log/*.log\", \"x\"]\nexclude = \"/y\"\nstart = \"begin\"\n\
         [defaults]\nseverity = \"error\"\nnot = ['a', \"b\"]\n\
         [[rule]]\nname = \"a\"\nsource = \"app\"\nmatch = ['(?P<ip>\\S+) é', '''(?P<ip>.)''']\n\
         group_by = [\"ip\", \"host\"]\ndebounce = \"5m..1h\"\nresolve_after = \"10m\"\ncount = 3\n\
         within = \"1h30m\"\nwebhook = [\"oncall\"]\ntitle = \"{{ip|upper}} {{host}}\"\n\
         context = [2, 1]\nrunbook = \"https://wiki/x\"\n"
    );
    let start = text.find(&url).expect("it was put in");
    (text, start..start + url.len())
}

/// Pieces that mean something to TOML, regexes, templates or terminals.
fn piece() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "\"",
        "'",
        "'''",
        "\"\"\"",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "#",
        "\n",
        "\r\n",
        "\\",
        "\\u00e9",
        "\t",
        "\0",
        "\u{1b}[2J",
        "\u{202e}",
        "日本",
        "e\u{301}",
        "(",
        "..",
        "5m",
        "-1",
        "1e9",
        "true",
        "2026-01-01",
        "99999999999999999999",
        "match",
        "rule",
        "webhook",
    ]);
    prop_oneof![known.prop_map(str::to_owned), any::<char>().prop_map(String::from), ".{0,8}"]
}

/// No shown line may be more than one, move the cursor or be of unbounded width.
fn check_shown(loaded: &Loaded) {
    let plain = loaded.diagnostics.render(Style::Plain);
    let has_control = |c: char| c.is_control() && c != '\n';
    assert!(!plain.contains(has_control), "{plain:?}");
    assert!(plain.lines().all(|line| line.chars().count() < 500), "{plain}");
    assert_eq!(loaded.settings.is_some(), loaded.diagnostics.n_errors() == 0);
}

proptest! {
    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        check_shown(&Fake::default().parse(&text, Secrets::Fetch));
    }

    #[test]
    fn a_mangled_configuration_keeps_its_secret(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..9_usize, piece()), 1..6),
    ) {
        let (mut text, mut url) = everything();
        for (place, n_removed, piece) in edits {
            let at = text.floor_char_boundary(place.index(text.len() + 1));
            // Whoever writes something else over the secret has another one.
            let at = if url.contains(&at) { url.end } else { at };
            let end = text.floor_char_boundary(at + n_removed).max(at);
            let end = if at < url.start { end.min(url.start) } else { end };
            text.replace_range(at..end, &piece);
            if at < url.start {
                let start = url.start + piece.len() - (end - at);
                url = start..start + url.len();
            }
        }
        let loaded = Fake::default().parse(&text, Secrets::Fetch);
        check_shown(&loaded);
        let shown = format!("{}{loaded:?}", loaded.diagnostics.render(Style::Styled));
        for secret in [KEY, TOKEN] {
            for part in secret.as_bytes().windows(8) {
                let part = std::str::from_utf8(part).expect("ASCII");
                prop_assert!(!shown.contains(part), "{part} of\n{text}\nin\n{shown}");
            }
        }
    }
}

#[test]
fn what_would_break_the_display_is_made_visible() {
    let text =
        "\tw\u{202e}x = 1 # \u{200b}\u{7f}\u{9b}\n\"\u{1b}[2J\\u001b\\n\" = 2\r\n\"日本\" = 3\n";
    assert_snapshot!(said(text), @r#"
    error: invalid unquoted key, expected letters, numbers, `-`, `_`
     --> logbell.toml:1:3
    1 |     w�x = 1 # �␡�
      |      ^

    error: invalid comment character, expected printable characters
     --> logbell.toml:1:13
    1 |     w�x = 1 # �␡�
      |                ^

    error: invalid basic string, expected non-double-quote visible characters, `\`
     --> logbell.toml:2:2
    2 | "␛[2J\u001b\n" = 2
      |  ^
    "#);
}

#[test]
fn a_wide_character_before_the_caret_counts_twice() {
    assert_snapshot!(said_of_rule("not = ['日本\t', 'q\u{301}(']"), @r"
    error: `not`: unclosed group
     --> logbell.toml:7:18
    7 | not = ['日本    ', 'q́(']
      |                      ^
    ");
}

#[test]
fn a_long_line_is_cut_around_the_caret() {
    let text =
        format!("not = [{}'(', {}]", "'aaaaaaaaaaaaaaaa', ".repeat(400), "'b', ".repeat(400));
    assert_snapshot!(said_of_rule(&text), @r"
    error: `not`: unclosed group
     --> logbell.toml:7:8009
    7 | …aaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaa', '(', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b', '…
      |                                          ^
    ");
}

#[test]
fn a_long_word_is_cut() {
    assert_snapshot!(said_of_rule(&format!("{} = 1", "x".repeat(100_000))), @r"
    error: unknown key `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`
     --> logbell.toml:7:1
    7 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: the words of `[[rule]]` are `name`, `files`, `source`, `match`, `also`, `where`, `not`, `group_by`, `debounce`, `resolve_after`, `resolve_on`, `max_groups`, `max_open`, `count`, `within`, `distinct`, `unless`, `absent`, `expect`, `spike`, `hours`, `inhibited_by`, `wait`, `escalate`, `severity`, `webhook`, `title`, `text`, `context`, `top`, `redact`, `labels`, `mention`, `runbook`
    ");
}

#[test]
fn of_very_many_problems_the_first_are_shown() {
    let text = (0..5000).fold(String::new(), |text, n| text + &format!("unknown{n} = 1\n"));
    let shown = said(&text);
    assert!(shown.ends_with("\nand 4900 more\n"), "{shown}");
}

// No time is asserted, because machines differ: work that grows with the square of the file would
// be noticed, as it takes an hour here.
#[test]
fn a_huge_file_of_nonsense_is_answered_like_a_small_one() {
    for unit in ["key=", "=\n", "[[", "\"\n", "key=\n", "[a]\n", "/messages?", "a.", "\u{1b}"] {
        check_shown(&Fake::default().parse(&unit.repeat((1 << 20) / unit.len()), Secrets::Fetch));
    }
}

#[test]
fn a_colourful_diagnostic_says_the_same() {
    let loaded = Fake::default().parse("wrong = 1", Secrets::Fetch);
    let styled = loaded.diagnostics.render(Style::Styled);
    assert!(styled.contains("\u{1b}["));
    let plain = anstream::adapter::strip_str(&styled).to_string();
    assert_eq!(plain, loaded.diagnostics.render(Style::Plain));
}
