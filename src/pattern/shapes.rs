//! Where what varies ends, by its type: each knows the shape of one, and gives none where it is another.

use super::scan::Mask;

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];
pub(super) fn url(rest: &[u8]) -> usize {
    end_of(rest, 0, |byte| {
        !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'<' | b'>')
    })
}

pub(super) fn email(rest: &[u8]) -> Option<usize> {
    let is_local = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'+' | b'-');
    let at = end_of(rest, 0, is_local);
    if rest.get(at) != Some(&b'@') {
        return None;
    }
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let mut end = end_of(rest, at + 1, is_host);
    while end > at + 1 && matches!(rest[end - 1], b'.' | b'-') {
        end -= 1;
    }
    rest[at + 1..end].contains(&b'.').then_some(end)
}

/// `Nov 23 03:12:09`.
pub(super) fn syslog_time(rest: &[u8]) -> Option<usize> {
    MONTHS.contains(&&rest[..3]).then_some(())?;
    let spaces = end_of(rest, 3, |byte| byte == b' ');
    let day = digits(rest, spaces, 1..=2)?;
    (rest.get(day) == Some(&b' ')).then_some(())?;
    clock(rest, day + 1)
}

/// A date, a date with a time of day, or a time of day.
pub(super) fn time(rest: &[u8]) -> Option<usize> {
    let n = end_of(rest, 0, |byte| byte.is_ascii_digit());
    let sep = *rest.get(n)?;
    match (n, sep) {
        (4, b'-' | b'/' | b'.') => {
            let month = digits(rest, 5, 2..=2)?;
            (rest.get(month) == Some(&sep)).then_some(())?;
            let day = digits(rest, month + 1, 2..=2)?;
            let joined = matches!(rest.get(day), Some(b'T' | b' ' | b'-' | b':' | b','));
            let clock = if joined { clock(rest, day + 1) } else { None };
            let end = clock.map_or(day, |end| zone(rest, end));
            (!rest.get(end).copied().is_some_and(is_word)).then_some(end)
        }
        (2, b'/') => {
            let month = rest.get(3..6).filter(|month| MONTHS.contains(month))?;
            let year = digits(rest, 3 + month.len() + 1, 4..=4)?;
            (rest.get(year) == Some(&b':')).then_some(())?;
            clock(rest, year + 1).map(|end| zone(rest, end))
        }
        (1..=2, b':') => clock(rest, 0),
        _ => None,
    }
}

/// `03:12:09`, with a fraction or without.
fn clock(rest: &[u8], at: usize) -> Option<usize> {
    let hour = digits(rest, at, 1..=2)?;
    (rest.get(hour) == Some(&b':')).then_some(())?;
    let minute = digits(rest, hour + 1, 2..=2)?;
    (rest.get(minute) == Some(&b':')).then_some(())?;
    let second = digits(rest, minute + 1, 2..=2)?;
    let has_part = matches!(rest.get(second), Some(b'.' | b',' | b':'));
    let part = if has_part { digits(rest, second + 1, 1..=9) } else { None };
    let end = part.unwrap_or(second);
    (!rest.get(end).is_some_and(u8::is_ascii_digit) && rest.get(end) != Some(&b':')).then_some(end)
}

/// `Z`, `+01:00` or ` +0100` behind a time.
fn zone(rest: &[u8], at: usize) -> usize {
    match rest.get(at) {
        Some(b'Z') => at + 1,
        Some(b'+' | b'-') => {
            let Some(hour) = digits(rest, at + 1, 2..=4) else { return at };
            let minute =
                if rest.get(hour) == Some(&b':') { digits(rest, hour + 1, 2..=2) } else { None };
            minute.unwrap_or(hour)
        }
        _ => at,
    }
}

/// A MAC address or one of IPv6.
pub(super) fn colons(rest: &[u8]) -> Option<(usize, Mask)> {
    let end = end_of(rest, 0, |byte| byte.is_ascii_hexdigit() || byte == b':');
    if rest.get(end).copied().is_some_and(is_word) {
        return None;
    }
    let parts: usize = rest[..end].split(|&byte| byte == b':').count();
    let all = |test: &dyn Fn(&[u8]) -> bool| rest[..end].split(|&byte| byte == b':').all(test);
    if parts == 6 && all(&|part| part.len() == 2) {
        return Some((end, Mask::Mac));
    }
    let is_short = rest[..end].windows(2).any(|pair| pair == b"::");
    let is_ip =
        (parts == 8 || (is_short && (3..=8).contains(&parts))) && all(&|part| part.len() <= 4);
    is_ip.then_some((end, Mask::Ip))
}

/// An address of IPv4, with its port.
pub(super) fn ip4(rest: &[u8]) -> Option<usize> {
    let mut end = digits(rest, 0, 1..=3)?;
    for _ in 0..3 {
        (rest.get(end) == Some(&b'.')).then_some(())?;
        end = digits(rest, end + 1, 1..=3)?;
    }
    let behind = rest.get(end).copied().unwrap_or(b' ');
    if is_word(behind) || behind == b'.' && rest.get(end + 1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let port = if behind == b':' { digits(rest, end + 1, 1..=5) } else { None };
    Some(port.filter(|port| !rest.get(*port).copied().is_some_and(is_word)).unwrap_or(end))
}

pub(super) fn is_uuid(rest: &[u8]) -> bool {
    let is_right = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    rest.len() >= 36
        && rest[..36].iter().enumerate().all(is_right)
        && !rest.get(36).copied().is_some_and(is_word)
}

/// Where the digits at `at` end, if there are as many as `n` says.
pub(super) fn digits(rest: &[u8], at: usize, n: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let end = end_of(rest, at, |byte| byte.is_ascii_digit());
    n.contains(&end.checked_sub(at)?).then_some(end)
}

pub(super) fn end_of(text: &[u8], from: usize, is_in: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|&byte| !is_in(byte)).unwrap_or(rest.len())
}

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
