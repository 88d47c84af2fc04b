//! What a survey says of rules.

use super::*;
use crate::matcher::{Sought, Survey};

fn survey(rules: &[MatchSettings], bytes: &[u8]) -> Survey {
    survey_with(&mut Matcher::new(rules.to_vec()), bytes)
}

/// The same with a matcher that is there.
fn survey_with(matcher: &mut Matcher, bytes: &[u8]) -> Survey {
    let chunk = Chunk {
        stream: StreamId(1),
        generation: GenerationId(1),
        path: &Arc::from(Path::new("/var/log/app.log")),
        sources: &Arc::from([SourceId(0)]),
        read_at: Timestamp::from_millis(7),
        progress: Progress::Live,
        lead: b"",
        offset: 0,
        bytes,
        events: Events::Lines,
        settled: true,
    };
    matcher.survey(&chunk)
}

fn sought(pattern: &str) -> Sought {
    let survey = survey(&[rule(&[pattern], &[], (0, 0))], b"");
    survey.rules[0].sought[0].clone()
}

#[test]
fn what_is_looked_for_is_shown_as_a_regex() {
    for (pattern, shown) in [
        ("segfault at", "segfault at"),
        ("(?i)oom-killer", "(?i)oom-killer"),
        (r"\bOOM\b", r"\bOOM\b"),
        (r"\b5\d{2}\b", r"\b5[0-9]{2}\b"),
        (r"^a\.b\(c\)$", r"^a\.b\(c\)$"),
        ("ärger", "ärger"),
        (r"(?-u:\xff\xfe)qu", r"\xff\xfequ"),
        (r"q[^x]z[\]a-]q", r"q[^\nx]z[\-\]a]q"),
        (r"qzx.{3}xzq", "qzx.{3}xzq"),
    ] {
        assert_eq!(sought(pattern), Sought::Atoms(vec![shown.to_owned()]), "{pattern}");
        // It is one, and one that the pattern's matches hold.
        Pattern::new(shown).unwrap();
    }
    let both = ["error: zq", "warn: zq"].map(str::to_owned).to_vec();
    assert_eq!(sought("(?:error|warn): zq"), Sought::Atoms(both));
}

#[test]
fn a_pattern_that_is_tried_on_every_line_says_why() {
    assert_eq!(sought(".*"), Sought::Nothing);
    assert_eq!(sought("x*|y"), Sought::Nothing);
    let Sought::Frequent(atoms) = sought(r"\d+ \d+") else { panic!("not frequent") };
    assert_eq!(atoms, ["[0-9] [0-9]"]);
}

#[test]
fn candidates_are_the_events_that_a_rule_has_to_be_tried_on() {
    let rules = [
        rule(&["disk sd[a-c] full", "never seen"], &[], (0, 0)),
        rule(&[r"full \d"], &[], (0, 0)),
        rule(&["^.*$"], &[], (0, 0)),
    ];
    let bytes = b"fine\ndisk sda full\r\nfine\ndisk sdx full 7\n";
    let survey = survey(&rules, bytes);
    assert_eq!((survey.n_events, survey.rules.len()), (4, 3));
    let texts = |place: usize| -> Vec<&[u8]> {
        survey.rules[place].candidates.iter().map(|own| &bytes[own.clone()]).collect()
    };
    assert_eq!(texts(0), [&b"disk sda full"[..]]);
    assert_eq!(texts(1), [&b"disk sdx full 7"[..]]);
    assert_eq!(texts(2).len(), 4);
    assert_eq!(survey.rules[0].sought.len(), 2);
    let mut matcher = Matcher::new(rules.to_vec());
    assert!(matcher.is_match(RuleId(0), texts(0)[0]));
    assert!(!matcher.is_match(RuleId(0), texts(1)[0]));
}

#[test]
fn a_refused_text_is_no_match() {
    let mut matcher = Matcher::new(vec![rule(&["error"], &["harmless"], (0, 0))]);
    assert!(matcher.is_match(RuleId(0), b"error"));
    assert!(!matcher.is_match(RuleId(0), b"harmless error"));
}

#[test]
fn states_that_a_survey_builds_are_counted() {
    let mut matcher = Matcher::new(vec![rule(&["^(?:aa)*$"], &[], (0, 0))]);
    survey_with(&mut matcher, b"aaa\nab\n");
    assert!(matcher.n_states > 0);
    scan_with(&mut matcher, b"", b"aaa\nab\n", Events::Lines, true);
    let finders = matcher.finders.values().flat_map(|own| own.lines.iter().chain(&own.events));
    assert_eq!(matcher.n_states, finders.map(Finder::n_states).sum::<usize>());
}

/// Whether patterns of the log of lines are left to an automaton.
fn is_left(matcher: &Matcher) -> bool {
    let finders: Vec<_> = matcher.finders.values().filter_map(|own| own.lines.as_ref()).collect();
    assert_eq!(finders.len(), 1);
    finders[0].patterns().fallback.is_some()
}

#[test]
fn what_is_frequent_in_most_logs_is_looked_for_in_one_where_it_is_rare() {
    // Nothing is known of a log at its first line.
    let scan_lines = |matcher: &mut Matcher, line: &str, n: usize| {
        scan_with(matcher, b"", line.repeat(n).as_bytes(), Events::Lines, true).0.len()
    };
    let mut matcher = Matcher::new(vec![rule(&[r"\d\d"], &[], (0, 0))]);
    assert_eq!(scan_lines(&mut matcher, "no number\n", 1), 0);
    assert!(is_left(&matcher));
    for _ in 0..100 {
        assert_eq!(scan_lines(&mut matcher, "no number\n", 1000), 0);
    }
    assert!(!is_left(&matcher));
    assert_eq!(scan_lines(&mut matcher, "number 42\n", 3), 3);
}
