//! `{name|filter}` templates for titles and texts: parsed with the configuration, filled in by
//! `format`.

use std::ops::Range;
use std::time::Duration;

/// A text with places for captures and built-in values.
///
/// `{name}` inserts a value, `{name|filter}` a changed one; `{{` and `}}` are braces. Filters:
/// `basename` (of a path), `cut:N` (at most N characters), `duration` (of milliseconds), `count` (a
/// number with spaces between thousands), `upper`, `lower`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    parts: Vec<Part>,
}

/// Whether lines have fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fields {
    /// They may.
    Some,
    /// They have none.
    None,
}

/// What a template asks a value for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named<'t> {
    /// What the group of this name of the rule's pattern matched.
    Capture(&'t str),
    /// The word of [`Template::BUILT_IN`].
    BuiltIn(&'t str),
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Value {
        name: String,
        is_built_in: bool,
        /// What it is where nothing else has the name.
        label: Option<String>,
        filters: Vec<Filter>,
        span: Range<usize>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Filter {
    Basename,
    Cut(usize),
    Duration,
    Count,
    Upper,
    Lower,
}

/// Why a template cannot be used, and where in its text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, and mostly what to write instead.
    pub message: String,
    /// What was probably meant, where it is not in `message`.
    pub help: Option<String>,
    /// The bytes of the template that it is about.
    pub span: Range<usize>,
}

impl Template {
    /// Names that every rule has, besides its captures.
    pub const BUILT_IN: [&str; 11] = [
        "rule", "severity", "host", "file", "line", "count", "total", "duration", "first", "last",
        "pattern",
    ];

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
                    return Err(TemplateError::new(message, at..at + 1));
                }
                '{' => {
                    let Some(len) = text[at..].find('}') else {
                        let message = "this `{` is never closed; write `{{` for a brace".to_owned();
                        return Err(TemplateError::new(message, at..at + 1));
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

    /// The same where the patterns capture `names`: who writes `(?P<host>…)` means that by
    /// `{host}`, and not the built-in word.
    #[must_use]
    pub fn with_captures(mut self, names: impl Fn(&str) -> bool) -> Self {
        for part in &mut self.parts {
            if let Part::Value { name, is_built_in, .. } = part {
                *is_built_in &= !names(name);
            }
        }
        self
    }

    /// The same with the values of labels in it, which never change; where lines may have
    /// `fields`, one of that name goes before.
    #[must_use]
    pub fn with_labels<'l>(
        mut self,
        value: impl Fn(&str) -> Option<&'l str>,
        fields: Fields,
    ) -> Self {
        for part in &mut self.parts {
            if let Part::Value { name, filters, label, .. } = part
                && let Some(value) = value(name)
            {
                if fields == Fields::Some {
                    *label = Some(value.to_owned());
                    continue;
                }
                let filtered =
                    filters.iter().fold(value.to_owned(), |own, filter| filter.apply(own));
                *part = Part::Text(filtered);
            }
        }
        self
    }

    /// Fills it in. A name without a value becomes `(none)`.
    pub fn fill(&self, value: impl Fn(Named<'_>) -> Option<String>) -> String {
        let fill_part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value { name, is_built_in, filters, label, .. } => {
                let named = if *is_built_in { Named::BuiltIn(name) } else { Named::Capture(name) };
                match value(named).or_else(|| label.clone()) {
                    Some(value) => filters.iter().fold(value, |value, filter| filter.apply(value)),
                    None => "(none)".to_owned(),
                }
            }
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
            return Err(TemplateError::new(message, span.start - 1..span.end + 1));
        }
        let filters = words.map(|word| Filter::parse(word.trim(), &span));
        let filters = filters.collect::<Result<_, _>>()?;
        let is_built_in = Template::BUILT_IN.contains(&name);
        Ok(Self::Value { name: name.to_owned(), is_built_in, label: None, filters, span })
    }
}

impl TemplateError {
    fn new(message: String, span: Range<usize>) -> Self {
        Self { message, help: None, span }
    }
}

impl Filter {
    /// Their words. `cut` takes a number.
    const WORDS: [&str; 6] = ["basename", "cut", "duration", "count", "upper", "lower"];

    /// Reads the filter `word`, which stands within `span` of the template.
    fn parse(word: &str, span: &Range<usize>) -> Result<Self, TemplateError> {
        let wrong = |message: String| Err(TemplateError::new(message, span.clone()));
        let (name, argument) = word.split_once(':').map_or((word, None), |(n, a)| (n, Some(a)));
        match (name.trim_end(), argument) {
            ("basename", None) => Ok(Self::Basename),
            ("duration", None) => Ok(Self::Duration),
            ("count", None) => Ok(Self::Count),
            ("upper", None) => Ok(Self::Upper),
            ("lower", None) => Ok(Self::Lower),
            ("cut", argument) => match argument.map(|n| n.trim().parse()) {
                Some(Ok(n)) if n > 0 => Ok(Self::Cut(n)),
                Some(_) => wrong(format!(
                    "`cut` takes a number of characters, as in `cut:80`, not `{}`",
                    argument.unwrap_or_default().trim()
                )),
                None => wrong("`cut` takes a number of characters, as in `cut:80`".to_owned()),
            },
            (name, Some(_)) if Self::WORDS.contains(&name) => {
                wrong(format!("`{name}` takes nothing behind it, only `cut` does"))
            }
            _ => {
                let message = format!("unknown filter `{word}`");
                Err(TemplateError { message, help: Some(Self::help(name)), span: span.clone() })
            }
        }
    }

    /// What was probably meant by `name`.
    fn help(name: &str) -> String {
        let lower = name.trim().to_lowercase();
        let meant = match lower.as_str() {
            "ms" | "millis" | "milliseconds" | "time" => Some("duration"),
            "n" | "number" | "thousands" => Some("count"),
            "uppercase" => Some("upper"),
            "lowercase" => Some("lower"),
            "truncate" | "limit" | "max" => Some("cut"),
            "file" | "filename" => Some("basename"),
            word => {
                let most = (word.chars().count() / 3).max(1);
                let distance =
                    |known: &'static str| (strsim::damerau_levenshtein(word, known), known);
                let near = Self::WORDS.into_iter().map(distance).filter(|(far, _)| *far <= most);
                near.min().map(|(_, known)| known).filter(|_| word.len() <= 64)
            }
        };
        match meant {
            Some("cut") => "did you mean `cut:80`?".to_owned(),
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "there are `basename`, `cut:80`, `duration`, `count`, `upper` and `lower`"
                .to_owned(),
        }
    }

    fn apply(self, value: String) -> String {
        match self {
            Self::Basename => value.rsplit('/').next().unwrap_or_default().to_owned(),
            Self::Cut(max) => super::clean::cut(&value, max),
            Self::Duration => match milliseconds(&value) {
                Some(span) => super::words::duration(span),
                None => value,
            },
            Self::Count => match value.parse() {
                Ok(number) => super::words::number(number),
                Err(_) => value,
            },
            Self::Upper => value.to_uppercase(),
            Self::Lower => value.to_lowercase(),
        }
    }
}

/// A number of milliseconds, with or without a fraction.
fn milliseconds(text: &str) -> Option<Duration> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let millis = text.parse::<f64>().ok().filter(|_| is_number)?;
    Duration::try_from_secs_f64(millis / 1000.0).ok()
}
