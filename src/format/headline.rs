//! The one line that notifications show, and the title and summary that it is made of.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::flow::{Alert, AlertKind, Reason, Reopened, Sample, Severity};
use crate::pattern;

use super::clean::{clean, clean_lines, cut};
use super::{Crowds, Formatter, Named, Template, escape, together, words};

/// Characters of a title.
const MAX_TITLE: usize = 120;
/// Characters of the line in the text.
const MAX_LINE: usize = 280;
/// Characters of a new value.
const MAX_VALUE: usize = 120;
/// A message that comes this much late says so.
const LATE: Duration = Duration::from_mins(1);

impl Formatter {
    /// The whole `text` of a message.
    pub(super) fn headline(&self, alert: &Alert) -> String {
        let mut text = format!("{} · {}", self.title(alert), clean(self.host.as_bytes()));
        if let Some(summary) = self.summary(alert) {
            text = format!("{text} · {summary}");
        }
        let line = alert.samples.last().filter(|_| alert.kind != AlertKind::Resolved);
        if let Some(sample) = line {
            let line = essence(sample);
            if !line.is_empty() {
                text = format!("{text}: {line}");
            }
        } else if alert.kind != AlertKind::Resolved && alert.group.iter().next().is_some() {
            // Of what never came there is no line that names it.
            let values = alert.group.iter().map(|(name, value)| format!("{name}={value}"));
            text = format!("{text}: {}", cut(&values.collect::<Vec<_>>().join(" "), MAX_LINE));
        }
        format!("{} {}", self.sign(alert), escape::for_text(&text))
    }

    /// What there is to say beside the line itself; nothing for a single match.
    pub(super) fn summary(&self, alert: &Alert) -> Option<String> {
        summary(alert, &self.settings(alert).crowds)
    }

    /// The title without its sign, as clean text that is not escaped yet.
    pub(super) fn title(&self, alert: &Alert) -> String {
        let settings = self.settings(alert);
        let Some(template) = &settings.title else { return settings.name.to_string() };
        let title = self.fill(template, alert);
        let title = cut(clean(title.as_bytes()).trim(), MAX_TITLE);
        if title.is_empty() { settings.name.to_string() } else { title }
    }

    /// How bad it is, or that it is over, in one sign.
    pub(super) fn sign(&self, alert: &Alert) -> &'static str {
        match (alert.kind, self.settings(alert).severity) {
            (AlertKind::Resolved, _) => "✅",
            (_, Severity::Critical) => "🚨",
            (_, Severity::Error) => "🔴",
            (_, Severity::Warning) => "🟠",
            (_, Severity::Info) => "🔵",
        }
    }

    /// `template` with the values of `alert`: clean but for the template's own text, and not escaped.
    pub(super) fn fill(&self, template: &Template, alert: &Alert) -> String {
        let sample = alert.samples.last().map(|sample| &**sample);
        template.fill(|named| match named {
            Named::BuiltIn(word) => self.built_in(alert, sample, word),
            Named::Capture(name) => {
                let mut captures = sample.into_iter().flat_map(|sample| &sample.captures);
                match captures.find(|(capture, _)| **capture == *name) {
                    Some((_, value)) => Some(text(value.as_slice())),
                    // Of a group that is expected and was never seen there is no line.
                    None => {
                        Some(alert.group.iter().find(|(word, _)| **word == *name)?.1.to_owned())
                    }
                }
            }
        })
    }

    /// The value of the built-in `word`; `None` where it takes a line and there is none.
    fn built_in(&self, alert: &Alert, sample: Option<&Sample>, word: &str) -> Option<String> {
        let settings = self.settings(alert);
        Some(match word {
            "rule" => settings.name.to_string(),
            "severity" => settings.severity.as_str().to_owned(),
            "host" => text(self.host.as_bytes()),
            "file" => text(sample?.path.as_os_str().as_encoded_bytes()),
            "line" => gist(sample?),
            "count" if alert.kind == AlertKind::Resolved => alert.total.to_string(),
            "count" => alert.count.to_string(),
            "total" => alert.total.to_string(),
            "duration" => words::duration(lasted(alert)),
            "first" => self.time(alert.span.first, alert.at),
            "last" => self.time(alert.span.last, alert.at),
            "pattern" => text(&pattern::mask(gist(sample?).as_bytes())),
            _ => return None,
        })
    }
}

/// A value as clean text on one line.
fn text(bytes: &[u8]) -> String {
    clean(bytes).trim().to_owned()
}

/// The one line of an event that says most: the first, but for a traceback of Python, which ends
/// with what went wrong.
fn gist(sample: &Sample) -> String {
    let text = clean_lines(sample.message());
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let is_cause = |line: &&str| !line.starts_with(' ');
    let last = lines.rfind(is_cause).filter(|_| first.starts_with("Traceback (most recent"));
    last.unwrap_or(first).trim().to_owned()
}

