//! Much to read at once: old logs, and a log that grew while the agent was down.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::agent::{children_ticks, cpu_ticks, rss, start, stop};
use crate::corpus::{Corpus, Rate};
use crate::posts::listen;
use crate::rules::Rule;

/// Bytes of the log.
const SIZE: u32 = 1 << 30;
const RULES: usize = 100;
/// How often it is replayed at once, as so many files.
const COPIES: u32 = 4;
const SEED: u64 = 7;

/// Reports how much of a log is read, matched, put through the engine and rendered in a second of
/// CPU, where one line in 10,000 matches one of 100 rules.
pub(crate) fn measure(folder: &Path) {
    let logs = folder.join("past");
    fs::create_dir(&logs).expect("a folder");
    let rules = Rule::first(RULES);
    write(&logs.join("0.log"), &rules);
    run(folder, &rules);
    for i in 1..COPIES {
        fs::hard_link(logs.join("0.log"), logs.join(format!("{i}.log"))).expect("another name");
    }
    replay(folder, 1);
    replay(folder, 2);
    fs::remove_dir_all(logs).expect("a folder");
}

/// A log of which the last line matches a rule of its own.
fn write(path: &Path, rules: &[Rule]) {
    let mut log = File::create(path).expect("a log");
    let mut corpus = Corpus::new(SEED, rules, Rate::OneIn(10_000));
    let (mut text, mut n_written) = (String::new(), 0);
    while n_written < u64::from(SIZE) {
        corpus.append_to(&mut text);
        // As programs write their logs: a few lines at a time.
        if text.len() > 4096 {
            log.write_all(text.as_bytes()).expect("room on the disk");
            n_written += text.len() as u64;
            text.clear();
        }
    }
    log.write_all(b"the end of the log\n").expect("room on the disk");
}

fn run(folder: &Path, rules: &[Rule]) {
    let (arrivals, port) = listen();
    let webhook = |name: &str| {
        let url = format!("http://127.0.0.1:{port}/v1/spaces/{name}/messages?key=k&token=t");
        format!("[webhook.{name}]\nurl = \"{url}\"\n")
    };
    let rule = |name: &str, pattern: &str, webhook: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\nsource = \"past\"\nmatch = '''{pattern}'''\n\
             webhook = \"{webhook}\"\n"
        )
    };
    let mut config = webhook("A") + &webhook("End");
    config += "[source.past]\nfiles = \"past/*.log\"\nstart = \"begin\"\n";
    let all = rules.iter().enumerate();
    config.extend(all.map(|(i, own)| rule(&format!("r{i}"), &own.pattern, "A")));
    config += &rule("end", "the end of the log", "End");
    let started = Instant::now();
    let agent = start(folder, &config);
    loop {
        let arrival = arrivals.recv_timeout(Duration::from_mins(2)).expect("a post");
        if arrival.body.contains("the end of the log") {
            break;
        }
    }
    let ticks = cpu_ticks(agent.id());
    say("logbell run, catching up", 1, ticks, started.elapsed());
    println!("  RSS {}", rss(agent.id()));
    stop(agent);
}

fn replay(folder: &Path, n_threads: usize) {
    let (before, started) = (children_ticks(), Instant::now());
    let status = Command::new(env!("CARGO_BIN_EXE_logbell"))
        .arg("replay")
        .arg("--config")
        .arg(folder.join("logbell.toml"))
        .args(["--threads", &n_threads.to_string()])
        .args((0..COPIES).map(|i| folder.join(format!("past/{i}.log"))))
        .stdout(Stdio::null())
        .status()
        .expect("the program");
    assert!(status.success(), "the replay failed");
    let what = format!("logbell replay of {COPIES}, threads: {n_threads}");
    say(&what, COPIES, children_ticks() - before, started.elapsed());
}

fn say(what: &str, n_logs: u32, ticks: u32, took: Duration) {
    let gigabytes = f64::from(SIZE) / 1e9 * f64::from(n_logs);
    let cpu = f64::from(ticks.max(1)) / 100.0;
    println!(
        "{what}: {:.1} GB per CPU-second, {:.1} GB a second",
        gigabytes / cpu,
        gigabytes / took.as_secs_f64()
    );
}
