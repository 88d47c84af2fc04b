//! The matcher over chunks in memory: `cargo bench --bench matcher`.
//!
//! Beside each other in one run, on the same bytes: finding every line end, the least that anyone
//! who looks at lines must do, and the scan with 1, 10 and 100 rules. One line in 1,000 matches.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use logbell::flow::{Chunk, Events, GenerationId, SourceId, StreamId, Timestamp};
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

/// About `size` bytes of lines of an application that is mostly well.
fn log(size: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut log = Vec::with_capacity(size + 300);
    let mut n = 0;
    while log.len() < size {
        n += 1;
        let (user, took) = (random.u32(..), random.u16(..));
        let line = if n % 1000 == 0 {
            format!("2026-11-23T10:00:00Z web-1 kernel: Out of memory 0 {user}\n")
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

fn scan(c: &mut Criterion) {
    let bytes = log(1 << 20);
    let path = Arc::from(Path::new("/var/log/app.log"));
    let sources = Arc::from([SourceId(0)]);
    let chunk = Chunk {
        stream: StreamId(1),
        generation: GenerationId(1),
        path: &path,
        sources: &sources,
        read_at: Timestamp::from_millis(0),
        lead: b"",
        offset: 0,
        bytes: &bytes,
        events: Events::Lines,
        settled: true,
    };
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

criterion_group!(benches, scan);
criterion_main!(benches);
