//! What a right configuration means.

use std::time::Duration;

use super::*;
use crate::config::Settings;
use crate::engine::{Debounce, Detector, Factor, GroupWord};
use crate::flow::{Severity, SourceId};
use crate::format::{Markup, Threading};
use crate::matcher::Context;
use crate::source::Start;

const SECOND: Duration = Duration::from_secs(1);

/// The settings of `text`, of which nothing at all is said.
fn settings(text: &str) -> Settings {
    let loaded = Fake::default().parse(text, Secrets::Fetch);
    assert_eq!(loaded.diagnostics.render(Style::Plain), "");
    loaded.settings.expect("no error")
}

fn rule(extra: &str) -> crate::config::Rule {
    settings(&rule_with(extra)).rules.remove(0)
}

#[test]
fn a_first_rule_needs_four_words() {
    let text = r#"
[webhook.oncall]
url = "env:ONCALL_WEBHOOK"            # or "file:/run/secrets/oncall", or "credential:oncall" (systemd), or "room"

[[rule]]
name    = "kernel-oom"
files   = ["/var/log/kern.log"]
match   = 'Out of memory: Killed process (?P<pid>\d+) \((?P<proc>[^)]+)\)'
webhook = "oncall"
"#;
    let url = "https://chat.googleapis.com/v1/spaces/AAA/messages?key=k&token=t";
    let surroundings = Fake::default().with_variable("ONCALL_WEBHOOK", url);
    let loaded = surroundings.parse(text, Secrets::Fetch);
    assert_eq!(loaded.diagnostics.render(Style::Plain), "");
    let settings = loaded.settings.expect("no error");

    assert_eq!(settings.state, Path::new("/var/lib/logbell"));
    assert_eq!(settings.listen, Some("127.0.0.1:9600".parse().unwrap()));
    assert_eq!(&*settings.host, "web1");
    assert_eq!(settings.webhooks[0].url.space(), "chat.googleapis.com/spaces/AAA");
    assert_eq!(settings.sources[0].files, [Path::new("/var/log/kern.log")]);
    assert_eq!(settings.sources[0].lead_lines, 2);
    let rule = &settings.rules[0];
    assert_eq!(rule.matching.source, SourceId(0));
    assert_eq!(rule.matching.context, Context::default());
    assert_eq!(rule.engine.detector, Detector::Each);
    assert_eq!(rule.engine.debounce, Debounce::default());
    assert_eq!(rule.engine.resolve_after, None);
    assert_eq!(rule.format.severity, Severity::Warning);
    assert_eq!(rule.format.webhooks[0].to_string(), "oncall");
}

#[test]
fn every_word_of_a_rule_arrives() {
    let rule = rule(
        "not = ['a', 'b']\ngroup_by = ['ip', 'host', 'file', 'pattern']\ndebounce = '1m..2h'\n\
         resolve_after = '10m'\ncount = 3\nwithin = '1h30m'\nseverity = 'critical'\n\
         title = '{proc|upper} on {host}'\ncontext = [5, 1]\nrunbook = 'https://wiki/oom'\n\
         text = 'Look at {file|basename}'\ntop = ['proc', 'ip']",
    );
    assert_eq!(rule.matching.none.len(), 2);
    assert_eq!(rule.matching.context, Context { before: 5, after: 1 });
    let ip = GroupWord::Capture("ip".into());
    assert_eq!(rule.engine.group_by, [ip, GroupWord::Host, GroupWord::File, GroupWord::Pattern]);
    assert_eq!(rule.engine.debounce, Debounce { first: 60 * SECOND, longest: 7200 * SECOND });
    assert_eq!(rule.engine.resolve_after, Some(600 * SECOND));
    assert_eq!(rule.engine.top, ["proc".into(), "ip".into()]);
    assert_eq!(rule.engine.detector, Detector::Threshold { count: 3, within: 5400 * SECOND });
    assert_eq!(rule.format.severity, Severity::Critical);
    assert!(rule.format.title.is_some() && rule.format.text.is_some());
    assert_eq!(rule.format.runbook.as_deref(), Some("https://wiki/oom"));
}

