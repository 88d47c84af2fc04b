//! A post as Chat would read it: strictly.

use axum::http::Uri;
use serde_json::json;

use crate::chat::message::{Message, Thread};
use crate::chat::{limits, webhook};
use crate::flow::MessageId;

/// A post, before it is known to be one that Chat takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a> {
    /// The path and the query.
    pub(super) uri: &'a Uri,
    /// The `Content-Type` header; empty for none.
    pub(super) content_type: &'a str,
    /// The body.
    pub(super) body: &'a [u8],
}

/// A post that Chat takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Post {
    /// Its name for good, if the sender gave one.
    pub(super) request_id: Option<MessageId>,
    /// Where in the space it goes.
    pub(super) place: Place,
    /// What it says.
    pub(super) message: Message,
}

/// Where in the space a message goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Into a thread of its own. So does one with a thread key, where the address lacks
    /// `messageReplyOption`: Chat ignores the key then.
    NewThread,
    /// Into a thread; into a new one if that is not there.
    ThreadOrNew(Thread),
    /// Into a thread that has to be there.
    Thread(Thread),
}

/// Why Chat would not take a post.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Problem {
    /// The HTTP status.
    pub(super) status: u16,
    /// What is wrong.
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The answer's body, as Google writes errors.
    pub(super) fn to_json(&self) -> String {
        let status = status_name(self.status);
        json!({ "error": { "code": self.status, "message": self.message, "status": status } })
            .to_string()
    }
}

/// The parameters of an address that `Post` is read from.
#[derive(Default)]
struct Parameters {
    key: Option<String>,
    token: Option<String>,
    request_id: Option<String>,
    reply_option: Option<String>,
    thread_key: Option<String>,
}

impl Raw<'_> {
    /// The space that it is posted to; `None` if its path is no space's.
    pub(super) fn space(&self) -> Option<&str> {
        webhook::space_of(self.uri.path()).filter(|_| self.uri.path().starts_with("/v1/spaces/"))
    }

    /// Reads it as Chat would.
    pub(super) fn read(&self) -> Result<Post, Problem> {
        let parameters = Parameters::read(self.uri.query().unwrap_or_default())?;
        parameters.authorize()?;
        let message = self.message()?;
        let request_id = parameters.request_id.as_deref().map(|id| {
            MessageId::parse(id).ok_or_else(|| invalid("Invalid request_id: must be a UUID."))
        });
        let request_id = request_id.transpose()?;
        Ok(Post { request_id, place: parameters.place(&message)?, message })
    }

    fn message(&self) -> Result<Message, Problem> {
        let media_type = self.content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(invalid(format!("Content type `{media_type}` is not application/json.")));
        }
        let mut json = serde_json::Deserializer::from_slice(self.body);
        let message: Message = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let (path, error) = (error.path().to_string(), error.inner());
            invalid(format!("Invalid JSON payload received: {error}, at 'message.{path}'."))
        })?;
        json.end().map_err(|error| invalid(format!("Invalid JSON payload received: {error}.")))?;
        limits::check(&message).map_err(|violation| invalid(format!("Invalid: {violation}.")))?;
        Ok(message)
    }
}

impl Parameters {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut parameters = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "key" => &mut parameters.key,
                "token" => &mut parameters.token,
                "requestId" => &mut parameters.request_id,
                "messageReplyOption" => &mut parameters.reply_option,
                "threadKey" => &mut parameters.thread_key,
                _ => return Err(invalid(format!("Unknown name \"{name}\": Cannot bind query."))),
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(invalid(format!("The parameter \"{name}\" is given twice.")));
            }
        }
        Ok(parameters)
    }

    /// Any key and token will do, as long as both are there.
    fn authorize(&self) -> Result<(), Problem> {
        let given =
            |value: &Option<String>| value.as_deref().is_some_and(|value| !value.is_empty());
        if !given(&self.key) {
            return Err(Problem::new(403, "The request is missing a valid API key."));
        }
        if !given(&self.token) {
            return Err(Problem::new(401, "The request is missing a valid token."));
        }
        Ok(())
    }

    fn place(self, message: &Message) -> Result<Place, Problem> {
        let in_body = message.thread.clone().unwrap_or_default();
        let thread = Thread { thread_key: in_body.thread_key.or(self.thread_key), ..in_body };
        let named = thread != Thread::default();
        match self.reply_option.as_deref() {
            None | Some("MESSAGE_REPLY_OPTION_UNSPECIFIED") => Ok(Place::NewThread),
            Some(_) if !named => Err(invalid("messageReplyOption is set, but no thread is.")),
            Some("REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD") => Ok(Place::ThreadOrNew(thread)),
            Some("REPLY_MESSAGE_OR_FAIL") => Ok(Place::Thread(thread)),
            Some(other) => {
                Err(invalid(format!("Invalid value at 'message_reply_option': {other}")))
            }
        }
    }
}

fn invalid(message: impl Into<String>) -> Problem {
    Problem::new(400, message)
}

/// Google's name for an HTTP status. Source: `google.rpc.Code`.
fn status_name(status: u16) -> &'static str {
    match status {
        400 | 413 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}
