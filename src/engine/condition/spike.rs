//! `spike` + `count` + `within`: far more matches than usual, or far fewer.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::settings::Factor;
use crate::flow::{Span, Timestamp};

use super::Sights;

/// Buckets in `within`. All is counted to a fifth of it.
const WINDOW: i64 = 5;
/// Buckets before those that make up what is usual: 24 times `within`.
const USUAL: i64 = 24 * WINDOW;
/// Of them as many must have been seen: with the window itself, 6 times `within`.
const LEARNT: u64 = 25;
/// What is usual is that of a day at most.
const DAY: Duration = Duration::from_hours(24);

/// The matches of one group over the last time, and how many were usual before an incident.
///
/// Where a match is, is known to a bucket of a fifth of `within`. 8 bytes a bucket, whatever comes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// When the newest bucket begins.
    newest: Timestamp,
    /// Matches in each, the newest first, never more than [`Counts::MAX`]. `None`: those of an incident,
    /// which are neither usual nor to be told once more.
    buckets: VecDeque<Option<u32>>,
    /// What was usual when the incident began, while one is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frozen: Option<Usual>,
}

/// How many matches are usual: the mean over buckets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Usual {
    matches: u64,
    /// Buckets that they are of, at least one.
    buckets: u64,
}

/// Matches within the window, and what is usual.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) matches: u64,
    pub(crate) usual: Usual,
    pub(crate) window: Span,
}

/// What counts are measured by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge<'a> {
    pub(crate) factor: Factor,
    pub(crate) count: u32,
    pub(crate) within: Duration,
    /// When the logs were seen.
    pub(crate) sights: &'a Sights,
    /// How far the present sight goes.
    pub(crate) until: Timestamp,
}

impl Usual {
    /// How many within the rule's `within`, in thousandths.
    pub(crate) fn thousandths(self) -> u64 {
        self.matches.saturating_mul(WINDOW.cast_unsigned() * 1000) / self.buckets
    }

    /// Whether it is at least `count` within `within`.
    fn is_at_least(self, count: u32) -> bool {
        wide(self.matches) * wide(WINDOW) >= wide(count) * wide(self.buckets)
    }

    /// `matches` in thousandths of it, and `factor` times it, both many times as great.
    fn compare(self, matches: u64, factor: Factor) -> (i128, i128) {
        let matches = wide(matches) * wide(self.buckets) * 1000;
        (matches, wide(factor.thousandths()) * wide(self.matches) * wide(WINDOW))
    }
}

/// Room for products of counts.
fn wide(n: impl Into<i128>) -> i128 {
    n.into()
}

impl Counts {
    /// Buckets that are kept.
    pub(crate) const MAX: i64 = USUAL + WINDOW;

    /// Keeps to what is usual now, for as long as an incident is open.
    pub(crate) fn freeze(&mut self, usual: Usual) {
        self.frozen = Some(usual);
    }

    /// Moves all times by `by`, after the wall clock was set back.
    pub(crate) fn shift_back(&mut self, by: Duration) {
        self.newest = self.newest - by;
    }

    /// Matches in the bucket at `place`: 0 is the newest, greater ones are older, and those to come are
    /// empty yet.
    fn at(&self, place: i64) -> Option<u32> {
        let bucket = usize::try_from(place).ok().and_then(|place| self.buckets.get(place));
        bucket.copied().unwrap_or(Some(0))
    }

    /// Matches in the window whose last bucket is at `last`; `None`: there are some of an incident.
    fn window(&self, last: i64) -> Option<u64> {
        (last..last + WINDOW).map(|place| self.at(place).map(u64::from)).sum()
    }

    /// Matches in the newest window, but for those of an incident.
    pub(crate) fn latest(&self) -> u64 {
        (0..WINDOW).filter_map(|place| self.at(place)).map(u64::from).sum()
    }

    /// Makes the bucket of `time` the newest, unless a newer one is.
    fn advance(&mut self, time: Timestamp, bucket: Duration) {
        let length = millis(bucket);
        if self.buckets.is_empty() {
            let time = time.as_millis();
            self.newest = Timestamp::from_millis(time - time.rem_euclid(length));
            self.buckets.push_front(Some(0));
        }
        let ahead = (time.as_millis() - self.newest.as_millis()).div_euclid(length);
        if ahead > 0 {
            let newest = self.newest.as_millis().saturating_add(ahead.saturating_mul(length));
            self.newest = Timestamp::from_millis(newest);
            for _ in 0..ahead.min(Self::MAX) {
                self.buckets.push_front(Some(0));
            }
            self.buckets.truncate(usize::try_from(Self::MAX).unwrap_or_default());
        }
        while self.buckets.len() > 1 && self.buckets.back() == Some(&Some(0)) {
            self.buckets.pop_back();
        }
    }
}

