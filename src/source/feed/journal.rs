//! The thread that reads systemd's journal, through journalctl.
//!
//! journalctl is what systemd promises to keep: the files' format changes, and its library would
//! have to be linked. One that ends is started again behind the entry that was read last.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::super::settings::JournalSettings;
use super::child::{Child, Heard};
use super::decoder::Decoder;
use super::entry::{Entry, FIELDS};
use super::inbox::{Closed, Inbox, News};
use super::place::Place;
use super::wait::{Stop, Woken, wait};

/// The most bytes of one read of journalctl's output.
pub(super) const MAX_READ: usize = 64 * 1024;

/// Pauses before journalctl is started again: twice as long each time until an entry comes.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_mins(1);

/// A journalctl that has said nothing for so long is taken to read.
const SETTLED: Duration = Duration::from_secs(5);

/// Where this machine's id stands, which its journal's entries bear.
const MACHINE_ID: &str = "/etc/machine-id";

/// Reads a journal into `inbox` until `stop` says so.
pub(super) struct Journal {
    pub(super) program: OsString,
    pub(super) settings: JournalSettings,
    pub(super) max_line: usize,
    /// Where reading goes on.
    pub(super) place: Place,
    pub(super) stop: Stop,
    pub(super) inbox: Inbox,
}

/// A run of journalctl that is over, and why; or the pump's wish to stop.
type Ended = Result<String, Closed>;

/// What became of the entry that was read last.
enum Probe {
    There,
    /// The journal does not have it any more, or never had.
    Gone,
    /// What journalctl has for an entry is none: it cannot begin there.
    Refused,
    Failed(String),
}

impl Journal {
    pub(super) fn run(mut self) {
        // `Err` is the pump's own wish.
        let _ = self.follow();
    }

    fn follow(&mut self) -> Result<(), Closed> {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.place.clone();
            let why = self.session()?;
            self.inbox.tell(News::Trouble(format!("{why}; it is started again")));
            if self.place != before {
                pause = FIRST_PAUSE;
            }
            if wait([], &self.stop, Some(pause)) == Woken::Stop {
                return Err(Closed);
            }
            pause = LAST_PAUSE.min(pause * 2);
        }
    }

    /// One life of journalctl.
    fn session(&mut self) -> Ended {
        let option = match self.probe()? {
            Probe::There => self.place.option(),
            Probe::Failed(why) => return Ok(why),
            Probe::Gone => {
                self.inbox.tell(News::Missed);
                // It begins at the next entry by time.
                self.place.option()
            }
            Probe::Refused => {
                self.inbox.tell(News::Missed);
                Place { cursor: None, ..self.place.clone() }.option()
            }
        };
        let mut command = self.command();
        command.args(["--follow", "--no-tail", "--all"]).arg(option);
        command.args(self.settings.units.iter().map(|unit| format!("--unit={unit}")));
        command.args(self.settings.priority.iter().map(|least| format!("--priority={least}")));
        match Child::start(&mut command) {
            Ok(child) => self.listen(child),
            Err(error) => Ok(self.cannot_start(&error)),
        }
    }

    /// Takes in entries until there are no more.
    fn listen(&mut self, mut child: Child) -> Ended {
        let mut decoder = Decoder::new(self.max_line);
        let mut buffer = vec![0; MAX_READ];
        let (mut said, mut timeout) = (None, Some(SETTLED));
        loop {
            match child.hear(&mut buffer, &self.stop, timeout) {
                Heard::Stop => return Err(Closed),
                Heard::Over => return Ok(ended(&child.end(), said.as_deref())),
                Heard::Nothing => {
                    timeout = None;
                    self.inbox.tell(News::Fine);
                }
                Heard::Said(line) => {
                    self.inbox.tell(News::Remark(format!("journalctl says: {line}")));
                    said = Some(line);
                }
                Heard::Bytes(n_read) => {
                    let batch = decoder.push(&buffer[..n_read], &mut self.place);
                    if !batch.entries.is_empty() {
                        timeout = None;
                        self.inbox.tell(News::Fine);
                    }
                    self.inbox.push(batch)?;
                    if decoder.take_garbage() {
                        let what = "journalctl wrote what is no entry in JSON, which was left out";
                        self.inbox.tell(News::Remark(what.to_owned()));
                    }
                }
            }
        }
    }

    /// Looks whether the entry that was read last is still there. Rules' filters do not matter.
    fn probe(&mut self) -> Result<Probe, Closed> {
        if self.place.cursor.is_none() {
            return Ok(Probe::There);
        }
        let mut command = self.command();
        let mut child = match Child::start(command.arg("--lines=1").arg(self.place.option())) {
            Ok(child) => child,
            Err(error) => return Ok(Probe::Failed(self.cannot_start(&error))),
        };
        let (mut output, mut said) = (Vec::new(), None);
        let mut buffer = vec![0; MAX_READ];
        loop {
            match child.hear(&mut buffer, &self.stop, None) {
                Heard::Stop => return Err(Closed),
                Heard::Over => break,
                Heard::Said(line) => said = Some(line),
                Heard::Bytes(n_read) => {
                    let n_kept = n_read.min(MAX_READ.saturating_sub(output.len()));
                    output.extend_from_slice(&buffer[..n_kept]);
                }
                Heard::Nothing => {}
            }
        }
        let first = output.split(|&byte| byte == b'\n').next().and_then(Entry::parse);
        if let Some(entry) = first {
            return Ok(if self.place.is_of(&entry.cursor) { Probe::There } else { Probe::Gone });
        }
        let status = child.end();
        let is_refused = said.as_ref().is_some_and(|said| said.contains("cursor"));
        Ok(match status {
            Ok(status) if status.success() => Probe::Gone,
            Ok(_) if is_refused => Probe::Refused,
            _ => Probe::Failed(ended(&status, said.as_deref())),
        })
    }

    /// journalctl with what all calls have in common.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // `--merge`: `--follow` alone shows this boot only (systemd 252), and would leave out what
        // came between the entry read last and a restart of the machine. It also shows what was
        // collected from other machines, so that our own has to be named.
        command.args(["--merge", "--no-pager", "--output=json"]);
        command.arg(format!("--output-fields={FIELDS}"));
        if let Some(directory) = &self.settings.directory {
            let mut option = OsString::from("--directory=");
            option.push(directory);
            command.arg(option);
        } else {
            let id = fs::read_to_string(MACHINE_ID).ok();
            let id = id.filter(|id| !id.trim().is_empty());
            command.args(id.map(|id| format!("_MACHINE_ID={}", id.trim())));
        }
        command.env("LC_ALL", "C").env_remove("SYSTEMD_LOG_LEVEL");
        command
    }

    fn cannot_start(&self, error: &io::Error) -> String {
        let program = self.program.display();
        match error.kind() {
            io::ErrorKind::NotFound => {
                format!("there is no `{program}`; install systemd's, or name files instead")
            }
            _ => format!("`{program}` cannot be started: {error}"),
        }
    }
}

/// How journalctl ended, in half a sentence.
fn ended(status: &io::Result<ExitStatus>, said: Option<&str>) -> String {
    let how = match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    match said {
        Some(said) => format!("journalctl has ended ({how}): {said}"),
        None => format!("journalctl has ended ({how})"),
    }
}