#[test]
fn what_else_must_match_captures_too_and_is_part_of_what_is_detected() {
    let with = rule("also = ['score (?P<score>\\d+)', 'anon-rss']\ngroup_by = 'score'");
    assert_eq!(with.matching.also.len(), 2);
    assert_eq!(with.engine.group_by, [GroupWord::Capture("score".into())]);
    let fingerprint = |words: &str| rule(words).engine.fingerprint;
    assert_ne!(fingerprint("also = 'a'"), fingerprint(""));
    assert_ne!(fingerprint("also = 'a'"), fingerprint("also = 'b'"));
}

/// A rule of a source of JSON with further words.
fn rule_of_fields(format: &str, words: &str) -> crate::config::Rule {
    let text = format!(
        "webhook.oncall.url = \"room\"\n[source.s]\nfiles = \"/var/log/app.log\"\n\
         format = \"{format}\"\nlabels = {{ service = \"shop\" }}\n[[rule]]\nname = \"app\"\n\
         source = \"s\"\nwebhook = \"oncall\"\n{words}\n"
    );
    settings(&text).rules.remove(0)
}

#[test]
fn where_a_capture_can_stand_a_field_can() {
    let rule = rule_of_fields(
        "json",
        "where = { level = 'error', user = { name = '!admin' } }\nmatch = 'x=(?P<x>.)'\n\
         group_by = ['x', 'user.org', 'service', 'host', '.host']\ntop = 'region'\n\
         title = '{err.kind} {x} {service} {line}'\ncount = 3\nwithin = '5m'\ndistinct = 'peer'",
    );
    let names: Vec<&str> = rule.matching.when.iter().map(|own| &**own.name()).collect();
    assert_eq!(names, ["level", "user.name"]);
    let fields: Vec<&str> = rule.matching.fields.iter().map(|name| &**name).collect();
    assert_eq!(fields, [".host", "err.kind", "peer", "region", "service", "user.org"]);
    let expected = [
        GroupWord::Capture("x".into()),
        GroupWord::Capture("user.org".into()),
        GroupWord::Label { name: "service".into(), value: "shop".into() },
        GroupWord::Host,
        GroupWord::Capture(".host".into()),
    ];
    assert_eq!(rule.engine.group_by, expected);
    let pair = rule_of_fields(
        "logfmt",
        "where = { msg = 'start' }\nunless = 'msg=done'\nwithin = '5m'\ngroup_by = 'job'",
    );
    let expected = Detector::Pair { within: 300 * SECOND, by: vec!["job".into()] };
    assert_eq!(pair.engine.detector, expected);
    assert_eq!(pair.matching.any.len(), 1);
}

#[test]
fn what_fields_must_be_is_detected_and_what_is_shown_of_them_is_not() {
    let of = |format: &str, words: &str| rule_of_fields(format, words).engine.fingerprint;
    let one = of("json", "where = { a = 'x' }");
    assert_ne!(one, of("json", "where = { a = 'y' }"));
    assert_ne!(one, of("json", "where = { a = '!x' }"));
    assert_ne!(one, of("json", "where = { b = 'x' }"));
    assert_ne!(one, of("json", "match = '.*'"));
    assert_ne!(one, of("logfmt", "where = { a = 'x' }"));
    assert_eq!(one, of("json", "where = { a = 'x' }\ntitle = '{b}'\ntop = 'c'"));
    assert_eq!(of("json", "match = 'x'"), of("logfmt", "match = 'x'"));
    assert_ne!(
        of("json", "match = 'x'\ngroup_by = 'a'"),
        of("logfmt", "match = 'x'\ngroup_by = 'a'")
    );
    for new in ["match = 'x'\nnew = 'a'", "match = 'x'\nnew = 'pattern'"] {
        assert_ne!(of("json", new), of("logfmt", new));
    }
}

