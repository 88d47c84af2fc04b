//! `absent`: what did not come.

use std::path::Path;

use super::*;
use crate::flow::BlindSpot;

/// A rule for which something is to match once a minute.
fn rule(group_by: &[&str], expect: &[&str]) -> EngineSettings {
    let expect = expect.iter().map(|value| vec![(*value).into()]).collect();
    EngineSettings {
        detector: Detector::Absent { after: seconds(60), expect },
        group_by: group_by.iter().map(|word| GroupWord::Capture((*word).into())).collect(),
        ..settings((60, 3600), 0)
    }
}

#[track_caller]
fn check(rule: &EngineSettings, hits: &[(u64, &str)], until: u64, expected: &str) {
    let hits: Vec<_> =
        (0..).zip(hits).map(|(offset, (time, user))| hit(*time, offset, user)).collect();
    for restart in [false, true] {
        assert_eq!(show(&run(rule, &hits, until, restart)), expected, "restart: {restart}");
    }
}

fn spot() -> BlindSpot {
    BlindSpot { path: Path::new("/var/log/app.log").into(), why: "there is no such file".into() }
}

#[test]
fn a_rule_of_one_group_waits_from_the_start_and_tells_what_stays_away_and_comes_back() {
    let all = "60s open, 120s reminder, 240s reminder, 250s resolved, 310s open";
    check(&rule(&[], &[]), &[(250, "eve")], 350, all);
    check(&rule(&[], &[]), &[(30, "eve"), (89, "bob"), (148, "joe")], 200, "");
    check(&rule(&[], &[]), &[(60, "eve")], 100, "60s open, 60s resolved");
}

#[test]
fn an_absence_says_since_when_and_shows_the_last_match() {
    let alerts = run(&rule(&[], &[]), &[hit(10, 0, "eve"), hit(100, 1, "eve")], 110, false);
    let absent = Reason::Absent { after: seconds(60), lasted: seconds(60) };
    assert_eq!((&alerts[0].reason, alerts[0].count), (&absent, 0));
    assert_eq!(alerts[0].samples[0].line, Bytes::from("line 0"));
    assert_eq!(alerts[1].reason, Reason::Back { after: seconds(90) });
    assert_eq!(alerts[1].samples[0].line, Bytes::from("line 1"));
    assert_eq!(alerts[1].incident, alerts[0].incident);
    let alerts = run(&rule(&[], &[]), &[], 110, false);
    assert_eq!(alerts[0].samples, []);
}

#[test]
fn a_group_is_waited_for_once_it_was_seen_and_given_up_after_seven_times_as_long() {
    let rule = rule(&["user"], &[]);
    check(&rule, &[(500, "eve")], 900, "560s open, 620s reminder, 740s reminder");
    let all = "560s open, 620s reminder, 740s reminder, 920s reminder";
    check(&rule, &[(500, "eve")], 9_000, all);
    check(&rule, &[(500, "eve"), (2000, "eve")], 2_050, all);
    let alerts = run(&rule, &[hit(500, 0, "eve")], 9_000, false);
    assert_eq!(alerts[3].reason, Reason::Forgotten { lasted: seconds(420) });
}

#[test]
fn an_expected_group_is_waited_for_from_the_start_and_never_given_up() {
    let rule = rule(&["user"], &["joe"]);
    check(
        &rule,
        &[(500, "joe")],
        530,
        "60s open, 120s reminder, 240s reminder, 480s reminder, 500s resolved",
    );
    let alerts = run(&rule, &[], 60 * HOUR, false);
    assert!(alerts.len() > 60 && alerts.iter().all(|own| own.kind != AlertKind::Resolved));
    assert_eq!(alerts[0].group.to_json(), serde_json::json!({ "user": "joe" }));
}

#[test]
fn what_has_no_room_is_not_waited_for() {
    let mut engine = started(EngineSettings { max_open: 10_000, ..rule(&["user"], &[]) });
    let hits: Vec<_> = (0..1500).map(|i| hit(0, i, &format!("user{i}"))).collect();
    assert_eq!(engine.on_hits(&hits, at(0)), []);
    assert_eq!(engine.on_time(at(60)).len(), 1000);
}

#[test]
fn nothing_is_absent_while_there_is_more_to_read() {
    let mut engine = started(rule(&[], &[]));
    engine.wait_for_reading(at(0));
    assert_eq!((engine.on_time(at(70)), engine.deadline()), (vec![], None));
    assert_eq!(engine.rules_to_read(at(70)), [RuleId(0)].into());
    // A line that was read late, of a minute ago: it is still absent.
    assert_eq!(engine.on_hits(&[hit(5, 0, "eve")], at(70)), []);
    engine.on_read(RuleId(0), at(70));
    assert_eq!(engine.on_time(at(70)), [], "what is there with it may not be read");
    engine.on_read(RuleId(0), at(71));
    let alerts = engine.on_time(at(71));
    assert_eq!(show(&alerts), "71s open");
    assert_eq!(alerts[0].reason, Reason::Absent { after: seconds(60), lasted: seconds(66) });
    assert_eq!(engine.on_hits(&[hit(8, 1, "eve")], at(75)), [], "nor is this one a return");
    assert_eq!(show(&engine.on_hits(&[hit(76, 2, "eve")], at(76))), "76s resolved");
}

