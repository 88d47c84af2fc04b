//! Lines as they lie in a buffer, forwards and backwards.

/// Where a line lies, its end included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Line {
    /// The line that holds the byte at `at`, which is one of `bytes`.
    pub(super) fn around(bytes: &[u8], at: usize) -> Self {
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
        Self::at(bytes, start)
    }

    /// The line that begins at `start`.
    fn at(bytes: &[u8], start: usize) -> Self {
        let end = memchr::memchr(b'\n', &bytes[start..]);
        Self { start, end: end.map_or(bytes.len(), |len| start + len + 1) }
    }

    pub(super) fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start..self.end]
    }
}

/// The lines from the byte `start` on, where one begins.
pub(super) fn from(bytes: &[u8], start: usize) -> impl Iterator<Item = Line> {
    let line_at = |start| (start < bytes.len()).then(|| Line::at(bytes, start));
    std::iter::successors(line_at(start), move |line| line_at(line.end))
}

/// `line` and the lines before it, the nearest first.
pub(super) fn back_from(bytes: &[u8], line: &Line) -> impl Iterator<Item = Line> {
    std::iter::successors(Some(*line), |line| {
        let end = line.start;
        let start = memchr::memrchr(b'\n', bytes[..end].split_last()?.1);
        Some(Line { start: start.map_or(0, |newline| newline + 1), end })
    })
}

/// `line` without its end.
pub(super) fn text(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
