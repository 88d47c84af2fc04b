//! The file as written: its tables, whose words are known to belong there, and their values with
//! where they stand.
//!
//! The parsed document is walked as it is. Structs for serde would find one problem at a time and
//! know no neighbours to suggest.

mod open;

pub(super) use open::{Leaf, Name};

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::report::{Finding, Report};
use super::words::Table;

/// A string of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Text<'a> {
    /// Its characters.
    pub(super) value: &'a str,
    /// Where it stands, quotes included.
    pub(super) span: Range<usize>,
}

/// One table of the file.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    /// Its header.
    pub(super) span: Range<usize>,
    entries: &'a DeTable<'a>,
    /// The words that unknown ones here were probably meant to be.
    meant: Vec<&'static str>,
}

/// A string or a whole number of the file.
pub(super) enum Scalar<'a> {
    /// A string.
    Text(Text<'a>),
    /// A whole number from 0, with where it stands.
    Number(u64, Range<usize>),
}

/// Words whose value is a duration.
const DURATIONS: [&str; 7] =
    ["absent", "after", "catch_up", "debounce", "resolve_after", "wait", "within"];

/// A value with where it stands.
type Value<'a> = toml::Spanned<DeValue<'a>>;

impl<'a> Fields<'a> {
    /// Takes `entries`, whose header is at `span`, as a `table`, and reports the words that do not
    /// belong there.
    pub(super) fn new(
        table: Table,
        entries: &'a DeTable<'a>,
        span: Range<usize>,
        report: &mut Report,
    ) -> Self {
        let mut meant = Vec::new();
        for key in entries.keys() {
            let word = key.get_ref().as_ref();
            if !table.has(word) {
                let advice = table.advise(&short(word));
                meant.extend(advice.meant);
                let finding = report.error(key.span(), advice.message);
                if let Some(help) = advice.help {
                    finding.help(help);
                }
            }
        }
        Self { span, entries, meant }
    }

    /// Whether `word` is written here, with whatever value.
    pub(super) fn has(&self, word: &str) -> bool {
        self.entries.contains_key(word)
    }

    /// Whether `word` is neither written here nor, probably, meant by an unknown word.
    pub(super) fn lacks(&self, word: &str) -> bool {
        !self.has(word) && !self.meant.contains(&word)
    }

    /// Where `word` itself stands, if it is written here.
    pub(super) fn key_span(&self, word: &str) -> Option<Range<usize>> {
        self.entries.get_key_value(word).map(|(key, _)| key.span())
    }

