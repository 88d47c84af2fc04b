use super::*;

const CHAT: &str = "https://chat.googleapis.com/v1/spaces/AAA/messages?key=K3Y&token=T0K%3D";

fn check(text: &str, expected: Result<&str, WebhookError>) {
    let space = WebhookUrl::parse(text).map(|url| url.space());
    assert_eq!(space, expected.map(str::to_owned), "{text}");
}

#[test]
fn an_address_names_its_space() {
    check(CHAT, Ok("chat.googleapis.com/spaces/AAA"));
    check(&format!(" {CHAT}\n"), Ok("chat.googleapis.com/spaces/AAA"));
    check("http://127.0.0.1:9601/v1/spaces/room/messages", Ok("127.0.0.1/spaces/room"));
    check("http://[::1]:1/hook/", Ok("[::1]/spaces/hook"));
    check("http://localhost/", Ok("localhost/spaces/"));
}

#[test]
fn what_is_no_webhook_is_refused() {
    check("  ", Err(WebhookError::Empty));
    check("chat.googleapis.com/v1/spaces/AAA/messages", Err(WebhookError::NotAUrl));
    check("ftp://chat.googleapis.com/v1/spaces/AAA/messages", Err(WebhookError::NotAUrl));
    check(&CHAT.replace("https", "http"), Err(WebhookError::Insecure));
    check(&CHAT.replace("/messages", ""), Err(WebhookError::NotASpace));
    check(&CHAT.replace("AAA", ""), Err(WebhookError::NotASpace));
    check(&CHAT.replace("K3Y", ""), Err(WebhookError::NoToken));
    check(&CHAT.replace("token", "tokens"), Err(WebhookError::NoToken));
}

#[test]
fn only_the_one_who_sends_sees_the_secret() {
    let url = WebhookUrl::parse(&format!("{CHAT}#top")).unwrap();
    let shown = "chat.googleapis.com/spaces/AAA/messages?key=…&token=…";
    assert_eq!(url.to_string(), shown);
    assert_eq!(format!("{url:?}"), format!("WebhookUrl({shown})"));
    assert_eq!(url.expose(), CHAT);
}

#[test]
fn what_a_peer_says_is_cleared_of_the_secret() {
    let url = WebhookUrl::parse(CHAT).unwrap();
    assert_eq!(url.conceal(CHAT), CHAT.replace("K3Y", "…").replace("T0K%3D", "…"));
    assert_eq!(url.conceal("T0K= T0K%3D \"K3Y\""), "… … \"…\"");
    assert_eq!(url.conceal("a monkey=b's \"token=c\""), "a monkey=… \"token=…\"");
    assert_eq!(url.conceal("plain"), "plain");
}
