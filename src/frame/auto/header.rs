//! The first line of a trace, which may stand behind what a logger puts before it.

use memchr::memmem;

use super::shape::{name_len, ruby_place};

/// How names of exceptions end.
const ENDINGS: [&[u8]; 3] = [b"Exception", b"Error", b"Throwable"];

/// What kind of trace a line announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Header {
    /// Python's or old Ruby's `Traceback (most recent call last):`.
    Traceback,
    /// A panic or fatal error of Go.
    Go,
    /// A panic of Rust, whose message is on the next line.
    RustWithMessage,
    /// A panic of Rust with its message.
    Rust,
    /// `Unhandled exception:` of Dart: several lines of message follow.
    Dart,
    /// An error of PHP.
    Php,
    /// `ActionController::RoutingError (…):`.
    Rails,
    /// `f.rb:7:in 'g': … (ZeroDivisionError)`.
    Ruby,
    /// `/app/f.js:7`: the source of the line follows.
    JsPlace,
    /// `fail: Microsoft.X[1]` of the console logger of .NET: indented lines follow.
    DotNetLog,
    /// `Exception in thread Thread-1:` of Python.
    Thread,
    /// An exception of Java that the next line names.
    Nested,
    /// Anything else with an exception that a trace may follow.
    Exception,
}

impl Header {
    /// What `text`, a line without its end, announces.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let whole = text.trim_ascii_end();
        let is = |head: &str| text.starts_with(head.as_bytes());
        let ends = |tail: &str| whole.ends_with(tail.as_bytes());
        if ends("Traceback (most recent call last):") {
            return Some(Self::Traceback);
        }
        if is_go(text) {
            return Some(Self::Go);
        }
        if has(text, "thread '") && has(text, " panicked at ") {
            return Some(if ends(":") { Self::RustWithMessage } else { Self::Rust });
        }
        if ends("Unhandled exception:") {
            return Some(Self::Dart);
        }
        if is_php(text) {
            return Some(Self::Php);
        }
        if ends("):") && is_rails(whole) {
            return Some(Self::Rails);
        }
        if ends(")") && ruby_place(text).is_some() {
            return Some(Self::Ruby);
        }
        if is_js_place(whole) {
            return Some(Self::JsPlace);
        }
        if ends("]") && is_dot_net_log(whole) {
            return Some(Self::DotNetLog);
        }
        if (is("Exception in thread ") && ends(":")) || is("Exception ignored in") {
            return Some(Self::Thread);
        }
        if ends("nested exception is:") {
            return Some(Self::Nested);
        }
        mentions_exception(whole).then_some(Self::Exception)
    }
}

fn has(text: &[u8], part: &str) -> bool {
    memmem::find(text, part.as_bytes()).is_some()
}

/// Whether `text` begins with the name of an exception, as a trace without a logger does.
pub(super) fn is_exception(text: &[u8]) -> bool {
    if text.starts_with(b"Exception in thread ") {
        return true;
    }
    let text = text.strip_prefix(b"Uncaught ").unwrap_or(text);
    let (name, rest) = text.split_at(name_len(text));
    if !matches!(rest, [] | [b':'] | [b':', b' ', ..]) {
        return false;
    }
    // Java and .NET name the package before the class: `org.x.ConnectFailure: …`.
    let class = memchr::memrchr(b'.', name).map(|dot| &name[dot + 1..]);
    let is_class = class.and_then(<[u8]>::first).is_some_and(u8::is_ascii_uppercase);
    is_class || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether an exception is named somewhere, with a colon or nothing behind it.
fn mentions_exception(whole: &[u8]) -> bool {
    let is_name_end = |end: usize| matches!(whole.get(end), None | Some(b':'));
    ENDINGS
        .iter()
        .any(|ending| memmem::find_iter(whole, ending).any(|at| is_name_end(at + ending.len())))
}

/// `panic: …`, `http: panic serving …`, `fatal error: …` and what else makes Go dump its stacks.
fn is_go(text: &[u8]) -> bool {
    const HEADS: [&[u8]; 4] =
        [b"fatal error: ", b"unexpected fault address ", b"SIGQUIT: quit", b"SIGABRT: abort"];
    if HEADS.iter().any(|head| text.starts_with(head)) || has(text, "http: panic serving ") {
        return true;
    }
    let is_word = |at: usize| at == 0 || !text[at - 1].is_ascii_alphanumeric();
    memmem::find_iter(text, b"panic: ").any(is_word)
}

/// What PHP's own messages begin with, and how it names an exception that nobody caught.
fn is_php(text: &[u8]) -> bool {
    const KINDS: [&[u8]; 8] = [
        b"Fatal error:",
        b"Warning:",
        b"Notice:",
        b"Parse error:",
        b"Deprecated:",
        b"Recoverable fatal error:",
        b"Strict Standards:",
        b"Catchable fatal error:",
    ];
    let is_kind = |at: usize| KINDS.iter().any(|kind| text[at + 4..].starts_with(kind));
    memmem::find_iter(text, b"PHP ").any(is_kind)
        || (has(text, "exception '") && has(text, "' with message '"))
        || has(text, "Fatal error: Uncaught ")
}

/// `PHP Stack trace:` and `PHP   1. f() f.php:7`, with or without a time before them.
pub(super) fn is_php_part(text: &[u8]) -> bool {
    let is_part = |at: usize| {
        let rest = &text[at + 3..];
        let number = rest.trim_ascii_start();
        rest.starts_with(b" Stack trace:")
            || (rest.len() > number.len() + 1
                && number.first().is_some_and(u8::is_ascii_digit)
                && memchr::memchr(b'.', &number[..number.len().min(4)]).is_some())
    };
    memmem::find_iter(text, b"PHP ").any(is_part)
}

/// The name of a class before ` (`.
fn is_rails(whole: &[u8]) -> bool {
    let Some(at) = memmem::find(whole, b" (") else { return false };
    let name =
        memchr::memrchr2(b' ', b'\t', &whole[..at]).map_or(&whole[..at], |i| &whole[i + 1..at]);
    let is_class = name.first().is_some_and(u8::is_ascii_uppercase);
    is_class && (has(name, "::") || ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// `/app/f.js:7`, `node:internal/x:7`: one word.
fn is_js_place(whole: &[u8]) -> bool {
    const FILES: [&str; 6] = [".js:", ".ts:", ".mjs:", ".cjs:", ".jsx:", ".tsx:"];
    whole.last().is_some_and(u8::is_ascii_digit)
        && !whole.iter().any(u8::is_ascii_whitespace)
        && (whole.starts_with(b"node:") || FILES.iter().any(|file| has(whole, file)))
}

/// `fail: Microsoft.X[1]`.
fn is_dot_net_log(whole: &[u8]) -> bool {
    const LEVELS: [&[u8]; 6] = [b"trce", b"dbug", b"info", b"warn", b"fail", b"crit"];
    let Some((level, rest)) = whole.split_at_checked(4) else { return false };
    let Some(category) = rest.strip_prefix(b": ") else { return false };
    LEVELS.contains(&level)
        && !category.iter().any(u8::is_ascii_whitespace)
        && category.contains(&b'[')
}
