//! `lines`: `offset [xN/step] | text`, `[offset] @event`.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::super::diagnostic::Diagnostics;
use super::super::duration::{self, DurationError};
use super::super::fields::{Text, short};
use super::super::report::Report;
use super::event::{EVENTS, event};
use super::reload::Others;
use super::{Happening, Step, Test};

/// What is wrong with a line, where in it, and what to do.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// The steps of the script `text`. Wrong lines are reported.
pub(super) fn steps(text: &Text, others: &mut Others, report: &mut Report) -> Option<Vec<Step>> {
    let (mut steps, mut n_lines, mut n_wrong) = (Vec::new(), 0, 0);
    let place = Places::of(text, report);
    let mut start = 0;
    for line in text.value.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.trim_end_matches(['\r', '\n']);
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        match step(line, steps.last(), others) {
            Ok(step) => {
                warn_of_events_as_text(&step, line, at, &place, report);
                n_lines += u64::from(step.times);
                steps.push(step);
            }
            Err(Wrong { span, message, help }) => {
                n_wrong += 1;
                let finding = report.error(place.get(at + span.start..at + span.end), message);
                if let Some(help) = help {
                    finding.help(help);
                }
                // So many are not shown.
                if n_wrong > Diagnostics::MAX_KEPT {
                    return None;
                }
            }
        }
    }
    if n_lines > Test::MAX_LINES {
        let message = format!("a test has at most {} lines, not {n_lines}", Test::MAX_LINES);
        report.error(text.span.clone(), message);
        return None;
    }
    if steps.iter().any(|step| step.last() > duration::LONGEST) {
        report.error(text.span.clone(), "a test lasts at most `366d`");
        return None;
    }
    if n_wrong == 0 && steps.is_empty() {
        let finding = report.error(text.span.clone(), "there is no line in `lines`");
        finding.help("write for example `lines = '0s | the text of a line'`");
        return None;
    }
    (n_wrong == 0).then_some(steps)
}

/// Where the parts of a script stand in the file. It is long, and looked at once.
enum Places {
    /// From here on, as they are.
    From(usize),
    /// Somewhere in here: it is written with escapes.
    In(Range<usize>),
}

impl Places {
    fn of(text: &Text, report: &Report) -> Self {
        let all = report.part(&text.span, text.value, &(0..text.value.len()));
        if all.len() == text.value.len() { Self::From(all.start) } else { Self::In(all) }
    }

    fn get(&self, part: Range<usize>) -> Range<usize> {
        match self {
            Self::From(start) => start + part.start..start + part.end,
            Self::In(span) => span.clone(),
        }
    }
}

/// Warns of text that looks like an event: it would be silently matched as a line.
fn warn_of_events_as_text(step: &Step, line: &str, at: usize, place: &Places, report: &mut Report) {
    let Happening::Line(own) = &step.what else { return };
    let word = own.trim_start().strip_prefix('@').map(first_word);
    if word.is_some_and(|word| EVENTS.contains(&word)) {
        let from = line.find('|').unwrap_or(0);
        let span = place.get(at + from..at + line.len());
        let help = "leave out the `|` if an event is meant";
        report.warning(span, "what stands behind `|` is the text of a line").help(help);
    }
}

/// The step that `line` describes; `before` is the one before it.
fn step(line: &str, before: Option<&Step>, others: &mut Others) -> Result<Step, Wrong> {
    let head_len = line.find('|').unwrap_or(line.len());
    let head = &line[..head_len];
    if let Some(at) = head.find('@') {
        let (at, what) = (offset_of_event(&line[..at], before)?, event(line, at, others)?);
        return Ok(Step { at, times: 1, every: Duration::ZERO, what });
    }
    let wrong = |span, message: &str, help: &str| {
        Err(Wrong { span, message: message.to_owned(), help: Some(help.to_owned()) })
    };
    let Some(text) = line.get(head_len + 1..) else {
        let help = "write for example `0s | the text of a line`";
        return wrong(0..line.len(), "a line of a test is `offset | text`", help);
    };
    let mut words = words(head);
    let Some((offset, span)) = words.next() else {
        let help = "write how long after the beginning it comes, as in `0s | text`";
        return wrong(0..head_len + 1, "the offset before `|` is missing", help);
    };
    let at = moment(offset, span.start)?;
    let (times, every) = match words.next() {
        None => (1, Duration::ZERO),
        Some((word, span)) => repetition(word, span)?,
    };
    if let Some((_, span)) = words.next() {
        let help = "write `offset xN/step | text`";
        return wrong(span, "only an offset and `xN/step` stand before `|`", help);
    }
    let text = text.strip_prefix(' ').unwrap_or(text);
    Ok(Step { at, times, every, what: Happening::Line(Arc::from(text)) })
}

/// When an event happens by `head`, which stands before it; `before` is the step before it.
fn offset_of_event(head: &str, before: Option<&Step>) -> Result<Duration, Wrong> {
    let mut head = words(head);
    let offset = match head.next() {
        Some((offset, span)) => moment(offset, span.start)?,
        None => before.map_or(Duration::ZERO, Step::last),
    };
    match head.next() {
        None => Ok(offset),
        Some((_, span)) => {
            let message = "only an offset stands before an event".to_owned();
            Err(Wrong { span, message, help: None })
        }
    }
}

/// `xN/step`.
fn repetition(word: &str, span: Range<usize>) -> Result<(u32, Duration), Wrong> {
    let parts = word.strip_prefix('x').and_then(|rest| rest.split_once('/'));
    let parsed = parts.and_then(|(n, every)| Some((n.parse::<u32>().ok()?, every)));
    let Some((times, every)) = parsed else {
        let message = format!("`{}` is no repetition", short(word));
        let help = "write `xN/step`, as in `x10/20s` for ten lines, 20 s apart";
        return Err(Wrong { span, message, help: Some(help.to_owned()) });
    };
    if times == 0 {
        let message = "a line comes at least once".to_owned();
        return Err(Wrong { span, message, help: None });
    }
    let every = moment(every, span.end - every.len())?;
    Ok((times, every))
}

/// The duration `text`, which stands at `at` of the line.
pub(super) fn moment(text: &str, at: usize) -> Result<Duration, Wrong> {
    duration::parse(text).map_err(|DurationError { message, span }| Wrong {
        span: at + span.start..at + span.end.max(span.start + 1),
        message: format!("`lines`: {message}"),
        help: None,
    })
}

/// The words of `head`, with where they stand.
fn words(head: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let place = |word: &str| word.as_ptr().addr() - head.as_ptr().addr();
    head.split_ascii_whitespace().map(move |word| (word, place(word)..place(word) + word.len()))
}

/// The beginning of `text`, up to white space.
pub(super) fn first_word(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace()).next().unwrap_or_default()
}
