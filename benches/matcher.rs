//! Steps of the matcher, without reading: `cargo bench --bench matcher`. How all of it does beside
//! reading and beside others, `cargo bench --bench speed` shows.
//!
//! - **kernels**: 256 KiB of lines that match nothing, which stay in the second-level cache: with 1,
//!   10, 100 and 1,000 rules, and each kind of instructions that this processor has.
//! - **confirm**: lines that each match one of 100 rules.
//! - **compile**: what it costs to make a matcher.
//! - **events**: a log with traces of which one line in 10,000 matches, by lines and by events; and
//!   to find where the last event of a chunk begins.
//!
//! Figures are of this machine and moment: compare those of one run.

#[path = "speed/corpus/mod.rs"]
#[allow(dead_code, reason = "shared with another benchmark, which needs all of it")]
mod corpus;
#[path = "speed/rules.rs"]
mod rules;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use corpus::{Corpus, Rate};
use logbell::flow::{Chunk, Events, GenerationId, Progress, SourceId, StreamId, Timestamp};
use logbell::frame::Framing;
use logbell::matcher::{Matcher, Scanned, Simd};
use rules::{Rule, settings};

/// A matcher for the first `n` rules.
fn matcher(n: usize, simd: Simd) -> Matcher {
    let rules = Rule::first(n);
    let rules = settings(rules.iter().map(|rule| &*rule.pattern));
    Matcher::with(rules, simd).expect("instructions that were found")
}

/// About `size` bytes of a log whose lines match the first `n` rules at `rate`.
fn log(size: usize, n: usize, rate: Rate) -> Vec<u8> {
    let rules = Rule::first(n);
    let (mut corpus, mut log) = (Corpus::new(1, &rules, rate), String::new());
    while log.len() < size {
        corpus.append_to(&mut log);
    }
    log.into_bytes()
}

fn place() -> (Arc<Path>, Arc<[SourceId]>) {
    (Arc::from(Path::new("/var/log/app.log")), Arc::from([SourceId(0)]))
}

fn chunk<'a>(
    path: &'a Arc<Path>,
    sources: &'a Arc<[SourceId]>,
    bytes: &'a [u8],
    events: Events<'a>,
) -> Chunk<'a> {
    Chunk {
        stream: StreamId(1),
        generation: GenerationId(1),
        path,
        sources,
        read_at: Timestamp::from_millis(0),
        progress: Progress::Live,
        lead: b"",
        offset: 0,
        bytes,
        events,
        settled: true,
    }
}

/// Scans all of `chunk`. Returns the number of hits.
fn scan(matcher: &mut Matcher, chunk: &Chunk<'_>) -> usize {
    let (mut hits, mut n_hits, mut from) = (Vec::new(), 0, 0);
    loop {
        let scanned = matcher.scan(black_box(chunk), from, &mut hits);
        n_hits += hits.len();
        hits.clear();
        match scanned {
            Scanned::Full { next } => from = next,
            Scanned::All { .. } => return n_hits,
        }
    }
}

fn kernels(c: &mut Criterion) {
    let (path, sources) = place();
    let mut group = c.benchmark_group("kernels");
    for n in [1, 10, 100, 1_000] {
        let bytes = log(256 << 10, n, Rate::None);
        let chunk = chunk(&path, &sources, &bytes, Events::Lines);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        for simd in Simd::available() {
            let mut matcher = matcher(n, simd);
            assert_eq!(scan(&mut matcher, &chunk), 0);
            group.bench_function(format!("{n} rules, {}", simd.name()), |b| {
                b.iter(|| scan(&mut matcher, &chunk));
            });
        }
    }
}

fn confirm(c: &mut Criterion) {
    let (path, sources) = place();
    let bytes = log(256 << 10, 100, Rate::OneIn(1));
    let chunk = chunk(&path, &sources, &bytes, Events::Lines);
    let mut matcher = matcher(100, Simd::Best);
    let n_hits = scan(&mut matcher, &chunk);
    let mut group = c.benchmark_group("confirm");
    group.throughput(Throughput::Elements(n_hits as u64));
    group.bench_function("100 rules, each line matches", |b| {
        b.iter(|| scan(&mut matcher, &chunk));
    });
}

fn compile(c: &mut Criterion) {
    let bytes = log(64 << 10, 1000, Rate::None);
    let (path, sources) = place();
    let chunk = chunk(&path, &sources, &bytes, Events::Lines);
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    for n in [1, 10, 100, 1_000] {
        group.bench_function(format!("{n} rules and the first chunk"), |b| {
            b.iter(|| scan(&mut matcher(n, Simd::Best), &chunk));
        });
    }
}

fn events(c: &mut Criterion) {
    let bytes = log_with_traces(8 << 20);
    let (path, sources) = place();
    let start = Framing::starting_with(r"^\d{4}-\d\d-\d\d").expect("a constant");
    let auto = Framing::auto();
    let mut group = c.benchmark_group("events");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
    for (name, events) in [
        ("by lines", Events::Lines),
        ("by a start", Events::Framed(&start)),
        ("by traces", Events::Framed(&auto)),
    ] {
        let chunk = chunk(&path, &sources, &bytes, events);
        let mut matcher = matcher(10, Simd::Best);
        assert!(scan(&mut matcher, &chunk) > 0, "something matches");
        group.bench_function(name, |b| b.iter(|| scan(&mut matcher, &chunk)));
    }
    for (name, framing) in [("start", &start), ("trace", &auto)] {
        group.bench_function(format!("the last {name}"), |b| {
            b.iter(|| framing.last_event(black_box(&bytes)));
        });
    }
}

/// A service's log, of which one event in 10,000 is an exception that a rule looks for, with its stack.
fn log_with_traces(size: usize) -> Vec<u8> {
    let trace = "\tat com.example.Handler.handle(Handler.java:77)\n".repeat(30);
    let service = Rule::first(10)[9].clone();
    let mut log = String::new();
    for n in 0.. {
        if log.len() >= size {
            break;
        }
        let head = "2026-11-23T10:00:00Z web-1 app[311]:";
        let done = "answered with 200, cache=hit, region=eu-west-1";
        let written = if n % 10_000 == 5_000 {
            write!(log, "{head} {}\n{trace}", service.example())
        } else {
            writeln!(log, "{head} request {n:08x} of user {n} {done}")
        };
        written.expect("a string takes all");
    }
    log.into_bytes()
}

criterion_group!(benches, kernels, confirm, compile, events);
criterion_main!(benches);
