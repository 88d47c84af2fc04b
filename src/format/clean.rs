//! Log bytes as text that is safe to lay out: one place for all of it.

/// `bytes` as text on one line, without what could move the cursor, hide or reorder other text.
///
/// Bytes that are not UTF-8 become `U+FFFD`. ANSI sequences, control characters, the marks that
/// change the direction of text (U+202A–202E, U+2066–2069 and the like) and invisible characters
/// are dropped. Tabs and line separators become spaces.
pub fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_escape_sequence(&mut rest),
            // The one-character form of `ESC [`.
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => clean.push(' '),
            c if c.is_control() || is_invisible(c) => {}
            c => clean.push(c),
        }
    }
    clean
}

/// `bytes` as lines of such text: an event may have several.
pub(super) fn clean_lines(bytes: &[u8]) -> String {
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| clean(line.strip_suffix(b"\r").unwrap_or(line)));
    lines.collect::<Vec<_>>().join("\n")
}

/// `text` cut to `max` characters, with an ellipsis where something was cut.
pub(super) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) if max == 0 => String::new(),
        Some(_) => text.chars().take(max - 1).chain(['…']).collect(),
    }
}

/// Whether a terminal shows `c` as it is: it moves and hides nothing, and does not change the direction
/// of text.
pub fn is_safe(c: char) -> bool {
    !c.is_control() && !is_invisible(c) && !matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Skips what belongs to an `ESC` (ECMA-48): `ESC [ … letter`, `ESC ] … BEL`, `ESC letter`.
fn skip_escape_sequence(rest: &mut std::str::Chars<'_>) {
    let mut ahead = rest.clone();
    match ahead.next() {
        Some('[') => {
            *rest = ahead;
            skip_control_sequence(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(rest),
        // One intermediate and one final byte, as in `ESC ( B`.
        Some(' '..='/') => drop(rest.nth(1)),
        Some('0'..='~') => drop(rest.next()),
        _ => {}
    }
}

/// Skips the parameters and the final letter of a control sequence.
fn skip_control_sequence(rest: &mut std::str::Chars<'_>) {
    let mut ahead = rest.clone();
    while let Some(c) = ahead.next() {
        match c {
            ' '..='?' => *rest = ahead.clone(),
            '@'..='~' => return *rest = ahead,
            _ => return,
        }
    }
}

/// Skips a control string up to its end, if it has one; else only its introducer, so that an
/// unclosed one hides nothing of the line.
fn skip_string(rest: &mut std::str::Chars<'_>) {
    let text = rest.as_str();
    let end =
        ["\u{7}", "\u{1b}\\", "\u{9c}"].iter().filter_map(|end| Some(text.find(end)? + end.len()));
    match end.min() {
        Some(end) => *rest = text[end..].chars(),
        None => drop(rest.next()),
    }
}
