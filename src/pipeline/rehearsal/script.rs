//! The steps of a test in the order of their times.

use std::fs;
use std::io;
use std::iter::Peekable;
use std::path::Path;
use std::time::Duration;
use std::vec;

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

/// What is still to come of a test.
#[derive(Debug)]
pub(super) struct Script<'a>(Peekable<vec::IntoIter<(Duration, &'a Happening)>>);

impl<'a> Script<'a> {
    /// What `steps` are, in the order of their times. At one instant it is that in which they are
    /// written.
    pub(super) fn new(steps: &'a [Step]) -> Self {
        let times = |step: &'a Step| {
            (0..step.times).map(move |n| (step.at + step.every.saturating_mul(n), &step.what))
        };
        let mut moments: Vec<_> = steps.iter().flat_map(times).collect();
        moments.sort_by_key(|(at, _)| *at);
        Self(moments.into_iter().peekable())
    }

    /// The next scene, whose lines are joined as `source` says.
    pub(super) fn next(&mut self, source: &SourceSettings) -> Option<Scene<'a>> {
        let (at, what) = self.0.next()?;
        let Happening::Line(text) = what else { return Some(Scene::Event(at, what)) };
        let mut lines = vec![(at, &**text)];
        while let Some(&(at, Happening::Line(text))) = self.0.peek()
            && !is_apart(&lines, at, source)
        {
            lines.push((at, text));
            self.0.next();
        }
        Some(Scene::Lines(lines))
    }
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
