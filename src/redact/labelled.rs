//! Secrets that a label tells of: `password=…`, `"api_key": "…"`, `--token …`, `Authorization: …`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// Words whose value is a secret wherever they stand.
const STRONG: &str = r"pass(?:word|wd|phrase|code)|pwd
    | (?:api|app|access|secret|private|account|encryption|signing|auth|master|shared|storage)[_.\ -]?key
    | sharedaccesskey | secretaccesskey | secret[_.-]access[_.-]key | client[_.-]?secret | otp";
/// Words whose value is a secret behind `=`. Behind `:` prose may follow (`unexpected token: end`), so
/// it has to look like one.
const WEAK: &str = r"token|secret|credentials?|auth|pass";
/// Words whose value opens a session on the web, or signs something, where it is long.
const LONG: &str =
    r"phpsessid|jsessionid|sessid|connect\.sid|asp\.net_sessionid|sess(?:ion)?[_.-]?key|signature";

/// A label with what stands between it and its value.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    let label = format!(
        r#"(?xi-u)
        (?<dashes> (?:^|[\s"'`=\[,]) --? )?
        (?<key> [a-z0-9_.-]* (?: (?<strong> {STRONG} ) | (?<weak> {WEAK} ) | (?<long> {LONG} ) ) [0-9]? )
        (?: (?<sep> \\*["'`]?\]? [\ \t]* (?: => | := | ={{1,3}} | : | %3D ) [\ \t]* )
          | (?<gap> [\ \t]+ ) )"#
    );
    Regex::new(&label).expect("a constant")
});
/// What a whole name must be to be a label.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    let name = format!(r"(?xi-u) ^[a-z0-9_.-]* (?: {STRONG} | token|secret|credentials? ) [0-9]?$");
    Regex::new(&name).expect("a constant")
});
/// A header of HTTP whose value is a secret, up to the value.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    let header = r#"(?xi-u)
        \b (?: (?<auth> (?:proxy-)?authorization ) | (?<cookie> (?:set-)?cookie2? ) )
        \\*["'`]?\]? [\ \t]* (?: => | [:=] ) [\ \t]* (?: \[ )? (?<quote> \\*["'`] )?"#;
    Regex::new(header).expect("a constant")
});
/// Forms of their own, whose group is the secret: SQL, an element of XML, and a name beside its value, as
/// in the environment of a container: `{"name": "DB_PASSWORD", "value": "…"}`.
static FORMS: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    let word = format!("[a-z0-9_.-]*(?:{STRONG}|token|secret)[0-9]?");
    let sql =
        r"\b identified \s+ (?:with \s+ \S+ \s+)? by (?:\s+ password)? \s+ '([^']*)".to_owned();
    let xml = format!(r"< (?:[a-z0-9_]+:)? {word} (?:\s[^<>]*)? > ([^<\n]+) </");
    let quoted = r#"\\*["']"#;
    let sign = r"\s*[:=]\s*";
    let pair = format!(
        r#"(?:name|key) (?:{quoted})? {sign} {quoted} {word} {quoted} [\s,]*
        (?:{quoted})? value (?:{quoted})? {sign} {quoted} ([^"'\\\n]+)"#
    );
    [sql, xml, pair].map(|form| Regex::new(&format!("(?xi-u) {form}")).expect("a constant"))
});

/// Whether `name` is that of a secret.
pub fn is_label(name: &str) -> bool {
    NAME.is_match(name.as_bytes())
}

/// Adds where such secrets stand in `text`.
pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(found) = LABEL.captures_at(text.as_bytes(), at) {
        let part = |name| found.name(name).map(|part| &text[part.range()]);
        at = found.get(0).expect("the match").end();
        let trust = match (part("strong"), part("long")) {
            (Some(_), _) => Trust::Strong,
            (None, Some(_)) => Trust::Long,
            (None, None) => Trust::Weak,
        };
        let key = part("key").unwrap_or_default();
        let is_option = part("dashes").is_some() || key.starts_with("--");
        let before = match part("sep") {
            Some(sep) if is_left_empty(sep, &text[at..]) => continue,
            Some(sep) if sep.contains(':') && !sep.contains(":=") => Before::Colon,
            Some(_) => Before::Equals,
            None if is_option => Before::Option,
            None => Before::Space,
        };
        let secret = look(text, at, |rest| {
            let value = value(rest, before)?;
            let quotes =
                if rest[..value.start].ends_with(QUOTES) { Quotes::Some } else { Quotes::None };
            is_secret(&rest[value.clone()], key, trust, before, quotes).then_some(value)
        });
        if let Some(secret) = secret {
            at = secret.end;
            spans.push(secret);
        }
    }
    headers(text, spans);
    for form in FORMS.iter() {
        let found = form.captures_iter(text.as_bytes());
        spans.extend(found.filter_map(|found| Some(found.get(1)?.range())));
    }
}

