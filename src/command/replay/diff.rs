//! Which messages another configuration gains, and which it loses.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::flow::{GroupKey, Message, Timestamp, WebhookName};
use crate::format::words::number;

use super::super::table::Table;
use super::super::time;

/// All messages of one replay.
#[derive(Default)]
pub(super) struct Told {
    messages: BTreeMap<Place, Vec<Said>>,
    n_messages: usize,
    /// There were more.
    pub(super) is_cut: bool,
}

/// What makes messages of two replays the same, in the order in which they are shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// When it was decided: it may have had to wait for others to be sent.
    at: Timestamp,
    rule: Arc<str>,
    group: GroupKey,
    kind: &'static str,
    webhook: WebhookName,
}

/// What a message told.
#[derive(Clone, PartialEq, Eq)]
struct Said {
    count: u64,
    /// The line of it.
    line: Arc<str>,
}

/// How two replays differ.
#[derive(Default)]
pub(super) struct Difference {
    changes: Vec<Change>,
    rules: BTreeMap<Arc<str>, Sums>,
}

/// One message that is in one of both alone, or tells another count.
struct Change {
    place: Place,
    before: Option<Said>,
    after: Option<Said>,
}

/// How many messages of a rule there are.
#[derive(Clone, Copy, Default)]
struct Sums {
    before: u64,
    after: u64,
    gained: u64,
    lost: u64,
    changed: u64,
}

impl Told {
    /// The most messages that are compared.
    pub(super) const MAX: usize = 1_000_000;

    /// Takes in a message, and the line of the time line for it.
    pub(super) fn add(&mut self, message: &Message, line: impl FnOnce() -> String) {
        if self.n_messages == Self::MAX {
            self.is_cut = true;
            return;
        }
        self.n_messages += 1;
        let place = Place {
            at: message.at,
            rule: Arc::clone(&message.rule),
            group: message.group.clone(),
            kind: message.kind.as_str(),
            webhook: message.webhook.clone(),
        };
        let said = Said { count: message.count, line: line().into() };
        self.messages.entry(place).or_default().push(said);
    }
}

impl Difference {
    /// What is in `after` and not in `before`, and the other way round, of all `rules`.
    pub(super) fn of(before: Told, mut after: Told, rules: impl Iterator<Item = Arc<str>>) -> Self {
        let mut difference = Self::default();
        difference.rules.extend(rules.map(|rule| (rule, Sums::default())));
        for (place, olds) in before.messages {
            let news = after.messages.remove(&place).unwrap_or_default();
            difference.compare(&place, olds, news);
        }
        for (place, news) in after.messages {
            difference.compare(&place, Vec::new(), news);
        }
        difference.changes.sort_by(|one, other| one.place.cmp(&other.place));
        difference
    }

    fn compare(&mut self, place: &Place, mut olds: Vec<Said>, mut news: Vec<Said>) {
        let sums = self.rules.entry(Arc::clone(&place.rule)).or_default();
        sums.before += olds.len() as u64;
        sums.after += news.len() as u64;
        // What tells the same is the same; of the rest, those in the same place.
        olds.retain(|old| match news.iter().position(|new| new.count == old.count) {
            Some(same) => {
                news.remove(same);
                false
            }
            None => true,
        });
        let n = olds.len().max(news.len());
        let (mut olds, mut news) = (olds.into_iter(), news.into_iter());
        for _ in 0..n {
            let (before, after) = (olds.next(), news.next());
            match (&before, &after) {
                (Some(_), Some(_)) => sums.changed += 1,
                (Some(_), None) => sums.lost += 1,
                _ => sums.gained += 1,
            }
            self.changes.push(Change { place: place.clone(), before, after });
        }
    }

    /// For people: a line for each, after a sign, and a table by rule.
    pub(super) fn render(&self, is_colored: bool) -> String {
        let mut text = String::new();
        let ink = |color: AnsiColor| {
            if is_colored { color.on_default() } else { Style::new() }
        };
        let (old, new, other) =
            (ink(AnsiColor::Red), ink(AnsiColor::Green), ink(AnsiColor::Yellow));
        for Change { before, after, .. } in &self.changes {
            // Writing to a `String` cannot fail.
            let _ = match (before, after) {
                (Some(before), Some(after)) => {
                    let counts = [before.count, after.count].map(number);
                    let line = after.line.trim_end();
                    let [before, after] = counts;
                    writeln!(text, "{other}~ {line}{other:#}  (tells {after}, not {before})")
                }
                (Some(before), None) => writeln!(text, "{old}- {}{old:#}", before.line.trim_end()),
                (None, Some(after)) => writeln!(text, "{new}+ {}{new:#}", after.line.trim_end()),
                (None, None) => Ok(()),
            };
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let headings = ["RULE", "BEFORE", "AFTER", "GAINED", "LOST", "OTHER COUNT"];
        let mut table = Table::new(&headings);
        for (rule, own) in &self.rules {
            let counts = [own.before, own.after, own.gained, own.lost, own.changed].map(number);
            table.row([rule.to_string()].into_iter().chain(counts));
        }
        text + &table.render("no rules")
    }

    /// For programs: an object for each, and at last one with the sums.
    pub(super) fn to_json(&self) -> impl Iterator<Item = Value> {
        let sums = |(rule, own): (&Arc<str>, &Sums)| {
            json!({
                "name": &**rule,
                "before": own.before,
                "after": own.after,
                "gained": own.gained,
                "lost": own.lost,
                "changed": own.changed,
            })
        };
        let rules: Vec<_> = self.rules.iter().map(sums).collect();
        self.changes.iter().map(Change::to_json).chain([json!({ "rules": rules })])
    }
}

impl Change {
    fn to_json(&self) -> Value {
        let Self { place, before, after } = self;
        let change = match (before, after) {
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "lost",
            _ => "gained",
        };
        json!({
            "change": change,
            "rule": &*place.rule,
            "group": place.group.to_json(),
            "kind": place.kind,
            "at": time::exact(place.at),
            "webhook": place.webhook.to_string(),
            "count_before": before.as_ref().map(|said| said.count),
            "count_after": after.as_ref().map(|said| said.count),
        })
    }
}
