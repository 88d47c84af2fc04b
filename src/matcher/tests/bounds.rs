//! Memory is bounded, whatever the rules and the logs.

use super::*;
use crate::matcher::confirm::Compiled;
use crate::matcher::ready::Ready;

/// Rules with patterns that nothing can be looked for in place of, and many states.
fn classes(n: usize) -> Vec<MatchSettings> {
    let source = |i| SourceId(u32::try_from(i).unwrap());
    let rule = |i| MatchSettings {
        source: source(i),
        ..rule(&[&format!(r"[a-m][a-z]{{{}}}\d", 5 + i % 10)], &[r"\d\d"], (0, 0))
    };
    (0..n).map(rule).collect()
}

/// Lines of random letters, a few with a digit.
fn letters(seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut byte = || match random.u8(..) {
        0..5 => b'\n',
        5..8 => random.u8(b'0'..=b'9'),
        _ => random.lowercase() as u8,
    };
    std::iter::repeat_with(&mut byte).take(20_000).collect()
}

#[test]
fn states_of_patterns_are_let_go_of_where_all_take_too_much_and_match_the_same_again() {
    let rules = classes(40);
    let (mut all, mut few) = (Compiled::new(&rules, usize::MAX), Compiled::new(&rules, 64 << 10));
    let bytes = letters(1);
    let mut most = 0;
    for text in bytes.split(|byte| *byte == b'\n') {
        for id in (0..40).map(RuleId) {
            let branches = [Branch { rule: id, place: 0 }];
            let found = few.captures(&rules, &branches, text).is_some();
            assert_eq!(found, all.captures(&rules, &branches, text).is_some());
            most = most.max(few.n_states());
        }
    }
    assert!(all.n_states() > 1 << 20, "{}", all.n_states());
    // Those of the pattern at work are kept even if they are more.
    assert!(most < all.n_states() / 4, "{most}");
}

#[test]
fn states_for_many_logs_are_let_go_of_but_for_those_of_the_log_at_hand() {
    let rules = classes(20);
    let scan_all = |max_states: usize| {
        let mut matcher = Matcher::new(rules.clone());
        matcher.max_states = max_states;
        let (mut found, mut most) = (Vec::new(), 0);
        for round in 0..3 {
            for source in (0..20).map(SourceId) {
                let chunk = Chunk {
                    stream: StreamId(1),
                    generation: GenerationId(1),
                    path: &Arc::from(Path::new("/var/log/app.log")),
                    sources: &Arc::from([source]),
                    read_at: Timestamp::from_millis(7),
                    progress: Progress::Live,
                    lead: b"",
                    offset: 0,
                    bytes: &letters(round),
                    events: Events::Lines,
                    settled: true,
                };
                let mut hits = Vec::new();
                matcher.scan(&chunk, 0, &mut hits);
                found.extend(hits.iter().map(|hit| (hit.rule, hit.offset)));
                most = most.max(matcher.n_states);
            }
        }
        (found, most)
    };
    let (all_found, all) = scan_all(usize::MAX);
    let (found, most) = scan_all(all / 5);
    assert!(!found.is_empty());
    assert_eq!(found, all_found);
    // Those of one log may come on top.
    assert!(most <= all / 5 + all / 10, "{most} of {all}");
}

/// What needs ever other states on a text of `a` and `z`.
const HARD: &str = r"[ab].{400}(?P<what>c+)[ab]*(?P<end>x\d)";

/// A text of so many bytes that needs many states.
fn hard(n: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(5);
    std::iter::repeat_with(|| if random.bool() { b'a' } else { b'z' }).take(n).collect()
}

fn captured(ready: &mut Ready, pattern: &Pattern, text: &[u8]) -> Option<Vec<String>> {
    let captures = ready.captures(pattern.names(), text)?;
    Some(captures.iter().map(|(name, value)| format!("{name}={value:?}")).collect())
}

#[test]
fn a_pattern_is_tried_on_a_part_of_a_long_text_that_needs_ever_other_states_and_this_is_told() {
    let pattern = Pattern::new(HARD).unwrap();
    let mut ready = Ready::new(&pattern);
    let most = pattern.max_tried();
    assert!((32 << 10..128 << 10).contains(&most), "{most}");
    let found = ["what=b\"cc\"", "end=b\"x1\""].map(str::to_owned).to_vec();
    let mut text = hard(256 << 10);
    // What fits is tried on the whole of it.
    text[most - 4..most].copy_from_slice(b"ccx1");
    assert_eq!(captured(&mut ready, &pattern, &text[..most]), Some(found.clone()));
    assert!(!ready.take_unsure());
    // What is behind that is not found, what is before is.
    assert_eq!(captured(&mut ready, &pattern, &text), Some(found));
    assert!(ready.take_unsure());
    text[most - 1] = b'a';
    text[most + 10_000..][..4].copy_from_slice(b"ccx1");
    assert_eq!(captured(&mut ready, &pattern, &text), None);
    assert!(!ready.is_match(&text));
    assert!(ready.take_unsure());
    assert!(!ready.take_unsure());
}

#[test]
fn a_large_pattern_is_tried_on_the_whole_of_a_long_text_that_needs_few_states() {
    let pattern = Pattern::new(HARD).unwrap();
    let mut ready = Ready::new(&pattern);
    let mut text = vec![b'-'; 256 << 10];
    assert!(!ready.is_match(&text));
    assert_eq!(captured(&mut ready, &pattern, &text), None);
    let end = text.len();
    text[end - 800] = b'a';
    text[end - 399..].fill(b'c');
    text[end - 2..].copy_from_slice(b"x1");
    assert!(ready.is_match(&text));
    let whole = pattern.regex().captures(&text).unwrap();
    let captures = ready.captures(pattern.names(), &text).unwrap();
    for (name, value) in captures {
        assert_eq!(value.as_slice(), &whole[&*name]);
    }
    assert!(!ready.take_unsure());
}

#[test]
fn events_that_patterns_were_tried_on_a_part_of_are_counted_by_rule() {
    let rules = [rule(&["[ab]{3}"], &[], (0, 0)), rule(&["[ab]"], &[HARD], (0, 0))];
    let mut matcher = Matcher::new(rules.to_vec());
    let mut text = hard(200 << 10);
    text.extend_from_slice(b"\nab\n");
    let (hits, _) = scan_with(&mut matcher, b"", &text, Events::Lines, true);
    // What may be refused is told.
    assert_eq!(hits.len(), 3);
    assert_eq!(matcher.take_unsure().into_iter().collect::<Vec<_>>(), [(RuleId(1), 1)]);
    assert!(matcher.take_unsure().is_empty());
}
