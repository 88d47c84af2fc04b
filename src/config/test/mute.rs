//! `@mute MATCHERS --for 2h --why TEXT`, `@unmute MATCHERS`: as `logbell mute` and `unmute` are written.

use std::ops::Range;
use std::time::Duration;

use crate::flow::{Mute, MuteId, MuteOrder, Selector, Which};

use super::super::fields::short;
use super::super::words::nearest;
use super::event::Value;
use super::script::{Wrong, moment};

/// The options of `@mute`.
const OPTIONS: [&str; 3] = ["--for", "--until-resolved", "--why"];
const MUTE: &str = "write for example `@mute rule=nginx-5xx --for 2h --why deploy`";
const UNMUTE: &str = "write the matchers of a mute as they were written, its number, or `--all`";

/// A word as a shell hands it on, but that a selector's own quotes stay; and where it stands in the line.
struct Word {
    text: String,
    span: Range<usize>,
}

/// What is muted.
pub(super) fn mute(value: Value) -> Result<MuteOrder, Wrong> {
    let (mut matchers, mut lasts, mut until_resolved) = (Vec::new(), Mute::USUAL, false);
    let mut why = String::new();
    let mut rest = words(value)?.into_iter();
    while let Some(word) = rest.next() {
        let Some(name) = word.text.strip_prefix("--") else {
            matchers.push(word);
            continue;
        };
        let (name, own) = match name.split_once('=') {
            Some((name, own)) => (name, Some(own.to_owned())),
            None => (name, None),
        };
        let mut given = |what: &str| {
            let next = || {
                let word = rest.next()?;
                Some((word.text, word.span))
            };
            let given = own.clone().map(|own| (own, word.span.clone())).or_else(next);
            let message = || format!("`--{name}` takes {what}");
            given.ok_or_else(|| wrong(word.span.clone(), message(), Some(MUTE)))
        };
        match name {
            "for" => {
                let (text, span) = given("how long it lasts")?;
                lasts = lasting(&text, span)?;
            }
            "why" => {
                let (text, span) = given("a text")?;
                bare(&text).clone_into(&mut why);
                if why.len() > MuteOrder::MAX_TEXT {
                    let message = format!("`--why` takes at most {} bytes", MuteOrder::MAX_TEXT);
                    return Err(wrong(span, message, None));
                }
            }
            "until-resolved" if own.is_none() => until_resolved = true,
            _ => {
                let message = format!("unknown option `{}`", short(&word.text));
                let near =
                    nearest(&word.text, OPTIONS).map(|near| format!("did you mean `{near}`?"));
                let help = near.unwrap_or_else(|| MUTE.to_owned());
                return Err(wrong(word.span, message, Some(&help)));
            }
        }
    }
    let selector = selector(&matchers, value, MUTE)?;
    Ok(MuteOrder { selector, lasts, until_resolved, why, who: String::new() })
}

/// Which mutes end.
pub(super) fn unmute(value: Value) -> Result<Which, Wrong> {
    let words = words(value)?;
    match &words[..] {
        [only] if only.text == "--all" => Ok(Which::All),
        [only] if only.text.bytes().all(|byte| byte.is_ascii_digit()) && !only.text.is_empty() => {
            let message = || format!("there is no mute {}", short(&only.text));
            let id = only.text.parse().map(MuteId);
            id.map(Which::Id).map_err(|_| wrong(only.span.clone(), message(), None))
        }
        words => selector(words, value, UNMUTE).map(Which::Selector),
    }
}

/// How long a mute lasts.
fn lasting(text: &str, span: Range<usize>) -> Result<Duration, Wrong> {
    let lasts = moment(text, span.end - text.len().min(span.len()))?;
    if lasts < Mute::SHORTEST || lasts > Mute::LONGEST {
        return Err(wrong(span, "a mute lasts from 1s to 30d".to_owned(), None));
    }
    Ok(lasts)
}

/// Matchers, in one word or several.
fn selector(words: &[Word], value: Value, help: &str) -> Result<Selector, Wrong> {
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        let message = "it does not say what is meant".to_owned();
        return Err(wrong(value.span(), message, Some(help)));
    };
    let span = first.span.start..last.span.end;
    let text = words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
    text.parse().map_err(|error: crate::flow::SelectorError| {
        // Where the line has it as it is, the part that is wrong.
        let is_as_written =
            value.text.get(span.start - value.at..span.end - value.at) == Some(&text);
        let part = span.start + error.span.start..span.start + error.span.end;
        wrong(if is_as_written { part } else { span.clone() }, error.message, Some(help))
    })
}

/// The words of `value`.
fn words(value: Value) -> Result<Vec<Word>, Wrong> {
    let mut words = Vec::new();
    let mut chars = value.text.char_indices().peekable();
    loop {
        while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let Some(&(start, _)) = chars.peek() else { return Ok(words) };
        let (mut text, mut quote) = (String::new(), None);
        while let Some((at, c)) = chars.next_if(|(_, c)| quote.is_some() || !c.is_whitespace()) {
            match (quote, c) {
                (None, '\\') if chars.next_if(|(_, c)| *c == '\'').is_some() => text.push('\''),
                (None | Some((_, '"')), '\\') => {
                    text.push(c);
                    text.extend(chars.next().map(|(_, c)| c));
                }
                (None, '\'') => quote = Some((at, c)),
                (Some((_, '\'')), '\'') => quote = None,
                (None, '"') => {
                    text.push(c);
                    quote = Some((at, c));
                }
                (Some((_, '"')), '"') => {
                    text.push(c);
                    quote = None;
                }
                _ => text.push(c),
            }
        }
        let end = chars.peek().map_or(value.text.len(), |(at, _)| *at);
        if let Some((at, _)) = quote {
            let message = "the closing quote is missing".to_owned();
            return Err(wrong(value.at + at..value.at + end, message, None));
        }
        words.push(Word { text, span: value.at + start..value.at + end });
    }
}

/// `text` without the quotes around it.
fn bare(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

fn wrong(span: Range<usize>, message: String, help: Option<&str>) -> Wrong {
    Wrong { span, message, help: help.map(str::to_owned) }
}
