//! What one line looks like by itself, told by its first bytes wherever that will do.

use memchr::memmem;

use super::header;
use super::stamp::Stamp;

/// What a line looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub(super) look: Look,
    /// White space before the first other byte, a tab counted as 8. None for a blank line.
    pub(super) depth: usize,
}

/// Looks of lines. Those of the first group belong to what stands before them, whatever it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// `    at f(F.java:7)`, `    from f.rb:7:in 'g'`, `... 12 more`, `--- End of stack trace …`.
    Frame,
    /// A frame of Node.js that the properties of the error follow: `    at f (f.js:1:2) {`.
    OpenFrame,
    /// `Caused by: …`, `Suppressed: …`, ` ---> …`.
    Cause,
    /// `nested exception is:`, which another line names.
    Nested,
    /// `  File "f.py", line 7, in g`.
    PythonFile,
    /// `During handling of the above exception, another exception occurred:` and its like.
    PythonChain,
    /// `goroutine 7 [running]:`, `runtime stack:`.
    Goroutine,
    /// `stack backtrace:` of Rust.
    Backtrace,
    /// `Stack trace:` of PHP, `#0 f.php(7): g()`, `#0 main (f.dart:7:8)`.
    Hash,
    /// `#7 {main}`.
    HashEnd,

    /// Begins as loggers begin their lines.
    Stamped(Stamp),
    /// The same, but part of what PHP says in several stamped lines.
    StampedPhp,
    /// `Traceback (most recent call last):`, `  + Exception Group Traceback …`.
    Traceback,
    /// Begins with the name of an exception.
    Exception,
    /// `f.rb:7:in 'g'` at the start of the line.
    RubyPlace,
    /// One word, or a word with a colon behind it: how Python ends a trace.
    Name,
    /// `main.f(0x1, 0x2)`, `created by main.main`, `...additional frames elided...`.
    GoFunction,
    /// `[signal SIGSEGV: …]`.
    GoSignal,
    /// `rip    0x4`.
    GoRegister,
    /// `note: run with …`.
    Note,
    /// `Next Exception: … in f.php:7` of PHP.
    Next,
    /// `Require stack:` of Node.js.
    RequireStack,
    /// `- f`, `[CIRCULAR …]`.
    Item,
    /// `   7: f`.
    Numbered,
    /// `    ^^^`.
    Caret,
    /// `}` or `"}`.
    Close,
    /// White space or nothing.
    Blank,
    /// Any other.
    Text,
}

impl Shape {
    /// What `text`, a line without its end, looks like.
    pub(crate) fn of(text: &[u8]) -> Self {
        let rest = text.trim_ascii_start();
        if rest.is_empty() {
            return Self { look: Look::Blank, depth: 0 };
        }
        let depth = text[..text.len() - rest.len()].iter();
        let depth = depth.map(|&byte| if byte == b'\t' { 8 } else { 1 }).sum();
        let look =
            anywhere(rest).unwrap_or_else(|| if depth > 0 { indented(rest) } else { flush(text) });
        Self { look, depth }
    }

    /// Whether nothing that loggers write stands before it, and it says something.
    pub(super) fn is_bare_text(self) -> bool {
        !matches!(self.look, Look::Stamped(_) | Look::StampedPhp | Look::Blank)
    }
}

/// The look of a line that has it with or without white space before it.
fn anywhere(rest: &[u8]) -> Option<Look> {
    let is = |head: &str| rest.starts_with(head.as_bytes());
    let has = |part: &str| memmem::find(rest, part.as_bytes()).is_some();
    let whole = rest.trim_ascii_end();
    match rest[0] {
        b'.' if is("...") && has("frames elided") => Some(Look::GoFunction),
        b'.' if is("... ") && rest.get(4).is_some_and(u8::is_ascii_digit) => Some(Look::Frame),
        b'C' if is("Caused by:") => Some(Look::Cause),
        b'S' if is("Suppressed:") => Some(Look::Cause),
        b'S' if whole == b"Stack trace:" => Some(Look::Hash),
        b's' | b'S' if whole[1..] == *b"tack backtrace:" => Some(Look::Backtrace),
        b'W' if is("Wrapped by:") => Some(Look::Cause),
        b'n' if is("nested exception is:") => Some(Look::Nested),
        b'n' if is("note: ") => Some(Look::Note),
        b'-' if is("--- End of ") && has("stack trace") => Some(Look::Frame),
        b'-' if is("---> ") => Some(Look::Cause),
        b'<' if whole == b"<---" || whole == b"<asynchronous suspension>" => Some(Look::Frame),
        b'F' if whole == b"From previous event:" => Some(Look::Frame),
        b'D' if is("Did you mean?") => Some(Look::Frame),
        b'D' if is("During handling of the above exception") => Some(Look::PythonChain),
        b'T' if is("The above exception was the direct cause") => Some(Look::PythonChain),
        b'[' if is("[stacktrace]") || is("[previous exception]") => Some(Look::Hash),
        b'#' => numbered_frame(rest),
        _ => None,
    }
}

