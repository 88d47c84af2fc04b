//! The whole walk with the real program: `cargo bench --bench walk`.
//!
//! - From `write(2)` of a matching line to its POST arriving on loopback, over spaced events; each
//!   to a space of its own, so that Chat's pace of one post a second does not count in.
//! - What of it is the commit to disk, measured beside it on the same folder.
//! - Time to be ready, CPU and memory while 100 files, and 10,000 in 200 directories, are quiet.
//! - From `write(2)` to POST again, of the quiet ones of 10,000 while one is written to as fast as can
//!   be.
//! - What 10,000 appends a second to 100 files take.
//! - How fast `logbell run` catches up with a log of 1 GiB, and how fast `logbell replay` walks through
//!   several of them, with one thread and with two.
//! - What a million groups of one rule take, and 50 rules that match each of 100,000 lines a second, all
//!   of them counted.
//!
//! `cargo bench --bench walk -- appends past` does only these; the others are `latency`, `quiet`,
//! `crowd` and `load`.
//!
//! Figures are of this machine and moment. The folder is made in the present directory, as `/tmp`
//! may be memory.

mod agent;
#[path = "../speed/corpus/mod.rs"]
#[allow(dead_code, reason = "shared with another benchmark, which needs all of it")]
mod corpus;
mod load;
mod many;
mod past;
mod posts;
#[path = "../speed/rules.rs"]
#[allow(dead_code, reason = "shared with another benchmark, which needs all of it")]
mod rules;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use agent::{cpu_ticks, rss, start, start_again, stop};
use posts::{Arrival, listen};

/// Events that are timed.
const EVENTS: usize = 200;
/// Time between two events.
const SPACING: Duration = Duration::from_millis(250);
/// Spaces that take turns.
const SPACES: usize = 8;
/// Files that are watched while nothing happens.
const QUIET_FILES: usize = 100;
/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(30);
/// Files of a crowd, and the directories that they are in.
const CROWD: usize = 10_000;
const CROWD_DIRECTORIES: usize = 200;
/// Bytes after which the one that is hot is truncated, so that the disk does not fill up.
const HOT_BYTES: u64 = 1 << 30;

/// Measures something in a folder of its own.
type Measure = fn(&Path);

fn main() {
    let folder = tempfile::Builder::new().prefix("walk-").tempdir_in(".").expect("a folder");
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let parts: [(&str, Measure); 6] = [
        ("latency", latency),
        ("quiet", idle),
        ("crowd", crowd),
        ("appends", many::measure),
        ("past", past::measure),
        ("load", load::measure),
    ];
    for (name, measure) in parts {
        if wanted.is_empty() || wanted.iter().any(|own| own == name) {
            measure(folder.path());
        }
    }
}

fn latency(folder: &Path) {
    let (arrivals, port) = listen();
    File::create(folder.join("app.log")).expect("a log");
    let agent = start(folder, &rules("app.log", port));
    let mut times = time_events(&arrivals, |_| folder.join("app.log"));
    stop(agent);
    report("write(2) to POST arriving", &mut times);
    fsync(folder);
}

/// A rule for each space.
fn rules(files: &str, port: u16) -> String {
    let rule = |i| {
        let url = format!("http://127.0.0.1:{port}/v1/spaces/S{i}/messages?key=k&token=t");
        format!(
            "[webhook.w{i}]\nurl = \"{url}\"\n[[rule]]\nname = \"r{i}\"\nfiles = \"{files}\"\n\
             match = 'event {i} (?P<n>\\d+)'\ndebounce = \"0s\"\nwebhook = \"w{i}\"\n"
        )
    };
    (0..SPACES).map(rule).collect()
}

/// Writes events to the logs that `log` names, and takes the time until each arrives. Other posts,
/// as of lines that were lost in the hot file, are left out.
fn time_events(arrivals: &Receiver<Arrival>, log: impl Fn(usize) -> PathBuf) -> Vec<Duration> {
    let mut times = Vec::new();
    // The first post of each space opens a connection; it is part of no figure.
    for n in 0..EVENTS + SPACES {
        let event = format!("event {} {n:06}", n % SPACES);
        let mut log = File::options().append(true).open(log(n)).expect("a log");
        let written = Instant::now();
        log.write_all(format!("{event}\n").as_bytes()).expect("a line");
        let arrived = loop {
            let arrival = arrivals.recv_timeout(Duration::from_mins(1)).expect("a post");
            if arrival.body.contains(&event) {
                break arrival.at;
            }
        };
        if n >= SPACES {
            times.push(arrived - written);
        }
        thread::sleep(SPACING);
    }
    times
}

