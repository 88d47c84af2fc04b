use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::flow::Top;
use crate::flow::{
    AlertKind, Bytes, Crowd, GroupKey, IncidentId, Labels, Lost, Notice, Reading, Reason, RuleId,
    Severity, Span,
};
use crate::redact::Redactor;

fn settings() -> FormatSettings {
    FormatSettings {
        name: "kernel-oom".into(),
        severity: Severity::Error,
        webhooks: vec![WebhookName("oncall".into())],
        title: None,
        text: None,
        mention: Vec::new(),
        labels: Labels::new(),
        redact: Redactor::default(),
        runbook: None,
        crowds: Crowds::Groups,
    }
}

fn formatter(settings: FormatSettings) -> Formatter {
    Formatter::new("web-1".into(), TimeZone::UTC, vec![settings])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis((1_795_435_200 + second) * 1000)
}

fn sample(line: &[u8]) -> Sample {
    Sample {
        path: Path::new("/var/log/kern.log").into(),
        time: at(0),
        written: None,
        line: Bytes::cut(line, Sample::MAX_LINE),
        captures: Vec::new(),
        reading: None,
        before: Vec::new(),
        after: Vec::new(),
    }
}

fn open(sample: Sample) -> Alert {
    Alert {
        rule: RuleId(0),
        group: GroupKey::default(),
        incident: IncidentId::new(Digest::new("test")),
        sequence: 0,
        kind: AlertKind::Open,
        at: at(0),
        count: 1,
        undelivered: 0,
        total: 1,
        opened: at(0),
        reopened: None,
        span: Span::at(at(0)),
        reason: Reason::Matched,
        samples: vec![Arc::new(sample)],
        top: Vec::new(),
        crowd: None,
        held: None,
        to: None,
    }
}

fn summary(count: u64) -> Alert {
    let lines = [b"line 1", b"line 8", b"line 9"].map(|line| Arc::new(sample(line)));
    Alert {
        sequence: 1,
        kind: AlertKind::Summary,
        at: at(300),
        count,
        total: count + 1,
        span: Span { first: at(1), last: at(290) },
        reason: Reason::WindowEnded { window: Duration::from_mins(5), delayed: Duration::ZERO },
        samples: lines.into(),
        ..open(sample(b""))
    }
}

fn body(message: &Message) -> Body {
    let body: Body = serde_json::from_str(&message.body).unwrap();
    limits::check(&body).unwrap();
    assert_eq!(limits::mentions(&body), [] as [String; 0]);
    body
}

/// All that a card shows, widget by widget.
fn shown(body: &Body) -> String {
    use crate::chat::message::Widget;
    let card = &body.cards_v2[0].card;
    let header = card.header.as_ref().unwrap();
    let mut text = format!("# {}\n{}\n", header.title, header.subtitle.as_deref().unwrap());
    for widget in card.sections.iter().flat_map(|section| &section.widgets) {
        let shown = match widget {
            Widget::TextParagraph(paragraph) => format!("{}\n", paragraph.text),
            Widget::DecoratedText(field) => {
                format!("[{}] {}\n", field.top_label.as_deref().unwrap(), field.text)
            }
            Widget::ButtonList(list) => {
                format!("({} → {})\n", list.buttons[0].text, list.buttons[0].on_click.open_link.url)
            }
            other => format!("{other:?}\n"),
        };
        text.push_str(&shown);
    }
    text
}

fn say_to(formatter: &Formatter, alert: &Alert) -> Message {
    formatter.message(alert, &WebhookName("oncall".into()))
}

fn say(settings: FormatSettings, alert: &Alert) -> Body {
    body(&say_to(&formatter(settings), alert))
}

