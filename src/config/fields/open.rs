//! Tables whose words are not those of the vocabulary.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::report::Report;
use super::{Fields, Text, Value, wrong_type};

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
}
