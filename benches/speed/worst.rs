//! What logs and rules can do at worst: time and memory, each in a process of its own.

use std::fs;
use std::ops::Range;
use std::process::Command;
use std::time::Duration;

use logbell::matcher::{Pattern, Simd};

use crate::clock::timed;
use crate::compare::gigabytes;
use crate::corpus::{Corpus, Rate};
use crate::log::Log;
use crate::ours::Ours;
use crate::rules::{Rule, settings};

/// A case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    patterns: fn() -> Vec<String>,
    log: fn(u64) -> Log,
}

/// What came of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Seconds until the rules were read and the first lines gone through.
    pub(crate) to_begin: f64,
    /// GB for each second after that.
    pub(crate) speed: f64,
    /// The most that the process took, in KiB.
    pub(crate) peak: u64,
    /// Lines that matched.
    pub(crate) n_lines: u64,
}

/// Bytes of a case's log, and how long it is gone through at most.
const SIZE: u64 = 16 << 20;
const TIME: Duration = Duration::from_secs(3);

/// All cases. First what rules commonly are, to compare.
pub(crate) const CASES: [Case; 17] = [
    Case { name: "1 rule", patterns: || ordinary(1), log: rare },
    Case { name: "10 rules", patterns: || ordinary(10), log: rare },
    Case { name: "100 rules", patterns: || ordinary(100), log: rare },
    Case { name: "1,000 rules", patterns: || ordinary(1000), log: rare },
    Case { name: "10,000 rules that differ in a number", patterns: || numbered(10_000), log: rare },
    Case { name: "1,000 rules; each line matches one", patterns: || ordinary(1000), log: all },
    Case { name: "1,000 rules; each line matches 100", patterns: || numbered(1000), log: numbers },
    Case {
        name: "1,000 rules; lines of 1 MB, none matches",
        patterns: || ordinary(1000),
        log: long,
    },
    Case {
        name: "1,000 rules; each line of 1 MB matches nearly all",
        patterns: || ordinary(1000),
        log: long_of_all,
    },
    Case { name: "1,000 rules, `(?i)`", patterns: || prefixed("(?i)"), log: rare },
    Case { name: "1,000 rules, Unicode", patterns: || prefixed("(?u)"), log: rare },
    Case { name: "1,000 rules without a literal", patterns: classes, log: rare },
    Case { name: "1,000 rules that need many states", patterns: states, log: rare },
    Case {
        name: "1,000 rules that need many states, tried on nearly each line",
        patterns: states_of_words,
        log: all,
    },
    Case {
        name: "rules without a literal, Unicode, as many as may be",
        patterns: || as_many_as_may_be(unicode_classes()),
        log: rare,
    },
    Case {
        name: "the largest rules, as many as may be",
        patterns: || as_many_as_may_be(large()),
        log: rare,
    },
    Case {
        name: "the same; each line matches them all",
        patterns: || as_many_as_may_be(large()),
        log: of_letters,
    },
];

impl Case {
    /// Measures it in a process of its own.
    pub(crate) fn measure(&self) -> Cost {
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program).args(["--case", self.name]).output();
        let output = output.expect("this program");
        assert!(output.status.success(), "{}: {output:?}", self.name);
        let printed = String::from_utf8(output.stdout).expect("text");
        let mut figures = printed.split_whitespace();
        let mut figure = || figures.next().expect("four figures");
        Cost {
            to_begin: figure().parse().expect("a number"),
            speed: figure().parse().expect("a number"),
            peak: figure().parse().expect("a number"),
            n_lines: figure().parse().expect("a number"),
        }
    }

    /// Goes through it in this process, and prints what came of it.
    pub(crate) fn run(&self, seed: u64) {
        let log = (self.log)(seed);
        let patterns = (self.patterns)();
        let first = log.part(1, 0);
        let (to_begin, mut ours) = timed(|| {
            let mut ours = Ours::new(settings(patterns.iter().map(String::as_str)), Simd::Best);
            ours.matching_lines(&log, &first);
            ours
        });
        let (mut time, mut n_bytes, mut n_lines) = (Duration::ZERO, 0, 0);
        let mut parts = log.parts().cycle();
        while time < TIME && n_bytes < SIZE {
            let part: Range<u64> = parts.next().expect("a part");
            let (part_time, n) = timed(|| ours.matching_lines(&log, &part));
            time += part_time;
            n_bytes += part.end - part.start;
            n_lines += n;
        }
        let rate = gigabytes(n_bytes) / time.as_secs_f64();
        println!("{} {rate} {} {n_lines}", to_begin.as_secs_f64(), peak());
    }
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).expect("a number of kB")
}

