//! A line of JSON of any length → one of bounded length, with the same fields and shorter values.

use std::mem;

/// Cuts long values of one line of JSON short, as its bytes come.
///
/// journalctl writes fields in any order, so that the cursor may stand behind a message of hundreds
/// of megabytes.
#[derive(Debug)]
pub(super) struct Squeeze {
    /// The most bytes of a string, and the most elements of an array, that are kept.
    limit: usize,
    /// Bytes of the string so far.
    n: usize,
    /// Arrays that are open.
    depth: usize,
    /// Elements so far, in the outermost of them and all within it.
    n_elements: usize,
    /// How many were open where the rest of one began to be left out.
    left_out_at: usize,
    state: State,
    /// Whether the string at hand stands in elements that are left out.
    within_left_out: bool,
    /// Bytes that were left out.
    pub(super) n_cut: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Between values, or in a number.
    Outside,
    /// In the rest of an array that is left out.
    LeftOut,
    /// In a string.
    Text,
    /// In a string, behind a backslash.
    Escape,
    /// In a string, with so many digits of an escape to come.
    Digits(u8),
    /// In the rest of a string that is left out.
    Rest,
    /// There, behind a backslash.
    RestEscape,
}

impl Squeeze {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            n: 0,
            depth: 0,
            n_elements: 0,
            left_out_at: 0,
            state: State::Outside,
            within_left_out: false,
            n_cut: 0,
        }
    }

    /// Appends what is kept of `bytes`, which hold no line end, to `kept`.
    pub(super) fn push(&mut self, bytes: &[u8], kept: &mut Vec<u8>) {
        for &byte in bytes {
            if self.keeps(byte) {
                kept.push(byte);
            } else {
                self.n_cut += 1;
            }
        }
    }

    fn keeps(&mut self, byte: u8) -> bool {
        match self.state {
            State::Outside | State::LeftOut => self.keeps_outside(byte),
            State::Text => self.keeps_text(byte),
            State::Escape => {
                self.n += 1;
                self.state = if byte == b'u' { State::Digits(4) } else { State::Text };
                true
            }
            State::Digits(n_left) => {
                self.n += 1;
                self.state = if n_left > 1 { State::Digits(n_left - 1) } else { State::Text };
                true
            }
            State::Rest => {
                self.state = match byte {
                    b'\\' => State::RestEscape,
                    b'"' => return self.close(),
                    _ => State::Rest,
                };
                false
            }
            State::RestEscape => {
                self.state = State::Rest;
                false
            }
        }
    }

    fn keeps_outside(&mut self, byte: u8) -> bool {
        let is_left_out = self.state == State::LeftOut;
        match byte {
            b'"' => {
                self.n = 0;
                self.within_left_out = is_left_out;
                self.state = if is_left_out { State::Rest } else { State::Text };
            }
            b'[' => {
                self.depth += 1;
                if self.depth == 1 {
                    self.n_elements = 0;
                }
            }
            b']' => {
                let is_over = is_left_out && self.depth <= self.left_out_at;
                self.depth = self.depth.saturating_sub(1);
                if is_over {
                    self.state = State::Outside;
                    return true;
                }
            }
            // Fields of the entry itself are not counted: the cursor may be the last of them.
            b',' if !is_left_out && self.depth > 0 => {
                self.n_elements += 1;
                if self.n_elements >= self.limit {
                    self.left_out_at = self.depth;
                    self.state = State::LeftOut;
                    return false;
                }
            }
            _ => {}
        }
        !is_left_out
    }

    fn keeps_text(&mut self, byte: u8) -> bool {
        if byte == b'"' {
            return self.close();
        }
        // Not within a character of several bytes.
        if self.n >= self.limit && byte & 0xc0 != 0x80 {
            self.state = if byte == b'\\' { State::RestEscape } else { State::Rest };
            return false;
        }
        self.n += 1;
        if byte == b'\\' {
            self.state = State::Escape;
        }
        true
    }

    /// The string is over. Returns whether its last quote is kept.
    fn close(&mut self) -> bool {
        let is_left_out = mem::take(&mut self.within_left_out);
        self.n = 0;
        self.state = if is_left_out { State::LeftOut } else { State::Outside };
        !is_left_out
    }
}
