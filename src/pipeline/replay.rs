//! Old logs through the same stages on a clock of their own: what would have been sent.
//!
//! The clock shows the time of the line at hand. Files are merged by it. Nothing is posted and
//! nothing saved.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::tz::TimeZone;

use crate::config::Settings;
use crate::engine;
use crate::flow::{AlertKind, Hit, Message, Part, RuleId, SourceId, Timestamp, WebhookName};
use crate::source::Past;
use crate::store::Saved;
use crate::telemetry::Metrics;

use super::StartError;
use super::dates::Dates;
use super::dry::{DryRun, Witness};
use super::hours::Hours;
use super::middle::Changes;
use super::open::{open_matcher, open_middle};
use super::past::{Hand, Lane, Order, fill};

/// A walk through old logs.
#[derive(Debug)]
pub struct Replay {
    /// Its clock shows the greatest time of a line so far.
    dry: DryRun,
    /// One for each thread.
    hands: Vec<Hand>,
    has_begun: bool,
    /// The source that each rule looks at.
    sources: Vec<SourceId>,
    /// How lines say when they were. Its zone is that of hours, too.
    pub(super) dates: Dates,
    /// Hits of the same time that are not taken in yet.
    batch: Vec<Hit>,
    tallies: Vec<RuleTally>,
    /// What was before is not looked at.
    since: Timestamp,
}

/// What became of one rule's matches.
#[derive(Clone, Debug)]
pub struct RuleTally {
    /// The rule's name.
    pub name: Arc<str>,
    /// Events that it matched.
    pub matched: u64,
    /// Groups that they were of.
    pub groups: u64,
    /// Messages that would have been sent, to all its webhooks.
    pub messages: u64,
    /// Matches that no message told of when they came: they were held back behind one, to be counted
    /// in a later message, or were too few to tell of.
    pub suppressed: u64,
    /// Events that a pattern of it was tried on a part of only: see [`Pattern::max_tried`].
    ///
    /// [`Pattern::max_tried`]: crate::matcher::Pattern::max_tried
    pub in_part: u64,
    /// When the first and the last of them were.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The hour of the clock with the most of them, when that began, and how many they were.
    pub worst_hour: Option<(Timestamp, u64)>,
    /// How many came in each hour, as far as it is to be known.
    hours: Hours,
    /// What the groups' names come to.
    seen: HashSet<u64>,
    /// Matches that were told at once, to the first webhook.
    told: u64,
    webhook: Option<WebhookName>,
}

/// Something that was not read to its end.
#[derive(Debug)]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub error: io::Error,
}

/// How a replay ended.
#[derive(Debug)]
pub struct Replayed {
    /// Every rule, in the order of the configuration.
    pub rules: Vec<RuleTally>,
    /// Bytes of text that were read: more than lie on the disk where that is packed.
    pub n_bytes: u64,
    /// Bytes of lines that were too long, and were not matched.
    pub n_cut: u64,
    /// Files that could not be read to their ends.
    pub faults: Vec<Fault>,
}

impl Replay {
    /// Hits that are held at most, of all files together, beyond those of a chunk for each thread.
    const MAX_HITS: usize = 1 << 16;

    /// One for the rules of `settings`, as if nothing had ever been sent. Up to `n_threads` threads
    /// will read and match.
    ///
    /// # Errors
    /// Where the matcher cannot be made as the settings ask for.
    pub fn new(settings: &Settings, n_threads: NonZero<usize>) -> Result<Self, StartError> {
        let names = settings.rules.iter().map(|rule| &*rule.engine.name);
        let now = Timestamp::from_millis(i64::MIN);
        let middle = open_middle(settings, Saved::default(), Metrics::new(names), now)?;
        let tally = |rule: &crate::config::Rule| RuleTally {
            name: Arc::clone(&rule.engine.name),
            matched: 0,
            groups: 0,
            messages: 0,
            suppressed: 0,
            in_part: 0,
            span: None,
            worst_hour: None,
            hours: Hours::default(),
            seen: HashSet::new(),
            told: 0,
            webhook: rule.format.webhooks.first().cloned(),
        };
        let tallies = settings.rules.iter().map(tally).collect();
        let hand = |_| open_matcher(settings).map(Hand::new);
        let hands = (0..n_threads.get()).map(hand).collect::<Result<_, _>>()?;
        let sources = settings.rules.iter().map(|rule| rule.matching.source).collect();
        let (has_begun, batch) = (false, Vec::new());
        let dates = Dates::new(settings, TimeZone::system());
        let dry = DryRun { middle, now };
        let since = now;
        Ok(Self { dry, hands, has_begun, sources, dates, batch, tallies, since })
    }

    /// The same without the lines of before `since`.
    #[must_use]
    pub fn since(self, since: Timestamp) -> Self {
        Self { since, ..self }
    }

    /// Walks through `files`, and on until there is nothing left to tell of them. Each message is
    /// handed to `tell` in the order in which it would have been sent. `progress` counts bytes of
    /// files as they are read.
    pub fn run(
        mut self,
        files: Vec<Past>,
        progress: &AtomicU64,
        tell: &mut dyn FnMut(&Message, Timestamp),
    ) -> Replayed {
        let dates = self.dates.clone();
        let mut lanes: Vec<_> = files.into_iter().map(Lane::new).collect();
        let n_hits = (Self::MAX_HITS / lanes.len().max(1)).clamp(16, 4096);
        let order = Order { dates: &dates, n_hits, since: self.since, progress };
        let mut hands = std::mem::take(&mut self.hands);
        hands.truncate(lanes.len().max(1));
        while lanes.iter().any(Lane::is_dry) {
            // All that have room, so that no thread waits for the one lane that ran dry.
            let wanting = lanes.iter_mut().filter(|lane| lane.hits.len() < n_hits);
            fill(wanting, &mut hands, &order);
            self.begin(&lanes);
            self.merge(&mut lanes, tell);
        }
        self.flush(tell);
        self.finish(&lanes, tell);
        for (rule, n_events) in hands.iter_mut().flat_map(Hand::take_unsure) {
            self.tallies[rule.0 as usize].in_part += n_events;
        }
        self.sum(lanes)
    }

