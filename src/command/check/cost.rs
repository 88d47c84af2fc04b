//! `logbell check --cost`: each rule's cost, measured on the latest lines of real logs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::config::Settings;
use crate::flow::{Chunk, Events, GenerationId, Progress, RuleId, SourceId, StreamId, Timestamp};
use crate::matcher::{MatchSettings, Matcher, Scanned, Sought, Survey};
use crate::source::{Latest, Logs};

/// Lines of a rule's logs that it is measured on.
pub(super) const MAX_LINES: usize = 10_000;
/// What is measured is repeated until it has taken so long, or so often; the least counts.
const ENOUGH: Duration = Duration::from_millis(20);
const MAX_ROUNDS: usize = 5;

/// What rules cost on the logs of one source.
#[derive(Debug, Default)]
pub(super) struct Costs {
    /// The source's name.
    pub(super) source: Arc<str>,
    /// The logs that were read, the one that was written last first.
    pub(super) logs: Vec<PathBuf>,
    /// Logs that could not be read, and why.
    pub(super) troubles: Vec<(PathBuf, io::Error)>,
    pub(super) n_lines: usize,
    pub(super) n_bytes: usize,
    /// What it took to look for all of the rules.
    pub(super) together: Duration,
    pub(super) rules: Vec<Cost>,
}

/// What one rule costs.
#[derive(Debug)]
pub(super) struct Cost {
    /// Its place among the rules of the configuration.
    pub(super) rule: usize,
    /// What is looked for in place of each of its patterns.
    pub(super) sought: Vec<Sought>,
    /// Events that were looked at; without `multiline`, lines.
    pub(super) n_events: usize,
    /// Those of them that the rule had to be tried on, and those that it matches.
    pub(super) n_candidates: usize,
    pub(super) n_matches: usize,
    /// What it took to try it on all of them.
    pub(super) tries: Duration,
    /// What it took to look for this rule alone, tries and hits included.
    pub(super) alone: Duration,
}

/// Measures every rule: on the log at `file`, or on those that its source names.
///
/// # Errors
/// The operator's: `file` cannot be read.
pub(super) fn measure(settings: &Settings, file: Option<&Path>) -> io::Result<Vec<Costs>> {
    let logs = Logs::of(&settings.sources);
    let file = file.map(std::path::absolute).transpose()?;
    let given = file.as_ref().map(|path| logs.latest(path, MAX_LINES)).transpose()?;
    let numbered = (0..).map(SourceId).zip(&settings.sources);
    let of_source = |(source, own): (SourceId, _)| {
        let mut costs = Costs::of(source, settings);
        if let Some((path, latest)) = file.as_ref().zip(given.as_ref()) {
            costs.take(source, path, latest, settings);
            return costs;
        }
        for path in logs.of_source(source.0 as usize, own) {
            if costs.n_lines >= MAX_LINES {
                break;
            }
            match logs.latest(&path, MAX_LINES - costs.n_lines) {
                Ok(latest) => costs.take(source, &path, &latest, settings),
                Err(error) => costs.troubles.push((path, error)),
            }
        }
        costs
    };
    Ok(numbered.map(of_source).filter(|costs| !costs.rules.is_empty()).collect())
}

impl Costs {
    /// The rules of `source`, of which nothing is measured yet.
    fn of(source: SourceId, settings: &Settings) -> Self {
        let name = Arc::clone(&settings.sources[source.0 as usize].name);
        let mut costs = Self { source: name, ..Self::default() };
        let place = Place::new(source, Path::new(""));
        let survey = Matcher::new(rules(settings)).survey(&place.chunk(None));
        costs.add(survey, &[]);
        costs
    }

    /// Measures the rules on `latest`, lines of the log at `path`.
    fn take(&mut self, source: SourceId, path: &Path, latest: &Latest, settings: &Settings) {
        self.logs.push(path.to_owned());
        if latest.n_lines() == 0 {
            return;
        }
        let place = Place::new(source, path);
        let chunk = place.chunk(Some(latest));
        let mut all = Matcher::new(rules(settings));
        let survey = all.survey(&chunk);
        self.n_lines += latest.n_lines();
        self.n_bytes += latest.bytes().len();
        let measured: Vec<Measured> = survey
            .rules
            .iter()
            .map(|own| {
                let rule = &settings.rules[own.rule.0 as usize].matching;
                let texts = own.candidates.iter().map(|text| &latest.bytes()[text.clone()]);
                Measured::of(rule, &texts, &chunk)
            })
            .collect();
        self.add(survey, &measured);
        // Compiles those that are needed.
        scan(&mut all, &chunk);
        self.together += least(|| scan(&mut all, &chunk));
    }

