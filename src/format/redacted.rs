//! An alert as it may leave the host: cleaned, and without its secrets.
//!
//! Before anything is cut to fit. All else in `format` sees only such alerts.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::flow::{Alert, Bytes, Captures, Crowd, GroupKey, Reading, Sample, Top};
use crate::redact::{End, MASK, Redactor, masked};

use super::clean::{clean, clean_lines};

/// The most bytes of a group's value that were not cut.
const WHOLE_VALUE: usize = 128;

/// Shorter secrets may stand in anything: they are not looked for elsewhere.
const MIN_KNOWN: usize = 4;

/// `alert` without the secrets that `redactor` finds in it.
pub(super) fn redacted(alert: &Alert, redactor: &Redactor) -> Alert {
    let mut secret = Secret::default();
    let samples = alert.samples.iter();
    let samples = samples.map(|own| Arc::new(sample(own, redactor, &mut secret))).collect();
    let key = |key: &GroupKey| group(key, redactor, &secret);
    let crowd = alert.crowd.as_ref().map(|crowd| Crowd {
        top: crowd.top.iter().map(|(group, count)| (key(group), *count)).collect(),
        ..crowd.clone()
    });
    let tops = alert.top.iter().map(|top| values(top, redactor, &secret)).collect();
    Alert { group: key(&alert.group), samples, top: tops, crowd, ..alert.clone() }
}

/// What the lines of an alert tell of values that stand elsewhere.
#[derive(Default)]
struct Secret {
    /// Captures that hold a secret whole.
    names: BTreeSet<Arc<str>>,
    /// Secrets of the matched events.
    texts: BTreeSet<String>,
}

fn sample(sample: &Sample, redactor: &Redactor, secret: &mut Secret) -> Sample {
    let line = clean_lines(sample.line.as_slice());
    let before = sample.before.iter().map(|line| clean(line.as_slice()));
    let after = sample.after.iter().map(|line| clean(line.as_slice()));
    let lines: Vec<_> = before.chain([line]).chain(after).collect();
    // As one text: a private key stands in many lines.
    let text = lines.join("\n");
    let mut start = 0;
    let mut part = |line: &String| {
        let part = start..start + line.len();
        start = part.end + 1;
        part
    };
    let parts: Vec<_> = lines.iter().map(&mut part).collect();
    let own = parts[sample.before.len()].clone();
    let spans = spans(sample, &text, &parts, redactor);
    // Captures and the names of groups are parts of the event, not of what stands around it.
    let secrets = inside(&spans, &own).into_iter();
    secret.texts.extend(secrets.map(|span| text[own.clone()][span].to_owned()));
    let mut lines = parts.into_iter().map(|part| Bytes::from(&*masked(&text, part, &spans)));
    let before = lines.by_ref().take(sample.before.len()).collect();
    let line = lines.next().unwrap_or_default();
    let captures = captures(sample, &text[own.clone()], &inside(&spans, &own), redactor, secret);
    let part = |own: &Bytes| part_of_reading(own, redactor, secret);
    let reading = sample
        .reading
        .as_ref()
        .map(|own| Reading { message: part(&own.message), fields: part(&own.fields) });
    Sample {
        path: path(&sample.path, redactor),
        time: sample.time,
        written: sample.written,
        line,
        captures,
        reading,
        before,
        after: lines.collect(),
    }
}

/// A part of what an event says, of which the text was looked through before.
fn part_of_reading(part: &Bytes, redactor: &Redactor, secret: &Secret) -> Bytes {
    let end = if part.as_slice().len() >= Sample::MAX_READING { End::Cut } else { End::Whole };
    let shown = redactor.redact(&clean_lines(part.as_slice()), end);
    let long = secret.texts.iter().filter(|text| text.len() >= MIN_KNOWN);
    Bytes::from(&*long.fold(shown, |shown, text| shown.replace(text.as_str(), MASK)))
}

/// Where the secrets of `text` stand, whose lines are `parts`. A line that was cut is looked at alone
/// as well.
fn spans(
    sample: &Sample,
    text: &str,
    parts: &[Range<usize>],
    redactor: &Redactor,
) -> Vec<Range<usize>> {
    let mut spans = redactor.spans(text, End::Whole);
    let contexts = sample.before.iter().map(|line| (line, Sample::MAX_CONTEXT));
    let own = (&sample.line, Sample::MAX_LINE);
    let after = sample.after.iter().map(|line| (line, Sample::MAX_CONTEXT));
    for ((line, max), part) in contexts.chain([own]).chain(after).zip(parts) {
        if line.as_slice().len() >= max {
            let cut = redactor.spans(&text[part.clone()], End::Cut).into_iter();
            spans.extend(cut.map(|span| span.start + part.start..span.end + part.start));
        }
    }
    spans.sort_by_key(|span| (span.start, span.end));
    spans.dedup_by(|next, last| {
        let touch = next.start <= last.end;
        if touch {
            last.end = last.end.max(next.end);
        }
        touch
    });
    spans
}

