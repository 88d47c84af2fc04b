//! The card: what a message shows when it is looked at.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use crate::chat::message::{
    Button, ButtonList, Card, CardHeader, DecoratedText, OnClick, OpenLink, Section, TextParagraph,
    Widget,
};
use crate::flow::{
    Alert, AlertKind, GroupKey, MessageId, Reason, Sample, Selector, Timestamp, Top,
};
use crate::redact::MASK;

use super::clean::{clean, clean_lines, cut};
use super::{Formatter, Room, escape, words};

/// Characters of a rule's `text`.
const MAX_TEXT: usize = 2000;
/// Bytes of what a command to copy mutes. A longer one mutes the whole rule.
const MAX_SELECTOR: usize = 512;
/// Values of a capture shown in a summary.
const MAX_TOP: usize = 5;
/// Up to so many groups are counted one by one; more are estimated.
const EXACT: u64 = 32;
/// Milliseconds between when an event came and when it says it was that are not worth a word.
const NEARLY_THE_SAME: u64 = 5_000;
/// Captures and groups shown as fields. Chat shows 100 widgets a card.
const MAX_FIELDS: usize = 30;

impl Formatter {
    pub(super) fn card(&self, alert: &Alert, id: MessageId, room: Room) -> Card {
        let title = format!("{} {}", self.sign(alert), self.title(alert));
        let mut sections = vec![Section { widgets: self.lines(alert, room), ..Section::default() }];
        let fields = self.fields(alert, room);
        if !fields.is_empty() {
            sections.push(Section { widgets: fields, ..Section::default() });
        }
        sections.push(Section { widgets: self.footer(alert, id), ..Section::default() });
        let header = CardHeader {
            title: escape::for_label(&title),
            subtitle: Some(escape::for_label(&self.place(alert, room))),
            ..CardHeader::default()
        };
        Card { header: Some(header), sections }
    }

    /// The host, the file and the labels.
    fn place(&self, alert: &Alert, room: Room) -> String {
        let room = room.other.max(64);
        let mut place = clean(self.host.as_bytes());
        if let Some(sample) = alert.samples.last() {
            let path = clean(sample.path.as_os_str().as_encoded_bytes());
            let _ = write!(place, " · {}", cut(&path, room));
        }
        let labels =
            self.settings(alert).labels.iter().map(|(name, value)| format!("{name}={value}"));
        let labels = labels.collect::<Vec<_>>().join(" ");
        if !labels.is_empty() {
            let _ = write!(place, " · {}", cut(&clean(labels.as_bytes()), room));
        }
        place
    }

    /// What is said, and the lines that it is about.
    fn lines(&self, alert: &Alert, room: Room) -> Vec<Widget> {
        let mut widgets = Vec::new();
        if let Some(summary) = self.summary(alert) {
            widgets.push(paragraph(format!("<b>{}</b>", escape::for_card(&summary))));
        }
        let text = self.text(alert, room);
        widgets.extend(text.map(|text| paragraph(escape::for_card(&text).replace('\n', "<br>"))));
        let block = match (alert.kind, &alert.samples[..]) {
            (AlertKind::Resolved, [opening, ..]) => self.stamped_lines(alert, &[opening], room),
            (_, [last]) if is_of_the_last(alert) => self.stamped_lines(alert, &[last], room),
            (_, [only]) => line_in_context(only, room),
            (_, samples) => self.stamped_lines(alert, &samples.iter().collect::<Vec<_>>(), room),
        };
        if !block.trim().is_empty() {
            widgets.push(paragraph(format!("<pre>{block}</pre>")));
        }
        if widgets.is_empty() {
            widgets.push(paragraph("(an empty line)".to_owned()));
        }
        widgets
    }

    /// What the rule has to say besides; nothing where it is over, and nobody has to do anything.
    fn text(&self, alert: &Alert, room: Room) -> Option<String> {
        let template = self.settings(alert).text.as_ref()?;
        let text = clean_lines(self.fill(template, alert).as_bytes());
        let text = cut(text.trim(), MAX_TEXT.min(room.line));
        (alert.kind != AlertKind::Resolved && !text.is_empty()).then_some(text)
    }

