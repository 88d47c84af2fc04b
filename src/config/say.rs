//! `redact`, `mention`, and a webhook's `markup` and `thread`: what a message leaves out, whom it
//! pings, how its text is read, and what it stands beside.

use crate::format::{Markup, Mention, Threading};
use crate::matcher::Pattern;
use crate::redact::Redactor;

use super::fields::{Fields, Text, short};
use super::matching;
use super::report::Report;
use super::words::nearest;

/// What stands for keys, tokens and passwords among the patterns of `redact`.
const SECRETS: &str = "secrets";
/// The most users that a rule or a webhook mentions: they stand in a text of limited length.
const MAX_MENTIONS: usize = 10;

/// `redact`.
pub(super) fn redact(fields: &Fields, report: &mut Report) -> Redactor {
    let Some(texts) = fields.texts_or_none("redact", report) else { return Redactor::default() };
    let (secrets, own): (Vec<_>, Vec<_>) =
        texts.into_iter().partition(|text| text.value == SECRETS);
    for text in &own {
        warn_of_slip(text, report);
    }
    let own: Vec<_> =
        own.iter().map(|text| (text, matching::pattern("redact", text, report))).collect();
    let patterns = own.iter().filter_map(|(_, pattern)| pattern.as_ref());
    let patterns = patterns.map(|pattern: &Pattern| pattern.regex()).collect();
    match own.first() {
        _ if !secrets.is_empty() => Redactor::with_secrets(patterns),
        None => Redactor::only(patterns),
        Some((first, _)) => {
            let message = "without `secrets`, keys, tokens and passwords are told";
            let help = "write `redact = [\"secrets\", …]`";
            report.warning(first.span.clone(), message).help(help);
            Redactor::only(patterns)
        }
    }
}

/// `mention`.
pub(super) fn mention(fields: &Fields, report: &mut Report) -> Vec<Mention> {
    let mut mentions = Vec::new();
    for text in fields.texts_or_none("mention", report).unwrap_or_default() {
        let Some(mention) = Mention::parse(text.value) else {
            let message =
                format!("`mention` takes `all` or the id of a user, not `{}`", short(text.value));
            let help = if text.value.contains('@') {
                "Chat knows users by numeric ids here, not by addresses: write for example \
                 `mention = \"users/123456789012345678901\"`"
            } else {
                "write for example `mention = \"users/123456789012345678901\"`"
            };
            report.error(text.span, message).help(help);
            continue;
        };
        if mentions.contains(&mention) {
            report.warning(text.span, format!("`{}` is named twice", text.value));
        } else if mentions.len() == MAX_MENTIONS {
            let message = format!("`mention` names more than {MAX_MENTIONS} users");
            report.error(text.span, message).help("write `mention = \"all\"` for the whole space");
            break;
        } else {
            mentions.push(mention);
        }
    }
    mentions
}

/// `markup` of a webhook.
pub(super) fn markup(fields: &Fields, report: &mut Report) -> Markup {
    one_of("markup", Markup::ALL.map(|markup| (markup.as_str(), markup)), fields, report)
}

/// `thread` of a webhook.
pub(super) fn thread(fields: &Fields, report: &mut Report) -> Threading {
    one_of("thread", Threading::ALL.map(|thread| (thread.as_str(), thread)), fields, report)
}

/// The one of `known` that is named at `word`.
fn one_of<T: Copy + Default, const N: usize>(
    word: &str,
    known: [(&str, T); N],
    fields: &Fields,
    report: &mut Report,
) -> T {
    let Some(text) = fields.text(word, report) else { return T::default() };
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == text.value) {
        return *value;
    }
    let names = known.map(|(name, _)| format!("`{name}`"));
    let message = format!("`{word}` is one of {}, not `{}`", names.join(", "), short(text.value));
    let finding = report.error(text.span, message);
    if let Some(meant) = nearest(&text.value.to_lowercase(), known.map(|(name, _)| name)) {
        finding.help(format!("did you mean `{meant}`?"));
    }
    T::default()
}

/// Warns of a pattern that was probably meant to be `secrets`.
fn warn_of_slip(text: &Text, report: &mut Report) {
    if nearest(&text.value.to_lowercase(), [SECRETS]).is_some() {
        let message = format!("`redact`: `{}` is a pattern here", short(text.value));
        report.warning(text.span.clone(), message).help("did you mean `secrets`?");
    }
}
