use serde_json::{Value, json};

use super::*;

fn check(message: Value, expected: &str) {
    let message: Message = serde_json::from_value(message).unwrap();
    let found = super::check(&message).err().map(|v| v.to_string()).unwrap_or_default();
    assert_eq!(found, expected);
}

fn card(card: &Value) -> Value {
    json!({ "text": "a", "cardsV2": [{ "card": card }] })
}

fn widget(widget: &Value) -> Value {
    card(&json!({ "sections": [{ "widgets": [widget] }] }))
}

#[test]
fn a_message_has_to_say_something() {
    check(json!({}), "`message` is empty");
    check(json!({ "text": " \n" }), "`message` is empty");
    check(json!({ "text": "a" }), "");
}

#[test]
fn sizes_are_held() {
    check(json!({ "text": "é".repeat(4096) }), "");
    check(json!({ "text": "é".repeat(4097) }), "`text` has 4097 characters, and 4096 is the limit");
    let key = |len| json!({ "text": "a", "thread": { "threadKey": "k".repeat(len) } });
    check(key(4000), "");
    check(key(4001), "`thread.threadKey` has 4001 characters, and 4000 is the limit");
    check(key(0), "`thread.threadKey` is empty");
    let long = "x".repeat(31_924);
    check(
        widget(&json!({ "textParagraph": { "text": long } })),
        "`message` has 32016 bytes, and 32000 is the limit",
    );
}

#[test]
fn a_card_has_a_title_sections_and_widgets() {
    let paragraph = json!({ "textParagraph": { "text": "t" } });
    let sections = json!([{ "widgets": [paragraph] }]);
    check(card(&json!({ "sections": sections })), "");
    check(card(&json!({ "sections": [] })), "`cardsV2[0].card.sections` is empty");
    check(
        card(&json!({ "header": { "title": "" }, "sections": sections })),
        "`cardsV2[0].card.header.title` is empty",
    );
    check(
        card(&json!({ "sections": [{ "widgets": [] }] })),
        "`cardsV2[0].card.sections[0].widgets` is empty",
    );
    check(
        card(&json!({ "sections": [{ "widgets": vec![paragraph; 101] }] })),
        "`cardsV2[0].card` has 101 widgets, and 100 is the limit",
    );
}

#[test]
fn widgets_are_looked_into() {
    const AT: &str = "cardsV2[0].card.sections[0].widgets[0]";
    check(
        widget(&json!({ "textParagraph": { "text": "" } })),
        &format!("`{AT}.textParagraph.text` is empty"),
    );
    check(
        widget(&json!({ "image": { "imageUrl": "http://example.com/a.png" } })),
        &format!("`{AT}.image.imageUrl` is not an absolute `https` address"),
    );
    check(
        widget(&json!({ "decoratedText": { "text": "t", "startIcon": {} } })),
        &format!(
            "`{AT}.decoratedText.startIcon` needs exactly one of `knownIcon`, `materialIcon` and \
             `iconUrl`"
        ),
    );
    let columns = json!({ "columns": { "columnItems": [{ "widgets": [
        { "columns": { "columnItems": [] } } ] }] } });
    check(
        widget(&columns),
        &format!("`{AT}.columns.columnItems[0].widgets` must not stand in a column"),
    );
}

#[test]
fn a_button_opens_an_absolute_address() {
    let button = |url: &str| {
        widget(&json!({ "buttonList": { "buttons": [
            { "text": "Runbook", "onClick": { "openLink": { "url": url } } } ] } }))
    };
    check(button("https://example.com/runbook?a=b"), "");
    check(button("http://10.0.0.1/"), "");
    for url in ["", "/runbook", "example.com", "ftp://example.com", "javascript:alert(1)"] {
        check(
            button(url),
            "`cardsV2[0].card.sections[0].widgets[0].buttonList.buttons[0].onClick.openLink.url` \
             is not an absolute `http` or `https` address",
        );
    }
}

#[test]
fn cards_have_ids_of_their_own() {
    let one = json!({ "cardId": "a", "card": { "sections": [
        { "widgets": [{ "divider": {} }] } ] } });
    check(json!({ "cardsV2": [one, one] }), "`cardsV2[1].cardId` is another card's id too");
}

#[test]
fn mentions_are_found_in_the_text() {
    let mentions = |text: &str| super::mentions(&Message::text(text));
    assert_eq!(mentions("<users/all> see <users/123>, not <users/"), ["users/all", "users/123"]);
    assert_eq!(mentions("‹users/all› and users/all"), Vec::<String>::new());
}
