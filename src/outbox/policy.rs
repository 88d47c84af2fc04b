//! What follows from how a post ended.

use crate::chat::message::Message as Body;
use crate::flow::{Advice, Outcome, Refusal};

/// How much of a message is sent. A message that Chat refuses as malformed is tried with less.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Form {
    /// All of it.
    #[default]
    Full,
    /// All of it but what a webhook may not be allowed: its thread, and how its text is to be read.
    Unthreaded,
    /// A short text alone.
    Plain,
}

/// What follows from how a post ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is done.
    Delivered,
    /// The same again, later.
    Retry,
    /// Again, with less.
    Simplify(Form),
    /// It is put aside until the next start.
    Park(Refusal),
}

/// Tries in a row that a 401 gets: it is seen at random on working webhooks.
const UNAUTHORIZED_TRIES: u32 = 3;

/// What follows for a message in `form` whose post ended in `outcome`, the last of `n_unauthorized`
/// in a row that were answered with 401.
pub(super) fn judge(form: Form, n_unauthorized: u32, outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Delivered { .. } => Verdict::Delivered,
        Outcome::Busy { .. } | Outcome::Unclear { .. } => Verdict::Retry,
        Outcome::Refused(Refusal { status: 401, .. }) if n_unauthorized < UNAUTHORIZED_TRIES => {
            Verdict::Retry
        }
        Outcome::Refused(refusal) if refusal.advice == Advice::Simplify => match form {
            Form::Full => Verdict::Simplify(Form::Unthreaded),
            Form::Unthreaded => Verdict::Simplify(Form::Plain),
            Form::Plain => Verdict::Park(refusal.clone()),
        },
        Outcome::Refused(refusal) => Verdict::Park(refusal.clone()),
    }
}

/// How a post ended, for the history. Nothing for a good end.
pub(super) fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } => String::new(),
        Outcome::Busy { .. } => "429: Chat is busy".to_owned(),
        Outcome::Unclear { what } => what.clone(),
        Outcome::Refused(refusal) => format!("{}: {}", refusal.status, refusal.said),
    }
}

/// `body` in `form`. A body that is no Chat message stays as it is.
pub(super) fn reform(body: &str, form: Form) -> String {
    let parsed = serde_json::from_str::<Body>(body);
    match (form, parsed) {
        (Form::Unthreaded, Ok(body)) => {
            Body { markup_syntax: None, ..body.without_thread() }.to_json()
        }
        (Form::Plain, Ok(body)) => body.plain().to_json(),
        _ => body.to_owned(),
    }
}
