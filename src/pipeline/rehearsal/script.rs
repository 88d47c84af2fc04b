//! The steps of a test in the order of their times.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::config::{Happening, Step};
use crate::flow::{Offset, Timestamp};
use crate::source::SourceSettings;

/// Lines that come later after the one before are no part of its event: as long as `run` waits.
const EVENT_TIMEOUT: Duration = Duration::from_millis(300);

/// A part of a test.
#[derive(Debug)]
pub(super) enum Scene<'a> {
    /// Lines come, each when it says.
    Lines(Vec<(Duration, &'a str)>),
    /// Something happens around the agent.
    Event(Duration, &'a Happening),
}

/// The scenes of `steps`. At one instant they are in the order in which they are written.
pub(super) fn scenes<'a>(steps: &'a [Step], source: &SourceSettings) -> Vec<Scene<'a>> {
    let times = |step: &'a Step| {
        (0..step.times).map(move |n| (step.at + step.every.saturating_mul(n), &step.what))
    };
    let mut moments: Vec<_> = steps.iter().flat_map(times).collect();
    moments.sort_by_key(|(at, _)| *at);
    let mut scenes = Vec::new();
    for (at, what) in moments {
        let Happening::Line(text) = what else {
            scenes.push(Scene::Event(at, what));
            continue;
        };
        match scenes.last_mut() {
            Some(Scene::Lines(lines)) if !is_apart(lines, at, source) => lines.push((at, text)),
            _ => scenes.push(Scene::Lines(vec![(at, text)])),
        }
    }
    scenes
}

/// Whether a line that comes `at` cannot belong to an event of `lines`, though lines are joined.
fn is_apart(lines: &[(Duration, &str)], at: Duration, source: &SourceSettings) -> bool {
    let last = lines.last().map_or(at, |(last, _)| *last);
    source.framing.is_some() && at > last + EVENT_TIMEOUT
}

/// Writes `lines` to the file `path`. Returns where each begins, with when it comes.
pub(super) fn write(
    path: &Path,
    lines: &[(Duration, &str)],
) -> io::Result<Vec<(Offset, Timestamp)>> {
    let mut text = String::new();
    let mut times = Vec::with_capacity(lines.len());
    for (at, line) in lines {
        times.push((text.len() as Offset, Timestamp::from_millis(0) + *at));
        text.push_str(line);
        text.push('\n');
    }
    fs::write(path, text)?;
    Ok(times)
}
