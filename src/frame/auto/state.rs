//! The machine: what the latest lines were, and whether another line goes on with them.

use super::header::Header;
use super::shape::{Look, Shape};
use super::stamp::Stamp;

use memchr::memmem;

/// What the latest lines of an event were, as far as the next one depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// A line that only a frame can go on with.
    Plain,
    /// A logger's line that tells of trouble: an exception may be named on the next.
    Report,
    /// The same, with an exception named in it.
    ReportOfException,
    /// The first of the two lines of `java.util.logging`: a level follows.
    JulHead,
    /// The name of an exception.
    Exception,
    /// Blank lines after it.
    ExceptionGap,
    /// `nested exception is:`.
    Nested,
    /// `Caused by: …`.
    Cause,
    /// `Require stack:` and its items.
    RequireStack,
    /// Frames.
    Frames,
    /// Properties of an error, in braces.
    Properties,
    /// `Traceback (most recent call last):`.
    Traceback,
    /// Files and source lines of Python.
    PythonBody,
    /// The exception at the end of a traceback.
    PythonEnd,
    /// A blank line after it.
    PythonGap,
    /// `During handling of …`.
    PythonChain,
    /// A panic of Go.
    GoPanic,
    /// A blank line after it, or after a goroutine.
    GoGap,
    /// A function is next.
    GoFunction,
    /// The file of the function is next.
    GoFile,
    /// A panic of Rust, its message next.
    RustMessage,
    /// The rest of it.
    RustBody,
    /// An error of PHP, and its frames.
    Php,
    /// The last of its frames.
    PhpEnd,
    /// A blank line after them.
    PhpGap,
    /// An exception of Rails, blank lines and source after it.
    Rails,
    /// Its frames.
    RailsFrames,
    /// A Ruby exception.
    Ruby,
    /// A blank line after it: the source of the line is next.
    RubyGap,
    /// The source of the line.
    RubySource,
    /// Where in a script an error was thrown: the source of the line is next.
    JsPlace,
    /// The source of the line.
    JsSource,
    /// A mark under it, and blank lines.
    JsCaret,
    /// A line of .NET's console logger: its text is indented.
    DotNetLog,
    /// `Unhandled exception:` of Dart and lines of message: so many more may follow.
    Dart0,
    Dart1,
    Dart2,
    Dart3,
    Dart4,
    Dart5,
    Dart6,
    Dart7,
}

impl State {
    const ALL: [Self; 42] = [
        Self::Plain,
        Self::Report,
        Self::ReportOfException,
        Self::JulHead,
        Self::Exception,
        Self::ExceptionGap,
        Self::Nested,
        Self::Cause,
        Self::RequireStack,
        Self::Frames,
        Self::Properties,
        Self::Traceback,
        Self::PythonBody,
        Self::PythonEnd,
        Self::PythonGap,
        Self::PythonChain,
        Self::GoPanic,
        Self::GoGap,
        Self::GoFunction,
        Self::GoFile,
        Self::RustMessage,
        Self::RustBody,
        Self::Php,
        Self::PhpEnd,
        Self::PhpGap,
        Self::Rails,
        Self::RailsFrames,
        Self::Ruby,
        Self::RubyGap,
        Self::RubySource,
        Self::JsPlace,
        Self::JsSource,
        Self::JsCaret,
        Self::DotNetLog,
        Self::Dart0,
        Self::Dart1,
        Self::Dart2,
        Self::Dart3,
        Self::Dart4,
        Self::Dart5,
        Self::Dart6,
        Self::Dart7,
    ];

