//! One line of a file as it can be shown: secrets masked, control characters visible, of bounded
//! width, with the place of the caret under it.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::mask;

/// Where a problem is, and the line as it can be shown. Holds no secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// The line's number, from 1.
    pub line: usize,
    /// The character's number in the line as it stands in the file, from 1.
    pub column: usize,
    /// The line as shown: one line, clean, at most about [`Excerpt::MAX_WIDTH`] columns wide.
    pub shown: String,
    /// The columns of `shown` to underline; never empty.
    pub caret: Range<usize>,
}

impl Excerpt {
    /// The most columns of a line that are shown, less the signs for what was cut off.
    pub const MAX_WIDTH: usize = 120;
    /// Columns shown before the caret where a line is cut.
    const BEFORE_CARET: usize = 40;
    /// Bytes looked at before and after the caret, so that a huge line costs no more than others.
    const MAX_BYTES: usize = 1024;

    /// What stands at `span` of `text`, without the parts in `secrets` (ascending and apart).
    pub(super) fn new(text: &str, span: &Range<usize>, secrets: &[Range<usize>]) -> Self {
        let at = text.floor_char_boundary(span.start);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
        let at = at.min(end);
        let from = text.floor_char_boundary(at.saturating_sub(Self::MAX_BYTES)).max(start);
        let to = text.floor_char_boundary(at.saturating_add(Self::MAX_BYTES)).min(end);
        let mut line = Cells::new(text, from..to, secrets);
        line.cut_before = from > start;
        line.cut_after = to < end;
        let caret = line.column(at)..line.column(text.floor_char_boundary(span.end).clamp(at, end));
        let caret = caret.start..caret.end.max(caret.start + 1);
        let (shown, caret) = line.cut(caret);
        Self {
            line: line_number(text.as_bytes(), start),
            column: 1 + text[start..at].chars().count(),
            shown,
            caret,
        }
    }
}

/// The number of the line that byte `at` of `text` is on, from 1.
pub(super) fn line_number(text: &[u8], at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text[..at.min(text.len())]).count()
}

/// `text` as one line that can be shown: without secrets, control characters and excess.
pub(super) fn clean(text: &str, max_chars: usize) -> String {
    let masked = mask::masked(text);
    let mut chars = masked.chars().map(visible);
    let mut shown: String = chars.by_ref().take(max_chars).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// The characters of a line as shown, each with the byte that it stands for and its column.
struct Cells {
    list: Vec<(usize, usize, char)>,
    width: usize,
    /// Whether the line has more before the cells.
    cut_before: bool,
    /// Whether the line has more after the cells.
    cut_after: bool,
}

impl Cells {
    fn new(text: &str, line: Range<usize>, secrets: &[Range<usize>]) -> Self {
        let first = secrets.partition_point(|secret| secret.end <= line.start);
        let mut secrets = secrets[first..].iter().peekable();
        let mut cells = Self { list: Vec::new(), width: 0, cut_before: false, cut_after: false };
        let mut masked_to = 0;
        for (offset, c) in text[line.clone()].char_indices() {
            let at = line.start + offset;
            while secrets.next_if(|secret| secret.end <= at).is_some() {}
            match secrets.peek() {
                _ if at < masked_to => {}
                Some(secret) if secret.start <= at => {
                    masked_to = secret.end;
                    cells.push(at, '…');
                }
                _ if c == '\t' => (0..4).for_each(|_| cells.push(at, ' ')),
                _ => cells.push(at, visible(c)),
            }
        }
        cells
    }

    fn push(&mut self, at: usize, c: char) {
        self.list.push((at, self.width, c));
        self.width += c.width().unwrap_or(0);
    }

    /// The column of the character at or around byte `at`.
    fn column(&self, at: usize) -> usize {
        let after = self.list.partition_point(|&(byte, ..)| byte < at);
        match self.list.get(after) {
            Some(&(_, column, _)) => column,
            None => self.width,
        }
    }

    /// The part around `caret` that fits, and where `caret` is in it.
    fn cut(&self, caret: Range<usize>) -> (String, Range<usize>) {
        let fits = self.width <= Excerpt::MAX_WIDTH;
        let from = if fits { 0 } else { caret.start.saturating_sub(Excerpt::BEFORE_CARET) };
        let to = from + Excerpt::MAX_WIDTH;
        let inside = self.list.iter().filter(|(_, column, _)| (from..to).contains(column));
        let cut_before = (self.cut_before || from > 0).then_some('…');
        let cut_after = (self.cut_after || self.width > to).then_some('…');
        let shown = cut_before.into_iter().chain(inside.map(|&(.., c)| c)).chain(cut_after);
        let shift = |column: usize| column - from + usize::from(cut_before.is_some());
        let end = caret.end.min(to).max(caret.start + 1);
        (shown.collect(), shift(caret.start)..shift(end))
    }
}

/// `c`, or a sign for it where it would move the cursor, hide or turn what follows.
fn visible(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => '\u{fffd}',
        _ => c,
    }
}
