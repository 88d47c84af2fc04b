//! More than anybody can be told: a million groups of one rule, and 50 rules that match every line.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::agent::{cpu_time, peak_rss, start, stop};
use crate::posts::listen;

/// Lines with a group of its own each.
const KEYS: u32 = 1_000_000;
/// Rules that match every line, lines a second, and for how long they come.
const RULES: u32 = 50;
const A_SECOND: u32 = 100_000;
const FOR: Duration = Duration::from_secs(10);
/// Pieces that the lines of a second are written in.
const PIECES: u32 = 20;

/// Reports what many groups and many matches take, and checks that all of them are counted.
pub(crate) fn measure(folder: &Path) {
    keys(folder, "each is told", "");
    keys(folder, "two of one are told", "count = 2\nwithin = \"1h\"\n");
    keys(folder, "each is told, max_groups = 10000", "max_groups = 10000\n");
    fire(folder);
}

fn keys(folder: &Path, what: &str, words: &str) {
    let (arrivals, port) = listen();
    let log = folder.join("keys.log");
    File::create(&log).expect("a log");
    let rule = format!(
        "[[rule]]\nname = \"rule-0\"\nfiles = \"keys.log\"\nmatch = 'session=(?P<id>\\w+)'\n\
         group_by = [\"id\"]\nwebhook = \"w\"\n{words}"
    );
    let agent = start(folder, &(webhook(port) + &rule));
    let mut text = String::new();
    for id in 0..KEYS {
        let _ = writeln!(text, "GET /cart session={id:x} took 12 ms");
    }
    let started = Instant::now();
    fs::write(&log, text).expect("room on the disk");
    let took = wait(folder, started, 1, u64::from(KEYS)).0;
    let (cpu, rss) = (cpu_time(agent.id()), peak_rss(agent.id()));
    end(folder, agent, 1, u64::from(KEYS));
    let groups = count(folder, "SELECT count(*) FROM rule_group");
    println!(
        "{KEYS} groups of one rule ({what}): read in {took:.1?}, {cpu:.1?} of CPU, at most {rss}; \
         {groups} groups at the end, {} posts, all counted",
        arrivals.try_iter().count()
    );
}

fn fire(folder: &Path) {
    let (arrivals, port) = listen();
    let path = folder.join("fire.log");
    let mut log = File::create(&path).expect("a log");
    let rule = |n| {
        format!(
            "[[rule]]\nname = \"rule-{n}\"\nfiles = \"fire.log\"\nmatch = 'status=5\\d\\d'\n\
             webhook = \"w\"\n"
        )
    };
    let agent =
        start(folder, &(webhook(port) + &(0..RULES).map(rule).collect::<Vec<_>>().concat()));
    let (started, mut n) = (Instant::now(), 0_u32);
    while started.elapsed() < FOR {
        let mut text = String::new();
        for _ in 0..A_SECOND / PIECES {
            let _ = writeln!(text, "10.0.0.1 GET /shop/{n} status=502 took 12 ms");
            n += 1;
        }
        log.write_all(text.as_bytes()).expect("room on the disk");
        let due = Duration::from_secs(1) * n / A_SECOND;
        thread::sleep(due.saturating_sub(started.elapsed()));
    }
    let written = started.elapsed();
    let posts = arrivals.try_iter().count();
    let (took, lag) = wait(folder, started, RULES, n.into());
    let (cpu, rss) = (cpu_time(agent.id()), peak_rss(agent.id()));
    end(folder, agent, RULES, n.into());
    println!(
        "{n} lines in {written:.1?}, each matched by {RULES} rules: read in {took:.1?}, at most {lag} \
         behind as its status said, {cpu:.1?} of CPU, at most {rss}; {posts} posts meanwhile, all \
         counted"
    );
}

fn webhook(port: u16) -> String {
    format!("[webhook.w]\nurl = \"http://127.0.0.1:{port}/v1/spaces/S/messages?key=k&token=t\"\n")
}

/// Waits until each rule has matched `n` lines. Returns how long that took and the longest lag.
fn wait(folder: &Path, started: Instant, rules: u32, n: u64) -> (Duration, String) {
    let mut lag = 0;
    loop {
        lag = lag.max(count(folder, "SELECT coalesce(max(size - offset), 0) FROM checkpoint"));
        if count(folder, "SELECT coalesce(sum(matched), 0) FROM rule") >= u64::from(rules) * n {
            return (started.elapsed(), format!("{} kB", lag / 1000));
        }
        assert!(started.elapsed() < Duration::from_mins(10), "not read in ten minutes");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Stops the agent. What was told and what was not is what was matched, of each rule.
fn end(folder: &Path, agent: Child, rules: u32, n: u64) {
    stop(agent);
    for rule in 0..rules {
        let told = format!(
            "SELECT coalesce(sum(count), 0) FROM message WHERE rule = 'rule-{rule}' \
             AND state <> 'merged' AND kind <> 'resolved'"
        );
        let untold = format!("SELECT untold FROM rule WHERE name = 'rule-{rule}'");
        assert_eq!(count(folder, &told) + count(folder, &untold), n, "of rule-{rule}");
    }
}

fn count(folder: &Path, query: &str) -> u64 {
    let path = folder.join("state/logbell.db");
    let store =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a store");
    store.busy_timeout(Duration::from_mins(1)).expect("a timeout");
    let count: i64 = store.query_row(query, [], |row| row.get(0)).expect("a number");
    count.try_into().expect("not negative")
}
