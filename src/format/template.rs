//! `{name|filter}` templates for titles: parsed with the configuration, filled in by `format`.

use std::ops::Range;

/// A title with places for captures and built-in values.
///
/// `{name}` inserts a value, `{name|filter}` a changed one; `{{` and `}}` are braces. Filters:
/// `basename` (of a path), `cut:N` (at most N characters), `ms` (milliseconds as a duration),
/// `n` (a number with spaces between thousands), `upper`, `lower`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Value { name: String, filters: Vec<Filter>, span: Range<usize> },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Filter {
    Basename,
    Cut(usize),
    Millis,
    Number,
    Upper,
    Lower,
}

/// Why a template cannot be used, and where in its text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong and what to write instead.
    pub message: String,
    /// The bytes of the template that it is about.
    pub span: Range<usize>,
}

impl Template {
    /// Names that every rule has, besides its captures.
    pub const BUILT_IN: [&str; 10] =
        ["rule", "severity", "host", "file", "line", "count", "total", "duration", "first", "last"];

    /// Reads a template.
    ///
    /// # Errors
    /// The operator's: a brace without its other, an unknown filter, a filter's missing number.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let doubled = matches!(c, '{' | '}') && rest.peek().is_some_and(|&(_, next)| next == c);
            match c {
                '{' | '}' if doubled => {
                    rest.next();
                    plain.push(c);
                }
                '}' => {
                    let message = "this `}` closes nothing; write `}}` for a brace".to_owned();
                    return Err(TemplateError { message, span: at..at + 1 });
                }
                '{' => {
                    let Some(len) = text[at..].find('}') else {
                        let message = "this `{` is never closed; write `{{` for a brace".to_owned();
                        return Err(TemplateError { message, span: at..at + 1 });
                    };
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::parse(text, at + 1..at + len)?);
                    while rest.next_if(|&(i, _)| i <= at + len).is_some() {}
                }
                _ => plain.push(c),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The names that it inserts, with where they stand in its text.
    pub fn names(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value { name, span, .. } => Some((name.as_str(), span.clone())),
        })
    }

    /// Fills it in. A name without a value becomes `(none)`.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let fill_part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value { name, filters, .. } => match value(name) {
                Some(value) => filters.iter().fold(value, |value, filter| filter.apply(value)),
                None => "(none)".to_owned(),
            },
        };
        self.parts.iter().map(fill_part).collect()
    }
}

impl Part {
    /// Reads `name|filter|filter:N` at `span` of `text`.
    fn parse(text: &str, span: Range<usize>) -> Result<Self, TemplateError> {
        let mut words = text[span.clone()].split('|');
        let name = words.next().unwrap_or_default().trim();
        if name.is_empty() {
            let message = "a name is missing here; write `{{` for a brace".to_owned();
            return Err(TemplateError { message, span: span.start - 1..span.end + 1 });
        }
        let filters = words.map(|word| Filter::parse(word.trim()));
        let filters = filters
            .collect::<Result<_, _>>()
            .map_err(|message| TemplateError { message, span: span.clone() })?;
        Ok(Self::Value { name: name.to_owned(), filters, span })
    }
}

impl Filter {
    fn parse(word: &str) -> Result<Self, String> {
        let (name, argument) = word.split_once(':').map_or((word, None), |(n, a)| (n, Some(a)));
        match (name, argument) {
            ("basename", None) => Ok(Self::Basename),
            ("ms", None) => Ok(Self::Millis),
            ("n", None) => Ok(Self::Number),
            ("upper", None) => Ok(Self::Upper),
            ("lower", None) => Ok(Self::Lower),
            ("cut", Some(n)) => match n.trim().parse() {
                Ok(n) if n > 0 => Ok(Self::Cut(n)),
                _ => Err(format!("`cut` takes a number of characters, as in `cut:80`, not `{n}`")),
            },
            ("cut", None) => Err("`cut` takes a number of characters, as in `cut:80`".to_owned()),
            _ => Err(format!(
                "unknown filter `{word}`; there are `basename`, `cut:N`, `ms`, `n`, `upper`, `lower`"
            )),
        }
    }

    fn apply(self, value: String) -> String {
        match self {
            Self::Basename => value.rsplit('/').next().unwrap_or_default().to_owned(),
            Self::Cut(max) if value.chars().count() > max => {
                value.chars().take(max - 1).chain(['…']).collect()
            }
            Self::Cut(_) => value,
            Self::Millis => match value.parse() {
                Ok(millis) => super::words::duration(std::time::Duration::from_millis(millis)),
                Err(_) => value,
            },
            Self::Number => match value.parse() {
                Ok(number) => super::words::number(number),
                Err(_) => value,
            },
            Self::Upper => value.to_uppercase(),
            Self::Lower => value.to_lowercase(),
        }
    }
}
