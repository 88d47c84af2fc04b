//! Processor time, which other processes on the machine take nothing from.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// What `work` takes of this thread's processor time, and what it returns.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let now = || {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(tv_sec.cast_unsigned(), u32::try_from(tv_nsec).expect("under a second"))
    };
    let begin = now();
    let result = work();
    (now().saturating_sub(begin), result)
}

/// What `command`, which uses one thread, takes of the processor's time, and what it prints.
pub(crate) fn timed_command(command: &mut Command) -> (Duration, String) {
    use std::io::Read as _;

    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a program");
    let mut printed = String::new();
    child.stdout.take().expect("asked for").read_to_string(&mut printed).expect("text");
    // It has ended, but is still there to be looked at.
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(Pid::from_child(&child)), ended).expect("a child");
    let times = fs::read_to_string(format!("/proc/{}/schedstat", child.id())).expect("times");
    child.wait().expect("a child");
    let nanos = times.split(' ').next().expect("three numbers").parse().expect("a number");
    (Duration::from_nanos(nanos), printed)
}