/// `#7 …(…)` and `#7 {main}`.
fn numbered_frame(rest: &[u8]) -> Option<Look> {
    let behind = behind_digits(&rest[1..])?.strip_prefix(b" ")?;
    if behind.trim_ascii() == b"{main}" {
        return Some(Look::HashEnd);
    }
    memchr::memchr2(b'(', b'{', behind).map(|_| Look::Hash)
}

/// The look of a line behind the white space that it begins with.
fn indented(rest: &[u8]) -> Look {
    let is = |head: &str| rest.starts_with(head.as_bytes());
    if is("at ") || is("eval at ") {
        return if rest.trim_ascii_end().ends_with(b" {") { Look::OpenFrame } else { Look::Frame };
    }
    let behind_number = behind_digits(rest);
    let from = behind_number.and_then(|rest| rest.strip_prefix(b": ")).unwrap_or(rest);
    if from.starts_with(b"from ") && from.contains(&b':') {
        return Look::Frame;
    }
    if is("File \"") {
        return Look::PythonFile;
    }
    if is("thrown in ") || is("[Previous line repeated") || ruby_place(rest).is_some() {
        return Look::Frame;
    }
    if is("+ Exception Group Traceback") {
        return Look::Traceback;
    }
    if is_caret(rest) {
        return Look::Caret;
    }
    match behind_number {
        Some([b':', ..]) => Look::Numbered,
        _ if is("- ") || is("[") => Look::Item,
        _ => Look::Text,
    }
}

/// The look of a line that begins with its first byte.
fn flush(text: &[u8]) -> Look {
    let is = |head: &str| text.starts_with(head.as_bytes());
    if is("[signal ") {
        return Look::GoSignal;
    }
    if header::is_php_part(text) {
        return Look::StampedPhp;
    }
    if let Some(stamp) = Stamp::of(text) {
        return Look::Stamped(stamp);
    }
    if is("goroutine ") && text.trim_ascii_end().ends_with(b"]:") || is("runtime stack:") {
        return Look::Goroutine;
    }
    if is("Traceback (most recent call last):") {
        return Look::Traceback;
    }
    if ruby_place(text).is_some() {
        return Look::RubyPlace;
    }
    if is("created by ") || is_go_call(text) {
        return Look::GoFunction;
    }
    if header::is_exception(text) {
        return Look::Exception;
    }
    if is("Next ") && memmem::find(text, b" in ").is_some() {
        return Look::Next;
    }
    if is("Require stack:") {
        return Look::RequireStack;
    }
    match text[0] {
        b'-' if is("- ") => Look::Item,
        b'}' => Look::Close,
        b'^' if is_caret(text) => Look::Caret,
        b'"' if is("\"}") => Look::Close,
        _ if is_go_register(text) => Look::GoRegister,
        _ if is_name(text) => Look::Name,
        _ => Look::Text,
    }
}

/// Where a place as Ruby names it ends: `…:7:in 'f'`, with either quote.
pub(super) fn ruby_place(text: &[u8]) -> Option<usize> {
    let at = memmem::find(text, b":in ")?;
    let is_line = at > 0 && text[at - 1].is_ascii_digit();
    (is_line && matches!(text.get(at + 4), Some(b'`' | b'\''))).then_some(at)
}

/// A mark under a place in a line of source.
fn is_caret(rest: &[u8]) -> bool {
    rest.iter().all(|byte| matches!(byte, b'^' | b'~' | b' ' | b'-' | b'|'))
}

/// `main.f(0x1, 0x2)`: nothing but a name before the first parenthesis, and one at the end.
fn is_go_call(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'(', text) else { return false };
    let is_in_name =
        |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b':' | b'"' | b'\'');
    at > 0 && text.ends_with(b")") && text[..at].iter().all(is_in_name)
}

/// `rip    0x45`, `PC=0x45 m=0 sigcode=0`.
fn is_go_register(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let rest = &text[name..];
    let value = rest.trim_ascii_start();
    (1..=6).contains(&name)
        && (value.len() < rest.len() || rest.starts_with(b"="))
        && value.trim_ascii_start().strip_prefix(b"=").unwrap_or(value).starts_with(b"0x")
}

/// `KeyboardInterrupt`, `json.JSONDecodeError: …`.
fn is_name(text: &[u8]) -> bool {
    let len = name_len(text);
    len > 0 && matches!(text[len..], [] | [b':'] | [b':', b' ', ..])
}

/// Bytes at the start of `text` that may make the name of a class.
pub(super) fn name_len(text: &[u8]) -> usize {
    let is_in_name = |byte: &&u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'<' | b'>' | b'/')
    };
    text.iter().take_while(is_in_name).count()
}

fn behind_digits(text: &[u8]) -> Option<&[u8]> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (len > 0).then(|| &text[len..])
}
