//! `64KiB`: numbers of bytes as they are written.

/// The units in bytes.
const UNITS: [(&str, u64); 3] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)];

/// Reads `64KiB`, `256 KiB`, `1MiB` or `2000 B`; the error says what is wrong, in a sentence.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    if number.is_empty() {
        return Err("expected a whole number and a unit, as in `64KiB`".to_owned());
    }
    if unit.is_empty() {
        return Err(format!("`{number}` has no unit: `B`, `KiB` or `MiB`"));
    }
    let Some((_, bytes)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let meant = match unit.to_lowercase().as_str() {
            "k" | "kb" | "kib" => "KiB",
            "m" | "mb" | "mib" => "MiB",
            "b" | "byte" | "bytes" => "B",
            _ => return Err("there are the units `B`, `KiB` and `MiB`".to_owned()),
        };
        return Err(format!("unknown unit; did you mean `{number}{meant}`?"));
    };
    let n = number.parse().ok().and_then(|n: u64| n.checked_mul(*bytes));
    n.ok_or_else(|| "the number is too large".to_owned())
}