/// What `find` finds in `text` from `start` on. It looks at the rest of the text only if what it finds
/// goes on so far: a line full of labels would else be read as often as it has labels.
fn look(
    text: &str,
    start: usize,
    find: impl Fn(&str) -> Option<Range<usize>>,
) -> Option<Range<usize>> {
    const NEAR: usize = 512;
    let rest = &text[start..];
    let near = &rest[..rest.floor_char_boundary(NEAR)];
    let mut found = find(near)?;
    // Signs that do not belong to a value are left out at its end.
    if near.len() < rest.len() && found.end + 16 > near.len() {
        found = find(rest)?;
    }
    Some(start + found.start..start + found.end)
}

/// `password= user=me`: nothing stands behind the sign `sep` but the next name.
fn is_left_empty(sep: &str, rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let is_next_name = name.len() < rest.len() && name.starts_with('=');
    sep.starts_with('=') && sep.ends_with([' ', '\t']) && is_next_name
}

/// How sure it is that a label tells of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Strong,
    Weak,
    Long,
}

const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Whether a value stands in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Some,
    None,
}

/// What stands between a label and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Equals,
    Colon,
    /// A space, behind an option of a command: `--password x`.
    Option,
    Space,
}

/// The value that `rest` begins with; `None` if there is none.
fn value(rest: &str, before: Before) -> Option<Range<usize>> {
    let slashes = rest.len() - rest.trim_start_matches('\\').len();
    let quote = rest[slashes..].chars().next().filter(|c| QUOTES.contains(c));
    if let Some(quote) = quote {
        let inner = slashes + 1;
        let end = end_of_quoted(&rest[inner..], quote, slashes);
        return (end > 0).then(|| inner..inner + end);
    }
    if before == Before::Space || (before == Before::Colon && rest.starts_with(['{', '['])) {
        return None;
    }
    let end = end_of_word(rest);
    let word = &rest[..end];
    // `token: Bearer …`: the scheme is none.
    let is_scheme = ["bearer", "basic", "token", "digest"].contains(&&*word.to_ascii_lowercase());
    let next = rest[end..].strip_prefix(' ').filter(|_| is_scheme).map_or(0, end_of_word);
    let end = if next > 0 { end + 1 + next } else { end };
    (end > 0).then_some(0..end)
}

/// Where what is quoted by `quote`, itself behind so many backslashes, ends: at the end of the line at
/// the latest.
fn end_of_quoted(text: &str, quote: char, slashes: usize) -> usize {
    let mut n_slashes = 0;
    for (at, c) in text.char_indices() {
        match c {
            '\n' | '\r' => return at,
            '\\' => n_slashes += 1,
            c if c == quote && slashes == 0 && n_slashes % 2 == 0 => return at,
            // Fewer backslashes than open it close what it stands in.
            c if c == quote && slashes > 0 && n_slashes <= slashes => return at - n_slashes,
            _ => n_slashes = 0,
        }
    }
    text.len()
}

/// Where a value without quotes ends.
fn end_of_word(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | '"' | '\'' | '`'));
    let word = &text[..end.unwrap_or(text.len())];
    // `{user=a,password=b,host=c}`: a comma before the next name ends it.
    let comma = word.match_indices(',').map(|(at, _)| at).find(|at| {
        let rest = &word[at + 1..];
        let name = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        name.len() < rest.len() && name.starts_with(['=', ':'])
    });
    word[..comma.unwrap_or(word.len())].trim_end_matches([',', ')', '}', ']', '>']).len()
}

