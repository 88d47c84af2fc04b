//! What rules that tell of new values learn at their first start: what stands in their logs already.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::Clock;
use crate::config::Settings;
use crate::engine::Engine;
use crate::flow::{Hit, RuleId, SourceId, Timestamp};
use crate::format::words;
use crate::matcher::{Context, MatchSettings, Matcher};
use crate::source::{Earlier, Owners, Past, Source};

use super::StartError;
use super::dates::Dates;
use super::past::{Hand, Lane, Order};

/// What was written longer ago is not learnt from.
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
    /// When it began.
    now: Timestamp,
    clock: &'a Clock,
    n_bytes: u64,
}

/// Teaches the rules of `engine` that tell of new values and have learnt none, what stands in the files of
/// `source` before the read positions. It is to be saved together with these, and before anything is read
/// on: then each line is either learnt or judged, and where the agent ends before that, it learns again.
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
    let mut lessons = Lessons { engine, rules, hand, dates, now, clock, n_bytes: 0 };
    let files = source.earlier(&sources, now - MAX_AGE);
    let n_done = lessons.read(&files, &Owners::new(&settings.sources));
    lessons.report(settings, files.len(), n_done);
    Ok(())
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
                    let fault = self.take_in(past);
                    if let Some(error) = fault {
                        tracing::warn!("cannot learn from all of `{path}`: {error}");
                    }
                }
                Err(error) => tracing::warn!("cannot learn from `{path}`: {error}"),
            }
        }
        files.len()
    }

    /// Learns from one file. Returns what kept it from being read to its end.
    fn take_in(&mut self, past: Past) -> Option<std::io::Error> {
        let begin = past.offset();
        let mut lane = Lane::new(past);
        let (progress, since) = (AtomicU64::new(0), self.now - MAX_AGE);
        while lane.is_dry() && !self.is_late() {
            let order = Order { dates: &self.dates, since, n_hits: N_HITS, progress: &progress };
            self.hand.fill(&mut lane, &order);
            let mut hits: Vec<Hit> = std::iter::from_fn(|| lane.take()).collect();
            for hit in &mut hits {
                hit.rule = self.rules[hit.rule.0 as usize];
            }
            self.engine.learn(&hits, since, self.now);
        }
        self.n_bytes += lane.n_bytes().0 - begin;
        lane.into_fault().map(|(_, error)| error)
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
            let n_known = words::number(self.engine.n_known(*rule) as u64);
            tracing::info!(
                "rule `{name}` has learnt {n_known} values from {bytes} that its logs held{left}"
            );
        }
    }
}
