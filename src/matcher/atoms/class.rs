//! A class of a pattern → atoms of one byte, or of the bytes of one letter.

use regex_syntax::hir::Class;
use regex_syntax::utf8::Utf8Sequences;

use super::atom::{Atom, Atoms, united};
use super::{ByteSet, Reach};

/// Ranges of letters that are looked at one by one, and atoms of several bytes that they may make.
/// `\w` in all of Unicode has hundreds.
const MAX_RANGES: usize = 64;
const MAX_LONG: usize = 8;

/// What a class matches.
pub(super) enum Parts {
    /// One of these.
    Exactly(Atoms),
    /// Bytes that begin and end with one of these.
    Between(ByteSet, ByteSet),
}

pub(super) fn parts(class: &Class, reach: Reach) -> Parts {
    let in_reach = |set: ByteSet| match reach {
        Reach::Line => set.within_a_line(),
        Reach::Event => set,
    };
    let class = match class {
        Class::Bytes(class) => {
            let ranges = class.ranges().iter();
            let set = ranges.map(|range| ByteSet::range(range.start(), range.end()));
            let set = in_reach(set.fold(ByteSet::NONE, ByteSet::or));
            return Parts::Exactly(vec![Atom::of(vec![set])]);
        }
        Class::Unicode(class) => class,
    };
    let (mut first, mut last, mut single) = (ByteSet::NONE, ByteSet::NONE, ByteSet::NONE);
    let (mut long, mut n_ranges) = (Vec::new(), 0);
    let ranges = class.ranges().iter();
    for bytes in ranges.flat_map(|range| Utf8Sequences::new(range.start(), range.end())) {
        n_ranges += 1;
        let body: Vec<_> =
            bytes.as_slice().iter().map(|range| ByteSet::range(range.start, range.end)).collect();
        let [begin, .., end] = body[..] else {
            single = single.or(body[0]);
            continue;
        };
        (first, last) = (first.or(begin), last.or(end));
        if n_ranges <= MAX_RANGES {
            long.push(Atom::of(body));
        }
    }
    let single = in_reach(single);
    if n_ranges > MAX_RANGES || long.len() > MAX_LONG {
        return Parts::Between(first.or(single), last.or(single));
    }
    if single != ByteSet::NONE || long.is_empty() {
        long.push(Atom::of(vec![single]));
    }
    Parts::Exactly(united(&long, &[]).expect("few"))
}
