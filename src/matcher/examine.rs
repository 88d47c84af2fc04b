//! Why an event matches a rule, or how far it gets: one event and one rule, slowly and with reasons.
//!
//! For one who asks. It comes to the same as the road of a byte, which a test holds.

use std::ops::Range;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::Ast;
use regex_syntax::ast::parse::Parser;

use super::event::Event;
use super::{MatchSettings, Pattern};
use crate::fields;
use crate::flow::{Chunk, GenerationId, Offset, Part, Timestamp};

/// An event of a chunk, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its bytes in the chunk, without its last line's end.
    pub text: Range<usize>,
    /// The content epoch that `offset` counts in.
    pub generation: GenerationId,
    /// Where it begins in the log.
    pub offset: Offset,
    /// When it was written, as what packs it says, if anything does.
    pub written: Option<Timestamp>,
}

/// What a rule's patterns make of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Examined {
    /// What the event is to the rule, if anything.
    pub part: Option<Part>,
    /// The patterns of `match`, in order.
    pub any: Vec<Tried>,
    /// The patterns of `also`, in order.
    pub also: Vec<Tried>,
    /// The patterns of `not`, in order.
    pub none: Vec<Tried>,
    /// The conditions of `where`, in order.
    pub when: Vec<Asked>,
    /// The patterns of `unless`, in order.
    pub ends: Vec<Tried>,
    /// The patterns of `resolve_on`, in order.
    pub resolving: Vec<Tried>,
}

/// What one condition makes of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The field.
    pub name: Arc<str>,
    /// What it is to be, as it is written in short.
    pub wanted: String,
    /// What it is; `None`: it is not there.
    pub value: Option<Vec<u8>>,
    /// Whether that meets it.
    pub is_met: bool,
}

/// What one pattern makes of an event. Spans are of the event's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// It matches.
    Matches {
        /// Where.
        span: Range<usize>,
        /// What its named groups match, in their order.
        captures: Vec<(Arc<str>, Range<usize>)>,
    },
    /// It does not.
    Fails {
        /// So many bytes of the pattern do, from its beginning.
        n_pattern: usize,
        /// Where these do.
        span: Range<usize>,
    },
}

/// The events of `chunk`, in order.
pub fn events(chunk: &Chunk<'_>) -> Vec<Place> {
    let (mut events, mut at) = (Vec::new(), 0);
    while at < chunk.bytes.len() {
        let event = Event::around(chunk, at, at);
        let (generation, offset, written) = event.origin(chunk);
        events.push(Place { text: event.start..event.text_end, generation, offset, written });
        at = event.end.max(at + 1);
    }
    events
}

impl Examined {
    /// What the patterns of `rule` make of the event `text`.
    pub fn of(rule: &MatchSettings, text: &[u8]) -> Self {
        let all = |patterns: &[Pattern]| patterns.iter().map(|own| Tried::of(own, text)).collect();
        let [any, also, none, ends, resolving]: [Vec<_>; 5] =
            [&rule.any, &rule.also, &rule.none, &rule.ends, &rule.resolving]
                .map(|patterns| all(patterns));
        let when = asked(rule, text);
        let has = |tried: &[Tried]| tried.iter().any(Tried::is_match);
        let is_all = also.iter().all(Tried::is_match) && when.iter().all(|asked| asked.is_met);
        let part = if has(&ends) {
            Some(Part::End)
        } else if has(&resolving) {
            Some(Part::Resolve)
        } else {
            (has(&any) && !has(&none) && is_all).then_some(Part::Match)
        };
        Self { part, any, also, none, when, ends, resolving }
    }
}

/// What the conditions of `rule` make of `text`. Without fields they ask for nothing.
fn asked(rule: &MatchSettings, text: &[u8]) -> Vec<Asked> {
    let Some(form) = rule.form else { return Vec::new() };
    let names: Vec<_> = rule.when.iter().map(|own| Arc::clone(own.name())).collect();
    let values = fields::values(form, text, &names);
    let asked = rule.when.iter().zip(values).map(|(condition, value)| {
        let is_like = |_, pattern: &Pattern, value: &[u8]| pattern.regex().is_match(value);
        Asked {
            name: Arc::clone(condition.name()),
            wanted: condition.parts()[1..].join(" or "),
            is_met: condition.is_met(value.as_deref(), is_like),
            value,
        }
    });
    asked.collect()
}

