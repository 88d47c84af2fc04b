//! What is wrong with a configuration, and how that is shown.
//!
//! The renderer is our own: those at hand draw frames that our shape has no room for, and none
//! masks secrets.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ink};

use super::excerpt::Excerpt;

/// One thing to tell the operator about a configuration. Holds no secret, and can be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Whether the configuration can be used nevertheless.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// The file's name, clean.
    pub file: String,
    /// Where in it; `None` for the configuration as a whole.
    pub excerpt: Option<Excerpt>,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// The configuration cannot be used.
    Error,
    /// It can be used, and probably does not do what is meant.
    Warning,
}

/// Whether to show in colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Nothing but text.
    Plain,
    /// With ANSI colours.
    Styled,
}

/// Everything that is wrong with a configuration, in the order of its files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diagnostics {
    pub(super) list: Vec<Diagnostic>,
    pub(super) n_errors: usize,
    pub(super) n_warnings: usize,
}

impl Diagnostics {
    /// The most diagnostics that are kept. The others are only counted.
    pub const MAX_KEPT: usize = 100;

    /// The diagnostics, at most [`Diagnostics::MAX_KEPT`].
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many errors there are.
    pub fn n_errors(&self) -> usize {
        self.n_errors
    }

    /// How many warnings there are.
    pub fn n_warnings(&self) -> usize {
        self.n_warnings
    }

    /// All of them as text, an empty line between two. Empty if there are none.
    pub fn render(&self, style: Style) -> String {
        let palette = Palette::new(style);
        let each = self.list.iter().map(|diagnostic| diagnostic.render(palette));
        let mut text = each.collect::<Vec<_>>().join("\n");
        let n_left = self.n_errors + self.n_warnings - self.list.len();
        if n_left > 0 {
            let _ = writeln!(text, "\nand {n_left} more");
        }
        text
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Level {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Diagnostic {
    fn render(&self, palette: Palette) -> String {
        let Self { level, message, file: name, excerpt, help } = self;
        let ink = palette.level(*level);
        let Palette { frame, strong } = palette;
        let level = level.as_str();
        let mut text = format!("{ink}{level}{ink:#}{strong}: {message}{strong:#}\n");
        // Writing to a `String` cannot fail.
        let _ = match excerpt {
            None => writeln!(text, " {frame}-->{frame:#} {name}"),
            Some(Excerpt { line, column, shown, caret }) => {
                let number = line.to_string();
                let gutter = " ".repeat(number.len());
                let space = " ".repeat(caret.start);
                let carets = "^".repeat(caret.len());
                writeln!(text, "{gutter}{frame}-->{frame:#} {name}:{line}:{column}")
                    .and_then(|()| writeln!(text, "{frame}{number} |{frame:#} {shown}"))
                    .and_then(|()| {
                        writeln!(text, "{frame}{gutter} |{frame:#} {space}{ink}{carets}{ink:#}")
                    })
            }
        };
        if let Some(help) = help {
            let _ = writeln!(text, "{strong}help{strong:#}: {help}");
        }
        text
    }
}

/// The colours of one style.
#[derive(Clone, Copy)]
struct Palette {
    frame: Ink,
    strong: Ink,
}

impl Palette {
    const fn new(style: Style) -> Self {
        match style {
            Style::Plain => Self { frame: Ink::new(), strong: Ink::new() },
            Style::Styled => {
                Self { frame: AnsiColor::BrightBlue.on_default().bold(), strong: Ink::new().bold() }
            }
        }
    }

    fn level(self, level: Level) -> Ink {
        match level {
            _ if self.strong.is_plain() => Ink::new(),
            Level::Error => AnsiColor::BrightRed.on_default().bold(),
            Level::Warning => AnsiColor::Yellow.on_default().bold(),
        }
    }
}