    /// For keeping.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// What was kept; a number that is none of ours counts as nothing special.
    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Plain)
    }

    /// The state behind a line that begins an event.
    pub(crate) fn opened_by(text: &[u8], shape: &Shape) -> Self {
        match shape.look {
            // The log, or the event before, ended amid a trace.
            Look::Frame => Self::Frames,
            Look::OpenFrame => Self::Properties,
            Look::Cause => Self::Cause,
            Look::Nested => Self::Nested,
            Look::PythonFile => Self::PythonBody,
            Look::PythonChain => Self::PythonChain,
            Look::Goroutine => Self::GoFunction,
            Look::Backtrace => Self::RustBody,
            Look::Hash | Look::StampedPhp => Self::Php,
            Look::HashEnd => Self::PhpEnd,
            Look::Blank => Self::Plain,
            Look::Stamped(_) => Self::opened_by_logger(text),
            _ => Header::of(text).map_or(Self::Plain, Self::announced_by),
        }
    }

    fn opened_by_logger(text: &[u8]) -> Self {
        match Header::of(text) {
            Some(Header::Exception) => Self::ReportOfException,
            Some(header) => Self::announced_by(header),
            None if is_jul_head(text) => Self::JulHead,
            None if tells_of_trouble(text) => Self::Report,
            None => Self::Plain,
        }
    }

    fn announced_by(header: Header) -> Self {
        match header {
            Header::Traceback => Self::Traceback,
            Header::Go => Self::GoPanic,
            Header::RustWithMessage => Self::RustMessage,
            Header::Rust => Self::RustBody,
            Header::Dart => Self::Dart7,
            Header::Php => Self::Php,
            Header::Rails => Self::Rails,
            Header::Ruby => Self::Ruby,
            Header::JsPlace => Self::JsPlace,
            Header::DotNetLog => Self::DotNetLog,
            Header::Thread => Self::Report,
            Header::Nested => Self::Nested,
            Header::Exception => Self::Exception,
        }
    }

    /// The state behind a line that goes on with the event; `None`: it begins another.
    pub(crate) fn after(self, shape: &Shape) -> Option<Self> {
        self.after_indented(shape).or_else(|| self.after_any(shape)).or_else(|| self.expects(shape))
    }

    /// Where all that is indented belongs to the trace.
    fn after_indented(self, shape: &Shape) -> Option<Self> {
        match self {
            _ if shape.look == Look::Traceback => None,
            Self::Traceback | Self::PythonBody if shape.depth > 0 => Some(Self::PythonBody),
            // Rails indents the first line of an error by one space.
            Self::PythonEnd if shape.depth > 1 => Some(Self::PythonEnd),
            Self::GoFunction | Self::GoFile if shape.depth > 0 => Some(Self::GoFunction),
            Self::DotNetLog if shape.depth >= 6 => Some(Self::DotNetLog),
            Self::Properties | Self::GoPanic | Self::RustBody if shape.depth > 0 => Some(self),
            _ => None,
        }
    }

    /// Lines that belong to whatever stands before them.
    fn after_any(self, shape: &Shape) -> Option<Self> {
        Some(match (shape.look, self) {
            (Look::Frame, Self::Rails | Self::RailsFrames) => Self::RailsFrames,
            // `thrown in …`.
            (Look::Frame, Self::Php | Self::PhpEnd) | (Look::Hash, _) => Self::Php,
            (Look::Frame, Self::RustBody) | (Look::Backtrace, _) => Self::RustBody,
            (Look::Frame, _) => Self::Frames,
            (Look::OpenFrame, _) => Self::Properties,
            (Look::Cause, _) => Self::Cause,
            (Look::Nested, _) => Self::Nested,
            (Look::PythonFile, _) => Self::PythonBody,
            (Look::PythonChain, _) => Self::PythonChain,
            (Look::Goroutine, _) => Self::GoFunction,
            (Look::HashEnd, _) => Self::PhpEnd,
            _ => return None,
        })
    }

    /// Lines that could be any, where they are expected.
    #[expect(clippy::match_same_arms, reason = "one language after the other")]
    fn expects(self, shape: &Shape) -> Option<Self> {
        use Look::{
            Blank, Caret, Close, Exception, GoFunction, GoRegister, GoSignal, Item, Name, Note,
            Numbered, RubyPlace, Text,
        };
        Some(match (self, shape.look) {
            (Self::Report | Self::ReportOfException, Look::Traceback) => Self::Traceback,
            (Self::Report | Self::ReportOfException, Exception) => Self::Exception,
            (Self::JulHead, Look::Stamped(Stamp::Level)) => Self::Report,
            (
                Self::Exception | Self::ReportOfException | Self::ExceptionGap | Self::Cause,
                Blank,
            ) => Self::ExceptionGap,
            (Self::Nested, Exception | Name) => Self::Exception,
            (Self::Nested | Self::Cause, Text | Numbered | Item) if shape.depth > 0 => Self::Cause,
            (Self::Exception | Self::ReportOfException, Look::RequireStack)
            | (Self::RequireStack, Item) => Self::RequireStack,
            (Self::Frames, Numbered | Item) if shape.depth > 0 => Self::Frames,
            (Self::Properties, Close) | (Self::Frames, Note) => Self::Frames,

            (Self::PythonBody, Exception | Name | RubyPlace) => Self::PythonEnd,
            (Self::PythonEnd, Blank) => Self::PythonGap,
            (Self::PythonChain, Blank) => Self::PythonChain,
            (Self::PythonChain, Look::Traceback) => Self::Traceback,

            (Self::GoPanic, GoSignal | GoRegister) => Self::GoPanic,
            (Self::GoPanic | Self::GoGap | Self::GoFunction | Self::GoFile, Blank) => Self::GoGap,
            (Self::GoGap, GoRegister) => Self::GoGap,
            (Self::GoGap, GoSignal) => Self::GoPanic,
            (Self::GoFunction | Self::GoFile, GoFunction) => Self::GoFile,

            (Self::RustMessage, _) if shape.is_bare_text() => Self::RustBody,
            (Self::RustBody, Note) => Self::RustBody,

            (Self::Php | Self::PhpEnd, Look::StampedPhp) => Self::Php,
            (Self::Php | Self::PhpEnd, Close) => Self::PhpEnd,
            (Self::PhpEnd, Blank) => Self::PhpGap,
            (Self::PhpEnd | Self::PhpGap, Look::Next) => Self::Php,

            (Self::Rails, Blank | Numbered) => Self::Rails,
            (Self::Rails | Self::RailsFrames, RubyPlace) => Self::RailsFrames,
            (Self::Ruby, Blank) => Self::RubyGap,
            (Self::RubyGap, _) if shape.is_bare_text() => Self::RubySource,
            (Self::RubySource, Caret) => Self::Frames,

            (Self::JsPlace, _) if shape.is_bare_text() => Self::JsSource,
            (Self::JsSource, Caret) | (Self::JsCaret, Blank) => Self::JsCaret,
            (Self::JsCaret, Exception) => Self::Exception,
            (_, Blank | Text | Exception | Name | Caret | GoFunction | Item | Numbered) => {
                return self.after_dart();
            }
            _ => return None,
        })
    }

    /// One more line of a message of Dart.
    fn after_dart(self) -> Option<Self> {
        match self {
            Self::Dart7 => Some(Self::Dart6),
            Self::Dart6 => Some(Self::Dart5),
            Self::Dart5 => Some(Self::Dart4),
            Self::Dart4 => Some(Self::Dart3),
            Self::Dart3 => Some(Self::Dart2),
            Self::Dart2 => Some(Self::Dart1),
            Self::Dart1 => Some(Self::Dart0),
            _ => None,
        }
    }
}

