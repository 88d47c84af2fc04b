use std::time::Instant;

use axum::http::Uri;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::flow::Timestamp;

use super::fault::FaultError;
use super::request::Raw;
use super::state::{Now, Reply, State};
use super::*;

const KEY: &str = "key=k&token=t";
const REPLY: &str = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD";
const ID: &str = "requestId=00000000-0000-8000-8000-000000000001";

/// A room without sockets, whose time is set by hand.
struct Quiet {
    state: State,
    began: Instant,
}

impl Quiet {
    fn new(pace: Option<Pace>, faults: Faults) -> Self {
        let state = State::new(pace::Pacer::new(pace), faults, fastrand::Rng::with_seed(1));
        Self { state, began: Instant::now() }
    }

    fn post_at(&mut self, millis: u64, path_and_query: &str, body: &str) -> Reply {
        let uri: Uri = path_and_query.parse().unwrap();
        let raw = Raw { uri: &uri, content_type: "application/json", body: body.as_bytes() };
        let since = Duration::from_millis(millis);
        let now = Now { instant: self.began + since, time: Timestamp::default() + since };
        self.state.on_post(raw, now).1
    }

    fn post(&mut self, query: &str, body: &str) -> Reply {
        self.post_at(0, &format!("/v1/spaces/ops/messages?{query}"), body)
    }
}

fn quiet() -> Quiet {
    Quiet::new(None, Faults::default())
}

fn check(query: &str, body: &str, expected: &str) {
    let reply = quiet().post(query, body);
    let error: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    let message = error["error"]["message"].as_str().unwrap_or_default();
    assert_eq!(format!("{} {message}", reply.status).trim(), expected);
}

