//! A message and what it was made of, for people.

use std::fmt::Write as _;

use anstyle::Style;

use crate::flow::{Grounds, Timestamp};
use crate::format::clean;
use crate::format::words::{duration, number};
use crate::store::Why;

use super::super::time;
use super::because::because;

/// Columns of the words before what is said.
const MARGIN: usize = 11;
/// Other messages of the incident that are shown.
const MAX_SIBLINGS: usize = 10;

/// All that is known of a message.
pub(super) fn why(why: &Why, is_colored: bool) -> String {
    let mut page = Page { text: String::new(), is_colored };
    page.heading(why);
    if let Some(grounds) = &why.grounds {
        page.grounds(grounds, why);
    } else {
        page.row("because", "what it was made of was not kept");
    }
    page.since(why);
    page.delivery(why);
    page.text
}

struct Page {
    text: String,
    is_colored: bool,
}

impl Page {
    /// A row with a word before it.
    fn row(&mut self, word: &str, said: &str) {
        let dim = if self.is_colored { Style::new().dimmed() } else { Style::new() };
        // Cleaned of all that a terminal would obey.
        let said = clean(said.as_bytes());
        let _ = writeln!(self.text, "{dim}{word:<MARGIN$}{dim:#}{said}");
    }

    fn rows(&mut self, word: &str, rows: impl IntoIterator<Item = String>) {
        for (place, said) in rows.into_iter().enumerate() {
            self.row(if place == 0 { word } else { "" }, &said);
        }
    }

    fn heading(&mut self, why: &Why) {
        let message = &why.message;
        let bold = if self.is_colored { Style::new().bold() } else { Style::new() };
        let of = match message.count {
            0 => String::new(),
            n => format!(" of {}", number(n)),
        };
        let id = crate::flow::MessageId::parse(&message.id);
        let id = id.map_or_else(|| message.id.clone(), crate::flow::MessageId::short);
        let _ = writeln!(self.text, "{bold}#{id} {}{of}{bold:#}", message.kind);
        self.row("id", &message.id);
        if !message.rule.is_empty() {
            self.row("rule", &format!("{}, {}", message.rule, why.severity.as_str()));
        }
        let group = message.group.iter().map(|(name, value)| format!("{name}={value}"));
        self.rows("group", group);
        self.row("decided", &format!("{}, for {}", time::local(message.at), message.webhook));
    }

    fn grounds(&mut self, grounds: &Grounds, why: &Why) {
        let message = &why.message;
        let said = match &*grounds.summary {
            "" => grounds.title.to_string(),
            summary => format!("{} · {summary}", grounds.title),
        };
        self.row("said", &said);
        self.row("because", &because(grounds, message.count));
        if message.count > 0 {
            let (first, last) = (grounds.span.first, grounds.span.last);
            let total = match grounds.total {
                total if total > message.count => format!(" of {} so far", number(total)),
                _ => String::new(),
            };
            let count = number(message.count);
            let span = if first == last {
                time::local(first)
            } else {
                let over = duration(last.since(first));
                format!("{} to {}, {over}", time::local(first), until(first, last))
            };
            self.row("matches", &format!("{count}{total}: {span}"));
        }
        if grounds.undelivered > 0 {
            let lost = number(grounds.undelivered);
            self.row("", &format!("{lost} of them were told by messages that Chat never took"));
        }
        let lines = grounds.samples.iter().map(|sample| {
            let line = String::from_utf8_lossy(sample.line.as_slice()).into_owned();
            line.replace('\n', " ⏎ ")
        });
        self.rows("lines", lines);
        let mut files: Vec<_> = grounds.samples.iter().map(|own| own.path.display()).collect();
        files.dedup_by_key(|path| path.to_string());
        self.rows("from", files.iter().map(ToString::to_string));
        if let Some(sample) = grounds.samples.last() {
            let captures = sample.captures.iter().map(|(name, value)| {
                format!("{name}={}", String::from_utf8_lossy(value.as_slice()))
            });
            self.rows("captured", captures);
        }
        for top in &grounds.top {
            let values = top.values.iter().take(5);
            let values = values.map(|(value, n)| format!("{value} × {}", number(*n)));
            self.row(
                "commonest",
                &format!("{}: {}", top.name, values.collect::<Vec<_>>().join(", ")),
            );
        }
        if let Some(crowd) = &grounds.crowd {
            self.row("groups", &number(crowd.distinct));
        }
        if message.at.since(grounds.opened) > std::time::Duration::ZERO {
            self.row("incident", &format!("open since {}", time::local(grounds.opened)));
        }
    }

    /// What came of the incident besides.
    fn since(&mut self, why: &Why) {
        let at = why.message.at;
        let n_more = why.siblings.len().saturating_sub(MAX_SIBLINGS);
        let shown = why.siblings.iter().skip(n_more).map(|own| {
            let id = own.id.chars().take(8).collect::<String>();
            let when = if own.at < at { "before" } else { "after" };
            let (kind, count) = (&own.kind, number(own.count));
            format!("{when}: {} #{id} {kind} of {count}, {}", time::local(own.at), own.state)
        });
        let more = (n_more > 0).then(|| format!("{n_more} earlier ones"));
        let rows: Vec<_> = more.into_iter().chain(shown).collect();
        self.rows("the others", rows);
        let held = match why.held {
            Some(0) => "nothing is held back; its incident is still open".to_owned(),
            Some(n) => format!("{} held back since, to be told by a summary", number(n)),
            None => "its incident is over; nothing is held back".to_owned(),
        };
        if !why.message.rule.is_empty() {
            self.row("now", &held);
        }
    }

    fn delivery(&mut self, why: &Why) {
        let message = &why.message;
        let mut state = message.state.clone();
        if let Some(into) = &message.merged_into {
            let into = into.chars().take(8).collect::<String>();
            state = format!("its count is in #{into}");
        }
        self.row("state", &state);
        let attempts = why.attempts.iter().map(|attempt| {
            let said = if attempt.said.is_empty() { "Chat took it" } else { &attempt.said };
            format!("{}. {} {said}", attempt.number, time::local(attempt.at))
        });
        self.rows("attempts", attempts.collect::<Vec<_>>());
    }
}

/// A time, without the date where it is that of `first`.
fn until(first: Timestamp, last: Timestamp) -> String {
    let (first, last) = (time::local(first), time::local(last));
    match last.split_once(' ') {
        Some((date, clock)) if first.starts_with(date) => clock.to_owned(),
        _ => last,
    }
}
