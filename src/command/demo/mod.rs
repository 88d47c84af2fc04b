//! `logbell demo`: growing logs, a local room, a real agent between them, and what arrives.

mod script;
mod stage;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use clap::Args;
use jiff::tz::TimeZone;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::broadcast::error::RecvError;

use crate::chat::room::{DrawOptions, Event, Room, RoomOptions, draw};
use crate::config::packs;
use crate::flow::AlertKind;
use crate::format::words;
use crate::store::{FileRow, Reader, RuleRow, Status, StoreError};

use super::terminal::{self, StopSignals};

use stage::Stage;

/// The arguments of `logbell demo`.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// How many times as fast as usual: 0.1 to 20
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = parse_speed)]
    speed: f64,
}

/// Why the demo cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file, a socket or a process is not to be had.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The agent ended too early.
    #[error("the agent ended early with {0}; see `{1}`")]
    Agent(ExitStatus, PathBuf),
    /// The agent's store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Shows the demo, until it ends or Ctrl-C.
///
/// # Errors
/// The system's: see [`DemoError`].
pub fn run(args: &DemoArgs) -> Result<(), DemoError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.map_err(during("start threads"))?.block_on(show(args))
}

async fn show(args: &DemoArgs) -> Result<(), DemoError> {
    let mut signals = StopSignals::listen().map_err(during("take signals"))?;
    let folder = tempfile::Builder::new().prefix("logbell-demo-").tempdir();
    let folder = folder.map_err(during("make a folder for the demo"))?.keep();
    let listen = ([127, 0, 0, 1], 0).into();
    let room = Room::start(RoomOptions { listen, ..RoomOptions::default() });
    let room = room.await.map_err(during("open a room on this host"))?;
    let mut events = room.events();
    let mut stage = Stage::open(&folder, args.speed).map_err(during("make the demo's logs"))?;
    let config = configuration(&folder, &room.webhook_url("demo"), args.speed);
    fs::write(folder.join("logbell.toml"), config).map_err(during("write a configuration"))?;
    say(&introduction(&folder));
    let mut agent = Agent::start(&folder).await?;
    loop {
        tokio::select! {
            () = signals.next() => {
                say("\nstopping: what is due is still sent\n");
                break;
            }
            written = stage.next() => match written.map_err(during("write to a log"))? {
                Some(lines) => say(&lines),
                None => break,
            },
            event = events.recv() => match event {
                Ok(event) => say(&drawn(&event)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
        }
        agent.check()?;
    }
    agent.stop().await?;
    while let Ok(event) = events.try_recv() {
        say(&drawn(&event));
    }
    let mut reader = Reader::open(&folder.join("state"))?;
    let mut n_opens = 0;
    reader.history(|row| {
        n_opens += u64::from(row.kind == AlertKind::Open.as_str());
        true
    })?;
    say(&ending(&folder, &reader.status()?, n_opens));
    room.close().await;
    Ok(())
}

/// The packs with the demo's logs and pace, and a rule of the demo's own.
fn configuration(folder: &Path, webhook: &str, speed: f64) -> String {
    let pace = |seconds: f64| format!("{}ms", Duration::from_secs_f64(seconds / speed).as_millis());
    let (debounce, resolve_after) = (pace(6.0), pace(7.0));
    let packs = packs::for_trial(folder, &debounce, &resolve_after);
    format!(
        r#"# What the demo ran: the packs of `rules/`, with the demo's logs and a quick pace.
state  = "state"
listen = "off"

[webhook.demo]
url = "{webhook}"

[defaults]
webhook = "demo"

[[rule]]
name     = "backup-progress"
files    = "{backup}"
match    = ' backup\[\d+\]: chunk (?P<chunk>\d+)/\d+ stored$'
severity = "info"
title    = "The backup reports its progress"
debounce = "{debounce}"
resolve_after = "{resolve_after}"
context  = [0, 0]

{packs}"#,
        backup = script::BACKUP,
    )
}

/// The real agent, as a process of its own.
struct Agent {
    process: Child,
    log: PathBuf,
}

impl Agent {
    /// Starts it, and waits until it follows the logs.
    async fn start(folder: &Path) -> Result<Self, DemoError> {
        let log = folder.join("logbell.log");
        let stderr = fs::File::create(&log).map_err(during("write the agent's log"))?;
        let socket = folder.join("ready");
        let ready = tokio::net::UnixDatagram::bind(&socket).map_err(during("make a socket"))?;
        let program = std::env::current_exe().map_err(during("find this program"))?;
        let process = Command::new(program)
            .args(["run", "--config"])
            .arg(folder.join("logbell.toml"))
            // As systemd does, to be told when it is ready.
            .env("NOTIFY_SOCKET", &socket)
            .env_remove("JOURNAL_STREAM")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(during("start the agent"))?;
        let mut agent = Self { process, log };
        let is_ready =
            tokio::time::timeout(Duration::from_secs(10), ready.recv(&mut [0; 64])).await;
        if !matches!(is_ready, Ok(Ok(_))) {
            agent.check()?;
        }
        Ok(agent)
    }

    /// Whether it still runs.
    fn check(&mut self) -> Result<(), DemoError> {
        match self.process.try_wait().map_err(during("look after the agent"))? {
            None => Ok(()),
            Some(status) => Err(DemoError::Agent(status, self.log.clone())),
        }
    }

    /// Tells it to stop, as systemd would, and waits for it.
    async fn stop(mut self) -> Result<(), DemoError> {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, Signal::TERM).map_err(|e| during("stop the agent")(e.into()))?;
        let log = self.log.clone();
        let waiting = tokio::task::spawn_blocking(move || self.process.wait());
        let status = waiting.await.map_err(|e| during("wait for the agent")(e.into()))?;
        let status = status.map_err(during("wait for the agent"))?;
        if status.success() { Ok(()) } else { Err(DemoError::Agent(status, log)) }
    }
}

fn introduction(folder: &Path) -> String {
    format!(
        "A web server, an SSH server, a kernel and a backup write logs into `{}`.\n\
         Below: their lines, and the messages that logbell posts to a room on this host.\n\n",
        folder.display()
    )
}

fn drawn(event: &Event) -> String {
    match event {
        Event::Taken(received) => {
            let (width, zone) = (terminal::width(), TimeZone::system());
            format!("\n{}\n", draw(received, &DrawOptions { width, color: true, zone }))
        }
        Event::Repeated(_) => "the room was sent a message again, and kept it once\n".to_owned(),
        Event::Refused { status, why } => format!("the room answered {status}: {why}\n"),
    }
}

/// The tally, and what to do next.
fn ending(folder: &Path, status: &Status, n_opens: u64) -> String {
    let sum = |of: fn(&RuleRow) -> u64| status.rules.iter().map(of).sum::<u64>();
    let matched = sum(|rule| rule.matched);
    let lines_of = |file: &FileRow| {
        let offset = file.current.as_ref().map_or(0, |current| current.offset);
        stage::lines_in(&file.path, offset)
    };
    let lines = status.files.iter().map(lines_of).sum();
    let program = std::env::args().next().unwrap_or_else(|| "logbell".to_owned());
    format!(
        "\n{} lines read · {} matches · {} messages · {} suppressed, {} of them not told yet\n\n\
         Next:\n  \
         {program} history --state {folder}/state\n      \
             what was said, with every count\n  \
         less {folder}/logbell.toml\n      \
             the rules that said it\n  \
         {program} room\n      \
             a room on this host, to try rules of your own on: the README says how\n  \
         rm -r {folder}\n",
        words::number(lines),
        words::number(matched),
        words::number(status.outbox.delivered),
        // Every match but those that were told at once.
        words::number(matched.saturating_sub(n_opens)),
        words::number(sum(|rule| rule.suppressed)),
        folder = folder.display(),
    )
}

/// Writes to the terminal. Styles are left out where they are not wanted.
fn say(text: &str) {
    let mut out = anstream::stdout().lock();
    // Where nobody reads it any more, the demo still ends by itself.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn during(what: &'static str) -> impl FnOnce(io::Error) -> DemoError {
    move |source| DemoError::Io { what, source }
}

fn parse_speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.1..=20.0).contains(&speed) => Ok(speed),
        _ => Err("expected a number from 0.1 to 20".to_owned()),
    }
}
