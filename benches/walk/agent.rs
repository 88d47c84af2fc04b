//! The program: started, stopped, and what it takes.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Starts the agent and waits until it follows the logs.
pub(crate) fn start(folder: &Path, rules: &str) -> Child {
    let _ = fs::remove_dir_all(folder.join("state"));
    let config = format!("state = \"state\"\nlisten = \"off\"\n{rules}");
    fs::write(folder.join("logbell.toml"), config).expect("a file");
    start_again(folder)
}

/// The same with the configuration and the state that are there.
pub(crate) fn start_again(folder: &Path) -> Child {
    let socket = std::env::temp_dir().join(format!("logbell-walk-{}", std::process::id()));
    let _ = fs::remove_file(&socket);
    let ready = UnixDatagram::bind(&socket).expect("a socket");
    ready.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout");
    let agent = Command::new(env!("CARGO_BIN_EXE_logbell"))
        .arg("run")
        .arg("--config")
        .arg(folder.join("logbell.toml"))
        .env("NOTIFY_SOCKET", &socket)
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    ready.recv(&mut [0; 64]).expect("the agent says when it is ready");
    agent
}

pub(crate) fn stop(mut agent: Child) {
    let _ = kill_process(Pid::from_child(&agent), Signal::TERM);
    let _ = agent.wait();
}

/// User and system time in ticks of 10 ms (proc(5); `USER_HZ` is 100 on Linux).
pub(crate) fn cpu_ticks(pid: u32) -> u32 {
    ticks_at(&fs::read_to_string(format!("/proc/{pid}/stat")).expect("a running agent"), 11)
}

/// The time that the threads of a process have run, exactly (sched-stats of the kernel).
pub(crate) fn cpu_time(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("a running agent");
    let nanos = threads.filter_map(|thread| {
        let stat = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// User and system time of all children that have ended.
pub(crate) fn children_ticks() -> u32 {
    ticks_at(&fs::read_to_string("/proc/self/stat").expect("a process"), 13)
}

/// The sum of two fields of a process.
fn ticks_at(stat: &str, first: usize) -> u32 {
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |i: usize| fields[i].parse::<u32>().expect("a number");
    field(first) + field(first + 1)
}

pub(crate) fn rss(pid: u32) -> String {
    memory(pid, "VmRSS:")
}

/// The most that it ever was.
pub(crate) fn peak_rss(pid: u32) -> String {
    memory(pid, "VmHWM:")
}

fn memory(pid: u32, field: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a running agent");
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.unwrap_or_default().trim().to_owned()
}
