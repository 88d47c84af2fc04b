//! The room's HTTP side: connections, requests, answers, and answers that are dropped.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use crate::flow::Timestamp;

use super::request::{Problem, Raw};
use super::state::{Event, Now, State};

/// Connections at a time; further ones wait.
const MAX_CONNECTIONS: usize = 256;

/// Bytes of a body. Far above what Chat takes, so that what is too long is told by how much.
const MAX_BODY: usize = 1024 * 1024;

/// What the room and its connections share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// What happens, for those who watch.
    pub(super) events: broadcast::Sender<Event>,
    /// Messages taken so far.
    pub(super) n_taken: watch::Sender<usize>,
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the answer is dropped on demand")]
struct Dropped;

impl Shared {
    pub(super) fn new(state: State, events: broadcast::Sender<Event>) -> Self {
        Self { state: Mutex::new(state), events, n_taken: watch::Sender::new(0) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the room's state")
    }
}

/// Takes in connections for good. Dropping it closes them all.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shared)));
                }
                // Out of file descriptors, most likely: some will be free again.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| answer(request, Arc::clone(&shared)));
    // It ends with an error where the sender hangs up and where an answer is dropped. Neither is
    // the room's fault, and the request is in its log.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/messages") => {
            let messages = serde_json::to_string(shared.state().messages());
            Ok(respond(200, messages.expect("strings and lists are JSON"), None))
        }
        (&Method::POST, _) => match to_bytes(Body::new(body), MAX_BODY).await {
            Ok(body) => answer_post(&parts, &body, &shared).await,
            Err(_) => Ok(refuse(&parts, Problem::new(413, "The body is too large."), &shared)),
        },
        _ => Ok(refuse(&parts, Problem::new(404, "Requested entity not found."), &shared)),
    }
}

async fn answer_post(
    parts: &Parts,
    body: &[u8],
    shared: &Shared,
) -> Result<Response<Body>, Dropped> {
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let raw = Raw { uri: &parts.uri, content_type: content_type.unwrap_or_default(), body };
    let (event, reply) = shared.state().on_post(raw, now());
    if matches!(event, Event::Taken(_)) {
        shared.n_taken.send_modify(|n| *n += 1);
    }
    // Fails where nobody watches.
    let _ = shared.events.send(event);
    tokio::time::sleep(reply.late).await;
    if reply.dropped {
        return Err(Dropped);
    }
    Ok(respond(reply.status, reply.body, reply.retry_after))
}

fn refuse(parts: &Parts, problem: Problem, shared: &Shared) -> Response<Body> {
    shared.state().log(parts.uri.to_string(), problem.status, now().time);
    let answer = respond(problem.status, problem.to_json(), None);
    let _ = shared.events.send(problem.into());
    answer
}

fn respond(status: u16, body: String, retry_after: Option<Duration>) -> Response<Body> {
    let mut response =
        Response::builder().status(status).header(CONTENT_TYPE, "application/json; charset=UTF-8");
    if let Some(after) = retry_after {
        response = response.header(RETRY_AFTER, after.as_secs());
    }
    response.body(Body::from(body)).expect("a status from 200 to 599 and plain headers")
}

fn now() -> Now {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Now { instant: Instant::now(), time: Timestamp::default() + since }
}
