use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::chat::room::{Fault, Faults, Probability, Room, RoomOptions};
use crate::flow::{Advice, Digest, Refusal};

use super::*;

const WAIT: Duration = Duration::from_secs(10);

fn id(n: u64) -> MessageId {
    MessageId::new(Digest::new("test").with_number(n))
}

fn client(timeout: Duration) -> Client {
    Client::new(ClientOptions { timeout, ..ClientOptions::default() }).unwrap()
}

async fn room(faults: Faults) -> (Room, WebhookUrl) {
    let room = Room::start(RoomOptions { faults, ..RoomOptions::for_tests() }).await.unwrap();
    let url = WebhookUrl::parse(&room.webhook_url("ops")).unwrap();
    (room, url)
}

/// Answers one request with `answer`, as it stands, and returns the request. Its connection is ended
/// but not closed: closing it before all was read would take the answer back.
async fn peer(answer: &'static str) -> (SocketAddr, JoinHandle<(String, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let n = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        (String::from_utf8_lossy(&request[..n]).into_owned(), stream)
    });
    (address, served)
}

#[tokio::test]
async fn a_message_is_delivered() {
    let (room, url) = room(Faults::default()).await;
    let outcome = client(WAIT).post(&url, id(1), r#"{"text": "5xx"}"#).await;
    let received = room.messages().remove(0);
    assert_eq!(outcome, Outcome::Delivered { thread: Some(received.thread) });
    assert_eq!(received.request_id, Some(id(1).to_string()));
    assert_eq!(received.message.text, "5xx");
}

#[tokio::test]
async fn messages_of_one_key_share_a_thread() {
    let (room, url) = room(Faults::default()).await;
    let client = client(WAIT);
    for n in 1..=2 {
        client.post(&url, id(n), r#"{"text": "a", "thread": {"threadKey": "k"}}"#).await;
    }
    let messages = room.messages();
    assert_eq!(messages[0].thread, messages[1].thread);
    assert_eq!([messages[0].is_reply, messages[1].is_reply], [false, true]);
}

#[tokio::test]
async fn a_lost_answer_and_a_retry_make_one_message() {
    let (room, url) = room(Faults { drop_answers: Probability::ALWAYS, ..Faults::default() }).await;
    let client = client(WAIT);
    let first = client.post(&url, id(1), r#"{"text": "a"}"#).await;
    assert!(
        matches!(&first, Outcome::Unclear { what } if what.starts_with("the connection broke"))
    );
    room.set_faults(Faults::default());
    let second = client.post(&url, id(1), r#"{"text": "a"}"#).await;
    let messages = room.messages();
    assert_eq!(second, Outcome::Delivered { thread: Some(messages[0].thread.clone()) });
    assert_eq!((messages.len(), messages[0].repeats), (1, 1));
}

#[tokio::test]
async fn a_late_answer_is_not_waited_for() {
    let (_room, url) = room(Faults { slow: WAIT, ..Faults::default() }).await;
    let outcome = client(Duration::from_millis(50)).post(&url, id(1), r#"{"text": "a"}"#).await;
    assert_eq!(outcome, Outcome::Unclear { what: "no answer within 50ms".into() });
}

#[tokio::test]
async fn a_busy_room_says_for_how_long() {
    let fail = vec![Fault { status: 429, lasts: None }];
    let after = Some(Duration::from_secs(7));
    let (_room, url) = room(Faults { fail, retry_after: after, ..Faults::default() }).await;
    let outcome = client(WAIT).post(&url, id(1), r#"{"text": "a"}"#).await;
    assert_eq!(outcome, Outcome::Busy { after });
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let (room, url) = room(Faults::default()).await;
    let client = client(WAIT);
    let outcome = client.post(&url, id(1), "{}").await;
    let said = "INVALID_ARGUMENT: Invalid: `message` is empty.".into();
    assert_eq!(outcome, Outcome::Refused(Refusal { status: 400, said, advice: Advice::Simplify }));

    let bare = room.webhook_url("ops").replace("key=room&", "");
    let outcome = client.post(&WebhookUrl::parse(&bare).unwrap(), id(1), r#"{"text": "a"}"#).await;
    let said = "PERMISSION_DENIED: The request is missing a valid API key.".into();
    let advice = Advice::CheckWebhook;
    assert_eq!(outcome, Outcome::Refused(Refusal { status: 403, said, advice }));
}

#[tokio::test]
async fn the_query_is_kept_byte_for_byte() {
    let (room, _) = room(Faults::default()).await;
    let query = "key=AIza-Sy_b~c&token=a%2Fb%3D%3d.%7E!*()";
    let url = format!("http://{}/v1/spaces/AAA/messages?{query}", room.address());
    let url = WebhookUrl::parse(&url).unwrap();
    let body = r#"{"text": "a", "thread": {"threadKey": "k"}}"#;
    client(WAIT).post(&url, id(1), body).await;
    let option = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD";
    let expected = format!("/v1/spaces/AAA/messages?{query}&requestId={}&{option}", id(1));
    assert_eq!(room.requests()[0].target, expected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (address, served) =
        peer("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
            .await;
    let url = WebhookUrl::parse(&format!("http://{address}/?key=K3Y")).unwrap();
    let outcome = client(WAIT).post(&url, id(1), "{}").await;
    let advice = Advice::CheckAddress;
    assert_eq!(outcome, Outcome::Refused(Refusal { status: 302, said: String::new(), advice }));
    let (request, _) = served.await.unwrap();
    assert!(request.contains("content-type: application/json; charset=UTF-8"), "{request}");
}

#[tokio::test]
async fn an_answer_without_its_end_counts_by_its_status() {
    let (address, _served) = peer("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{").await;
    let url = WebhookUrl::parse(&format!("http://{address}/")).unwrap();
    let outcome = client(WAIT).post(&url, id(1), "{}").await;
    assert_eq!(outcome, Outcome::Delivered { thread: None });
}

#[tokio::test]
async fn no_outcome_tells_the_secret() {
    let secret = "5ECRET";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    let (echoing, _served) = peer(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 43\r\n\r\n{\"message\": \"bad token 5ECRET, /?key=5ECRET\"}",
    )
    .await;
    let closed = SocketAddr::from(([127, 0, 0, 1], 1));
    for (address, timeout) in [(silent, Duration::from_millis(50)), (echoing, WAIT), (closed, WAIT)]
    {
        let client = client(timeout);
        let url = format!("http://{address}/v1/spaces/A/messages?key={secret}&token={secret}");
        let url = WebhookUrl::parse(&url).unwrap();
        let outcome = client.post(&url, id(1), r#"{"text": "a"}"#).await;
        assert!(!format!("{outcome:?}{url:?}{url}{client:?}").contains(secret), "{outcome:?}");
    }
}

#[tokio::test]
async fn another_host_is_reached_through_the_proxy() {
    let (address, served) = peer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    let proxy = Some(format!("http://{address}").into());
    let client = Client::new(ClientOptions { proxy, ..ClientOptions::default() }).unwrap();
    let url = "https://chat.example/v1/spaces/A/messages?key=5ECRET&token=5ECRET";
    let outcome = client.post(&WebhookUrl::parse(url).unwrap(), id(1), "{}").await;
    assert!(matches!(outcome, Outcome::Unclear { .. }), "{outcome:?}");
    let (request, _) = served.await.unwrap();
    assert!(request.starts_with("CONNECT chat.example:443 HTTP/1.1\r\n"), "{request}");
    assert!(!request.contains("5ECRET"), "{request}");
}

#[tokio::test]
async fn this_host_is_never_reached_through_a_proxy() {
    let (_room, url) = room(Faults::default()).await;
    // Nothing listens there.
    let proxy = Some("http://127.0.0.1:1".into());
    let client = Client::new(ClientOptions { proxy, ..ClientOptions::default() }).unwrap();
    let outcome = client.post(&url, id(1), r#"{"text": "a"}"#).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
}

#[test]
fn bundled_certificates_do_where_the_host_has_none() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder(&ClientOptions::default(), Roots::Bundled, &[]).build().unwrap();
}

#[test]
fn certificates_that_are_none_are_refused() {
    let ca = Some(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_vec());
    let error = Client::new(ClientOptions { ca, ..ClientOptions::default() }).unwrap_err();
    assert!(matches!(error, ClientError::Certificates(_)), "{error}");
}

#[test]
fn a_proxy_that_is_none_is_refused_and_not_quoted() {
    let proxy = Some("http://user:5ECRET@:::/".into());
    let options = ClientOptions { proxy, ..ClientOptions::default() };
    assert!(!format!("{options:?}").contains("5ECRET"));
    let error = Client::new(options).unwrap_err();
    assert!(matches!(error, ClientError::Proxy), "{error}");
    assert!(!format!("{error:?} {error}").contains("5ECRET"));
}
