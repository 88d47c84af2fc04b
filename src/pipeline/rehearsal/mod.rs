//! A `[[test]]` beside the rules through the same reader, matcher and engine, on a virtual clock:
//! what its rule would have sent.
//!
//! Nothing is posted. What would be saved is saved where the test restarts the agent or reloads another
//! configuration: in a store of its own, from which it is taken up again.

mod cast;
mod notes;
mod script;
mod stage;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::config::{Happening, Input, Settings, Step, Test, show_duration};
use crate::engine::TooManyMutes;
use crate::flow::{AlertKind, GroupKey, StreamId};
use crate::source::{Owners, Past};
use crate::store::StoreError;

use super::StartError;
use super::past::Lane;
use cast::{Cast, followed};
use script::{Scene, Script};
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
    /// There are too many mutes.
    #[error("at {}: {why}", show_duration(*at))]
    Mutes {
        /// When.
        at: Duration,
        /// How many there may be.
        why: TooManyMutes,
    },
    /// There is no mute that is to end.
    #[error("at {}: there is no such mute as `@unmute` is to end", show_duration(*at))]
    NoMute {
        /// When.
        at: Duration,
    },
    /// There is no place for temporary files.
    #[error("in the folder for temporary files")]
    Scratch(#[source] io::Error),
}

/// Plays `test`, which is one of `settings`.
///
/// # Errors
/// The operator's: the log of the test cannot be read, or it mutes and unmutes what it cannot. The host's: there is no place for temporary
/// files.
pub fn rehearse(settings: &Settings, test: &Test) -> Result<Rehearsed, RehearseError> {
    let cast = Cast::of(settings, test);
    let settings = cast.alone(settings, None);
    match &test.input {
        Input::File(path) => play_file(settings, cast, path, test),
        Input::Script(steps) => play_script(settings, cast, steps, test),
    }
}

fn play_file(
    settings: Settings,
    cast: Cast,
    path: &Path,
    test: &Test,
) -> Result<Rehearsed, RehearseError> {
    let unreadable = |source| RehearseError::Log { path: path.to_path_buf(), source };
    let log = settings.sources[0].example_log();
    let owners = Owners::new(&[followed(&settings.sources[0], &log)]);
    let past = Past::open_as(path, &log, StreamId(1), &owners).map_err(unreadable)?;
    let mut stage = Stage::open(settings, cast, None)?;
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
    settings: Settings,
    cast: Cast,
    steps: &[Step],
    test: &Test,
) -> Result<Rehearsed, RehearseError> {
    let folder = TempDir::new().map_err(RehearseError::Scratch)?;
    let path = folder.path().join("lines");
    let needs_store = |step: &Step| matches!(step.what, Happening::Restart | Happening::Reload(_));
    let store = steps.iter().any(needs_store).then(|| folder.path().join("state"));
    let mut stage = Stage::open(settings, cast, store.as_deref())?;
    stage.begin();
    let (mut n_lines, mut streams) = (0, (1..).map(StreamId));
    let mut script = Script::new(steps);
    while let Some(scene) = script.next(stage.source()) {
        match scene {
            Scene::Lines(lines) => {
                n_lines += lines.len() as u64;
                let times = script::write(&path, &lines).map_err(RehearseError::Scratch)?;
                let stream = streams.next().unwrap_or_default();
                let past = stage.past(&path, stream).map_err(RehearseError::Scratch)?;
                let mut lane = Lane::with_times(past, times);
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
