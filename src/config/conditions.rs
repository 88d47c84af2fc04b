//! `where`: what fields must be.

use std::sync::Arc;

use crate::fields::{self, Form};
use crate::matcher::{Compare, Condition, MatchSettings, Number, Test};

use super::fields::{Fields, Leaf, Name, Text, short};
use super::matching;
use super::report::Report;

/// What stands before a number.
const COMPARISONS: [(&str, Compare); 4] = [
    (">=", Compare::AtLeast),
    ("<=", Compare::AtMost),
    (">", Compare::Above),
    ("<", Compare::Below),
];
/// What other languages write, and what is written here.
const SLIPS: [(&str, &str); 6] =
    [("==", "="), ("=~", "~"), ("=>", ">="), ("=<", "<="), ("!=", "!"), ("<>", "!")];
/// What is there, whatever it is.
const THERE: &str = "*";

/// The conditions at `where`; `None` where one of them is wrong, or the lines have no fields.
pub(super) fn conditions(
    own: &Fields,
    form: Option<Form>,
    report: &mut Report,
) -> Option<Vec<Condition>> {
    let Some(span) = own.key_span("where") else { return Some(Vec::new()) };
    let leaves = own.leaves("where", report)?;
    if leaves.is_empty() {
        let help = "write for example `where = { level = \"error\" }`";
        report.error(span, "`where` is empty").help(help);
        return None;
    }
    let Some(form) = form else {
        let finding = report.error(span, "`where` asks for fields, and these lines have none");
        finding.help(SOURCE_WITH_FIELDS);
        return None;
    };
    if leaves.len() > MatchSettings::MAX_FIELDS {
        let message = format!("`where` names more than {} fields", MatchSettings::MAX_FIELDS);
        report.error(span, message).help("write a rule for each kind of line");
        return None;
    }
    let n_leaves = leaves.len();
    let one = |(name, values): (Name, Vec<Leaf>)| {
        let name = Text { value: &name.value, span: name.span };
        condition(&name, &values, form, report)
    };
    let all: Vec<_> = leaves.into_iter().filter_map(one).collect();
    (all.len() == n_leaves).then_some(all)
}

/// What to do to have fields.
pub(super) const SOURCE_WITH_FIELDS: &str =
    "name a `[source.NAME]` with `format = \"json\"`, `\"logfmt\"` or `\"auto\"` in `source`";

fn condition(name: &Text, values: &[Leaf], form: Form, report: &mut Report) -> Option<Condition> {
    if !fields::is_name(name.value) {
        wrong_name(name, report);
        return None;
    }
    let (mut any, mut none) = (Vec::new(), Vec::new());
    let mut is_right = true;
    for value in values {
        let found = match value {
            Leaf::Text(text) => test(text, report),
            Leaf::Plain(plain, _) => Some((Is::One, Test::Text(plain.as_str().into()))),
            Leaf::Number(number, span) => Number::parse(number.as_bytes()).map_or_else(
                || {
                    report.error(span.clone(), format!("`{}` is no number", short(number)));
                    None
                },
                |number| Some((Is::One, Test::Number(Compare::Equal, number))),
            ),
        };
        match found {
            Some((Is::One, test)) => any.push(test),
            Some((Is::None, test)) => none.push(test),
            None => is_right = false,
        }
    }
    if let Some(first) = values.first().filter(|_| is_every_number(&any)) {
        let message = format!("each number is one of these, so `{}` may be any", short(name.value));
        let help =
            "a list is any of its values; for both write a pattern, as in `\"~^4\\\\d\\\\d$\"`";
        report.warning(first.span(), message).help(help);
    }
    is_right.then(|| Condition::new(Arc::from(name.value), any, none, form))
}

/// Reports that no field can be called `name`.
pub(super) fn wrong_name(name: &Text, report: &mut Report) {
    let message = format!("no field can be called `{}`", short(name.value));
    let help = format!(
        "a name has 1 to {} parts with dots between them, at most {} bytes together",
        fields::MAX_PARTS,
        fields::MAX_NAME
    );
    report.error(name.span.clone(), message).help(help);
}

/// Whether a value is one of those that a field may be, or none of them.
enum Is {
    One,
    None,
}

/// What the text of a value says.
fn test(text: &Text, report: &mut Report) -> Option<(Is, Test)> {
    if let Some((slip, meant)) = SLIPS.iter().find(|(slip, _)| text.value.starts_with(slip)) {
        let rest = text.value[slip.len()..].trim_start();
        let message = format!("`{slip}` is none of the signs of `where`");
        let help = match *meant {
            "=" => format!("write `\"{}\"`: text is compared as it is", short(rest)),
            meant => format!("write `\"{meant}{}\"`", short(rest)),
        };
        report.error(text.span.clone(), message).help(help);
        return None;
    }
    let (is, rest) = match text.value.strip_prefix('!') {
        Some(rest) => (Is::None, rest),
        None => (Is::One, text.value),
    };
    let offset = text.value.len() - rest.len();
    if rest == THERE {
        return Some((is, Test::There));
    }
    if let Some(plain) = rest.strip_prefix('=') {
        return Some((is, Test::Text(plain.into())));
    }
    if let Some(pattern) = rest.strip_prefix('~') {
        let pattern = matching::pattern_within("where", text, offset + 1, pattern, report)?;
        return Some((is, Test::Like(pattern)));
    }
    let Some((sign, compare)) = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign)) else {
        return Some((is, Test::Text(rest.into())));
    };
    let bound = rest[sign.len()..].trim();
    let Some(number) = Number::parse(bound.as_bytes()) else {
        let message = format!("`{sign}` takes a number, not `{}`", short(bound));
        let help = format!("write for example `\"{sign}500\"`; for text, `\"={}\"`", short(rest));
        report.error(text.span.clone(), message).help(help);
        return None;
    };
    Some((is, Test::Number(*compare, number)))
}

/// Whether every number passes one of `any`: two bounds that were meant as one range.
fn is_every_number(any: &[Test]) -> bool {
    let numbers = |lower: bool| {
        any.iter().filter_map(move |test| match test {
            Test::Number(Compare::Above | Compare::AtLeast, bound) if lower => Some(bound),
            Test::Number(Compare::Below | Compare::AtMost, bound) if !lower => Some(bound),
            _ => None,
        })
    };
    numbers(true).any(|lower| {
        numbers(false).any(|upper| lower.compare(upper).is_some_and(std::cmp::Ordering::is_lt))
    })
}