    /// Several lines with their times; a gap where lines between them are left out.
    fn stamped_lines(
        &self,
        alert: &Alert,
        samples: &[&std::sync::Arc<Sample>],
        room: Room,
    ) -> String {
        let is_gap = |i: usize| i == 1 && alert.count > samples.len() as u64;
        let mut block = String::new();
        for (i, sample) in samples.iter().enumerate() {
            if is_gap(i) {
                block.push_str("⋮\n");
            }
            let mut time = self.time(sample.time, alert.at);
            if let Some(written) = written(sample) {
                let _ = write!(time, " (stamped {})", self.time(written, sample.time));
            }
            let lines = clean_lines(&sample.shown());
            let lines = escape::for_card(&cut(&lines, room.line / samples.len().max(1)));
            // More lines of an event stand under its first, right of the time.
            let under = format!("\n{:1$}", "", time.chars().count() + 2);
            let _ = writeln!(block, "{time}  {}", lines.replace('\n', &under));
        }
        block.truncate(block.trim_end().len());
        block
    }

    /// Captures, the group, the count with its span, and the commonest groups of a crowd.
    fn fields(&self, alert: &Alert, room: Room) -> Vec<Widget> {
        let mut fields = Vec::new();
        let mut shown = HashSet::new();
        let grouped = alert.group.iter().map(|(name, value)| (name, value.to_owned()));
        let captures = alert.samples.last().into_iter().flat_map(|sample| {
            sample.captures.iter().map(|(name, value)| (&**name, clean(value.as_slice())))
        });
        for (name, value) in grouped.chain(captures) {
            let value = cut(value.trim(), room.other);
            if !value.is_empty() && shown.insert(name.to_owned()) {
                fields.push(field(name, &value));
            }
        }
        fields.truncate(MAX_FIELDS);
        // Where there are times before the lines, it stands there.
        if let [only] = &alert.samples[..]
            && alert.kind != AlertKind::Resolved
            && !is_of_the_last(alert)
            && let Some(written) = written(only)
        {
            let (off, side) = match only.time.since(written) {
                Duration::ZERO => (written.since(only.time), "ahead of when it came"),
                off => (off, "before it came"),
            };
            let stamped = self.time(written, alert.at);
            let text = format!("{stamped}, {} {side}", words::duration(off));
            fields.push(field("stamped", &text));
        }
        if alert.count > 1 {
            fields.push(field("matches", &self.count_and_span(alert)));
        }
        fields.extend(alert.top.iter().filter_map(|top| commonest(top, alert, room)));
        if let Some(crowd) = &alert.crowd {
            let mut top = String::new();
            // Of what did not come there is nothing to count.
            let is_counted = crowd.top.iter().any(|(_, count)| *count > 0);
            for (key, count) in &crowd.top {
                let values: Vec<_> = key.iter().map(|(_, value)| cut(value, room.other)).collect();
                let times = if is_counted {
                    format!("{} × ", words::number(*count))
                } else {
                    String::new()
                };
                let _ = writeln!(top, "{times}{}", values.join(" · "));
            }
            let label = match words::number(crowd.distinct) {
                _ if !is_counted => "among them".to_owned(),
                n if crowd.distinct <= EXACT => format!("commonest of {n}"),
                n => format!("commonest of about {n}"),
            };
            if !top.trim().is_empty() {
                fields.push(field(&label, top.trim_end()));
            }
        }
        fields
    }

    fn count_and_span(&self, alert: &Alert) -> String {
        let (first, last) = (alert.span.first, alert.span.last);
        let mut text = words::number(alert.count);
        let over = last.since(first);
        if over >= Duration::from_secs(1) {
            let (from, to) = (self.time(first, alert.at), self.time(last, alert.at));
            let _ = write!(text, " · {from} – {to} · {}", words::rate(alert.count, over));
        }
        text
    }

    /// The runbook, and by what name to speak of the message.
    fn footer(&self, alert: &Alert, id: MessageId) -> Vec<Widget> {
        let settings = self.settings(alert);
        let runbook = settings.runbook.iter().map(|url| {
            let on_click = OnClick { open_link: OpenLink { url: url.to_string() } };
            let text = "Runbook".to_owned();
            let button = Button { text, icon: None, on_click, alt_text: None };
            Widget::ButtonList(ButtonList { buttons: vec![button] })
        });
        let name = format!("#{} · {}", id.short(), settings.name);
        let mut more = String::new();
        if alert.total > alert.count && alert.kind != AlertKind::Resolved {
            more = format!(" · {} since it opened", words::number(alert.total));
        }
        // What is over need not be muted.
        let mute = (alert.kind != AlertKind::Resolved).then(|| mute_command(alert, &settings.name));
        runbook.chain([self.signature(&name, alert.at, &more, mute.as_deref())]).collect()
    }

