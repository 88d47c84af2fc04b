//! How tests went.

use crate::config::{Settings, Test};
use crate::pipeline::{RehearseError, Rehearsed, rehearse};

use super::super::error_text;
use super::compare::{Moment, compare};

/// One test that was tried.
pub(super) struct Played<'s> {
    pub(super) test: &'s Test,
    /// The name of its rule.
    pub(super) rule: &'s str,
    pub(super) result: Result<Rehearsed, RehearseError>,
    /// What came was written into the configuration, as what is expected from now on.
    pub(super) is_accepted: bool,
}

/// How a test went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// All that was expected came, and nothing else.
    Passed,
    /// Something else came, and is expected from now on.
    Accepted,
    /// Something else came.
    Failed,
    /// It could not be tried.
    Error,
}

/// The tests of one configuration.
pub(super) struct Suite<'s> {
    /// The configuration, as it was named.
    pub(super) name: String,
    pub(super) tests: Vec<Played<'s>>,
    /// The rules that have no test.
    pub(super) untested: Vec<&'s str>,
    /// Why none could be tried.
    pub(super) trouble: Option<Trouble>,
}

/// Why no test of a configuration could be tried.
pub(super) enum Trouble {
    /// It is wrong, which was said.
    Wrong,
    /// It cannot be read, or what is expected cannot be written to it.
    Unreadable(String),
}

/// The sums over all tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sums {
    pub(super) passed: usize,
    pub(super) accepted: usize,
    pub(super) failed: usize,
    /// Tests that could not be tried.
    pub(super) errors: usize,
    /// Configurations that are wrong.
    pub(super) wrong: usize,
    /// Configurations that cannot be read.
    pub(super) unreadable: usize,
}

impl<'s> Played<'s> {
    /// Tries `test`, which is one of `settings`.
    pub(super) fn play(settings: &'s Settings, test: &'s Test) -> Self {
        let rule = &settings.rules[test.rule.0 as usize].engine.name;
        Self { test, rule, result: rehearse(settings, test), is_accepted: false }
    }

    pub(super) fn verdict(&self) -> Verdict {
        let is_as_expected = || self.moments().iter().all(Moment::is_as_expected);
        match (&self.result, &self.test.expected) {
            (Err(_), _) => Verdict::Error,
            (Ok(own), Some(_)) if !own.is_cut && is_as_expected() => Verdict::Passed,
            (Ok(_), _) if self.is_accepted => Verdict::Accepted,
            (Ok(_), _) => Verdict::Failed,
        }
    }

    /// What was expected and what came, side by side; nothing where it could not be tried.
    pub(super) fn moments(&self) -> Vec<Moment<'_>> {
        let Ok(rehearsed) = &self.result else { return Vec::new() };
        let expected = self.test.expected.as_deref().unwrap_or_default();
        compare(expected, &rehearsed.said)
    }

    /// Why it could not be tried, if so.
    pub(super) fn error(&self) -> Option<String> {
        self.result.as_ref().err().map(|error| error_text(error))
    }
}

impl Verdict {
    /// The word for it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }
}

impl<'s> Suite<'s> {
    /// The configuration `name`, of which nothing is tried yet.
    pub(super) fn new(name: &str, settings: &'s Settings) -> Self {
        let has_test =
            |place: usize| settings.tests.iter().any(|test| test.rule.0 as usize == place);
        let rules = settings.rules.iter().enumerate();
        let untested = rules.filter(|(place, rule)| !has_test(*place) && !rule.is_of_pack);
        let untested = untested.map(|(_, rule)| &*rule.engine.name).collect();
        Self { name: name.to_owned(), tests: Vec::new(), untested, trouble: None }
    }

    /// One that is wrong.
    pub(super) fn wrong(name: &str) -> Self {
        Self::with_trouble(name, Trouble::Wrong)
    }

    /// One that cannot be read, because of `error`.
    pub(super) fn unreadable(name: &str, error: String) -> Self {
        Self::with_trouble(name, Trouble::Unreadable(error))
    }

    fn with_trouble(name: &str, trouble: Trouble) -> Self {
        let (tests, untested) = (Vec::new(), Vec::new());
        Self { name: name.to_owned(), tests, untested, trouble: Some(trouble) }
    }
}

impl Sums {
    /// Counts what became of `suite`.
    pub(super) fn add(&mut self, suite: &Suite<'_>) {
        for played in &suite.tests {
            match played.verdict() {
                Verdict::Passed => self.passed += 1,
                Verdict::Accepted => self.accepted += 1,
                Verdict::Failed => self.failed += 1,
                Verdict::Error => self.errors += 1,
            }
        }
        match suite.trouble {
            Some(Trouble::Wrong) => self.wrong += 1,
            Some(Trouble::Unreadable(_)) => self.unreadable += 1,
            None => {}
        }
    }

    /// All tests, tried or not.
    pub(super) fn n_tests(&self) -> usize {
        self.passed + self.accepted + self.failed + self.errors
    }

    /// 0: all pass; 1: the answer is no; 2: something could not be read.
    pub(super) fn exit_code(&self) -> u8 {
        if self.errors + self.unreadable > 0 { 2 } else { u8::from(self.failed + self.wrong > 0) }
    }
}
