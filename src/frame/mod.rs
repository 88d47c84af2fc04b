//! Which lines of a log make one event: those from one start to the next, or a whole stack trace.
//!
//! A leaf: it knows lines as bytes and nothing of where they come from. Three ways lead to the same
//! borders: [`Framing::around`] and [`Framing::last_event`] look at lines as they lie, as few of
//! them as will do, and [`Framing::take`] is told one line after the other.

mod auto;
#[cfg(any(test, fuzzing))]
pub mod laws;
mod lines;
mod start;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use auto::State;
use lines::Line;
use start::Start;

pub use start::FrameError;

/// Which lines of a log make one event.
///
/// Two are equal if they were made from the same text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Framing(Kind);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    /// A line that matches begins an event.
    Start(Start),
    /// Stack traces are one event with the line that they explain, any other line is one.
    Auto,
}

/// Where [`Framing::take`] is within an event. The default is before the first line of all.
///
/// Kept over a restart. What an older or newer program made of it moves a border by a few lines at
/// worst.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FrameState {
    /// Lines of the event so far; none before the first line of all.
    n_lines: u16,
    /// Bytes of these lines, each counted with a line end of one byte.
    n_bytes: u32,
    /// What the latest lines were, to a framing that knows stack traces.
    trace: u8,
}

/// What a line is to the event before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// It begins a new event.
    Begins,
    /// It belongs to the same event as the line before it.
    Continues,
}

impl Framing {
    /// The most lines of an event. The next line begins a new one.
    pub const MAX_LINES: usize = 1_000;
    /// The most bytes of an event, but for a single line that is longer. A line that would go
    /// beyond begins a new one.
    pub const MAX_BYTES: usize = 256 << 10;

    /// Events that begin with a line that `pattern` matches.
    ///
    /// The pattern is matched unanchored against one line at a time without its end, as bytes;
    /// classes are ASCII unless `(?u)` or a letter outside ASCII stands in it. Lines before the
    /// first that matches make one event together.
    ///
    /// # Errors
    /// The operator's: the syntax is wrong, the pattern matches every line, or it is too large.
    pub fn starting_with(pattern: &str) -> Result<Self, FrameError> {
        Start::new(pattern).map(|start| Self(Kind::Start(start)))
    }

    /// The text that it was made of: the pattern, or `auto`.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kind::Start(start) => start.as_str(),
            Kind::Auto => "auto",
        }
    }

    /// Stack traces of Java, Python, Go, JavaScript, Ruby, PHP, .NET, Rust and Dart as one event
    /// each, with the line that they begin with; any other line is an event of its own.
    pub fn auto() -> Self {
        Self(Kind::Auto)
    }

    /// The event that the line at byte `at` of `bytes` belongs to, its line ends included.
    ///
    /// `bytes` are whole lines, and an event begins at their first byte. What comes behind `bytes`
    /// may belong to the last event: see [`last_event`](Self::last_event). Only lines near `at` are
    /// looked at, unless the event is long.
    pub fn around(&self, bytes: &[u8], at: usize) -> Range<usize> {
        let Some(last) = bytes.len().checked_sub(1) else { return 0..0 };
        let at = at.min(last);
        let mut state = FrameState::default();
        let mut start = self.certain_border(bytes, at);
        for line in lines::from(bytes, start) {
            if self.take(&mut state, line.of(bytes)) == Place::Begins {
                if line.start > at {
                    return start..line.start;
                }
                start = line.start;
            }
        }
        start..bytes.len()
    }

    /// Where the last event of `bytes` begins: lines that come may belong to it. `bytes` are as for
    /// [`around`](Self::around).
    pub fn last_event(&self, bytes: &[u8]) -> usize {
        self.around(bytes, bytes.len()).start
    }

    /// Takes in the next line, with its end or without.
    pub fn take(&self, state: &mut FrameState, line: &[u8]) -> Place {
        let text = lines::text(line);
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX).saturating_add(1);
        let trace = match (state.has_room_for(len), &self.0) {
            (false, _) => None,
            (true, Kind::Start(start)) => (!start.is_match(text)).then_some(state.trace),
            (true, Kind::Auto) => {
                let next = State::from_number(state.trace).after(&auto::Shape::of(text));
                next.map(State::number)
            }
        };
        if let Some(trace) = trace {
            state.n_lines += 1;
            state.n_bytes += len;
            state.trace = trace;
            return Place::Continues;
        }
        let trace = match self.0 {
            Kind::Start(_) => 0,
            Kind::Auto => State::opened_by(text, &auto::Shape::of(text)).number(),
        };
        *state = FrameState { n_lines: 1, n_bytes: len, trace };
        Place::Begins
    }

    /// A byte at or before the line at `at` where an event begins, whatever the lines before it.
    fn certain_border(&self, bytes: &[u8], at: usize) -> usize {
        let line = Line::around(bytes, at);
        match &self.0 {
            Kind::Start(start) => lines::back_from(bytes, &line)
                .find(|line| start.is_match(lines::text(line.of(bytes))))
                .map_or(0, |line| line.start),
            Kind::Auto => auto::certain_border(bytes, &line),
        }
    }
}

impl FrameState {
    /// Whether a line of `len` bytes may belong to the event at hand.
    fn has_room_for(self, len: u32) -> bool {
        let n_bytes = self.n_bytes.saturating_add(len) as usize;
        (1..Framing::MAX_LINES).contains(&usize::from(self.n_lines))
            && n_bytes <= Framing::MAX_BYTES
    }
}
