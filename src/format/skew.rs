//! `SkewNotice` → `Message`: logs whose stamps cannot be true, and what to do about it.

use crate::flow::{Cause, Message, Side, SkewNotice, Skewed, WebhookName};

use super::card::{field, paragraph};
use super::clean::{clean, cut};
use super::notice::{MAX_PATH, Note};
use super::{Formatter, words};

const OF_ZONE: &str = "Let the application write the zone into its stamps, as in 2026-11-23T20:00:00+01:00, or \
     give logbell the same TZ. Until then these lines count as of when they come, and so does “time = \"arrival\"” \
     of the source make them count without a word.";
const OF_LATENCY: &str = "Something holds lines up: a buffer of the application or of its runtime, a relay, a slow file \
     system. They count as of when they come; “time = \"log\"” of the source makes them count as of their stamps.";

/// What is wrong with the stamps of a log, in a sentence without its name.
pub(crate) fn describe(skewed: &Skewed) -> String {
    let n = match skewed.n_lines {
        1 => "1 line".to_owned(),
        n => format!("{} lines", words::number(n)),
    };
    match skewed.cause {
        Cause::Zone { by, side } => {
            let side = if side == Side::Behind { "before" } else { "ahead of when" };
            let they = if n == "1 line" { "it comes" } else { "they come" };
            format!(
                "{n} stamped {} {side} {they}: is it in another time zone?",
                words::duration(by)
            )
        }
        Cause::Latency { least, most } => {
            let (least, most) = (words::duration(least), words::duration(most));
            let late = if least == most { least } else { format!("{least} to {most}") };
            format!("{n} stamped {late} ago when they came: are they held up?")
        }
    }
}

impl Formatter {
    /// The message that tells `webhook` of stamps that do not count. It announces no matches, and is of no
    /// rule.
    pub fn skew(&self, notice: &SkewNotice, webhook: &WebhookName) -> Message {
        let path = |log: &Skewed, max| cut(&clean(log.path.as_os_str().as_encoded_bytes()), max);
        let sentence = match &notice.logs[..] {
            [log] => format!("{}: {}", path(log, MAX_PATH), describe(log)),
            logs => {
                let n = words::number(logs.len() as u64 + notice.n_more);
                format!("{n} logs have stamps that cannot be true")
            }
        };
        let is_zone = |log: &Skewed| matches!(log.cause, Cause::Zone { .. });
        let of_zone = notice.logs.iter().any(is_zone).then_some(OF_ZONE);
        let of_latency = (!notice.logs.iter().all(is_zone)).then_some(OF_LATENCY);
        let fields = |room| {
            let logs = notice.logs.iter().map(|log| field(&path(log, room), &describe(log)));
            let more = (notice.n_more > 0).then(|| {
                let more = words::number(notice.n_more);
                paragraph(format!("… and {more} more: “logbell status” has them all."))
            });
            logs.chain(more).collect()
        };
        let note = Note {
            name: "skew",
            at: notice.at,
            title: "Stamps do not fit",
            sentence,
            fields: &fields,
            advice: of_zone.into_iter().chain(of_latency).collect(),
        };
        self.note(&note, webhook)
    }
}
