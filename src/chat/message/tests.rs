use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn a_card_reads_as_chat_documents_it() {
    let message = Message {
        cards_v2: vec![CardWithId {
            card_id: "alert".into(),
            card: Card {
                header: Some(CardHeader { title: "5xx".into(), ..CardHeader::default() }),
                sections: vec![Section {
                    widgets: vec![
                        Widget::DecoratedText(Box::new(DecoratedText {
                            top_label: Some("host".into()),
                            text: "web-1".into(),
                            wrap_text: Some(true),
                            ..DecoratedText::default()
                        })),
                        Widget::Divider(Divider {}),
                    ],
                    ..Section::default()
                }],
            },
        }],
        thread: Some(Thread { thread_key: Some("k".into()), name: None }),
        markup_syntax: Some(MarkupSyntax::Chat),
        ..Message::text("5xx on web-1")
    };
    let written = json!({
        "text": "5xx on web-1",
        "cardsV2": [{ "cardId": "alert", "card": {
            "header": { "title": "5xx" },
            "sections": [{ "widgets": [
                { "decoratedText": { "topLabel": "host", "text": "web-1", "wrapText": true } },
                { "divider": {} },
            ] }],
        } }],
        "thread": { "threadKey": "k" },
        "markupSyntax": "MARKUP_SYNTAX_CHAT",
    });
    assert_eq!(serde_json::to_value(&message).unwrap(), written);
    assert_eq!(serde_json::from_value::<Message>(written).unwrap(), message);
}

#[test]
fn valid_fields_that_we_do_not_send_are_read_too() {
    let written = json!({ "cardsV2": [{ "card": { "sections": [{
        "header": "More", "collapsible": true, "uncollapsibleWidgetsCount": 1,
        "widgets": [
            { "image": { "imageUrl": "https://example.com/a.png", "altText": "a" } },
            { "grid": { "title": "g", "items": [{ "title": "one" }] } },
            { "columns": { "columnItems": [{ "widgets": [{ "textParagraph": { "text": "t" } }] }] } },
            { "decoratedText": { "startIcon": { "materialIcon": { "name": "bolt", "fill": true } },
                                 "text": "t", "bottomLabel": "b" } },
        ],
    }] } }] });
    let message: Message = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), written);
}

#[test]
fn unknown_fields_are_refused_at_every_depth() {
    for written in [
        json!({ "txt": "a" }),
        json!({ "text": "a", "thread": { "key": "k" } }),
        json!({ "cardsV2": [{ "card": { "sections": [{ "widgets": [{ "paragraph": {} }] }] } }] }),
        json!({ "cardsV2": [{ "card": { "header": { "title": "t", "icon": "i" } } }] }),
    ] {
        assert!(serde_json::from_value::<Message>(written.clone()).is_err(), "{written}");
    }
}

#[test]
fn plain_keeps_the_text_and_drops_the_rest() {
    let message = Message {
        cards_v2: vec![CardWithId::default()],
        thread: Some(Thread::default()),
        markup_syntax: Some(MarkupSyntax::Markdown),
        ..Message::text("5xx on web-1")
    };
    assert_eq!(message.plain(), Message::text("5xx on web-1"));
    assert_eq!(message.without_thread(), Message { thread: None, ..message });
}

#[test]
fn plain_of_a_card_is_its_title_and_never_empty() {
    let header = Some(CardHeader { title: "5xx".into(), ..CardHeader::default() });
    let card = CardWithId { card: Card { header, sections: vec![] }, ..CardWithId::default() };
    let message = Message { cards_v2: vec![card], ..Message::default() };
    assert_eq!(message.plain(), Message::text("5xx"));
    assert_eq!(Message::default().plain(), Message::text("(no text)"));
}

#[test]
fn plain_is_short_and_leaves_nothing_open() {
    let check = |text: String, end: &str| {
        let plain = Message::text(text).plain().text;
        assert!(plain.chars().count() <= limits::PLAIN_CHARS, "{plain}");
        assert!(plain.ends_with(end), "{plain}");
    };
    check("é".repeat(500), "éé…");
    check(format!("title\n```{}", "x".repeat(500)), "xx…\n```");
    check(format!("{}<https://example.com/{}|a>", "x".repeat(300), "y".repeat(300)), "xx…");
}

proptest! {
    #[test]
    fn plain_is_always_acceptable(text in "\\PC{0,600}", fallback in proptest::option::of(".*")) {
        let message = Message { fallback_text: fallback, ..Message::text(text) };
        prop_assert_eq!(limits::check(&message.plain()), Ok(()));
        prop_assert!(message.plain().text.chars().count() <= limits::PLAIN_CHARS);
    }
}
