//! What the words of `[source.NAME]` mean.

use super::*;
use crate::source::{FeedSettings, Format, JournalSettings, MAX_LINE, SourceSettings};

/// The source with `words`, of which nothing at all is said.
fn source(words: &str) -> SourceSettings {
    let loaded = Fake::default().parse(&source_with(words), Secrets::Fetch);
    assert_eq!(loaded.diagnostics.render(Style::Plain), "");
    loaded.settings.expect("no error").sources.remove(0)
}

fn fingerprint(words: &str) -> [u8; 16] {
    let loaded = Fake::default().parse(&source_with(words), Secrets::Fetch);
    loaded.settings.expect("no error").rules.remove(0).engine.fingerprint
}

#[test]
fn what_is_not_said_has_its_default() {
    let expected =
        SourceSettings { lead_lines: 2, ..SourceSettings::new("s".into(), vec!["/x".into()]) };
    assert_eq!(source("files = '/x'"), expected);
}

#[test]
fn each_format_has_its_word() {
    let format = |word: &str| source(&format!("files = '/x'\nformat = '{word}'")).format;
    assert_eq!(
        ["plain", "auto", "cri", "docker"].map(format),
        [Format::Plain, Format::Auto, Format::Cri, Format::Docker]
    );
}

#[test]
fn encodings_have_the_labels_of_the_web() {
    let name = |label: &str| {
        source(&format!("files = '/x'\nencoding = '{label}'"))
            .encoding
            .map(encoding_rs::Encoding::name)
    };
    assert_eq!(name("UTF-16LE"), Some("UTF-16LE"));
    assert_eq!(name("latin1"), Some("windows-1252"));
    assert_eq!(name("sjis"), Some("Shift_JIS"));
    for label in crate::config::reading::LABELS {
        assert!(name(label).is_some(), "{label} is suggested");
    }
}

#[test]
fn time_is_a_word_or_how_stamps_are_written() {
    use crate::stamp::{Dating, Format, Policy};
    let time = |words: &str| {
        let loaded = Fake::default().parse(&source_with(words), Secrets::Fetch);
        assert_eq!(loaded.diagnostics.render(Style::Plain), "");
        loaded.settings.expect("no error").dating.remove(0)
    };
    assert_eq!(time("files = '/x'"), Dating::default());
    for (word, policy) in
        [("auto", Policy::Auto), ("log", Policy::Log), ("arrival", Policy::Arrival)]
    {
        let expected = Dating { policy, format: None };
        assert_eq!(time(&format!("files = '/x'\ntime = '{word}'")), expected);
    }
    let format = Some(Format::parse("%d.%m.%y %T").unwrap());
    let expected = Dating { policy: Policy::Auto, format };
    assert_eq!(time("files = '/x'\ntime = '%d.%m.%y %T'"), expected);
}

#[test]
fn events_begin_at_a_pattern_or_are_stack_traces() {
    use crate::frame::Framing;
    let framing = |text: &str| source(&format!("files = '/x'\nmultiline = '{text}'")).framing;
    assert_eq!(framing("auto").as_deref(), Some(&Framing::auto()));
    let start = Framing::starting_with(r"^\[").unwrap();
    assert_eq!(framing(r"^\[").as_deref(), Some(&start));
    assert_eq!(start.as_str(), r"^\[");
}

#[test]
fn max_line_is_a_size_or_a_number_of_bytes() {
    let max_line = |value: &str| source(&format!("files = '/x'\nmax_line = {value}")).max_line;
    assert_eq!(max_line("'64KiB'"), 64 << 10);
    assert_eq!(max_line("'256 KiB'"), MAX_LINE);
    assert_eq!(max_line("'2000B'"), 2000);
    assert_eq!(max_line("1024"), 1024);
}

#[test]
fn olddir_is_relative_to_the_configuration() {
    let olddir = |path: &str| source(&format!("files = '/x'\nolddir = '{path}'")).olddir.unwrap();
    assert_eq!(olddir("/var/old"), Path::new("/var/old"));
    assert_eq!(olddir("./old"), Path::new("/etc/logbell/old"));
}

#[test]
fn catch_up_bounds_what_is_read_of_a_downtime() {
    let hours = std::time::Duration::from_hours(6);
    assert_eq!(source("files = '/x'\ncatch_up = '6h'").catch_up, Some(hours));
}

#[test]
fn the_journal_is_read_whole_or_in_part() {
    let feeds = |words: &str| source(words).feeds;
    let journal = |settings| vec![FeedSettings::Journal(settings)];
    assert_eq!(feeds("journal = true"), journal(JournalSettings::default()));
    let words =
        "journal = { units = ['nginx', 'app@*.service'], priority = 'warning', directory = 'j' }";
    let part = JournalSettings {
        units: vec!["nginx".to_owned(), "app@*.service".to_owned()],
        priority: Some("warning".to_owned()),
        directory: Some("/etc/logbell/j".into()),
    };
    assert_eq!(feeds(words), journal(part));
    let both = source("files = ['/x', '-']\njournal = true");
    assert_eq!(both.files, [Path::new("/x")]);
    let expected = [FeedSettings::Stdin, FeedSettings::Journal(JournalSettings::default())];
    assert_eq!(both.feeds, expected);
}

#[test]
fn a_rule_can_read_standard_input_itself() {
    let text = rule_with("").replace("\"/var/log/kern.log\"", "['-', '/x']");
    let settings = Fake::default().parse(&text, Secrets::Fetch).settings.expect("no error");
    assert_eq!(settings.sources[0].feeds, [FeedSettings::Stdin]);
    assert_eq!(settings.sources[0].files, [Path::new("/x")]);
}

#[test]
fn the_fingerprint_changes_with_how_lines_come_about() {
    let plain = fingerprint("files = '/x'");
    let others = [
        "files = '/x'\nformat = 'cri'",
        "files = '/x'\nencoding = 'latin1'",
        "files = '/x'\nmultiline = 'auto'",
        "files = '/x'\nmultiline = '^x'",
        "files = ['/x', '-']",
        "files = '/x'\njournal = true",
        "files = '/x'\njournal = { units = 'a' }",
        "files = '/x'\njournal = { priority = 'err' }",
        "files = '/x'\njournal = { directory = '/j' }",
    ];
    let mut prints: Vec<_> = others.map(fingerprint).into();
    prints.push(plain);
    let n = prints.len();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), n);
    for same in ["olddir = '/o'", "catch_up = '1h'", "max_line = 2000", "start = 'begin'"] {
        assert_eq!(fingerprint(&format!("files = '/x'\n{same}")), plain, "{same}");
    }
}