#[test]
fn a_count_is_of_matches_or_of_different_values() {
    let detector = rule("count = 10\nwithin = '5m'\ndistinct = 'ip'").engine.detector;
    let expected = Detector::Distinct { count: 10, within: 300 * SECOND, of: "ip".into() };
    assert_eq!(detector, expected);
}

#[test]
fn a_spike_is_a_multiple_of_what_is_usual() {
    let detector = |words| rule(words).engine.detector;
    let expected = |thousandths, count| {
        let factor = Factor::from_thousandths(thousandths).unwrap();
        Detector::Spike { factor, count, within: 300 * SECOND }
    };
    assert_eq!(detector("spike = 4\ncount = 20\nwithin = '5m'"), expected(4000, 20));
    assert_eq!(detector("spike = 1.5\ncount = 1\nwithin = '5m'"), expected(1500, 1));
    assert_eq!(detector("spike = 0.25\ncount = 100\nwithin = '5m'"), expected(250, 100));
    let two = "[defaults]\nwebhook = 'oncall'\ncount = 3\nwithin = '1h'\n[webhook.oncall]\nurl = 'room'\n\
               [[rule]]\nname = 'a'\nfiles = '/a'\nmatch = 'x'\nspike = 4\n\
               [[rule]]\nname = 'b'\nfiles = '/a'\nmatch = 'x'\nspike = 5\n";
    let rules = settings(two).rules;
    assert!(matches!(rules[0].engine.detector, Detector::Spike { count: 3, .. }));
    assert_ne!(rules[0].engine.fingerprint, rules[1].engine.fingerprint);
}

#[test]
fn a_start_and_its_end_have_the_captures_that_both_name() {
    let rule = rule("unless = 'freed (?P<ip>\\S+) (?P<by>.*)'\nwithin = '5m'");
    let expected = Detector::Pair { within: 300 * SECOND, by: vec!["ip".into()] };
    assert_eq!(rule.engine.detector, expected);
    assert_eq!(rule.matching.ends.len(), 1);
}

#[test]
fn what_is_new_is_a_capture_or_the_pattern() {
    let rules = ["new = 'ip'", "new = 'ip'\nlearn = '1d'\nforget = '7d'", "new = 'pattern'"];
    let [ip, slow, pattern] = rules.map(rule);
    let of = || GroupWord::Capture("ip".into());
    let day = 86_400 * SECOND;
    let expected = Detector::New { of: of(), learn: Duration::ZERO, forget: 30 * day };
    assert_eq!(ip.engine.detector, expected);
    let expected = Detector::New { of: of(), learn: day, forget: 7 * day };
    assert_eq!(slow.engine.detector, expected);
    assert!(matches!(pattern.engine.detector, Detector::New { of: GroupWord::Pattern, .. }));
    // What is known stays known, for how long it may be.
    assert_eq!(ip.engine.fingerprint, slow.engine.fingerprint);
    assert_ne!(ip.engine.fingerprint, pattern.engine.fingerprint);
    let own = settings(&rule_with("new = 'pattern'").replace("<ip>", "<pattern>")).rules.remove(0);
    let expected = GroupWord::Capture("pattern".into());
    assert!(matches!(own.engine.detector, Detector::New { of, .. } if of == expected));
}