    /// The string at `word`.
    pub(super) fn text(&self, word: &str, report: &mut Report) -> Option<Text<'a>> {
        let value = self.entries.get(word)?;
        let text = text(value);
        if text.is_none() {
            wrong_type(word, "text in quotes", value, report);
        }
        text
    }

    /// The string or the strings at `word`, at least one.
    pub(super) fn texts(&self, word: &str, report: &mut Report) -> Option<Vec<Text<'a>>> {
        let value = self.entries.get(word)?;
        let DeValue::Array(list) = value.get_ref() else {
            let text = text(value);
            if text.is_none() {
                wrong_type(word, "text in quotes or a list of such", value, report);
            }
            return text.map(|text| vec![text]);
        };
        if list.is_empty() {
            report.error(value.span(), format!("`{word}` is an empty list"));
            return None;
        }
        self.texts_or_none(word, report)
    }

    /// The string or the strings at `word`, perhaps none.
    pub(super) fn texts_or_none(&self, word: &str, report: &mut Report) -> Option<Vec<Text<'a>>> {
        let value = self.entries.get(word)?;
        let DeValue::Array(list) = value.get_ref() else { return self.texts(word, report) };
        let mut texts = Vec::with_capacity(list.len());
        for value in list {
            match text(value) {
                Some(text) => texts.push(text),
                None => {
                    wrong_type(word, "a list of texts in quotes", value, report);
                }
            }
        }
        (texts.len() == list.len()).then_some(texts)
    }

    /// The list at `word` whose elements are strings or lists of them, each with where it stands.
    pub(super) fn text_lists(
        &self,
        word: &str,
        report: &mut Report,
    ) -> Option<Vec<(Vec<Text<'a>>, Range<usize>)>> {
        let value = self.entries.get(word)?;
        let single = text(value).map(|text| vec![(vec![text], value.span())]);
        let DeValue::Array(list) = value.get_ref() else {
            if single.is_none() {
                wrong_type(word, "a list of texts in quotes", value, report);
            }
            return single;
        };
        if list.is_empty() {
            report.error(value.span(), format!("`{word}` is an empty list"));
            return None;
        }
        let mut lists = Vec::with_capacity(list.len());
        for value in list {
            let texts = match value.get_ref() {
                DeValue::Array(list) => list.iter().map(text).collect::<Option<Vec<_>>>(),
                _ => text(value).map(|text| vec![text]),
            };
            match texts {
                Some(texts) => lists.push((texts, value.span())),
                None => {
                    wrong_type(word, "a list of texts in quotes", value, report);
                }
            }
        }
        (lists.len() == list.len()).then_some(lists)
    }

    /// The names with their texts in the table at `word`, in the order of the file.
    pub(super) fn named_texts(&self, word: &str, report: &mut Report) -> Vec<(Text<'a>, Text<'a>)> {
        let Some(value) = self.entries.get(word) else { return Vec::new() };
        let DeValue::Table(entries) = value.get_ref() else {
            let finding = wrong_type(word, "a table of texts in quotes", value, report);
            finding.help(format!("write for example `{word} = {{ team = \"shop\" }}`"));
            return Vec::new();
        };
        let mut named = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = Text { value: key.get_ref(), span: key.span() };
            match text(value) {
                Some(text) => named.push((name, text)),
                None => {
                    wrong_type(name.value, "text in quotes", value, report);
                }
            }
        }
        named.sort_by_key(|(name, _)| name.span.start);
        named
    }

    /// The whole number at `word`, which is from 0, with where it stands.
    pub(super) fn number(&self, word: &str, report: &mut Report) -> Option<(u64, Range<usize>)> {
        let value = self.entries.get(word)?;
        let number = number(value);
        if number.is_none() {
            wrong_type(word, "a whole number from 0", value, report);
        }
        number.map(|number| (number, value.span()))
    }

    /// The number at `word` in thousandths, rounded, with where it stands. A fraction below zero is none.
    pub(super) fn thousandths(
        &self,
        word: &str,
        report: &mut Report,
    ) -> Option<(u64, Range<usize>)> {
        let value = self.entries.get(word)?;
        let thousandths = match value.get_ref() {
            DeValue::Float(float) => {
                let float = float.as_str().parse::<f64>().ok();
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                float.map(|float| (float * 1000.0).round() as u64)
            }
            _ => number(value).map(|number| number.saturating_mul(1000)),
        };
        if thousandths.is_none() {
            wrong_type(word, "a number from 0", value, report);
        }
        thousandths.map(|thousandths| (thousandths, value.span()))
    }

    /// The string or the whole number from 0 at `word`; `expected` says so.
    pub(super) fn text_or_number(
        &self,
        word: &str,
        expected: &str,
        report: &mut Report,
    ) -> Option<Scalar<'a>> {
        let value = self.entries.get(word)?;
        let found = text(value).map(Scalar::Text);
        let found =
            found.or_else(|| number(value).map(|number| Scalar::Number(number, value.span())));
        if found.is_none() {
            wrong_type(word, expected, value, report);
        }
        found
    }

    /// The truth value at `word`, with where it stands, if it is one.
    pub(super) fn truth(&self, word: &str) -> Option<(bool, Range<usize>)> {
        let value = self.entries.get(word)?;
        Some((value.get_ref().as_bool()?, value.span()))
    }

    /// The list of two whole numbers at `word`, with where it stands.
    pub(super) fn pair(&self, word: &str, report: &mut Report) -> Option<([u64; 2], Range<usize>)> {
        let value = self.entries.get(word)?;
        let pair = match value.get_ref() {
            DeValue::Array(list) => match list.iter().as_slice() {
                [first, second] => number(first).zip(number(second)),
                _ => None,
            },
            _ => None,
        };
        if pair.is_none() {
            let finding = wrong_type(word, "a list of two whole numbers from 0", value, report);
            if let Some(first) = number(value) {
                finding.help(format!("write `{word} = [{first}, 0]`"));
            }
        }
        pair.map(|(first, second)| ([first, second], value.span()))
    }

    /// The table at `word`, which is written `[word]`.
    pub(super) fn table(
        &self,
        word: &str,
        table: Table,
        report: &mut Report,
    ) -> Option<Fields<'a>> {
        let value = self.entries.get(word)?;
        let DeValue::Table(entries) = value.get_ref() else {
            wrong_type(word, &format!("a table, {table}"), value, report);
            return None;
        };
        Some(Fields::new(table, entries, value.span(), report))
    }

    /// The tables `[word.NAME]` with their names, in the order of the file.
    pub(super) fn named_tables(
        &self,
        word: &str,
        table: Table,
        report: &mut Report,
    ) -> Vec<(Text<'a>, Fields<'a>)> {
        let Some(value) = self.entries.get(word) else { return Vec::new() };
        let DeValue::Table(entries) = value.get_ref() else {
            let finding = report.error(value.span(), format!("each {word} needs a name"));
            finding.help(format!("write {table}, and use NAME in rules"));
            return Vec::new();
        };
        let mut named = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let DeValue::Table(entries) = value.get_ref() else {
                let finding = report.error(key.span(), format!("each {word} needs a name"));
                finding.help(format!("write {table}, and use NAME in rules"));
                continue;
            };
            let name = Text { value: key.get_ref(), span: key.span() };
            check_name(&format!("{word}'s name"), &name, report);
            named.push((name, Fields::new(table, entries, value.span(), report)));
        }
        named.sort_by_key(|(name, _)| name.span.start);
        named
    }

    /// The tables `[[word]]`, in the order of the file.
    pub(super) fn list_of_tables(
        &self,
        word: &str,
        table: Table,
        report: &mut Report,
    ) -> Vec<Fields<'a>> {
        let Some(value) = self.entries.get(word) else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            let finding = wrong_type(word, &format!("a list of tables, {table}"), value, report);
            finding.help(format!("write {table} with two brackets for each {word}"));
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(list.len());
        for value in list {
            match value.get_ref() {
                DeValue::Table(entries) => {
                    tables.push(Fields::new(table, entries, value.span(), report));
                }
                _ => {
                    wrong_type(word, &format!("a list of tables, {table}"), value, report);
                }
            }
        }
        tables
    }
}

