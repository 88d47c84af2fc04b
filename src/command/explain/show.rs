//! What becomes of a line, for people.

use std::fmt::Write as _;
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use crate::config::Rule;
use crate::flow::{Message, Part};
use crate::format::clean;
use crate::format::words::number;
use crate::matcher::{Asked, Examined, Pattern, Tried};
use crate::pipeline::{Explained, Outcome, RuleExplained};

use super::super::check::counted;
use super::super::time;
use super::Question;
use super::marks::{Mark, marked};
use super::verdict::{self, Verdict};

/// Rules that are shown although they do not match.
const MAX_NEAR: usize = 5;
/// Columns of the words before what is said.
const MARGIN: usize = 11;
/// What is said of what was told before the line came.
const MEANWHILE: &str = "meanwhile";

/// What each rule makes of an event.
pub(super) fn event(event: &Explained, question: &Question<'_>, is_colored: bool) -> String {
    let mut page = Page { text: String::new(), is_colored };
    for message in &event.meanwhile {
        page.message(MEANWHILE, message);
    }
    let (mut shown, mut others): (Vec<_>, Vec<_>) =
        event.rules.iter().partition(|own| Verdict::of(own) != Verdict::Unmatched);
    // What is nearest first.
    others.sort_by(|one, other| nearness(other, question).total_cmp(&nearness(one, question)));
    let is_asked = question.args.rule.is_some() || event.rules.len() == 1;
    let n_near = others.iter().filter(|own| is_asked || nearness(own, question) >= 0.5).count();
    let rest = others.split_off(n_near.min(MAX_NEAR));
    shown.sort_by_key(|own| Verdict::of(own));
    page.marked(&event.text, &[]);
    page.row("time", &verdict::when_it_was(&event.dated));
    for own in shown.into_iter().chain(others) {
        page.rule(own, event, question);
    }
    page.left_out(event, rest.len(), question);
    page.text
}

/// How much of a pattern a line matches that it does not match whole, from 0 to 1.
fn nearness(own: &RuleExplained, question: &Question<'_>) -> f64 {
    let patterns = &question.settings.rules[own.rule.0 as usize].matching.any;
    let share = |(tried, pattern): (&Tried, &Pattern)| match tried {
        Tried::Matches { .. } => 1.0,
        #[allow(clippy::cast_precision_loss)]
        Tried::Fails { n_pattern, .. } => *n_pattern as f64 / pattern.as_str().len() as f64,
    };
    own.examined.any.iter().zip(patterns).map(share).fold(0.0, f64::max)
}

struct Page {
    text: String,
    is_colored: bool,
}

impl Page {
    fn ink(&self, style: Style) -> Style {
        if self.is_colored { style } else { Style::new() }
    }

    fn row(&mut self, word: &str, said: &str) {
        let dim = self.ink(Style::new().dimmed());
        let _ = writeln!(self.text, "  {dim}{word:<MARGIN$}{dim:#}{said}");
    }

    fn marked(&mut self, text: &[u8], marks: &[Mark]) {
        for row in marked(text, marks, self.is_colored).lines() {
            let _ = writeln!(self.text, "  {row}");
        }
    }

    fn message(&mut self, word: &str, message: &Message) {
        let said = message.grounds.as_ref().map_or("", |grounds| &grounds.summary);
        let said =
            if said.is_empty() { String::new() } else { format!(": {}", clean(said.as_bytes())) };
        let (kind, webhook) = (message.kind.as_str(), &message.webhook);
        let of = format!("{kind} of {} to {webhook}{said}", number(message.count));
        let rule = if word == MEANWHILE { format!("{}: ", message.rule) } else { String::new() };
        self.row(word, &format!("{rule}{of}"));
    }

    fn rule(&mut self, own: &RuleExplained, event: &Explained, question: &Question<'_>) {
        let verdict = Verdict::of(own);
        let rule = &question.settings.rules[own.rule.0 as usize];
        let ink = self.ink(match verdict {
            Verdict::Told => AnsiColor::Green.on_default().bold(),
            Verdict::Held | Verdict::Counted | Verdict::Ended | Verdict::Resolves => {
                AnsiColor::Yellow.on_default().bold()
            }
            Verdict::Refused | Verdict::Unmatched => AnsiColor::Red.on_default().bold(),
        });
        let name = &rule.engine.name;
        let _ = writeln!(self.text, "\n{ink}{name}{ink:#} {}", verdict.sentence());
        match verdict {
            Verdict::Unmatched => self.near(own, rule, event),
            _ => self.found(&own.examined, rule, event),
        }
        if let Some(outcome) = &own.outcome {
            self.outcome(outcome, own, event, question);
        }
    }

