//! Which parts of a text must not be shown, because they are or may be a webhook's secret, or the
//! password of a proxy.
//!
//! A text is searched as it stands, not as TOML, so that a secret is also found in a comment, in
//! the wrong place and where the file is broken.

use std::ops::Range;

/// What comes before a secret in a webhook's address, or in a name for one, in lower case.
const BEFORE: [&str; 2] = ["key", "token"];
/// Shorter runs that do not end a line or a string are taken for words, not for a secret's rest.
const LONG_RUN: usize = 20;

/// The parts of `text` that may be secret, ascending and apart.
///
/// That is what follows `key=` and `token=`, in any case, bare or in quotes, until a byte that
/// such a value never has; where white space or a line end tears it apart, its rest too. And the
/// query of anything that looks like the address of a space's messages. Of any address it is who logs
/// in there with what, and that too in what is given to a word that begins with `prox`.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for word in BEFORE {
        let mut hidden_to = 0;
        for (at, _) in lower.match_indices(word) {
            // What is hidden already is not searched again, or `key=key=…` would take for ever.
            if at < hidden_to {
                continue;
            }
            if let Some(start) = value_start(&lower, at + word.len()) {
                let end = start + run_length(&text[start..]);
                hidden_to = hide_value(text, start..end, &mut found);
            }
        }
    }
    let mut hidden_to = 0;
    for (at, before) in lower.match_indices("/messages?") {
        if at >= hidden_to {
            // Surely an address: all up to the end of its string, whatever is in it.
            let start = at + before.len();
            let end = text[start..].find(['"', '\'', '`', '\n']).map_or(text.len(), |n| start + n);
            hidden_to = hide_value(text, start..end, &mut found);
        }
    }
    for (at, before) in lower.match_indices("://") {
        found.extend(login(text, at + before.len()));
    }
    for (at, before) in lower.match_indices("prox") {
        let word = at + before.len();
        let rest = lower[word..].find(|c: char| !c.is_alphanumeric() && c != '_');
        let start = rest.and_then(|len| value_start(&lower, word + len));
        found.extend(start.and_then(|start| login(text, start)));
    }
    joined(found)
}

/// What stands before the last `@` of an address that begins at `start`, if there is one.
fn login(text: &str, start: usize) -> Option<Range<usize>> {
    let blank = |c: char| c.is_whitespace() || ['"', '\'', '`', '[', ']'].contains(&c);
    let begin = start + text[start..].find(|c| !blank(c))?;
    let end = text[begin..].find(blank).map_or(text.len(), |len| begin + len);
    Some(begin..begin + text[begin..end].rfind('@')?)
}

/// `ranges`, ascending and apart.
pub(super) fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// `text` with `…` for its secrets.
pub(super) fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for secret in secrets(text) {
        shown.push_str(&text[at..secret.start]);
        shown.push('…');
        at = secret.end;
    }
    shown.push_str(&text[at..]);
    shown
}

/// Where the value begins, if `=` and perhaps a quote follow at `at`.
fn value_start(lower: &str, at: usize) -> Option<usize> {
    let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t', '"', '\'']).len();
    let mut start = at + blank(&lower[at..]);
    start += ["%3d", "="].iter().find(|sign| lower[start..].starts_with(**sign))?.len();
    Some(start + blank(&lower[start..]))
}

/// Adds the value at `span`, and its rest where it is torn apart. Returns its end.
fn hide_value(text: &str, span: Range<usize>, found: &mut Vec<Range<usize>>) -> usize {
    let mut end = span.end;
    if span.is_empty() {
        return end;
    }
    found.push(span);
    loop {
        let after = &text[end..];
        let torn = after.len() - after.trim_start_matches([' ', '\t', '\r', '\n', '\\']).len();
        let next = end + torn;
        let run = run_length(&text[next..]);
        let rest = &text[next + run..];
        let ends = rest.is_empty() || rest.starts_with(['"', '\'', '\n', '\r', '\\', '&']);
        if torn == 0 || run == 0 || !(ends || run >= LONG_RUN) {
            return end;
        }
        end = next + run;
        found.push(next..end);
    }
}

/// How many bytes from the beginning of `text` could stand in the query of an address.
fn run_length(text: &str) -> usize {
    let belongs = |c: char| c.is_alphanumeric() || "-_.~%&=+/:;,@!$".contains(c);
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}