#[test]
fn what_is_waited_for_is_a_rule_or_its_groups() {
    let one = rule("absent = '25h'");
    let after = 25 * 3600 * SECOND;
    assert_eq!(
        one.engine.detector,
        Detector::Absent { after, expect: Vec::new(), forget: 7 * after }
    );
    assert_eq!(one.engine.debounce, Debounce { first: after, longest: after });
    let groups =
        rule("absent = '5m'\ngroup_by = 'ip'\nexpect = ['a', 'b']\ndebounce = '1h'\nforget = '1d'");
    let expect = vec![vec!["a".into()], vec!["b".into()]];
    let (after, forget) = (300 * SECOND, 86_400 * SECOND);
    assert_eq!(groups.engine.detector, Detector::Absent { after, expect, forget });
    assert_eq!(groups.engine.debounce, Debounce { first: 3600 * SECOND, longest: 3600 * SECOND });
    let pairs = rule("absent = '5m'\ngroup_by = ['ip', 'host']\nexpect = [['a', 'b']]");
    let expect = vec![vec!["a".into(), "b".into()]];
    assert_eq!(pairs.engine.detector, Detector::Absent { after, expect, forget: 7 * after });
    assert_eq!(pairs.engine.debounce, Debounce { first: after, longest: 3600 * SECOND });
}

#[test]
fn what_a_default_says_of_matches_is_not_meant_for_their_absence() {
    let text = "[defaults]\nwebhook = 'oncall'\ndebounce = '1m'\nresolve_after = '1m'\ncount = 3\n\
                within = '1m'\n[webhook.oncall]\nurl = 'room'\n\
                [[rule]]\nname = 'a'\nfiles = '/a'\nmatch = 'x'\nabsent = '2h'";
    let engine = &settings(text).rules[0].engine;
    assert_eq!(engine.debounce.first, 7200 * SECOND);
    assert_eq!(engine.resolve_after, None);
    assert!(matches!(engine.detector, Detector::Absent { .. }));
}

#[test]
fn debounce_is_fixed_or_doubling_or_off() {
    let debounce = |text: &str| {
        let Debounce { first, longest } = rule(&format!("debounce = '{text}'")).engine.debounce;
        format!("{first:?}..{longest:?}")
    };
    assert_eq!(debounce("5m"), "300s..300s");
    assert_eq!(debounce("500ms..1d"), "500ms..86400s");
    assert_eq!(debounce("0s"), "0ns..0ns");
    assert_eq!(debounce("366d"), "31622400s..31622400s");
}

#[test]
fn defaults_stand_in_for_words_that_a_rule_lacks() {
    let defaults = "[defaults]\nwebhook = 'oncall'\nseverity = 'error'\nwithin = '5m'\n\
                    group_by = 'host'\nnot = 'debug'\n";
    let text = format!(
        "{defaults}[webhook.oncall]\nurl = 'room'\n\
         [[rule]]\nname = 'a'\nfiles = 'a.log'\nmatch = 'x'\n\
         [[rule]]\nname = 'b'\nfiles = 'a.log'\nmatch = 'x'\nseverity = 'info'\ncount = 3\n"
    );
    let settings = settings(&text);
    let [a, b] = &settings.rules[..] else { panic!("two rules") };
    assert_eq!(a.format.severity, Severity::Error);
    assert_eq!(b.format.severity, Severity::Info);
    // A default `within` waits for a `count`.
    assert_eq!(a.engine.detector, Detector::Each);
    assert_eq!(b.engine.detector, Detector::Threshold { count: 3, within: 300 * SECOND });
    assert_eq!(a.engine.group_by, [GroupWord::Host]);
    assert_eq!(a.matching.none.len(), 1);
}

#[test]
fn rules_with_the_same_files_share_a_source_that_leads_as_far_as_any_needs() {
    let text = "[webhook.a]\nurl = 'room'\n[defaults]\nwebhook = 'a'\n\
        [source.named]\nfiles = ['x/*.log', './y', '/z']\nexclude = 'x/*.1.log'\nstart = 'begin'\n\
        [[rule]]\nname = 'one'\nfiles = 'a.log'\nmatch = 'x'\ncontext = [9, 0]\n\
        [[rule]]\nname = 'two'\nsource = 'named'\nmatch = 'x'\n\
        [[rule]]\nname = 'three'\nfiles = ['a.log']\nmatch = 'x'\ncontext = [0, 0]\n";
    let settings = settings(text);
    let sources: Vec<_> = settings.rules.iter().map(|rule| rule.matching.source.0).collect();
    assert_eq!(sources, [1, 0, 1]);
    let [named, own] = &settings.sources[..] else { panic!("two sources") };
    let paths = ["/etc/logbell/x/*.log", "/etc/logbell/y", "/z"].map(PathBuf::from);
    assert_eq!(named.files, paths);
    assert_eq!(named.exclude, [Path::new("/etc/logbell/x/*.1.log")]);
    assert_eq!((named.start, named.lead_lines), (Start::Begin, 2));
    assert_eq!((&*own.name, own.start, own.lead_lines), ("one", Start::End, 9));
}