/// The same without the time that it begins with, cut to a line of a list.
pub fn essence(sample: &Sample) -> String {
    cut(without_stamp(&gist(sample)), MAX_LINE)
}

/// `line` without the time that it begins with: a notification has little room, and comes at once.
/// The card shows the line as it is.
fn without_stamp(line: &str) -> &str {
    static STAMP: LazyLock<Regex> = LazyLock::new(|| {
        let stamp = r"(?x-u)^\[?(?:
            \d{4}[-/]\d\d[-/]\d\d[T\x20]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|\x20?[+-]\d\d:?\d\d)?
            | [A-Z][a-z]{2}\x20[\x20\d]\d\x20\d\d:\d\d:\d\d
        )\]?\x20+";
        Regex::new(stamp).expect("a constant")
    });
    line[STAMP.find(line).map_or(0, |stamp| stamp.end())..].trim_start()
}

/// What there is to say beside the line itself; nothing for a single match. `crowds`: what the groups
/// are.
fn summary(alert: &Alert, crowds: &Crowds) -> Option<String> {
    let count = words::number(alert.count);
    let over = alert.span.last.since(alert.span.first);
    let said = match (alert.kind, &alert.reason) {
        (AlertKind::Open, _) if alert.count > 0 && alert.held.is_some() => {
            let held = alert.held.as_ref().map(words::held_back);
            held.map(|held| format!("{held}: {}", matches(alert.count)))
        }
        (AlertKind::Open, Reason::Threshold { within, .. }) => {
            let limit = words::duration(*within);
            Some(format!("{count} matches{} (within {limit})", in_span(over)))
        }
        (AlertKind::Open, Reason::Distinct { count: values, within, of }) => {
            let (values, limit) = (words::number((*values).into()), words::duration(*within));
            let span = in_span(over);
            Some(format!("{count} matches{span}, {values} different “{of}” within {limit}"))
        }
        (AlertKind::Open, Reason::NoEnd { within }) => {
            Some(format!("no end within {}", words::duration(*within)))
        }
        (AlertKind::Open, reason @ Reason::Unusual { .. }) => {
            // Of fewer than usual it is the others that are missing.
            let last = if alert.count == 0 { last(alert) } else { "" };
            Some(format!("{}{last}", unusual(reason)))
        }
        (AlertKind::Reminder, reason @ Reason::Unusual { .. }) => {
            let last = if alert.samples.is_empty() { "" } else { "; the last before" };
            Some(format!("still {}{last}", unusual(reason)))
        }
        (AlertKind::Open, Reason::New { of, known, is_full }) => {
            Some(news(alert, of, *known, *is_full))
        }
        (AlertKind::Open, Reason::Absent { after, lasted }) => Some(absent(*after, *lasted, alert)),
        (AlertKind::Open, Reason::Blind { path, why }) => Some(blind(path, why)),
        (AlertKind::Open, _) if alert.count > 1 => {
            Some(format!("{count} matches{}", in_span(over)))
        }
        // No alert is a notice.
        (AlertKind::Open | AlertKind::Notice, _) => None,
        (AlertKind::Summary, Reason::RuleChanged) => {
            Some(format!("{count} more; closed because the rule was changed"))
        }
        (AlertKind::Summary, Reason::RuleRemoved) => {
            Some(format!("{count} more; closed because the rule was removed"))
        }
        (AlertKind::Summary, _) => {
            let since = alert.at.since(alert.span.first);
            Some(format!("{count} more{}", in_span(since)))
        }
        (AlertKind::Reminder, Reason::Absent { lasted, .. }) => {
            Some(format!("still no match, for {} now{}", words::duration(*lasted), last(alert)))
        }
        (AlertKind::Reminder, Reason::Forgotten { lasted }) => {
            let lasted = words::duration(*lasted);
            Some(format!("no match for {lasted}: not waited for any longer{}", last(alert)))
        }
        (AlertKind::Reminder, Reason::Escalated { after }) => {
            let (after, total) = (words::duration(*after), matches(alert.total));
            Some(format!("still open after {after} ({total} so far)"))
        }
        (AlertKind::Reminder, _) => Some("still so".to_owned()),
        (AlertKind::Resolved, reason) => Some(resolved(alert, reason)),
        (AlertKind::Digest, reason) => Some(together::summary(alert, reason, crowds)),
    };
    with_delay(said, alert)
}

