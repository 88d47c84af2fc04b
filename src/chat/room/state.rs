//! What a room has taken and what it answers next. Pure: time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::chat::message::{Message, Thread};
use crate::flow::{Digest, Timestamp};

use super::fault::Faults;
use super::pace::Pacer;
use super::request::{Place, Post, Problem, Raw};

/// Messages and requests that a room remembers, each. The oldest go first.
pub const MAX_REMEMBERED: usize = 10_000;

/// A message that a room has taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    /// The space that it is in.
    pub space: String,
    /// Its name, `spaces/SPACE/messages/MESSAGE`.
    pub name: String,
    /// The name of its thread, `spaces/SPACE/threads/THREAD`.
    pub thread: String,
    /// Whether its thread was there before.
    pub is_reply: bool,
    /// The `requestId` that it came with, as a UUID.
    pub request_id: Option<String>,
    /// When it was taken.
    #[serde(rename = "createTime", serialize_with = "as_text")]
    pub at: Timestamp,
    /// How often it came again with the same `requestId`.
    pub repeats: u32,
    /// What was sent.
    pub message: Message,
}

/// A request that a room has answered, whatever the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logged {
    /// When it came.
    pub at: Timestamp,
    /// Its path and query, as they were on the wire.
    pub target: String,
    /// The status that it was answered, or would have been, had the answer not been dropped.
    pub status: u16,
}

/// What happens in a room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A message was taken.
    Taken(Received),
    /// One that was there came again.
    Repeated(Received),
    /// A post was not taken.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What was wrong with it.
        why: String,
    },
}

/// Now, in both ways that a room needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) time: Timestamp,
}

/// What to answer, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
    /// The `Retry-After` header.
    pub(super) retry_after: Option<Duration>,
    /// How much later.
    pub(super) late: Duration,
    /// Not at all: the connection is closed instead.
    pub(super) dropped: bool,
}

/// The memory of a room.
#[derive(Debug)]
pub(super) struct State {
    faults: Faults,
    /// When the first post came since the faults were set.
    failing_since: Option<Instant>,
    random: fastrand::Rng,
    pacer: Pacer,
    messages: VecDeque<Received>,
    requests: VecDeque<Logged>,
    n_taken: u64,
}

impl State {
    pub(super) fn new(pacer: Pacer, faults: Faults, random: fastrand::Rng) -> Self {
        let (messages, requests) = (VecDeque::new(), VecDeque::new());
        Self { faults, failing_since: None, random, pacer, messages, requests, n_taken: 0 }
    }

    pub(super) fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
        self.failing_since = None;
    }

    pub(super) fn messages(&self) -> &VecDeque<Received> {
        &self.messages
    }

    pub(super) fn requests(&self) -> &VecDeque<Logged> {
        &self.requests
    }

    /// Takes in a post: what it led to, and what to answer.
    pub(super) fn on_post(&mut self, raw: Raw<'_>, now: Now) -> (Event, Reply) {
        let event = self.take(raw, now).unwrap_or_else(Event::from);
        let (status, body) = match &event {
            Event::Taken(received) | Event::Repeated(received) => (200, received.answer()),
            Event::Refused { status, why } => (*status, Problem::new(*status, why).to_json()),
        };
        let dropped = status == 200 && self.faults.drop_answers.happens(&mut self.random);
        let retry_after = self.faults.retry_after.filter(|_| status == 429);
        self.log(raw.uri.to_string(), status, now.time);
        (event, Reply { status, body, retry_after, late: self.faults.slow, dropped })
    }

    /// Notes that a request was answered.
    pub(super) fn log(&mut self, target: String, status: u16, at: Timestamp) {
        remember(&mut self.requests, Logged { at, target, status });
    }

    fn take(&mut self, raw: Raw<'_>, now: Now) -> Result<Event, Problem> {
        let space = raw.space().ok_or_else(|| Problem::new(404, "Requested entity not found."))?;
        let since = now.instant.duration_since(*self.failing_since.get_or_insert(now.instant));
        if let Some(status) = self.faults.failing(since) {
            return Err(Problem::new(status, "Failing on demand."));
        }
        if !self.pacer.on_post(space, now.instant) {
            return Err(Problem::new(429, "Resource has been exhausted (e.g. check quota)."));
        }
        let post = raw.read()?;
        if let Some(received) = self.known(space, &post) {
            received.repeats += 1;
            return Ok(Event::Repeated(received.clone()));
        }
        let received = self.receive(space, post, now.time)?;
        remember(&mut self.messages, received.clone());
        Ok(Event::Taken(received))
    }

    /// The message that came with the same `requestId` before.
    fn known(&mut self, space: &str, post: &Post) -> Option<&mut Received> {
        let id = post.request_id?.to_string();
        let same =
            |known: &Received| known.space == space && known.request_id.as_ref() == Some(&id);
        self.messages.iter_mut().rev().find(|known| same(known))
    }

    fn receive(&mut self, space: &str, post: Post, at: Timestamp) -> Result<Received, Problem> {
        let n = self.n_taken + 1;
        let own_thread = format!("spaces/{space}/threads/m{n}");
        let (thread, may_begin) = match &post.place {
            Place::NewThread => (own_thread, true),
            Place::Thread(thread) => (thread_name(space, thread), false),
            // Chat names new threads itself: only a key can begin one that it will find again.
            Place::ThreadOrNew(thread) => match thread_name(space, thread) {
                name if thread.name.is_some() && !self.has_thread(&name) => (own_thread, true),
                name => (name, true),
            },
        };
        let is_reply = self.has_thread(&thread);
        if !is_reply && !may_begin {
            return Err(Problem::new(404, "The thread is not there."));
        }
        self.n_taken = n;
        Ok(Received {
            space: space.to_owned(),
            name: format!("spaces/{space}/messages/m{n}"),
            thread,
            is_reply,
            request_id: post.request_id.map(|id| id.to_string()),
            at,
            repeats: 0,
            message: post.message,
        })
    }

    fn has_thread(&self, name: &str) -> bool {
        self.messages.iter().any(|message| message.thread == name)
    }
}

impl From<Problem> for Event {
    fn from(problem: Problem) -> Self {
        Self::Refused { status: problem.status, why: problem.message }
    }
}

impl Received {
    /// Chat's answer to it: what was sent, and the names that it got.
    fn answer(&self) -> String {
        let mut answer = serde_json::to_value(&self.message).expect("strings and lists are JSON");
        let key = self.message.thread_key();
        answer["name"] = json!(self.name);
        answer["createTime"] = json!(text_of(self.at));
        answer["space"] = json!({ "name": format!("spaces/{}", self.space) });
        answer["thread"] = json!({ "name": self.thread });
        if let Some(key) = key {
            answer["thread"]["threadKey"] = json!(key);
        }
        answer.to_string()
    }
}

/// The name of `thread`: as given, or by its key, always the same.
fn thread_name(space: &str, thread: &Thread) -> String {
    let by_key = || {
        let key = thread.thread_key.as_deref().unwrap_or_default();
        let hash = Digest::new("thread").with(space.as_bytes()).with(key.as_bytes()).finish();
        let id = u128::from_be_bytes(hash) >> 80;
        format!("spaces/{space}/threads/{id:012x}")
    };
    thread.name.clone().unwrap_or_else(by_key)
}

fn remember<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == MAX_REMEMBERED {
        list.pop_front();
    }
    list.push_back(item);
}

/// As RFC 3339 in UTC.
fn text_of(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default().to_string()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn as_text<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text_of(*at))
}
