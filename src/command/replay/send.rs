//! Sends what a replay told, where that is asked for.

use std::io;

use crate::chat::limits;
use crate::clock::Clock;
use crate::config::Settings;
use crate::flow::{AlertKind, Message, WebhookName};
use crate::format::{replayed, words};
use crate::pipeline::{Resend, StartError};

use super::super::check::counted;

/// The messages that are to be sent.
pub(super) struct Mail<'a> {
    settings: &'a Settings,
    webhook: WebhookName,
    messages: Vec<Message>,
    n_told: usize,
}

/// Why they were not all sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// There is no such webhook.
    #[error("there is no webhook `{0}`; expected one of {1}")]
    Unknown(String, String),
    /// They are more than anyone would read.
    #[error("{0} messages are too many to send, at most {max} are; narrow it with `--since`", max = Mail::MAX)]
    TooMany(usize),
    /// Nothing can be sent from here.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The system gives no thread.
    #[error("cannot start to send")]
    Runtime(#[source] io::Error),
    /// Chat would not take one.
    #[error("Chat answered {status}{said} to message {n}: it and the rest are not sent")]
    Refused {
        /// The answer's status.
        status: u16,
        /// What else it said.
        said: String,
        /// Its place among them, from 1.
        n: usize,
    },
}

impl<'a> Mail<'a> {
    /// The most that are sent: at a message a second, a quarter of an hour's.
    pub(super) const MAX: usize = 1000;

    /// None yet, to the webhook `name`.
    ///
    /// # Errors
    /// The operator's: there is no such webhook.
    pub(super) fn new(name: &str, settings: &'a Settings) -> Result<Self, SendError> {
        let known = settings.webhooks.iter().map(|hook| &hook.name);
        let Some(webhook) = known.clone().find(|own| *own.0 == *name) else {
            let all = known.map(|own| format!("`{own}`")).collect::<Vec<_>>();
            return Err(SendError::Unknown(name.to_owned(), all.join(", ")));
        };
        Ok(Self { settings, webhook: webhook.clone(), messages: Vec::new(), n_told: 0 })
    }

    /// Takes in a message, unless it only says to another webhook what one that was taken in says.
    pub(super) fn add(&mut self, message: &Message) {
        let is_rule = |rule: &&crate::config::Rule| rule.engine.name == message.rule;
        let rule = self.settings.rules.iter().find(is_rule);
        let first = rule.and_then(|rule| rule.format.webhooks.first());
        if first == Some(&message.webhook) || message.kind == AlertKind::Notice {
            self.n_told += 1;
            if self.messages.len() < Self::MAX {
                self.messages.push(message.clone());
            }
        }
    }

    /// Sends them all, after saying how many there are.
    ///
    /// # Errors
    /// See [`SendError`]. What was sent before is in the space.
    pub(super) fn send(self) -> Result<(), SendError> {
        if self.n_told > self.messages.len() {
            return Err(SendError::TooMany(self.n_told));
        }
        let n = self.messages.len();
        let takes = limits::PACE.saturating_mul(u32::try_from(n).unwrap_or(u32::MAX));
        let (what, webhook) = (counted(n, "message"), &self.webhook);
        if n == 0 {
            eprintln!("there is nothing to send");
            return Ok(());
        }
        eprintln!(
            "sending {what} to `{webhook}`, about {}; Ctrl-C ends it",
            words::duration(takes)
        );
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().map_err(SendError::Runtime)?;
        let mut resend = Resend::new(self.settings, runtime.handle())?;
        let began = Clock::new().now();
        let mut trouble = String::new();
        let mut on_trouble = |what: &str| {
            if trouble != what {
                eprintln!("{what}; trying again");
                what.clone_into(&mut trouble);
            }
        };
        for (n, message) in (1..).zip(&self.messages) {
            let sent = resend.send(replayed(message, webhook, began), &mut on_trouble);
            sent.map_err(|refusal| {
                let said = refusal.said.trim_end_matches('.');
                let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
                SendError::Refused { status: refusal.status, said, n }
            })?;
        }
        eprintln!("sent {what}");
        Ok(())
    }
}
