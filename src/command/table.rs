//! Columns for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::format::clean;

/// Rows under headings, in columns as wide as they need to be; numbers to the right.
pub(super) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// Adds a row. What came out of a log or a path is cleaned of all that a terminal would obey.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| clean(cell.as_bytes())).collect());
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
        let is_number = |column: usize| self.rows.iter().all(|row| is_number(&row[column]));
        let columns: Vec<_> =
            (0..self.headings.len()).map(|column| (width(column), is_number(column))).collect();
        let mut text = String::new();
        let headings: Vec<_> = self.headings.iter().map(|&heading| heading.to_owned()).collect();
        for row in std::iter::once(&headings).chain(&self.rows) {
            let mut line = String::new();
            for (cell, (width, is_number)) in row.iter().zip(&columns) {
                let fill = " ".repeat(width.saturating_sub(cell.width()));
                let _ = match is_number {
                    true => write!(line, "{fill}{cell}  "),
                    false => write!(line, "{cell}{fill}  "),
                };
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| c.is_ascii_digit() || c == '\u{202f}')
}
