//! One regex as a rule has it: classes are ASCII unless it asks for Unicode; lines are bytes.

use std::ops::Range;
use std::sync::Arc;

use regex_automata::PatternID;
use regex_automata::meta::{self, Regex};
use regex_automata::nfa::thompson::{self, BuildError, Compiler, NFA, WhichCaptures};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

/// A pattern, matched unanchored against one event at a time without its last line end.
///
/// Syntax is that of the `regex` crate. `\d \w \s \b` and `(?i)` are ASCII, `.` is any byte but
/// `\n`, unless `(?u)` or a letter outside ASCII stands in the pattern. `^` and `$` are the event's
/// begin and end; with `(?m)`, those of its lines.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Arc<str>,
    hir: Arc<Hir>,
    names: Names,
    n_bytes: usize,
    /// Places in it that a match may be at, at one byte of a text.
    n_places: usize,
}

/// The named groups of a pattern, with their numbers, in order.
type Names = Arc<[(usize, Arc<str>)]>;

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
    /// The most bytes that the patterns of all rules may take compiled. Who builds settings checks
    /// it.
    pub const MAX_TOGETHER: usize = 128 << 20;
    /// What every event matches.
    const ANY_EVENT: &str = "^";
    /// Bytes that the lazily built states of a compiled pattern may take.
    pub(super) const STATES: usize = 1 << 20;
    /// Steps, each from one place in a pattern over one byte, that trying it on an event may take at
    /// worst: some tenths of a second.
    const MAX_STEPS: usize = 1 << 25;

    /// Reads `text`.
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
        let Automata { names, n_bytes } =
            Automata::of(&hir).map_err(|error| PatternError::from_build(&error))?;
        let n_places = places(&hir);
        Ok(Self { text: text.into(), hir: Arc::new(hir), names, n_bytes, n_places })
    }

    /// One that every event matches.
    pub fn of_any_event() -> Self {
        Self::new(Self::ANY_EVENT).expect("a constant")
    }

    /// Whether it is [that one](Self::of_any_event).
    pub fn is_of_any_event(&self) -> bool {
        *self.text == *Self::ANY_EVENT
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its named groups, with their numbers, in order.
    pub fn names(&self) -> &[(usize, Arc<str>)] {
        &self.names
    }

    /// Whether it may match nothing at all.
    pub(crate) fn may_be_empty(&self) -> bool {
        self.hir.properties().minimum_len() == Some(0)
    }

    /// Bytes that it takes compiled, without states that are built as they are needed. At most
    /// twice [`Self::MAX_COMPILED`].
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// Bytes of an event that it is tried on at least. Beyond, it is tried on a part of those events
    /// only that need ever other states: about the first so many bytes.
    pub fn max_tried(&self) -> usize {
        Self::MAX_STEPS / self.n_places.max(1)
    }

    /// The compiled form for one event.
    pub(crate) fn compile(&self) -> Regex {
        let named = !self.names.is_empty();
        let captures = if named { WhichCaptures::All } else { WhichCaptures::Implicit };
        let settings = meta::Config::new()
            .utf8_empty(false)
            .which_captures(captures)
            .nfa_size_limit(Some(Self::MAX_COMPILED))
            .hybrid_cache_capacity(Self::STATES);
        meta::Builder::new()
            .configure(settings)
            .build_from_hir(&self.hir)
            .expect("a pattern that was found to compile")
    }

    /// The compiled form to replace with.
    pub(crate) fn regex(&self) -> regex::bytes::Regex {
        regex::bytes::RegexBuilder::new(&self.text)
            .unicode(!self.text.is_ascii())
            .size_limit(Self::MAX_COMPILED)
            .dfa_size_limit(Self::STATES)
            .build()
            .expect("a pattern that was found to compile")
    }

    /// The pattern as it was understood.
    pub(super) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// The pattern rewritten to run over a buffer of many events: see [`in_buffer`].
    pub(crate) fn in_buffer(&self, reach: Reach) -> Hir {
        in_buffer(&self.hir, reach)
    }
}

