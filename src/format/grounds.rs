//! What a message was made of, cut to what is kept of it for as long as of the message.

use std::path::PathBuf;
use std::sync::Arc;

use crate::flow::{Alert, AlertKind, Bytes, Gate, Grounds, GroupKey, HeldBy, Reading, Sample};

use super::Formatter;
use super::clean::{clean, cut};

/// Bytes kept of an event. A message shows more.
const MAX_LINE: usize = 1024;
/// Captures kept of an event, and bytes of each.
const MAX_CAPTURES: usize = 16;
const MAX_CAPTURE: usize = 128;
/// Characters kept of the summary, which may hold paths.
const MAX_SUMMARY: usize = 400;

impl Formatter {
    /// What the message that says `alert`, of which the secrets are left out already, is made of: some
    /// hundred bytes as JSON, and never more than some KiB.
    pub(super) fn grounds(&self, alert: &Alert) -> Grounds {
        // It only repeats the line that opened its incident.
        let is_over = alert.kind == AlertKind::Resolved;
        let samples = alert.samples.iter().filter(|_| !is_over);
        Grounds {
            title: self.title(alert).into(),
            summary: cut(&self.summary(alert).unwrap_or_default(), MAX_SUMMARY).into(),
            reason: alert.reason.clone(),
            span: alert.span,
            opened: alert.opened,
            total: alert.total,
            undelivered: alert.undelivered,
            samples: samples.map(|sample| Arc::new(without_context(sample))).collect(),
            top: alert.top.clone(),
            crowd: alert.crowd.clone(),
            held: alert.held.clone().map(without_values),
        }
    }
}

/// What groups have in common is of log text, in which there may be secrets.
fn without_values(held: HeldBy) -> HeldBy {
    match held.gate {
        Gate::Inhibited { by, .. } => {
            HeldBy { gate: Gate::Inhibited { by, shared: GroupKey::default() }, ..held }
        }
        gate => HeldBy { gate, ..held },
    }
}

fn without_context(sample: &Sample) -> Sample {
    let captures = sample.captures.iter().take(MAX_CAPTURES);
    let short = |value: &Bytes, max| Bytes::from(&*short(value, max));
    Sample {
        // A path of any bytes could not be saved as JSON.
        path: PathBuf::from(clean(sample.path.as_os_str().as_encoded_bytes())).into(),
        time: sample.time,
        written: sample.written,
        line: short(&sample.line, MAX_LINE),
        captures: captures
            .map(|(name, value)| (Arc::clone(name), short(value, MAX_CAPTURE)))
            .collect(),
        reading: sample.reading.as_ref().map(|reading| Reading {
            message: short(&reading.message, MAX_LINE),
            // The line has them.
            fields: Bytes::default(),
        }),
        before: Vec::new(),
        after: Vec::new(),
    }
}

/// `text`, with an ellipsis where it is cut.
fn short(text: &Bytes, max: usize) -> String {
    let text = String::from_utf8_lossy(text.as_slice());
    if text.len() <= max {
        return text.into_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(max)])
}
