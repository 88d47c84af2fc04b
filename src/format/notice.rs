//! `Notice` → `Message`: bytes that were lost, of which log, when, why, and what to do about it.

use crate::chat::limits;
use crate::chat::message::{Card, CardHeader, CardWithId, Message as Body, Section, Widget};
use crate::flow::{
    AlertKind, Digest, GroupKey, IncidentId, Loss, Lost, Message, MessageId, Notice, Severity,
    Timestamp, WebhookName,
};

use super::card::{field, paragraph};
use super::clean::{clean, cut};
use super::{Formatter, WebhookSettings, escape, markup_syntax, words};

/// By what name the agent speaks of itself.
const NAME: &str = "logbell";
/// The sign of a warning.
const SIGN: &str = "🟠";
/// Characters of a path in the text.
pub(super) const MAX_PATH: usize = 120;

/// What to do about each kind of loss.
const ADVICE: &[(&str, &str)] = &[
    (
        Loss::TRUNCATED,
        "With copytruncate, what is written between logrotate's copy and its truncation is in no \
         file any more: let logrotate create the next file (“create” in its configuration).",
    ),
    (
        Loss::GONE,
        "Let rotated files stay until they are read: with “delaycompress”, and a “rotate” count \
         that outlasts a downtime.",
    ),
    (
        Loss::LINE_CUT,
        "Only the head of such a line is matched: up to “max_line” of its source, 256 KiB at most.",
    ),
    (
        "unreadable",
        "A compressed log is damaged or cut short: “gzip -t” or “zstd -t” says where. What stands \
         before that was matched.",
    ),
    (
        Loss::JOURNAL_GAP,
        "Let the journal keep more than a downtime brings: “SystemMaxUse” and “MaxRetentionSec” in \
         journald.conf, or “RuntimeMaxUse” where it is kept in memory.",
    ),
    (
        Loss::SKIPPED,
        "A longer “catch_up” of the source reads more of what was written while logbell was down.",
    ),
];

/// Something that is said of the agent's own work, and of no rule.
pub(super) struct Note<'a> {
    /// What sets its kind apart.
    pub(super) name: &'static str,
    pub(super) at: Timestamp,
    pub(super) title: &'static str,
    /// What it says in short.
    pub(super) sentence: String,
    /// What it says of each log, with so much room for its name.
    pub(super) fields: &'a dyn Fn(usize) -> Vec<Widget>,
    /// What to do about it.
    pub(super) advice: Vec<&'static str>,
}

impl Formatter {
    /// The message that tells `webhook` of losses. It announces no matches, and is of no rule.
    pub fn notice(&self, notice: &Notice, webhook: &WebhookName) -> Message {
        let fields = |room| {
            let lost = notice.most.iter().map(|lost| self.lost(lost, notice, room));
            let more = (notice.n_more > 0).then(|| {
                let more = words::number(notice.n_more);
                paragraph(format!("… and {more} more: “logbell status” lists every loss."))
            });
            lost.chain(more).collect()
        };
        let advice = ADVICE.iter().filter(|(kind, _)| notice.kinds.contains(kind));
        let note = Note {
            name: "notice",
            at: notice.at,
            title: title(notice),
            sentence: sentence(notice),
            fields: &fields,
            advice: advice.map(|(_, advice)| *advice).collect(),
        };
        self.note(&note, webhook)
    }

    /// The message that tells `webhook` of `notice`.
    pub(super) fn note(&self, notice: &Note<'_>, webhook: &WebhookName) -> Message {
        // Its webhook is told of the like once at one instant.
        let id = Digest::new(notice.name).with(self.host.as_bytes());
        let id = id.with(webhook.0.as_bytes()).with(&notice.at.as_millis().to_le_bytes());
        let (incident, id) = (IncidentId::new(id.clone().with(b"thread")), MessageId::new(id));
        Message {
            id,
            rule: "".into(),
            group: GroupKey::default(),
            incident,
            kind: AlertKind::Notice,
            count: 0,
            at: notice.at,
            severity: Severity::Warning,
            webhook: webhook.clone(),
            body: self.notice_body(notice, id, incident, self.webhook(webhook)).into(),
            grounds: None,
        }
    }

