//! The ready-made rules hold on the lines of `tests/cases/packs.toml`, and nothing beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use logbell::config::{Rule, Settings};
use logbell::flow::{Chunk, Events, GenerationId, Hit, Progress, SourceId, StreamId, Timestamp};
use logbell::matcher::Matcher;
use serde::Deserialize;
use tempfile::TempDir;

use super::settings::settings;

const CASES: &str = include_str!("../../cases/packs.toml");
const PACKS: [&str; 3] = [
    include_str!("../../../rules/kernel.toml"),
    include_str!("../../../rules/sshd.toml"),
    include_str!("../../../rules/nginx.toml"),
];
/// What a configuration has above the packs.
const HEAD: &str =
    "[webhook.oncall]\nurl = \"env:ONCALL_WEBHOOK\"\n[defaults]\nwebhook = \"oncall\"\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// A line, and what a rule makes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    line: String,
    matches: bool,
    /// Some of what it captures.
    #[serde(default)]
    captures: BTreeMap<String, String>,
}

#[test]
fn a_line_is_matched_by_the_rule_that_it_is_for_and_by_no_other() {
    let packs = packs();
    for case in cases() {
        let fired = packs.fired(&case.line);
        let names: Vec<_> = fired.iter().map(|(name, _)| *name).collect();
        if case.matches {
            assert_eq!(names, [case.rule.as_str()], "{}", case.line);
        } else {
            assert!(!names.contains(&case.rule.as_str()), "{}: {}", case.rule, case.line);
        }
    }
}

#[test]
fn captures_are_what_the_program_wrote_and_not_what_an_attacker_did() {
    let packs = packs();
    for case in cases() {
        for (_, hit) in packs.fired(&case.line) {
            for (name, expected) in &case.captures {
                let of_name = hit.sample.captures.iter().find(|(own, _)| **own == **name);
                let value = of_name.map(|(_, value)| value.as_slice());
                assert_eq!(value, Some(expected.as_bytes()), "{name}: {}", case.line);
            }
        }
    }
}

#[test]
fn every_rule_has_lines_for_and_against_it() {
    let cases = cases();
    for rule in &packs().rules {
        let of_rule = |case: &&Case| *case.rule == *rule.format.name;
        let (for_it, against): (Vec<_>, Vec<_>) =
            cases.iter().filter(of_rule).partition(|case| case.matches);
        assert!(for_it.len() >= 3, "{}: {} lines for it", rule.format.name, for_it.len());
        assert!(against.len() >= 3, "{}: {} lines against it", rule.format.name, against.len());
    }
}

#[test]
fn every_case_is_of_a_rule() {
    let packs = packs();
    for case in cases() {
        let is_known = packs.rules.iter().any(|rule| *rule.format.name == *case.rule);
        assert!(is_known, "{}", case.rule);
    }
}

#[test]
fn each_pack_stands_alone() {
    for pack in PACKS {
        settings(&format!("{HEAD}{pack}"));
    }
}

#[test]
fn the_tests_beside_the_rules_pass_and_every_rule_has_one() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("logbell.toml");
    fs::write(&config, format!("{HEAD}{}", PACKS.concat())).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_logbell")).arg("test").arg(&config).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !said.contains("without a test"), "{said}");
    assert_eq!(output.stderr, b"");
}

/// All packs as one configuration.
struct Packs {
    rules: Vec<Rule>,
    sources: Arc<[SourceId]>,
}

impl Packs {
    /// The rules that match `line`, were it in any of the files.
    fn fired(&self, line: &str) -> Vec<(&str, Hit)> {
        let matching = self.rules.iter().map(|rule| rule.matching.clone()).collect();
        let bytes = format!("{line}\n");
        let chunk = Chunk {
            stream: StreamId(1),
            generation: GenerationId(1),
            path: &Arc::from(Path::new("/var/log/any.log")),
            sources: &self.sources,
            read_at: Timestamp::from_millis(0),
            progress: Progress::Live,
            lead: b"",
            offset: 0,
            bytes: bytes.as_bytes(),
            events: Events::Lines,
            settled: true,
        };
        let mut hits = Vec::new();
        Matcher::new(matching).scan(&chunk, 0, &mut hits);
        let named = |hit: Hit| (&*self.rules[hit.rule.0 as usize].format.name, hit);
        hits.into_iter().map(named).collect()
    }
}

fn packs() -> Packs {
    let Settings { rules, sources, .. } = settings(&format!("{HEAD}{}", PACKS.concat()));
    Packs { rules, sources: (0..).map(SourceId).take(sources.len()).collect() }
}

fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(CASES).unwrap().case
}
