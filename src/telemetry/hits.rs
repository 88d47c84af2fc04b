//! Every matched line in the agent's own log, where that is asked for: `LOGBELL_LOG=logbell::hit=trace`.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use tracing::Level;

use crate::flow::{Hit, RuleId, Sample};

/// What the log of hits is called in [`FILTER`](super::log::FILTER). Apart from the modules' names,
/// since whoever looks for a fault does not want all lines as well.
const TARGET: &str = "logbell::hit";

/// Matched lines, which are logged once what they led to is saved: a line that is matched again
/// after a crash was not logged before it.
///
/// Takes in nothing, and costs nothing, where hits are not logged.
#[derive(Debug)]
pub struct HitLog {
    /// The rules' names, by [`RuleId`].
    names: Vec<Arc<str>>,
    waiting: Vec<(RuleId, Arc<Sample>)>,
}

impl HitLog {
    /// Lines that may wait before they should be saved.
    const MANY: usize = 4096;

    /// A log of hits of rules with these names.
    pub fn new(names: Vec<Arc<str>>) -> Self {
        Self { names, waiting: Vec::new() }
    }

    /// Takes in hits that are not saved yet.
    pub fn on_hits<'a>(&mut self, hits: impl Iterator<Item = &'a Hit>) {
        if tracing::enabled!(target: TARGET, Level::TRACE) {
            self.waiting.extend(hits.map(|hit| (hit.rule, Arc::clone(&hit.sample))));
        }
    }

    /// Whether so many lines wait that they should be saved now.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= Self::MANY
    }

    /// Logs what was taken in: it is saved.
    pub fn on_saved(&mut self) {
        for (rule, sample) in self.waiting.drain(..) {
            let line = describe(&self.names[rule.0 as usize], &sample);
            tracing::trace!(target: TARGET, "{line}");
        }
    }
}

/// The rule, the log, and the line, of at most [`Sample::MAX_LINE`] bytes.
fn describe(rule: &str, sample: &Sample) -> String {
    let path = escape(sample.path.as_os_str().as_bytes());
    format!("rule `{rule}` matched in `{path}`: {}", escape(sample.line.as_slice()))
}

/// `bytes` on one line, with `\xNN` and the like for what is no text, controls a terminal or hides.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                // They are escaped where text stands in quotes.
                '"' | '\'' | '\\' => text.push(c),
                c => text.extend(c.escape_debug()),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_text_controls_no_terminal_and_stays_on_one_line() {
        let hostile =
            b"evil \x1b[31mred\r\n\t\0 \xff\xc3 \xe2\x80\xaetxet \xe2\x80\xa8 caf\xc3\xa9 \"C:\\x\"";
        let expected = r#"evil \u{1b}[31mred\r\n\t\0 \xff\xc3 \u{202e}txet \u{2028} café "C:\x""#;
        assert_eq!(escape(hostile), expected);
    }
}