/// The statuses that posts at these milliseconds are answered.
fn statuses(quiet: &mut Quiet, at: &[u64]) -> Vec<u16> {
    let path = format!("/v1/spaces/ops/messages?{KEY}");
    at.iter().map(|millis| quiet.post_at(*millis, &path, r#"{"text": "a"}"#).status).collect()
}

#[test]
fn what_chat_takes_is_taken() {
    check(KEY, r#"{"text": "a"}"#, "200");
    check(&format!("{KEY}&{ID}&{REPLY}&threadKey=k"), r#"{"text": "a"}"#, "200");
}

#[test]
fn what_chat_refuses_is_refused() {
    let text = r#"{"text": "a"}"#;
    check("token=t", text, "403 The request is missing a valid API key.");
    check("key=k&token=", text, "401 The request is missing a valid token.");
    check(KEY, "{}", "400 Invalid: `message` is empty.");
    check(
        KEY,
        "{\"text\": \"a\"} x",
        "400 Invalid JSON payload received: trailing characters at line 1 column 15.",
    );
    check(&format!("{KEY}&requestId=1"), text, "400 Invalid request_id: must be a UUID.");
    check(&format!("{KEY}&{REPLY}"), text, "400 messageReplyOption is set, but no thread is.");
    check(&format!("{KEY}&key=k"), text, "400 The parameter \"key\" is given twice.");
    check(&format!("{KEY}&thread=k"), text, "400 Unknown name \"thread\": Cannot bind query.");
}

#[test]
fn an_unknown_field_is_named_with_its_path() {
    check(
        KEY,
        r#"{"text": "a", "cardsV2": [{"card": {"header": {"titel": "t"}}}]}"#,
        "400 Invalid JSON payload received: unknown field `titel`, expected one of `title`, \
         `subtitle`, `imageUrl`, `imageType`, `imageAltText` at line 1 column 54, at \
         'message.cardsV2[0].card.header.titel'.",
    );
}

#[test]
fn only_the_messages_of_a_space_can_be_posted_to() {
    for path in ["/", "/v1/spaces/ops", "/v1/spaces//messages", "/x/v1/spaces/ops/messages"] {
        assert_eq!(quiet().post_at(0, path, r#"{"text": "a"}"#).status, 404, "{path}");
    }
}

#[test]
fn only_json_is_read() {
    let uri: Uri = format!("/v1/spaces/ops/messages?{KEY}").parse().unwrap();
    for (content_type, taken) in
        [("application/json; charset=UTF-8", true), ("text/plain", false), ("", false)]
    {
        let raw = Raw { uri: &uri, content_type, body: br#"{"text": "a"}"# };
        assert_eq!(raw.read().is_ok(), taken, "{content_type}");
    }
}

#[test]
fn a_thread_needs_its_key_and_the_option() {
    let mut quiet = quiet();
    let body = r#"{"text": "a", "thread": {"threadKey": "k"}}"#;
    for query in [&format!("{KEY}&{REPLY}"), &format!("{KEY}&{REPLY}"), KEY] {
        assert_eq!(quiet.post(query, body).status, 200);
    }
    let messages = quiet.state.messages();
    assert_eq!(messages[0].thread, messages[1].thread);
    assert_ne!(messages[0].thread, messages[2].thread, "Chat ignores the key without the option");
    let replies: Vec<bool> = messages.iter().map(|message| message.is_reply).collect();
    assert_eq!(replies, [false, true, false]);
}

#[test]
fn a_reply_or_nothing_needs_the_thread() {
    let mut quiet = quiet();
    let query = format!("{KEY}&messageReplyOption=REPLY_MESSAGE_OR_FAIL&threadKey=k");
    assert_eq!(quiet.post(&query, r#"{"text": "a"}"#).status, 404);
    assert_eq!(quiet.post(&format!("{KEY}&{REPLY}&threadKey=k"), r#"{"text": "a"}"#).status, 200);
    assert_eq!(quiet.post(&query, r#"{"text": "a"}"#).status, 200);
}

#[test]
fn a_repeat_returns_the_message_that_is_there() {
    let mut quiet = quiet();
    let query = format!("{KEY}&{ID}");
    let first = quiet.post(&query, r#"{"text": "first"}"#);
    assert_eq!(quiet.post(&query, r#"{"text": "second"}"#), first);
    let messages = quiet.state.messages();
    assert_eq!((messages.len(), messages[0].repeats), (1, 1));
    assert_eq!(messages[0].message.text, "first");
}

#[test]
fn a_space_takes_one_post_a_second() {
    let mut quiet = Quiet::new(Some(Pace::default()), Faults::default());
    let at = [0, 10, 800, 920, 1850, 2000, 2850, 2950];
    assert_eq!(statuses(&mut quiet, &at), [200, 429, 429, 200, 429, 200, 429, 200]);
    let other = format!("/v1/spaces/other/messages?{KEY}");
    assert_eq!(quiet.post_at(2950, &other, r#"{"text": "a"}"#).status, 200);
}

#[test]
fn faults_follow_one_another() {
    let fail = vec!["429:10s".parse().unwrap(), "503:500ms".parse().unwrap()];
    let mut quiet = Quiet::new(None, Faults { fail, ..Faults::default() });
    let at = [5_000, 14_999, 15_000, 15_499, 15_500];
    assert_eq!(statuses(&mut quiet, &at), [429, 429, 503, 503, 200]);
}

#[test]
fn a_fault_is_a_status_and_a_duration() {
    let check = |text: &str, expected: Result<Fault, FaultError>| {
        assert_eq!(text.parse::<Fault>(), expected);
    };
    check("503", Ok(Fault { status: 503, lasts: None }));
    check("429:2m", Ok(Fault { status: 429, lasts: Some(Duration::from_mins(2)) }));
    check("200", Err(FaultError::Status("200".into())));
    check("429:-1s", Err(FaultError::Duration("-1s".into())));
    check("429:soon", Err(FaultError::Duration("soon".into())));
    assert!("0.25".parse::<Probability>().is_ok());
    assert!("1.5".parse::<Probability>().is_err());
}

#[test]
fn the_oldest_are_forgotten() {
    let mut quiet = quiet();
    for _ in 0..=MAX_REMEMBERED {
        quiet.state.log(String::new(), 404, Timestamp::default());
    }
    assert_eq!(quiet.state.requests().len(), MAX_REMEMBERED);
}

#[tokio::test]
async fn waiting_ends_with_the_message() {
    let room = Room::start(RoomOptions::for_tests()).await.unwrap();
    let mut events = room.events();
    let url = room.webhook_url("ops");
    let post = async {
        // Waits first, as far as one can tell.
        tokio::task::yield_now().await;
        reqwest_post(&url, r#"{"text": "a"}"#).await
    };
    let (messages, status) = tokio::join!(room.wait_for(1, Duration::from_secs(10)), post);
    let messages = messages.unwrap();
    assert_eq!((messages.len(), status), (1, 200));
    assert_eq!(events.recv().await.unwrap(), Event::Taken(messages[0].clone()));
    assert!(room.wait_for(2, Duration::ZERO).await.is_err());
    room.close().await;
}

#[tokio::test]
async fn the_messages_can_be_fetched() {
    let room = Room::start(RoomOptions::for_tests()).await.unwrap();
    reqwest_post(&room.webhook_url("ops"), r#"{"text": "a"}"#).await;
    let fetched = http().get(format!("http://{}/messages", room.address())).send().await.unwrap();
    let fetched: serde_json::Value = fetched.json().await.unwrap();
    assert_eq!(fetched, serde_json::to_value(room.messages()).unwrap());
    assert_eq!(fetched[0]["message"]["text"], "a");
}

#[tokio::test]
async fn a_closed_room_closes_its_connections() {
    let room = Room::start(RoomOptions::for_tests()).await.unwrap();
    let mut stream = TcpStream::connect(room.address()).await.unwrap();
    room.close().await;
    let mut byte = [0];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut byte));
    let read = read.await.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn reqwest_post(url: &str, body: &str) -> u16 {
    let post = http().post(url).header("content-type", "application/json");
    post.body(body.to_owned()).send().await.unwrap().status().as_u16()
}
