//! `Alert`, `Notice` → `Message`: what is said, as text and card, with log text kept as data.
//!
//! Log text comes in as bytes, is cleaned at one place ([`clean()`]) and loses its secrets at one
//! (`redacted`); from there it goes into a message only through `escape`, for the syntax of the place
//! where it stands.

mod card;
mod clean;
mod escape;
mod grounds;
mod headline;
mod mention;
mod notice;
mod redacted;
mod replayed;
mod settings;
pub(crate) mod skew;
mod template;
mod together;
pub mod words;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::chat::limits;
use crate::chat::message::{CardWithId, MarkupSyntax, Message as Body, Thread};
use crate::flow::{
    Alert, AlertKind, Digest, IncidentId, Message, MessageId, Sample, Timestamp, WebhookName,
};

use clean::cut;

pub use clean::{clean, is_safe};
pub use headline::essence;
pub use mention::Mention;
pub use replayed::replayed;
pub use settings::{Crowds, FormatSettings, Markup, Threading, WebhookSettings};
pub use template::{Fields, Named, Template, TemplateError};

/// Says alerts as Chat messages.
#[derive(Debug)]
pub struct Formatter {
    host: Arc<str>,
    /// The zone that times are shown in.
    zone: TimeZone,
    rules: Vec<FormatSettings>,
    webhooks: HashMap<WebhookName, WebhookSettings>,
    /// Those of a webhook that has none of its own.
    usual: WebhookSettings,
}

/// How much of log text a message shows: halved until it fits.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// Characters of the matched line.
    line: usize,
    /// Characters of other lines and of values.
    other: usize,
    /// Lines of context on either side.
    context: usize,
}

impl Room {
    const FULL: Self = Self { line: Sample::MAX_LINE, other: 512, context: 50 };

    fn halved(self) -> Self {
        Self { line: self.line / 2, other: self.other / 2, context: self.context / 2 }
    }
}

impl Formatter {
    /// A formatter for `rules`, where a rule's place is its [`crate::flow::RuleId`].
    pub fn new(host: Arc<str>, zone: TimeZone, rules: Vec<FormatSettings>) -> Self {
        Self { host, zone, rules, webhooks: HashMap::new(), usual: WebhookSettings::default() }
    }

    /// The same where these webhooks have settings of their own. Others have the usual ones.
    #[must_use]
    pub fn with_webhooks(
        mut self,
        webhooks: impl IntoIterator<Item = (WebhookName, WebhookSettings)>,
    ) -> Self {
        self.webhooks.extend(webhooks);
        self
    }

    /// The message that says `alert` to `webhook`, but for its body.
    ///
    /// The same alert with other counts gives a message of the same id.
    pub fn envelope(&self, alert: &Alert, webhook: &WebhookName) -> Message {
        let settings = self.settings(alert);
        let id = Digest::new("message").with(&alert.incident.to_bytes());
        let id = id.with_number(alert.sequence.into()).with(webhook.0.as_bytes());
        Message {
            id: MessageId::new(id),
            rule: Arc::clone(&settings.name),
            group: alert.group.clone(),
            incident: alert.incident,
            kind: alert.kind,
            count: alert.count,
            at: alert.at,
            severity: settings.severity,
            webhook: webhook.clone(),
            body: "".into(),
            grounds: None,
        }
    }

    /// The message that says `alert` to `webhook`.
    pub fn message(&self, alert: &Alert, webhook: &WebhookName) -> Message {
        let envelope = self.envelope(alert, webhook);
        let alert = redacted::redacted(alert, &self.settings(alert).redact);
        let grounds = Some(Arc::new(self.grounds(&alert)));
        Message { body: self.body(&alert, &envelope).into(), grounds, ..envelope }
    }

    /// The body as JSON, with as much of the log text as there is room for.
    fn body(&self, alert: &Alert, envelope: &Message) -> String {
        let mut room = Room::FULL;
        loop {
            let body = self.body_within(alert, envelope, room).to_json();
            if body.len() <= limits::MESSAGE_BYTES || room.line == 0 {
                return body;
            }
            room = room.halved();
        }
    }

    fn body_within(&self, alert: &Alert, envelope: &Message, room: Room) -> Body {
        let id = envelope.id;
        let webhook = self.webhook(&envelope.webhook);
        let headline = escape::for_markup(&self.headline(alert), webhook.markup);
        let text = headline.clone() + &self.mentions(alert, webhook);
        let card = CardWithId { card_id: id.short(), card: self.card(alert, id, room) };
        Body {
            fallback_text: Some(headline),
            text,
            cards_v2: vec![card],
            thread: self.thread(webhook, &envelope.rule, alert.incident),
            markup_syntax: markup_syntax(webhook.markup),
        }
    }

    fn webhook(&self, name: &WebhookName) -> &WebhookSettings {
        self.webhooks.get(name).unwrap_or(&self.usual)
    }

    /// The thread of a message about `incident` of `rule`, which is empty for what is of none.
    fn thread(
        &self,
        webhook: &WebhookSettings,
        rule: &str,
        incident: IncidentId,
    ) -> Option<Thread> {
        let key = match webhook.thread {
            Threading::Group => format!("logbell-{incident}"),
            // Many hosts may post to one webhook.
            Threading::Rule => format!("logbell-{}/{rule}", cut(&clean(self.host.as_bytes()), 256)),
            Threading::None => return None,
        };
        Some(Thread { thread_key: Some(key), name: None })
    }

    /// Whom the message pings, behind the rest of its text. What only goes on pings nobody again.
    fn mentions(&self, alert: &Alert, webhook: &WebhookSettings) -> String {
        let is_news = match alert.kind {
            AlertKind::Open | AlertKind::Reminder => true,
            // A storm that goes on is no news.
            AlertKind::Digest => alert.sequence == 0,
            AlertKind::Summary | AlertKind::Resolved | AlertKind::Notice => false,
        };
        if !is_news {
            return String::new();
        }
        let mut mentions: Vec<_> =
            self.settings(alert).mention.iter().chain(&webhook.mention).collect();
        mentions.sort();
        mentions.dedup();
        mentions.into_iter().fold(String::new(), |text, mention| format!("{text} {mention}"))
    }

    fn settings(&self, alert: &Alert) -> &FormatSettings {
        &self.rules[alert.rule.0 as usize]
    }

    /// A time of day, with the date where it is not that of `beside`.
    fn time(&self, time: Timestamp, beside: Timestamp) -> String {
        let zoned = |time: Timestamp| {
            let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default();
            time.to_zoned_datetime(self.zone.clone())
        };
        let (time, beside) = (zoned(time), zoned(beside));
        let format = if time.date() == beside.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        time.strftime(format).to_string()
    }
}

/// What Chat is told of how to read a text.
const fn markup_syntax(markup: Markup) -> Option<MarkupSyntax> {
    match markup {
        Markup::Chat => Some(MarkupSyntax::Chat),
        Markup::Markdown => Some(MarkupSyntax::Markdown),
        Markup::None => None,
    }
}
