//! `multiline`: which lines make one event.

use std::sync::Arc;

use crate::frame::Framing;
use crate::matcher::Pattern;

use super::fields::{Fields, Text, short};
use super::report::Report;

/// The one word that is no pattern.
const AUTO: &str = "auto";

/// Words that look like the name of a way to do it, and would be taken for patterns.
const MODES: [&str; 24] = [
    "auto",
    "all",
    "c#",
    "csharp",
    "dart",
    "default",
    "dotnet",
    "exception",
    "go",
    "golang",
    "indent",
    "java",
    "javascript",
    "js",
    "node",
    "nodejs",
    "php",
    "python",
    "ruby",
    "rust",
    "stack",
    "stacktrace",
    "traceback",
    "true",
];

/// Lines that go on with an event: one that begins at them cuts every stack trace into its lines.
const CONTINUATIONS: [&str; 4] = [
    "    at com.example.shop.Cart.add(Cart.java:42)",
    "\tat java.base/java.lang.Thread.run(Thread.java:840)",
    "  File \"/srv/shop/cart.py\", line 42, in add",
    "      and more text of the same event",
];

/// `multiline`: the framing of stack traces, or the pattern that the first line of an event matches.
pub(super) fn framing(fields: &Fields, report: &mut Report) -> Option<Arc<Framing>> {
    let text = fields.text("multiline", report)?;
    if text.value == AUTO {
        return Some(Arc::new(Framing::auto()));
    }
    match Framing::starting_with(text.value) {
        Ok(framing) => {
            warn_of_doubts(&text, report);
            Some(Arc::new(framing))
        }
        Err(error) => {
            let part = error.span.as_ref();
            let part = part.map(|part| report.part(&text.span, text.value, part));
            let finding = report.error(part.unwrap_or(text.span), format!("`multiline`: {error}"));
            if error.message.contains("look-around") {
                finding.help("write what the first line of an event looks like");
            }
            None
        }
    }
}

fn warn_of_doubts(text: &Text, report: &mut Report) {
    let shown = short(text.value);
    if MODES.contains(&&*text.value.to_lowercase()) {
        let message = format!("`{shown}` is a pattern here: events would begin at lines with it");
        report.warning(text.span.clone(), message).help("did you mean `auto`?");
        return;
    }
    let Ok(pattern) = Pattern::new(text.value) else { return };
    let regex = pattern.compile();
    let matches = |line: &&&str| regex.is_match(line.as_bytes());
    if let Some(line) = CONTINUATIONS.iter().find(matches) {
        let message = format!("`multiline` matches lines that go on with an event: `{line}`");
        let help = "it matches the first line of each event, as in `'^\\d{4}-\\d\\d-\\d\\d '`; for \
                    stack traces write `\"auto\"`";
        report.warning(text.span.clone(), message).help(help);
    }
}