fn ordinary(n: usize) -> Vec<String> {
    Rule::first(n).into_iter().map(|rule| rule.pattern).collect()
}

fn prefixed(flags: &str) -> Vec<String> {
    ordinary(1000).into_iter().map(|pattern| format!("{flags}{pattern}")).collect()
}

fn numbered(n: usize) -> Vec<String> {
    (0..n).map(|i| format!(r"\bevent-{i}\b")).collect()
}

fn classes() -> Vec<String> {
    (0..1000).map(|i| format!(r"[A-Z]{{{}}}\d{{{}}}\b", 3 + i % 30, 3 + i / 30)).collect()
}

fn unicode_classes() -> Vec<String> {
    (0..1000).map(|i| format!(r"(?u)\p{{Lu}}{{{}}}\d{{{}}}\b", 3 + i % 30, 3 + i / 30)).collect()
}

/// Each needs states by the power of two of a number.
fn states() -> Vec<String> {
    (0..1000)
        .map(|i| format!(r"[aeiou][a-z ]{{{}}}\d{{{}}}[A-Z]", 8 + i % 30, 5 + i / 30))
        .collect()
}

/// The same, of which some match lines that ordinary rules are written for.
fn states_of_words() -> Vec<String> {
    (0..1000).map(|i| format!(r"[aeiou][a-z ]{{{}}}[^a-z]{{{}}}", 5 + i % 30, 1 + i / 30)).collect()
}

/// Each a few MiB when compiled.
fn large() -> Vec<String> {
    (0..1000).map(|i| format!(r"(?u)[^\s\d]\w{{{}}} \w+", 60 + i % 100)).collect()
}

/// The first of `patterns`, as many as a configuration may have.
fn as_many_as_may_be(patterns: Vec<String>) -> Vec<String> {
    let mut n_bytes = 0;
    let fits = |pattern: &String| {
        n_bytes += Pattern::new(pattern).expect("a constant").n_bytes();
        n_bytes <= Pattern::MAX_TOGETHER
    };
    patterns.into_iter().take_while(fits).collect()
}

/// Lines of long words.
fn of_letters(_: u64) -> Log {
    let line = "a".repeat(200) + " and " + &"b".repeat(200) + "\n";
    Log::write_appends((0..1000).map(|_| line.clone()))
}

fn rare(seed: u64) -> Log {
    of_rules(seed, Rate::RARE)
}

fn all(seed: u64) -> Log {
    of_rules(seed, Rate::OneIn(1))
}

fn of_rules(seed: u64, rate: Rate) -> Log {
    Log::write(SIZE, Corpus::new(seed, &Rule::first(1000), rate))
}

/// Lines that a hundred rules each match.
fn numbers(_: u64) -> Log {
    let line = |n: usize| {
        let events: Vec<String> =
            (0..100).map(|i| format!("event-{}", (n + 10 * i) % 1000)).collect();
        events.join(" ") + "\n"
    };
    Log::write_appends((0..SIZE / 1024).map(|n| line(usize::try_from(n).expect("few"))))
}

/// Bytes of a long line.
const LONG: usize = 1_000_000;

/// Long lines that no rule matches.
fn long(seed: u64) -> Log {
    let mut corpus = Corpus::new(seed, &[], Rate::None);
    Log::write_appends((0..8).map(|_| long_line(&mut corpus)))
}

/// Long lines with what each rule looks for.
fn long_of_all(seed: u64) -> Log {
    let rules = Rule::first(1000);
    let mut corpus = Corpus::new(seed, &rules, Rate::OneIn(5));
    Log::write_appends((0..4).map(|_| long_line(&mut corpus)))
}

fn long_line(corpus: &mut Corpus<'_>) -> String {
    let mut line = String::new();
    while line.len() < LONG {
        corpus.append_to(&mut line);
    }
    line.replace('\n', " ") + "\n"
}