impl Gauge<'_> {
    /// Takes in a match stamped `at`. One of before all that is kept changes nothing.
    pub(crate) fn add(&self, counts: &mut Counts, at: Timestamp) {
        counts.advance(at, self.bucket());
        let place = self.place_of(counts, at);
        let Some(place) = usize::try_from(place).ok().filter(|_| place < Counts::MAX) else {
            return;
        };
        while counts.buckets.len() <= place {
            counts.buckets.push_back(Some(0));
        }
        if let Some(count) = &mut counts.buckets[place] {
            *count = count.saturating_add(1);
        }
    }

    /// Leaves out the matches from one window before `from` up to `now`: they were of an incident.
    pub(crate) fn leave_out(&self, counts: &mut Counts, from: Timestamp, now: Timestamp) {
        self.adapt(counts, now);
        let oldest = self.place_of(counts, from - self.window_length());
        while i64::try_from(counts.buckets.len()).is_ok_and(|n| n <= oldest && n < Counts::MAX) {
            counts.buckets.push_back(Some(0));
        }
        let n = usize::try_from(oldest + 1).unwrap_or(0);
        counts.buckets.iter_mut().take(n).for_each(|count| *count = None);
    }

    /// Takes in that what happened up to `now` is usual.
    pub(crate) fn adapt(&self, counts: &mut Counts, now: Timestamp) {
        counts.frozen = None;
        // Of windows that have ended nothing is to be told any more.
        counts.advance(now, self.bucket());
    }

    /// The newest window, if far more matches are in it than usual.
    pub(crate) fn risen(&self, counts: &Counts) -> Option<Found> {
        let matches = counts.latest();
        if matches < self.count.into() {
            return None;
        }
        let usual = counts.frozen.or_else(|| self.usual(counts, WINDOW))?;
        let (own, limit) = usual.compare(matches, self.factor);
        (own >= limit).then(|| Found { matches, usual, window: self.span(counts, 0, WINDOW) })
    }

    /// When a window next ends, after `after`, in which far fewer matches are than usual unless one comes.
    pub(crate) fn next_fall(&self, counts: &Counts, after: Timestamp) -> Option<Timestamp> {
        if counts.buckets.is_empty() {
            return None;
        }
        let first = self.place_of(counts, after).min(0);
        let mut places = (first - Counts::MAX..=first).rev();
        let last = places.find(|last| self.fallen(counts, *last).is_some())?;
        Some(self.span(counts, last, 1).last)
    }

    /// The last window of those that ended after `after`, up to `now`, in which far fewer matches are than
    /// usual.
    pub(crate) fn last_fall(
        &self,
        counts: &Counts,
        after: Timestamp,
        now: Timestamp,
    ) -> Option<Found> {
        // The bucket of `now` has not ended.
        let newest = self.place_of(counts, now.min(self.until)) + 1;
        let mut ended = (newest..=Counts::MAX - WINDOW)
            .take_while(|last| self.span(counts, *last, 1).last > after);
        ended.find_map(|last| self.fallen(counts, last))
    }

    /// What is usual at `now`, if that is known.
    pub(crate) fn usual_at(&self, counts: &Counts, now: Timestamp) -> Option<Usual> {
        self.usual(counts, self.place_of(counts, now) + 1)
    }

    /// For so long the logs have to be seen until some window was seen whole.
    pub(crate) fn longest_look(&self) -> Duration {
        self.window_length() + self.bucket()
    }

    /// How far back what is usual is looked for.
    pub(crate) fn reach(&self) -> Duration {
        let usual = self.window_length().saturating_mul(24).min(DAY);
        usual + self.longest_look()
    }

    /// How long a bucket is.
    pub(crate) fn bucket(&self) -> Duration {
        let fifth = self.within.as_millis() / u128::from(WINDOW.unsigned_abs());
        Duration::from_millis(u64::try_from(fifth).unwrap_or(u64::MAX).max(1))
    }

    /// How long the window is: `within`, to a few milliseconds.
    fn window_length(&self) -> Duration {
        self.bucket() * u32::try_from(WINDOW).unwrap_or_default()
    }

    /// The window whose last bucket is at `last`, if it was seen and there are far fewer matches in it than
    /// usual.
    fn fallen(&self, counts: &Counts, last: i64) -> Option<Found> {
        let matches = counts.window(last)?;
        let window = self.span(counts, last, WINDOW);
        if !self.sights.saw(window, self.until) {
            return None;
        }
        let usual = counts.frozen.or_else(|| self.usual(counts, last + WINDOW))?;
        let (own, limit) = usual.compare(matches, self.factor);
        (usual.is_at_least(self.count) && own <= limit).then_some(Found { matches, usual, window })
    }

    /// What is usual as the buckets from `newest` on tell, those that were seen and of no incident.
    fn usual(&self, counts: &Counts, newest: i64) -> Option<Usual> {
        let of_a_day = DAY.as_millis() / self.bucket().as_millis();
        let n = i64::try_from(of_a_day).map_or(USUAL, |n| n.min(USUAL));
        let (mut matches, mut buckets) = (0, 0);
        for place in newest..newest + n {
            let Some(count) = counts.at(place) else { continue };
            if self.sights.saw(self.span(counts, place, 1), self.until) {
                matches += u64::from(count);
                buckets += 1;
            }
        }
        (buckets >= LEARNT).then_some(Usual { matches, buckets })
    }

    /// The time of `n` buckets, the newest of them at `newest`.
    fn span(&self, counts: &Counts, newest: i64, n: i64) -> Span {
        let (base, length) = (counts.newest.as_millis(), millis(self.bucket()));
        let begins = |place: i64| Timestamp::from_millis(base.saturating_sub(place * length));
        Span { first: begins(newest + n - 1), last: begins(newest - 1) }
    }

    /// The place of the bucket that `time` falls into.
    fn place_of(&self, counts: &Counts, time: Timestamp) -> i64 {
        let ahead = time.as_millis().saturating_sub(counts.newest.as_millis());
        -ahead.div_euclid(millis(self.bucket()))
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
