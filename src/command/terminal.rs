//! What is known of the terminal, and of the signals that it sends.

use std::io::{self, IsTerminal};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{Surroundings as _, System};

/// Columns where nobody tells how many there are.
const USUAL_WIDTH: usize = 80;
/// The most columns that text is laid out for: longer lines are hard to read.
const MAX_WIDTH: usize = 100;

/// Whether colours are wanted: on a terminal, unless `NO_COLOR` is set (no-color.org).
pub(super) fn wants_color(stream: &impl IsTerminal) -> bool {
    System.variable("NO_COLOR").is_none_or(|value| value.is_empty()) && stream.is_terminal()
}

/// Columns that text is laid out for on the terminal that stdout goes to.
pub(super) fn width() -> usize {
    columns().min(MAX_WIDTH)
}

/// Columns of the terminal that stdout goes to, or the usual number.
pub(super) fn columns() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let asked = || {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    };
    asked().or_else(told).unwrap_or(USUAL_WIDTH).max(20)
}

/// Ctrl-C, SIGTERM, and SIGHUP.
pub(super) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    /// Whether stderr was a terminal when they were taken over.
    has_terminal: bool,
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// To end.
    Stop,
    /// To read the configuration anew.
    Reload,
}

impl StopSignals {
    /// Takes them over from now on. Needs a runtime.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn listen() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self { interrupt, terminate, hangup, has_terminal: io::stderr().is_terminal() })
    }

    /// Waits for the next, whichever it is.
    pub(super) async fn next(&mut self) {
        self.next_wish().await;
    }

    /// Waits for the next, and says what it asks of an agent. SIGHUP comes from who wants a reload, and from a terminal that is closed: it
    /// is none any more then.
    pub(super) async fn next_wish(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.hangup.recv() => {
                let is_closed = self.has_terminal && !io::stderr().is_terminal();
                if is_closed { Wish::Stop } else { Wish::Reload }
            }
        }
    }

    /// Waits for the next that is to end an agent.
    pub(super) async fn next_stop(&mut self) {
        while self.next_wish().await != Wish::Stop {}
    }
}
