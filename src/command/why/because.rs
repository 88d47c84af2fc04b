//! Why something was told, in words.

use std::time::Duration;

use crate::flow::{Grounds, Reason};
use crate::format::words::{duration, held_back, number, thousandths, usual};

/// Why the message was decided, as the end of a sentence, and what held it back.
pub(super) fn because(grounds: &Grounds, count: u64) -> String {
    let why = decided(grounds, count);
    match &grounds.held {
        Some(held) => format!("{why} ({})", held_back(held)),
        None => why,
    }
}

fn decided(grounds: &Grounds, count: u64) -> String {
    let after = |what: &str, span: Duration| format!("{what} {}", duration(span));
    match &grounds.reason {
        Reason::Matched => "a line matched, and no incident of its group was open".to_owned(),
        Reason::Threshold { count, within } => {
            let (count, within) = (number((*count).into()), duration(*within));
            format!("{count} matches of one group came within {within}")
        }
        Reason::Distinct { count, within, of } => {
            let (count, within) = (number((*count).into()), duration(*within));
            format!("matches with {count} different values of `{of}` came within {within}")
        }
        Reason::Unusual { count, usual: mean, within } => {
            let (matches, within) = (number(*count), duration(*within));
            format!("{matches} matches came within {within}, {}", usual(*mean, *count))
        }
        Reason::AsUsual { after: span } => after("nothing was unusual for", *span),
        Reason::NewNormal { usual: Some(mean), within } => {
            let (mean, within) = (thousandths(*mean), duration(*within));
            format!("it went on for so long that {mean} within {within} are usual now")
        }
        Reason::NewNormal { usual: None, .. } => {
            "it went on for so long that it is usual now".to_owned()
        }
        Reason::New { of, known, .. } => {
            let known = number(*known);
            format!("its `{of}` was none of the {known} values that were known")
        }
        Reason::NoEnd { within } => after("what the line began had no end within", *within),
        Reason::AllEnded { after: span } => after("all that began had an end, for", *span),
        Reason::Absent { after: span, lasted } => {
            let (span, lasted) = (duration(*span), duration(*lasted));
            format!("nothing matched for {lasted}, and something is to within {span}")
        }
        Reason::Forgotten { lasted } => after("nothing matched for", *lasted),
        Reason::Back { after: span } => after("something matched again, after", *span),
        Reason::Blind { path, why } => format!("`{}` cannot be read: {why}", path.display()),
        Reason::Sighted { after: span } => after("all logs can be read again, after", *span),
        Reason::WindowEnded { window, delayed } => window_ended(*window, *delayed, count),
        Reason::Quiet { after: span } => after("there was no new match for", *span),
        Reason::BelowThreshold { after: span } => {
            after("the threshold was not reached again for", *span)
        }
        Reason::GateOpened => "what was matched until then was held back".to_owned(),
        Reason::Escalated { after: span } => after("the incident was still open after", *span),
        Reason::ResolvedByLine => "a line matched `resolve_on`".to_owned(),
        Reason::RuleChanged => "the rule detects something else now".to_owned(),
        Reason::RuleRemoved => "the rule was removed while an incident was open".to_owned(),
        Reason::Storm { max_open, .. } => {
            format!("more than {} incidents opened within a minute", number(*max_open))
        }
        Reason::StormOver { lasted, .. } => {
            after("no more incidents opened than are told one by one; before that, for", *lasted)
        }
        Reason::AfterStorm { .. } => {
            "incidents that were told together go on, or are over".to_owned()
        }
        Reason::CaughtUp { .. } => {
            "the lines were read more than an hour after they were written".to_owned()
        }
        Reason::QueueFull => "too many messages waited for the space".to_owned(),
    }
}

fn window_ended(window: Duration, delayed: Duration, count: u64) -> String {
    let (window, count) = (duration(window), number(count));
    let text = format!("the debounce window of {window} ended with {count} matches held back");
    if delayed < Duration::from_secs(1) {
        return text;
    }
    format!("{text}, {} later than due", duration(delayed))
}
