//! `[webhook.NAME]`: their addresses, and the rules that name them.

use std::ops::Range;

use crate::engine::Hours;
use crate::flow::{Severity, WebhookName};
use crate::format::WebhookSettings;

use super::fields::{Fields, Text, short};
use super::origin::{Origin, Secrets};
use super::report::Report;
use super::secret::{Address, Fetched};
use super::settings::Webhook;
use super::words::{Table, nearest};
use super::{hours, rule, say, way};

/// Every webhook of the configuration.
#[derive(Default)]
pub(super) struct Webhooks {
    known: Vec<Known>,
    /// Those whose address is known.
    pub(super) fetched: Vec<Webhook>,
    /// Those whose address was not looked up.
    pub(super) skipped: Vec<WebhookName>,
}

struct Known {
    name: WebhookName,
    /// Where its NAME stands.
    span: Range<usize>,
    /// The least that it takes.
    severity: Severity,
    /// When it takes messages, if not always.
    hours: Option<Hours>,
    is_used: bool,
}

impl Webhooks {
    /// Reads the webhooks of `top` and fetches their addresses.
    pub(super) fn check(&mut self, top: &Fields, origin: &Origin, report: &mut Report) {
        for (name, fields) in top.named_tables("webhook", Table::Webhook, report) {
            self.check_name(&name, report);
            self.add(&name, &fields, origin, report);
        }
    }

    /// Reports a webhook of another file that is called `name` already.
    fn check_name(&self, name: &Text, report: &mut Report) {
        if let Some(first) = self.known.iter().find(|known| *known.name.0 == *name.value) {
            let place = report.place(first.span.start, name.span.start);
            let message = format!("another webhook is called `{}` already", short(name.value));
            report.error(name.span.clone(), message).help(format!("the first is on {place}"));
        }
    }

    /// The webhooks that `fields` names, none twice.
    pub(super) fn named_by(&mut self, fields: &Fields, report: &mut Report) -> Vec<WebhookName> {
        let mut found = Vec::new();
        for text in fields.texts("webhook", report).unwrap_or_default() {
            let Some(name) = self.find(&text, report) else { continue };
            if found.contains(&name) {
                report.warning(text.span, format!("`{name}` is named twice"));
            } else {
                found.push(name);
            }
        }
        found
    }

    /// Those of `names`, at `span`, that take a message of `severity` of the rule `rule`. That none does
    /// is an error: nobody would be told.
    pub(super) fn that_take(
        &self,
        severity: Severity,
        names: &[WebhookName],
        rule: &str,
        span: Option<Range<usize>>,
        report: &mut Report,
    ) -> Vec<WebhookName> {
        let least = |name: &WebhookName| {
            let known = self.known.iter().find(|known| known.name == *name);
            known.map_or(Severity::Info, |known| known.severity)
        };
        let taking: Vec<_> = names.iter().filter(|name| least(name) <= severity).cloned().collect();
        if let (Some(first), true, Some(span)) = (names.first(), taking.is_empty(), span) {
            let severity = severity.as_str();
            let message = format!("no webhook of the rule `{rule}` takes `{severity}`");
            let help = format!(
                "`{first}` takes `{}` at least: name another webhook, or raise the rule's `severity`",
                least(first).as_str()
            );
            report.error(span, message).help(help);
        }
        taking
    }

    /// What to write where a webhook is missing.
    pub(super) fn suggestion(&self) -> String {
        match self.known.first() {
            Some(Known { name, .. }) => {
                format!("write `webhook = \"{name}\"`, here or in `[defaults]`")
            }
            None => {
                "add a `[webhook.NAME]` with its `url`, and `webhook = \"NAME\"` here".to_owned()
            }
        }
    }

    /// Warns of webhooks that no rule names.
    pub(super) fn warn_unused(&self, report: &mut Report) {
        for Known { name, span, .. } in self.known.iter().filter(|known| !known.is_used) {
            report.warning(span.clone(), format!("no rule uses the webhook `{name}`"));
        }
    }

    fn add(&mut self, name: &Text, fields: &Fields, origin: &Origin, report: &mut Report) {
        let span = name.span.clone();
        let name = WebhookName(name.value.into());
        let severity =
            if fields.has("severity") { rule::severity(fields, report) } else { Severity::Info };
        let hours = hours::hours(fields, report);
        let (own, at) = (name.clone(), span.clone());
        let known = Known { name: own, span: at, severity, hours, is_used: false };
        self.known.push(known);
        if fields.lacks("url") {
            let finding = report.error(span, format!("the webhook `{name}` has no `url`"));
            finding.help("write for example `url = \"env:ONCALL_WEBHOOK\"`");
        }
        let say = WebhookSettings {
            mention: say::mention(fields, report),
            markup: say::markup(fields, report),
            thread: say::thread(fields, report),
        };
        let way = way::way(fields, origin, report);
        let Some(url) = fields.text("url", report) else { return };
        let address = Address::parse(url.value);
        if let Some(secret) = address.secret_part() {
            report.hide(report.part(&url.span, url.value, &secret));
        }
        if address.is_elsewhere() && origin.secrets == Secrets::Skip {
            self.skipped.push(name);
            return;
        }
        match address.fetch(origin.directory, origin.surroundings) {
            Ok(fetched) => {
                warn_of_readers(address, &fetched, &url.span, origin, report);
                self.fetched.push(Webhook { name, url: fetched.url, way, say });
            }
            Err(error) => {
                let finding = report.error(url.span, error.message);
                if let Some(help) = error.help {
                    finding.help(help);
                }
            }
        }
    }

    /// When a webhook takes messages, if not always.
    pub(super) fn hours_of(&self, name: &WebhookName) -> Option<Hours> {
        self.known.iter().find(|known| known.name == *name)?.hours.clone()
    }

    /// The webhook that `text` names.
    pub(super) fn find(&mut self, text: &Text, report: &mut Report) -> Option<WebhookName> {
        if let Some(known) = self.known.iter_mut().find(|known| *known.name.0 == *text.value) {
            known.is_used = true;
            return Some(known.name.clone());
        }
        let name = short(text.value);
        let finding = report.error(text.span.clone(), format!("there is no webhook `{name}`"));
        match nearest(text.value, self.known.iter().map(|known| &*known.name.0)) {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None if text.value.contains("://") => {
                finding.help("write a `[webhook.NAME]` with this `url`, and NAME here");
            }
            None => finding.help(format!("add `[webhook.{name}]` with its `url`")),
        }
        None
    }
}

/// Warns if others can read what `url`, written at `span`, is fetched from.
fn warn_of_readers(
    address: Address,
    fetched: &Fetched,
    span: &Range<usize>,
    origin: &Origin,
    report: &mut Report,
) {
    let literal = matches!(address, Address::Literal(_));
    if literal && origin.is_open_to_all && !fetched.url.is_loopback() {
        let message = "every user of this host can read this file, and so this address";
        let help = "take away the right (`chmod o-r`), or write `file:PATH`";
        report.warning(span.clone(), message).help(help);
    }
    if let Some(path) = &fetched.open_file {
        let message = format!("every user of this host can read `{}`", path.display());
        let help = format!("take away the right: `chmod o-r {}`", path.display());
        report.warning(span.clone(), message).help(help);
    }
}
