//! Bytes as they were read → whole lines, and what is passed over. Touches no file.

use super::decode::{Last, Unit};
use crate::flow::Offset;

/// What is a line in one file, at the place that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    /// What its text is written in.
    pub(super) unit: Unit,
    /// How many bytes at the beginning of the file say so, and are no text.
    pub(super) bom_len: u8,
    /// The longest line that is given out whole, in bytes and its end included; whole units.
    pub(super) max_line: usize,
    /// What a beginning without a line end before it means.
    pub(super) beginning: Beginning,
    /// What an end without a line end means.
    pub(super) ending: Ending,
}

/// What stands at an offset with no line end before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beginning {
    /// The rest of a line that was cut at its greatest length: it is skipped.
    RestOfCutLine,
    /// What was written after a fragment had been given out: it is given out as well.
    AfterFragment,
}

/// What bytes without a line end at the end of a file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// A line still being written.
    Growing,
    /// The last line there will be.
    Final,
}

/// What was read of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The read position.
    pub(super) offset: Offset,
    /// Bytes before it.
    pub(super) before: &'a [u8],
    /// Bytes behind it.
    pub(super) fresh: &'a [u8],
    /// Whether there may be more bytes behind them.
    pub(super) is_full: bool,
}

/// What comes next in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// No whole line yet.
    Nothing,
    /// So many bytes are no line of their own; `n_cut` of them are text of a line that was cut.
    Skip { n_bytes: usize, n_cut: u64, is_line_over: bool },
    /// NULs where a line should begin, and nothing else so far.
    Hole,
    /// Whole lines. `has_more`: there may be whole lines behind them.
    Lines { n_bytes: usize, has_more: bool },
}

impl Split {
    /// What comes next.
    pub(super) fn next(&self, view: &View<'_>) -> Next {
        let View { before, fresh, is_full, .. } = *view;
        if let Some(skip) = self.skip_mark(view).or_else(|| self.skip_rest(view)) {
            return skip;
        }
        let is_behind_nul = self.unit.last(before).is_none_or(|last| last == Last::Nul);
        let n_nuls = self.unit.leading_nuls(fresh);
        if is_behind_nul && n_nuls > 0 {
            return self.skip_hole(n_nuls, fresh);
        }
        let n_bytes = self.whole_lines(fresh, is_full);
        if n_bytes == 0 {
            return Next::Nothing;
        }
        let (lines, rest) = fresh.split_at(n_bytes);
        let is_cut = self.unit.last(lines) != Some(Last::LineEnd) && !rest.is_empty();
        let has_line = || self.unit.first_line(rest).is_some();
        let has_more = is_full || is_cut || rest.len() > self.max_line || has_line();
        Next::Lines { n_bytes, has_more }
    }

    /// Passes over what is no text: the mark at the beginning of a file that says what its text is
    /// written in; and half a unit, where reading began when it was thought to be written otherwise.
    fn skip_mark(&self, view: &View<'_>) -> Option<Next> {
        let odd = view.offset % self.unit.width() as u64;
        let n_bytes = match usize::from(self.bom_len) {
            bom_len if view.offset == 0 && bom_len > 0 => bom_len,
            _ => usize::from(odd > 0),
        };
        let skip = Next::Skip { n_bytes, n_cut: 0, is_line_over: false };
        (n_bytes > 0 && view.fresh.len() >= n_bytes).then_some(skip)
    }

    /// Passes over the rest of a line whose head was given out. That there is one shows in what
    /// stands before the offset, so that this needs no state, and survives a restart.
    fn skip_rest(&self, view: &View<'_>) -> Option<Next> {
        let is_inside = self.unit.last(view.before) == Some(Last::Text)
            && view.offset > u64::from(self.bom_len);
        if !is_inside || self.beginning == Beginning::AfterFragment {
            return None;
        }
        let line_end = self.unit.first_line(view.fresh);
        let n_bytes = line_end.unwrap_or(self.unit.whole(view.fresh.len()));
        let is_line_over = line_end.is_some() || self.ending == Ending::Final;
        let skip = Next::Skip { n_bytes, n_cut: n_bytes as u64, is_line_over };
        (n_bytes > 0).then_some(skip)
    }

    /// Passes over NULs at the beginning of a file: the hole that is left where it was truncated
    /// under a writer that does not append. NULs elsewhere belong to their lines.
    fn skip_hole(&self, n_nuls: usize, fresh: &[u8]) -> Next {
        if n_nuls < self.unit.whole(fresh.len()) {
            Next::Skip { n_bytes: n_nuls, n_cut: 0, is_line_over: false }
        } else {
            Next::Hole
        }
    }

    /// How many bytes of `fresh` are whole lines: all at once, but none longer than `max_line`.
    fn whole_lines(&self, fresh: &[u8], is_full: bool) -> usize {
        let mut end = 0;
        // Only the end of each window is looked at, so this costs nothing where lines are short.
        while fresh.len() - end > self.max_line {
            match self.unit.whole_lines(&fresh[end..end + self.max_line]) {
                Some(n_bytes) => end += n_bytes,
                None if end == 0 => return self.max_line,
                None => return end,
            }
        }
        if self.ending == Ending::Final && !is_full {
            return self.unit.whole(fresh.len());
        }
        end + self.unit.whole_lines(&fresh[end..]).unwrap_or(0)
    }

    /// The length of the last `n_lines` lines of `before`, whole ones; `is_all`: `before` begins
    /// where the file does.
    pub(super) fn lead_len(&self, before: &[u8], n_lines: usize, is_all: bool) -> usize {
        let mut start = before.len();
        if self.unit.last(before) != Some(Last::LineEnd) {
            return 0;
        }
        for _ in 0..n_lines {
            let Some(end) = start.checked_sub(self.unit.width()) else { break };
            match self.unit.whole_lines(&before[..end]) {
                Some(n_bytes) => start = n_bytes,
                None if is_all => start = usize::from(self.bom_len).min(end),
                // A line that begins before `before` does is not whole.
                None => break,
            }
        }
        before.len() - start
    }
}
