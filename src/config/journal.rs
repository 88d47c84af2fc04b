//! `journal`: which entries of systemd's journal a source reads.

use std::path::Path;

use crate::source::JournalSettings;

use super::fields::{Fields, Text, short};
use super::report::Report;
use super::source;
use super::words::{Table, nearest};

/// The words of `priority`, gravest first (syslog(3)).
const PRIORITIES: [&str; 8] =
    ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// `journal = true`, or `journal = { units = […], priority = "…", directory = "…" }`.
pub(super) fn journal(
    fields: &Fields,
    directory: &Path,
    report: &mut Report,
) -> Option<JournalSettings> {
    if let Some((is_wanted, span)) = fields.truth("journal") {
        if !is_wanted {
            report.error(span, "`journal` is `true` or a table").help("leave it out");
        }
        return Some(JournalSettings::default());
    }
    let fields = fields.table("journal", Table::Journal, report)?;
    Some(JournalSettings {
        units: units(&fields, report),
        priority: priority(&fields, report),
        directory: source::directory("directory", &fields, directory, report),
    })
}

fn units(fields: &Fields, report: &mut Report) -> Vec<String> {
    let mut units = Vec::new();
    for text in fields.texts("units", report).unwrap_or_default() {
        if is_unit(&text) {
            units.push(text.value.to_owned());
        } else {
            let message = format!("`{}` is not the name of a unit", short(text.value));
            let help = "write it as systemctl shows it, as in `nginx.service`";
            report.error(text.span, message).help(help);
        }
    }
    units
}

/// Whether systemd could have a unit or a pattern of units with this name (systemd.unit(5)).
fn is_unit(text: &Text) -> bool {
    let belongs = |c: char| c.is_ascii_alphanumeric() || ":_.\\@-*?[]".contains(c);
    !text.value.is_empty()
        && text.value.len() <= 255
        && !text.value.starts_with('-')
        && text.value.chars().all(belongs)
}

fn priority(fields: &Fields, report: &mut Report) -> Option<String> {
    let text = fields.text("priority", report)?;
    let word = text.value.to_lowercase();
    if PRIORITIES.contains(&text.value) {
        return Some(word);
    }
    let meant = match word.as_str() {
        "emergency" | "panic" | "0" => Some("emerg"),
        "1" => Some("alert"),
        "critical" | "fatal" | "2" => Some("crit"),
        "error" | "3" => Some("err"),
        "warn" | "4" => Some("warning"),
        "5" => Some("notice"),
        "6" => Some("info"),
        "trace" | "7" => Some("debug"),
        other => nearest(other, PRIORITIES),
    };
    let message = format!("unknown priority `{}`", short(text.value));
    report.error(text.span, message).help(match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are `{}`", PRIORITIES.join("`, `")),
    });
    None
}
