//! Atoms as people read them: as regexes.

use std::fmt::{Display, Formatter, Result, Write as _};

use super::{Atom, ByteSet};

impl Display for Atom {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let line_end = ByteSet::one(b'\n').or(ByteSet::one(b'\r'));
        let around = |set: Option<ByteSet>, anchor| match set {
            None => "",
            Some(set) if set.is_within(line_end) => anchor,
            // Nothing else is ever known of what is around: see `concat`.
            Some(_) => r"\b",
        };
        f.write_str(around(self.before, "^"))?;
        let is_any_case = self.body.iter().any(|set| in_both_cases(*set).is_some())
            && self.body.iter().all(|set| in_both_cases(*set).is_some() || !has_letter(*set));
        f.write_str(if is_any_case { "(?i)" } else { "" })?;
        let byte_of = |set: &ByteSet| only(*set).or(in_both_cases(*set).filter(|_| is_any_case));
        let mut left = &self.body[..];
        while let [first, ..] = left {
            // Together, since a letter may have several bytes.
            let bytes: Vec<u8> = left.iter().map_while(byte_of).collect();
            let mut n_written = bytes.len();
            write_bytes(f, &bytes)?;
            if bytes.is_empty() {
                n_written = left.iter().take_while(|set| *set == first).count();
                write_class(f, *first)?;
                if n_written > 1 {
                    write!(f, "{{{n_written}}}")?;
                }
            }
            left = &left[n_written..];
        }
        f.write_str(around(self.after, "$"))
    }
}

fn only(set: ByteSet) -> Option<u8> {
    set.iter().next().filter(|_| set.len() == 1)
}

/// The lower case, if it is one letter in both.
fn in_both_cases(set: ByteSet) -> Option<u8> {
    set.folded().filter(|_| set.len() == 2)
}

fn has_letter(set: ByteSet) -> bool {
    set.iter().any(|byte| byte.is_ascii_alphabetic())
}

/// Letters that mean something else outside a class.
const META: &str = r"\.+*?()|[]{}^$";

/// Bytes that stand for themselves; those that are no text as numbers.
fn write_bytes(f: &mut Formatter<'_>, bytes: &[u8]) -> Result {
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                letter if letter.is_control() => write!(f, "{}", letter.escape_default())?,
                letter if META.contains(letter) => write!(f, "\\{letter}")?,
                letter => f.write_char(letter)?,
            }
        }
        chunk.invalid().iter().try_for_each(|byte| write!(f, r"\x{byte:02x}"))?;
    }
    Ok(())
}

fn write_class(f: &mut Formatter<'_>, set: ByteSet) -> Result {
    if ByteSet::ALL.within_a_line().is_within(set) {
        return f.write_char('.');
    }
    // A class that is nearly everything is told by what it lacks.
    let (sign, set) = if set.len() > 128 { ("^", set.not()) } else { ("", set) };
    write!(f, "[{sign}")?;
    let bytes: Vec<u8> = set.iter().collect();
    for run in bytes.chunk_by(|one, next| next - one == 1) {
        match run {
            [first, _, .., last] => {
                write_in_class(f, *first)?;
                f.write_char('-')?;
                write_in_class(f, *last)?;
            }
            few => few.iter().try_for_each(|byte| write_in_class(f, *byte))?,
        }
    }
    f.write_char(']')
}

fn write_in_class(f: &mut Formatter<'_>, byte: u8) -> Result {
    match byte {
        b'\\' | b']' | b'[' | b'^' | b'-' => write!(f, "\\{}", char::from(byte)),
        b' '..=b'~' => f.write_char(char::from(byte)),
        b'\t' | b'\n' | b'\r' => write!(f, "{}", byte.escape_ascii()),
        _ => write!(f, r"\x{byte:02x}"),
    }
}
