//! What operators do not want to be told of for some time.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GroupKey, Labels, Severity, Timestamp};

/// A mute: of what it selects nothing is told for as long as it lasts. Counts go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mute {
    /// Its name.
    pub id: MuteId,
    /// What it is about.
    pub selector: Selector,
    /// Who asked for it; empty if that is not known.
    pub who: String,
    /// Why; empty if nobody said.
    pub why: String,
    /// From when on it holds.
    pub since: Timestamp,
    /// When it ends at the latest: at most [`Mute::LONGEST`] after `since`.
    pub until: Timestamp,
    /// It ends before that when the last open incident that it selects is over. Where none is open, it
    /// waits for one.
    pub until_resolved: bool,
}

impl Mute {
    /// How long a mute lasts where nobody says.
    pub const USUAL: Duration = Duration::from_hours(1);
    /// The shortest mute.
    pub const SHORTEST: Duration = Duration::from_secs(1);
    /// The longest mute.
    pub const LONGEST: Duration = Duration::from_hours(30 * 24);
    /// The most mutes at a time: each is looked at for each message.
    pub const MAX: usize = 100;

    /// Whether it holds at `now`, as far as time alone tells.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.since <= now && now < self.until
    }
}

/// The name of a mute: a number that no other mute of the store has had.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct MuteId(pub u32);

impl fmt::Display for MuteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which rules and groups are meant: those that fit every one of its terms.
///
/// Written `rule=nginx-5xx vhost=shop*`, with a space between terms. `*` stands for any characters. A
/// value that is empty or has a space or `"` in it is written in double quotes, and `"`, `*` and `\`
/// as `\"`, `\*` and `\\` where they stand for themselves.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Selector(Vec<Term>);

/// One term: what `name` is has to fit `value`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Term {
    name: Box<str>,
    value: Glob,
}

/// A text with gaps: its parts have to come in this order, the first at the beginning and the last at
/// the end. At least one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Glob(Vec<Box<str>>);

/// What a selector looks at.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    /// `rule`: the rule's name.
    pub rule: &'a str,
    /// `severity`: how bad what the rule tells of is.
    pub severity: Severity,
    /// `source`: the source's name, which is the rule's for a rule's own `files`.
    pub source: &'a str,
    /// Any other name: a word of the rule's `group_by`,
    pub group: &'a GroupKey,
    /// or a label of the rule or its source.
    pub labels: &'a Labels,
}

/// Why a text is no selector.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// What is wrong, in a sentence.
    pub message: String,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
}

impl Selector {
    /// The most bytes of one as written.
    pub const MAX_LEN: usize = 2048;

    /// The selector of one group of a rule, and nothing else.
    pub fn of_group(rule: &str, group: &GroupKey) -> Self {
        let terms = std::iter::once(("rule", rule)).chain(group.iter());
        let exact = |(name, value): (&str, &str)| Term {
            name: name.into(),
            value: Glob(vec![value.into()]),
        };
        Self(terms.map(exact).collect())
    }

    /// Whether it means `selected`.
    pub fn selects(&self, selected: &Selected<'_>) -> bool {
        self.0.iter().all(|term| term.fits(selected))
    }

    /// The name of the rule that it asks for, where it is none of `rules`; as it is written.
    pub fn unknown_rule<'a>(&self, mut rules: impl Iterator<Item = &'a str>) -> Option<String> {
        let named: Vec<&Glob> =
            self.0.iter().filter(|term| &*term.name == "rule").map(|term| &term.value).collect();
        let is_known = rules.any(|rule| named.iter().all(|value| value.fits(rule)));
        (!is_known).then(|| named.first().map(ToString::to_string)).flatten()
    }

    /// The names that it asks for, as they are written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|term| &*term.name)
    }
}

