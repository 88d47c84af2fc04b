//! `[[test]]`: what happens, and what a rule is to say of it.

mod event;
mod expect;
mod mute;
mod reload;
mod script;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::GroupWord;
use crate::flow::{AlertKind, MuteOrder, RuleId, Which};

use super::duration;
use super::fields::{Fields, Text, short};
use super::origin::Origin;
use super::report::Report;
use super::settings::Rule;
use super::words::nearest;
pub use reload::Other;
pub(super) use reload::Others;

/// One `[[test]]`. All its times count from its beginning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// The rule that is tried.
    pub rule: RuleId,
    /// The file that it stands in, as the configuration names it.
    pub file: Arc<str>,
    /// Its place among the tests of the file, from 0.
    pub place: usize,
    /// The line of the file that it begins on, from 1.
    pub line: usize,
    /// What happens.
    pub input: Input,
    /// Until when time passes, if that is after all that happens.
    pub until: Option<Duration>,
    /// What the rule is to say, in order; `None`: the test does not tell yet.
    pub expected: Option<Vec<Expected>>,
}

/// What happens in a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// Lines that come, and events of the surroundings, as they are written: not by their times.
    Script(Vec<Step>),
    /// An old log, as `replay` reads them. The test begins at the time of its first line. Absolute.
    File(PathBuf),
}

/// One line of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When it happens first.
    pub at: Duration,
    /// How often it happens. At least 1.
    pub times: u32,
    /// How long after one another.
    pub every: Duration,
    /// What happens.
    pub what: Happening,
}

/// What happens at one moment of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happening {
    /// A line is written to the log.
    Line(Arc<str>),
    /// The agent is stopped and started again.
    Restart,
    /// It goes on with another configuration.
    Reload(Other),
    /// Something is muted.
    Mute(MuteOrder),
    /// Mutes end: there is at least one of them then.
    Unmute(Which),
    /// The wall clock is set forward at once, as after the machine was asleep.
    ClockForward(Duration),
    /// The wall clock is set back.
    ClockBack(Duration),
}

/// A message that is to come. What is `None`, and words of the group that are left out, may be
/// anything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expected {
    /// When it is decided.
    pub at: Option<Duration>,
    /// Its kind.
    pub kind: Option<AlertKind>,
    /// Matches that it announces.
    pub count: Option<u64>,
    /// Words of the rule's `group_by` with their values.
    pub group: Vec<(Arc<str>, Box<str>)>,
}

impl Test {
    /// The most lines of one test, each repetition counted.
    pub const MAX_LINES: u64 = 100_000;
}

impl Step {
    /// When it happens last.
    pub fn last(&self) -> Duration {
        self.at.saturating_add(self.every.saturating_mul(self.times - 1))
    }
}

/// Checks the tests of a file one after the other.
#[derive(Clone, Copy)]
pub(super) struct Tests<'c> {
    /// The rules without errors, and the names of all in lower case.
    pub(super) rules: &'c [Rule],
    pub(super) names: &'c [String],
    /// The file that they stand in, with the directory that paths are relative to.
    pub(super) origin: &'c Origin<'c>,
}

impl Tests<'_> {
    /// The test that `own` describes, which is at `place`; `None` if a part of it is wrong.
    pub(super) fn check(
        &self,
        place: usize,
        own: &Fields,
        others: &mut Others,
        report: &mut Report,
    ) -> Option<Test> {
        let rule = self.rule(own, report);
        let input = self.input(own, others, report);
        let until = until(own, input.as_ref(), report);
        let end = match &input {
            Some(Input::Script(steps)) => {
                let last = steps.iter().map(Step::last).max().unwrap_or_default();
                Some(last.max(until.unwrap_or_default()))
            }
            _ => None,
        };
        let rule_words = rule.map(|rule| words(&self.rules[rule.0 as usize], input.as_ref()));
        let expected = expect::expected(own, rule_words.as_deref(), end, report);
        let line = report.line(own.span.start);
        let file = self.origin.name.into();
        Some(Test {
            rule: rule?,
            file,
            place,
            line,
            input: input?,
            until,
            expected: expected.ok()?,
        })
    }

    /// `rule`. One that is there and wrong is not told of again.
    fn rule(&self, own: &Fields, report: &mut Report) -> Option<RuleId> {
        if own.lacks("rule") {
            let finding = report.error(own.span.clone(), "this test has no `rule`");
            finding.help("write the name of the rule that it tries");
        }
        let name = own.text("rule", report)?;
        let is_it = |rule: &Rule| *rule.engine.name == *name.value;
        let mut known = (0..).map(RuleId).zip(self.rules);
        if let Some((id, _)) = known.find(|(_, rule)| is_it(rule)) {
            return Some(id);
        }
        if !self.names.contains(&name.value.to_lowercase()) || !report.has_errors() {
            let message = format!("there is no rule `{}`", short(name.value));
            let near = nearest(name.value, self.rules.iter().map(|rule| &*rule.engine.name));
            let finding = report.error(name.span, message);
            if let Some(near) = near {
                finding.help(format!("did you mean `{near}`?"));
            }
        }
        None
    }

    /// `lines` or `file`.
    fn input(&self, own: &Fields, others: &mut Others, report: &mut Report) -> Option<Input> {
        if let (true, Some(span)) = (own.has("lines"), own.key_span("file")) {
            let finding = report.error(span, "a test has either `lines` or `file`, not both");
            finding.help("leave out one of them");
        }
        if own.lacks("lines") && own.lacks("file") {
            let message = "this test has neither `lines` nor `file`";
            let help = "write for example `lines = '0s | the text of a line'`";
            report.error(own.span.clone(), message).help(help);
        }
        if own.has("lines") {
            let text = own.text("lines", report)?;
            return script::steps(&text, others, report).map(Input::Script);
        }
        let Text { value, span } = own.text("file", report)?;
        if value.is_empty() || value == "-" || value.contains('\0') {
            let finding = report.error(span, "`file` takes the path of an old log");
            finding.help("write for example `file = \"tests/oom.log\"`");
            return None;
        }
        Some(Input::File(self.origin.directory.join(value)))
    }
}

/// The words that set groups of `rule` apart, under each configuration of the test.
fn words(rule: &Rule, input: Option<&Input>) -> Vec<GroupWord> {
    let mut words = rule.engine.words();
    let Some(Input::Script(steps)) = input else { return words };
    for step in steps {
        let Happening::Reload(other) = &step.what else { continue };
        let is_it = |own: &&Rule| own.engine.name == rule.engine.name;
        words.extend(
            other.settings.rules.iter().find(is_it).iter().flat_map(|own| own.engine.words()),
        );
    }
    words
}

/// `until`, which is not before what happens.
fn until(own: &Fields, input: Option<&Input>, report: &mut Report) -> Option<Duration> {
    let text = own.text("until", report)?;
    let until = match duration::parse(text.value) {
        Ok(until) => until,
        Err(error) => {
            let span = report.part(&text.span, text.value, &error.span);
            report.error(span, format!("`until`: {}", error.message));
            return None;
        }
    };
    if let Some(Input::Script(steps)) = input
        && let Some(last) = steps.iter().map(Step::last).max()
        && last > until
    {
        let message = format!("`until` is before the last line, at {}", duration::show(last));
        report.error(text.span, message);
    }
    Some(until)
}
