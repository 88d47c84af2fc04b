//! Stack traces: a machine over what lines look like, which joins a trace to what it explains.
//!
//! What a frame looks like is unmistakable in most languages (`    at f(File.java:7)`), so a frame
//! belongs to whatever stands before it. Only what could be any line — a blank one, a function's
//! name, the message under a `Traceback` — needs a state in which it is expected.

mod header;
mod shape;
mod stamp;
mod state;

use super::lines::{self, Line};

pub(super) use shape::Shape;
pub(super) use state::State;
use state::States;

/// A byte at or before `line` where an event begins, whatever the lines before it.
///
/// It runs the machine from all its states at once, a few lines back; a line that begins an event
/// in all of them is a border for certain. Where there is none, it goes twice as far back.
pub(super) fn certain_border(bytes: &[u8], line: &Line) -> usize {
    let mut n_lines = 1;
    loop {
        let window = lines::back_from(bytes, line).nth(n_lines - 1).map_or(0, |line| line.start);
        if let Some(border) = last_border(bytes, window, line) {
            return border;
        }
        if window == 0 {
            return 0;
        }
        n_lines *= 4;
    }
}

/// The last line from `window` to `last` that begins an event in every state that may be the one.
fn last_border(bytes: &[u8], window: usize, last: &Line) -> Option<usize> {
    let mut states = States::ALL;
    let mut border = None;
    for line in lines::from(bytes, window).take_while(|line| line.start <= last.start) {
        let text = lines::text(line.of(bytes));
        let shape = Shape::of(text);
        let after = states.after(&shape);
        if after.is_empty() {
            border = Some(line.start);
        }
        // An event that is full ends at any line, so each may have begun one.
        states = after.with(State::opened_by(text, &shape));
    }
    border
}