/// What of `spans` lies in `part`, counted from its beginning.
fn inside(spans: &[Range<usize>], part: &Range<usize>) -> Vec<Range<usize>> {
    let within = spans.iter().filter(|span| span.start < part.end && span.end > part.start);
    within
        .map(|span| span.start.max(part.start) - part.start..span.end.min(part.end) - part.start)
        .collect()
}

/// The captures of `sample`, whose `line` has secrets at `spans`.
fn captures(
    sample: &Sample,
    line: &str,
    spans: &[Range<usize>],
    redactor: &Redactor,
    secret: &mut Secret,
) -> Captures {
    let mut captures = Captures::with_capacity(sample.captures.len());
    for (name, value) in &sample.captures {
        let end = if value.as_slice().len() >= Sample::MAX_CAPTURE { End::Cut } else { End::Whole };
        let value = clean(value.as_slice()).trim().to_owned();
        let shown = if !value.is_empty() && redactor.is_secret_name(name) {
            MASK.to_owned()
        } else {
            let shown = redactor.redact(&value, end);
            if shown == value { part_of(line, &value, spans, &secret.texts) } else { shown }
        };
        if shown == MASK {
            secret.names.insert(Arc::clone(name));
        }
        captures.push((Arc::clone(name), Bytes::from(&*shown)));
    }
    captures
}

/// `value`, a part of `line`, as the line shows it: where it stands nowhere but in a secret of the
/// line, it is one.
fn part_of(line: &str, value: &str, spans: &[Range<usize>], secrets: &BTreeSet<String>) -> String {
    if secrets.contains(value) {
        return MASK.to_owned();
    }
    let mut first = None;
    for (start, _) in line.match_indices(value).filter(|_| !value.is_empty()) {
        let part = start..start + value.len();
        if inside(spans, &part).is_empty() {
            return value.to_owned();
        }
        first.get_or_insert(part);
    }
    first.map_or_else(|| value.to_owned(), |part| masked(line, part, spans))
}

fn group(key: &GroupKey, redactor: &Redactor, secret: &Secret) -> GroupKey {
    let shown = |(name, value)| (Arc::from(name), value_of(name, value, redactor, secret).into());
    GroupKey(key.iter().map(shown).collect())
}

fn values(top: &Top, redactor: &Redactor, secret: &Secret) -> Top {
    let values = top.values.iter();
    let shown =
        values.map(|(value, count)| (value_of(&top.name, value, redactor, secret).into(), *count));
    Top { values: shown.collect(), ..top.clone() }
}

/// The `value` called `name`, which may stand in none of the lines.
fn value_of(name: &str, value: &str, redactor: &Redactor, secret: &Secret) -> String {
    let is_secret = redactor.is_secret_name(name)
        || secret.names.contains(name)
        || secret.texts.contains(value);
    // What was cut ends with a hash of the whole.
    let (head, hash) = match value.char_indices().rfind(|(_, c)| *c == '…') {
        Some((at, _)) if value.len() > WHOLE_VALUE => value.split_at(at),
        _ => (value, ""),
    };
    let end = if hash.is_empty() { End::Whole } else { End::Cut };
    if matches!(value, "(none)" | "(other)") {
        return value.to_owned();
    }
    if is_secret {
        return MASK.to_owned();
    }
    // A key shows colours as what they were written as; a label does not end there.
    let plain = clean(head.replace("\\u{1b}", "\u{1b}").as_bytes());
    let shown = redactor.redact(&plain, end);
    let shown = if shown == plain { head.to_owned() } else { shown };
    let long = secret.texts.iter().filter(|text| text.len() >= MIN_KNOWN);
    let shown = long.fold(shown, |shown, text| shown.replace(text.as_str(), MASK));
    shown + hash
}

fn path(path: &Arc<Path>, redactor: &Redactor) -> Arc<Path> {
    let text = clean(path.as_os_str().as_encoded_bytes());
    let shown = redactor.redact(&text, End::Whole);
    if shown == text { Arc::clone(path) } else { PathBuf::from(shown).into() }
}
