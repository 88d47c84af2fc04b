//! What `matcher` needs to know; built by `config`.

use crate::flow::SourceId;

use super::Pattern;

/// What one rule matches.
#[derive(Clone, Debug)]
pub struct MatchSettings {
    /// The source whose lines it looks at.
    pub source: SourceId,
    /// `match`: a line must match one of these. At least one. The first that matches gives the
    /// captures.
    pub any: Vec<Pattern>,
    /// `not`: a line must match none of these.
    pub none: Vec<Pattern>,
    /// `context`: lines before and after the matched one to show.
    pub context: Context,
}

/// Lines to show around a matched line. Each at most [`Context::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Lines before it.
    pub before: usize,
    /// Lines after it, waited for a short while where they are not there yet.
    pub after: usize,
}

impl Context {
    /// The most lines on either side.
    pub const MAX: usize = 50;
}

impl Default for Context {
    fn default() -> Self {
        Self { before: 2, after: 0 }
    }
}
