//! `where`: what a field of an event must be.

mod needs;
mod number;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use super::Pattern;
use crate::fields::Form;

pub use number::Number;

/// What one field of an event must be: one of `any`, if there are any, and none of `none`.
///
/// What is not there is none of anything.
#[derive(Clone, Debug)]
pub struct Condition {
    name: Arc<str>,
    any: Vec<Test>,
    none: Vec<Test>,
    /// What the text of each event holds that meets it, as far as can be told.
    needs: Option<Arc<Hir>>,
}

/// What a field may be.
#[derive(Clone, Debug)]
pub enum Test {
    /// There, whatever it is.
    There,
    /// This text.
    Text(Arc<str>),
    /// A number that compares so with this one.
    Number(Compare, Number),
    /// Text in which the pattern matches.
    Like(Pattern),
}

/// How one number compares with another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    /// `>`.
    Above,
    /// `>=`.
    AtLeast,
    /// `<`.
    Below,
    /// `<=`.
    AtMost,
    /// As large as it.
    Equal,
}

impl Condition {
    /// A condition on the field `name` of events that name their fields in `form`.
    pub fn new(name: Arc<str>, any: Vec<Test>, none: Vec<Test>, form: Form) -> Self {
        let needs = needs::of(&name, &any, form).map(Arc::new);
        Self { name, any, none, needs }
    }

    /// The field.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The patterns among what it may be and what it may not.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.any.iter().chain(&self.none).filter_map(|test| match test {
            Test::Like(pattern) => Some(pattern),
            _ => None,
        })
    }

    /// What it asks for, as is told apart from all others.
    pub fn parts(&self) -> Vec<String> {
        let any = self.any.iter().map(|test| format!("{test}"));
        let none = self.none.iter().map(|test| format!("!{test}"));
        std::iter::once(self.name.to_string()).chain(any).chain(none).collect()
    }

    /// What the text of each event holds that meets it, as far as can be told.
    pub(super) fn needs(&self) -> Option<&Hir> {
        self.needs.as_deref()
    }

    /// Whether a field that is `value` meets it. `is_like` runs a pattern, of which it is told the place
    /// among [`Self::patterns`].
    pub(super) fn is_met(
        &self,
        value: Option<&[u8]>,
        mut is_like: impl FnMut(usize, &Pattern, &[u8]) -> bool,
    ) -> bool {
        let Some(value) = value else { return self.any.is_empty() };
        let mut place = 0;
        let mut is = |test: &Test| match test {
            Test::There => true,
            Test::Text(text) => text.as_bytes() == value,
            Test::Number(compare, bound) => compare.holds(value, bound),
            Test::Like(pattern) => {
                place += 1;
                is_like(place - 1, pattern, value)
            }
        };
        // All of them, so that each pattern keeps its place.
        let n_met = self.any.iter().filter(|test| is(test)).count();
        let n_refused = self.none.iter().filter(|test| is(test)).count();
        (n_met > 0 || self.any.is_empty()) && n_refused == 0
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::There => f.write_str("*"),
            Self::Text(text) => write!(f, "={text}"),
            Self::Number(compare, bound) => write!(f, "{}{bound}", compare.as_str()),
            Self::Like(pattern) => write!(f, "~{}", pattern.as_str()),
        }
    }
}

impl Compare {
    /// Its sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "",
        }
    }

    /// Whether `value` is a number that compares so with `bound`.
    fn holds(self, value: &[u8], bound: &Number) -> bool {
        let Some(order) = Number::parse(value).and_then(|own| own.compare(bound)) else {
            return false;
        };
        match self {
            Self::Above => order == Ordering::Greater,
            Self::AtLeast => order != Ordering::Less,
            Self::Below => order == Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::Equal => order == Ordering::Equal,
        }
    }
}
