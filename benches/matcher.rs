//! The matcher over chunks: `cargo bench --bench matcher`.
//!
//! Beside each other in one run, on the same bytes of a log that was written in small appends, as
//! logs are: `read(2)` alone, and with the line ends counted, the least that anyone who looks at
//! lines must do; then reading and scanning with 1, 10, 100 and 1,000 rules, with each kind of
//! instructions that this processor has. One line in 10,000 matches; for 100 rules also none, one in
//! 100, and all. Beside them, with 1 to 100 rules, what is commonly done: a `RegexSet` on each line,
//! and one automaton of all patterns over the buffer. Then what it costs to make a matcher.
//!
//! Last the scan with 10 rules of a log with traces, of which one line in 10,000 matches: by lines,
//! and by events; and what it costs to find where the last event of a chunk begins.
//!
//! Figures are of this machine and moment: compare those of one run.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use logbell::flow::{Chunk, Events, GenerationId, SourceId, StreamId, Timestamp};
use logbell::frame::Framing;
use logbell::matcher::{Context, MatchSettings, Matcher, Pattern, Scanned, Simd};
use tempfile::NamedTempFile;

/// Words that rules look for and quiet lines do not have.
const WORDS: [&str; 24] = [
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
    "broken pipe",
    "no space left on device",
    "permission denied",
    "stack overflow",
    "assertion failed",
    "replica lag",
    "quota exceeded",
    "circuit breaker open",
    "timed out",
    "core dumped",
    "rollback",
    "unreachable",
    "handshake failure",
    "corrupt",
];

/// Rules as people write them: most with a literal, some with classes, captures or any case. They
/// share words, but no two are alike.
fn rules(n: usize) -> Vec<MatchSettings> {
    let pattern = |i: usize| {
        let word = WORDS[i % WORDS.len()];
        let service = ["orders", "billing", "search", "auth", "cart"][i % 5];
        match i % 10 {
            0 => format!("{word} {i}"),
            1 => format!(r"(?i){word}.*\b{i}\b"),
            2 => format!(r"{service}-{i}\[\d+\]: .*{word}"),
            3 => format!("ERROR .*{service}-{i}"),
            4 => format!(r"(?P<what>\w+Exception): {word} {i}"),
            5 => format!(r"(?i)fatal.*{service}-{i}"),
            6 => format!(r"\b5\d{{2}}\b.*{service}-{i}"),
            7 => format!("{service}-{i}: (?:failed|aborted|killed)"),
            8 => format!("level=error.*{service}-{i}"),
            _ => format!(r"{word} \(code {i}\)"),
        }
    };
    let rule = |i| MatchSettings {
        source: SourceId(0),
        any: vec![Pattern::new(&pattern(i)).expect("a constant")],
        none: Vec::new(),
        ends: Vec::new(),
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

/// Bytes of the log on disk, and of each append to it.
const LOG_SIZE: usize = 32 << 20;
const APPEND: usize = 700;
/// Bytes of each read.
const READ: usize = 64 << 10;

/// A log on disk that was written as logs are, so that the page cache holds it in small pieces.
fn written(every: u32) -> NamedTempFile {
    let mut file = NamedTempFile::new_in(".").expect("a file");
    for append in log(LOG_SIZE, every, "").chunks(APPEND) {
        file.write_all(append).expect("room on the disk");
    }
    file
}

/// Reads the file through, and calls `on_lines` with whole lines.
fn read_through(file: &NamedTempFile, mut on_lines: impl FnMut(&[u8])) {
    let mut file = File::open(file.path()).expect("a file");
    let (mut buffer, mut kept) = (vec![0; 2 * READ], 0);
    loop {
        let n_read = file.read(&mut buffer[kept..kept + READ]).expect("a file");
        if n_read == 0 {
            break;
        }
        let filled = kept + n_read;
        let end = memchr::memrchr(b'\n', &buffer[..filled]).map_or(0, |newline| newline + 1);
        on_lines(&buffer[..end]);
        buffer.copy_within(end..filled, 0);
        kept = filled - end;
    }
}

/// Reads the file through and scans it. Returns the number of hits.
fn read_and_scan(file: &NamedTempFile, matcher: &mut Matcher) -> usize {
    let (path, sources) = place();
    let (mut hits, mut n_hits) = (Vec::new(), 0);
    read_through(file, |lines| {
        let chunk = chunk(&path, &sources, lines, Events::Lines);
        let mut from = 0;
        loop {
            let scanned = matcher.scan(black_box(&chunk), from, &mut hits);
            n_hits += hits.len();
            hits.clear();
            match scanned {
                Scanned::Full { next } => from = next,
                Scanned::All { .. } => break,
            }
        }
    });
    n_hits
}

fn scan(c: &mut Criterion) {
    let file = written(10_000);
    let mut group = c.benchmark_group("matcher");
    group.throughput(Throughput::Bytes(LOG_SIZE as u64)).sample_size(10);
    group.bench_function("read", |b| b.iter(|| read_through(&file, |_| ())));
    group.bench_function("read, line ends", |b| {
        b.iter(|| {
            read_through(&file, |lines| {
                black_box(memchr::memchr_iter(b'\n', lines).count());
            });
        });
    });
    for simd in Simd::available() {
        for n in [1, 10, 100, 1_000] {
            let mut matcher = Matcher::with(rules(n), simd).expect("available");
            assert!(read_and_scan(&file, &mut matcher) > 0, "something matches");
            group.bench_function(format!("{n} rules, {}", simd.name()), |b| {
                b.iter(|| read_and_scan(&file, &mut matcher));
            });
        }
    }
    for (every, name) in [(u32::MAX, "none"), (100, "1 %"), (1, "all")] {
        let file = written(every);
        let mut matcher = Matcher::new(rules(100));
        read_and_scan(&file, &mut matcher);
        group.bench_function(format!("100 rules, {name} match"), |b| {
            b.iter(|| read_and_scan(&file, &mut matcher));
        });
    }
}

/// What is commonly done in place of it. Over a part of the log, since it takes so long.
fn others(c: &mut Criterion) {
    let bytes = log(1 << 20, 10_000, "");
    let mut group = c.benchmark_group("others");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(10);
    for n in [1, 10, 100] {
        let rules = rules(n);
        let patterns = || rules.iter().map(|rule| rule.any[0].as_str());
        let set = regex::bytes::RegexSetBuilder::new(patterns()).unicode(false).build();
        let set = set.expect("constants");
        group.bench_function(format!("{n} rules, a set on each line"), |b| {
            let lines = || black_box(&bytes).split(|byte| *byte == b'\n');
            b.iter(|| lines().filter(|line| set.is_match(line)).count());
        });
        let syntax = regex_automata::util::syntax::Config::new().unicode(false).utf8(false);
        let mut builder = regex_automata::meta::Builder::new();
        let automaton = builder.syntax(syntax).build_many(&patterns().collect::<Vec<_>>());
        let automaton = automaton.expect("constants");
        group.bench_function(format!("{n} rules, an automaton over the buffer"), |b| {
            b.iter(|| automaton.find_iter(black_box(&bytes)).count());
        });
    }
}

fn compile(c: &mut Criterion) {
    let bytes = log(64 << 10, 10_000, "");
    let (path, sources) = place();
    let chunk = chunk(&path, &sources, &bytes, Events::Lines);
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    for n in [1, 10, 100, 1_000] {
        group.bench_function(format!("{n} rules and the first chunk"), |b| {
            b.iter(|| Matcher::new(rules(n)).scan(&chunk, 0, &mut Vec::new()));
        });
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

criterion_group!(benches, scan, others, compile, scan_events);
criterion_main!(benches);