impl Tried {
    fn of(pattern: &Pattern, text: &[u8]) -> Self {
        let regex = pattern.regex();
        let Some(found) = regex.captures(text) else { return Self::far(pattern, text) };
        let names = pattern.names().iter();
        let captures =
            names.filter_map(|(index, name)| Some((Arc::clone(name), found.get(*index)?.range())));
        Self::Matches { span: found.get_match().range(), captures: captures.collect() }
    }

    /// How far a pattern gets that does not match: as far as the longest of its beginnings that does. A
    /// shorter one matches where a longer one does, so they are halved.
    fn far(pattern: &Pattern, text: &[u8]) -> Self {
        let ends = beginnings(pattern.as_str());
        let find = |n: usize| Some(beginning(pattern, *ends.get(n)?)?.find(text)?.range());
        let (mut best, mut low, mut high) = ((0, 0..0), 0, ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match find(middle) {
                Some(span) => {
                    best = (ends[middle], span);
                    low = middle + 1;
                }
                None => high = middle,
            }
        }
        Self::Fails { n_pattern: best.0, span: best.1 }
    }

    /// Whether it matches.
    pub fn is_match(&self) -> bool {
        matches!(self, Self::Matches { .. })
    }
}

/// Where the beginnings of the pattern `text` end that are patterns themselves, in order.
fn beginnings(text: &str) -> Vec<usize> {
    match &Parser::new().parse(text) {
        Ok(Ast::Concat(parts)) => parts.asts.iter().map(|part| part.span().end.offset).collect(),
        _ => Vec::new(),
    }
}

/// The first `end` bytes of `pattern` as a pattern.
fn beginning(pattern: &Pattern, end: usize) -> Option<Regex> {
    let whole = pattern.as_str();
    let mut builder = RegexBuilder::new(whole.get(..end)?);
    builder.unicode(!whole.is_ascii()).size_limit(Pattern::MAX_COMPILED).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(pattern: &str, text: &str) -> Tried {
        Tried::of(&Pattern::new(pattern).unwrap(), text.as_bytes())
    }

    #[track_caller]
    fn check_far(pattern: &str, text: &str, matched: &str, at: &str) {
        let Tried::Fails { n_pattern, span } = tried(pattern, text) else { panic!("it matches") };
        assert_eq!((&pattern[..n_pattern], &text[span]), (matched, at));
    }

    #[test]
    fn a_pattern_that_fails_tells_how_far_it_got() {
        let refused = r"payment of (?P<who>\w+) refused";
        check_far(
            refused,
            "a payment of ann accepted",
            r"payment of (?P<who>\w+) ",
            "payment of ann ",
        );
        check_far(refused, "nothing", "", "");
        check_far(r"(?i)ERROR \d+$", "an error 42x", r"(?i)ERROR \d+", "error 42");
        check_far(r"^GET", "a GET", "^", "");
        check_far("a|b", "c", "", "");
        check_far("größe x", "die größe y", "größe ", "größe ");
    }

    #[test]
    fn a_pattern_that_matches_tells_where_its_groups_do() {
        let found = tried(r"of (?P<who>\w+)(?P<more> and \w+)?", "a payment of ann");
        let captures = vec![("who".into(), 13..16)];
        assert_eq!(found, Tried::Matches { span: 10..16, captures });
    }

    #[test]
    fn an_event_is_to_a_rule_what_the_matcher_says() {
        let rule = |any: &str, none: &str, ends: &str| {
            let patterns = |text: &str| {
                let text = Some(text).filter(|text| !text.is_empty());
                text.map(|text| Pattern::new(text).unwrap()).into_iter().collect()
            };
            MatchSettings {
                none: patterns(none),
                ends: patterns(ends),
                ..MatchSettings::new(crate::flow::SourceId(0), patterns(any))
            }
        };
        let part = |rule: &MatchSettings, text: &str| Examined::of(rule, text.as_bytes()).part;
        let plain = rule("job", "test", "");
        assert_eq!(part(&plain, "job 1"), Some(Part::Match));
        assert_eq!(part(&plain, "test job 1"), None);
        assert_eq!(part(&rule("job", "test", "done"), "test job 1 done"), Some(Part::End));
        assert_eq!(part(&rule("job", "", "done"), "jo"), None);
        let resolving = vec![Pattern::new("over").unwrap()];
        let resolved = MatchSettings { resolving, ..rule("job", "over", "") };
        assert_eq!(part(&resolved, "job 1 is over"), Some(Part::Resolve));
        let also = MatchSettings { also: vec![Pattern::new("failed").unwrap()], ..plain };
        assert_eq!(part(&also, "job 1"), None);
        assert_eq!(part(&also, "job 1 failed"), Some(Part::Match));
    }
}
