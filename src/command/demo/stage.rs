//! Plays the script into real files, and shows the lines in the terminal.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anstyle::Style;
use tokio::time::Instant;

use crate::chat::room::printable;
use crate::clock::Clock;
use crate::command::{terminal, time};

use super::script::{self, Cue};

/// Lines come at most this often, several together.
const TICK: Duration = Duration::from_millis(200);
/// Lines of one log that are shown for one tick.
const SHOWN: usize = 2;

/// The logs, and what is still to be written into them.
pub(super) struct Stage {
    logs: BTreeMap<&'static str, File>,
    cues: VecDeque<Cue>,
    speed: f64,
    clock: Clock,
    started: Option<Instant>,
    ticks: u32,
}

impl Stage {
    /// Makes the logs below `folder`.
    pub(super) fn open(folder: &Path, speed: f64) -> io::Result<Self> {
        let mut logs = BTreeMap::new();
        for log in script::LOGS {
            let path = folder.join(log);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            logs.insert(log, File::options().create(true).append(true).open(path)?);
        }
        let cues = script::cues(fastrand::u64(..)).into();
        Ok(Self { logs, cues, speed, clock: Clock::new(), started: None, ticks: 0 })
    }

    /// Waits for the next tick and writes what is due. Returns the lines to show, `None` at the
    /// end. Can be dropped while it waits.
    pub(super) async fn next(&mut self) -> io::Result<Option<String>> {
        let started = *self.started.get_or_insert_with(Instant::now);
        tokio::time::sleep_until(started + TICK * (self.ticks + 1)).await;
        self.ticks += 1;
        let elapsed = (TICK * self.ticks).mul_f64(self.speed);
        if elapsed >= script::LENGTH {
            return Ok(None);
        }
        let mut written: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        while let Some(cue) = self.cues.pop_front_if(|cue| cue.at <= elapsed) {
            let line = cue.line(&time::zoned(self.clock.now()));
            written.entry(cue.log).or_default().push(line);
        }
        for (log, lines) in &written {
            let text = lines.join("\n") + "\n";
            self.logs.get_mut(log).expect("all logs are open").write_all(text.as_bytes())?;
        }
        Ok(Some(show(&written)))
    }
}

/// Lines as the terminal shows them: dim, cut to its width, and not all of many.
fn show(written: &BTreeMap<&str, Vec<String>>) -> String {
    let dim = Style::new().dimmed();
    let width = terminal::width();
    let mut text = String::new();
    for (log, lines) in written {
        let name = log.rsplit('/').next().unwrap_or(log);
        for line in lines.iter().take(SHOWN) {
            let line: String =
                format!("{name:>10} │ {}", printable(line)).chars().take(width).collect();
            let _ = writeln!(text, "{dim}{line}{dim:#}");
        }
        if lines.len() > SHOWN {
            let more = lines.len() - SHOWN;
            let _ = writeln!(text, "{dim}{:>10} │ … and {more} more{dim:#}", "");
        }
    }
    text
}

/// Lines in the first `bytes` of a log: those that the agent has read.
pub(super) fn lines_in(log: &Path, bytes: u64) -> u64 {
    let mut text = Vec::new();
    let read = File::open(log).and_then(|file| file.take(bytes).read_to_end(&mut text));
    read.map_or(0, |_| memchr::memchr_iter(b'\n', &text).count() as u64)
}
