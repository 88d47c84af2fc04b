//! Hits as of their arrival → hits as of when what they tell of happened.
//!
//! Stamps are looked for in hits alone: a line that no rule matches needs no time.

use jiff::tz::TimeZone;

use crate::config::Settings;
use crate::flow::{Chunk, Dated, Hit, RuleId, SourceId, Timestamp};
use crate::stamp::{Arrival, Dating, Stamp};

/// How the lines of each rule say when they were.
#[derive(Clone, Debug)]
pub(super) struct Dates {
    by_source: Vec<Dating>,
    /// The source that each rule looks at.
    sources: Vec<SourceId>,
    /// Of stamps that have none.
    zone: TimeZone,
}

impl Dates {
    /// As `settings` say, on a host in `zone`.
    pub(super) fn new(settings: &Settings, zone: TimeZone) -> Self {
        let sources = settings.rules.iter().map(|rule| rule.matching.source).collect();
        Self { by_source: settings.dating.clone(), sources, zone }
    }

    /// The same for `rules`, by their places there.
    pub(super) fn of_rules(&self, rules: &[RuleId]) -> Self {
        let sources = rules.iter().map(|rule| self.sources[rule.0 as usize]).collect();
        Self { sources, ..self.clone() }
    }

    /// Dates hits of `chunk`.
    pub(super) fn date(&self, chunk: &Chunk<'_>, hits: &mut [Hit]) {
        let arrival = Arrival { at: chunk.read_at, progress: chunk.progress };
        for hit in hits {
            let dating = self.of_rule(hit.rule);
            hit.date(dating.date(self.stamp_of(hit), arrival, &self.zone));
        }
    }

    /// The stamp of a hit that is not dated yet: that of what it is packed in, else of its line.
    pub(super) fn stamp_of(&self, hit: &Hit) -> Option<Stamp> {
        stamp(self.of_rule(hit.rule), hit.sample.line.as_slice(), hit.sample.written)
    }

    /// The time that a line of a log of `sources` says, of several that may be the one nearest to `near`.
    pub(super) fn written(
        &self,
        line: &[u8],
        sources: &[SourceId],
        near: Timestamp,
    ) -> Option<Timestamp> {
        let dating = sources.first().and_then(|source| self.by_source.get(source.0 as usize));
        dating?.find(line)?.at(near, &self.zone)
    }

    /// Dates an event as `rule` has it, which what packs it says is of `packed`; where no rule looks at
    /// it, in any way that is known.
    pub(super) fn date_for(
        &self,
        rule: Option<RuleId>,
        (event, packed): (&[u8], Option<Timestamp>),
        arrival: Arrival,
    ) -> Dated {
        let any = Dating::default();
        let dating = rule.map_or(&any, |rule| self.of_rule(rule));
        dating.date(stamp(dating, event, packed), arrival, &self.zone)
    }

    /// How many sources there are.
    pub(super) fn n_sources(&self) -> usize {
        self.by_source.len()
    }

    /// The zone of stamps that have none.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn of_rule(&self, rule: RuleId) -> &Dating {
        &self.by_source[self.sources[rule.0 as usize].0 as usize]
    }
}

/// The stamp of an event: that of what it is packed in, else of its line.
fn stamp(dating: &Dating, event: &[u8], packed: Option<Timestamp>) -> Option<Stamp> {
    let packed = packed.filter(|_| dating.format.is_none());
    packed.map(Stamp::Instant).or_else(|| dating.find(event))
}
