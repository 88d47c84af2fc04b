//! What rules that tell of new values, or compare with what is usual, learn at their first start: what
//! stands in their logs already.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::Clock;
use crate::config::Settings;
use crate::engine::Engine;
use crate::flow::{Hit, RuleId, SourceId, StreamId, Timestamp};
use crate::format::words;
use crate::matcher::{Context, MatchSettings, Matcher};
use crate::source::{Earlier, Owners, Past, Source};

use super::StartError;
use super::dates::Dates;
use super::past::{Hand, Lane, Order};

/// What was written longer ago is not learnt from; for what is usual, much less.
const MAX_AGE: Duration = Duration::from_hours(7 * 24);
/// So much text is learnt from at most, of all logs together, that was written last before the rest.
const MAX_BYTES: u64 = 256 << 20;
/// Learning is broken off after so long: meanwhile nothing else is read.
const MAX_TIME: Duration = Duration::from_secs(10);
/// Hits that are found at once.
const N_HITS: usize = 1024;

/// Learning, of the rules that have not yet.
struct Lessons<'a> {
    engine: &'a mut Engine,
    /// The rules, by their places in the matcher.
    rules: Vec<RuleId>,
    hand: Hand,
    dates: Dates,
    /// What was written before is not read.
    since: Timestamp,
    /// When it began.
    now: Timestamp,
    clock: &'a Clock,
    /// How far back the logs are known.
    reach: Reach,
    n_bytes: u64,
}

/// How far back logs were read, without a gap from now on.
#[derive(Debug, Default)]
struct Reach(HashMap<StreamId, Known>);

/// How far back one log was.
#[derive(Debug, Default)]
struct Known {
    /// The sources that it is of; empty where none of it was read.
    sources: Vec<SourceId>,
    /// `None`: not at all.
    since: Option<Timestamp>,
    /// What lies before that was not read, so that nothing before it counts.
    is_cut: bool,
}

impl Reach {
    /// A file of the log was read whole, whose first line is of `first`. Newer ones come before.
    fn add(&mut self, stream: StreamId, sources: &[SourceId], first: Timestamp) {
        let known = self.0.entry(stream).or_default();
        known.sources = sources.to_vec();
        if !known.is_cut {
            known.since = Some(known.since.map_or(first, |since| since.min(first)));
        }
    }

    /// A file of the log was not read, or not to its end.
    fn miss(&mut self, stream: StreamId) {
        self.0.entry(stream).or_default().is_cut = true;
    }

    /// From when on all logs of `source` are known; `None`: there are none, or one is not known at all.
    fn of(&self, source: SourceId) -> Option<Timestamp> {
        let is_own = |own: &&Known| own.sources.is_empty() || own.sources.contains(&source);
        let all: Option<Vec<_>> = self.0.values().filter(is_own).map(|own| own.since).collect();
        all?.into_iter().max()
    }
}

/// Teaches the rules of `engine` that tell of new values, or compare with what is usual, and have learnt
/// nothing, what stands in the files of `source` before the read positions. It is to be saved together with
/// these, and before anything is read on: then each line is either learnt or judged, and where the agent
/// ends before that, it learns again.
pub(super) fn learn(
    settings: &Settings,
    source: &Source,
    engine: &mut Engine,
    clock: &Clock,
    now: Timestamp,
) -> Result<(), StartError> {
    let is_there = |rule: &RuleId| (rule.0 as usize) < settings.rules.len();
    let rules: Vec<_> = engine.rules_to_teach().filter(is_there).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let matching = |rule: &RuleId| MatchSettings {
        context: Context { before: 0, after: 0 },
        ..settings.rules[rule.0 as usize].matching.clone()
    };
    let matching: Vec<_> = rules.iter().map(matching).collect();
    let sources: HashSet<SourceId> = matching.iter().map(|rule| rule.source).collect();
    let hand = Hand::new(Matcher::with(matching, settings.simd)?);
    let dates = Dates::new(settings, TimeZone::system()).of_rules(&rules);
    let since = now - rules.iter().map(|rule| max_age(engine, *rule)).max().unwrap_or_default();
    let (reach, n_bytes) = (Reach::default(), 0);
    let mut lessons = Lessons { engine, rules, hand, dates, since, now, clock, reach, n_bytes };
    let files = source.earlier(&sources, since);
    let n_done = lessons.read(&files, &Owners::new(&settings.sources));
    files[n_done..].iter().for_each(|file| lessons.reach.miss(file.stream));
    lessons.note_sights(settings);
    lessons.report(settings, files.len(), n_done);
    Ok(())
}

