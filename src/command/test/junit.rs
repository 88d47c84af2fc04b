//! How tests went, as JUnit XML: the shape that the pages of CI systems read
//! (<https://github.com/testmoapp/junitxml>).

use std::fmt::Write as _;

use super::outcome::{Played, Suite, Sums, Trouble, Verdict};
use super::show;

/// The whole report.
pub(super) fn report(suites: &[Suite<'_>], sums: &Sums) -> String {
    let n_troubled = sums.wrong + sums.unreadable;
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"logbell\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        sums.n_tests() + n_troubled,
        sums.failed,
        sums.errors + n_troubled
    );
    for suite in suites {
        xml.push_str(&one(suite));
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// One configuration.
fn one(suite: &Suite<'_>) -> String {
    let mut own = Sums::default();
    own.add(suite);
    let n_troubled = own.wrong + own.unreadable;
    let name = escaped(&suite.name);
    let mut xml = format!(
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        own.n_tests() + n_troubled,
        own.failed,
        own.errors + n_troubled
    );
    for played in &suite.tests {
        xml.push_str(&case(played));
    }
    if let Some(trouble) = &suite.trouble {
        let why = match trouble {
            Trouble::Wrong => "the configuration is wrong; `logbell check` says where",
            Trouble::Unreadable(error) => error,
        };
        let _ = writeln!(xml, "    <testcase classname=\"{name}\" name=\"configuration\">");
        let _ = writeln!(xml, "      <error message=\"{}\"/>", escaped(why));
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n");
    xml
}

/// One test.
fn case(played: &Played<'_>) -> String {
    let file = escaped(&played.test.file);
    let (rule, line) = (escaped(played.rule), played.test.line);
    let head = format!(
        "    <testcase classname=\"{file}\" name=\"{rule}, line {line}\" file=\"{file}\" \
         line=\"{line}\""
    );
    let (tag, message) = match played.verdict() {
        Verdict::Passed | Verdict::Accepted => return format!("{head}/>\n"),
        Verdict::Failed => ("failure", "what was told is not what is expected".to_owned()),
        Verdict::Error => ("error", played.error().unwrap_or_default()),
    };
    let message = escaped(&message);
    let text = escaped(&show::trouble(played));
    format!("{head}>\n      <{tag} message=\"{message}\">{text}</{tag}>\n    </testcase>\n")
}

/// `text` as it can stand in an attribute or between tags. What XML 1.0 cannot hold at all is
/// replaced (<https://www.w3.org/TR/xml/#charsets>).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(c),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_means_something_in_xml_is_escaped_and_what_it_cannot_hold_is_replaced() {
        assert_eq!(escaped("a<b>&\"c\"\n"), "a&lt;b&gt;&amp;&quot;c&quot;\n");
        assert_eq!(escaped("\x1b[31m\0\u{ffff}é"), "\u{fffd}[31m\u{fffd}\u{fffd}é");
    }
}
