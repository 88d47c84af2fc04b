//! Gathers everything that is wrong while a file is checked, and makes it fit to be shown.

use std::collections::BTreeMap;
use std::ops::Range;

use super::diagnostic::{Diagnostic, Diagnostics, Level};
use super::excerpt::{Excerpt, clean, line_number};
use super::mask;

/// The most characters of a message or a help that are shown.
const MAX_SENTENCE: usize = 400;

/// What was found so far in one file.
pub(super) struct Report<'a> {
    text: &'a str,
    /// Each problem with its help. Sorted, and each once: a default is checked for every rule.
    findings: BTreeMap<Problem, Finding>,
    secrets: Vec<Range<usize>>,
}

/// What sets one problem apart from another, in the order in which they are shown.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// Start and end of the bytes that it is about; `None` for the file as a whole.
    span: Option<(usize, usize)>,
    level: Level,
    message: String,
}

/// What else is known of a problem.
#[derive(Default)]
pub(super) struct Finding {
    help: Option<String>,
}

impl Finding {
    /// Says what to do about it.
    pub(super) fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }
}

impl<'a> Report<'a> {
    /// A report on `text` with nothing found yet.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, findings: BTreeMap::new(), secrets: Vec::new() }
    }

    /// Adds an error at `span`.
    pub(super) fn error(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Finding {
        self.push(Level::Error, Some(span), message.into())
    }

    /// Adds a warning at `span`.
    pub(super) fn warning(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.push(Level::Warning, Some(span), message.into())
    }

    /// Adds an error about the file as a whole.
    pub(super) fn error_in_file(&mut self, message: impl Into<String>) -> &mut Finding {
        self.push(Level::Error, None, message.into())
    }

    /// Keeps `span` from ever being shown.
    pub(super) fn hide(&mut self, span: Range<usize>) {
        self.secrets.push(span);
    }

    /// Whether anything found makes the file unusable.
    pub(super) fn has_errors(&self) -> bool {
        self.findings.keys().any(|problem| problem.level == Level::Error)
    }

    /// The number of the line that `at` is on, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        line_number(self.text.as_bytes(), at)
    }

    /// Where `part` of the string `value` stands, which is written at `span` of the file.
    ///
    /// The whole of `span` where the string has escapes, so that its bytes are not those of the
    /// file.
    pub(super) fn part(
        &self,
        span: &Range<usize>,
        value: &str,
        part: &Range<usize>,
    ) -> Range<usize> {
        let Some(written) = self.text.get(span.clone()) else { return span.clone() };
        let quote = ["'''", "\"\"\"", "'", "\""].iter().find(|quote| written.starts_with(**quote));
        let start = quote.and_then(|quote| {
            let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
            // A line end right after an opening `'''` does not belong to the string.
            let dropped = inner.len().checked_sub(value.len()).filter(|&n| n <= 2)?;
            let same = inner[..].ends_with(value) && inner[..dropped].trim().is_empty();
            (same && (dropped == 0 || quote.len() == 3)).then_some(quote.len() + dropped)
        });
        match start {
            Some(start) if part.end <= value.len() => {
                span.start + start + part.start..span.start + start + part.end
            }
            _ => span.clone(),
        }
    }

    /// Everything found, in the order of the file `name`, fit to be shown.
    pub(super) fn finish(mut self, name: &str) -> Diagnostics {
        let count = |level| self.findings.keys().filter(|problem| problem.level == level).count();
        let (n_errors, n_warnings) = (count(Level::Error), count(Level::Warning));
        let mut secrets = mask::secrets(self.text);
        secrets.append(&mut self.secrets);
        let secrets = mask::joined(secrets);
        let kept = self.findings.into_iter().take(Diagnostics::MAX_KEPT);
        let excerpt = |(start, end)| Excerpt::new(self.text, &(start..end), &secrets);
        let diagnostic = |(problem, finding): (Problem, Finding)| Diagnostic {
            level: problem.level,
            message: clean(&problem.message, MAX_SENTENCE),
            excerpt: problem.span.map(excerpt),
            help: finding.help.map(|help| clean(&help, MAX_SENTENCE)),
        };
        let list = kept.map(diagnostic).collect();
        Diagnostics { name: clean(name, MAX_SENTENCE), list, n_errors, n_warnings }
    }

    fn push(&mut self, level: Level, span: Option<Range<usize>>, message: String) -> &mut Finding {
        let span = span.map(|span| (span.start, span.end));
        self.findings.entry(Problem { span, level, message }).or_default()
    }
}
