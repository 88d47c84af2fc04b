//! `new`: values that were not seen before, or not for long.

use super::*;
use crate::engine::condition::Known;

/// A rule that tells of users that were not seen for `forget`, after it learnt for `learn`.
fn rule(learn: u64, forget: u64) -> EngineSettings {
    let of = GroupWord::Capture("user".into());
    let detector = Detector::New { of, learn: seconds(learn), forget: seconds(forget) };
    EngineSettings { detector, max_open: 10_000, ..settings((10, 10), 0) }
}

fn hits(hits: &[(u64, &str)]) -> Vec<Hit> {
    (0..).zip(hits).map(|(i, (time, user))| hit(*time, i, user)).collect()
}

fn told(alerts: &[Alert]) -> String {
    let user = |alert: &Alert| alert.group.iter().last().map(|(_, value)| value.to_owned());
    let show = |alert: &Alert| {
        let second = alert.at.since(at(0)).as_secs();
        format!("{second}s {} {}({})", user(alert).unwrap(), alert.kind.as_str(), alert.count)
    };
    alerts.iter().map(show).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(rule: &EngineSettings, lines: &[(u64, &str)], expected: &str) {
    for restart in [false, true] {
        assert_eq!(told(&run(rule, &hits(lines), 50_000, restart)), expected, "{restart}");
    }
}

#[test]
fn a_value_is_told_once_and_again_once_it_was_not_seen_for_long() {
    let lines = [(0, "eve"), (1, "eve"), (2, "bob"), (50, "eve"), (140, "eve"), (1000, "bob")];
    check(&rule(0, 1000), &lines, "0s eve open(1), 2s bob open(1)");
    let lines = [(0, "eve"), (90, "eve"), (180, "eve"), (279, "eve"), (379, "eve")];
    check(&rule(0, 100), &lines, "0s eve open(1), 379s eve open(1)");
}

#[test]
fn what_comes_while_it_learns_is_known_and_is_counted() {
    let lines = [(0, "eve"), (59, "bob"), (60, "joe"), (61, "eve"), (62, "bob")];
    check(&rule(60, 1000), &lines, "60s joe open(1)");
    let mut engine = started(rule(60, 1000));
    engine.on_hits(&hits(&lines[..1]), at(0));
    engine.on_hits(&hits(&lines[2..]), at(62));
    let record = engine.take_changes().rules.pop().unwrap();
    assert_eq!((record.matched, record.untold), (4, 2), "bob is new as well");
}

#[test]
fn a_longer_time_to_learn_counts_from_the_first_start_on() {
    let mut engine = started(rule(0, 1000));
    engine.on_hits(&hits(&[(1, "eve")]), at(1));
    let saved = engine.take_changes();
    let mut engine = self::engine(rule(60, 1000));
    engine.restore(&saved.rules, saved.groups, at(1), at(2)).unwrap();
    engine.recall(saved.values, at(1), at(2));
    engine.expect(at(2));
    assert_eq!(told(&engine.on_hits(&hits(&[(59, "bob"), (60, "joe")]), at(59))), "");
    assert_eq!(
        told(&engine.on_hits(&hits(&[(60, "ann"), (60, "eve")]), at(60))),
        "60s ann open(1)"
    );
}

#[test]
fn what_was_there_before_is_learnt_and_neither_told_nor_counted() {
    let mut engine = engine(rule(0, 1000));
    assert_eq!(engine.rules_to_teach().collect::<Vec<_>>(), [RuleId(0)]);
    let past = hits(&[(100, "old"), (500, "eve"), (400, "eve"), (9_999, "bob")]);
    engine.learn(&past, at(200), at(1000));
    engine.expect(at(1000));
    assert_eq!((engine.rules_to_teach().count(), engine.n_known(RuleId(0))), (0, 2));
    // Of what is yet to come, the time is that of now.
    let lines = hits(&[(1001, "eve"), (1002, "old"), (1999, "bob"), (2000, "joe"), (2999, "bob")]);
    let alerts: Vec<_> =
        lines.iter().flat_map(|hit| engine.on_hits(std::slice::from_ref(hit), hit.time)).collect();
    assert_eq!(told(&alerts), "1002s old open(1), 2000s joe open(1), 2999s bob open(1)");
    assert_eq!(engine.take_changes().rules[0].matched, 5);
}

#[test]
fn a_value_is_new_of_its_group_and_says_of_what_and_how_many_are_known() {
    let rule = EngineSettings { group_by: vec![GroupWord::File], ..rule(0, 1000) };
    let elsewhere = |second, offset, user| {
        let mut own = hit(second, offset, user);
        Arc::make_mut(&mut own.sample).path = Path::new("/var/log/other.log").into();
        own
    };
    let lines =
        [hit(0, 0, "eve"), elsewhere(1, 0, "eve"), elsewhere(2, 1, "eve"), hit(3, 1, "bob")];
    let alerts = run(&rule, &lines, 100, true);
    assert_eq!(told(&alerts), "0s eve open(1), 1s eve open(1), 3s bob open(1)");
    let group = serde_json::json!({ "file": "/var/log/other.log", "user": "eve" });
    assert_eq!(alerts[1].group.to_json(), group);
    let reason = Reason::New { of: "user".into(), known: 2, is_full: false };
    assert_eq!(alerts[2].reason, reason);
}

#[test]
fn a_pattern_is_new_whatever_varies_in_it() {
    let detector =
        Detector::New { of: GroupWord::Pattern, learn: Duration::ZERO, forget: seconds(1000) };
    let rule = EngineSettings { detector, max_open: 10_000, ..settings((10, 10), 0) };
    let line = |offset, line: &str| {
        let mut own = hit(offset, offset, "eve");
        Arc::make_mut(&mut own.sample).line = Bytes::from(line);
        own
    };
    let lines = ["lost 10.0.0.1 after 3 tries", "lost 10.0.0.2 after 9 tries", "found 10.0.0.1"];
    let lines: Vec<_> = (0..).zip(lines).map(|(offset, text)| line(offset, text)).collect();
    let alerts = run(&rule, &lines, 100, true);
    assert_eq!(told(&alerts), "0s lost <ip> after <num> tries open(1), 2s found <ip> open(1)");
    // Long ones are told apart by all of their text, though a group's name shows the beginning.
    let long = |end: &str| line(50, &format!("{}{end}", "x ".repeat(500)));
    assert_eq!(run(&rule, &[long("lost"), long("found")], 100, false).len(), 2);
}

#[test]
fn a_match_without_a_value_and_the_same_address_written_otherwise_are_nothing_new() {
    let lines = [(0, "2001:DB8:0::1"), (1, " 2001:db8::1")];
    check(&rule(0, 1000), &lines, "0s 2001:db8::1 open(1)");
    let of = GroupWord::Capture("port".into());
    let detector = Detector::New { of, learn: Duration::ZERO, forget: seconds(10) };
    check(&EngineSettings { detector, ..rule(0, 10) }, &[(0, "eve")], "");
}

#[test]
fn a_rule_that_looks_for_something_else_forgets_what_it_knew() {
    let mut engine = started(rule(0, 1000));
    engine.on_hits(&hits(&[(1, "eve"), (1, "bob")]), at(1));
    let saved = engine.take_changes();
    assert_eq!(saved.values.len(), 2);
    let other = EngineSettings { fingerprint: [2; 16], ..rule(0, 1000) };
    for (settings, n_gone) in [(other, 2), (settings((10, 10), 0), 2), (rule(0, 1000), 0)] {
        let is_same = n_gone == 0;
        let detects = if is_same { [1; 16] } else { [2; 16] };
        let mut engine = self::engine(EngineSettings { fingerprint: detects, ..settings });
        engine.restore(&saved.rules, saved.groups.clone(), at(1), at(2)).unwrap();
        engine.recall(saved.values.clone(), at(1), at(2));
        assert_eq!(engine.take_changes().values_gone.len(), n_gone);
        assert_eq!(engine.n_known(RuleId(0)), if is_same { 2 } else { 0 });
    }
}

#[test]
fn a_clock_that_was_set_back_while_down_makes_nothing_known_for_longer() {
    let mut engine = started(rule(0, 100));
    engine.on_hits(&hits(&[(5000, "eve")]), at(5000));
    let mut saved = engine.take_changes();
    for (saved_at, now) in [(5000, 1000), (1000, 1001)] {
        engine = self::engine(rule(0, 100));
        engine.restore(&saved.rules, Vec::new(), at(saved_at), at(now)).unwrap();
        engine.recall(saved.values.clone(), at(saved_at), at(now));
        let changes = engine.take_changes();
        saved.values = if changes.values.is_empty() { saved.values } else { changes.values };
    }
    assert_eq!(told(&engine.on_hits(&hits(&[(1099, "eve")]), at(1099))), "");
    assert_eq!(told(&engine.on_hits(&hits(&[(1199, "eve")]), at(1199))), "1199s eve open(1)");
}

#[test]
fn beyond_the_bound_what_was_not_seen_for_longest_goes() {
    let mut known = Known::default();
    let forget = seconds(1_000_000);
    for value in 0..Known::MAX as u64 {
        assert!(known.on_value(value, at(value), forget));
    }
    assert!(!known.on_value(0, at(200_000), forget), "it is the latest now");
    assert_eq!(known.take_changes().count(), Known::MAX);
    assert!(known.on_value(u64::MAX, at(200_001), forget));
    assert_eq!(known.len(), Known::MAX);
    let changes: Vec<_> = known.take_changes().collect();
    assert_eq!(changes, [(1, None), (u64::MAX, Some(at(200_001)))]);
    assert!(known.on_value(1, at(200_002), forget) && !known.on_value(0, at(200_003), forget));
    known.forget(at(200_000));
    assert_eq!(known.len(), 2);
}

#[test]
fn a_value_that_comes_all_the_time_is_seldom_saved() {
    let mut known = Known::default();
    let saves = (0..10_000u64).filter(|second| {
        known.on_value(1, at(*second), seconds(100_000));
        known.take_changes().count() > 0
    });
    assert_eq!(saves.count(), 100);
}

proptest! {
    /// What is told is what brute force over all lines finds to be new.
    #[test]
    fn novelty_is_brute_force(
        lines in prop::collection::vec((prop_oneof![0u64..5, 0u64..200], 0usize..4), 0..80),
        learn in 0u64..100, forget in 1u64..300, restart in any::<bool>(),
    ) {
        let mut now = 0;
        let lines: Vec<_> = lines.iter().map(|(gap, user)| {
            now += gap;
            (now, ["eve", "bob", "joe", "ann"][*user])
        }).collect();
        let is_news = |i: usize| {
            let (time, user) = lines[i];
            let before = lines[..i].iter().rfind(|(_, other)| *other == user);
            time >= learn && before.is_none_or(|(last, _)| time >= last + forget)
        };
        let news = (0..lines.len()).filter(|i| is_news(*i)).map(|i| lines[i]);
        let rule = EngineSettings {
            debounce: Debounce { first: Duration::ZERO, longest: Duration::ZERO },
            ..rule(learn, forget)
        };
        let alerts = run(&rule, &hits(&lines), 50_000, restart);
        let told = alerts.iter().map(|alert| {
            let user = alert.group.iter().next().unwrap().1;
            (alert.at.since(at(0)).as_secs(), ["eve", "bob", "joe", "ann"].into_iter().find(|own| *own == user).unwrap())
        });
        prop_assert_eq!(told.collect::<Vec<_>>(), news.collect::<Vec<_>>());
        prop_assert!(alerts.iter().all(|alert| alert.kind == AlertKind::Open && alert.count == 1));
    }
}