    /// Sets the clock to when the first lines were, before any is taken in. What is expected is waited
    /// for from then on.
    fn begin(&mut self, lanes: &[Lane]) {
        if !std::mem::replace(&mut self.has_begun, true)
            && let Some(first) = lanes.iter().filter_map(Lane::span).map(|span| span.first).min()
        {
            let first = first.max(self.since);
            self.dry.now = first;
            for (rule, source) in (0..).map(RuleId).zip(&self.sources) {
                // Where none of its logs is there, nothing can be told of it.
                if lanes.iter().any(|lane| lane.is_of(*source)) {
                    self.dry.middle.expect_of(rule, first);
                }
            }
        }
    }

    /// Takes in hits by their times, until one of the lanes runs dry.
    fn merge(&mut self, lanes: &mut [Lane], tell: &mut dyn FnMut(&Message, Timestamp)) {
        let turns = lanes.iter().enumerate();
        let turns = turns.filter_map(|(place, lane)| Some(Reverse((lane.turn()?, place))));
        let mut turns: BinaryHeap<_> = turns.collect();
        while let Some(Reverse((turn, place))) = turns.pop() {
            let lane = &mut lanes[place];
            let Some(hit) = lane.take() else { return };
            self.on_hit(hit, turn, tell);
            match lane.turn() {
                Some(next) => turns.push(Reverse((next, place))),
                None if lane.is_dry() => return,
                None => {}
            }
        }
    }

    fn on_hit(&mut self, hit: Hit, turn: Timestamp, tell: &mut dyn FnMut(&Message, Timestamp)) {
        if turn > self.dry.now {
            self.flush(tell);
            self.dry.pass_time(turn, &mut Sums { tallies: &mut self.tallies, tell });
        }
        if hit.part == Part::Match {
            let tally = &mut self.tallies[hit.rule.0 as usize];
            let (first, last) = tally.span.unwrap_or((hit.time, hit.time));
            tally.span = Some((first.min(hit.time), last.max(hit.time)));
            tally.hours.on_hit(turn, self.dates.zone());
        }
        self.batch.push(hit);
        if self.batch.len() >= crate::matcher::Matcher::MAX_HITS {
            self.flush(tell);
        }
    }

    /// Takes in the hits of this moment.
    fn flush(&mut self, tell: &mut dyn FnMut(&Message, Timestamp)) {
        if self.batch.is_empty() {
            return;
        }
        self.dry.on_hits(&self.batch, &mut Sums { tallies: &mut self.tallies, tell });
        self.batch.clear();
    }

    /// Lets the clock go on until nothing is left to tell. Behind the last lines of the files nobody
    /// knows what came.
    fn finish(&mut self, lanes: &[Lane], tell: &mut dyn FnMut(&Message, Timestamp)) {
        let last = lanes.iter().filter_map(Lane::span).map(|span| span.last).max();
        let now = self.dry.now;
        self.dry.middle.end_waiting(last.map_or(now, |last| last.max(now)));
        let mut sums = Sums { tallies: &mut self.tallies, tell };
        self.dry.pass_time(Timestamp::MAX, &mut sums);
        self.dry.save(&mut sums);
    }

    fn sum(self, lanes: Vec<Lane>) -> Replayed {
        let (n_bytes, n_cut) = lanes
            .iter()
            .map(Lane::n_bytes)
            .fold((0, 0), |(bytes, cut), own| (bytes + own.0, cut + own.1));
        let faults = lanes.into_iter().filter_map(Lane::into_fault);
        let faults = faults.map(|(path, error)| Fault { path, error }).collect();
        let rules = self.tallies.into_iter().map(|mut tally| {
            tally.groups = tally.seen.len() as u64;
            tally.worst_hour = tally.hours.worst();
            tally.suppressed = tally.matched.saturating_sub(tally.told);
            tally
        });
        Replayed { rules: rules.collect(), n_bytes, n_cut, faults }
    }
}

/// Counts what becomes of the matches of each rule.
struct Sums<'a> {
    tallies: &'a mut [RuleTally],
    /// Takes each message.
    tell: &'a mut dyn FnMut(&Message, Timestamp),
}

impl Witness for Sums<'_> {
    /// Nothing is saved.
    fn on_changes(&mut self, changes: Changes, _: Timestamp) {
        let engine::Changes { rules, groups, gone, .. } = changes.engine;
        for record in rules {
            if let Some(tally) = self.tallies.iter_mut().find(|own| own.name == record.name) {
                tally.matched = record.matched;
            }
        }
        let groups = groups.into_iter().map(|record| (record.rule, record.key));
        for (rule, key) in groups.chain(gone) {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            if let Some(tally) = self.tallies.iter_mut().find(|own| own.name == rule) {
                tally.seen.insert(hasher.finish());
            }
        }
    }

    fn on_message(&mut self, message: &Message, now: Timestamp) {
        if let Some(tally) = self.tallies.iter_mut().find(|own| own.name == message.rule) {
            tally.messages += 1;
            if message.kind == AlertKind::Open && tally.webhook.as_ref() == Some(&message.webhook) {
                tally.told += message.count;
            }
        }
        (self.tell)(message, now);
    }
}