#[test]
fn nothing_is_absent_while_a_log_cannot_be_read_nor_shortly_after() {
    let mut engine = started(rule(&[], &[]));
    for second in [50, 60, 70] {
        assert_eq!(engine.on_blind_spot(RuleId(0), Some(&spot()), at(second)), None);
        assert_eq!(engine.on_time(at(second)), []);
    }
    assert_eq!(engine.on_blind_spot(RuleId(0), None, at(75)), None, "it was short");
    assert_eq!(engine.deadline(), Some(at(80)));
    assert_eq!(show(&engine.on_time(at(80))), "80s open");
}

#[test]
fn a_log_that_cannot_be_read_for_long_is_told_once_also_over_restarts_and_so_is_its_end() {
    let mut engine = started(rule(&[], &[]));
    let mut told = Vec::new();
    let mut saved = engine.take_changes();
    for second in (0..2_000).step_by(10) {
        told.extend(engine.on_blind_spot(RuleId(0), Some(&spot()), at(second)));
        let changes = engine.take_changes();
        saved.rules = if changes.rules.is_empty() { saved.rules } else { changes.rules };
        if second % 100 == 0 {
            engine = self::engine(rule(&[], &[]));
            let groups = saved.groups.clone();
            engine.restore(&saved.rules, groups, at(second), at(second)).unwrap();
        }
    }
    told.extend(engine.on_blind_spot(RuleId(0), None, at(2_000)));
    told.extend(engine.on_blind_spot(RuleId(0), None, at(2_010)));
    assert_eq!(show(&told), "300s open, 2000s resolved");
    let BlindSpot { path, why } = spot();
    assert_eq!(told[0].reason, Reason::Blind { path, why });
    assert_eq!(told[1].reason, Reason::Sighted { after: seconds(2_000) });
    assert_eq!((told[1].incident, told[1].sequence), (told[0].incident, 1));
}

#[test]
fn time_that_nobody_saw_does_not_count() {
    let mut engine = started(rule(&[], &[]));
    engine.on_gap(seconds(1000), at(1030));
    assert_eq!(engine.on_time(at(1030)), []);
    assert_eq!(engine.deadline(), Some(at(1060)));
    assert_eq!(engine.take_changes().groups.len(), 1, "that is saved");
}

#[test]
fn a_rule_that_waits_for_something_else_now_begins_anew() {
    let mut engine = started(rule(&[], &[]));
    engine.on_time(at(60));
    let saved = engine.take_changes();
    let other = EngineSettings { fingerprint: [2; 16], ..rule(&[], &[]) };
    let mut engine = self::engine(other);
    let alerts = engine.restore(&saved.rules, saved.groups, at(61), at(61)).unwrap();
    assert_eq!(show(&alerts), "61s resolved");
    engine.expect(at(61));
    assert_eq!(engine.deadline(), Some(at(121)));
}

/// What is to be told of one group that is waited for from `times[0]` on, by brute force.
fn twin(times: &[u64], after: u64, is_expected: bool, until: u64) -> Vec<(u64, &'static str)> {
    let mut told = Vec::new();
    for (i, since) in times.iter().enumerate() {
        let next = times[i + 1..].iter().copied().find(|time| time > since);
        let end = next.unwrap_or(u64::MAX);
        // At one instant timers come first, and those of `until` are not run.
        let happens = |time: u64| time <= end && time < until;
        let is_last_of_instant = times.get(i + 1) != Some(since);
        if !is_last_of_instant || !happens(since + after) {
            continue;
        }
        told.push((since + after, "open"));
        let forgotten = since + 7 * after;
        if !is_expected && happens(forgotten) {
            told.push((forgotten, "reminder"));
        } else if next.is_some() {
            told.push((end, "resolved"));
        }
    }
    told
}

proptest! {
    /// It is told where brute force over all gaps tells it, of each group.
    #[test]
    fn absence_is_brute_force(
        hits in prop::collection::vec((prop_oneof![0u64..30, 0u64..400], 0usize..3), 0..60),
        after in 1u64..60,
        grouped in any::<bool>(),
    ) {
        let until = 20_000;
        let mut rule = rule(if grouped { &["user"] } else { &[] }, &["joe"]);
        let Detector::Absent { after: of_rule, .. } = &mut rule.detector else { unreachable!() };
        *of_rule = seconds(after);
        // Too seldom to be said again within this time.
        rule.max_open = 10_000;
        rule.debounce = Debounce { first: seconds(30_000), longest: seconds(30_000) };
        let mut now = 0;
        let mut times: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        times.insert(if grouped { "joe" } else { "" }, vec![0]);
        let hits: Vec<_> = (0..).zip(&hits).map(|(offset, (gap, user))| {
            now += gap;
            let user = ["eve", "bob", "joe"][*user];
            times.entry(if grouped { user } else { "" }).or_default().push(now);
            hit(now, offset, user)
        }).collect();
        let of = |(user, times): (&&'static str, &Vec<u64>)| {
            let is_expected = matches!(*user, "joe" | "");
            twin(times, after, is_expected, until).into_iter().map(|(at, kind)| (at, *user, kind))
                .collect::<Vec<_>>()
        };
        let mut expected: Vec<_> = times.iter().flat_map(of).collect();
        expected.sort_unstable();
        for restart in [false, true] {
            let alerts = run(&rule, &hits, until, restart);
            let mut told: Vec<_> = alerts.iter().map(|alert| {
                let group = alert.group.iter().next().map_or("", |(_, value)| value);
                (alert.at.since(at(0)).as_secs(), group, alert.kind.as_str())
            }).collect();
            told.sort_unstable();
            prop_assert_eq!(&told, &expected);
        }
    }
}
