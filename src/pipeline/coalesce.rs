//! Appends that come thick and fast are taken up together, as network cards coalesce interrupts.

use std::time::Duration;

use crate::flow::Timestamp;

/// How far apart wake-ups are that come without end. It is what a line may wait for others, and
/// nothing beside the way to Chat.
const EVERY: Duration = Duration::from_millis(50);

/// Wake-ups that come at once after a quiet time: until they are used up, nothing waits.
const BURST: u32 = 20;

/// Says how long to wait for more after a wake-up for an append.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Coalescing {
    /// When the wake-ups so far would have been over, had they come [`EVERY`] so often.
    even_at: Timestamp,
}

impl Coalescing {
    /// Takes in a wake-up at `now`. Returns how long others are to be waited for.
    pub(super) fn pause(&mut self, now: Timestamp) -> Duration {
        // The clock may have been set back.
        let even_at = self.even_at.clamp(now, now + EVERY * (BURST + 1));
        self.even_at = even_at + EVERY;
        even_at.since(now).saturating_sub(EVERY * BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each of `n` wake-ups is over that come as soon as the one before.
    fn ends(coalescing: &mut Coalescing, n: usize, mut now: Timestamp) -> Vec<i64> {
        let mut end = || {
            now = now + coalescing.pause(now);
            now.as_millis()
        };
        (0..n).map(|_| end()).collect()
    }

    #[test]
    fn a_burst_is_not_held_and_what_never_ends_is_taken_up_20_times_a_second() {
        let mut coalescing = Coalescing::default();
        let ends = ends(&mut coalescing, 24, Timestamp::from_millis(1_000_000));
        assert!(ends[..21].iter().all(|end| *end == 1_000_000), "{ends:?}");
        assert_eq!(ends[21..], [1_000_050, 1_000_100, 1_000_150]);
    }

    #[test]
    fn what_comes_less_often_never_waits() {
        let mut coalescing = Coalescing::default();
        for n in 0..1000 {
            let now = Timestamp::from_millis(5_000_000 + n * 50);
            assert_eq!(coalescing.pause(now), Duration::ZERO);
        }
    }

    #[test]
    fn after_the_clock_was_set_back_nothing_waits_for_it_to_come_again() {
        let mut coalescing = Coalescing::default();
        ends(&mut coalescing, 100, Timestamp::from_millis(1_000_000_000));
        let pause = coalescing.pause(Timestamp::from_millis(1000));
        assert!(pause <= EVERY, "{pause:?}");
    }
}
