//! Escapes in quoted text.

/// `quoted`, what stands between quotes, as it was meant. What is no escape stays as it is.
pub(super) fn unescaped(quoted: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let Some((&kind, behind)) = rest.split_first() else {
            text.push(b'\\');
            break;
        };
        let plain = match kind {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'"' | b'\\' | b'/' => kind,
            b'u' => {
                rest = letter(behind, &mut text).unwrap_or_else(|| {
                    text.extend_from_slice(b"\\u");
                    behind
                });
                continue;
            }
            _ => {
                text.push(b'\\');
                kind
            }
        };
        text.push(plain);
        rest = behind;
    }
    text.extend_from_slice(rest);
    text
}

/// Appends the letter of which `rest` holds the number behind `\u`, and returns what is behind that.
fn letter<'a>(rest: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (first, behind) = unit(rest)?;
    let second = behind.strip_prefix(b"\\u").and_then(unit);
    let (units, behind) = match second {
        Some((second, behind)) if is_high(first) => ([first, second], behind),
        _ => ([first, 0], behind),
    };
    let n_units = if is_high(first) && units[1] != 0 { 2 } else { 1 };
    let letters = char::decode_utf16(units.into_iter().take(n_units));
    for letter in letters {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(behind)
}

fn is_high(unit: u16) -> bool {
    (0xD800..0xDC00).contains(&unit)
}

/// The number of four digits that `rest` begins with.
fn unit(rest: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, behind) = rest.split_at_checked(4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)?, behind))
}
