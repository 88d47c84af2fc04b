//! The law of fields: what is found is each event whose fields are as asked, whatever way they are written.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Choices, Found, scan};
use crate::fields::{self, Form};
use crate::flow::{Events, Part, SourceId};
use crate::matcher::{
    Compare, Condition, Context, MatchSettings, Matcher, Number, Pattern, Simd, Test,
};

/// Makes up conditions and a log of bytes, and holds the law: however the log is cut, before and after
/// planning for it.
pub fn every_field(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let form = choices.of(&[Form::Json, Form::Logfmt, Form::Either]);
    let rules: Vec<MatchSettings> =
        (0..=choices.below(3)).map(|_| rule(&mut choices, form)).collect();
    let log = log(&mut choices, form);
    let expected = expected(&rules, &log, form);
    let mut matcher = Matcher::with(rules, Simd::Best).expect("a processor has what it has");
    for round in 0..2 {
        let (mut found, mut from, mut at) = (Vec::new(), 0, 0);
        for line in log.split_inclusive(|byte| *byte == b'\n') {
            at += line.len();
            if at == log.len() || choices.below(4) == 3 {
                scan(&mut matcher, &log[..from], &log[from..at], Events::Lines, &mut found);
                from = at;
            }
        }
        assert_eq!(found, expected, "round {round} of {:?}", String::from_utf8_lossy(&log));
        matcher.plan_again(&log);
    }
}

/// Looks at each line with each rule, as plainly as can be.
fn expected(rules: &[MatchSettings], log: &[u8], form: Form) -> Vec<Found> {
    let compiled = |patterns: &mut dyn Iterator<Item = &Pattern>| {
        patterns.map(Pattern::compile).collect::<Vec<_>>()
    };
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| {
            let when = rule.when.iter();
            let when = when.map(|condition| (condition, compiled(&mut condition.patterns())));
            (rule, compiled(&mut rule.any.iter()), when.collect::<Vec<_>>())
        })
        .collect();
    let mut found = Vec::new();
    let mut start = 0;
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        for (id, (rule, any, when)) in (0..).zip(&rules) {
            let is_met = when.iter().all(|(condition, patterns)| {
                let value = fields::values(form, text, &[condition.name()]).remove(0);
                let is_like =
                    |place: usize, _: &Pattern, value: &[u8]| patterns[place].is_match(value);
                condition.is_met(value.as_deref(), is_like)
            });
            if any.iter().any(|pattern| pattern.is_match(text)) && is_met {
                let values = fields::values(form, text, &rule.fields);
                let taken = rule.fields.iter().zip(values);
                let taken = taken.filter_map(|(name, value)| Some((name.to_string(), value?)));
                found.push(Found {
                    rule: id,
                    part: Part::Match,
                    offset: start,
                    line: text.to_vec(),
                    captures: taken.collect(),
                    before: Vec::new(),
                });
            }
        }
        start += line.len() as u64;
    }
    found
}

/// Keys and values that conditions and logs are made of.
const KEYS: [&str; 7] = ["level", "status", "a/b", "ä", "x", "0", "msg"];
const NAMES: [&str; 11] =
    ["level", "status", ".status", "a/b", "ä", "x", "x.level", "x.0", "level.x.status", "msg", "0"];
const VALUES: [&str; 20] = [
    "error",
    "e",
    "",
    "500",
    "499",
    "5e2",
    "5000e-1",
    "12.5",
    "true",
    "null",
    "a\"b",
    "a\\b",
    "/api/v1",
    "tab\there",
    "line\nend",
    "Grüße",
    "😀",
    "so\u{fffd}",
    "[1, 2]",
    "{\"a\": \"/\"}",
];
const PATTERNS: [&str; 12] = [
    "error",
    "^/api",
    "(?i)ERR.R$",
    r"\bhere\b",
    "a.b",
    "[^x]{3}r",
    "ü.e",
    "(?u)^.$",
    r#"""#,
    r"\\",
    r"\s",
    "^$",
];

fn rule(choices: &mut Choices<'_>, form: Form) -> MatchSettings {
    let any = Pattern::new(choices.of(&["^", "^", "e", "r{1,2}"])).expect("a constant");
    let when = (0..=choices.below(2)).map(|_| condition(choices, form)).collect();
    let fields = (0..choices.below(3)).map(|_| Arc::from(choices.of(&NAMES)));
    // Under one name there is one value.
    let mut fields: Vec<Arc<str>> = fields.collect();
    fields.sort();
    fields.dedup();
    let (form, context) = (Some(form), Context { before: 0, after: 0 });
    MatchSettings { when, form, fields, context, ..MatchSettings::new(SourceId(0), vec![any]) }
}

