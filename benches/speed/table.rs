//! Figures as tables, in Markdown.

use std::fmt::Write as _;

use crate::compare::Figure;
use crate::ways::Kind;
use crate::worst::Cost;

/// Each way's speed, and in brackets its share of `read(2)`, by the number of rules.
pub(crate) fn ways(rules: &[usize], columns: &[Vec<Figure>]) -> String {
    let mut table = head("GB per CPU-second (share of `read(2)`)", rules);
    for (i, first) in columns[0].iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| cell(&column[i])).collect();
        let name = match first.kind {
            Kind::Ours => format!("**{}**", first.name),
            Kind::Floor | Kind::Other => first.name.clone(),
        };
        row(&mut table, &name, &cells);
    }
    table
}

/// How many times as fast ours is, with the widest instructions, as each other one.
pub(crate) fn times(rules: &[usize], columns: &[Vec<Figure>]) -> String {
    let mut table = head("logbell is so many times as fast as", rules);
    let ours = |column: &Vec<Figure>| {
        column.iter().find(|figure| figure.kind == Kind::Ours).expect("ours").speed
    };
    for (i, first) in columns[0].iter().enumerate() {
        if first.kind == Kind::Other {
            let times = |column: &Vec<Figure>| short(ours(column) / column[i].speed);
            let cells: Vec<String> = columns.iter().map(times).collect();
            row(&mut table, &first.name, &cells);
        }
    }
    table
}

/// Our speed by the rate of lines that match and the number of rules.
pub(crate) fn rates(rules: &[usize], rows: &[(String, Vec<Figure>)]) -> String {
    let mut table = head("lines that match", rules);
    for (rate, figures) in rows {
        row(&mut table, rate, &figures.iter().map(cell).collect::<Vec<_>>());
    }
    table
}

/// What the worst cases cost.
pub(crate) fn worst(rows: &[(&str, Cost)]) -> String {
    let mut table = String::new();
    row(
        &mut table,
        "",
        &["to begin", "MB per CPU-second", "peak memory", "lines that match"].map(String::from),
    );
    row(&mut table, "---", &["---:"; 4].map(String::from));
    for (name, cost) in rows {
        let cells = [
            format!("{:.0} ms", cost.to_begin * 1e3),
            short(cost.speed * 1e3),
            format!("{} MiB", cost.peak.div_ceil(1024)),
            cost.n_lines.to_string(),
        ];
        row(&mut table, name, &cells);
    }
    table
}

fn cell(figure: &Figure) -> String {
    format!("{} ({})", short(figure.speed), short(figure.share))
}

fn head(what: &str, rules: &[usize]) -> String {
    let mut table = String::new();
    let numbers: Vec<String> =
        rules.iter().map(|n| format!("{n} {}", if *n == 1 { "rule" } else { "rules" })).collect();
    row(&mut table, what, &numbers);
    row(&mut table, "---", &vec!["---:".to_owned(); rules.len()]);
    table
}

fn row(table: &mut String, name: &str, cells: &[String]) {
    writeln!(table, "| {name} | {} |", cells.join(" | ")).expect("a string takes all");
}

/// A figure with two digits that count.
pub(crate) fn short(figure: f64) -> String {
    match figure {
        10.0.. => format!("{figure:.0}"),
        1.0.. => format!("{figure:.1}"),
        0.1.. => format!("{figure:.2}"),
        0.01.. => format!("{figure:.3}"),
        0.001.. => format!("{figure:.4}"),
        _ => format!("{figure:.5}"),
    }
}
