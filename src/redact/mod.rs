//! Text → where its secrets stand: keys, tokens and passwords, and whatever else a rule names.
//!
//! Logs leave the host in messages, and a space has more readers than a log. So this is a guess that
//! errs on the safe side: where a label says that a secret follows, the next word goes, whatever it
//! is. Without a label only what cannot be anything else goes.
//!
//! Text comes in cleaned: a colour between a label and its value hides neither.

mod known;
mod labelled;

#[cfg(test)]
mod tests;

use std::ops::Range;

use regex::bytes::Regex;

pub use labelled::is_label;

/// What stands in place of a secret.
pub const MASK: &str = "[redacted]";

/// Whether a text is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It ends where it was written to end.
    Whole,
    /// It was cut, perhaps within a secret, whose form is incomplete then.
    Cut,
}

/// Which secrets are looked for.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// Whether those are that everybody has.
    secrets: bool,
    /// What else is one: the group `secret`, or all that matches.
    own: Vec<Regex>,
}

impl Default for Redactor {
    /// `redact = ["secrets"]`.
    fn default() -> Self {
        Self::with_secrets(Vec::new())
    }
}

impl Redactor {
    /// Looks for keys, tokens and passwords, and for `own`. Of a pattern with a group called
    /// `secret` only that group is one.
    pub fn with_secrets(own: Vec<Regex>) -> Self {
        Self { secrets: true, own }
    }

    /// Looks for `own` alone.
    pub fn only(own: Vec<Regex>) -> Self {
        Self { secrets: false, own }
    }

    /// Whether a value of this name is a secret, whatever it is: `password`, `api_key`, `authToken`.
    pub fn is_secret_name(&self, name: &str) -> bool {
        self.secrets && is_label(name)
    }

    /// Where the secrets of `text` stand: in order, apart, none empty, at the bounds of characters.
    pub fn spans(&self, text: &str, end: End) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        if self.secrets {
            known::find(text, end, &mut spans);
            labelled::find(text, &mut spans);
        }
        for pattern in &self.own {
            let named = pattern.capture_names().flatten().any(|name| name == "secret");
            if named {
                let found = pattern.captures_iter(text.as_bytes());
                spans.extend(found.filter_map(|found| Some(found.name("secret")?.range())));
            } else {
                spans.extend(pattern.find_iter(text.as_bytes()).map(|found| found.range()));
            }
        }
        joined(text, spans)
    }

    /// `text` with [`MASK`] in place of each secret.
    pub fn redact(&self, text: &str, end: End) -> String {
        masked(text, 0..text.len(), &self.spans(text, end))
    }
}

/// The `part` of `text`, with [`MASK`] in place of what of `spans` lies in it.
///
/// `spans` are as [`Redactor::spans`] gives them.
pub fn masked(text: &str, part: Range<usize>, spans: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(part.len());
    let mut at = part.start;
    for span in spans.iter().filter(|span| span.start < part.end && span.end > part.start) {
        masked.push_str(&text[at..span.start.max(at)]);
        masked.push_str(MASK);
        at = span.end.min(part.end);
    }
    masked.push_str(&text[at..part.end]);
    masked
}

/// `spans` of `text` in order, those that touch joined, widened to whole characters.
fn joined(text: &str, mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.retain(|span| !span.is_empty());
    spans.sort_by_key(|span| (span.start, span.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        let (start, end) =
            (text.floor_char_boundary(span.start), text.ceil_char_boundary(span.end));
        match joined.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => joined.push(start..end),
        }
    }
    joined
}
