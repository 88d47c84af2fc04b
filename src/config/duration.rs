//! `90s`, `1h30m`, `5m..1h`: durations as they are written.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use crate::engine::Debounce;

/// The longest duration that can be written: 366 days.
pub(super) const LONGEST: Duration = Duration::from_hours(366 * 24);

/// The units in milliseconds, greatest first.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Why a text is no duration, and where in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct DurationError {
    /// What is wrong, in a sentence.
    pub(super) message: String,
    /// The bytes of the text that it is about.
    pub(super) span: Range<usize>,
}

/// Reads `90s 5m 2h 1d 500ms` or a sum of them, greatest unit first. Zero is a duration here.
pub(super) fn parse(text: &str) -> Result<Duration, DurationError> {
    let error = |span, message: String| Err(DurationError { message, span });
    if text.is_empty() {
        return error(0..0, "a duration is missing; write for example `5m`".to_owned());
    }
    let mut total = 0_u64;
    let mut units = UNITS.iter();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let digits = length_of(rest, |c| c.is_ascii_digit());
        let unit = length_of(&rest[digits..], char::is_alphabetic);
        let span = at..at + digits + unit;
        if digits == 0 {
            let message = "expected a whole number and a unit, as in `90s`, `5m`, `1h30m`";
            return error(at..text.len(), message.to_owned());
        }
        let (digits, unit) = rest[..digits + unit].split_at(digits);
        if unit.is_empty() && span.end == text.len() {
            return error(span, format!("`{digits}` has no unit: `ms`, `s`, `m`, `h` or `d`"));
        }
        let Some(&(_, millis)) = units.find(|(name, _)| *name == unit) else {
            return error(span, unit_problem(unit));
        };
        let sum = digits.parse().ok().and_then(|n: u64| n.checked_mul(millis)?.checked_add(total));
        match sum {
            Some(sum) if Duration::from_millis(sum) <= LONGEST => total = sum,
            _ => return error(0..text.len(), "at most `366d` is possible".to_owned()),
        }
        at = span.end;
    }
    Ok(Duration::from_millis(total))
}

/// The same of the command line.
///
/// # Errors
/// The operator's: it is none.
pub(crate) fn read(text: &str) -> Result<Duration, String> {
    parse(text).map_err(|error| error.message)
}

/// Reads `5m` (fixed) or `5m..1h` (doubling).
pub(super) fn parse_debounce(text: &str) -> Result<Debounce, DurationError> {
    let Some((first, longest)) = text.split_once("..") else {
        let first = parse(text)?;
        return Ok(Debounce { first, longest: first });
    };
    let start = first.len() + 2;
    let shift = |error: DurationError| DurationError {
        span: error.span.start + start..error.span.end + start,
        ..error
    };
    let debounce = Debounce { first: parse(first)?, longest: parse(longest).map_err(shift)? };
    let error =
        |message: &str| Err(DurationError { message: message.to_owned(), span: 0..text.len() });
    if debounce.first > debounce.longest {
        error("the range is the wrong way round; the shorter window comes first")
    } else if debounce.first.is_zero() {
        error("a window of zero cannot double; write `0s` to tell every match")
    } else {
        Ok(debounce)
    }
}

/// `span` as it is written, in whole milliseconds: `1h30m`, and `0s` for none.
pub(crate) fn show(span: Duration) -> String {
    let mut left = span.as_millis();
    let mut text = String::new();
    for (unit, millis) in UNITS {
        let n = left / u128::from(millis);
        left %= u128::from(millis);
        if n > 0 {
            let _ = write!(text, "{n}{unit}");
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// What is wrong with a word that is not the next unit.
fn unit_problem(unit: &str) -> String {
    if unit.is_empty() {
        "only whole numbers are possible; write `1h30m` for one and a half hours".to_owned()
    } else if UNITS.iter().any(|(name, _)| *name == unit) {
        format!("`{unit}` is out of order; write the greatest unit first, each once, as in `1h30m`")
    } else {
        format!("unknown unit `{unit}`; there are `ms`, `s`, `m`, `h` and `d`")
    }
}

/// How many bytes of `text` satisfy `belongs`, from its beginning.
fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}
