use super::*;

fn webhook() -> WebhookUrl {
    WebhookUrl::parse("https://chat.googleapis.com/v1/spaces/AAA/messages?key=K3Y&token=T0K%3D")
        .unwrap()
}

fn outcome(status: u16, body: &str) -> Outcome {
    let body = body.as_bytes().to_vec();
    Answer { status, retry_after: None, date: None, body }.outcome(&webhook())
}

fn wait(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let date = date.map(str::to_owned);
    let answer = Answer { status: 429, retry_after: Some(retry_after.into()), date, body: vec![] };
    match answer.outcome(&webhook()) {
        Outcome::Busy { after } => after,
        other => panic!("{other:?}"),
    }
}

fn said(body: &str) -> String {
    match outcome(400, body) {
        Outcome::Refused(refusal) => refusal.said,
        other => panic!("{other:?}"),
    }
}

#[test]
fn taken_whatever_the_body_says() {
    let thread = Some("spaces/AAA/threads/T".to_owned());
    let body = r#"{"name": "spaces/AAA/messages/M", "thread": {"name": "spaces/AAA/threads/T"}}"#;
    assert_eq!(outcome(200, body), Outcome::Delivered { thread });
    for body in ["", "<html>", "[]", r#"{"thread": 1}"#] {
        assert_eq!(outcome(200, body), Outcome::Delivered { thread: None }, "{body}");
    }
    assert_eq!(outcome(409, ""), Outcome::Delivered { thread: None });
}

#[test]
fn every_status_has_its_advice() {
    for (status, expected) in [
        (400, Advice::Simplify),
        (413, Advice::Simplify),
        (401, Advice::CheckWebhook),
        (403, Advice::CheckWebhook),
        (404, Advice::SpaceGone),
        (410, Advice::SpaceGone),
        (302, Advice::CheckAddress),
        (405, Advice::CheckAddress),
    ] {
        let refusal = Refusal { status, said: String::new(), advice: expected };
        assert_eq!(outcome(status, ""), Outcome::Refused(refusal));
    }
}

#[test]
fn what_may_have_been_posted_is_unclear() {
    let unclear = |what: &str| Outcome::Unclear { what: what.into() };
    assert_eq!(outcome(500, ""), unclear("answered 500"));
    assert_eq!(outcome(408, "<html>"), unclear("answered 408"));
    let body = r#"{"error": {"code": 503, "status": "UNAVAILABLE", "message": "later"}}"#;
    assert_eq!(outcome(503, body), unclear("answered 503: UNAVAILABLE: later"));
}

#[test]
fn an_error_is_read_with_and_without_its_wrapper() {
    let error = r#"{"code": 400, "status": "INVALID_ARGUMENT", "message": "bad\ncard"}"#;
    assert_eq!(said(error), "INVALID_ARGUMENT: bad card");
    assert_eq!(said(&format!(r#"{{"error": {error}}}"#)), "INVALID_ARGUMENT: bad card");
    assert_eq!(said(r#"{"error": "no"}"#), "");
}

#[test]
fn an_error_is_cut_and_never_tells_the_secret() {
    let echo = |message: &str| said(&serde_json::json!({ "message": message }).to_string());
    assert_eq!(echo(&"é".repeat(300)), "é".repeat(200));
    assert_eq!(echo("no token T0K= for K3Y"), "no token … for …");
    assert_eq!(
        echo("bad https://chat.googleapis.com/v1/spaces/AAA/messages?key=K3Y&token=T0K%3D here"),
        "bad https://chat.googleapis.com/v1/spaces/AAA/messages?key=…&token=… here"
    );
    // Another's secret, or ours in a form that we cannot know, is still a parameter of a URL.
    assert_eq!(echo("GET /?key=SZN5&token=VDBLPQ=="), "GET /?key=…&token=…");
    assert_eq!(echo(&format!("{}T0K%3D", "x".repeat(197))), format!("{}…", "x".repeat(197)));
}

#[test]
fn the_wait_is_seconds_or_a_date() {
    let date = Some("Mon, 23 Nov 2026 14:00:00 GMT");
    assert_eq!(wait("30", None), Some(Duration::from_secs(30)));
    assert_eq!(wait("Mon, 23 Nov 2026 14:01:00 GMT", date), Some(Duration::from_mins(1)));
    assert_eq!(wait("Mon, 23 Nov 2026 13:00:00 GMT", date), Some(Duration::ZERO));
    assert_eq!(wait("Mon, 23 Nov 2026 14:01:00 GMT", None), None);
    assert_eq!(wait("soon", date), None);
}
