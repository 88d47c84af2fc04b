//! The messages of a replay for people: a line each, or as Chat would show them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use crate::chat::room::{DrawOptions, Received, draw};
use crate::config::Settings;
use crate::flow::{AlertKind, Grounds, Message, Severity, Timestamp};
use crate::format::{clean, essence};

use super::super::table::fitted;
use super::super::{terminal, time};

/// How messages are shown.
pub(super) struct Timeline {
    /// As on a terminal with so many columns; otherwise lines are as long as they are.
    columns: Option<usize>,
    is_colored: bool,
    /// Columns of the rules' names.
    rule_width: usize,
    /// Whether it is worth saying whom a message is for.
    has_webhooks: bool,
}

impl Timeline {
    /// One for stdout.
    pub(super) fn new(settings: &Settings, columns: Option<usize>, is_colored: bool) -> Self {
        let names = settings.rules.iter().map(|rule| rule.engine.name.width());
        let n_webhooks = settings.webhooks.len() + settings.skipped.len();
        let rule_width = names.max().unwrap_or(0);
        Self { columns, is_colored, rule_width, has_webhooks: n_webhooks > 1 }
    }

    /// `2026-03-01 10:10:00  summary   refused  who=ann  2 more in 10m: payment of ann refused`.
    pub(super) fn line(&self, message: &Message, at: Timestamp) -> String {
        let at = time::local(at);
        let kind = format!("{:<8}", message.kind.as_str());
        let rule = clean(message.rule.as_bytes());
        let fill = " ".repeat(self.rule_width.saturating_sub(rule.width()));
        let mut rest = format!("{rule}{fill}");
        for (name, value) in message.group.iter() {
            let _ = write!(rest, "  {name}={}", clean(value.as_bytes()));
        }
        let said = said(message);
        if !said.is_empty() {
            let _ = write!(rest, "  {said}");
        }
        if self.has_webhooks {
            let _ = write!(rest, "  → {}", message.webhook);
        }
        if let Some(columns) = self.columns {
            rest = fitted(&rest, columns.saturating_sub(at.width() + kind.width() + 4));
        }
        let ink = if self.is_colored { ink(message) } else { Style::new() };
        let dim = if self.is_colored { Style::new().dimmed() } else { Style::new() };
        format!("{dim}{at}{dim:#}  {ink}{kind}{ink:#}  {}\n", rest.trim_end())
    }

    /// The message as Chat would show it.
    pub(super) fn drawn(&self, message: &Message, at: Timestamp) -> String {
        let Ok(body) = serde_json::from_str(&message.body) else { return String::new() };
        let (space, thread) = (message.webhook.to_string(), message.incident.to_string());
        let received = Received {
            name: format!("spaces/{space}/messages/{}", message.id),
            thread: format!("spaces/{space}/threads/{}", &thread[..8]),
            space,
            is_reply: !matches!(message.kind, AlertKind::Open | AlertKind::Digest),
            request_id: Some(message.id.to_string()),
            at,
            repeats: 0,
            message: body,
        };
        let (width, color, zone) = (terminal::width(), self.is_colored, TimeZone::system());
        format!("{}\n", draw(&received, &DrawOptions { width, color, zone }))
    }
}

/// What it says, in a line.
fn said(message: &Message) -> String {
    let Some(grounds) = &message.grounds else { return String::new() };
    let Grounds { summary, samples, .. } = &**grounds;
    let line = samples.last().map(|sample| essence(sample)).unwrap_or_default();
    match (summary.is_empty(), line.is_empty()) {
        (true, _) => line,
        (false, true) => summary.to_string(),
        (false, false) => format!("{summary}: {line}"),
    }
}

/// How urgent it is, as a colour.
fn ink(message: &Message) -> Style {
    let color = match (message.kind, message.severity) {
        (AlertKind::Resolved, _) => AnsiColor::Green,
        (AlertKind::Summary | AlertKind::Digest, _) => return Style::new().dimmed(),
        (_, Severity::Critical | Severity::Error) => AnsiColor::BrightRed,
        (_, Severity::Warning) => AnsiColor::Yellow,
        (_, Severity::Info) => AnsiColor::BrightBlue,
    };
    color.on_default().bold()
}
