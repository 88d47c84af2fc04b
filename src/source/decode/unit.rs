//! Where lines end, by the width of what they are written in.

use memchr::{memchr, memchr_iter, memrchr, memrchr_iter};

/// What text is written in. In UTF-16 a byte of `0x0A` may be half of another letter, so only whole
/// units are looked at. All slices begin at a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::source) enum Unit {
    /// Bytes, where `\n` is a line end and nothing else.
    #[default]
    Byte,
    /// Two bytes, the low one first.
    Utf16Le,
    /// Two bytes, the high one first.
    Utf16Be,
}

impl Unit {
    /// Its width in bytes.
    pub(in crate::source) const fn width(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Utf16Le | Self::Utf16Be => 2,
        }
    }

    /// The most whole units in `len` bytes, in bytes.
    pub(in crate::source) const fn whole(self, len: usize) -> usize {
        len - len % self.width()
    }

    /// How many bytes there are up to the first line end and with it.
    pub(in crate::source) fn first_line(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Byte => memchr(b'\n', bytes).map(|at| at + 1),
            Self::Utf16Le | Self::Utf16Be => {
                memchr_iter(b'\n', bytes).find_map(|at| self.line_end_at(bytes, at))
            }
        }
    }

    /// How many bytes there are up to the last line end and with it.
    pub(in crate::source) fn whole_lines(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Byte => memrchr(b'\n', bytes).map(|at| at + 1),
            Self::Utf16Le | Self::Utf16Be => {
                memrchr_iter(b'\n', bytes).find_map(|at| self.line_end_at(bytes, at))
            }
        }
    }

    /// Behind the line end whose byte `\n` is at `at`, if it is one.
    fn line_end_at(self, bytes: &[u8], at: usize) -> Option<usize> {
        let start = at - at % 2;
        let unit = bytes.get(start..start + 2)?;
        (unit == self.newline()).then_some(start + 2)
    }

    /// A line end.
    const fn newline(self) -> &'static [u8] {
        match self {
            Self::Byte => b"\n",
            Self::Utf16Le => b"\n\0",
            Self::Utf16Be => b"\0\n",
        }
    }

    /// The last unit of `bytes`.
    pub(in crate::source) fn last(self, bytes: &[u8]) -> Option<Last> {
        let unit = &bytes[bytes.len().checked_sub(self.width())?..];
        Some(match unit {
            _ if unit == self.newline() => Last::LineEnd,
            [0] | [0, 0] => Last::Nul,
            _ => Last::Text,
        })
    }

    /// How many bytes of NULs `bytes` begin with.
    pub(in crate::source) fn leading_nuls(self, bytes: &[u8]) -> usize {
        let text = bytes.iter().position(|&byte| byte != 0);
        self.whole(text.unwrap_or(bytes.len()))
    }

    /// `line` without its line end.
    pub(in crate::source) fn without_end(self, line: &[u8]) -> &[u8] {
        line.strip_suffix(self.newline()).unwrap_or(line)
    }
}

/// What stands at the end of something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::source) enum Last {
    /// A line end.
    LineEnd,
    /// A NUL.
    Nul,
    /// Anything else.
    Text,
}