/// Whether `value` behind the label `key` is a secret, and no word that stands for none.
fn is_secret(value: &str, key: &str, trust: Trust, before: Before, quotes: Quotes) -> bool {
    let key = key.to_ascii_lowercase();
    let last = key.rsplit(['_', '.', '-']).next().unwrap_or_default();
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let is_path = value.starts_with(['/', '~']) || value.get(1..3) == Some(":\\");
    match (trust, before) {
        _ if stands_for_none(value) => false,
        // `PWD=/home/me` of sudo, `pass=12 fail=1` of tests.
        _ if last.ends_with("pwd") && is_path => false,
        _ if last == "pass" && value.bytes().all(|byte| byte.is_ascii_digit()) => false,
        _ if ["bypass", "compass", "elevatedtoken"].contains(&last) => false,
        // `auth: passwd-file(…)` of dovecot.
        _ if last.ends_with("auth") && before == Before::Colon && quotes == Quotes::None => false,
        _ if last.ends_with("auth") => has_digit && value.len() >= 12,
        // Without a sign between them, only what is quoted is a value, and only a password.
        (_, Before::Space) => trust == Trust::Strong && quotes == Quotes::Some,
        // A line's end or a tab that was escaped stands before the next line, not before a secret.
        (Trust::Weak | Trust::Long, _) if value.starts_with('\\') => false,
        (Trust::Weak, Before::Colon) if quotes == Quotes::None => {
            (has_digit && value.len() >= 6) || value.len() >= 16
        }
        (Trust::Strong | Trust::Weak, _) => true,
        (Trust::Long, _) => has_digit && value.len() >= 16 && !value.contains(char::is_whitespace),
    }
}

/// Whether `value` says that there is none, or is a place for one.
fn stands_for_none(value: &str) -> bool {
    const NONE: [&str; 16] = [
        "null",
        "nil",
        "none",
        "undefined",
        "true",
        "false",
        "yes",
        "no",
        "empty",
        "missing",
        "required",
        "invalid",
        "expired",
        "<nil>",
        "(null)",
        "changed",
    ];
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let is_place = match value.as_bytes() {
        [b'<', .., b'>'] | [b'$', b'{', .., b'}'] | [b'{', b'{', .., b'}', b'}'] => true,
        [b'$', ..] => is_name(&value[1..]),
        [b'%', verb] => verb.is_ascii_alphabetic(),
        _ => false,
    };
    let is_masked = value.trim_matches(['*', 'x', 'X', '•', '.']).is_empty();
    is_place || is_masked || NONE.contains(&&*value.to_ascii_lowercase())
}

/// Schemes of authorization with one word behind them, and those with many.
const ONE: [&str; 7] = ["bearer", "basic", "token", "apikey", "key", "splunk", "genie"];
const MANY: [&str; 6] = ["digest", "aws4-hmac-sha256", "ntlm", "negotiate", "hawk", "oauth"];

/// Adds what stands behind `Authorization` and `Cookie`.
fn headers(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for header in HEADER.captures_iter(text.as_bytes()) {
        let start = header.get(0).expect("the match").end();
        if start < done {
            continue;
        }
        let quote = header.name("quote").map(|quote| quote.as_bytes());
        let is_cookie = header.name("cookie").is_some();
        let secret = look(text, start, |rest| {
            let end = match quote {
                Some([slashes @ .., quote]) => end_of_quoted(rest, (*quote).into(), slashes.len()),
                _ => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            };
            let value = &rest[..end];
            if is_cookie {
                let end = value.find('"').unwrap_or(end);
                return value[..end].contains('=').then_some(0..end);
            }
            credentials(value)
        });
        if let Some(secret) = secret {
            done = secret.end;
            spans.push(secret);
        }
    }
}

/// What of the value of `Authorization` is secret.
fn credentials(value: &str) -> Option<Range<usize>> {
    let first = value.find(' ').unwrap_or(value.len());
    let scheme = value[..first].to_ascii_lowercase();
    let rest = &value[first..];
    if MANY.contains(&&*scheme) {
        return Some(first..value.len());
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';');
    let word_from = |start: usize| {
        let word = value[start..].find(is_end).unwrap_or(value.len() - start);
        start..start + word
    };
    if ONE.contains(&&*scheme) {
        return Some(word_from(value.len() - rest.trim_start().len()));
    }
    // Prose may follow (`authorization: denied`).
    let word = word_from(0);
    let is_credential = word.len() >= 8 && value[word.clone()].bytes().any(|b| b.is_ascii_digit());
    is_credential.then_some(word)
}