#[test]
fn an_open_shows_the_line_with_its_context_and_captures() {
    let oom = Sample {
        captures: vec![("pid".into(), Bytes::from("42")), ("proc".into(), Bytes::from("java"))],
        reading: None,
        before: vec![Bytes::from("java invoked oom-killer: order=0")],
        after: vec![Bytes::from("oom_reaper: reaped <42>")],
        ..sample(b"Out of memory: Killed process 42 (java)")
    };
    let body =
        say(FormatSettings { runbook: Some("https://wiki/oom".into()), ..settings() }, &open(oom));
    insta::assert_snapshot!(body.text, @"🔴 kernel-oom · web-1: Out of memory: Killed process 42 (java)");
    insta::assert_snapshot!(shown(&body), @r##"
    # 🔴 kernel-oom
    web-1 · /var/log/kern.log
    <pre>  java invoked oom-killer: order=0
    ▸ Out of memory: Killed process 42 (java)
      oom_reaper: reaped &lt;42&gt;</pre>
    [pid] 42
    [proc] java
    (Runbook → https://wiki/oom)
    <font color="#80868b">#651b0fa2 · kernel-oom · 12:00:00 UTC<br>logbell mute &#39;rule=kernel-oom&#39; --for 1h</font>
    "##);
}

#[test]
fn an_event_of_several_lines_stands_as_it_was_in_its_block_and_as_one_line_elsewhere() {
    let trace =
        b"2026-11-23 10:00:00 ERROR <failed>\njava.io.IOException: no\r\n\tat a.B.c(B.java:7)";
    let title = Template::parse("{rule}: {line} {what}").unwrap();
    let context = Sample {
        captures: vec![("what".into(), Bytes::from("two\nlines"))],
        reading: None,
        before: vec![Bytes::from("before")],
        ..sample(trace)
    };
    let settings = || FormatSettings { title: Some(title.clone()), ..settings() };
    let body = say(settings(), &open(context));
    assert!(!body.text.contains('\n'));
    insta::assert_snapshot!(shown(&body), @r##"
    # 🔴 kernel-oom: 2026-11-23 10:00:00 ERROR ‹failed› two lines
    web-1 · /var/log/kern.log
    <pre>  before
    ▸ 2026-11-23 10:00:00 ERROR &lt;failed&gt;
    │ java.io.IOException: no
    │  at a.B.c(B.java:7)</pre>
    [what] two lines
    <font color="#80868b">#651b0fa2 · kernel-oom · 12:00:00 UTC<br>logbell mute &#39;rule=kernel-oom&#39; --for 1h</font>
    "##);
    let two =
        Alert { samples: vec![Arc::new(sample(b"x")), Arc::new(sample(trace))], ..summary(2) };
    let body = say(settings(), &two);
    assert!(!body.text.contains('\n'));
    insta::assert_snapshot!(shown(&body), @r##"
    # 🔴 kernel-oom: 2026-11-23 10:00:00 ERROR ‹failed› (none)
    web-1 · /var/log/kern.log
    <b>2 more in 4m59s</b>
    <pre>12:00:00  x
    12:00:00  2026-11-23 10:00:00 ERROR &lt;failed&gt;
              java.io.IOException: no
               at a.B.c(B.java:7)</pre>
    [matches] 2 · 12:00:01 – 12:04:50 · 25/h
    <font color="#80868b">#9b041085 · kernel-oom · 12:05:00 UTC · 3 since it opened<br>logbell mute &#39;rule=kernel-oom&#39; --for 1h</font>
    "##);
}

#[test]
fn a_headline_tells_how_a_traceback_ends() {
    let trace =
        b"Traceback (most recent call last):\n  File \"x.py\", line 7\n    f()\nKeyError: 'a'\n";
    let body = say(settings(), &open(sample(trace)));
    insta::assert_snapshot!(body.text, @"🔴 kernel-oom · web-1: KeyError: 'a'");
}

#[test]
fn a_summary_says_how_many_and_shows_the_first_and_the_latest() {
    let body = say(settings(), &summary(9_999));
    insta::assert_snapshot!(body.text, @"🔴 kernel-oom · web-1 · 9 999 more in 4m59s: line 9");
    insta::assert_snapshot!(shown(&body), @r##"
    # 🔴 kernel-oom
    web-1 · /var/log/kern.log
    <b>9 999 more in 4m59s</b>
    <pre>12:00:00  line 1
    ⋮
    12:00:00  line 8
    12:00:00  line 9</pre>
    [matches] 9 999 · 12:00:01 – 12:04:50 · 35/s
    <font color="#80868b">#9b041085 · kernel-oom · 12:05:00 UTC · 10 000 since it opened<br>logbell mute &#39;rule=kernel-oom&#39; --for 1h</font>
    "##);
}

#[test]
fn a_resolved_says_what_is_known_and_not_that_it_is_fixed() {
    let alert = Alert {
        kind: AlertKind::Resolved,
        reason: Reason::Quiet { after: Duration::from_mins(10) },
        count: 0,
        total: 1203,
        ..summary(0)
    };
    let body = say(settings(), &alert);
    insta::assert_snapshot!(body.text, @"✅ kernel-oom · web-1 · no new match for 10m (lasted 4m50s, 1 203 matches)");
}

#[test]
fn a_summary_that_comes_late_says_so_and_carries_what_was_not_delivered() {
    let delayed = Duration::from_hours(2);
    let alert = Alert {
        reason: Reason::WindowEnded { window: Duration::from_mins(5), delayed },
        undelivered: 3,
        ..summary(10)
    };
    insta::assert_snapshot!(say(settings(), &alert).text, @"🔴 kernel-oom · web-1 · 10 more in 4m59s (delayed by 2h: logbell was down) (3 of them could not be delivered before): line 9");
}

#[test]
fn a_threshold_and_a_crowd_say_what_they_counted() {
    let key = |ip: &str| GroupKey([("ip".into(), ip.into())].into());
    let alert = Alert {
        kind: AlertKind::Open,
        reason: Reason::Threshold { count: 10, within: Duration::from_mins(1) },
        group: key("(other)"),
        crowd: Some(Crowd { distinct: 1200, top: vec![(key("203.0.113.9"), 512)] }),
        ..summary(10)
    };
    let body = say(settings(), &alert);
    insta::assert_snapshot!(body.text, @"🔴 kernel-oom · web-1 · 10 matches in 4m49s (within 1m): line 9");
    insta::assert_snapshot!(shown(&body), @r##"
    # 🔴 kernel-oom
    web-1 · /var/log/kern.log
    <b>10 matches in 4m49s (within 1m)</b>
    <pre>12:00:00  line 1
    ⋮
    12:00:00  line 8
    12:00:00  line 9</pre>
    [ip] (other)
    [matches] 10 · 12:00:01 – 12:04:50 · 2.1/min
    [commonest of about 1 200] 512 × 203.0.113.9
    <font color="#80868b">#9b041085 · kernel-oom · 12:05:00 UTC · 11 since it opened<br>logbell mute &#39;rule=kernel-oom ip=(other)&#39; --for 1h</font>
    "##);
}

#[test]
fn the_headline_leaves_out_the_time_that_a_line_begins_with() {
    let check = |line: &str, expected: &str| {
        let text = say(settings(), &open(sample(line.as_bytes()))).text;
        assert_eq!(text, format!("🔴 kernel-oom · web-1: {expected}"));
    };
    check("2026-11-23T10:00:00.123456+01:00 db1 app: gone", "db1 app: gone");
    check("2026/11/23 10:00:00 [error] gone", "[error] gone");
    check("[2026-11-23 10:00:00,123] gone", "gone");
    check("Nov  3 10:00:00 db1 app: gone", "db1 app: gone");
    check("2026-11-23 is a day", "2026-11-23 is a day");
}

#[test]
fn a_title_takes_captures_and_built_in_values() {
    let title = "{proc|upper} on {host}: {line|cut:12} {took|duration} {count|count} {gone}";
    let title = Some(Template::parse(title).unwrap());
    let captures =
        vec![("proc".into(), Bytes::from("java")), ("took".into(), Bytes::from("93000"))];
    let alert = open(Sample { captures, ..sample(b"Out of memory") });
    let body = say(FormatSettings { title, ..settings() }, &Alert { count: 1204, ..alert });
    let card = &body.cards_v2[0].card;
    let expected = "🔴 JAVA on web-1: Out of memo… 1m33s 1\u{202f}204 (none)";
    assert_eq!(card.header.as_ref().unwrap().title, expected);
}

#[test]
fn a_template_says_where_it_is_wrong() {
    let check = |text: &str, expected: &str| {
        let error = Template::parse(text).unwrap_err();
        assert_eq!(format!("{}..{} {}", error.span.start, error.span.end, error.message), expected);
    };
    check("a {b", "2..3 this `{` is never closed; write `{{` for a brace");
    check("a } b", "2..3 this `}` closes nothing; write `}}` for a brace");
    check("a {}", "2..4 a name is missing here; write `{{` for a brace");
    check("{a|cut}", "1..6 `cut` takes a number of characters, as in `cut:80`");
    check("{a|cut:x}", "1..8 `cut` takes a number of characters, as in `cut:80`, not `x`");
    check("{a|cut:0}", "1..8 `cut` takes a number of characters, as in `cut:80`, not `0`");
    check("{a|upper:3}", "1..10 `upper` takes nothing behind it, only `cut` does");
    assert!(Template::parse("{{{a}}}").unwrap().fill(|_| Some("x".into())) == "{x}");
}

#[test]
fn an_unknown_filter_gets_the_nearest() {
    let help = |filter: &str| {
        let error = Template::parse(&format!("{{a|{filter}}}")).unwrap_err();
        assert_eq!(error.message, format!("unknown filter `{filter}`"));
        error.help.unwrap()
    };
    assert_eq!(help("basenam"), "did you mean `basename`?");
    assert_eq!(help("Upper"), "did you mean `upper`?");
    assert_eq!(help("cutt:80"), "did you mean `cut:80`?");
    assert_eq!(help("ms"), "did you mean `duration`?");
    assert_eq!(help("n"), "did you mean `count`?");
    let all = "there are `basename`, `cut:80`, `duration`, `count`, `upper` and `lower`";
    assert_eq!(help("shout"), all);
    assert_eq!(help(&"cut".repeat(10_000)), all);
}

#[test]
fn filters_leave_alone_what_they_cannot_read() {
    let filter = |filter: &str, value: &str| {
        Template::parse(&format!("{{a|{filter}}}")).unwrap().fill(|_| Some(value.to_owned()))
    };
    assert_eq!(filter("duration", "93000"), "1m33s");
    assert_eq!(filter("duration", "1500.7"), "2s");
    assert_eq!(filter("duration", "999"), "999ms");
    for odd in ["", "-1", "inf", "1e3", "soon", "1.2.3", "9".repeat(400).as_str()] {
        assert_eq!(filter("duration", odd), odd);
        assert_eq!(filter("count", odd), odd);
    }
    assert_eq!(filter("count", "1234567"), "1\u{202f}234\u{202f}567");
    assert_eq!(filter("basename", "/var/log/x.log"), "x.log");
    assert_eq!(filter("basename|cut:3|upper", "/var/log/x.log"), "X.…");
}

#[test]
fn a_capture_goes_before_the_built_in_word_of_its_name() {
    let title = Template::parse("{host} {line} {rule}").unwrap();
    let title = title.with_captures(|name| ["host", "line"].contains(&name));
    // `line` is a capture of the pattern that took no part in this match.
    let captures = vec![("host".into(), Bytes::from("db7"))];
    let alert = open(Sample { captures, ..sample(b"x") });
    let body = say(FormatSettings { title: Some(title), ..settings() }, &alert);
    let card = &body.cards_v2[0].card;
    assert_eq!(card.header.as_ref().unwrap().title, "🔴 db7 (none) kernel-oom");
}

#[test]
fn the_pattern_of_a_line_names_what_varies_in_it() {
    let title = Template::parse("{pattern}").unwrap();
    let alert = open(sample(b"worker 17 gave up on 203.0.113.9"));
    let body = say(FormatSettings { title: Some(title), ..settings() }, &alert);
    let title = &body.cards_v2[0].card.header.as_ref().unwrap().title;
    assert_eq!(title, "🔴 worker ‹num› gave up on ‹ip›");
}

#[test]
fn a_text_is_a_paragraph_in_which_values_are_data() {
    let text = Template::parse("Restart {proc}:\n  systemctl restart <app> & wait\n").unwrap();
    let settings = || FormatSettings { text: Some(text.clone()), ..settings() };
    let captures = vec![("proc".into(), Bytes::from("<users/all>\x1b[31m\n<b>java"))];
    let alert = open(Sample { captures, ..sample(b"gone") });
    insta::assert_snapshot!(shown(&say(settings(), &alert)), @r##"
    # 🔴 kernel-oom
    web-1 · /var/log/kern.log
    Restart &lt;users/all&gt; &lt;b&gt;java:<br>  systemctl restart &lt;app&gt; &amp; wait
    <pre>gone</pre>
    [proc] &lt;users/all&gt; &lt;b&gt;java
    <font color="#80868b">#651b0fa2 · kernel-oom · 12:00:00 UTC<br>logbell mute &#39;rule=kernel-oom&#39; --for 1h</font>
    "##);
    let resolved = Alert { kind: AlertKind::Resolved, ..alert };
    assert!(!shown(&say(settings(), &resolved)).contains("systemctl"));
    let long = Template::parse(&"x".repeat(5000)).unwrap();
    let body = say(FormatSettings { text: Some(long), ..settings() }, &summary(2));
    assert!(shown(&body).contains(&format!("\n{}…\n", "x".repeat(1999))));
}

#[test]
fn log_text_mentions_nobody_and_breaks_nothing() {
    let evil = "<users/all> *b* _i_ ~s~ `c` ```x``` </b><a href=\"https://evil.example\">hi</a> \
                \x1b[31mred\x1b]0;t\x07 \u{202e}rtl\u{2066} \0 http://evil.example/x <https://a|b>";
    let mut bytes = evil.as_bytes().to_vec();
    bytes.extend(b"\xff\xfe end");
    let body = say(settings(), &open(sample(&bytes)));
    insta::assert_snapshot!(body.text, @r#"🔴 kernel-oom · web-1: ‹users/all› ∗b∗ ˍiˍ ∼s∼ ˋcˋ ˋˋˋxˋˋˋ ‹/b›‹a href="https:∕∕evil.example"›hi‹/a› red rtl  http:∕∕evil.example/x ‹https:∕∕a|b›�� end"#);
    insta::assert_snapshot!(shown(&body), @r##"
    # 🔴 kernel-oom
    web-1 · /var/log/kern.log
    <pre>&lt;users/all&gt; *b* _i_ ~s~ `c` ```x``` &lt;/b&gt;&lt;a href=&quot;https://evil.example&quot;&gt;hi&lt;/a&gt; red rtl  http://evil.example/x &lt;https://a|b&gt;�� end</pre>
    <font color="#80868b">#651b0fa2 · kernel-oom · 12:00:00 UTC<br>logbell mute &#39;rule=kernel-oom&#39; --for 1h</font>
    "##);
}

#[test]
fn text_is_cleaned_of_all_that_is_not_text() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(clean(bytes), expected);
    check(b"a\x1b[1;31mb\x1b[0m c", "ab c");
    check(b"a\x1b(Bb\x1b7c", "abc");
    check(b"a\x1b]8;;http://x\x1b\\link\x1b]8;;\x07b", "alinkb");
    check(b"a\x1b]unclosed", "aunclosed");
    check(b"a\x1b[12", "a");
    check("a\u{9b}31mb".as_bytes(), "ab");
    check(b"tab\there\r\n\x00\x7f", "tab here  ");
    check("a\u{202e}b\u{2067}c\u{200b}d\u{e0041}".as_bytes(), "abcd");
    check(b"\xc3\x28", "\u{fffd}(");
}

#[test]
fn a_message_keeps_its_id_when_it_is_said_again_with_other_counts() {
    let formatter = formatter(settings());
    let id = |alert: &Alert| say_to(&formatter, alert).id;
    assert_eq!(id(&summary(5)), id(&summary(6)));
    assert_ne!(id(&summary(5)), id(&open(sample(b"x"))));
}

#[test]
fn labels_say_where() {
    let labels = vec![("env".into(), "prod".into()), ("team".into(), "<b>shop".into())];
    let title = Template::parse("{env|upper}: {team}").unwrap().with_labels(
        |name| {
            [("env", "prod"), ("team", "<b>shop")]
                .into_iter()
                .find(|(own, _)| *own == name)
                .map(|(_, v)| v)
        },
        Fields::None,
    );
    let settings = FormatSettings { labels, title: Some(title), ..settings() };
    let body = say(settings, &open(sample(b"x")));
    let header = body.cards_v2[0].card.header.as_ref().unwrap();
    assert_eq!(header.title, "🔴 PROD: ‹b›shop");
    let place = header.subtitle.as_deref().unwrap();
    assert_eq!(place, "web-1 · /var/log/kern.log · env=prod team=‹b›shop");
}

#[test]
fn the_commonest_values_are_told_with_a_count() {
    let mut ip = Top::of("ip".into());
    (0..7u64).for_each(|i| ip.add(&format!("203.0.113.{i}"), 1200 - i));
    let alert = Alert { top: vec![ip, Top::of("gone".into())], ..summary(8379) };
    let said = shown(&say(settings(), &alert));
    let expected = "[commonest ip] 1\u{202f}200 × 203.0.113.0\n1\u{202f}199 × 203.0.113.1\n\
                    1\u{202f}198 × 203.0.113.2\n1\u{202f}197 × 203.0.113.3\n1\u{202f}196 × 203.0.113.4\n\
                    2\u{202f}389 × others\n";
    assert!(said.contains(expected), "{said}");
    assert!(!said.contains("gone"), "{said}");
    assert!(!shown(&say(settings(), &Alert { count: 1, ..alert })).contains("commonest"));
}

#[test]
fn whom_a_message_pings_is_configured() {
    let mention = |texts: &[&str]| texts.iter().map(|text| Mention::parse(text).unwrap()).collect();
    let oncall = WebhookName("oncall".into());
    let webhook =
        WebhookSettings { mention: mention(&["users/42", "all"]), ..WebhookSettings::default() };
    let settings = FormatSettings { mention: mention(&["7", "42"]), ..settings() };
    let formatter = formatter(settings).with_webhooks([(oncall, webhook)]);
    let alert = open(sample(b"gone <users/666> <users/all>"));
    let body = |webhook: &str, kind: AlertKind| -> Body {
        let alert = Alert { kind, ..alert.clone() };
        let message = formatter.message(&alert, &WebhookName(webhook.into()));
        let body: Body = serde_json::from_str(&message.body).unwrap();
        limits::check(&body).unwrap();
        let fallback = Body::text(body.fallback_text.clone().unwrap());
        assert_eq!(limits::mentions(&fallback), [] as [String; 0]);
        body
    };
    let pinged = |webhook: &str, kind| limits::mentions(&body(webhook, kind)).join(" ");
    assert_eq!(pinged("oncall", AlertKind::Open), "users/all users/42 users/7");
    assert_eq!(pinged("other", AlertKind::Open), "users/42 users/7");
    assert_eq!(pinged("other", AlertKind::Digest), "users/42 users/7");
    for kind in [AlertKind::Summary, AlertKind::Resolved] {
        assert_eq!(pinged("oncall", kind), "");
    }
    let text = body("other", AlertKind::Open).text;
    let expected = "🔴 kernel-oom · web-1: gone ‹users/666› ‹users/all› <users/42> <users/7>";
    assert_eq!(text, expected);
    // What the last resort after a 400 sends pings as well.
    assert_eq!(limits::mentions(&body("other", AlertKind::Open).plain()).len(), 2);
}

#[test]
fn only_all_and_ids_can_be_mentioned() {
    for odd in [
        "",
        "ALL",
        "bob",
        "bob@example.com",
        "users/",
        "1 2",
        "-1",
        "users/all>",
        "١٢",
        &"1".repeat(33),
    ] {
        assert_eq!(Mention::parse(odd), None, "{odd}");
    }
}

#[test]
fn a_webhook_says_how_its_text_is_read() {
    let text = |markup: Markup| {
        let webhook = WebhookSettings { markup, ..WebhookSettings::default() };
        let formatter =
            formatter(settings()).with_webhooks([(WebhookName("oncall".into()), webhook)]);
        let alert = open(sample(br"[x](//evil.example) **b** \* &lt;users/all&gt; ![i](/i) <a>"));
        let body = body(&say_to(&formatter, &alert));
        let notice = notice(vec![lost("/[x](y).log", "truncated", 1, 0)]);
        let notice = formatter.notice(&notice, &WebhookName("oncall".into()));
        let notice: Body = serde_json::from_str(&notice.body).unwrap();
        assert_eq!(notice.markup_syntax, body.markup_syntax);
        assert_eq!(notice.text.contains("[x]"), markup == Markup::Chat);
        (body.markup_syntax, body.text)
    };
    let (syntax, said) = text(Markup::Chat);
    assert_eq!(syntax, Some(MarkupSyntax::Chat));
    assert!(
        said.contains(r"[x](//evil.example) ∗∗b∗∗ \∗ &lt;users/all&gt; ![i](/i) ‹a›"),
        "{said}"
    );
    for (markup, expected) in
        [(Markup::Markdown, Some(MarkupSyntax::Markdown)), (Markup::None, None)]
    {
        let (syntax, said) = text(markup);
        assert_eq!(syntax, expected);
        assert!(said.contains("［x］(//evil.example) ∗∗b∗∗ ∖∗ ＆lt;users/all＆gt;"), "{said}");
    }
}

#[test]
fn a_webhook_says_which_messages_share_a_thread() {
    let oncall = WebhookName("oncall".into());
    let keys = |thread: Threading| {
        let webhook = WebhookSettings { thread, ..WebhookSettings::default() };
        let formatter = formatter(settings()).with_webhooks([(oncall.clone(), webhook)]);
        let first = open(sample(b"x"));
        let other = Alert { incident: IncidentId::new(Digest::new("other")), ..first.clone() };
        let key = |message: &Message| {
            let body: Body = serde_json::from_str(&message.body).unwrap();
            body.thread_key().map(str::to_owned)
        };
        let alerts = [first.clone(), Alert { kind: AlertKind::Summary, ..first }, other];
        let mut keys: Vec<_> = alerts.iter().map(|alert| key(&say_to(&formatter, alert))).collect();
        keys.push(key(&formatter.notice(&notice(vec![lost("/a", "truncated", 1, 0)]), &oncall)));
        keys
    };
    let [open, summary, other, notice] = &keys(Threading::Group)[..] else { panic!("four") };
    assert!(
        open.is_some() && open == summary && open != other && notice != other && notice.is_some()
    );
    let [open, summary, other, notice] = &keys(Threading::Rule)[..] else { panic!("four") };
    assert_eq!(open.as_deref(), Some("logbell-web-1/kernel-oom"));
    assert!(open == summary && open == other);
    assert_eq!(notice.as_deref(), Some("logbell-web-1/"));
    assert_eq!(keys(Threading::None), [None, None, None, None]);
}

/// All of a message, as it goes over the wire.
fn wire(settings: FormatSettings, alert: &Alert) -> String {
    say_to(&formatter(settings), alert).body.to_string()
}

#[test]
fn secrets_are_left_out_of_every_part_of_a_message() {
    let template = |text: &str| Template::parse(text).ok();
    let settings = || FormatSettings {
        title: template("{line} {pw} {pattern}"),
        text: template("{who}: {url} {api_key}"),
        ..settings()
    };
    let captures = vec![
        ("pw".into(), Bytes::from("s3cretX")),
        ("who".into(), Bytes::from("bob")),
        ("url".into(), Bytes::from("pg://bob:s3cretY@db")),
        ("api_key".into(), Bytes::from("s3cretZ")),
    ];
    let sample = Sample {
        captures,
        reading: None,
        before: vec![
            // A colour hides neither the label nor the secret.
            Bytes::from("\x1b[36mtoken\x1b[0m=s3cretA"),
            Bytes::from("-----BEGIN PRIVATE KEY-----"),
            Bytes::from("s3cretB"),
            Bytes::from("-----END PRIVATE KEY----- loaded"),
        ],
        after: vec![Bytes::from("--password s3cretD ok")],
        ..sample(b"password=s3cretX user=bob via pg://bob:s3cretY@db\n  token=s3cretC")
    };
    let key = |name: &str, value: &str| GroupKey([(name.into(), value.into())].into());
    let crowd = vec![
        (key("pw", "s3cretE"), 9),
        (key("token", "s3cretF"), 8),
        (key("who", "password=s3cretG"), 7),
    ];
    for kind in [AlertKind::Open, AlertKind::Summary, AlertKind::Resolved, AlertKind::Digest] {
        for (name, value) in [
            ("pw", "s3cretX"),
            ("secret", "s3cretH"),
            ("x", "s3cretX"),
            ("line", "token=s3cretI"),
            ("pattern", "\\u{1b}[36mtoken\\u{1b}[0m=s3cretL"),
            ("other", "seen s3cretX twice"),
        ] {
            let crowd = Some(Crowd { distinct: 3, top: crowd.clone() });
            let tops = ["pw", "password", "x"].map(|name| {
                let mut top = Top::of(name.into());
                let value = if name == "x" { "token=s3cretJ" } else { "s3cretK" };
                top.add(value, 5);
                top
            });
            let top = tops.into();
            let group = key(name, value);
            let alert = Alert { kind, group, count: 9, top, crowd, ..open(sample.clone()) };
            let wire = wire(settings(), &alert);
            assert!(!wire.contains("s3cret"), "{wire}");
            assert!(wire.contains("bob"), "{wire}");
        }
    }
    let alert = open(sample);
    let none = FormatSettings { redact: Redactor::only(Vec::new()), ..settings() };
    assert!(wire(none, &alert).contains("s3cretX"));
}

#[test]
fn a_value_that_stands_in_the_open_too_is_shown() {
    let captures = vec![
        ("user".into(), Bytes::from("bob")),
        ("all".into(), Bytes::from("hunter2 of bob")),
        ("part".into(), Bytes::from("nter")),
    ];
    let alert = open(Sample { captures, ..sample(b"password=bobhunter2 of bob") });
    let said = shown(&say(settings(), &alert));
    assert!(said.contains("[user] bob\n"), "{said}");
    assert!(said.contains("[all] [redacted] of bob\n"), "{said}");
    assert!(said.contains("[part] [redacted]\n"), "{said}");
}

#[test]
fn a_secret_that_was_cut_is_still_one() {
    let token = format!("ghp_{}", "s3cret".repeat(10));
    // Cut within the token, after 8 of its bytes.
    let mut line = vec![b'.'; Sample::MAX_LINE - 9];
    line.push(b' ');
    line.extend(token.as_bytes());
    let long = |max: usize| format!("{} {}", ".".repeat(max - 9), &token[..8]);
    let alert = Alert {
        group: GroupKey([("g".into(), format!("{}…0123abcd", long(128)).into())].into()),
        ..open(Sample {
            captures: vec![("c".into(), Bytes::from(&*long(Sample::MAX_CAPTURE)))],
            reading: None,
            before: vec![Bytes::from(&*long(Sample::MAX_CONTEXT))],
            ..sample(&line)
        })
    };
    let wire = wire(settings(), &alert);
    assert!(!wire.contains("ghp_"), "{wire}");
    assert!(wire.contains("[redacted]…0123abcd"), "{wire}");
}

proptest! {
    /// Whatever a log holds, the message is one that Chat takes and mentions nobody.
    #[test]
    fn every_alert_is_a_valid_message(
        line in prop::collection::vec(any::<u8>(), 0..200), repeat in 1usize..2000,
        context in 0usize..50, captures in 0usize..80, kind in 0..5usize, title in "\\PC{0,40}",
    ) {
        let line = line.repeat(repeat);
        let context: Vec<_> = (0..context).map(|_| Bytes::cut(&line, Sample::MAX_CONTEXT)).collect();
        let capture = |i| (format!("c{i}").into(), Bytes::cut(&line, Sample::MAX_CAPTURE));
        let sample = Sample {
            captures: (0..captures).map(capture).collect(),
            reading: None,
            before: context.clone(),
            after: context,
            ..sample(&line)
        };
        let samples = (0..=kind % 4).map(|_| Arc::new(sample.clone())).collect();
        let kinds = [AlertKind::Open, AlertKind::Summary, AlertKind::Reminder, AlertKind::Resolved, AlertKind::Digest];
        let alert = Alert { kind: kinds[kind], samples, ..summary(7) };
        let title = Template::parse(&title.replace(['{', '}'], "")).ok();
        let text = Template::parse("{line}\n{pattern} {c1}").ok();
        let message = say_to(&formatter(FormatSettings { title, text, ..settings() }), &alert);
        let body = body(&message);
        prop_assert!(message.body.len() <= limits::MESSAGE_BYTES);
        prop_assert!(body.text.chars().count() < 1000);
        // What the last resort after a 400 sends is harmless too.
        prop_assert_eq!(limits::mentions(&body.plain()), Vec::<String>::new());
    }
}

fn lost(path: &str, kind: &'static str, bytes: u64, n_unknown: u64) -> Lost {
    let what = match kind {
        "truncated" => "the file was truncated before it was read to its end",
        "line-cut" => "a line was longer than 256 KiB; what came after that was not matched",
        _ => "the file was removed while the agent was down, perhaps with lines unread",
    };
    let (path, what) = (Path::new(path).into(), what.to_owned());
    Lost { path, kind, bytes, n_unknown, first: at(1), last: at(1), what }
}

fn notice(most: Vec<Lost>) -> Notice {
    let mut kinds: Vec<_> = most.iter().map(|lost| lost.kind).collect();
    kinds.dedup();
    let n_logs = most.len() as u64;
    let bytes = most.iter().map(|lost| lost.bytes).sum();
    let n_unknown = most.iter().map(|lost| lost.n_unknown).sum();
    Notice { at: at(3), most, n_more: 0, n_logs, bytes, n_unknown, kinds }
}

fn say_notice(notice: &Notice) -> Body {
    body(&formatter(settings()).notice(notice, &WebhookName("oncall".into())))
}

/// The text and the card.
fn whole(notice: &Notice) -> String {
    let body = say_notice(notice);
    format!("{}\n{}", body.text, shown(&body))
}

#[test]
fn a_notice_says_what_was_lost_of_a_log_and_what_to_do() {
    let notice = notice(vec![lost("/var/log/app.log", "truncated", 1_234_567, 0)]);
    insta::assert_snapshot!(whole(&notice), @r##"
    🟠 logbell · web-1 · 1.2 MB of /var/log/app.log were gone before they could be read
    # 🟠 Lines were lost
    web-1
    <b>1.2 MB of /var/log/app.log were gone before they could be read</b>
    [/var/log/app.log] 1.2 MB · 12:00:01 · the file was truncated before it was read to its end
    With copytruncate, what is written between logrotate&#39;s copy and its truncation is in no file any more: let logrotate create the next file (“create” in its configuration).
    <font color="#80868b">#f3fbef33 · logbell · 12:00:03 UTC</font>
    "##);
}

#[test]
fn a_notice_of_many_logs_names_the_greatest() {
    let mut many = notice(vec![
        Lost { last: at(2), ..lost("/b.log", "generation-gone", 12_000, 1) },
        lost("/a.log", "line-cut", 999, 0),
    ]);
    many.n_more = 48;
    many.n_logs = 50;
    insta::assert_snapshot!(whole(&many), @r##"
    🟠 logbell · web-1 · at least 13 kB of 50 logs could not be matched
    # 🟠 Lines were lost
    web-1
    <b>at least 13 kB of 50 logs could not be matched</b>
    [/b.log] at least 12 kB · 12:00:01 – 12:00:02 · the file was removed while the agent was down, perhaps with lines unread
    [/a.log] 999 B · 12:00:01 · a line was longer than 256 KiB; what came after that was not matched
    … and 48 more: “logbell status” lists every loss.
    Let rotated files stay until they are read: with “delaycompress”, and a “rotate” count that outlasts a downtime.
    Only the head of such a line is matched: up to “max_line” of its source, 256 KiB at most.
    <font color="#80868b">#f3fbef33 · logbell · 12:00:03 UTC</font>
    "##);
}

#[test]
fn a_notice_claims_no_more_than_is_known() {
    let text = |most| say_notice(&notice(most)).text;
    let gone = lost("/a.log", "generation-gone", 0, 1);
    let expected =
        "🟠 logbell · web-1 · /a.log: lines may have been gone before they could be read";
    assert_eq!(text(vec![gone]), expected);
    let cut = lost("/a.log", "line-cut", 2000, 0);
    let expected =
        "🟠 logbell · web-1 · 2.0 kB of /a.log were not matched, because lines were too long";
    assert_eq!(text(vec![cut]), expected);
    let skipped = lost("/a.log", "skipped", 2000, 0);
    let expected =
        "🟠 logbell · web-1 · 2.0 kB of /a.log were left out, being older than “catch_up”";
    assert_eq!(text(vec![skipped]), expected);
    let kept = lost("/a.log", "event-gone", 0, 1);
    assert_eq!(text(vec![kept]), "🟠 logbell · web-1 · /a.log: lines may not have been matched");
}

#[test]
fn a_path_is_data_and_fits() {
    let hostile = format!("/<users/all>*_\u{202e}\n\u{1b}[2J&\"{}", "<".repeat(4000));
    let most = vec![lost(&hostile, "truncated", 1, 0); 10];
    let said = say_notice(&Notice { n_logs: 1, ..notice(most) });
    assert!(said.text.contains("10 B of /‹users/all›∗ˍ &"), "{}", said.text);
    assert!(!said.text.contains(['\u{202e}', '\n', '\u{1b}']), "{}", said.text);
}

#[test]
fn a_notice_keeps_its_id() {
    let id = |notice: &Notice, webhook: &str| {
        let message = formatter(settings()).notice(notice, &WebhookName(webhook.into()));
        assert_eq!((message.count, &*message.rule), (0, ""));
        message.id
    };
    let first = notice(vec![lost("/a.log", "truncated", 1, 0)]);
    let later = Notice { at: at(4), ..first.clone() };
    assert_eq!(id(&first, "a"), id(&first, "a"));
    assert_ne!(id(&first, "a"), id(&first, "b"));
    assert_ne!(id(&first, "a"), id(&later, "a"));
}

#[test]
fn bytes_are_told_in_their_greatest_unit() {
    let cases = [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (48_000_000, "48 MB"),
        (u64::MAX, "18446744 TB"),
    ];
    for (n, expected) in cases {
        assert_eq!(words::bytes(n), expected);
    }
}

#[test]
fn different_values_are_told_with_all_their_matches() {
    let reason = Reason::Distinct { count: 10, within: Duration::from_mins(5), of: "port".into() };
    let span = Span { first: at(-90), last: at(0) };
    let alert = Alert { count: 1204, reason, span, ..open(sample(b"connect to port 22")) };
    insta::assert_snapshot!(say(settings(), &alert).text, @"🔴 kernel-oom · web-1 · 1 204 matches in 1m30s, 10 different “port” within 5m: connect to port 22");
}

#[test]
fn what_did_not_end_is_told_with_its_time_and_what_began_it() {
    let reason = Reason::NoEnd { within: Duration::from_hours(1) };
    let alert = Alert { reason, ..open(sample(b"job 7 begins")) };
    insta::assert_snapshot!(say(settings(), &alert).text, @"🔴 kernel-oom · web-1 · no end within 1h: job 7 begins");
    let reason = Reason::AllEnded { after: Duration::from_mins(10) };
    let alert = Alert { kind: AlertKind::Resolved, count: 0, reason, ..alert };
    insta::assert_snapshot!(say(settings(), &alert).text, @"✅ kernel-oom · web-1 · nothing without an end for 10m (lasted 0ms, 1 match)");
}

#[test]
fn what_did_not_come_is_told_with_the_last_that_did() {
    let hours = Duration::from_hours;
    let absent = |lasted| Reason::Absent { after: hours(25), lasted };
    let alert = Alert { count: 0, total: 0, at: at(7), ..open(sample(b"backup done")) };
    let said = |kind, reason| {
        let alert = Alert { kind, reason, ..alert.clone() };
        let none = Alert { samples: Vec::new(), ..alert.clone() };
        format!("{}\n{}", say(settings(), &alert).text, say(settings(), &none).text)
    };
    insta::assert_snapshot!(said(AlertKind::Open, absent(hours(25))), @r"
    🔴 kernel-oom · web-1 · no match for 1d1h; the last: backup done
    🔴 kernel-oom · web-1 · no match for 1d1h
    ");
    insta::assert_snapshot!(said(AlertKind::Open, absent(hours(27))), @r"
    🔴 kernel-oom · web-1 · no match for 1d3h (it is to come within 1d1h); the last: backup done
    🔴 kernel-oom · web-1 · no match for 1d3h (it is to come within 1d1h)
    ");
    let title = Template::parse("No backup of {set}").unwrap();
    let group = GroupKey([("set".into(), "home".into())].into());
    let never = Alert { reason: absent(hours(25)), samples: Vec::new(), group, ..alert.clone() };
    let titled = FormatSettings { title: Some(title), ..settings() };
    insta::assert_snapshot!(say(titled, &never).text, @"🔴 No backup of home · web-1 · no match for 1d1h: set=home");
    insta::assert_snapshot!(said(AlertKind::Reminder, absent(hours(50))), @r"
    🔴 kernel-oom · web-1 · still no match, for 2d2h now; the last: backup done
    🔴 kernel-oom · web-1 · still no match, for 2d2h now
    ");
    insta::assert_snapshot!(said(AlertKind::Reminder, Reason::Forgotten { lasted: hours(175) }), @r"
    🔴 kernel-oom · web-1 · no match for 7d7h: not waited for any longer; the last: backup done
    🔴 kernel-oom · web-1 · no match for 7d7h: not waited for any longer
    ");
    insta::assert_snapshot!(said(AlertKind::Resolved, Reason::Back { after: hours(26) }), @r"
    ✅ kernel-oom · web-1 · back after 1d2h
    ✅ kernel-oom · web-1 · back after 1d2h
    ");
    let card = say(settings(), &Alert { reason: absent(hours(25)), ..alert.clone() }).cards_v2;
    let card = serde_json::to_string(&card).unwrap();
    assert!(card.contains("12:00:00  backup done"), "{card}");
}

#[test]
fn a_log_that_hides_what_is_absent_is_named() {
    let (path, why) = (Path::new("/var/log/*app*.log").into(), "there is no such file".into());
    let reason = Reason::Blind { path, why };
    let alert = Alert { count: 0, reason, samples: Vec::new(), ..open(sample(b"")) };
    insta::assert_snapshot!(say(settings(), &alert).text, @"🔴 kernel-oom · web-1 · cannot tell whether anything is absent: /var/log/∗app∗.log: there is no such file");
    let reason = Reason::Sighted { after: Duration::from_mins(7) };
    let alert = Alert { kind: AlertKind::Resolved, reason, ..alert };
    insta::assert_snapshot!(say(settings(), &alert).text, @"✅ kernel-oom · web-1 · its logs can be read again, after 7m");
}

#[test]
fn what_is_unusual_is_told_beside_what_is_usual() {
    let within = Duration::from_mins(5);
    let unusual = |count, usual| Reason::Unusual { count, usual, within };
    let said = |kind, count, reason| {
        say(settings(), &Alert { kind, count, reason, ..open(sample(b"GET / 500")) }).text
    };
    insta::assert_snapshot!(said(AlertKind::Open, 412, unusual(412, 38_200)), @"🔴 kernel-oom · web-1 · 412 matches within 5m, 38 are usual (10.8×): GET / 500");
    insta::assert_snapshot!(said(AlertKind::Open, 30, unusual(30, 0)), @"🔴 kernel-oom · web-1 · 30 matches within 5m, none are usual: GET / 500");
    insta::assert_snapshot!(said(AlertKind::Open, 30, unusual(30, 250)), @"🔴 kernel-oom · web-1 · 30 matches within 5m, 0.25 are usual (120×): GET / 500");
    insta::assert_snapshot!(said(AlertKind::Open, 0, unusual(1, 120_000)), @"🔴 kernel-oom · web-1 · 1 match within 5m, 120 are usual (0.01×); the last: GET / 500");
    insta::assert_snapshot!(said(AlertKind::Reminder, 0, unusual(0, 120_000)), @"🔴 kernel-oom · web-1 · still no matches within 5m, 120 are usual; the last before: GET / 500");
    let after = Duration::from_mins(10);
    insta::assert_snapshot!(said(AlertKind::Resolved, 0, Reason::AsUsual { after }), @"✅ kernel-oom · web-1 · nothing unusual for 10m (lasted 0ms, 1 match)");
    let new = |usual| Reason::NewNormal { usual, within };
    insta::assert_snapshot!(said(AlertKind::Resolved, 0, new(Some(400_000))), @"✅ kernel-oom · web-1 · 400 within 5m are usual now (lasted 0ms, 1 match)");
    insta::assert_snapshot!(said(AlertKind::Resolved, 0, new(None)), @"✅ kernel-oom · web-1 · that is usual now (lasted 0ms, 1 match)");
}

#[test]
fn what_is_new_is_told_with_how_many_are_known() {
    let said = |value: &str, known, is_full| {
        let reason = Reason::New { of: "user".into(), known, is_full };
        let group = GroupKey([("host".into(), "db".into()), ("user".into(), value.into())].into());
        say(settings(), &Alert { group, reason, ..open(sample(b"login of mallory")) }).text
    };
    insta::assert_snapshot!(said("mallory", 1041, false), @"🔴 kernel-oom · web-1 · new user: “mallory” (1 041 known): login of mallory");
    insta::assert_snapshot!(said("mallory", 0, false), @"🔴 kernel-oom · web-1 · new user: “mallory” (the first): login of mallory");
    insta::assert_snapshot!(said("<ip> *x*", 99_999, true), @"🔴 kernel-oom · web-1 · new user: “‹ip› ∗x∗” (99 999 known, which is the most: the oldest are forgotten): login of mallory");
}

#[test]
fn what_was_held_back_is_told_with_what_held_it_and_how_long() {
    use crate::flow::{Crowd, Gate, HeldBy, MuteId};
    let held = |gate| Some(HeldBy { gate, lasted: Duration::from_hours(2) });
    let mute = held(Gate::Mute(MuteId(1)));
    let opened = Alert { count: 1203, total: 1203, held: mute.clone(), ..open(sample(b"GET /")) };
    insta::assert_snapshot!(say(settings(), &opened).text, @"🔴 kernel-oom · web-1 · was muted 2h: 1 203 matches: GET /");
    let gate = Gate::Inhibited { by: "db-down".into(), shared: GroupKey::default() };
    let more = Alert { held: held(gate), ..summary(7) };
    insta::assert_snapshot!(say(settings(), &more).text, @"🔴 kernel-oom · web-1 · 7 more in 4m59s (held back 2h behind db-down): line 9");
    let (after, lasted) = (Duration::from_hours(1), Duration::from_hours(3));
    let reason = Reason::Absent { after, lasted };
    let absent = Alert { count: 0, total: 0, reason, held: mute, ..open(sample(b"backup done")) };
    insta::assert_snapshot!(say(settings(), &absent).text, @"🔴 kernel-oom · web-1 · no match for 3h (it is to come within 1h); the last (was muted 2h): backup done");
    let digest = Alert {
        kind: AlertKind::Digest,
        reason: Reason::GateOpened,
        held: held(Gate::Hours),
        crowd: Some(Crowd { distinct: 3, top: Vec::new() }),
        ..opened
    };
    insta::assert_snapshot!(say(settings(), &digest).text, @"🔴 kernel-oom · web-1 · outside hours, for 2h: 1 203 matches in 3 groups: GET /");
    let reason = Reason::Escalated { after: Duration::from_mins(30) };
    let kind = AlertKind::Reminder;
    let escalated = Alert { kind, reason, count: 0, held: None, crowd: None, ..digest };
    insta::assert_snapshot!(say(settings(), &escalated).text, @"🔴 kernel-oom · web-1 · still open after 30m (1 203 matches so far): GET /");
}

#[test]
fn what_is_told_together_says_of_how_many_and_what_they_are() {
    let key = |user: &str| GroupKey(vec![("user".into(), user.into())].into());
    let crowd = |counts: [u64; 2]| Crowd {
        distinct: 37,
        top: vec![(key("ann"), counts[0]), (key("bob"), counts[1])],
    };
    let digest = |reason, count: u64| Alert {
        kind: AlertKind::Digest,
        reason,
        count,
        total: if count > 0 { 88_000 } else { 0 },
        crowd: Some(crowd(if count > 0 { [40, 7] } else { [0, 0] })),
        samples: if count > 0 { vec![Arc::new(sample(b"GET /"))] } else { Vec::new() },
        ..open(sample(b""))
    };
    let began = Reason::Storm { max_open: 5, over: 0 };
    let goes_on = Reason::Storm { max_open: 5, over: 12 };
    let lasted = Duration::from_mins(9);
    let over = Reason::StormOver { lasted, groups: 1204, over: 30 };
    let after = Reason::AfterStorm { over: 2 };
    let crowds = |crowds: &Crowds| FormatSettings { crowds: crowds.clone(), ..settings() };
    let told = |of: &Crowds, reason: &Reason, count| {
        say(crowds(of), &digest(reason.clone(), count)).text.replace("🔴 kernel-oom · web-1 · ", "")
    };
    let groups = Crowds::Groups;
    insta::assert_snapshot!(told(&groups, &began, 1204), @"storm, more than 5 opens a minute: 1 204 matches in 37 groups: GET /");
    insta::assert_snapshot!(told(&groups, &goes_on, 1204), @"storm, more than 5 opens a minute: 1 204 matches in 37 groups; 12 are over by now: GET /");
    insta::assert_snapshot!(told(&groups, &over, 1204), @"storm over: 9m, 1 204 groups, 88 000 matches; 30 are over by now: GET /");
    insta::assert_snapshot!(told(&groups, &after, 3), @"after the storm: 3 more matches in 37 groups; 2 are over by now: GET /");
    insta::assert_snapshot!(told(&groups, &after, 0), @"after the storm: 2 are over");
    let new = Crowds::New("user".into());
    insta::assert_snapshot!(told(&new, &began, 37), @"storm, more than 5 opens a minute: 37 new users: GET /");
    insta::assert_snapshot!(told(&new, &began, 38), @"storm, more than 5 opens a minute: 38 matches of 37 new users: GET /");
    insta::assert_snapshot!(told(&new, &over, 37), @"storm over: 9m, 1 204 new users, 88 000 matches; 30 are over by now: GET /");
    insta::assert_snapshot!(told(&Crowds::New("src_ip".into()), &began, 37), @"storm, more than 5 opens a minute: 37 new values of “src_ip”: GET /");
    insta::assert_snapshot!(told(&Crowds::New("pattern".into()), &began, 37), @"storm, more than 5 opens a minute: 37 new patterns: GET /");
    let silent = Crowds::Silent;
    insta::assert_snapshot!(told(&silent, &began, 0), @"storm, more than 5 opens a minute: 37 groups without a match");
    insta::assert_snapshot!(told(&silent, &over, 0), @"storm over: 9m, 1 204 groups without a match; 30 are over by now");
    // Nothing came, so that there is nothing to count.
    let card = format!("{:?}", say(crowds(&silent), &digest(began.clone(), 0)).cards_v2);
    assert!(card.contains("among them") && !card.contains('×'), "{card}");
    let card = format!("{:?}", say(crowds(&groups), &digest(began, 1204)).cards_v2);
    assert!(card.contains("commonest of about 37") && card.contains("40 × ann"), "{card}");
}

#[test]
fn what_has_no_line_is_named_by_its_group() {
    let group = GroupKey(vec![("host".into(), "db-1".into())].into());
    let after = Duration::from_secs(20);
    let reason = Reason::Absent { after, lasted: after };
    let alert = Alert { group, reason, count: 0, samples: Vec::new(), ..open(sample(b"")) };
    let text = say(settings(), &alert).text;
    insta::assert_snapshot!(text, @"🔴 kernel-oom · web-1 · no match for 20s: host=db-1");
}

#[test]
fn a_stamp_that_does_not_count_is_shown_where_it_differs() {
    let stamped = |off: i64| Sample { written: Some(at(off)), ..sample(b"refused") };
    let shown = |off: i64| {
        let card = format!("{:?}", say(settings(), &open(stamped(off))).cards_v2);
        card.contains("stamped").then_some(card)
    };
    assert_eq!((shown(-5), shown(5)), (None, None), "nearly the same");
    assert!(shown(-7200).unwrap().contains("10:00:00, 2h before it came"));
    assert!(shown(400).unwrap().contains("12:06:40, 6m40s ahead of when it came"));
    let samples = (0..2).map(|_| Arc::new(stamped(-7200))).collect();
    let alert = Alert { samples, count: 2, ..open(sample(b"")) };
    let card = format!("{:?}", say(settings(), &alert).cards_v2);
    assert!(card.contains("12:00:00 (stamped 10:00:00)  refused"), "{card}");
}

#[test]
fn what_is_kept_of_a_message_is_small_whatever_it_was_made_of() {
    let long = |n: usize| Bytes::from("ß\u{7}".repeat(n).as_str());
    let captures = (0..100).map(|i| (format!("name{i}").into(), long(Sample::MAX_CAPTURE)));
    let path = format!("/{}", "x/".repeat(2000));
    let own = Sample {
        captures: captures.collect(),
        path: Path::new(&path).into(),
        before: vec![long(Sample::MAX_CONTEXT); 50],
        reading: Some(Reading { message: long(2048), fields: long(2048) }),
        ..sample(&"ß\"".repeat(4096).into_bytes())
    };
    let samples = (0..4).map(|_| Arc::new(own.clone())).collect();
    let alert = Alert { samples, count: 4, ..open(sample(b"")) };
    let message = formatter(settings()).message(&alert, &WebhookName("oncall".into()));
    let grounds = message.grounds.unwrap();
    assert_eq!((grounds.samples.len(), grounds.samples[0].captures.len()), (4, 16));
    assert!(grounds.samples.iter().all(|own| own.before.is_empty()));
    let size = serde_json::to_string(&*grounds).unwrap().len();
    assert!(size < 80 << 10, "{size}");
}
