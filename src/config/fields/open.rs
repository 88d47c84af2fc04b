//! Tables whose words are not those of the vocabulary.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::report::Report;
use super::{Fields, Text, Value, wrong_type};

/// One value of a field that a rule asks for.
pub(in crate::config) enum Leaf<'a> {
    /// Text.
    Text(Text<'a>),
    /// A number as it is written.
    Number(String, Range<usize>),
    /// A truth value.
    Plain(String, Range<usize>),
}

impl Leaf<'_> {
    /// Where it stands.
    pub(in crate::config) fn span(&self) -> Range<usize> {
        match self {
            Self::Text(text) => text.span.clone(),
            Self::Number(_, span) | Self::Plain(_, span) => span.clone(),
        }
    }
}

impl<'a> Fields<'a> {
    /// Whether `word` is written in the table at `table`.
    pub(in crate::config) fn has_within(&self, table: &str, word: &str) -> bool {
        let inner = self.entries.get(table).and_then(|value| value.get_ref().as_table());
        inner.is_some_and(|inner| inner.contains_key(word))
    }

    /// Takes `entries`, whose header is at `span`, with whatever words it has.
    fn of_any_words(entries: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { span, entries, meant: Vec::new() }
    }

    /// All words that are written here, in the order of the file.
    pub(in crate::config) fn words(&self) -> Vec<Text<'a>> {
        let word = |key: &'a Spanned<Cow<'a, str>>| Text { value: key.get_ref(), span: key.span() };
        let mut words: Vec<_> = self.entries.keys().map(word).collect();
        words.sort_by_key(|word| word.span.start);
        words
    }

    /// The list of tables at `word`, perhaps none, whose words may be any; `None` in the place of what
    /// is no table.
    pub(in crate::config) fn tables_of_any_words(
        &self,
        word: &str,
        report: &mut Report,
    ) -> Option<Vec<Option<Fields<'a>>>> {
        let value = self.entries.get(word)?;
        let DeValue::Array(list) = value.get_ref() else {
            wrong_type(word, "a list of tables", value, report);
            return None;
        };
        let table = |value: &'a Value<'a>| {
            if let DeValue::Table(entries) = value.get_ref() {
                return Some(Fields::of_any_words(entries, value.span()));
            }
            wrong_type(word, "a list of tables", value, report);
            None
        };
        Some(list.iter().map(table).collect())
    }

    /// What is written in the table at `word`, in the order of the file, with its values: one, or a list.
    /// A table in it stands for names with a dot, as TOML reads `user.id = 7`.
    pub(in crate::config) fn leaves(
        &self,
        word: &str,
        report: &mut Report,
    ) -> Option<Vec<(Name<'a>, Vec<Leaf<'a>>)>> {
        let value = self.entries.get(word)?;
        let DeValue::Table(entries) = value.get_ref() else {
            let finding = wrong_type(word, "a table of fields", value, report);
            finding.help(format!("write for example `{word} = {{ level = \"error\" }}`"));
            return None;
        };
        let mut leaves = Vec::new();
        let is_right = collect("", entries, &mut leaves, report);
        leaves.sort_by_key(|(name, _)| name.span.start);
        is_right.then_some(leaves)
    }
}

/// A name that may be put together of several.
pub(in crate::config) struct Name<'a> {
    pub(in crate::config) value: Cow<'a, str>,
    pub(in crate::config) span: Range<usize>,
}

/// Appends what stands in `entries`, whose names begin with `above`, to `leaves`. Returns whether all of
/// it can be used.
fn collect<'a>(
    above: &str,
    entries: &'a DeTable<'a>,
    leaves: &mut Vec<(Name<'a>, Vec<Leaf<'a>>)>,
    report: &mut Report,
) -> bool {
    let mut is_right = true;
    for (key, value) in entries {
        let own: &'a str = key.get_ref();
        let name = if above.is_empty() { own.into() } else { format!("{above}.{own}").into() };
        let name = Name { value: name, span: key.span() };
        let values = match value.get_ref() {
            DeValue::Table(inner) => {
                is_right &= collect(&name.value, inner, leaves, report);
                continue;
            }
            DeValue::Array(list) if list.is_empty() => {
                report.error(value.span(), format!("`{}` is an empty list", name.value));
                None
            }
            DeValue::Array(list) => list.iter().map(|one| leaf(&name, one, report)).collect(),
            _ => leaf(&name, value, report).map(|leaf| vec![leaf]),
        };
        match values {
            Some(values) => leaves.push((name, values)),
            None => is_right = false,
        }
    }
    is_right
}

fn leaf<'a>(name: &Name<'_>, value: &'a Value<'a>, report: &mut Report) -> Option<Leaf<'a>> {
    let span = value.span();
    match value.get_ref() {
        DeValue::String(text) => Some(Leaf::Text(Text { value: text, span })),
        DeValue::Integer(number) if number.radix() == 10 => {
            Some(Leaf::Number(number.as_str().to_owned(), span))
        }
        DeValue::Float(number) => Some(Leaf::Number(number.as_str().to_owned(), span)),
        DeValue::Boolean(truth) => Some(Leaf::Plain(truth.to_string(), span)),
        _ => {
            wrong_type(&name.value, "text in quotes, a number or a list of such", value, report);
            None
        }
    }
}
