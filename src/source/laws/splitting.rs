//! The law of line splitting: the same lines however a file grows and is read.

use super::super::decode::{Last, Unit};
use super::super::split::{Beginning, Ending, Next, Split, View};
use super::dice::Dice;

/// A file that is made up, and what it is to be split to.
struct Case {
    split: Split,
    content: Vec<u8>,
    /// Where each line begins, and what of it is given out.
    lines: Vec<(usize, Vec<u8>)>,
    /// Bytes of lines that are passed over, and how many lines those are of.
    n_cut: u64,
    n_lines_cut: usize,
}

/// Splits a made-up file while it grows, with reads of any length that are taken in part, and holds
/// the lines against those of a plain walk over the whole.
pub fn whole_lines(bytes: &[u8]) {
    let mut dice = Dice::new(bytes);
    let mut make = dice.halve();
    let case = Case::make(&mut make);
    let mut found = Found::default();
    let mut visible = 0;
    while visible < case.content.len() {
        visible = (visible + 1 + dice.below(24)).min(case.content.len());
        found.read(&case, visible, Ending::Growing, &mut dice);
    }
    found.read(&case, visible, Ending::Final, &mut dice);
    assert_eq!(found.lines, case.lines);
    assert_eq!((found.n_cut, found.n_lines_cut), (case.n_cut, case.n_lines_cut));
}

impl Case {
    fn make(dice: &mut Dice<'_>) -> Self {
        let unit = dice.one_of(&[Unit::Byte, Unit::Utf16Le, Unit::Utf16Be]);
        let (bom, n_nuls): (&[u8], usize) = match (dice.below(3), unit) {
            (0, Unit::Byte) => (&[0xEF, 0xBB, 0xBF], 0),
            (0, Unit::Utf16Le) => (&[0xFF, 0xFE], 0),
            (0, Unit::Utf16Be) => (&[0xFE, 0xFF], 0),
            (1, _) => (&[], dice.below(60)),
            _ => (&[], 0),
        };
        let split = Split {
            unit,
            bom_len: u8::try_from(bom.len()).expect("at most 3"),
            max_line: 2 * (1 + dice.below(12)),
            beginning: Beginning::RestOfCutLine,
            ending: Ending::Growing,
        };
        let mut content = bom.to_vec();
        content.resize(content.len() + n_nuls * unit.width(), 0);
        let begin = content.len();
        while !dice.is_over() {
            match unit {
                Unit::Byte => content.push(dice.one_of(b"abc\n\r\x80\xff")),
                Unit::Utf16Le | Unit::Utf16Be => {
                    let pair = [dice.one_of(b"a\n\0\x0a\xd8"), dice.one_of(b"\0\n\0\xdc")];
                    content.extend(if pair == [0, 0] { *b"ab" } else { pair });
                }
            }
        }
        let mut case = Self { split, content, lines: Vec::new(), n_cut: 0, n_lines_cut: 0 };
        case.walk(begin);
        if unit != Unit::Byte && dice.below(2) == 0 {
            // Half a unit waits for the other half.
            case.content.push(b'\n');
        }
        case
    }

    /// Walks from line to line, unit by unit.
    fn walk(&mut self, begin: usize) {
        let Split { unit, max_line, .. } = self.split;
        let mut start = begin;
        while start < self.content.len() {
            let rest = &self.content[start..];
            let mut units = rest.chunks(unit.width());
            let n_units = units.position(|one| unit.last(one) == Some(Last::LineEnd));
            let len = n_units.map_or(rest.len(), |n| (n + 1) * unit.width());
            let given = len.min(max_line);
            self.lines.push((start, rest[..given].to_vec()));
            self.n_cut += (len - given) as u64;
            self.n_lines_cut += usize::from(len > given);
            start += len;
        }
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    offset: usize,
    is_fragment_out: bool,
    is_cutting: bool,
    lines: Vec<(usize, Vec<u8>)>,
    n_cut: u64,
    n_lines_cut: usize,
}

impl Found {
    /// Reads on until there is nothing more in the first `visible` bytes.
    fn read(&mut self, case: &Case, visible: usize, ending: Ending, dice: &mut Dice<'_>) {
        loop {
            let n_most = 4 * case.split.max_line;
            let end = visible.min(self.offset + n_most);
            let n_before = self.offset.min(2 * (1 + dice.below(8)));
            let fresh = &case.content[self.offset..end];
            let before = &case.content[self.offset - n_before..self.offset];
            let beginning = if self.is_fragment_out {
                Beginning::AfterFragment
            } else {
                Beginning::RestOfCutLine
            };
            let split = Split { beginning, ending, ..case.split };
            let is_full = fresh.len() == n_most;
            let view = View { offset: self.offset as u64, before, fresh, is_full };
            match split.next(&view) {
                Next::Nothing => {
                    // The rest of a line that was cut ends with the file.
                    let is_over = ending == Ending::Final && std::mem::take(&mut self.is_cutting);
                    self.n_lines_cut += usize::from(is_over);
                    return;
                }
                Next::Hole if is_full => self.offset += fresh.len(),
                Next::Hole => return,
                Next::Skip { n_bytes, n_cut, is_line_over } => {
                    assert!(n_bytes > 0);
                    self.offset += n_bytes;
                    self.n_cut += n_cut;
                    self.n_lines_cut += usize::from(is_line_over);
                    self.is_cutting = n_cut > 0 && !is_line_over;
                }
                Next::Lines { n_bytes, has_more } => {
                    self.take(&split, &fresh[..n_bytes], dice);
                    self.is_fragment_out &= !has_more;
                }
            }
        }
    }

    /// Takes some of the lines.
    fn take(&mut self, split: &Split, mut lines: &[u8], dice: &mut Dice<'_>) {
        assert!(!lines.is_empty());
        loop {
            let n_line = split.unit.first_line(lines).unwrap_or(lines.len());
            let line = lines[..n_line].to_vec();
            let has_end = split.unit.last(&line) == Some(Last::LineEnd);
            self.is_fragment_out = !has_end && split.ending == Ending::Final;
            self.lines.push((self.offset, line));
            self.offset += n_line;
            lines = &lines[n_line..];
            if lines.is_empty() || dice.once_in(4) {
                return;
            }
        }
    }
}