/// What was written longer ago is not learnt from.
fn max_age(engine: &Engine, rule: RuleId) -> Duration {
    match engine.looks_back(rule) {
        Duration::ZERO => MAX_AGE,
        back => back,
    }
}

impl Lessons<'_> {
    /// Learns from `files` in their order, as far as there is time. Returns how many were read.
    fn read(&mut self, files: &[Earlier], owners: &Owners) -> usize {
        for (n_done, file) in files.iter().enumerate() {
            let left = MAX_BYTES.saturating_sub(self.n_bytes);
            if left == 0 || self.is_late() {
                return n_done;
            }
            let path = file.path.display();
            match Past::open_earlier(file, owners, left) {
                Ok(past) => {
                    let fault = self.take_in(past, file.stream, left);
                    if let Some(error) = fault {
                        tracing::warn!("cannot learn from all of `{path}`: {error}");
                    }
                }
                Err(error) => {
                    self.reach.miss(file.stream);
                    tracing::warn!("cannot learn from `{path}`: {error}");
                }
            }
        }
        files.len()
    }

    /// Learns from one file, of which `left` bytes may be read. Returns what kept it from being read to its
    /// end.
    fn take_in(&mut self, past: Past, stream: StreamId, left: u64) -> Option<std::io::Error> {
        let begin = past.offset();
        let mut lane = Lane::new(past);
        let progress = AtomicU64::new(0);
        while lane.is_dry() && !self.is_late() {
            let (dates, since) = (&self.dates, self.since);
            let order = Order { dates, since, n_hits: N_HITS, progress: &progress };
            self.hand.fill(&mut lane, &order);
            let mut hits: Vec<Hit> = std::iter::from_fn(|| lane.take()).collect();
            for hit in &mut hits {
                hit.rule = self.rules[hit.rule.0 as usize];
            }
            self.engine.learn(&hits, self.now - MAX_AGE, self.now);
        }
        let n_read = lane.n_bytes().0 - begin;
        // What comes last in a file was written last; of one that is packed the beginning was read.
        let is_whole = !lane.is_dry() && (begin > 0 || n_read < left);
        let sources = (0..).map(SourceId).take(self.dates.n_sources());
        let sources: Vec<_> = sources.filter(|source| lane.is_of(*source)).collect();
        self.n_bytes += n_read;
        let first = lane.span().map(|span| span.first);
        let fault = lane.into_fault().map(|(_, error)| error);
        match first.filter(|_| is_whole && fault.is_none()) {
            Some(first) => self.reach.add(stream, &sources, first),
            None => self.reach.miss(stream),
        }
        fault
    }

    /// Takes in from when on the logs of each rule are known, all of them.
    fn note_sights(&mut self, settings: &Settings) {
        for rule in &self.rules {
            let source = settings.rules[rule.0 as usize].matching.source;
            if let Some(since) = self.reach.of(source) {
                self.engine.learnt_since(*rule, since, self.now);
            }
        }
    }

    fn is_late(&self) -> bool {
        self.clock.now() >= self.now + MAX_TIME
    }

    /// Says what each rule has learnt.
    fn report(&self, settings: &Settings, n_files: usize, n_done: usize) {
        let bytes = words::bytes(self.n_bytes);
        let left = match n_files - n_done {
            0 => String::new(),
            n_left => format!("; {n_left} older files were too much for it"),
        };
        for rule in &self.rules {
            let name: &Arc<str> = &settings.rules[rule.0 as usize].engine.name;
            if self.engine.looks_back(*rule) > Duration::ZERO {
                let source = settings.rules[rule.0 as usize].matching.source;
                let back =
                    self.reach.of(source).map(|since| words::duration(self.now.since(since)));
                let what = back.map_or_else(
                    || "learns what is usual from now on: its logs do not tell".to_owned(),
                    |back| format!("has learnt what is usual from the last {back} of its logs"),
                );
                tracing::info!("rule `{name}` {what}{left}");
                continue;
            }
            let n_known = words::number(self.engine.n_known(*rule) as u64);
            tracing::info!(
                "rule `{name}` has learnt {n_known} values from {bytes} that its logs held{left}"
            );
        }
    }
}
