//! How fast the matcher is beside reading and beside others: `cargo bench --bench speed`.
//!
//! In one run, on logs of a busy host (nginx, syslog, sshd, the kernel, Postgres, Java with stacks,
//! JSON) that are made from a seed and written in small appends, as logs are:
//!
//! - **ways**: with 1, 10, 100 and 1,000 rules, of which one line in 10,000 matches one, `read(2)`
//!   alone, the line ends counted, ours with each kind of instructions that this processor has, and
//!   what others do: one automaton over the buffer, `regex-filtered` and `RegexSet` on each line, and
//!   ripgrep where it is installed. First it is seen that all of them find the same lines.
//! - **rates**: ours where no line, one in 10,000, one in 100 and every line matches.
//! - **worst**: what rules and lines can do at worst, each in a process of its own: time to begin,
//!   speed and memory.
//!
//! Speed is in GB for each second of the processor's time, reading included; medians of rounds in
//! which all take their turn. Figures are of this machine and moment: compare those of one run.

mod clock;
mod compare;
mod corpus;
mod log;
mod ours;
mod picture;
mod rules;
mod table;
mod ways;
mod worst;

use std::fs;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use compare::{Figure, check, compare};
use corpus::{Corpus, Rate};
use log::Log;
use rules::Rule;
use ways::{Kind, Way};
use worst::{CASES, Case, Cost};

/// What is to be measured, and how.
#[derive(Parser, Debug)]
struct Args {
    /// What is measured.
    #[arg(value_enum, default_values_t = [Part::Ways, Part::Rates, Part::Worst])]
    parts: Vec<Part>,
    /// Numbers of rules, each at most 1000.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 100, 1000])]
    rules: Vec<usize>,
    /// Times that each way takes its turn.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// MiB of each log.
    #[arg(long, default_value_t = 128)]
    size: u64,
    /// What the logs are made from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write a picture of the ways.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Goes through one of the worst cases in this process.
    #[arg(long, hide = true)]
    case: Option<String>,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    /// All ways, with one line in 10,000 that matches.
    Ways,
    /// Ours, with other rates of lines that match.
    Rates,
    /// Ours, with rules and lines that are hard.
    Worst,
}

fn main() {
    let args = Args::parse();
    if let Some(name) = &args.case {
        let case = CASES.iter().find(|case| case.name == name).expect("a case");
        return case.run(args.seed);
    }
    for part in &args.parts {
        match part {
            Part::Ways => ways(&args),
            Part::Rates => rates(&args),
            Part::Worst => worst(&args),
        }
    }
}

fn ways(args: &Args) {
    let columns: Vec<Vec<Figure>> = args.rules.iter().map(|n| ways_with(*n, args)).collect();
    println!("{}", table::ways(&args.rules, &columns));
    println!("{}", table::times(&args.rules, &columns));
    if let Some(path) = &args.svg {
        fs::write(path, picture::of(&args.rules, &columns)).expect("a place for the picture");
    }
}

/// All ways with the first `n` rules.
fn ways_with(n: usize, args: &Args) -> Vec<Figure> {
    let rules = Rule::first(n);
    let patterns: Vec<&str> = rules.iter().map(|rule| &*rule.pattern).collect();
    let all = || {
        let mut ways = Vec::from(Way::floors());
        ways.extend(Way::ours(&patterns));
        ways.extend(Way::others(&patterns));
        ways
    };
    check(&Log::write(256 << 10, Corpus::new(args.seed, &rules, Rate::OneIn(10))), all());
    let log = Log::write(args.size << 20, Corpus::new(args.seed, &rules, Rate::RARE));
    compare(&log, all(), args.rounds)
}

fn rates(args: &Args) {
    let row = |name: String, rate: Rate, size: usize| {
        let with = |n: &usize| ours_at(rate, size, *n, args);
        (name, args.rules.iter().map(with).collect())
    };
    let mut rows: Vec<(String, Vec<Figure>)> =
        Rate::ALL.into_iter().map(|rate| row(rate.to_string(), rate, 0)).collect();
    rows.push(row(format!("all, {LONG} bytes each"), Rate::OneIn(1), LONG));
    println!("{}", table::rates(&args.rules, &rows));
}

/// Bytes of lines that match, where they are as long as lines of services often are.
const LONG: usize = 200;

/// Ours with the widest instructions, where lines of at least `size` bytes match `n` rules at `rate`.
fn ours_at(rate: Rate, size: usize, n: usize, args: &Args) -> Figure {
    let rules = Rule::first(n);
    let patterns: Vec<&str> = rules.iter().map(|rule| &*rule.pattern).collect();
    let corpus = Corpus::new(args.seed, &rules, rate).with_lines_of(size);
    let log = Log::write(args.size << 19, corpus);
    let [read, _] = Way::floors();
    let ours = Way::ours(&patterns).swap_remove(0);
    let figures = compare(&log, vec![read, ours], args.rounds);
    figures.into_iter().find(|figure| figure.kind == Kind::Ours).expect("ours")
}

fn worst(_: &Args) {
    let measure = |case: &Case| (case.name, case.measure());
    let rows: Vec<(&str, Cost)> = CASES.iter().map(measure).collect();
    println!("{}", table::worst(&rows));
}
