//! The vocabulary: which words there are, where they belong, and what was meant by any other.

use std::fmt;

/// A kind of table in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Table {
    /// The file itself.
    Top,
    /// A file that another includes.
    Included,
    /// `[defaults]`.
    Defaults,
    /// `[webhook.NAME]`.
    Webhook,
    /// `[source.NAME]`.
    Source,
    /// `journal` in a source.
    Journal,
    /// `escalate` in a rule.
    Escalate,
    /// `[[rule]]`.
    Rule,
    /// `[[test]]`.
    Test,
}

/// What an unknown key should have been.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Advice {
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
    /// The word that was probably meant.
    pub(super) meant: Option<&'static str>,
}

/// Words that a rule does without, or has of its own.
const OF_ITS_OWN: [&str; 14] = [
    "name",
    "match",
    "also",
    "where",
    "files",
    "distinct",
    "unless",
    "absent",
    "expect",
    "spike",
    "resolve_on",
    "new",
    "learn",
    "forget",
];

/// Every table with the words that can be used in it.
const WORDS: [(Table, &[&str]); 9] = [
    (
        Table::Top,
        &[
            "state", "listen", "include", "packs", "keep", "threads", "defaults", "webhook",
            "source", "rule", "test",
        ],
    ),
    (Table::Included, &["defaults", "webhook", "source", "rule", "test"]),
    (Table::Rule, RULE),
    (Table::Defaults, RULE),
    (Table::Webhook, &["url", "severity", "mention", "markup", "thread", "hours", "proxy", "ca"]),
    (
        Table::Source,
        &[
            "files",
            "exclude",
            "start",
            "format",
            "encoding",
            "multiline",
            "olddir",
            "catch_up",
            "max_line",
            "journal",
            "labels",
            "time",
        ],
    ),
    (Table::Journal, &["units", "priority", "directory"]),
    (Table::Escalate, &["after", "webhook"]),
    (Table::Test, &["rule", "lines", "file", "until", "expect", "silent"]),
];

const RULE: &[&str] = &[
    "name",
    "files",
    "source",
    "match",
    "also",
    "where",
    "not",
    "group_by",
    "debounce",
    "resolve_after",
    "resolve_on",
    "max_groups",
    "max_open",
    "count",
    "within",
    "distinct",
    "unless",
    "absent",
    "expect",
    "spike",
    "new",
    "learn",
    "forget",
    "hours",
    "inhibited_by",
    "wait",
    "escalate",
    "severity",
    "webhook",
    "title",
    "text",
    "context",
    "top",
    "redact",
    "labels",
    "mention",
    "runbook",
];

/// Words that other tools have for what is meant.
const SYNONYMS: [(&str, &str); 27] = [
    ("address", "url"),
    ("bind", "listen"),
    ("channel", "webhook"),
    ("cooldown", "debounce"),
    ("docs", "runbook"),
    ("file", "files"),
    ("group", "group_by"),
    ("groupby", "group_by"),
    ("if", "where"),
    ("ignore", "not"),
    ("interval", "within"),
    ("level", "severity"),
    ("notify", "webhook"),
    ("path", "files"),
    ("paths", "files"),
    ("pattern", "match"),
    ("patterns", "match"),
    ("period", "within"),
    ("priority", "severity"),
    ("regex", "match"),
    ("room", "webhook"),
    ("rules", "rule"),
    ("space", "webhook"),
    ("threshold", "count"),
    ("throttle", "debounce"),
    ("webhooks", "webhook"),
    ("window", "within"),
];

impl Table {
    /// Whether `word` can be used here.
    pub(super) fn has(self, word: &str) -> bool {
        self.words().any(|known| known == word)
    }