/// The rules for names of rules, webhooks and sources: they stand in messages, commands and
/// thread keys, so they are 1 to 64 ASCII letters, digits, `.`, `_` and `-`, the first a letter or
/// a digit.
pub(super) fn check_name(what: &str, name: &Text, report: &mut Report) -> bool {
    const MAX: usize = 64;
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.value.is_empty() {
        report.error(name.span.clone(), format!("the {what} is empty"));
    } else if name.value.len() > MAX {
        report.error(name.span.clone(), format!("the {what} is longer than {MAX} bytes"));
    } else if !name.value.chars().all(belongs) {
        let message = format!("the {what} may hold letters, digits, `.`, `_` and `-` only");
        let better = name.value.replace(|c| !belongs(c), "-");
        report.error(name.span.clone(), message).help(format!("write for example `{better}`"));
    } else if !name.value.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        report.error(name.span.clone(), format!("the {what} must begin with a letter or a digit"));
    } else {
        return true;
    }
    false
}

/// `text` as it is quoted in messages.
pub(super) fn short(text: &str) -> String {
    const MAX: usize = 60;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn text<'a>(value: &'a Value<'a>) -> Option<Text<'a>> {
    Some(Text { value: value.get_ref().as_str()?, span: value.span() })
}

fn number(value: &Value) -> Option<u64> {
    let number = value.get_ref().as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Reports that `word` has a `value` of another kind than `expected`, and what is probably meant.
fn wrong_type<'r>(
    word: &str,
    expected: &str,
    value: &Value,
    report: &'r mut Report,
) -> &'r mut Finding {
    let kind = match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "this number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "this list",
        DeValue::Table(_) => "a table",
    };
    let finding = report.error(value.span(), format!("`{word}` takes {expected}, not {kind}"));
    match value.get_ref() {
        DeValue::String(text) if text.parse::<u64>().is_ok() => {
            finding.help(format!("leave out the quotes: `{word} = {text}`"));
        }
        DeValue::Integer(number) if expected.starts_with("text") && DURATIONS.contains(&word) => {
            finding.help(format!("write `{word} = \"{number}s\"` for seconds"));
        }
        _ => {}
    }
    finding
}