#[test]
fn a_capture_goes_before_the_built_in_word_of_its_name() {
    assert_eq!(rule("group_by = 'host'").engine.group_by, [GroupWord::Host]);
    let both = settings(&rule_with(
        "[[rule]]\nname = 'other'\nfiles = 'x'\nwebhook = 'oncall'\n\
         match = '^(?P<host>[a-z]+)'\ngroup_by = 'host'",
    ));
    assert_eq!(both.rules[1].engine.group_by, [GroupWord::Capture("host".into())]);
}

#[test]
fn state_and_listen_can_be_chosen() {
    let with = |words: &str| settings(&format!("{words}\n{}", rule_with("")));
    assert_eq!(with("state = 'var'").state, Path::new("/etc/logbell/var"));
    assert_eq!(with("state = '/srv/state'").state, Path::new("/srv/state"));
    assert_eq!(with("listen = 'off'").listen, None);
    assert_eq!(with("listen = '[::1]:80'").listen, Some("[::1]:80".parse().unwrap()));
    let systemd = Fake::default().with_variable("STATE_DIRECTORY", "/var/lib/a:/var/lib/b");
    let settings = systemd.parse(&rule_with(""), Secrets::Fetch).settings.expect("no error");
    assert_eq!(settings.state, Path::new("/var/lib/a"));
}

