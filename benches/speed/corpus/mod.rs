//! What the logs of a busy host say, from a seed: mostly that all is well.

mod apps;
mod system;
mod web;

use std::fmt;

use fastrand::Rng;

use crate::rules::Rule;

/// How many of a log's lines match a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rate {
    /// None.
    None,
    /// One in so many.
    OneIn(u64),
}

impl Rate {
    /// Those that are measured.
    pub(crate) const ALL: [Self; 4] =
        [Self::None, Self::OneIn(10_000), Self::OneIn(100), Self::OneIn(1)];
    /// That of a log that is watched for what is rare.
    pub(crate) const RARE: Self = Self::OneIn(10_000);
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("none"),
            Self::OneIn(1) => out.write_str("all"),
            Self::OneIn(10_000) => out.write_str("0.01 %"),
            Self::OneIn(100) => out.write_str("1 %"),
            Self::OneIn(n) => write!(out, "1 in {n}"),
        }
    }
}

/// Events, one after the other. The same seed, rules and rate give the same events.
pub(crate) struct Corpus<'a> {
    scene: Scene,
    rules: &'a [Rule],
    rate: Rate,
    /// Bytes that a line which matches has at least.
    size: usize,
    n_lines: u64,
    n_matching: u64,
}

/// What the lines of all kinds are made with.
pub(crate) struct Scene {
    pub(crate) random: Rng,
    /// Milliseconds since the morning.
    millis: u64,
}

/// Writes one event of a kind, each of its lines with its end.
type Kind = fn(&mut Scene, &mut String);

/// The kinds, and how many of a hundred events are of each.
const KINDS: [(usize, Kind); 8] = [
    (30, web::nginx_access),
    (2, web::nginx_error),
    (22, web::json),
    (14, apps::java),
    (10, apps::postgres),
    (12, system::syslog),
    (6, system::sshd),
    (4, system::kernel),
];

impl<'a> Corpus<'a> {
    /// A log in which lines match `rules` at `rate`.
    pub(crate) fn new(seed: u64, rules: &'a [Rule], rate: Rate) -> Self {
        let scene = Scene { random: Rng::with_seed(seed), millis: 0 };
        Self { scene, rules, rate, size: 0, n_lines: 0, n_matching: 0 }
    }

    /// The same, in which lines that match have at least `size` bytes.
    #[allow(dead_code, reason = "not needed by another benchmark")]
    pub(crate) fn with_lines_of(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// Appends the next event.
    pub(crate) fn append_to(&mut self, out: &mut String) {
        let begin = out.len();
        self.scene.millis += self.scene.random.u64(0..4);
        if self.is_due() {
            let rule = self.scene.random.choice(self.rules).expect("a rule");
            rule.append_line(self.size, &mut self.scene, out);
            self.n_matching += 1;
        } else {
            let mut drawn = self.scene.random.usize(0..100);
            let kind = KINDS.iter().find(|(share, _)| {
                let is_it = drawn < *share;
                drawn = drawn.saturating_sub(*share);
                is_it
            });
            kind.expect("shares of a hundred").1(&mut self.scene, out);
        }
        self.n_lines += memchr::memchr_iter(b'\n', &out.as_bytes()[begin..]).count() as u64;
    }

    /// Lines so far that match a rule.
    pub(crate) fn n_matching(&self) -> u64 {
        self.n_matching
    }

    fn is_due(&self) -> bool {
        match self.rate {
            Rate::None => false,
            // In the middle of so many lines, so that there is one in a short log too.
            Rate::OneIn(every) => (self.n_lines + every.div_ceil(2)) / every > self.n_matching,
        }
    }
}

impl Scene {
    /// One of `words`.
    pub(crate) fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.random.choice(words).expect("a word")
    }

    /// A number below `end`.
    pub(crate) fn number(&mut self, end: u32) -> u32 {
        self.random.u32(0..end)
    }

    /// Whether it happens once in `every`.
    pub(crate) fn rarely(&mut self, every: u32) -> bool {
        self.number(every) == 0
    }

    /// The time as in `2026-11-23T10:00:00.000`, with `between` in place of `T`.
    pub(crate) fn date_time(&self, between: char) -> String {
        let (time, millis) = (self.time(), self.millis % 1000);
        format!("2026-11-23{between}{time}.{millis:03}")
    }

    /// The time as in `10:00:00`.
    pub(crate) fn time(&self) -> String {
        let seconds = self.millis / 1000;
        let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
        format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
    }

    /// As syslog begins a line: the time and a host.
    pub(crate) fn syslog_head(&mut self) -> String {
        let host = self.word(&["web-1", "web-2", "db-1", "queue-1"]);
        format!("Nov 23 {} {host}", self.time())
    }

    /// An address of documentation's blocks.
    pub(crate) fn address(&mut self) -> String {
        let block = self.word(&["192.0.2", "198.51.100", "203.0.113", "10.0.12"]);
        format!("{block}.{}", self.number(255))
    }

    /// A random id, as requests and traces have.
    pub(crate) fn id(&mut self) -> String {
        let (first, second) = (self.random.u32(..), self.random.u16(..));
        format!("{first:08x}-{second:04x}-4{:03x}-a1b2-{:012x}", self.number(4096), self.millis)
    }
}

/// Writes a line and its end.
macro_rules! line {
    ($out:expr, $($what:tt)*) => {
        writeln!($out, $($what)*).expect("a string takes all")
    };
}
use line;
