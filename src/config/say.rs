//! `redact`: what a message leaves out.

use crate::matcher::Pattern;
use crate::redact::Redactor;

use super::fields::{Fields, Text};
use super::matching;
use super::report::Report;
use super::words::nearest;

/// What stands for keys, tokens and passwords among the patterns of `redact`.
const SECRETS: &str = "secrets";

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
    let patterns = patterns.map(|pattern: &Pattern| pattern.regex().clone()).collect();
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

/// Warns of a pattern that was probably meant to be `secrets`.
fn warn_of_slip(text: &Text, report: &mut Report) {
    if nearest(&text.value.to_lowercase(), [SECRETS]).is_some() {
        let message = format!("`redact`: `{}` is a pattern here", text.value);
        report.warning(text.span.clone(), message).help("did you mean `secrets`?");
    }
}