    /// What to say of `word`, which cannot be used here.
    pub(super) fn advise(self, word: &str) -> Advice {
        if self == Self::Defaults && OF_ITS_OWN.contains(&word) {
            let message = format!("`{word}` has no default; each rule has its own");
            let help = match word {
                "files" => {
                    "move it into a `[[rule]]`, or into a `[source.NAME]` and write `source = \"NAME\"` here"
                }
                _ => "move it into a `[[rule]]`",
            };
            let help = Some(help.to_owned());
            return Advice { message, help, meant: None };
        }
        if self == Self::Included && Self::Top.has(word) {
            let message = format!("`{word}` does not belong in {self}");
            let help = Some("write it into the file that includes this one".to_owned());
            return Advice { message, help, meant: None };
        }
        let elsewhere: Vec<_> = homes(word).map(|table| table.to_string()).collect();
        if !elsewhere.is_empty() {
            let message = format!("`{word}` does not belong in {self}");
            let help = format!("`{word}` belongs in {}", elsewhere.join(" or "));
            return Advice { message, help: Some(help), meant: None };
        }
        let message = format!("unknown key `{word}`");
        let meant = self.meant_by(word);
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => self.look_further(word),
        };
        Advice { message, help: Some(help), meant }
    }

    /// The words that can be used here.
    fn words(self) -> impl Iterator<Item = &'static str> {
        let here = WORDS.iter().filter(move |(table, _)| *table == self);
        let own = self == Self::Defaults;
        here.flat_map(|(_, words)| *words)
            .copied()
            .filter(move |word| !(own && OF_ITS_OWN.contains(word)))
    }

    /// The word of this table that was probably meant by `word`.
    fn meant_by(self, word: &str) -> Option<&'static str> {
        let word = plain(word);
        synonym(&word).filter(|ours| self.has(ours)).or_else(|| nearest(&word, self.words()))
    }

    /// The word of another table that was probably meant by `word`; else the words of this one.
    fn look_further(self, word: &str) -> String {
        let word = plain(word);
        // Nobody writes a word of a small table or of a test's elsewhere by a slip.
        let own = |table| matches!(table, Self::Journal | Self::Escalate | Self::Test);
        let all = WORDS.iter().filter(|(table, _)| !own(*table));
        let everywhere = all.flat_map(|(_, words)| *words).copied();
        if let Some(meant) = synonym(&word).or_else(|| nearest(&word, everywhere)) {
            let homes: Vec<_> = homes(meant).map(|table| table.to_string()).collect();
            return format!("did you mean `{meant}`, which belongs in {}?", homes.join(" or "));
        }
        let words: Vec<_> = self.words().map(|word| format!("`{word}`")).collect();
        match &words[..] {
            [only] => format!("the only word of {self} is {only}"),
            _ => format!("the words of {self} are {}", words.join(", ")),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Top => "the top level",
            Self::Included => "an included file",
            Self::Defaults => "`[defaults]`",
            Self::Webhook => "`[webhook.NAME]`",
            Self::Source => "`[source.NAME]`",
            Self::Journal => "`journal = { … }`",
            Self::Escalate => "`escalate = { … }`",
            Self::Rule => "`[[rule]]`",
            Self::Test => "`[[test]]`",
        })
    }
}

/// The tables where `word` can be used, `[defaults]` aside, and `journal` and `[[test]]`, whose words
/// mean other things elsewhere.
fn homes(word: &str) -> impl Iterator<Item = Table> {
    let tables = [Table::Top, Table::Rule, Table::Webhook, Table::Source];
    tables.into_iter().filter(move |table| table.has(word))
}

/// `word` as the words of the vocabulary are written.
fn plain(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

/// Our word for what other tools call `word`.
fn synonym(word: &str) -> Option<&'static str> {
    SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, ours)| *ours)
}

/// The one of `known` that `word` is probably a slip for.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing that is much longer than a word is a slip for one, and comparing takes its length.
    if word.len() > 64 {
        return None;
    }
    let most = (word.chars().count() / 3).max(1);
    let distance = |known: &'a str| (strsim::damerau_levenshtein(word, known), known);
    let near = known.into_iter().map(distance).filter(|(distance, _)| *distance <= most);
    near.min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_synonym_stands_for_a_word_and_is_none() {
        for (other, ours) in SYNONYMS {
            assert!(homes(ours).next().is_some(), "{ours}");
            assert!(homes(other).next().is_none(), "{other}");
        }
    }
}
