//! A `[[test]]` beside the rules through the same reader, matcher and engine, on a virtual clock:
//! what its rule would have sent.
//!
//! Nothing is posted. What would be saved is saved where the test restarts the agent: in a store of
//! its own, from which it is taken up again.

mod notes;
mod script;
mod stage;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::config::{Happening, Input, Rule, Settings, Step, Test};
use crate::flow::{AlertKind, GroupKey, StreamId};
use crate::source::{Owners, Past, SourceSettings};
use crate::store::StoreError;

use super::StartError;
use super::past::Lane;
use script::Scene;
use stage::Stage;

/// How a test went.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// What the rule would have sent to its first webhook, in the order in which it was decided.
    pub said: Vec<Said>,
    /// Lines that came; `None`: they are those of a file.
    pub n_lines: Option<u64>,
    /// Events that the rule matched.
    pub n_matched: u64,
    /// There were more messages than [`Rehearsed::MAX_SAID`], and the test was broken off.
    pub is_cut: bool,
}

impl Rehearsed {
    /// The most messages of a test.
    pub const MAX_SAID: usize = 10_000;
}

/// A message that would have been sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// When it was decided, from the beginning of the test on.
    pub at: Duration,
    /// Its kind.
    pub kind: AlertKind,
    /// Matches that it announces.
    pub count: u64,
    /// The group that it is about.
    pub group: GroupKey,
}

/// Why a test cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// The log that it names cannot be read.
    #[error("cannot read `{}`", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The stages cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What would be saved cannot be.
    #[error("in the folder for temporary files: {0}")]
    Store(#[from] StoreError),
    /// There is no place for temporary files.
    #[error("in the folder for temporary files")]
    Scratch(#[source] io::Error),
}

/// Plays `test`, which is one of `settings`.
///
/// # Errors
/// The operator's: the log of the test cannot be read. The host's: there is no place for temporary
/// files.
pub fn rehearse(settings: &Settings, test: &Test) -> Result<Rehearsed, RehearseError> {
    let settings = alone(settings, test);
    let log = settings.sources[0].example_log();
    match &test.input {
        Input::File(path) => play_file(&settings, &log, path, test),
        Input::Script(steps) => play_script(&settings, &log, steps, test),
    }
}

fn play_file(
    settings: &Settings,
    log: &Path,
    path: &Path,
    test: &Test,
) -> Result<Rehearsed, RehearseError> {
    let unreadable = |source| RehearseError::Log { path: path.to_path_buf(), source };
    let owners = Owners::new(&[followed(&settings.sources[0], log)]);
    let past = Past::open_as(path, log, StreamId(1), &owners).map_err(unreadable)?;
    let mut stage = Stage::open(settings, None)?;
    let mut lane = Lane::new(past);
    stage.begin_with(&mut lane);
    stage.play(&mut lane);
    let last = stage.last_of(&lane);
    if let Some((_, error)) = lane.into_fault() {
        return Err(unreadable(error));
    }
    stage.finish(test.until.unwrap_or_default().max(last), None)
}

fn play_script(
    settings: &Settings,
    log: &Path,
    steps: &[Step],
    test: &Test,
) -> Result<Rehearsed, RehearseError> {
    let source = &settings.sources[0];
    // Lines are written as the patterns see them, however they are packed in the log.
    let plain = SourceSettings {
        framing: source.framing.clone(),
        lead_lines: source.lead_lines,
        ..SourceSettings::new(source.name.clone(), vec![log.to_path_buf()])
    };
    let owners = Owners::new(&[plain]);
    let folder = TempDir::new().map_err(RehearseError::Scratch)?;
    let restarts = steps.iter().any(|step| step.what == Happening::Restart);
    let store = restarts.then(|| folder.path().join("state"));
    let mut stage = Stage::open(settings, store.as_deref())?;
    stage.begin();
    let mut n_lines = 0;
    for (stream, scene) in (1..).map(StreamId).zip(script::scenes(steps, source)) {
        match scene {
            Scene::Lines(lines) => {
                n_lines += lines.len() as u64;
                let path = folder.path().join("lines");
                let times = script::write(&path, &lines).map_err(RehearseError::Scratch)?;
                let past = Past::open_as(&path, log, stream, &owners);
                let mut lane = Lane::with_times(past.map_err(RehearseError::Scratch)?, times);
                stage.play(&mut lane);
                if let Some((_, error)) = lane.into_fault() {
                    return Err(RehearseError::Scratch(error));
                }
            }
            Scene::Event(at, event) => stage.on_event(at, event)?,
        }
    }
    let last = steps.iter().map(Step::last).max().unwrap_or_default();
    stage.finish(test.until.unwrap_or_default().max(last), Some(n_lines))
}

/// What of `settings` the test is about: one rule, of which one webhook is told, and its source. Behind
/// it the rules that may hold it back: they look at the same lines, wherever their own logs are.
fn alone(settings: &Settings, test: &Test) -> Settings {
    let first = &settings.rules[test.rule.0 as usize];
    let source = settings.sources[first.matching.source.0 as usize].clone();
    let dating = settings.dating[first.matching.source.0 as usize].clone();
    let mut rules = vec![first.clone()];
    let mut at = 0;
    while let Some(rule) = rules.get_mut(at) {
        rule.matching.source = crate::flow::SourceId(0);
        rule.format.webhooks.truncate(1);
        rule.engine.gates.webhooks.truncate(1);
        let by = rule.engine.gates.inhibited_by.clone();
        let is_new = |rule: &&Rule| {
            let name = &rule.engine.name;
            by.contains(name) && rules.iter().all(|known| known.engine.name != *name)
        };
        let new: Vec<_> = settings.rules.iter().filter(is_new).cloned().collect();
        rules.extend(new);
        at += 1;
    }
    Settings {
        state: settings.state.clone(),
        listen: settings.listen,
        keep: settings.keep,
        threads: settings.threads,
        host: settings.host.clone(),
        webhooks: settings.webhooks.clone(),
        skipped: settings.skipped.clone(),
        sources: vec![source],
        dating: vec![dating],
        rules,
        tests: Vec::new(),
        simd: settings.simd,
    }
}

/// `source` as if it followed `log` and nothing else.
fn followed(source: &SourceSettings, log: &Path) -> SourceSettings {
    SourceSettings {
        files: vec![log.to_path_buf()],
        exclude: Vec::new(),
        feeds: Vec::new(),
        ..source.clone()
    }
}
