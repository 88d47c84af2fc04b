//! `RULE.WORD=VALUE`: words that are set on the command line, over those of the file.

use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::fields::short;
use super::report::Report;
use super::words::nearest;

/// A word of a rule that is set on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// The same as it would be written in a file: `RULE.WORD = VALUE`.
    text: String,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let form = || "expected RULE.WORD=VALUE, as `kernel-oom.debounce=10m`".to_owned();
        let (place, value) = given.split_once('=').ok_or_else(form)?;
        // A rule's name may have dots.
        let (rule, word) = place.trim().rsplit_once('.').ok_or_else(form)?;
        if rule.is_empty() || word.is_empty() {
            return Err(form());
        }
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let rule = if rule.contains('.') { quoted(rule) } else { rule.to_owned() };
        let is_value = |value: &str| DeTable::parse(&format!("value = {value}")).is_ok();
        let value = value.trim();
        // A shell has taken the quotes of a text away.
        let value = if is_value(value) { value.to_owned() } else { quoted(value) };
        let text = format!("{rule}.{word} = {value}");
        if DeTable::parse(&text).is_err() || text.contains(['\n', '\r']) {
            return Err(form());
        }
        Ok(Self { text })
    }
}

impl Override {
    /// What it is called in diagnostics.
    pub(super) const NAME: &str = "--set";

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Puts the words of `set` into the rules of `roots` that they are of. A rule that is not there is
/// reported.
pub(super) fn apply<'a>(set: Vec<DeTable<'a>>, roots: &mut [DeTable<'a>], report: &mut Report) {
    for table in set {
        for (name, words) in table {
            let DeValue::Table(words) = words.into_inner() else { continue };
            let Some(rule) = roots.iter_mut().find_map(|root| rule_named(root, name.get_ref()))
            else {
                let message = format!("there is no rule `{}`", short(name.get_ref()));
                let finding = report.error(name.span(), message);
                let known = roots.iter().flat_map(names);
                if let Some(meant) = nearest(name.get_ref(), known) {
                    finding.help(format!("did you mean `{meant}`?"));
                }
                continue;
            };
            for (word, value) in words {
                // With the place of the word, so that what is wrong with it is shown there.
                rule.remove(word.get_ref().as_ref());
                rule.insert(word, value);
            }
        }
    }
}

fn rule_named<'t, 'a>(root: &'t mut DeTable<'a>, name: &str) -> Option<&'t mut DeTable<'a>> {
    let DeValue::Array(rules) = root.get_mut("rule")?.get_mut() else { return None };
    rules.iter_mut().find_map(|rule| match rule.get_mut() {
        DeValue::Table(rule) if name_of(rule) == Some(name) => Some(rule),
        _ => None,
    })
}

fn name_of<'t>(rule: &'t DeTable<'_>) -> Option<&'t str> {
    rule.get("name")?.get_ref().as_str()
}

fn names<'t>(root: &'t DeTable<'_>) -> impl Iterator<Item = &'t str> {
    let rules = root.get("rule").and_then(|rules| rules.get_ref().as_array());
    let rules = rules.into_iter().flat_map(|rules| rules.iter());
    rules.filter_map(|rule| name_of(rule.get_ref().as_table()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_would_be_written_in_a_file() {
        let check = |given: &str, text: &str| {
            assert_eq!(given.parse::<Override>().unwrap().text(), text);
        };
        check("oom.debounce=10m", "oom.debounce = \"10m\"");
        check("oom.count=10", "oom.count = 10");
        check("oom.group_by=[\"ip\"]", "oom.group_by = [\"ip\"]");
        check("a.b.match=x=\\d", "\"a.b\".match = 'x=\\d'");
        for wrong in ["", "oom", "oom=1", ".count=1", "oom.=1", "a b.c=1"] {
            let error = wrong.parse::<Override>().unwrap_err();
            assert!(error.contains("RULE.WORD=VALUE"), "{wrong}: {error}");
        }
    }
}
