//! A message and what it was made of, for programs.

use serde_json::{Value, json};

use crate::flow::{Grounds, Sample};
use crate::store::Why;

use super::super::{history, time};
use super::because::because;

/// All that is known of a message.
pub(super) fn why(why: &Why) -> Value {
    let mut message = history::to_json(&why.message);
    message["severity"] = why.severity.as_str().into();
    message["grounds"] =
        why.grounds.as_ref().map_or(Value::Null, |own| grounds(own, why.message.count));
    let attempts = why.attempts.iter().map(|attempt| {
        json!({
            "number": attempt.number,
            "at": time::exact(attempt.at),
            // Nothing to say: Chat took it.
            "said": Some(&attempt.said).filter(|said| !said.is_empty()),
        })
    });
    message["attempts"] = attempts.collect();
    let siblings = why.siblings.iter().map(|own| {
        json!({
            "id": own.id,
            "kind": own.kind,
            "count": own.count,
            "at": time::exact(own.at),
            "state": own.state,
        })
    });
    message["incident"] = json!({ "messages": siblings.collect::<Vec<_>>(), "held": why.held });
    message
}

fn grounds(grounds: &Grounds, count: u64) -> Value {
    json!({
        "title": grounds.title,
        "because": because(grounds, count),
        "reason": grounds.reason,
        "first": time::exact(grounds.span.first),
        "last": time::exact(grounds.span.last),
        "opened": time::exact(grounds.opened),
        "total": grounds.total,
        "undelivered": grounds.undelivered,
        "lines": grounds.samples.iter().map(|sample| line(sample)).collect::<Vec<_>>(),
        "top": grounds.top,
        "crowd": grounds.crowd,
    })
}

fn line(sample: &Sample) -> Value {
    let text = |bytes: &crate::flow::Bytes| String::from_utf8_lossy(bytes.as_slice()).into_owned();
    let captures =
        sample.captures.iter().map(|(name, value)| (name.to_string(), text(value).into()));
    json!({
        "file": sample.path.to_string_lossy(),
        "at": time::exact(sample.time),
        "line": text(&sample.line),
        "captures": Value::Object(captures.collect()),
    })
}
