//! The regex that the first line of an event matches.

use std::ops::Range;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

/// A compiled start of an event, equal to another of the same text.
#[derive(Clone, Debug)]
pub(super) struct Start {
    text: Arc<str>,
    regex: Regex,
}

/// Why a pattern cannot say where events begin, and where in its text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct FrameError {
    /// What is wrong, in a sentence without the pattern.
    pub message: String,
    /// The bytes of the pattern that it is about, where that is known.
    pub span: Option<Range<usize>>,
}

impl Start {
    /// The most bytes that the compiled pattern may take.
    const MAX_COMPILED: usize = 10 << 20;

    pub(super) fn new(text: &str) -> Result<Self, FrameError> {
        // As `matcher::Pattern` reads one, so that a pattern means the same in both places.
        let unicode = !text.is_ascii();
        let hir = regex_syntax::ParserBuilder::new()
            .unicode(unicode)
            .utf8(false)
            .build()
            .parse(text)
            .map_err(|error| FrameError::from_syntax(&error))?;
        let regex = RegexBuilder::new(text)
            .unicode(unicode)
            .size_limit(Self::MAX_COMPILED)
            .build()
            .map_err(|error| FrameError::from_build(&error))?;
        if hir.properties().minimum_len() == Some(0) && hir.properties().look_set().is_empty() {
            let message = "this matches every line, so that none could be joined to another";
            return Err(FrameError { message: message.to_owned(), span: None });
        }
        Ok(Self { text: text.into(), regex })
    }

    /// The pattern.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a line, given without its end, begins an event.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Start {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Start {}

impl FrameError {
    fn from_syntax(error: &regex_syntax::Error) -> Self {
        let (message, span) = match error {
            regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
            regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
            _ => return Self { message: error.to_string(), span: None },
        };
        Self { message, span: Some(span.start.offset..span.end.offset) }
    }

    fn from_build(error: &regex::Error) -> Self {
        let message = match error {
            regex::Error::CompiledTooBig(limit) => format!(
                "compiled it would take more than {} MiB; use smaller repetitions or leave out `(?u)`",
                limit >> 20
            ),
            other => other.to_string(),
        };
        Self { message, span: None }
    }
}