    fn add(&mut self, survey: Survey, measured: &[Measured]) {
        for (place, own) in survey.rules.into_iter().enumerate() {
            if self.rules.len() <= place {
                let (rule, sought) = (own.rule.0 as usize, Vec::new());
                let (tries, alone) = (Duration::ZERO, Duration::ZERO);
                self.rules.push(Cost {
                    rule,
                    sought,
                    n_events: 0,
                    n_candidates: 0,
                    n_matches: 0,
                    tries,
                    alone,
                });
            }
            let cost = &mut self.rules[place];
            // As planned for the log with the most lines so far: the youngest, as a rule.
            if cost.sought.is_empty() || cost.n_events < survey.n_events {
                cost.sought = own.sought;
            }
            cost.n_events += survey.n_events;
            cost.n_candidates += own.candidates.len();
            if let Some(measured) = measured.get(place) {
                cost.n_matches += measured.n_matches;
                cost.tries += measured.tries;
                cost.alone += measured.alone;
            }
        }
    }
}

/// What was measured of one rule on one log.
struct Measured {
    n_matches: usize,
    tries: Duration,
    alone: Duration,
}

impl Measured {
    fn of<'a>(
        rule: &MatchSettings,
        texts: &(impl Iterator<Item = &'a [u8]> + Clone),
        chunk: &Chunk<'_>,
    ) -> Self {
        let mut alone = Matcher::new(vec![rule.clone()]);
        // Compiles its patterns, and plans, which each is once in its life.
        alone.is_match(RuleId(0), b"");
        scan(&mut alone, &Chunk { bytes: b"", ..chunk.clone() });
        let mut tries = || texts.clone().filter(|text| alone.is_match(RuleId(0), text)).count();
        let (n_matches, tries) = (tries(), least(tries));
        Self { n_matches, tries, alone: least(|| scan(&mut alone, chunk)) }
    }
}

fn rules(settings: &Settings) -> Vec<MatchSettings> {
    settings.rules.iter().map(|rule| rule.matching.clone()).collect()
}

/// What a chunk says of where its lines come from.
struct Place {
    path: Arc<Path>,
    sources: Arc<[SourceId]>,
}

impl Place {
    fn new(source: SourceId, path: &Path) -> Self {
        Self { path: path.into(), sources: Arc::from([source]) }
    }

    /// The lines of `latest`, or none.
    fn chunk<'a>(&'a self, latest: Option<&'a Latest>) -> Chunk<'a> {
        Chunk {
            stream: StreamId(1),
            generation: GenerationId(1),
            path: &self.path,
            sources: &self.sources,
            read_at: Timestamp::default(),
            progress: Progress::Live,
            lead: b"",
            offset: 0,
            bytes: latest.map_or(b"", Latest::bytes),
            events: latest.map_or(Events::Lines, Latest::events),
            settled: true,
        }
    }
}

/// Goes through the whole of `chunk`. Returns the number of hits.
fn scan(matcher: &mut Matcher, chunk: &Chunk<'_>) -> usize {
    let (mut hits, mut n_hits, mut from) = (Vec::new(), 0, 0);
    loop {
        let scanned = matcher.scan(chunk, from, &mut hits);
        n_hits += hits.len();
        hits.clear();
        match scanned {
            Scanned::Full { next } => from = next,
            Scanned::All { .. } => return n_hits,
        }
    }
}

/// The least time that `work` takes.
fn least<T>(mut work: impl FnMut() -> T) -> Duration {
    let started = Stopwatch::start();
    let (mut least, mut n_rounds) = (Duration::MAX, 0);
    while n_rounds == 0 || (n_rounds < MAX_ROUNDS && started.elapsed() < ENOUGH) {
        let round = Stopwatch::start();
        std::hint::black_box(work());
        least = least.min(round.elapsed());
        n_rounds += 1;
    }
    least
}
