//! A program whose output is read: started, listened to, ended and reaped.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::process::{self, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::wait::{Stop, Woken, wait};

/// The most bytes that are kept of a line that the program complains with.
const MAX_SAID: usize = 1024;

/// How long complaints are waited for once the output has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running program. It is ended and reaped when this goes.
///
/// Its output is a pipe that no other process reads, so it does not outlive the agent for long,
/// however that ends: journalctl watches the pipe and ends with it (tried with systemd 252).
#[derive(Debug)]
pub(super) struct Child {
    process: process::Child,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    said: Vec<u8>,
    turn: Turn,
}

/// Which of both is listened to first: neither may drown out the other.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Turn {
    #[default]
    Complaints,
    Output,
}

/// What came of a program.
#[derive(Debug)]
pub(super) enum Heard {
    /// So many bytes of output, in the buffer.
    Bytes(usize),
    /// A line that it complains with.
    Said(String),
    /// Its output has ended.
    Over,
    /// Nothing came in time.
    Nothing,
    /// The thread is to stop.
    Stop,
}

impl Child {
    /// Starts `command`, out of reach of signals that a terminal sends to the agent.
    ///
    /// # Errors
    /// The host's: there is no such program, or it cannot be started.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.process_group(0).spawn()?;
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        let child = Self { process, stdout, stderr, said: Vec::new(), turn: Turn::default() };
        // Both are read in turns, so neither may hold up the other.
        if let (Some(stdout), Some(stderr)) = (&child.stdout, &child.stderr) {
            rustix::io::ioctl_fionbio(stdout, true)?;
            rustix::io::ioctl_fionbio(stderr, true)?;
        }
        Ok(child)
    }

    /// Waits for what comes next, at most `timeout`.
    pub(super) fn hear(
        &mut self,
        buffer: &mut [u8],
        stop: &Stop,
        timeout: Option<Duration>,
    ) -> Heard {
        loop {
            let turn = std::mem::take(&mut self.turn);
            if turn == Turn::Complaints
                && let Some(said) = self.next_said()
            {
                self.turn = Turn::Output;
                return Heard::Said(said);
            }
            let timeout = match self.read(buffer) {
                Some(0) => continue,
                Some(n_read) => return Heard::Bytes(n_read),
                // One that only complains is to stop when it is told to, too.
                None if turn == Turn::Output => match wait([], stop, Some(Duration::ZERO)) {
                    Woken::Stop => return Heard::Stop,
                    Woken::Ready | Woken::Late => continue,
                },
                None if self.stdout.is_some() => timeout,
                None if self.stderr.is_some() => Some(LAST_WORDS),
                None => return Heard::Over,
            };
            let stdout = self.stdout.as_ref().map(AsFd::as_fd);
            let stderr = self.stderr.as_ref().map(AsFd::as_fd);
            match wait([stdout, stderr], stop, timeout) {
                Woken::Stop => return Heard::Stop,
                Woken::Late if self.stdout.is_none() => return Heard::Over,
                Woken::Late => return Heard::Nothing,
                Woken::Ready => {}
            }
        }
    }

    /// Reads output: `None` if there is none now, or it has ended; 0 to be asked again.
    fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        match self.stdout.as_mut()?.read(buffer) {
            Ok(n_read) if n_read > 0 => Some(n_read),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Some(0),
            Ok(_) | Err(_) => {
                self.stdout = None;
                Some(0)
            }
        }
    }

    /// How it ended, once its output has. It is killed if it goes on without any, which does not
    /// change how one ended that is about to.
    ///
    /// # Errors
    /// The host's: the system does not tell.
    pub(super) fn end(mut self) -> io::Result<ExitStatus> {
        let _ = self.process.kill();
        self.process.wait()
    }

    /// A line of what it complains with, if there is one; the rest of it once that has ended.
    fn next_said(&mut self) -> Option<String> {
        // What was read is given out before more is: it stays short however much comes.
        let has_line = self.said.contains(&b'\n');
        if let Some(stderr) = self.stderr.as_mut().filter(|_| !has_line) {
            let mut bytes = [0; MAX_SAID];
            match stderr.read(&mut bytes) {
                Ok(n_read) if n_read > 0 => self.said.extend_from_slice(&bytes[..n_read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => self.stderr = None,
            }
        }
        let is_over = self.stderr.is_none();
        loop {
            let line_end = self.said.iter().position(|&byte| byte == b'\n');
            let len = match line_end {
                Some(at) => at + 1,
                None if is_over || self.said.len() > MAX_SAID => self.said.len(),
                None => return None,
            };
            if len == 0 {
                return None;
            }
            let line: Vec<u8> = self.said.drain(..len).take(MAX_SAID).collect();
            let line = String::from_utf8_lossy(line.trim_ascii()).into_owned();
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail where it has ended and was reaped.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
