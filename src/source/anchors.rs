//! What stood before older positions of a file, for when power loss took its end.

use std::io;

use memchr::memrchr;

use super::body::Body;
use super::identity::{Content, print_before};
use crate::flow::{Anchor, Fingerprint, Offset};

/// How far before the position the nearest are, in bytes; each next is four times as far.
const NEAREST: u64 = 256;

/// How many distances are told apart: 8 are kept up to 4 MiB back, and one from there on.
const N_DISTANCES: usize = 9;

/// A few older positions, latest first, each about four times as far back as the one before it: so
/// that no more is read again than about four times what was lost.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Anchors(Vec<Anchor>);

impl Anchors {
    pub(super) fn restore(saved: &[Anchor]) -> Self {
        Self(saved.to_vec())
    }

    pub(super) fn to_vec(&self) -> Vec<Anchor> {
        self.0.clone()
    }

    /// Takes in that the file was read on from `before` to `offset`; `bytes` end there and hold
    /// what was read, and perhaps some before it.
    pub(super) fn follow(&mut self, before: &Content, offset: Offset, bytes: &[u8]) {
        let n_new = usize::try_from(offset - before.offset).unwrap_or(bytes.len()).min(bytes.len());
        let ends = distances().filter_map(|distance| {
            let end = bytes.len().checked_sub(usize::try_from(distance).ok()?)?;
            let line_end = memrchr(b'\n', &bytes[..end])? + 1;
            (line_end > bytes.len() - n_new).then_some(line_end)
        });
        let mut all: Vec<_> = ends.map(|end| anchor_at(bytes, end, offset)).collect();
        all.push(Anchor { offset: before.offset, print: before.anchor });
        all.append(&mut self.0);
        self.0 = thinned(all, offset);
    }

    /// Forgets those after `offset`: the file was cut off there.
    pub(super) fn cut(&mut self, offset: Offset) {
        self.0.retain(|anchor| anchor.offset < offset);
    }

    /// Whether one of them that is long enough to tell stands in `body`.
    pub(super) fn stand_in(&self, body: &Body) -> io::Result<bool> {
        let mut telling =
            self.0.iter().filter(|own| own.print.len as usize == Fingerprint::MAX_ANCHOR);
        telling.try_fold(false, |found, own| {
            let len = own.print.len as usize;
            Ok(found || print_before(body, own.offset, len)? == own.print)
        })
    }

    /// What was read up to the last of them that still stands in `body`.
    pub(super) fn last_in(&self, body: &Body) -> io::Result<Option<Content>> {
        for anchor in self.0.iter().filter(|anchor| anchor.offset > 0) {
            let len = anchor.print.len as usize;
            if print_before(body, anchor.offset, len)? == anchor.print {
                return Content::of(body, anchor.offset).map(Some);
            }
        }
        Ok(None)
    }
}

fn distances() -> impl Iterator<Item = u64> {
    (0..N_DISTANCES - 1).map(|step| NEAREST << (2 * step))
}

/// The anchor at a line end in `bytes`, which end at `offset`.
fn anchor_at(bytes: &[u8], line_end: usize, offset: Offset) -> Anchor {
    let print = Fingerprint::of(&bytes[line_end.saturating_sub(Fingerprint::MAX_ANCHOR)..line_end]);
    Anchor { offset: offset - (bytes.len() - line_end) as u64, print }
}

/// One of `anchors`, which are latest first, for each distance: the farthest, so that it comes to
/// stand for the next distance in time; but the nearest of those that are farther than all.
fn thinned(anchors: Vec<Anchor>, offset: Offset) -> Vec<Anchor> {
    let mut kept: Vec<(usize, Anchor)> = Vec::with_capacity(N_DISTANCES);
    for anchor in anchors {
        let step = distances().filter(|&distance| offset - anchor.offset >= distance).count();
        match kept.last_mut() {
            Some((last, _)) if *last == step && step == N_DISTANCES - 1 => {}
            Some((last, own)) if *last == step => *own = anchor,
            _ => kept.push((step, anchor)),
        }
    }
    kept.into_iter().map(|(_, anchor)| anchor).collect()
}
