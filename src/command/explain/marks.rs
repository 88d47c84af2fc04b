//! A line of a log with places in it marked: by colours, or by carets under it.

use std::fmt::Write as _;
use std::ops::Range;

use anstyle::Style;
use unicode_width::UnicodeWidthChar as _;

/// The most columns of a line that are shown.
const MAX_WIDTH: usize = 160;
/// Columns shown before the first mark where a line is cut.
const BEFORE_MARK: usize = 40;

/// A place in a line, in bytes, and what there is to say of it.
pub(super) struct Mark {
    pub(super) span: Range<usize>,
    pub(super) label: String,
    pub(super) ink: Style,
    /// Whether the label is said where colours show the place.
    pub(super) is_said: bool,
}

/// The line `text`, and under it what is marked. Nothing of it reaches the terminal that this would
/// obey.
pub(super) fn marked(text: &[u8], marks: &[Mark], is_colored: bool) -> String {
    let line = Line::new(text, marks.iter().map(|mark| mark.span.start).min());
    let mut shown = String::new();
    for cell in &line.cells {
        let ink = marks.iter().rev().find(|mark| mark.span.contains(&cell.at)).map(|mark| mark.ink);
        match ink.filter(|_| is_colored) {
            Some(ink) => {
                let _ = write!(shown, "{ink}{}{ink:#}", cell.sign);
            }
            None => shown.push(cell.sign),
        }
    }
    let mut rows = format!("{shown}\n");
    for mark in marks.iter().filter(|mark| mark.is_said || !is_colored) {
        let ink = if is_colored { mark.ink } else { Style::new() };
        let columns = line.columns(&mark.span);
        let space = " ".repeat(columns.start);
        let carets = "^".repeat(columns.len());
        let _ = writeln!(rows, "{space}{ink}{carets}{ink:#} {}", mark.label);
    }
    rows
}

/// What of a line is shown.
struct Line {
    cells: Vec<Cell>,
    /// Columns of all.
    width: usize,
}

/// A character as shown, and the byte that it stands for.
struct Cell {
    at: usize,
    column: usize,
    sign: char,
}

impl Line {
    /// As much as fits, from shortly before the byte `first` on.
    fn new(text: &[u8], first: Option<usize>) -> Self {
        let signs = signs(text);
        let width = |sign: char| sign.width().unwrap_or(0);
        let total: usize = signs.iter().map(|(_, sign)| width(*sign)).sum();
        let first = first.unwrap_or(0);
        let before: usize =
            signs.iter().take_while(|(at, _)| *at < first).map(|(_, sign)| width(*sign)).sum();
        let from = if total <= MAX_WIDTH { 0 } else { before.saturating_sub(BEFORE_MARK) };
        let (mut cells, mut column, mut place) = (Vec::new(), 0, 0);
        let mut push = |at, sign: char| {
            cells.push(Cell { at, column, sign });
            column += width(sign);
        };
        for (at, sign) in signs {
            let is_before = place < from;
            place += width(sign);
            if is_before {
                if place >= from {
                    push(at, '…');
                }
                continue;
            }
            if place > from + MAX_WIDTH {
                push(at, '…');
                break;
            }
            push(at, sign);
        }
        Self { width: column, cells }
    }

    /// The columns of the bytes `span`; one where it is empty.
    fn columns(&self, span: &Range<usize>) -> Range<usize> {
        let column = |at: usize| {
            let cell = self.cells.iter().find(|cell| cell.at >= at);
            cell.map_or(self.width, |cell| cell.column)
        };
        let (start, end) = (column(span.start), column(span.end));
        start..end.max(start + 1)
    }
}

/// The characters of `text` as they can be shown, each with its first byte.
fn signs(text: &[u8]) -> Vec<(usize, char)> {
    let (mut signs, mut at) = (Vec::new(), 0);
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid();
        signs.extend(valid.char_indices().map(|(offset, c)| (at + offset, visible(c))));
        at += valid.len();
        if !chunk.invalid().is_empty() {
            signs.push((at, '\u{fffd}'));
            at += chunk.invalid().len();
        }
    }
    signs
}

/// `c`, or a sign for it where it would move the cursor, hide or turn what follows.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        '\n' => '⏎',
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        c if crate::format::clean(c.encode_utf8(&mut [0; 4]).as_bytes()).is_empty() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(span: Range<usize>, label: &str) -> Mark {
        Mark { span, label: label.to_owned(), ink: Style::new().bold(), is_said: false }
    }

    #[test]
    fn carets_stand_under_what_is_marked_however_wide_or_strange_that_is() {
        let shown =
            marked("a\tü漢\u{1b}x".as_bytes(), &[mark(4..7, "kanji"), mark(8..9, "x")], false);
        assert_eq!(shown, "a ü漢␛x\n   ^^ kanji\n      ^ x\n");
        let shown = marked(b"\xff\xffab", &[mark(2..4, "")], false);
        assert_eq!(shown.lines().next(), Some("\u{fffd}\u{fffd}ab"));
        assert_eq!(marked(b"ab", &[mark(2..2, "end")], false), "ab\n  ^ end\n");
    }

    #[test]
    fn colours_take_the_place_of_carets_and_long_lines_are_cut_around_the_mark() {
        assert_eq!(marked(b"abc", &[mark(1..2, "b")], true), "a\u{1b}[1mb\u{1b}[0mc\n");
        let text = "x".repeat(300) + "ab" + &"y".repeat(300);
        let shown = marked(text.as_bytes(), &[mark(300..302, "ab")], false);
        let lines: Vec<_> = shown.lines().collect();
        let at = lines[1].find('^').unwrap();
        let shown: Vec<_> = lines[0].chars().collect();
        assert_eq!(shown[at..at + 2], ['a', 'b']);
        assert!(shown.len() <= MAX_WIDTH + 2 && shown[0] == '…', "{shown:?}");
    }
}
