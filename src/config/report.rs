//! Gathers everything that is wrong while a file is checked, and makes it fit to be shown.

use std::collections::BTreeMap;
use std::ops::Range;

use super::diagnostic::{Diagnostic, Diagnostics, Level};
use super::excerpt::{Excerpt, clean, line_number};
use super::mask;

/// The most characters of a message or a help that are shown.
const MAX_SENTENCE: usize = 480;

/// What was found so far in the texts of one configuration.
///
/// Spans count as if the texts stood one behind the other, from [`Report::starts`] on.
pub(super) struct Report<'a> {
    /// Where each begins, what it is called, and what stands in it.
    texts: Vec<(usize, &'a str, &'a str)>,
    /// Each problem with its help. Sorted, and each once: a default is checked for every rule.
    findings: BTreeMap<Problem, Finding>,
    secrets: Vec<Range<usize>>,
}

/// What sets one problem apart from another, in the order in which they are shown.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// Start and end of the bytes that it is about; `None` for the configuration as a whole.
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
    /// A report on texts with their names, the first of which is the main one, with nothing found yet.
    pub(super) fn new(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut start = 0;
        let placed = texts.into_iter().map(|(name, text)| {
            let own = start;
            // Where one ends is not where the next begins.
            start += text.len() + 1;
            (own, name, text)
        });
        Self { texts: placed.collect(), findings: BTreeMap::new(), secrets: Vec::new() }
    }

    /// Where the spans of each text begin.
    pub(super) fn starts(&self) -> Vec<usize> {
        self.texts.iter().map(|(start, ..)| *start).collect()
    }

    /// Takes over what was found in the first of its texts.
    pub(super) fn adopt(&mut self, other: Report<'_>) {
        self.findings.extend(other.findings);
        self.secrets.extend(other.secrets);
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

    /// Adds an error about the configuration as a whole.
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

    /// The number of the line that `at` is on, from 1, in its text.
    pub(super) fn line(&self, at: usize) -> usize {
        let (start, _, text) = self.text_at(at);
        line_number(text.as_bytes(), at - start)
    }

    /// Where `at` is, for one who looks at `from`: `line 3`, or `line 3 of NAME`.
    pub(super) fn place(&self, at: usize, from: usize) -> String {
        let (line, (start, name, _)) = (self.line(at), self.text_at(at));
        if self.text_at(from).0 == start {
            format!("line {line}")
        } else {
            format!("line {line} of `{name}`")
        }
    }

    /// The text that `at` is in: where it begins, its name, and what stands in it.
    fn text_at(&self, at: usize) -> (usize, &'a str, &'a str) {
        let after = self.texts.partition_point(|(start, ..)| *start <= at);
        self.texts.get(after.saturating_sub(1)).copied().unwrap_or((0, "", ""))
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
        let (start, _, text) = self.text_at(span.start);
        let written = text.get(span.start - start..span.end.max(span.start) - start);
        let Some(written) = written else { return span.clone() };
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

    /// Everything found, in the order of the texts, fit to be shown.
    pub(super) fn finish(mut self) -> Diagnostics {
        let count = |level| self.findings.keys().filter(|problem| problem.level == level).count();
        let (n_errors, n_warnings) = (count(Level::Error), count(Level::Warning));
        let findings = std::mem::take(&mut self.findings);
        let secrets: Vec<_> = self.texts.iter().map(|own| self.secrets_in(own)).collect();
        let diagnostic = |(problem, finding): (Problem, Finding)| {
            let at = problem.span.map_or(0, |(start, _)| start);
            let (begin, name, text) = self.text_at(at);
            let place = self.texts.partition_point(|(start, ..)| *start < begin);
            let excerpt =
                |(start, end)| Excerpt::new(text, &(start - begin..end - begin), &secrets[place]);
            Diagnostic {
                level: problem.level,
                message: clean(&problem.message, MAX_SENTENCE),
                file: clean(name, MAX_SENTENCE),
                excerpt: problem.span.map(excerpt),
                help: finding.help.map(|help| clean(&help, MAX_SENTENCE)),
            }
        };
        let kept = findings.into_iter().take(Diagnostics::MAX_KEPT);
        let list = kept.map(diagnostic).collect();
        Diagnostics { list, n_errors, n_warnings }
    }

    /// What of a text must not be shown.
    fn secrets_in(&self, (start, _, text): &(usize, &str, &str)) -> Vec<Range<usize>> {
        let end = start + text.len();
        let hidden = self.secrets.iter().filter(|secret| (*start..=end).contains(&secret.start));
        let hidden = hidden.map(|secret| secret.start - start..secret.end - start);
        mask::joined(mask::secrets(text).into_iter().chain(hidden).collect())
    }

    fn push(&mut self, level: Level, span: Option<Range<usize>>, message: String) -> &mut Finding {
        let span = span.map(|span| (span.start, span.end));
        self.findings.entry(Problem { span, level, message }).or_default()
    }
}
