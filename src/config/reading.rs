//! `format`, `encoding`, `max_line`, `time`: how the bytes of a source become lines, and of when.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::fields::Form;
use crate::source::{Format, MAX_LINE};
use crate::stamp::{self, Dating, Policy};

use super::fields::{Fields, Scalar, short};
use super::report::Report;
use super::size;
use super::words::nearest;

/// The words of `format`: how lines are packed, and how those that come out name their fields.
///
/// What an application writes says nothing of what its lines are packed in: of `json` and `logfmt` too the
/// first lines of a file tell.
const FORMATS: [(&str, Format, Option<Form>); 6] = [
    ("plain", Format::Plain, None),
    ("auto", Format::Auto, Some(Form::Either)),
    ("json", Format::Auto, Some(Form::Json)),
    ("logfmt", Format::Auto, Some(Form::Logfmt)),
    ("cri", Format::Cri, Some(Form::Either)),
    ("docker", Format::Docker, Some(Form::Either)),
];
/// Words that others have for them.
const SYNONYMS: [(&str, &str); 14] = [
    ("ecs", "json"),
    ("jsonl", "json"),
    ("json_lines", "json"),
    ("key-value", "logfmt"),
    ("ndjson", "json"),
    ("containerd", "cri"),
    ("crio", "cri"),
    ("json-file", "docker"),
    ("k8s", "cri"),
    ("kubernetes", "cri"),
    ("line", "plain"),
    ("none", "plain"),
    ("raw", "plain"),
    ("text", "plain"),
];

/// The words of `time`.
const TIMES: [(&str, Policy); 3] =
    [("auto", Policy::Auto), ("log", Policy::Log), ("arrival", Policy::Arrival)];
/// Words that others have for them.
const TIME_SYNONYMS: [(&str, &str); 8] = [
    ("event", "log"),
    ("ingest", "arrival"),
    ("line", "log"),
    ("now", "arrival"),
    ("read", "arrival"),
    ("receive", "arrival"),
    ("received", "arrival"),
    ("stamp", "log"),
];

/// Labels of encodings that are in use, to suggest. `encoding_rs` knows more and lists none.
pub(super) const LABELS: [&str; 36] = [
    "ascii",
    "big5",
    "euc-jp",
    "euc-kr",
    "gb18030",
    "gb2312",
    "gbk",
    "ibm866",
    "iso-8859-1",
    "iso-8859-15",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-9",
    "koi8-r",
    "koi8-u",
    "latin1",
    "latin2",
    "macintosh",
    "shift_jis",
    "us-ascii",
    "utf-16",
    "utf-16be",
    "utf-16le",
    "utf-8",
    "utf8",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
];

/// The least `max_line` in bytes.
const LEAST_LINE: usize = 1024;

/// `format`.
pub(super) fn format(fields: &Fields, report: &mut Report) -> (Format, Option<Form>) {
    let unsaid = (Format::default(), None);
    let Some(text) = fields.text("format", report) else { return unsaid };
    if let Some((_, format, form)) = FORMATS.iter().find(|(word, ..)| *word == text.value) {
        return (*format, *form);
    }
    let word = text.value.to_lowercase();
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, ours)| *ours);
    let meant = synonym.or_else(|| nearest(&word, FORMATS.map(|(word, ..)| word)));
    let message = format!("unknown format `{}`", short(text.value));
    report.error(text.span, message).help(match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "there are `plain`, `auto`, `json`, `logfmt`, `cri` and `docker`".to_owned(),
    });
    unsaid
}

/// The name of `format`.
pub(super) fn name_of(format: Format) -> &'static str {
    let known = FORMATS.iter().find(|(_, known, _)| *known == format);
    known.map_or("", |(word, ..)| *word)
}

/// `encoding`: one in which a line end can be found without decoding all that stands before it.
pub(super) fn encoding(fields: &Fields, report: &mut Report) -> Option<&'static Encoding> {
    let text = fields.text("encoding", report)?;
    let Some(encoding) = Encoding::for_label(text.value.as_bytes()) else {
        let message = format!("unknown encoding `{}`", short(text.value));
        report.error(text.span, message).help(match nearest(&text.value.to_lowercase(), LABELS) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write for example `utf-16le`, `latin1` or `shift_jis`; without `encoding`, \
                     lines are read as UTF-8"
                .to_owned(),
        });
        return None;
    };
    if encoding.is_ascii_compatible() || encoding == UTF_16LE || encoding == UTF_16BE {
        return Some(encoding);
    }
    let message = format!(
        "`{}` cannot be followed: its line ends are found only by reading from the beginning",
        short(text.value)
    );
    report.error(text.span, message).help("let the application write UTF-8");
    None
}

/// `max_line`, in bytes.
pub(super) fn max_line(fields: &Fields, report: &mut Report) -> usize {
    let expected = "a number of bytes, or text as in \"64KiB\"";
    let (n, span) = match fields.text_or_number("max_line", expected, report) {
        None => return MAX_LINE,
        Some(Scalar::Number(n, span)) => (n, span),
        Some(Scalar::Text(text)) => match size::parse(text.value) {
            Ok(n) => (n, text.span),
            Err(message) => {
                report.error(text.span, format!("`max_line`: {message}"));
                return MAX_LINE;
            }
        },
    };
    match usize::try_from(n) {
        Ok(n) if (LEAST_LINE..=MAX_LINE).contains(&n) => n,
        _ => {
            let message = format!("`max_line` is from 1 KiB to {} KiB", MAX_LINE / 1024);
            report.error(span, message);
            MAX_LINE
        }
    }
}

/// `time`: which time of a line counts, or how it is written.
pub(super) fn time(fields: &Fields, report: &mut Report) -> Dating {
    let Some(text) = fields.text("time", report) else { return Dating::default() };
    if let Some((_, policy)) = TIMES.iter().find(|(word, _)| *word == text.value) {
        return Dating { policy: *policy, format: None };
    }
    if text.value.contains('%') {
        return match stamp::Format::parse(text.value) {
            Ok(format) => Dating { policy: Policy::Auto, format: Some(format) },
            Err(error) => {
                let message = format!("no time can be read as `{}`: {error}", short(text.value));
                let help = "write it as strptime does, for example `%Y-%m-%d %H:%M:%S`";
                report.error(text.span, message).help(help);
                Dating::default()
            }
        };
    }
    let word = text.value.to_lowercase();
    let synonym = TIME_SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, ours)| *ours);
    let meant = synonym.or_else(|| nearest(&word, TIMES.map(|(word, _)| word)));
    let message = format!("unknown `time`: `{}`", short(text.value));
    report.error(text.span, message).help(match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "there are `auto`, `log`, `arrival`, and formats like `%Y-%m-%d %H:%M:%S`".into(),
    });
    Dating::default()
}
