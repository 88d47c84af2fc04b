//! One regex as a rule has it: classes are ASCII unless it asks for Unicode; lines are bytes.

use std::ops::Range;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

/// A compiled pattern, matched unanchored against one line at a time without its end.
///
/// Syntax is that of the `regex` crate. `\d \w \s \b` and `(?i)` are ASCII, `.` is any byte but
/// `\n`, unless `(?u)` or a letter outside ASCII stands in the pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Arc<str>,
    regex: Regex,
    hir: Hir,
    names: Arc<[(usize, Arc<str>)]>,
}

/// Why a pattern cannot be used, and where in its text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, in a sentence without the pattern.
    pub message: String,
    /// The bytes of the pattern that it is about, where that is known.
    pub span: Option<Range<usize>>,
}

impl Pattern {
    /// The most bytes that a compiled pattern may take.
    ///
    /// `\w{1000}` with Unicode classes is refused by it; what people write for logs is not.
    pub const MAX_COMPILED: usize = 10 << 20;

    /// Compiles `text`.
    ///
    /// # Errors
    /// The operator's: the syntax is wrong, the pattern can never match within a line, or it is
    /// too large.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let unicode = !text.is_ascii();
        let hir = ParserBuilder::new()
            .unicode(unicode)
            .utf8(false)
            .build()
            .parse(text)
            .map_err(|error| PatternError::from_syntax(&error))?;
        if matches!(hir.kind(), HirKind::Empty) && text.trim().is_empty() {
            let message = "an empty pattern matches every line; write `.*` if that is meant";
            return Err(PatternError { message: message.to_owned(), span: None });
        }
        let regex = RegexBuilder::new(text)
            .unicode(unicode)
            .size_limit(Self::MAX_COMPILED)
            .build()
            .map_err(|error| PatternError::from_build(&error))?;
        let names = regex.capture_names().enumerate();
        let names = names.filter_map(|(index, name)| Some((index, Arc::from(name?)))).collect();
        Ok(Self { text: text.into(), regex, hir, names })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its named groups, with their numbers, in order.
    pub fn names(&self) -> &[(usize, Arc<str>)] {
        &self.names
    }

    /// The compiled form for one line.
    pub(crate) fn regex(&self) -> &Regex {
        &self.regex
    }

    /// The pattern rewritten to run over a buffer of many lines without leaving a line.
    ///
    /// It matches somewhere in a line at least where the pattern matches the line on its own:
    /// `\n` is taken out of every class, and the anchors of the text become those of lines. `\r`
    /// ends lines too, since the end of a line is stripped before the pattern sees it.
    pub(crate) fn in_buffer(&self) -> Hir {
        within_line(&self.hir)
    }
}

impl PatternError {
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

fn within_line(hir: &Hir) -> Hir {
    use regex_syntax::hir::{
        Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Repetition,
    };
    match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            let mut class = class.clone();
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Hir::class(Class::Bytes(class))
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Look(Look::Start | Look::StartLF) => Hir::look(Look::StartCRLF),
        HirKind::Look(Look::End | Look::EndLF) => Hir::look(Look::EndCRLF),
        HirKind::Look(_) | HirKind::Empty | HirKind::Literal(_) => hir.clone(),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(within_line(&repetition.sub)),
            ..repetition.clone()
        }),
        HirKind::Capture(capture) => {
            Hir::capture(Capture { sub: Box::new(within_line(&capture.sub)), ..capture.clone() })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(within_line).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(within_line).collect()),
    }
}
