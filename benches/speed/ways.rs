//! Ways to find the lines of a log that any of many rules match.

use std::hint::black_box;
use std::io::Write as _;
use std::ops::Range;
use std::process::Command;
use std::time::Duration;

use logbell::matcher::Simd;
use regex::bytes::{RegexSet, RegexSetBuilder};
use regex_automata::meta;
use regex_filtered::Regexes;
use tempfile::NamedTempFile;

use crate::clock::{timed, timed_command};
use crate::log::{Log, empty_file};
use crate::ours::Ours;
use crate::rules::settings;

/// A way, made for some rules.
pub(crate) struct Way {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whether it goes over all of a log in each turn: it begins anew then, and on a part it would be
    /// measured by what it learns at first.
    pub(crate) needs_all: bool,
    run: Box<Go>,
}

/// Goes over a part of a log.
type Go = dyn FnMut(&Log, &Range<u64>) -> Run;

/// Which line of the table a way is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The least that anyone must do.
    Floor,
    /// This program's.
    Ours,
    /// Another's.
    Other,
}

/// One go over a part of a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) time: Duration,
    /// Lines that match; for a floor, 0.
    pub(crate) n_lines: u64,
}

/// Bytes that states which are built as they are needed may take, of those who can be told: more
/// than anyone sets.
const STATES: usize = 64 << 20;
/// The same, as ripgrep is told.
const LIMIT: &str = "--dfa-size-limit=64M";

impl Way {
    /// The floors: `read(2)` alone, and with the line ends counted.
    pub(crate) fn floors() -> [Self; 2] {
        let count = |lines: &[u8]| {
            black_box(memchr::memchr_iter(b'\n', lines).count());
        };
        [
            Self::new("read(2) alone", Kind::Floor, |log, range| {
                log.read(range, |_| ());
                0
            }),
            Self::new("read(2), line ends counted", Kind::Floor, move |log, range| {
                log.read(range, count);
                0
            }),
        ]
    }

    /// Ours, with each kind of instructions that this processor has, the widest first.
    pub(crate) fn ours(patterns: &[&str]) -> Vec<Self> {
        let mut simds: Vec<Simd> = Simd::available().collect();
        simds.reverse();
        let way = |simd: Simd| {
            let mut ours = Ours::new(settings(patterns.iter().copied()), simd);
            let name = match simd {
                Simd::Avx512 => "logbell, AVX-512",
                Simd::Avx2 => "logbell, AVX2",
                Simd::Neon => "logbell, NEON",
                Simd::Off | Simd::Best => "logbell, without SIMD",
            };
            Self::new(name, Kind::Ours, move |log, range| ours.matching_lines(log, range))
        };
        simds.into_iter().map(way).collect()
    }

    /// Those of others.
    pub(crate) fn others(patterns: &[&str]) -> Vec<Self> {
        let mut ways = vec![automaton(patterns), filtered(patterns), set(patterns)];
        ways.extend(ripgrep(patterns));
        ways
    }

    /// Goes over `range` of `log`.
    pub(crate) fn run(&mut self, log: &Log, range: &Range<u64>) -> Run {
        (self.run)(log, range)
    }

    fn new(
        name: &str,
        kind: Kind,
        mut matching_lines: impl FnMut(&Log, &Range<u64>) -> u64 + 'static,
    ) -> Self {
        let run = Box::new(move |log: &Log, range: &Range<u64>| {
            let (time, n_lines) = timed(|| matching_lines(log, range));
            Run { time, n_lines }
        });
        Self { name: name.to_owned(), kind, needs_all: false, run }
    }
}

/// One automaton of all patterns, over the buffer rather than by line.
fn automaton(patterns: &[&str]) -> Way {
    let syntax = regex_automata::util::syntax::Config::new().unicode(false).utf8(false);
    let settings =
        meta::Config::new().utf8_empty(false).nfa_size_limit(None).hybrid_cache_capacity(STATES);
    let patterns: Vec<String> = patterns.iter().map(|pattern| by_line(pattern)).collect();
    let automaton = meta::Builder::new()
        .syntax(syntax)
        .configure(settings)
        .build_many(&patterns)
        .expect("patterns that compile");
    Way::new("one meta::Regex over the buffer", Kind::Other, move |log, range| {
        let mut n_lines = 0;
        log.read(range, |lines| {
            let mut from = 0;
            while let Some(found) =
                automaton.search_half(&regex_automata::Input::new(lines).range(from..))
            {
                n_lines += 1;
                let rest = &lines[found.offset()..];
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                from = found.offset() + end;
            }
        });
        n_lines
    })
}

