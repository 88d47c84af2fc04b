//! The matcher over chunks in memory: `cargo bench --bench matcher`.
//!
//! Beside each other in one run, on the same bytes: finding every line end, the least that anyone
//! who looks at lines must do, and the scan with 1, 10 and 100 rules. One line in 1,000 matches.
//! Then the scan with 10 rules of a log with traces, of which one line in 10,000 matches: by lines,
//! and by events; and what it costs to find where the last event of a chunk begins.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use logbell::flow::{Chunk, Events, GenerationId, SourceId, StreamId, Timestamp};
use logbell::frame::Framing;
use logbell::matcher::{Context, MatchSettings, Matcher, Pattern};

/// Words that rules look for and quiet lines do not have.
const WORDS: [&str; 10] = [
    "Out of memory",
    "segfault",
    "I/O error",
    "connection refused",
    "payment declined",
    "deadlock detected",
    "certificate expired",
    "disk full",
    "panic",
    "checksum mismatch",
];

/// Rules as people write them: most with a literal, some with classes, captures or any case.
fn rules(n: usize) -> Vec<MatchSettings> {
    let pattern = |i: usize| {
        let word = WORDS[i % WORDS.len()];
        match i % 4 {
            0 => format!("{word} {i}"),
            1 => format!(r"{word}: (?P<what>\w+) {i}"),
            2 => format!(r"(?i){word} .*\b{i}\b"),
            _ => format!(r"service-{i}\[\d+\]: .*{word}"),
        }
    };
    let rule = |i| MatchSettings {
        source: SourceId(0),
        any: vec![Pattern::new(&pattern(i)).expect("a constant")],
        none: Vec::new(),
        context: Context { before: 0, after: 0 },
    };
    (0..n).map(rule).collect()
}

/// About `size` bytes of lines of an application that is mostly well: one line in `every` matches,
/// and `behind` follows it.
fn log(size: usize, every: u32, behind: &str) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut log = Vec::with_capacity(size + 300);
    let mut n = 0;
    while log.len() < size {
        n += 1;
        let (user, took) = (random.u32(..), random.u16(..));
        let line = if n % every == 0 {
            format!("2026-11-23T10:00:00Z web-1 kernel: Out of memory 0 {user}\n{behind}")
        } else {
            format!(
                "2026-11-23T10:00:00Z web-1 app[{took}]: request {user:08x} of user {user} for \
                 /api/v2/orders/{took} answered with 200 in {took} us, cache=hit, region=eu-west-1\n"
            )
        };
        log.extend_from_slice(line.as_bytes());
    }
    log
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
        lead: b"",
        offset: 0,
        bytes,
        events,
        settled: true,
    }
}

fn scan(c: &mut Criterion) {
    let bytes = log(1 << 20, 1_000, "");
    let (path, sources) = place();
    let chunk = chunk(&path, &sources, &bytes, Events::Lines);
    let mut group = c.benchmark_group("matcher");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
    group.bench_function("line ends alone", |b| {
        b.iter(|| memchr::memchr_iter(b'\n', black_box(&bytes)).count());
    });
    for n in [1, 10, 100] {
        let mut matcher = Matcher::new(rules(n));
        let mut hits = Vec::new();
        group.bench_function(format!("{n} rules"), |b| {
            b.iter(|| {
                hits.clear();
                matcher.scan(black_box(&chunk), 0, &mut hits)
            });
        });
        assert!(!hits.is_empty(), "something matches");
    }
}

fn scan_events(c: &mut Criterion) {
    let trace = "\tat com.example.Handler.handle(Handler.java:77)\n".repeat(30);
    let trace = format!("java.lang.OutOfMemoryError: Java heap space\n{trace}");
    let bytes = log(8 << 20, 10_000, &trace);
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
        let mut matcher = Matcher::new(rules(10));
        let mut hits = Vec::new();
        group.bench_function(name, |b| {
            b.iter(|| {
                hits.clear();
                matcher.scan(black_box(&chunk), 0, &mut hits)
            });
        });
        assert!(!hits.is_empty(), "something matches");
    }
    for (name, framing) in [("start", &start), ("trace", &auto)] {
        group.bench_function(format!("the last {name}"), |b| {
            b.iter(|| framing.last_event(black_box(&bytes)));
        });
    }
}

criterion_group!(benches, scan, scan_events);
criterion_main!(benches);
