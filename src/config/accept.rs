//! Writes what tests are to expect into the text of a configuration. All else of it stays as it is, to
//! the byte.

use std::fmt::Write as _;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::duration;
use super::test::Expected;

/// Words of a message that are not those of a group.
const WORDS: [&str; 3] = ["at", "kind", "count"];
/// What a list that is longer is written over several lines.
const MAX_WIDTH: usize = 100;

/// Why what a test is to expect cannot be written. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// There is no such test, or what is there is no configuration.
    #[error("the configuration was changed meanwhile")]
    Changed,
    /// A message came later than can be written, as may be in an old log.
    #[error("a message of the test on line {line} comes after more than `366d`")]
    Late {
        /// The line that it begins on, from 1.
        line: usize,
    },
    /// The test or its `expect` is written in a way that is not rewritten.
    #[error("the test on line {line} is not written as `[[test]]` with `expect = […]`")]
    Form {
        /// The line that it begins on, from 1.
        line: usize,
    },
}

/// The configuration `text` with what tests are to expect, each by its place among the tests.
///
/// # Errors
/// The operator's: see [`AcceptError`].
pub fn accept(text: &str, accepted: &[(usize, Vec<Expected>)]) -> Result<String, AcceptError> {
    let root = DeTable::parse(text).map_err(|_| AcceptError::Changed)?;
    let tests = root.get_ref().get("test").map(toml::Spanned::get_ref);
    let tests = tests.and_then(DeValue::as_array).ok_or(AcceptError::Changed)?;
    let mut edits = Vec::new();
    for (place, expected) in accepted {
        let own = tests.get(*place).ok_or(AcceptError::Changed)?;
        edits.push(edit(text, own, expected)?);
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut written = text.to_owned();
    for (span, new) in edits.into_iter().rev() {
        written.replace_range(span, &new);
    }
    // Whatever was overlooked must not reach the file.
    DeTable::parse(&written).map_err(|_| AcceptError::Changed)?;
    Ok(written)
}

/// What to write in the place of what, so that the test `own` expects what is `expected`.
fn edit(
    text: &str,
    own: &toml::Spanned<DeValue<'_>>,
    expected: &[Expected],
) -> Result<(Range<usize>, String), AcceptError> {
    let start = own.span().start;
    let line = super::excerpt::line_number(text.as_bytes(), start);
    let form = || AcceptError::Form { line };
    if expected.iter().any(|own| own.at.is_some_and(|at| at > duration::LONGEST)) {
        return Err(AcceptError::Late { line });
    }
    let words = own.get_ref().as_table().ok_or(AcceptError::Changed)?;
    if !text[start..].starts_with("[[") {
        return Err(form());
    }
    let places = words.iter().map(|(key, value)| (key.get_ref(), key.span(), value.span()));
    let mut places: Vec<_> = places.collect();
    places.sort_by_key(|(_, key, _)| key.start);
    let old = places.iter().find(|(word, ..)| matches!(word.as_ref(), "expect" | "silent"));
    if let Some((_, key, value)) = old {
        let between = text.get(key.end..value.start).unwrap_or_default();
        if between.trim() != "=" {
            return Err(form());
        }
        let column = (key.len() + between.find('=').unwrap_or(1)).max(1);
        return Ok((key.start..value.end, entry(expected, column)));
    }
    let (_, first, _) = places.first().ok_or_else(form)?;
    let column = text[first.start..].find('=').unwrap_or(1);
    // Behind the last word, and what may be said of it on the same line.
    let last = places.iter().map(|(.., value)| value.end).max().ok_or_else(form)?;
    let end = text[last..].find('\n').map_or(text.len(), |newline| last + newline);
    let line_end = if text[..end].ends_with('\r') { "\r\n" } else { "\n" };
    let end = if line_end == "\r\n" { end - 1 } else { end };
    Ok((end..end, format!("{line_end}{}", entry(expected, column))))
}

/// `expect = […]` or `silent = true`, with the `=` in `column`, as it is in the line beside it.
fn entry(expected: &[Expected], column: usize) -> String {
    let word = if expected.is_empty() { "silent" } else { "expect" };
    let head = format!("{word:column$}", column = column.max(word.len() + 1));
    if expected.is_empty() {
        return format!("{head}= true");
    }
    let tables: Vec<_> = expected.iter().map(table).collect();
    let line = format!("{head}= [{}]", tables.join(", "));
    if tables.len() == 1 && line.len() <= MAX_WIDTH {
        return line;
    }
    let mut lines = format!("{head}= [\n");
    for table in tables {
        let _ = writeln!(lines, "    {table},");
    }
    lines + "]"
}

/// One message.
fn table(expected: &Expected) -> String {
    let Expected { at, kind, count, group } = expected;
    let mut words = Vec::new();
    words.extend(at.map(|at| format!("at = \"{}\"", duration::show(at))));
    words.extend(kind.map(|kind| format!("kind = \"{}\"", kind.as_str())));
    // A group may be called as one of these; then it cannot be expected.
    for (name, value) in group.iter().filter(|(name, _)| !WORDS.contains(&&**name)) {
        words.push(format!("{} = {}", key(name), quoted(value)));
    }
    words.extend(count.map(|count| format!("count = {count}")));
    format!("{{ {} }}", words.join(", "))
}

/// A key: quoted where it has to be.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// `text` as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::flow::AlertKind;

    /// Accepts messages of these groups for the test at each place.
    fn check(text: &str, accepted: &[(usize, &[&str])], expected: &str) {
        let message = |(n, ip): (u64, &&str)| Expected {
            at: Some(Duration::from_secs(90 * n)),
            kind: Some(AlertKind::Open),
            count: Some(n),
            group: vec![("ip".into(), (*ip).into())],
        };
        let messages = |ips: &[&str]| (0..).zip(ips).map(message).collect();
        let accepted: Vec<_> =
            accepted.iter().map(|(place, ips)| (*place, messages(ips))).collect();
        assert_eq!(accept(text, &accepted).unwrap(), expected);
    }

    #[test]
    fn what_is_there_is_replaced_and_all_around_it_stays() {
        check(
            "# Head\n[[test]] # one\nrule   = 'a' # the rule\n# why\nexpect = [ # old\n  { },\n] # so\nuntil = '5m'\n",
            &[(0, &["::1"])],
            "# Head\n[[test]] # one\nrule   = 'a' # the rule\n# why\nexpect = [{ at = \"0s\", \
             kind = \"open\", ip = \"::1\", count = 0 }] # so\nuntil = '5m'\n",
        );
        check("[[test]]\nsilent=true", &[(0, &[])], "[[test]]\nsilent = true");
        check(
            "[[test]]\nrule = 'a'\nsilent = true\n[[test]]\nrule = 'b'\nexpect = [{}]\n",
            &[(1, &[]), (0, &["a", "b\""])],
            "[[test]]\nrule = 'a'\nexpect = [\n    { at = \"0s\", kind = \"open\", ip = \"a\", \
             count = 0 },\n    { at = \"1m30s\", kind = \"open\", ip = 'b\"', count \
             = 1 },\n]\n[[test]]\nrule = 'b'\nsilent = true\n",
        );
    }

    #[test]
    fn what_is_not_there_comes_behind_the_last_word() {
        check(
            "[[test]]\nrule  = 'a'\nlines = '''\n0s | = x\n''' # two\n\n# Next\n[[rule]]\n",
            &[(0, &[])],
            "[[test]]\nrule  = 'a'\nlines = '''\n0s | = x\n''' # two\nsilent = true\n\n# Next\n[[rule]]\n",
        );
        check(
            "[[test]]\r\nrule = 'a'\r\n",
            &[(0, &[])],
            "[[test]]\r\nrule = 'a'\r\nsilent = true\r\n",
        );
        check("[[test]]\nrule    = 'a'", &[(0, &[])], "[[test]]\nrule    = 'a'\nsilent  = true");
    }

    #[test]
    fn what_is_written_in_another_way_is_left_alone() {
        for text in ["test = [{ rule = 'a' }]", "[[test]]\nrule = 'a'\n[[test.expect]]\nat = '0s'"]
        {
            let error = accept(text, &[(0, Vec::new())]).unwrap_err();
            assert!(matches!(error, AcceptError::Form { line: 1 }), "{error}");
        }
        let late = Expected { at: Some(Duration::from_hours(24 * 367)), ..Expected::default() };
        let error = accept("\n[[test]]\nrule = 'a'", &[(0, vec![late])]).unwrap_err();
        assert!(matches!(error, AcceptError::Late { line: 2 }), "{error}");
        let error = accept("[[test]]\nrule = 'a'", &[(1, Vec::new())]).unwrap_err();
        assert!(matches!(error, AcceptError::Changed), "{error}");
    }
}
