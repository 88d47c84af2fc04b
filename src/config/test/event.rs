//! `@event`: what happens around the agent.

use std::ops::Range;

use super::super::fields::short;
use super::super::words::nearest;
use super::Happening;
use super::mute::{mute, unmute};
use super::reload::Others;
use super::script::{Wrong, first_word, moment};

/// The events that there are.
pub(super) const EVENTS: [&str; 5] = ["restart", "reload", "mute", "unmute", "clock"];
const KNOWN: &str = "there are `@restart`, `@reload FILE`, `@mute MATCHERS --for 2h`, `@unmute MATCHERS`, and \
                     `@clock +1h` or `@clock -1h`";

/// What stands behind an event's name, and where in the line.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Value<'_> {
    /// Where it stands: nowhere, it is where it is missing.
    pub(super) fn span(self) -> Range<usize> {
        self.at..self.at + self.text.len().max(1)
    }
}

/// What happens by `line`, whose `@` is at `at`.
pub(super) fn event(line: &str, at: usize, others: &mut Others) -> Result<Happening, Wrong> {
    let rest = &line[at + 1..];
    let name = first_word(rest);
    let text = rest[name.len()..].trim();
    let value = Value { text, at: line.len() - rest[name.len()..].trim_start().len() };
    match name {
        "restart" if text.is_empty() => Ok(Happening::Restart),
        "restart" => {
            let message = "nothing stands behind `@restart`".to_owned();
            Err(Wrong { span: value.span(), message, help: None })
        }
        "reload" => others.get(value).map(Happening::Reload),
        "mute" => mute(value).map(Happening::Mute),
        "unmute" => unmute(value).map(Happening::Unmute),
        "clock" => clock(value),
        _ => Err(unknown(name, at..at + 1 + name.len())),
    }
}

/// How far the clock is set.
fn clock(value: Value) -> Result<Happening, Wrong> {
    let mut signs = value.text.chars();
    let sign = signs.next();
    if !matches!(sign, Some('+' | '-')) {
        let message = "`@clock` takes how far it is set, forward or back".to_owned();
        let help = Some("write `@clock +1h` or `@clock -1h`".to_owned());
        return Err(Wrong { span: value.span(), message, help });
    }
    let by = moment(signs.as_str(), value.at + 1)?;
    Ok(if sign == Some('+') { Happening::ClockForward(by) } else { Happening::ClockBack(by) })
}

fn unknown(name: &str, span: Range<usize>) -> Wrong {
    let near = nearest(name, EVENTS);
    let help = near.map_or_else(|| KNOWN.to_owned(), |near| format!("did you mean `@{near}`?"));
    Wrong { span, message: format!("unknown event `@{}`", short(name)), help: Some(help) }
}
