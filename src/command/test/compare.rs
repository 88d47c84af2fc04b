//! What a test expects and what came, side by side.

use std::time::Duration;

use crate::config::Expected;
use crate::pipeline::Said;

/// Beyond so many pairs of what is left to compare, nothing of it is taken to be alike.
const MAX_PAIRS: usize = 1 << 22;

/// One message that was expected, or came, or both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Moment<'a> {
    /// It came as was expected.
    AsExpected(&'a Said),
    /// It was expected and did not come.
    Missing(&'a Expected),
    /// It came and was not expected.
    Extra(&'a Said),
}

impl Moment<'_> {
    pub(super) const fn is_as_expected(&self) -> bool {
        matches!(self, Self::AsExpected(_))
    }

    /// When it was or was to be, if that is said.
    fn at(&self) -> Option<Duration> {
        match self {
            Self::AsExpected(said) | Self::Extra(said) => Some(said.at),
            Self::Missing(expected) => expected.at,
        }
    }
}

/// `expected` and `said`, both in order, with as many as possible taken to be alike.
pub(super) fn compare<'a>(expected: &'a [Expected], said: &'a [Said]) -> Vec<Moment<'a>> {
    let pairs = || expected.iter().zip(said);
    let n_head = pairs().take_while(|(expected, said)| is_met(expected, said)).count();
    let (expected, rest) = (&expected[n_head..], &said[n_head..]);
    let backwards = expected.iter().rev().zip(rest.iter().rev());
    let n_tail = backwards.take_while(|(expected, said)| is_met(expected, said)).count();
    let (expected, _) = expected.split_at(expected.len() - n_tail);
    let (rest, tail) = rest.split_at(rest.len() - n_tail);
    let mut moments: Vec<_> = said[..n_head].iter().map(Moment::AsExpected).collect();
    moments.extend(align(expected, rest));
    moments.extend(tail.iter().map(Moment::AsExpected));
    // What is not alike in one place, by time.
    for run in moments.chunk_by_mut(|a, b| a.is_as_expected() == b.is_as_expected()) {
        if !run[0].is_as_expected() {
            run.sort_by_key(Moment::at);
        }
    }
    moments
}

/// A longest common subsequence, by the table of the lengths of those of all tails.
fn align<'a>(expected: &'a [Expected], said: &'a [Said]) -> Vec<Moment<'a>> {
    let (n, m) = (expected.len(), said.len());
    let missing = expected.iter().map(Moment::Missing);
    if n.saturating_mul(m) > MAX_PAIRS {
        return missing.chain(said.iter().map(Moment::Extra)).collect();
    }
    let width = m + 1;
    let mut longest = vec![0_u32; (n + 1) * width];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            longest[i * width + j] = if is_met(&expected[i], &said[j]) {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut moments) = (0, 0, Vec::with_capacity(n.max(m)));
    while i < n || j < m {
        if i < n && j < m && is_met(&expected[i], &said[j]) {
            moments.push(Moment::AsExpected(&said[j]));
            (i, j) = (i + 1, j + 1);
        } else if j == m || i < n && longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            moments.push(Moment::Missing(&expected[i]));
            i += 1;
        } else {
            moments.push(Moment::Extra(&said[j]));
            j += 1;
        }
    }
    moments
}

/// Whether `said` is what is `expected`. What that leaves out may be anything.
fn is_met(expected: &Expected, said: &Said) -> bool {
    let Expected { at, kind, count, group } = expected;
    let has = |name: &str, value: &str| said.group.iter().any(|own| own == (name, value));
    at.is_none_or(|at| at == said.at)
        && kind.is_none_or(|kind| kind == said.kind)
        && count.is_none_or(|count| count == said.count)
        && group.iter().all(|(name, value)| has(name, value))
}