/// How far a match may reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// Each event is a line: `\n` is taken out of every class, so that no match leaves its line.
    Line,
    /// Events have several lines. A match may then reach from one into the next, but ends no sooner
    /// than in the second.
    Event,
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

    fn from_build(error: &BuildError) -> Self {
        let message = match error.size_limit() {
            Some(limit) => format!(
                "compiled it would take more than {} MiB; use smaller repetitions or leave out `(?u)`",
                limit >> 20
            ),
            None => error.to_string(),
        };
        Self { message, span: None }
    }
}

/// What a pattern is made of when it is compiled.
///
/// Two automata, one of which runs backwards; all else that it needs is made when it is run, or left
/// out where it would be too large.
struct Automata {
    names: Names,
    n_bytes: usize,
}

impl Automata {
    /// Those of a pattern, if it is not too large to be compiled.
    fn of(hir: &Hir) -> Result<Self, Box<BuildError>> {
        let compile = |settings: thompson::Config| -> Result<NFA, Box<BuildError>> {
            let settings = settings.utf8(false).nfa_size_limit(Some(Pattern::MAX_COMPILED));
            Compiler::new().configure(settings).build_from_hir(hir).map_err(Box::new)
        };
        let forwards = compile(thompson::Config::new())?;
        let backwards = thompson::Config::new().reverse(true).which_captures(WhichCaptures::None);
        let backwards = compile(backwards)?;
        let names = forwards.group_info().pattern_names(PatternID::ZERO).enumerate();
        let names = names.filter_map(|(index, name)| Some((index, Arc::from(name?)))).collect();
        Ok(Self { names, n_bytes: forwards.memory_usage() + backwards.memory_usage() })
    }
}

/// Places in a pattern that matches which begin at different bytes of a text can all be at, at one
/// byte of it: one for each byte that it says, with its repetitions.
fn places(hir: &Hir) -> usize {
    let sum = |parts: &[Hir]| parts.iter().map(places).fold(1, usize::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(class) => class.maximum_len().unwrap_or(1),
        HirKind::Repetition(repetition) => {
            let n = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1) as usize;
            places(&repetition.sub).saturating_add(1).saturating_mul(n)
        }
        HirKind::Capture(capture) => places(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

/// A pattern rewritten to run over a buffer of many events.
///
/// It matches within an event at least where the pattern matches the event on its own. The anchors of the
/// text become those of lines, and `\r` ends lines too, since the last line's end is stripped before the
/// pattern sees the event.
pub(super) fn in_buffer(hir: &Hir, reach: Reach) -> Hir {
    use regex_syntax::hir::{
        Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Repetition,
    };
    let loosen = |hir: &Hir| in_buffer(hir, reach);
    match (hir.kind(), reach) {
        (HirKind::Class(Class::Bytes(class)), Reach::Line) => {
            let mut class = class.clone();
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Hir::class(Class::Bytes(class))
        }
        (HirKind::Class(Class::Unicode(class)), Reach::Line) => {
            let mut class = class.clone();
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Hir::class(Class::Unicode(class))
        }
        (HirKind::Look(Look::Start | Look::StartLF), _) => Hir::look(Look::StartCRLF),
        (HirKind::Look(Look::End), _) | (HirKind::Look(Look::EndLF), Reach::Line) => {
            Hir::look(Look::EndCRLF)
        }
        // Within an event the end of a line is not stripped: it is before `\n` even behind `\r`.
        (HirKind::Look(Look::EndLF), Reach::Event) => {
            Hir::alternation(vec![Hir::look(Look::EndLF), Hir::look(Look::EndCRLF)])
        }
        (HirKind::Class(_) | HirKind::Look(_) | HirKind::Empty | HirKind::Literal(_), _) => {
            hir.clone()
        }
        (HirKind::Repetition(repetition), _) => Hir::repetition(Repetition {
            sub: Box::new(loosen(&repetition.sub)),
            ..repetition.clone()
        }),
        (HirKind::Capture(capture), _) => {
            Hir::capture(Capture { sub: Box::new(loosen(&capture.sub)), ..capture.clone() })
        }
        (HirKind::Concat(parts), _) => Hir::concat(parts.iter().map(loosen).collect()),
        (HirKind::Alternation(parts), _) => Hir::alternation(parts.iter().map(loosen).collect()),
    }
}