    /// The line with what the patterns that count match in it.
    fn found(&mut self, examined: &Examined, rule: &Rule, event: &Explained) {
        let green = AnsiColor::Green.on_default().bold();
        let red = AnsiColor::BrightRed.on_default().bold();
        let tried = match examined.part {
            Some(Part::End) => &examined.ends,
            Some(Part::Resolve) => &examined.resolving,
            _ => &examined.any,
        };
        let mut marks = Vec::new();
        if let Some(Tried::Matches { span, captures }) = tried.iter().find(|own| own.is_match()) {
            for (name, span) in captures {
                let mark = |span: &Range<usize>| span.clone();
                let label = name.to_string();
                marks.push(Mark { span: mark(span), label, ink: green, is_said: true });
            }
            if captures.is_empty() {
                let label = "matches".to_owned();
                marks.push(Mark { span: span.clone(), label, ink: green, is_said: false });
            }
        }
        if examined.part.is_none() {
            let refusing = examined.none.iter().zip(&rule.matching.none);
            for (tried, pattern) in refusing {
                if let Tried::Matches { span, .. } = tried {
                    let label = format!("`not` matches here: {}", pattern.as_str());
                    marks.push(Mark { span: span.clone(), label, ink: red, is_said: true });
                }
            }
        }
        self.marked(&event.text, &marks);
        if examined.part.is_none() {
            let missing = examined.also.iter().zip(&rule.matching.also);
            for (_, pattern) in missing.filter(|(tried, _)| !tried.is_match()) {
                self.row("also", &format!("does not match: {}", pattern.as_str()));
            }
        }
        for Asked { name, wanted, value, is_met } in &examined.when {
            let is = match value {
                Some(value) => format!("`{}`", clean(value)),
                None => "not there".to_owned(),
            };
            let verdict = if *is_met { "is met" } else { "is not met" };
            self.row("where", &format!("{name} {wanted} {verdict}: it is {is}"));
        }
    }

    /// How many rules are not shown, and why.
    fn left_out(&mut self, event: &Explained, n_unlike: usize, question: &Question<'_>) {
        let others = question.others(event);
        let n_others = counted(others.len(), "rule");
        let said = match (n_unlike, &others[..]) {
            (0, []) => return,
            (n, []) => format!("not like it: {}", counted(n, "rule")),
            (0, [(name, files)]) if event.rules.is_empty() => {
                format!("{name} does not look at this log, but at {files}")
            }
            (0, _) if event.rules.is_empty() => {
                format!("no rule looks at this log; {n_others} look at others")
            }
            (0, _) => format!("of other logs: {n_others}"),
            (n, _) => format!("not like it: {}; of other logs: {n_others}", counted(n, "rule")),
        };
        let _ = writeln!(self.text, "\n{said}");
    }

    /// What holds back a match that is not told, or would; and webhooks that are not told.
    fn gates(&mut self, outcome: &Outcome, verdict: Verdict, question: &Question<'_>) {
        if verdict == Verdict::Held
            && let Some(gate) = verdict::held_by(outcome, &question.mutes)
        {
            return self.row("held by", &gate);
        }
        for closed in &outcome.gates {
            self.row("gate", &verdict::gate(closed, &question.mutes));
        }
    }

    /// The line with how far each pattern gets in it.
    fn near(&mut self, own: &RuleExplained, rule: &Rule, event: &Explained) {
        let green = AnsiColor::Green.on_default();
        let red = AnsiColor::BrightRed.on_default().bold();
        let tries = own.examined.any.iter().zip(&rule.matching.any);
        for (tried, pattern) in tries.take(MAX_NEAR) {
            let Tried::Fails { n_pattern, span } = tried else { continue };
            let (matched, rest) = pattern.as_str().split_at(*n_pattern);
            if *n_pattern == 0 || span.is_empty() {
                self.row("match", &format!("nothing like the beginning of {rest} is in it"));
                continue;
            }
            let end = span.end..span.end + 1;
            let marks = [
                Mark {
                    span: span.clone(),
                    label: format!("is {matched}"),
                    ink: green,
                    is_said: true,
                },
                Mark { span: end, label: format!("is not {rest}"), ink: red, is_said: true },
            ];
            self.marked(&event.text, &marks);
        }
    }

    fn outcome(
        &mut self,
        outcome: &Outcome,
        own: &RuleExplained,
        event: &Explained,
        question: &Question<'_>,
    ) {
        let dated = &outcome.dated;
        if *dated != event.dated {
            self.row("time", &verdict::when_it_was(dated));
        }
        if outcome.group.iter().next().is_some() {
            self.row("group", &verdict::group(&outcome.group));
        }
        self.row("before", &verdict::state(&outcome.before));
        self.row("after", &verdict::state(&outcome.after));
        self.gates(outcome, Verdict::of(own), question);
        if let Some(message) = &outcome.message {
            self.message("message", message);
        }
        let time = dated.written.unwrap_or(dated.time);
        for told in question.told_of(own.rule, &outcome.group, time) {
            let (id, at) = (&told.id[..8], time::local(told.at));
            let count = number(told.count);
            let said = format!("#{id} at {at}: {} of {count}, {}", told.kind, told.state);
            self.row("its time", &format!("is told of by {said}; `logbell why {id}`"));
        }
    }
}
