//! Columns for people.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

use crate::format::clean;

/// What may stand behind a number.
const UNITS: [&str; 10] = ["", " B", " kB", " MB", " GB", " TB", " %", " ns", " µs", " ms"];

/// Rows under headings, in columns as wide as they need to be; numbers to the right.
pub(super) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Sentences under rows, with the row's place.
    notes: Vec<(usize, String)>,
}

impl Table {
    pub(super) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a row. What came out of a log or a path is cleaned of all that a terminal would obey.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| clean(cell.as_bytes())).collect());
    }

    /// Adds a sentence under the last row. It is cleaned like a cell.
    pub(super) fn note(&mut self, sentence: &str) {
        self.notes.push((self.rows.len(), clean(sentence.as_bytes())));
    }

    /// The table as text; `empty` where it has no rows.
    pub(super) fn render(&self, empty: &str) -> String {
        if self.rows.is_empty() {
            return format!("{empty}\n");
        }
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells.chain([self.headings[column].len()]).max().unwrap_or(0)
        };
        let is_number = |column: usize| {
            let mut cells =
                self.rows.iter().map(|row| &row[column]).filter(|cell| !cell.is_empty());
            cells.next().is_some_and(|first| is_number(first)) && cells.all(|cell| is_number(cell))
        };
        let columns: Vec<_> =
            (0..self.headings.len()).map(|column| (width(column), is_number(column))).collect();
        let mut text = String::new();
        let headings: Vec<_> = self.headings.iter().map(|&heading| heading.to_owned()).collect();
        let mut notes = self.notes.iter().peekable();
        for (place, row) in std::iter::once(&headings).chain(&self.rows).enumerate() {
            let mut line = String::new();
            for (cell, (width, is_number)) in row.iter().zip(&columns) {
                let fill = " ".repeat(width.saturating_sub(cell.width()));
                let _ = match is_number {
                    true => write!(line, "{fill}{cell}  "),
                    false => write!(line, "{cell}{fill}  "),
                };
            }
            let _ = writeln!(text, "{}", line.trim_end());
            while let Some((_, note)) = notes.next_if(|(after, _)| *after == place) {
                let _ = writeln!(text, "    {note}");
            }
        }
        text
    }
}

/// `text` in at most so many columns, with an ellipsis where it is cut.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Whether `cell` is a number, or an amount, known or not.
fn is_number(cell: &str) -> bool {
    if cell == "?" {
        return true;
    }
    let digits = cell.find(|c: char| !c.is_ascii_digit() && !"\u{202f}.".contains(c));
    let (digits, unit) = cell.split_at(digits.unwrap_or(cell.len()));
    !digits.is_empty() && UNITS.contains(&unit)
}