impl Term {
    fn fits(&self, selected: &Selected<'_>) -> bool {
        match &*self.name {
            "rule" => self.value.fits(selected.rule),
            "severity" => self.value.fits(selected.severity.as_str()),
            "source" => self.value.fits(selected.source),
            own => {
                let group = selected.group.iter();
                let labels = selected.labels.iter().map(|(name, value)| (&**name, &**value));
                let mut named = group.chain(labels).filter(|(name, _)| *name == own);
                named.any(|(_, value)| self.value.fits(value))
            }
        }
    }
}

impl Glob {
    fn fits(&self, text: &str) -> bool {
        let [first, between @ ..] = &self.0[..] else { return false };
        let [between @ .., last] = between else { return **first == *text };
        let Some(mut rest) = text.strip_prefix(&**first) else { return false };
        for part in between {
            // The first place is as good as any: what is behind it is the most that there can be.
            let Some(at) = rest.find(&**part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(&**last)
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let error = |span, message: String| Err(SelectorError { message, span });
        if text.len() > Self::MAX_LEN {
            return error(0..text.len(), format!("it is longer than {} bytes", Self::MAX_LEN));
        }
        let mut terms = Vec::new();
        let mut at = length_of(text, char::is_whitespace);
        while at < text.len() {
            let name = length_of(&text[at..], |c| c != '=' && !c.is_whitespace());
            let end = at + name;
            if name == 0 || !text[end..].starts_with('=') {
                let message = "expected a name, `=` and a value, as in `rule=nginx-5xx`";
                return error(at..end.max(at + 1).min(text.len()), message.to_owned());
            }
            let (value, next) = glob(text, end + 1)?;
            terms.push(Term { name: text[at..end].into(), value });
            at = next + length_of(&text[next..], char::is_whitespace);
        }
        if terms.is_empty() {
            let message =
                "it selects nothing; write for example `rule=nginx-5xx`, or `rule=*` for all";
            return error(0..text.len(), message.to_owned());
        }
        Ok(Self(terms))
    }
}

/// The value that begins at `start`, and where it ends.
fn glob(text: &str, start: usize) -> Result<(Glob, usize), SelectorError> {
    let error = |span, message: &str| Err(SelectorError { message: message.to_owned(), span });
    let is_quoted = text[start..].starts_with('"');
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut chars = text[start..].char_indices().skip(usize::from(is_quoted));
    let mut end = None;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let Some((_, c @ ('"' | '*' | '\\'))) = chars.next() else {
                    let message =
                        "`\\` stands before `\"`, `*` or `\\` only; write `\\\\` for itself";
                    return error(start + at..start + at + 1, message);
                };
                part.push(c);
            }
            '*' => parts.push(std::mem::take(&mut part).into()),
            '"' if is_quoted => {
                end = Some(start + at + 1);
                break;
            }
            '"' => {
                let message = "write the whole value in quotes, and `\\\"` for a quote in it";
                return error(start + at..start + at + 1, message);
            }
            c if c.is_whitespace() && !is_quoted => {
                end = Some(start + at);
                break;
            }
            c => part.push(c),
        }
    }
    let Some(end) = end.or((!is_quoted).then_some(text.len())) else {
        return error(start..text.len(), "the closing quote is missing");
    };
    if end == start {
        return error(start - 1..start, "a value is missing; write `\"\"` for an empty one");
    }
    if is_quoted && text[end..].starts_with(|c: char| !c.is_whitespace()) {
        return error(end..end + 1, "a space is missing behind the closing quote");
    }
    parts.push(part.into());
    Ok((Glob(parts), end))
}

/// How many bytes of `text` satisfy `belongs`, from its beginning.
fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, term) in self.0.iter().enumerate() {
            let space = if place > 0 { " " } else { "" };
            write!(f, "{space}{}={}", term.name, term.value)?;
        }
        Ok(())
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain =
            |part: &str| part.replace('\\', "\\\\").replace('*', "\\*").replace('"', "\\\"");
        let text = self.0.iter().map(|part| plain(part)).collect::<Vec<_>>().join("*");
        if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c == '"') {
            write!(f, "\"{text}\"")
        } else {
            f.write_str(&text)
        }
    }
}

#[cfg(test)]
mod tests;
