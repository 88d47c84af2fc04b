//! Single lines, each appended on its own.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::agent::{cpu_time, rss, start, stop};

/// Reports what lines take that no rule matches: many of them, to many files, and few, each of which
/// wakes the agent.
pub(crate) fn measure(folder: &Path) {
    fs::create_dir(folder.join("appended")).expect("a folder");
    let rules = "[webhook.w]\nurl = \"room\"\n[[rule]]\nname = \"quiet\"\nwebhook = \"w\"\n\
                 files = \"appended/*.log\"\nmatch = 'error'\n";
    let agent = start(folder, rules);
    let rss = || rss(agent.id());
    let (n, took) = append(folder, agent.id(), 100, 10_000);
    let share = took.as_secs_f64() / FOR.as_secs_f64() * 100.0;
    println!("{n} appends to 100 files in {FOR:?}: {share:.1} % of a core, RSS {}", rss());
    let (n, took) = append(folder, agent.id(), 1, 10);
    println!("{n} appends to one file in {FOR:?}: {:?} of CPU each", took / n);
    stop(agent);
}

const FOR: Duration = Duration::from_secs(20);

/// Appends so many lines a second to so many files in turns. Returns how many that were, and the CPU
/// time of the process `pid` meanwhile.
fn append(folder: &Path, pid: u32, n_files: u32, a_second: u32) -> (u32, Duration) {
    let file = |i| File::create(folder.join(format!("appended/{i}.log"))).expect("a log");
    let mut files: Vec<_> = (0..n_files).map(file).collect();
    let (before, started, mut n) = (cpu_time(pid), Instant::now(), 0);
    while started.elapsed() < FOR {
        while f64::from(n) < started.elapsed().as_secs_f64() * f64::from(a_second) {
            let file = &mut files[(n % n_files) as usize];
            writeln!(file, "10.0.0.1 - - GET /{n} HTTP/1.1 200 612").expect("a line");
            n += 1;
        }
        thread::sleep(Duration::from_micros(500));
    }
    (n, cpu_time(pid).saturating_sub(before))
}
