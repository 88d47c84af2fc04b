//! The whole walk with the real program: `cargo bench --bench walk`.
//!
//! - From `write(2)` of a matching line to its POST arriving on loopback, over spaced events; each
//!   to a space of its own, so that Chat's pace of one post a second does not count in.
//! - What of it is the commit to disk, measured beside it on the same folder.
//! - CPU and memory while 100 files are quiet, and 10,000 in 200 folders; how long starting takes.
//!
//! Figures are of this machine and moment. The folder is made in the present directory, as `/tmp`
//! may be memory.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Events that are timed.
const EVENTS: usize = 200;
/// Time between two events.
const SPACING: Duration = Duration::from_millis(250);
/// Spaces that take turns.
const SPACES: usize = 8;
/// Files that are watched while nothing happens, and the folders that they lie in.
const QUIET_FILES: [(usize, usize); 2] = [(100, 1), (10_000, 200)];
/// How long nothing happens.
const QUIET: Duration = Duration::from_mins(2);

fn main() {
    let folder = tempfile::Builder::new().prefix("walk-").tempdir_in(".").expect("a folder");
    latency(folder.path());
    fsync(folder.path());
    for (n_files, n_folders) in QUIET_FILES {
        idle(folder.path(), n_files, n_folders);
    }
}

fn latency(folder: &Path) {
    let (arrivals, port) = listen();
    let mut rules = String::new();
    for i in 0..SPACES {
        let url = format!("http://127.0.0.1:{port}/v1/spaces/S{i}/messages?key=k&token=t");
        let rule = format!(
            "[webhook.w{i}]\nurl = \"{url}\"\n[[rule]]\nname = \"r{i}\"\nfiles = \"app.log\"\n\
             match = 'event {i} (?P<n>\\d+)'\ndebounce = \"0s\"\nwebhook = \"w{i}\"\n"
        );
        rules.push_str(&rule);
    }
    File::create(folder.join("app.log")).expect("a log");
    let agent = start(folder, &rules);
    let mut log = File::options().append(true).open(folder.join("app.log")).expect("a log");
    let mut times = Vec::new();
    // The first post of each space opens a connection; it is part of no figure.
    for n in 0..EVENTS + SPACES {
        let line = format!("event {} {n}\n", n % SPACES);
        let written = Instant::now();
        log.write_all(line.as_bytes()).expect("a line");
        let arrived = arrivals.recv_timeout(Duration::from_secs(10)).expect("a post");
        if n >= SPACES {
            times.push(arrived - written);
        }
        thread::sleep(SPACING);
    }
    stop(agent);
    report("write(2) to POST arriving", &mut times);
}

/// Accepts posts, answers them, and tells when each arrived.
fn listen() -> (Receiver<Instant>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, arrivals) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tell = tell.clone();
            thread::spawn(move || answer(stream.expect("a connection"), &tell));
        }
    });
    (arrivals, port)
}

/// Answers the posts of one connection. The end of a body is found by its length.
fn answer(mut stream: TcpStream, tell: &std::sync::mpsc::Sender<Instant>) {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok(n @ 1..) = stream.read(&mut buffer) else { return };
        bytes.extend_from_slice(&buffer[..n]);
        let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
        let length =
            text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if bytes.len() < head + 4 + length.unwrap_or(0) {
            continue;
        }
        let _ = tell.send(Instant::now());
        bytes.clear();
        let body = "{}";
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
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

fn idle(folder: &Path, n_files: usize, n_folders: usize) {
    let logs = folder.join(format!("quiet-{n_files}"));
    for i in 0..n_files {
        let own = logs.join(format!("folder-{:03}", i % n_folders));
        fs::create_dir_all(&own).expect("a folder");
        fs::write(own.join(format!("{i}.log")), "a line\n").expect("a log");
    }
    let rules = format!(
        "[webhook.w]\nurl = \"room\"\n[[rule]]\nname = \"quiet\"\n\
         files = \"quiet-{n_files}/*/*.log\"\nmatch = 'error'\nwebhook = \"w\"\n"
    );
    let begin = Instant::now();
    let agent = start(folder, &rules);
    let ready = begin.elapsed();
    let pid = agent.id();
    // What starting took is not what being idle takes.
    thread::sleep(Duration::from_secs(3));
    let before = cpu_ticks(pid);
    thread::sleep(QUIET);
    let ticks = cpu_ticks(pid) - before;
    let share = f64::from(ticks) / 100.0 / QUIET.as_secs_f64() * 100.0;
    println!(
        "{n_files} quiet files in {n_folders} folders: ready in {ready:.2?}, then {share:.3} % of a \
         core over {QUIET:?}, RSS {}",
        rss(pid)
    );
    stop(agent);
}

/// User and system time in ticks of 10 ms (proc(5); `USER_HZ` is 100 on Linux).
fn cpu_ticks(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a running agent");
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |i: usize| fields[i].parse::<u32>().expect("a number");
    field(11) + field(12)
}

fn rss(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a running agent");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or_default().trim().to_owned()
}

/// Starts the agent and waits until it follows the logs.
fn start(folder: &Path, rules: &str) -> Child {
    let config = folder.join("logbell.toml");
    let _ = fs::remove_dir_all(folder.join("state"));
    fs::write(&config, format!("state = \"state\"\nlisten = \"off\"\n{rules}")).expect("a file");
    let socket = std::env::temp_dir().join(format!("logbell-walk-{}", std::process::id()));
    let _ = fs::remove_file(&socket);
    let ready = UnixDatagram::bind(&socket).expect("a socket");
    ready.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let agent = Command::new(env!("CARGO_BIN_EXE_logbell"))
        .arg("run")
        .arg("--config")
        .arg(&config)
        .env("NOTIFY_SOCKET", &socket)
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    ready.recv(&mut [0; 64]).expect("the agent says when it is ready");
    agent
}

fn stop(mut agent: Child) {
    let _ = kill_process(Pid::from_child(&agent), Signal::TERM);
    let _ = agent.wait();
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