#[test]
fn the_fingerprint_changes_with_what_is_detected_and_with_nothing_else() {
    let fingerprint = |extra: &str| rule(extra).engine.fingerprint;
    let plain = fingerprint("");
    for other in ["not = 'x'", "group_by = 'ip'", "count = 2\nwithin = '1m'"] {
        assert_ne!(fingerprint(other), plain, "{other}");
    }
    for same in [
        "debounce = '1m'\nresolve_after = '1m'",
        "severity = 'info'\ntitle = 'x'\ncontext = [0, 0]\nrunbook = 'http://x/'",
    ] {
        assert_eq!(fingerprint(same), plain, "{same}");
    }
    let files = |files: &str| {
        let text = rule_with("").replace("\"/var/log/kern.log\"", files);
        settings(&text).rules.remove(0).engine.fingerprint
    };
    assert_eq!(files("['/a', '/b']"), files("['/b', '/a']"));
    assert_ne!(files("['/a', '/b']"), files("['/a']"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let text = format!("\u{feff}{}", rule_with("severity = 'info'").replace('\n', "\r\n"));
    assert_eq!(settings(&text).rules.len(), 1);
}

#[test]
fn secrets_stay_here_unless_redact_says_otherwise() {
    let redacted = |extra: &str| {
        let redactor = rule(extra).format.redact;
        redactor.redact("password=hunter2 of C-47", crate::redact::End::Whole)
    };
    assert_eq!(redacted(""), "password=[redacted] of C-47");
    assert_eq!(redacted("redact = 'secrets'"), "password=[redacted] of C-47");
    assert_eq!(redacted(r"redact = ['secrets', 'C-\d+']"), "password=[redacted] of [redacted]");
    assert_eq!(redacted("redact = []"), "password=hunter2 of C-47");
}

#[test]
fn a_rules_labels_go_before_its_sources_and_those_before_the_defaults() {
    let text = "[webhook.a]\nurl = 'room'\n\
        [defaults]\nwebhook = 'a'\nlabels = { a = 'default', b = 'default', c = 'default' }\n\
        [source.s]\nfiles = '/x'\nlabels = { b = 'source', c = 'source', d = ' source ' }\n\
        [[rule]]\nname = 'one'\nsource = 's'\nmatch = '(?P<d>x)'\ngroup_by = ['c', 'd', 'a']\n\
        title = '{c} {d}'\n[rule.labels]\nc = 'rule'\n\
        [[rule]]\nname = 'two'\nfiles = '/y'\nmatch = 'x'\n";
    let settings = settings(text);
    let [one, two] = &settings.rules[..] else { panic!("two rules") };
    let shown = |rule: &crate::config::Rule| {
        let labels = rule.format.labels.iter().map(|(name, value)| format!("{name}={value}"));
        labels.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(one), "a=default b=source c=rule d=source");
    assert_eq!(shown(two), "a=default b=default c=default");
    let label =
        |name: &str, value: &str| GroupWord::Label { name: name.into(), value: value.into() };
    // A capture goes before a label.
    let expected = [label("c", "rule"), GroupWord::Capture("d".into()), label("a", "default")];
    assert_eq!(one.engine.group_by, expected);
    let title = one.format.title.as_ref().unwrap().fill(|_| Some("captured".to_owned()));
    assert_eq!(title, "rule captured");
}

#[test]
fn labels_set_rules_apart_only_where_they_set_groups_apart() {
    let fingerprint = |extra: &str| rule(extra).engine.fingerprint;
    assert_eq!(fingerprint(""), fingerprint("labels = { a = 'x' }"));
    let grouped =
        |value: &str| fingerprint(&format!("group_by = 'a'\nlabels = {{ a = '{value}' }}"));
    assert_ne!(grouped("x"), grouped("y"));
    assert_eq!(grouped("x"), grouped("x"));
}

#[test]
fn mentions_are_of_rules_and_of_webhooks() {
    let text = "[webhook.a]\nurl = 'room'\nmention = 'all'\n[webhook.b]\nurl = 'room'\n\
        [defaults]\nwebhook = ['a', 'b']\nmention = ['1', 'users/2']\n\
        [[rule]]\nname = 'one'\nfiles = '/x'\nmatch = 'x'\n\
        [[rule]]\nname = 'two'\nfiles = '/x'\nmatch = 'x'\nmention = []\n";
    let settings = settings(text);
    let shown = |mentions: &[crate::format::Mention]| {
        mentions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let of_webhooks = settings.webhooks.iter().map(|webhook| shown(&webhook.say.mention));
    assert_eq!(of_webhooks.collect::<Vec<_>>(), ["<users/all>", ""]);
    let of_rules = settings.rules.iter().map(|rule| shown(&rule.format.mention));
    assert_eq!(of_rules.collect::<Vec<_>>(), ["<users/1> <users/2>", ""]);
}

#[test]
fn a_webhook_takes_what_is_bad_enough() {
    let text = "[webhook.all]\nurl = 'room'\nmarkup = 'markdown'\n\
        [webhook.boss]\nurl = 'room'\nseverity = 'error'\nthread = 'rule'\n\
        [defaults]\nwebhook = ['all', 'boss']\n\
        [[rule]]\nname = 'one'\nfiles = '/x'\nmatch = 'x'\n\
        [[rule]]\nname = 'two'\nfiles = '/x'\nmatch = 'x'\nseverity = 'error'\n";
    let settings = settings(text);
    let webhooks = settings.rules.iter().map(|rule| {
        rule.format.webhooks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(webhooks.collect::<Vec<_>>(), ["all", "all boss"]);
    let says = settings.webhooks.iter().map(|webhook| (webhook.say.markup, webhook.say.thread));
    let expected = [(Markup::Markdown, Threading::Group), (Markup::Chat, Threading::Rule)];
    assert_eq!(says.collect::<Vec<_>>(), expected);
}