fn condition(choices: &mut Choices<'_>, form: Form) -> Condition {
    let name = Arc::from(choices.of(&NAMES));
    let mut tests = |n: usize| (0..n).map(|_| test(choices)).collect::<Vec<_>>();
    let (any, none) = (tests(2), tests(2));
    let n_any = choices.of(&[1, 1, 1, 2, 0]);
    let n_none = choices.of(&[0, 0, 0, 1]);
    Condition::new(name, any[..n_any].to_vec(), none[..n_none].to_vec(), form)
}

fn test(choices: &mut Choices<'_>) -> Test {
    match choices.below(8) {
        0 => Test::There,
        1 | 2 => {
            let compares =
                [Compare::Above, Compare::AtLeast, Compare::Below, Compare::AtMost, Compare::Equal];
            let bound = choices.of(&["500", "499.5", "0", "-3", "12.5", "7"]);
            Test::Number(choices.of(&compares), Number::parse(bound.as_bytes()).expect("a number"))
        }
        3 | 4 => Test::Like(Pattern::new(choices.of(&PATTERNS)).expect("a constant")),
        _ => Test::Text(choices.of(&VALUES).into()),
    }
}

fn log(choices: &mut Choices<'_>, form: Form) -> Vec<u8> {
    let mut log = Vec::new();
    while !choices.0.is_empty() {
        let is_json = match form {
            Form::Json => choices.below(8) > 0,
            Form::Logfmt => choices.below(8) == 0,
            Form::Either => choices.below(2) == 0,
        };
        let mut line = String::new();
        if is_json {
            object(choices, &mut line, 2);
        } else {
            for _ in 0..=choices.below(3) {
                let (key, value) = (choices.of(&NAMES), choices.of(&VALUES));
                let _ = match choices.below(5) {
                    0 => write!(line, "{key} "),
                    1 => write!(line, "{key}={value} "),
                    _ => {
                        let value = string(choices, value);
                        write!(line, "{key}={value} ")
                    }
                };
            }
        }
        let mut line = line.into_bytes();
        if choices.below(12) == 0 && !line.is_empty() {
            let at = choices.below(line.len().min(256));
            line[at] = choices.of(b"\xe4\"\\{}x");
        }
        log.extend(line);
        log.extend(choices.of(&[&b"\n"[..], b"\n", b"\r\n"]));
    }
    log
}

/// An object with some keys, some of them twice, and blanks here and there.
fn object(choices: &mut Choices<'_>, text: &mut String, depth: usize) {
    text.push('{');
    for i in 0..choices.below(4) {
        if i > 0 {
            text.push(',');
        }
        blank(choices, text);
        let key = choices.of(&KEYS);
        let key = match choices.below(6) {
            0 => choices.of(&["x.level", "x.0"]),
            _ => key,
        };
        text.push_str(&string(choices, key));
        blank(choices, text);
        text.push(':');
        blank(choices, text);
        match choices.below(6) {
            0 if depth > 0 => object(choices, text, depth - 1),
            1 => {
                text.push('[');
                let value = choices.of(&VALUES);
                text.push_str(&string(choices, value));
                text.push(']');
            }
            2 => text.push_str(choices.of(&[
                "500",
                "499",
                "5e2",
                "501.5",
                "0",
                "-7",
                "12.5",
                "true",
                "null",
                "[1, 2]",
                "{\"a\": \"/\"}",
                "5000e-1",
                "499.99999999999999999999",
                "1000",
            ])),
            _ => {
                let value = choices.of(&VALUES);
                text.push_str(&string(choices, value));
            }
        }
        blank(choices, text);
    }
    text.push('}');
}

fn blank(choices: &mut Choices<'_>, text: &mut String) {
    text.push_str(choices.of(&["", "", "", "", " ", "  ", "\t"]));
}

/// `text` in quotes, with the escapes that it needs and some that it does not.
fn string(choices: &mut Choices<'_>, text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        let short = match letter {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\t' => "\\t",
            '/' if choices.below(2) == 0 => "\\/",
            _ => "",
        };
        if choices.below(20) == 19 {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let upper = choices.below(2) == 0;
                let _ = if upper {
                    write!(quoted, "\\u{unit:04X}")
                } else {
                    write!(quoted, "\\u{unit:04x}")
                };
            }
        } else if short.is_empty() {
            quoted.push(letter);
        } else {
            quoted.push_str(short);
        }
    }
    quoted + "\""
}
