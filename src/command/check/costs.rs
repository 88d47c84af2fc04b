//! What `logbell check --cost` shows: a row for each rule, the dearest first, with what would help.

use std::fmt::Write as _;
use std::time::Duration;

use crate::config::Rule;
use crate::format::words;
use crate::matcher::Sought;

use super::super::table::Table;
use super::cost::{Cost, Costs, MAX_LINES};
use super::counted;

/// Letters of what is looked for that are shown.
const MAX_SHOWN: usize = 60;
/// Atoms that are shown.
const MAX_ATOMS: usize = 3;
/// Tries are in vain where so many lines are tried, of which fewer than one in ten match.
const MANY: f64 = 0.05;
/// A try that takes longer is dear.
const DEAR: Duration = Duration::from_micros(20);

/// The table, and under it what was measured on.
pub(super) fn render(costs: &[Costs], rules: &[Rule]) -> String {
    let headings = ["RULE", "LINES", "TRIED", "MATCHED", "A TRY", "A LINE", "LOOKED FOR"];
    let mut table = Table::new(&headings);
    let mut all: Vec<&Cost> = costs.iter().flat_map(|costs| &costs.rules).collect();
    all.sort_by_key(|cost| (std::cmp::Reverse(per(cost.alone, cost.n_events)), cost.rule));
    for cost in all {
        let rule = &rules[cost.rule];
        table.row(cells(cost, rule));
        for hint in hints(cost, rule) {
            table.note(&hint);
        }
    }
    let mut text = table.render("no rules");
    text.push('\n');
    for costs in costs {
        sum_up(costs, &mut text);
    }
    text
}

/// What is to be said of logs that could not be read, a line each.
pub(super) fn troubles(costs: &[Costs]) -> String {
    let all = costs.iter().flat_map(|costs| &costs.troubles);
    let mut text = String::new();
    for (path, error) in all {
        let _ = writeln!(text, "warning: cannot measure on `{}`: {error}", path.display());
    }
    text
}

fn cells(cost: &Cost, rule: &Rule) -> [String; 7] {
    let name = rule.format.name.to_string();
    let looked_for = looked_for(&cost.sought);
    if cost.n_events == 0 {
        let [lines, tried, matched, a_try, a_line] = [const { String::new() }; 5];
        return [name, lines, tried, matched, a_try, a_line, looked_for];
    }
    let a_try = match cost.n_candidates {
        0 => String::new(),
        n => span(per(cost.tries, n)),
    };
    [
        name,
        words::number(cost.n_events as u64),
        percent(share(cost.n_candidates, cost.n_events)),
        percent(share(cost.n_matches, cost.n_events)),
        a_try,
        span(per(cost.alone, cost.n_events)),
        looked_for,
    ]
}

/// Of all patterns of a rule, `each line` where one of them has nothing that can be looked for.
fn looked_for(sought: &[Sought]) -> String {
    let mut shown: Vec<&str> = Vec::new();
    for own in sought {
        match own {
            Sought::Atoms(atoms) => shown.extend(atoms.iter().map(String::as_str)),
            Sought::Frequent(_) | Sought::Nothing => return "each line".to_owned(),
        }
    }
    // That a letter is written as its number hardly ever happens.
    shown.sort_by_key(|text| text.contains(r"\\u"));
    let n_more = shown.len().saturating_sub(MAX_ATOMS);
    let texts = shown.iter().take(MAX_ATOMS).map(|text| short(text)).collect::<Vec<_>>();
    let more = if n_more > 0 { format!(" or {n_more} more") } else { String::new() };
    format!("{}{more}", texts.join(" or "))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// What makes the rule dear, and what would help.
fn hints(cost: &Cost, rule: &Rule) -> Vec<String> {
    let mut hints = Vec::new();
    for (pattern, sought) in rule.matching.any.iter().zip(&cost.sought) {
        let pattern = if rule.matching.is_of_fields_alone() {
            "`where`".to_owned()
        } else {
            short(pattern.as_str())
        };
        match sought {
            Sought::Atoms(_) => {}
            Sought::Nothing => hints
                .push(format!("{pattern} has no fixed text: every line is tried; add a literal")),
            Sought::Frequent(atoms) => {
                let atom = atoms.first().map_or_else(String::new, |atom| short(atom));
                let others = if atoms.len() > 1 { " and the like" } else { "" };
                hints.push(format!(
                    "all that {pattern} needs is {atom}{others}, which too many lines have: every \
                     line is tried; add a literal"
                ));
            }
        }
    }
    let (tried, matched) = (cost.n_candidates, cost.n_matches);
    if hints.is_empty() && share(tried, cost.n_events) > MANY && matched * 10 < tried {
        let (tried, matched) = (words::number(tried as u64), words::number(matched as u64));
        hints.push(format!(
            "{tried} lines have what is looked for, and {matched} match: add text that is rarer"
        ));
    }
    if tried > 0 && per(cost.tries, tried) > DEAR {
        hints.push("a try is dear: smaller repetitions, or no `(?u)`, make it cheaper".to_owned());
    }
    if share(matched, cost.n_events) > 0.5 {
        hints
            .push("it matches most lines, and each match costs as well: is that meant?".to_owned());
    }
    hints
}

/// A line on the logs of one source.
fn sum_up(costs: &Costs, text: &mut String) {
    let Costs { source, logs, n_lines, n_bytes, together, .. } = costs;
    let Some(first) = logs.first() else {
        let _ = writeln!(
            text,
            "{source}: no log of it can be read here, so nothing was measured; name one: `--cost LOG`"
        );
        return;
    };
    let others = logs.len() - 1;
    let others =
        if others > 0 { format!(" and {}", counted(others, "other")) } else { String::new() };
    let first = crate::format::clean(first.to_string_lossy().as_bytes());
    if *n_lines == 0 {
        let _ = writeln!(text, "{source}: {first}{others} is empty, so nothing was measured");
        return;
    }
    let last = if *n_lines < MAX_LINES { "" } else { "the last " };
    let lines = if *n_lines == 1 { "line" } else { "lines" };
    let (n_lines_shown, size) = (words::number(*n_lines as u64), words::bytes(*n_bytes as u64));
    let rules = counted(costs.rules.len(), "rule");
    let a_line = span(per(*together, *n_lines));
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let speed = *n_bytes as f64 / together.as_secs_f64().max(1e-9) / 1e9;
    let _ = writeln!(
        text,
        "{source}: {last}{n_lines_shown} {lines} ({size}) of {first}{others}; {rules} together: \
         {a_line} a line, {speed:.2} GB/s"
    );
}

fn per(all: Duration, n: usize) -> Duration {
    let nanos = all.as_nanos() / u128::try_from(n.max(1)).unwrap_or(1);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
fn share(some: usize, all: usize) -> f64 {
    some as f64 / all.max(1) as f64
}

/// `0 %`, `0.02 %`, `3.1 %`, `42 %`.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        _ if percent == 0.0 => "0 %".to_owned(),
        _ if percent < 0.995 => format!("{percent:.2} %"),
        _ if percent < 9.95 => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// `31 ns`, `1.2 µs`, `45 µs`, `4.5 ms`.
fn span(span: Duration) -> String {
    let nanos = span.as_secs_f64() * 1e9;
    let (amount, unit) = match nanos {
        _ if nanos < 1e3 => return format!("{nanos:.0} ns"),
        _ if nanos < 1e6 => (nanos / 1e3, "µs"),
        _ => (nanos / 1e6, "ms"),
    };
    if amount < 9.95 { format!("{amount:.1} {unit}") } else { format!("{amount:.0} {unit}") }
}