/// What a commit must wait for at the least: the disk, after a small write.
fn fsync(folder: &Path) {
    let mut file = File::create(folder.join("fsync")).expect("a file");
    let mut times: Vec<_> = (0..EVENTS)
        .map(|_| {
            file.write_all(&[7; 12_288]).expect("a write");
            let start = Instant::now();
            file.sync_data().expect("a sync");
            let took = start.elapsed();
            thread::sleep(SPACING / 10);
            took
        })
        .collect();
    report("fdatasync of 12 KiB beside it", &mut times);
}

fn idle(folder: &Path) {
    let logs = folder.join("quiet");
    fs::create_dir(&logs).expect("a folder");
    for i in 0..QUIET_FILES {
        fs::write(logs.join(format!("{i}.log")), "a line\n").expect("a log");
    }
    let rules = "[webhook.w]\nurl = \"room\"\n[[rule]]\nname = \"quiet\"\nfiles = \"quiet/*.log\"\n\
                 match = 'error'\nwebhook = \"w\"\n";
    let started = Instant::now();
    let agent = start(folder, rules);
    println!("{QUIET_FILES} files: ready after {:?}", started.elapsed());
    rest(&format!("{QUIET_FILES} quiet files"), agent.id());
    stop(agent);
}

/// Reports what being idle takes.
fn rest(what: &str, pid: u32) {
    // What starting took is no part of it.
    thread::sleep(Duration::from_secs(3));
    let before = cpu_ticks(pid);
    thread::sleep(QUIET);
    let share = f64::from(cpu_ticks(pid) - before) / QUIET.as_secs_f64();
    println!("{what}: {share:.3} % of a core over {QUIET:?}, RSS {}", rss(pid));
}

fn crowd(folder: &Path) {
    let logs = folder.join("crowd");
    let log = |n: usize| logs.join(format!("{}/{n}.log", n % CROWD_DIRECTORIES));
    for n in 0..CROWD {
        fs::create_dir_all(log(n).parent().expect("a folder")).expect("a folder");
        fs::write(log(n), "a line\n").expect("a log");
    }
    let (arrivals, port) = listen();
    let rules = rules("crowd/*/*.log", port);
    let started = Instant::now();
    let agent = start(folder, &rules);
    println!("{CROWD} files: ready for the first time after {:?}", started.elapsed());
    stop(agent);
    let started = Instant::now();
    let agent = start_again(folder);
    println!("{CROWD} files: ready again after {:?}", started.elapsed());
    rest(&format!("{CROWD} quiet files"), agent.id());
    // All but the first, in no order.
    let quiet = |n: usize| log(1 + n * 7919 % (CROWD - 1));
    report("write(2) to POST arriving, one of them", &mut time_events(&arrivals, quiet));
    let (is_over, ticks) = (AtomicBool::new(false), cpu_ticks(agent.id()));
    let started = Instant::now();
    thread::scope(|scope| {
        let hot = scope.spawn(|| write_hot(&log(0), &is_over));
        let mut times = time_events(&arrivals, quiet);
        is_over.store(true, Ordering::Relaxed);
        let n_bytes = hot.join().expect("a writer");
        let rate = n_bytes / 1_000_000 / started.elapsed().as_secs();
        let share = f64::from(cpu_ticks(agent.id()) - ticks) / started.elapsed().as_secs_f64();
        println!(
            "one of them hot: {rate} MB/s written, {share:.0} % of a core, RSS {}",
            rss(agent.id())
        );
        report("write(2) to POST arriving, a quiet one beside it", &mut times);
    });
    stop(agent);
}

/// Writes lines that no rule matches, as fast as can be. Returns how many bytes.
fn write_hot(path: &Path, is_over: &AtomicBool) -> u64 {
    let lines =
        "10.0.0.1 - - [23/Nov/2026:17:00:00 +0000] \"GET / HTTP/1.1\" 200 612\n".repeat(1000);
    let mut log = File::options().append(true).open(path).expect("a log");
    let (mut n_bytes, mut n_in_file) = (0, 0);
    while !is_over.load(Ordering::Relaxed) {
        log.write_all(lines.as_bytes()).expect("lines");
        n_bytes += lines.len() as u64;
        n_in_file += lines.len() as u64;
        if n_in_file > HOT_BYTES {
            log.set_len(0).expect("a truncation");
            n_in_file = 0;
        }
    }
    n_bytes
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let index = ((times.len() - 1) as f64 * share).round() as usize;
        times[index].as_secs_f64() * 1000.0
    };
    let (median, p99, most) = (at(0.5), at(0.99), at(1.0));
    println!(
        "{what}: median {median:.2} ms, p99 {p99:.2} ms, most {most:.2} ms of {}",
        times.len()
    );
}