    /// The body as JSON, with as much of each path as there is room for.
    fn notice_body(
        &self,
        notice: &Note<'_>,
        id: MessageId,
        incident: IncidentId,
        webhook: &WebhookSettings,
    ) -> String {
        let host = clean(self.host.as_bytes());
        let text = format!("{NAME} · {host} · {}", notice.sentence);
        let text = format!("{SIGN} {}", escape::for_text(&text));
        let text = escape::for_markup(&text, webhook.markup);
        let thread = self.thread(webhook, "", incident);
        let mut room = 512;
        loop {
            let card = CardWithId { card_id: id.short(), card: self.notice_card(notice, id, room) };
            let body = Body {
                fallback_text: Some(text.clone()),
                text: text.clone(),
                cards_v2: vec![card],
                thread: thread.clone(),
                markup_syntax: markup_syntax(webhook.markup),
            };
            let body = body.to_json();
            if body.len() <= limits::MESSAGE_BYTES || room == 0 {
                return body;
            }
            room /= 2;
        }
    }

    fn notice_card(&self, notice: &Note<'_>, id: MessageId, room: usize) -> Card {
        let said = format!("<b>{}</b>", escape::for_card(&notice.sentence));
        let advice = notice.advice.iter().map(|advice| paragraph(escape::for_card(advice)));
        let parts = [
            std::iter::once(paragraph(said)).chain((notice.fields)(room)).collect(),
            advice.collect(),
            vec![self.signature(&format!("#{} · {NAME}", id.short()), notice.at, "", None)],
        ];
        let parts = parts.into_iter().filter(|widgets: &Vec<Widget>| !widgets.is_empty());
        let header = CardHeader {
            title: format!("{SIGN} {}", notice.title),
            subtitle: Some(escape::for_label(&clean(self.host.as_bytes()))),
            ..CardHeader::default()
        };
        let sections = parts.map(|widgets| Section { widgets, ..Section::default() });
        Card { header: Some(header), sections: sections.collect() }
    }

    /// What was lost of one log.
    fn lost(&self, lost: &Lost, notice: &Notice, room: usize) -> Widget {
        let [from, to] = [lost.first, lost.last].map(|time| self.time(time, notice.at));
        let when = if from == to { from } else { format!("{from} – {to}") };
        let what = cut(&clean(lost.what.as_bytes()), room);
        let path = clean(lost.path.as_os_str().as_encoded_bytes());
        field(
            &cut(&path, room),
            &format!("{} · {when} · {what}", amount(lost.bytes, lost.n_unknown)),
        )
    }
}

/// What was lost, in a sentence.
fn sentence(notice: &Notice) -> String {
    let amount = amount(notice.bytes, notice.n_unknown);
    let whose = match &notice.most[..] {
        [lost, ..] if notice.n_logs == 1 => {
            cut(&clean(lost.path.as_os_str().as_encoded_bytes()), MAX_PATH)
        }
        _ => format!("{} logs", words::number(notice.n_logs)),
    };
    let (_, sure, unsure) = fate(notice);
    match notice.bytes {
        0 => format!("{whose}: lines {unsure}"),
        _ => format!("{amount} of {whose} {sure}"),
    }
}

fn title(notice: &Notice) -> &'static str {
    let (title, ..) = fate(notice);
    title
}

/// What became of the lines: as a title, and as the end of a sentence where it is sure that there
/// were any and where it is not.
fn fate(notice: &Notice) -> (&'static str, &'static str, &'static str) {
    let are_all = |known: &[&str]| notice.kinds.iter().all(|kind| known.contains(kind));
    if are_all(&[Loss::LINE_CUT]) {
        let sure = "were not matched, because lines were too long";
        ("Lines were cut", sure, "were too long to be matched whole")
    } else if are_all(&[Loss::SKIPPED]) {
        let sure = "were left out, being older than “catch_up”";
        ("Old lines were left out", sure, "older than “catch_up” may have been left out")
    } else if are_all(&[Loss::TRUNCATED, Loss::GONE, Loss::JOURNAL_GAP]) {
        let sure = "were gone before they could be read";
        ("Lines were lost", sure, "may have been gone before they could be read")
    } else {
        ("Lines were lost", "could not be matched", "may not have been matched")
    }
}

/// How much was lost, as far as anybody knows.
fn amount(bytes: u64, n_unknown: u64) -> String {
    match (bytes, n_unknown) {
        (0, 1..) => "an unknown number of bytes".to_owned(),
        (_, 0) => words::bytes(bytes),
        _ => format!("at least {}", words::bytes(bytes)),
    }
}