/// States of which any may be the one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct States(u64);

impl States {
    pub(super) const ALL: Self = Self((1 << State::ALL.len()) - 1);

    /// Those behind a line that goes on with the event, none for those in which it does not.
    pub(super) fn after(self, shape: &Shape) -> Self {
        let mut after = Self(0);
        let mut left = self.0;
        while left != 0 {
            let state = State::ALL[left.trailing_zeros() as usize];
            left &= left - 1;
            if let Some(next) = state.after(shape) {
                after = after.with(next);
            }
        }
        after
    }

    pub(super) fn with(self, state: State) -> Self {
        Self(self.0 | 1 << state.number())
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// `Jul 09, 2015 3:23:29 PM com.example.Class method`, with nothing said yet.
fn is_jul_head(text: &[u8]) -> bool {
    let behind = |half: &[u8]| memmem::find(text, half).map(|at| &text[at + half.len()..]);
    let rest = behind(b" AM ").or_else(|| behind(b" PM "));
    rest.is_some_and(|rest| !rest.contains(&b':') && rest.contains(&b' '))
}

/// Whether a logger's line is one that an exception is likely to follow.
fn tells_of_trouble(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 10] = [
        b"rror",
        b"ERR",
        b"xception",
        b"WARN",
        b"FATAL",
        b"CRIT",
        b"SEVERE",
        b"fail",
        b"Fail",
        b"atal",
    ];
    WORDS.iter().any(|word| memmem::find(text, word).is_some())
}
