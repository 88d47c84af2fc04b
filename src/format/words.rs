//! Numbers and durations as people read them.

use std::time::Duration;

use crate::flow::{Gate, HeldBy};

/// A whole number with thin spaces between its thousands: `1 204`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The place in an order: `1st`, `2nd`, `12th`.
pub fn ordinal(n: u32) -> String {
    let end = match (n % 10, n % 100) {
        (1, last) if last != 11 => "st",
        (2, last) if last != 12 => "nd",
        (3, last) if last != 13 => "rd",
        _ => "th",
    };
    format!("{}{end}", number(n.into()))
}

/// A number of bytes in its greatest unit: `999 B`, `1.2 kB`, `48 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return format!("{n} B");
    }
    #[allow(clippy::cast_precision_loss)]
    let mut amount = n as f64 / 1000.0;
    let mut unit = 0;
    // What would be shown as a thousand is one of the next unit.
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    let unit = UNITS[unit];
    if amount < 9.95 { format!("{amount:.1} {unit}") } else { format!("{amount:.0} {unit}") }
}

/// A duration in its two greatest units, rounded to seconds: `350ms`, `42s`, `26h12m`, `3d`.
pub fn duration(span: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    if span < Duration::from_secs(1) {
        return format!("{}ms", span.as_millis());
    }
    let seconds = (span + Duration::from_millis(500)).as_secs();
    let first = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(3);
    let (unit, name) = UNITS[first];
    let mut text = format!("{}{name}", seconds / unit);
    if let Some((smaller, name)) = UNITS.get(first + 1)
        && seconds % unit >= *smaller
    {
        let rest = seconds % unit / smaller;
        text = format!("{text}{rest}{name}");
    }
    text
}

/// What is usual, in thousandths, and how many times as much `count` is: `38 are usual (10.8×)`.
pub fn usual(usual: u64, count: u64) -> String {
    if usual == 0 {
        return "none are usual".to_owned();
    }
    let usual_words = thousandths(usual);
    if count == 0 {
        return format!("{usual_words} are usual");
    }
    #[allow(clippy::cast_precision_loss)]
    let times = count as f64 * 1000.0 / usual as f64;
    let times = match times {
        t if t >= 100.0 => format!("{t:.0}"),
        t if t >= 0.95 => format!("{t:.1}"),
        t => format!("{t:.2}"),
    };
    format!("{usual_words} are usual ({times}×)")
}

/// A number of thousandths: whole from ten on, to a tenth or less below.
pub fn thousandths(n: u64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let units = n as f64 / 1000.0;
    match n {
        9_950.. => number((n + 500) / 1000),
        950.. => format!("{units:.1}").trim_end_matches(".0").to_owned(),
        _ => format!("{units:.2}"),
    }
}

/// How often something happened, per second, minute or hour, whichever gives a number to read.
pub fn rate(count: u64, over: Duration) -> String {
    #[allow(clippy::cast_precision_loss)]
    let per_second = count as f64 / over.as_secs_f64().max(0.001);
    let (rate, unit) = match per_second {
        r if r >= 1.0 => (r, "s"),
        r if r * 60.0 >= 1.0 => (r * 60.0, "min"),
        r => (r * 3600.0, "h"),
    };
    if rate >= 10.0 { format!("{rate:.0}/{unit}") } else { format!("{rate:.1}/{unit}") }
}

/// What held something back, and for how long.
pub fn held_back(held: &HeldBy) -> String {
    let lasted = duration(held.lasted);
    match &held.gate {
        Gate::Mute(_) => format!("was muted {lasted}"),
        Gate::Hours | Gate::WebhookHours(_) => format!("outside hours, for {lasted}"),
        Gate::Inhibited { by, .. } => format!("held back {lasted} behind {by}"),
        Gate::Wait => format!("held back {lasted}"),
    }
}