    /// Who says it and when, and a command for who wants to hear no more of it.
    pub(super) fn signature(
        &self,
        name: &str,
        at: Timestamp,
        more: &str,
        command: Option<&str>,
    ) -> Widget {
        let time = self.time(at, at);
        let zone = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        let zone = self.zone.to_offset_info(zone);
        let text = format!("{name} · {time} {}{more}", zone.abbreviation());
        let command = command.map(|own| format!("<br>{}", escape::for_card(own)));
        let (text, command) = (escape::for_card(&text), command.unwrap_or_default());
        paragraph(format!("<font color=\"#80868b\">{text}{command}</font>"))
    }
}

/// The command that mutes what `alert` is about: its group where that can be named, else its rule.
fn mute_command(alert: &Alert, rule: &str) -> String {
    let of_rule = || Selector::of_group(rule, &GroupKey::default()).to_string();
    // Of a secret that was left out no value would be the right one.
    let is_told = alert.group.iter().all(|(_, value)| !value.contains(MASK));
    let own = is_told.then(|| Selector::of_group(rule, &alert.group).to_string());
    let selector = own.filter(|own| own.len() <= MAX_SELECTOR).unwrap_or_else(of_rule);
    format!("logbell mute {} --for 1h", quoted(&selector))
}

/// `text` as one word of any shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The commonest values of one capture; nothing for a single match, whose field shows it.
fn commonest(top: &Top, alert: &Alert, room: Room) -> Option<Widget> {
    let counted: u64 = top.values.iter().map(|(_, count)| count).sum();
    let shown = top.values.iter().take(MAX_TOP);
    let lines = shown
        .clone()
        .map(|(value, count)| format!("{} × {}", words::number(*count), cut(value, room.other)));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    let rest = counted - shown.map(|(_, count)| count).sum::<u64>();
    if rest > 0 {
        let _ = write!(text, "\n{} × others", words::number(rest));
    }
    let about = if top.is_estimate { " (about)" } else { "" };
    let label = format!("commonest {}{about}", top.name);
    (alert.count > 1 && !text.trim().is_empty()).then(|| field(&label, &text))
}

/// The matched event with the lines around it. Marks show which lines are its own.
fn line_in_context(sample: &Sample, room: Room) -> String {
    let own = escape::for_card(&cut(&clean_lines(&sample.shown()), room.line));
    let before = &sample.before[sample.before.len().saturating_sub(room.context)..];
    let after = &sample.after[..sample.after.len().min(room.context)];
    if before.is_empty() && after.is_empty() {
        return own;
    }
    let quiet = |line: &crate::flow::Bytes| {
        let line = cut(&clean(line.as_slice()), room.other);
        format!("  {}", escape::for_card(&line))
    };
    let marked = format!("▸ {}", own.replace('\n', "\n│ "));
    let lines = before.iter().map(quiet).chain([marked]).chain(after.iter().map(quiet));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the line is the last that came, and when that was is what matters.
fn is_of_the_last(alert: &Alert) -> bool {
    let is_of_none = matches!(
        alert.reason,
        Reason::Absent { .. } | Reason::Forgotten { .. } | Reason::Unusual { .. }
    );
    alert.count == 0 && is_of_none
}

/// When an event says that it was, if that is worth a word: it does not count, and is not nearly the same.
fn written(sample: &Sample) -> Option<Timestamp> {
    let is_far = |written: &Timestamp| {
        written.as_millis().abs_diff(sample.time.as_millis()) > NEARLY_THE_SAME
    };
    sample.written.filter(is_far)
}

pub(super) fn paragraph(text: String) -> Widget {
    Widget::TextParagraph(TextParagraph { text, max_lines: None })
}

pub(super) fn field(label: &str, text: &str) -> Widget {
    Widget::DecoratedText(Box::new(DecoratedText {
        top_label: Some(escape::for_label(label)),
        text: escape::for_card(text),
        wrap_text: Some(true),
        ..DecoratedText::default()
    }))
}
