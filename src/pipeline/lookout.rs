//! How far the logs of a rule are read, for the rules that tell of what did not come.

use std::collections::HashMap;
use std::time::Duration;

use crate::config::Settings;
use crate::flow::{RuleId, Sight, SourceId, Timestamp};
use crate::source::Source;

use super::middle::Middle;

/// Longer than any line waits for others. Pauses between looks, too.
const SETTLED: Duration = Duration::from_secs(1);

/// Pauses between looks for logs that cannot be read.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// Looks at logs once something is due, after what there was to read has been read.
#[derive(Debug)]
pub(super) struct Lookout {
    /// The source that each rule looks at.
    sources: Vec<SourceId>,
    /// When all was read of a rule's logs, while lines of them wait for others.
    settling: HashMap<RuleId, Timestamp>,
    /// When a look last found that there was more to read.
    behind_at: Timestamp,
    /// When the logs were last looked at for blind spots.
    watched_at: Timestamp,
}

impl Lookout {
    pub(super) fn new(settings: &Settings) -> Self {
        let sources = settings.rules.iter().map(|rule| rule.matching.source).collect();
        Self {
            sources,
            settling: HashMap::new(),
            behind_at: Timestamp::default(),
            watched_at: Timestamp::default(),
        }
    }

    /// Tells `middle` how far the logs are read of which it has to know, and which cannot be.
    pub(super) fn look(&mut self, source: &Source, middle: &mut Middle, now: Timestamp) {
        if now >= self.watched_at + WATCH_EVERY {
            self.watched_at = now;
            for rule in middle.rules_to_watch() {
                self.watch(rule, source, middle, now);
            }
        }
        if now < self.behind_at + SETTLED {
            return;
        }
        for rule in middle.rules_to_read(now) {
            if middle.rules_to_watch().contains(&rule) {
                self.watch(rule, source, middle, now);
            }
            let sight = source.sight_of(self.source_of(rule), now);
            if sight != Sight::Clear {
                self.behind_at = now;
            }
            if let Some(up_to) = self.on_sight(rule, sight, now) {
                middle.on_read(rule, up_to);
            }
        }
    }

    /// Tells `middle` whether a log of `rule` cannot be read.
    fn watch(&self, rule: RuleId, source: &Source, middle: &mut Middle, now: Timestamp) {
        let spot = source.blind_spot_of(self.source_of(rule));
        middle.on_blind_spot(rule, spot.as_ref(), now);
    }

    /// When to look next.
    pub(super) fn deadline(&self, middle: &Middle) -> Option<Timestamp> {
        let look = middle.reading_deadline().map(|due| due.max(self.behind_at + SETTLED));
        let has_watchers = !middle.rules_to_watch().is_empty();
        let watch = has_watchers.then(|| self.watched_at + WATCH_EVERY);
        look.into_iter().chain(watch).min()
    }

    fn source_of(&self, rule: RuleId) -> SourceId {
        self.sources[rule.0 as usize]
    }

    /// Until when all is matched that was written, if that is known.
    fn on_sight(&mut self, rule: RuleId, sight: Sight, now: Timestamp) -> Option<Timestamp> {
        if sight == Sight::Clear {
            self.settling.remove(&rule);
            return Some(now);
        }
        // In a log that grows all the time some line always waits, but none for long.
        let since = self.settling.get(&rule).copied();
        let settled = since.filter(|since| now >= *since + SETTLED);
        if settled.is_some() {
            self.settling.remove(&rule);
        }
        if sight == Sight::Settling {
            self.settling.entry(rule).or_insert(now);
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_others_is_matched_a_second_later_whatever_comes_meanwhile() {
        let mut lookout = Lookout {
            sources: Vec::new(),
            settling: HashMap::new(),
            behind_at: at(0),
            watched_at: at(0),
        };
        let mut check = |millis, sight, expected: Option<i64>| {
            assert_eq!(lookout.on_sight(RuleId(0), sight, at(millis)), expected.map(at));
        };
        check(0, Sight::Behind, None);
        check(5_000, Sight::Behind, None);
        check(5_100, Sight::Settling, None);
        check(6_000, Sight::Behind, None);
        check(6_100, Sight::Behind, Some(5_100));
        check(6_200, Sight::Behind, None);
        check(7_000, Sight::Settling, None);
        check(8_000, Sight::Settling, Some(7_000));
        check(8_500, Sight::Settling, None);
        check(9_000, Sight::Settling, Some(8_000));
        check(9_100, Sight::Clear, Some(9_100));
        check(10_500, Sight::Settling, None);
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }
}