/// `said`, and what kept it from being told before.
fn with_delay(mut said: Option<String>, alert: &Alert) -> Option<String> {
    let is_said =
        alert.reason == Reason::GateOpened || (alert.kind == AlertKind::Open && alert.count > 0);
    if let Some(held) = alert.held.as_ref().filter(|_| !is_said) {
        let held = words::held_back(held);
        said = Some(said.map_or_else(|| held.clone(), |said| format!("{said} ({held})")));
    }
    if let Some(reopened) = &alert.reopened {
        let reopened = self::reopened(reopened);
        said = Some(said.map_or(reopened.clone(), |said| format!("{reopened}; {said}")));
    }
    if let Reason::WindowEnded { delayed, .. } = alert.reason
        && delayed >= LATE
    {
        let late = words::duration(delayed);
        said = said.map(|said| format!("{said} (delayed by {late}: logbell was down)"));
    }
    if alert.undelivered > 0 {
        let lost = words::number(alert.undelivered);
        said = said.map(|said| format!("{said} ({lost} of them could not be delivered before)"));
    }
    said
}

/// How long an incident has been going on, or went on.
fn lasted(alert: &Alert) -> Duration {
    let is_by_line = alert.reason == Reason::ResolvedByLine;
    let is_quiet = alert.kind == AlertKind::Resolved && !is_by_line;
    let until = if is_quiet { alert.span.last } else { alert.at };
    until.since(alert.opened)
}

/// ` in 42s`; ` within a second` for less.
fn in_span(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return " within a second".to_owned();
    }
    format!(" in {}", words::duration(span))
}

/// What did not come. The line behind it is the last that did.
fn absent(after: Duration, lasted: Duration, alert: &Alert) -> String {
    let late = if lasted >= after + LATE {
        format!(" (it is to come within {})", words::duration(after))
    } else {
        String::new()
    };
    format!("no match for {}{late}{}", words::duration(lasted), last(alert))
}

/// What is new, and how many others are known.
fn news(alert: &Alert, of: &str, known: u64, is_full: bool) -> String {
    let value =
        alert.group.iter().find(|(word, _)| *word == of).map_or("(none)", |(_, value)| value);
    let known = match known {
        0 => "the first".to_owned(),
        known => format!("{} known", words::number(known)),
    };
    let most = if is_full { ", which is the most: the oldest are forgotten" } else { "" };
    format!("new {of}: “{}” ({known}{most})", cut(value, MAX_VALUE))
}

/// How many matches there are, and how many are usual.
fn unusual(reason: &Reason) -> String {
    let &Reason::Unusual { count, usual, within } = reason else { return String::new() };
    let within = words::duration(within);
    format!("{} within {within}, {}", matches(count), words::usual(usual, count))
}

/// `1 match`, `2 matches`.
pub(super) fn matches(count: u64) -> String {
    match count {
        0 => "no matches".to_owned(),
        1 => "1 match".to_owned(),
        count => format!("{} matches", words::number(count)),
    }
}

/// Leads over to the last match, if there was any.
fn last(alert: &Alert) -> &'static str {
    if alert.samples.is_empty() { "" } else { "; the last" }
}

/// Why nobody knows what is absent.
fn blind(path: &Path, why: &str) -> String {
    let path = clean(path.as_os_str().as_encoded_bytes());
    let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
    format!("cannot tell whether anything is absent: {path}{}", clean(why.as_bytes()))
}

/// That an incident follows others of its group closely.
fn reopened(reopened: &Reopened) -> String {
    let (times, over) = (words::ordinal(reopened.times), words::duration(reopened.over));
    format!("re-opened ({times} time in {over})")
}

/// That an incident is over: never "fixed", only what is known.
fn resolved(alert: &Alert, reason: &Reason) -> String {
    let why = match reason {
        Reason::Quiet { after } => format!("no new match for {}", words::duration(*after)),
        Reason::BelowThreshold { after } => {
            format!("below the threshold for {}", words::duration(*after))
        }
        Reason::AllEnded { after } => {
            format!("nothing without an end for {}", words::duration(*after))
        }
        Reason::AsUsual { after } => {
            format!("nothing unusual for {}", words::duration(*after))
        }
        Reason::NewNormal { usual: Some(usual), within } => {
            let (usual, within) = (words::thousandths(*usual), words::duration(*within));
            format!("{usual} within {within} are usual now")
        }
        Reason::NewNormal { usual: None, .. } => "that is usual now".to_owned(),
        Reason::Back { after } => return format!("back after {}", words::duration(*after)),
        Reason::Sighted { after } => {
            let after = words::duration(*after);
            return format!("its logs can be read again, after {after}");
        }
        Reason::RuleRemoved => "closed because the rule was removed".to_owned(),
        Reason::ResolvedByLine if alert.count > 0 => {
            format!("resolved by a line; {} since the last message", matches(alert.count))
        }
        Reason::ResolvedByLine => "resolved by a line".to_owned(),
        _ => "closed because the rule was changed".to_owned(),
    };
    let lasted = words::duration(lasted(alert));
    format!("{why} (lasted {lasted}, {})", matches(alert.total))
}
