//! Styled text that is safe for a terminal: made safe, wrapped, painted.

use anstyle::Style;
use unicode_width::UnicodeWidthChar;

/// A character as it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    c: char,
    style: Style,
}

/// Styled text; may hold `\n`, but no other control character.
pub(super) type Line = Vec<Cell>;

/// `text`, made safe.
pub(super) fn styled(text: &str, style: Style) -> Line {
    let mut line = Line::new();
    push(&mut line, text, style);
    line
}

/// Appends `text`, made safe: nothing of it can move the cursor, colour the screen or turn the
/// direction of what follows.
pub(super) fn push(line: &mut Line, text: &str, style: Style) {
    for c in text.chars() {
        match c {
            '\n' => line.push(Cell { c, style }),
            '\t' => line.extend([Cell { c: ' ', style }; 4]),
            '\0'..='\x1f' => line.push(Cell { c: picture(c), style }),
            '\x7f' => line.push(Cell { c: '␡', style }),
            _ if c.is_control() || is_invisible(c) => {
                line.extend(c.escape_unicode().map(|c| Cell { c, style }));
            }
            _ => line.push(Cell { c, style }),
        }
    }
}

/// The Unicode picture of a control character, as `␛`.
fn picture(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).expect("there is one for each below 0x20")
}

/// Whether a character changes others without being seen: directions, joiners, tags. The zero-width
/// joiner is let through, as emoji are made with it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Columns that `line` takes. Rough for combined emoji.
pub(super) fn width(line: &[Cell]) -> usize {
    line.iter().map(|cell| cell.c.width().unwrap_or(0)).sum()
}

/// Whether a line of `text` begins at its end.
pub(super) fn at_line_start(text: &[Cell]) -> bool {
    text.last().is_none_or(|cell| cell.c == '\n')
}

/// `text` in lines of at most `columns`, cut between words where that can be.
pub(super) fn wrap(text: &[Cell], columns: usize) -> Vec<Line> {
    let paragraphs = text.split(|cell| cell.c == '\n');
    paragraphs.flat_map(|paragraph| wrap_paragraph(paragraph, columns)).collect()
}

fn wrap_paragraph(mut rest: &[Cell], columns: usize) -> Vec<Line> {
    let is_space = |cell: &Cell| cell.c == ' ';
    let mut lines = Vec::new();
    while width(rest) > columns {
        let fitting = fitting(rest, columns).max(1);
        let last_space = rest[..=fitting.min(rest.len() - 1)].iter().rposition(is_space);
        // Not at the space that the line begins with.
        let between = last_space.filter(|&at| !rest[..at].iter().all(is_space));
        let (line, next) = rest.split_at(between.unwrap_or(fitting));
        lines.push(line.to_vec());
        let n_spaces = next.iter().take_while(|cell| is_space(cell)).count();
        rest = &next[n_spaces..];
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest.to_vec());
    }
    lines
}

/// `text` in one line of at most `columns`, with `…` where it is cut.
pub(super) fn cut(text: &[Cell], columns: usize) -> Line {
    let first = text.split(|cell| cell.c == '\n').next().unwrap_or_default();
    if first.len() == text.len() && width(first) <= columns {
        return text.to_vec();
    }
    let mut line = first[..fitting(first, columns.saturating_sub(1))].to_vec();
    line.push(Cell { c: '…', style: Style::new() });
    line
}

/// How many cells fit into `columns`.
fn fitting(line: &[Cell], columns: usize) -> usize {
    let mut used = 0;
    let fits = |cell: &&Cell| {
        used += cell.c.width().unwrap_or(0);
        used <= columns
    };
    line.iter().take_while(fits).count()
}

/// `line` with the terminal's codes for its styles.
pub(super) fn paint(line: &[Cell]) -> String {
    let mut painted = String::new();
    for run in line.chunk_by(|a, b| a.style == b.style) {
        let style = run[0].style;
        painted += &style.render().to_string();
        painted.extend(run.iter().map(|cell| cell.c));
        painted += &style.render_reset().to_string();
    }
    painted
}

/// `line` without its styles.
pub(super) fn plain(line: &[Cell]) -> String {
    line.iter().map(|cell| cell.c).collect()
}
