//! One object a line, for programs, that a terminal shows as it is.

use std::fmt::Write as _;

use serde::Serialize;

use crate::format::is_safe;

/// `value` as JSON on one line, its end included.
///
/// It may hold text of a log, and end up in a terminal: what moves the cursor there, hides text or
/// changes its direction is written as `\u…`, which is the same to programs.
pub(super) fn line(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("plain data with string keys");
    let mut line = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if is_safe(c) {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_means_the_same() {
        let value =
            json!({ "ä\u{9b}31m": "\u{1b}[2J\u{7f}\u{202e}evil\u{200b}\u{feff}\u{e0041} 😀\t\"" });
        let line = line(&value);
        let expected =
            r#"{"ä\u009b31m":"\u001b[2J\u007f\u202eevil\u200b\ufeff\udb40\udc41 😀\t\""}"#;
        assert_eq!(line, expected.to_owned() + "\n");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }
}
