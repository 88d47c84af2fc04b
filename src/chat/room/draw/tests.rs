use proptest::prelude::*;
use serde_json::{Value, json};

use crate::flow::Timestamp;

use super::*;

fn received(message: Value) -> Received {
    Received {
        space: "room".into(),
        name: "spaces/room/messages/m1".into(),
        thread: "spaces/room/threads/3fa2b1".into(),
        is_reply: false,
        request_id: None,
        at: Timestamp::from_millis(1_795_442_399_000),
        repeats: 0,
        message: serde_json::from_value(message).unwrap(),
    }
}

fn drawn(message: Value) -> String {
    draw(&received(message), &DrawOptions { width: 44, ..DrawOptions::default() })
}

fn alert() -> Value {
    json!({
        "text": "*5xx on web-1* 14 in 5 minutes",
        "cardsV2": [{ "card": {
            "header": { "title": "5xx on web-1", "subtitle": "open · error" },
            "sections": [
                { "widgets": [
                    { "decoratedText": { "topLabel": "file", "text": "/var/log/nginx/access.log" } },
                    { "decoratedText": { "topLabel": "cut", "text": "one line only, as it is too long for a line" } },
                    { "textParagraph": { "text": "<b>first</b><br><code>GET /a &lt;b&gt; 502 upstream timed out</code>" } },
                ] },
                { "header": "Do", "widgets": [{ "buttonList": { "buttons": [
                    { "text": "Runbook", "onClick": { "openLink": { "url": "https://example.com/r" } } },
                ] } }] },
            ],
        } }],
    })
}

#[test]
fn a_card_stands_in_a_box() {
    insta::assert_snapshot!(drawn(alert()), @r"
    ╭─ room · 13:59:59 · thread 3fa2b1 ────────╮
    │ *5xx on web-1* 14 in 5 minutes           │
    ├──────────────────────────────────────────┤
    │ 5xx on web-1                             │
    │ open · error                             │
    ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
    │ file                                     │
    │ /var/log/nginx/access.log                │
    │ cut                                      │
    │ one line only, as it is too long for a … │
    │ first                                    │
    │ GET /a <b> 502 upstream timed out        │
    ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
    │ Do                                       │
    │ [ Runbook ] https://example.com/r        │
    ╰──────────────────────────────────────────╯
    ");
}

#[test]
fn a_reply_stands_in() {
    let reply = Received { is_reply: true, ..received(json!({ "text": "resolved" })) };
    let options = DrawOptions { width: 44, ..DrawOptions::default() };
    insta::assert_snapshot!(draw(&reply, &options), @r"
      ↳ ╭─ room · 13:59:59 · thread 3fa2b1 ────╮
        │ resolved                             │
        ╰──────────────────────────────────────╯
    ");
}

#[test]
fn every_line_is_as_wide_as_the_terminal() {
    let check = |text: &str| {
        for line in drawn(json!({ "text": text })).lines() {
            assert_eq!(width(&styled(line, PLAIN)), 44, "{line}");
        }
    };
    check("short");
    check(&"word ".repeat(40));
    check(&"x".repeat(200));
    check(&"日本語".repeat(30));
    check(&format!("    indented {}", "y".repeat(60)));
    check("a\n\n\tb");
}

#[test]
fn nothing_of_a_message_controls_the_terminal() {
    let text = "\u{1b}[31mred\u{7}\r\u{9b}2J\u{202e}txt\u{7f}";
    let html = "&#27;[2J &#x202e; <script>";
    let message = json!({ "text": text, "cardsV2": [{ "card": { "sections": [
        { "widgets": [{ "textParagraph": { "text": html } }] } ] } }] });
    for color in [false, true] {
        let options = DrawOptions { color, ..DrawOptions::default() };
        let drawn = draw(&received(message.clone()), &options);
        // Our own styles are all that is left, and they end in `m`.
        let bare = drawn.replace("\u{1b}[2m", "").replace("\u{1b}[0m", "");
        assert!(bare.chars().all(|c| c == '\n' || !c.is_control()), "{bare:?}");
        assert!(!bare.contains('\u{202e}'), "{bare:?}");
        assert!(bare.contains("␛[31mred␇␍\\u{9b}2J\\u{202e}txt␡"), "{bare:?}");
        assert!(bare.contains("␛[2J \\u{202e} <script>"), "{bare:?}");
    }
}

#[test]
fn card_text_is_styled() {
    let check = |html: &str, expected: &str| assert_eq!(paint(&markup(html)), expected);
    check("a <b>b</b> c", "a \u{1b}[1mb\u{1b}[0m c");
    check("<B>a<i>b</i></B>", "\u{1b}[1ma\u{1b}[0m\u{1b}[1m\u{1b}[3mb\u{1b}[0m");
    check("a<br/>b<br>c", "a\nb\nc");
    check("<ul><li>a</li><li>b</li></ul>c", "• a\n• b\nc");
    check("<font color=\"#f00\">a</font>", "a");
    check("&amp;lt; &quot;&#39; &bogus; & &", "&lt; \"' &bogus; & &");
    check("<a href=\"https://a.b\">c</a>", "\u{1b}[4mc\u{1b}[0m (https://a.b)");
    check("</b> < 1 <unknown>", "</b> < 1 <unknown>");
}

proptest! {
    #[test]
    fn any_message_is_drawn_in_its_box(
        text in any::<String>(),
        html in "(<|>|&|;|#|/|b|br|li|pre|a href=\"|\"| |x|é|日|\\n|\\x1b){0,60}",
        width in 0_usize..60,
    ) {
        let message = json!({ "text": text, "cardsV2": [{ "card": { "sections": [
            { "header": html, "widgets": [
                { "textParagraph": { "text": html } },
                { "decoratedText": { "text": html, "topLabel": text } },
            ] } ] } }] });
        let drawn = draw(&received(message), &DrawOptions { width, ..DrawOptions::default() });
        for line in drawn.lines() {
            prop_assert!(line.starts_with(['╭', '│', '├', '╰']), "{}", drawn);
            prop_assert!(line.ends_with(['╮', '│', '┤', '╯']), "{}", drawn);
            prop_assert!(!line.chars().any(char::is_control), "{}", drawn);
        }
    }
}