/// The pattern so that it matches within lines of a buffer as it does in each alone, as far as the
/// rules here go: no class holds a line end, and anchors are those of lines.
fn by_line(pattern: &str) -> String {
    format!("(?m){}", pattern.replace("[^)]", r"[^)\n]").replace("[^\"]", r#"[^"\n]"#))
}

/// `regex::RegexSet` on each line.
fn set(patterns: &[&str]) -> Way {
    let set: RegexSet = RegexSetBuilder::new(patterns)
        .unicode(false)
        .size_limit(usize::MAX)
        .dfa_size_limit(STATES)
        .build()
        .expect("patterns that compile");
    by_lines("RegexSet on each line", move |line| set.matches(line).matched_any())
}

/// `regex-filtered` on each line. It takes text only, and has no option for ASCII classes.
fn filtered(patterns: &[&str]) -> Way {
    let ascii = |pattern: &str| pattern.replace(r"\d", "[0-9]").replace(r"\w", "[0-9A-Za-z_]");
    let all = patterns.iter().map(|pattern| ascii(pattern).replace(r"\b", r"(?-u:\b)"));
    let filtered: Regexes = regex_filtered::Builder::new()
        .push_all(all)
        .expect("patterns that can be read")
        .build()
        .expect("patterns that compile");
    by_lines("regex-filtered on each line", move |line| {
        std::str::from_utf8(line).is_ok_and(|line| filtered.matching(line).count() > 0)
    })
}

fn by_lines(name: &str, is_match: impl Fn(&[u8]) -> bool + 'static) -> Way {
    Way::new(name, Kind::Other, move |log, range| {
        let mut n_lines = 0;
        log.read(range, |lines| {
            let (mut from, ends) = (0, memchr::memchr_iter(b'\n', lines));
            for end in ends {
                n_lines += u64::from(is_match(&lines[from..end]));
                from = end + 1;
            }
        });
        n_lines
    })
}

/// ripgrep, where it is installed, as `rg -f RULES`: with classes that are ASCII, as ours are, and as it
/// is; and with as much for its states as the others, where it has a limit of its own otherwise.
fn ripgrep(patterns: &[&str]) -> Vec<Way> {
    let Ok(version) = Command::new("rg").arg("--version").output() else { return Vec::new() };
    let version = String::from_utf8_lossy(&version.stdout);
    let version = version.split_whitespace().nth(1).unwrap_or_default();
    // It makes one pattern of all, in which each name of a group may be there once only.
    let list: String = patterns.iter().map(|pattern| without_names(pattern) + "\n").collect();
    let way = |name: String, arguments: &'static [&'static str]| {
        let mut rules = empty_file();
        rules.write_all(list.as_bytes()).expect("room on the disk");
        let grep = Ripgrep { rules, arguments, nothing: empty_file() };
        let run = Box::new(move |log: &Log, _: &Range<u64>| grep.run(log));
        Way { name, kind: Kind::Other, needs_all: true, run }
    };
    vec![
        way(format!("ripgrep {version} --no-unicode"), &["--no-unicode"]),
        way(format!("ripgrep {version}"), &[]),
        way(format!("ripgrep {version} --no-unicode {LIMIT}"), &["--no-unicode", LIMIT]),
        way(format!("ripgrep {version} {LIMIT}"), &[LIMIT]),
    ]
}

/// The pattern with its groups unnamed.
fn without_names(pattern: &str) -> String {
    let mut parts = pattern.split("(?P<");
    let first = parts.next().unwrap_or_default().to_owned();
    let unnamed = |part: &str| "(".to_owned() + part.split_once('>').expect("a name's end").1;
    parts.fold(first, |pattern, part| pattern + &unnamed(part))
}

/// A way to call ripgrep.
struct Ripgrep {
    rules: NamedTempFile,
    arguments: &'static [&'static str],
    /// A file without a line.
    nothing: NamedTempFile,
}

impl Ripgrep {
    /// Its time on all of `log`, less what it takes to begin.
    fn run(&self, log: &Log) -> Run {
        let (to_begin, _) = self.call(&self.nothing);
        let (time, printed) = self.call(&log.file);
        let n_lines = printed.trim().parse().unwrap_or(0);
        Run { time: time.saturating_sub(to_begin).max(Duration::from_micros(1)), n_lines }
    }

    fn call(&self, file: &NamedTempFile) -> (Duration, String) {
        let mut command = Command::new("rg");
        command.args(["--no-config", "--threads=1", "--count", "--text"]);
        command.args(["--regex-size-limit=1G"]).args(self.arguments);
        timed_command(command.arg("-f").arg(self.rules.path()).arg(file.path()))
    }
}
