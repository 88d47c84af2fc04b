//! What is read long after it was written.

use super::*;
use crate::flow::{Mute, MuteId};

/// A rule with a group for each user.
fn rule() -> EngineSettings {
    EngineSettings { group_by: vec![GroupWord::Capture("user".into())], ..settings((300, 300), 0) }
}

/// An engine for `rule` in a program that was down from `last` to `since`.
fn up(rule: EngineSettings, last: u64, since: u64) -> Engine {
    let mut engine = engine(rule);
    engine.go_up(Some(at(last)), at(since));
    engine
}

/// 40 hits of 4 users, one a minute.
fn forty() -> Vec<Hit> {
    (0..40).map(|i| hit(i * 60, i, &format!("user{}", i % 4))).collect()
}

#[test]
fn what_is_late_is_told_together_once_no_more_comes() {
    let mut engine = up(rule(), 0, 5 * HOUR);
    assert_eq!(engine.on_hits(&forty()[..30], at(5 * HOUR)), []);
    assert_eq!(engine.on_hits(&forty()[30..], at(5 * HOUR + 8)), []);
    let changes = engine.take_changes();
    assert_eq!((changes.rules[0].matched, changes.rules[0].untold), (40, 40));
    assert_eq!(engine.deadline(), Some(at(5 * HOUR + 18)));
    let alerts = engine.on_time(at(5 * HOUR + 18));
    assert_eq!(show(&alerts), "18018s digest(40)");
    assert_eq!(alerts[0].reason, Reason::CaughtUp { down: Some(Duration::from_hours(5)) });
    assert_eq!(alerts[0].crowd.as_ref().unwrap().distinct, 4);
    assert_eq!(alerts[0].span, Span { first: at(0), last: at(39 * 60) });
    let changes = engine.take_changes();
    assert_eq!((changes.rules[0].untold, engine.deadline()), (0, None), "no incident is open");
}

#[test]
fn what_keeps_coming_late_is_told_after_a_quarter_of_an_hour() {
    let mut engine = up(rule(), 0, 5 * HOUR);
    let mut alerts = Vec::new();
    for i in 0..200 {
        alerts.extend(engine.on_hits(&[hit(i, i, "eve")], at(5 * HOUR + i * 5)));
    }
    assert_eq!(show(&alerts), "18900s digest(180)");
    assert_eq!(show(&engine.on_time(at(6 * HOUR))), "21600s digest(20)");
}

#[test]
fn what_is_an_hour_old_at_most_is_told_as_ever() {
    let mut engine = up(rule(), 0, HOUR);
    assert_eq!(show(&engine.on_hits(&[hit(0, 0, "eve")], at(HOUR))), "3600s open(1)");
    assert_eq!(engine.on_hits(&[hit(0, 1, "bob")], at(HOUR + 1)), []);
    assert_eq!(show(&engine.on_time(at(HOUR + 11))), "3611s digest(1)");
}

#[test]
fn it_is_said_only_of_what_was_written_while_the_program_was_down() {
    for (last, since) in [(5 * HOUR, 10 * HOUR), (100, 200)] {
        let mut engine = up(rule(), last, since);
        engine.on_hits(&[hit(150, 0, "eve")], at(10 * HOUR));
        let alerts = engine.on_time(at(11 * HOUR));
        assert_eq!(alerts[0].reason, Reason::CaughtUp { down: None }, "{last} {since}");
    }
}

#[test]
fn nothing_is_late_where_old_logs_are_played() {
    let mut engine = engine(rule());
    assert_eq!(show(&engine.on_hits(&[hit(0, 0, "eve")], at(5 * HOUR))), "18000s open(1)");
}

#[test]
fn a_threshold_counts_what_is_late_by_its_stamps() {
    let rule = EngineSettings { detector: threshold(10, 600), ..settings((300, 300), 0) };
    let mut engine = up(rule, 0, 5 * HOUR);
    // Ten a time, of which the first and the last five lie too far apart.
    let hits: Vec<_> = (0..25).map(|i| hit(i * 60 + (i / 5) * HOUR / 2, i, "eve")).collect();
    assert_eq!(engine.on_hits(&hits[..10], at(5 * HOUR)), []);
    assert_eq!(engine.on_time(at(5 * HOUR + 10)), []);
    let burst: Vec<_> = (0..25).map(|i| hit(2 * HOUR + i, 100 + i, "eve")).collect();
    assert_eq!(engine.on_hits(&burst, at(5 * HOUR + 10)), []);
    let alerts = engine.on_time(at(5 * HOUR + 20));
    assert_eq!(show(&alerts), "18020s digest(20)");
    assert_eq!(alerts[0].crowd, None);
    let changes = engine.take_changes();
    assert_eq!((changes.rules[0].matched, changes.rules[0].untold), (35, 15));
}

#[test]
fn an_incident_that_is_open_takes_up_what_is_late() {
    let mut engine = up(rule(), 0, HOUR);
    assert_eq!(show(&engine.on_hits(&[hit(HOUR, 0, "eve")], at(HOUR))), "3600s open(1)");
    assert_eq!(engine.on_hits(&[hit(0, 1, "eve")], at(HOUR + 10)), []);
    assert_eq!(show(&engine.on_time(at(HOUR + 300))), "3900s summary(1)");
}

#[test]
fn what_a_mute_holds_back_is_held_back_and_what_waits_for_a_cause_does_not() {
    let gates = GateSettings { wait: Duration::from_secs(5), ..GateSettings::default() };
    let mut engine = up(EngineSettings { gates, ..rule() }, 0, 5 * HOUR);
    let mute = Mute {
        id: MuteId::default(),
        selector: "user=eve".parse().unwrap(),
        who: String::new(),
        why: String::new(),
        since: at(5 * HOUR),
        until: at(6 * HOUR),
        until_resolved: false,
    };
    engine.mute(mute, at(5 * HOUR)).unwrap();
    assert_eq!(engine.on_hits(&[hit(0, 0, "eve"), hit(0, 1, "bob")], at(5 * HOUR)), []);
    let alerts = engine.on_time(at(5 * HOUR + 10));
    assert_eq!(show(&alerts), "18010s digest(1)");
    let alerts = engine.on_time(at(6 * HOUR));
    assert_eq!(alerts.iter().map(|alert| alert.count).sum::<u64>(), 1, "{alerts:?}");
}

#[test]
fn what_is_late_outlives_a_restart_and_a_change_of_the_rule() {
    let mut engine = up(rule(), 0, 5 * HOUR);
    engine.on_hits(&[hit(0, 0, "eve")], at(5 * HOUR));
    let saved = engine.take_changes();
    let now = at(5 * HOUR + 3);
    let mut engine = up(rule(), 5 * HOUR + 2, 5 * HOUR + 3);
    engine.restore(&saved.rules, saved.groups.clone(), now, now).unwrap();
    let alerts = engine.on_time(at(5 * HOUR + 10));
    assert_eq!(show(&alerts), "18010s digest(1)");
    assert_eq!(alerts[0].reason, Reason::CaughtUp { down: Some(Duration::from_hours(5)) });
    let mut engine = self::engine(EngineSettings { fingerprint: [2; 16], ..rule() });
    let alerts = engine.restore(&saved.rules, saved.groups, now, now).unwrap();
    assert_eq!(show(&alerts), "18003s digest(1)");
    assert_eq!(alerts[0].reason, Reason::RuleChanged);
    assert_eq!(engine.take_changes().rules[0].untold, 0);
}

#[test]
fn what_began_late_and_had_no_end_is_late() {
    let by = vec!["user".into()];
    let detector = Detector::Pair { by, within: Duration::from_mins(10) };
    let mut engine = up(EngineSettings { detector, ..rule() }, 0, 5 * HOUR);
    assert_eq!(engine.on_hits(&forty(), at(5 * HOUR)), []);
    let mut alerts = Vec::new();
    run_timers(&mut engine, &mut at(5 * HOUR), at(7 * HOUR), &mut alerts);
    assert_eq!(alerts.len(), 1, "{}", show(&alerts));
    assert_eq!((alerts[0].kind, alerts[0].count), (AlertKind::Digest, 40));
}

proptest! {
    #[test]
    fn counts_add_up_however_late_hits_are(
        hits in proptest::collection::vec((0_u64..4, 0..3 * HOUR, 0_u64..600), 0..60),
        (count, restart_at) in (1_u32..4, 0_usize..60),
    ) {
        let detector = if count == 1 { Detector::Each } else { threshold(count, 600) };
        let rule = EngineSettings { detector, max_open: 2, ..rule() };
        let mut engine = up(rule.clone(), 0, 3 * HOUR);
        let (mut now, mut told, mut matched) = (3 * HOUR, 0, 0);
        for (i, (user, ago, pause)) in hits.into_iter().enumerate() {
            now += pause;
            let alerts = engine.on_hits(&[hit(now - ago, i as u64, &format!("u{user}"))], at(now));
            told += alerts.iter().map(|alert| alert.count).sum::<u64>();
            matched += 1;
            if i == restart_at {
                let saved = engine.take_changes();
                engine = up(rule.clone(), 0, 3 * HOUR);
                let alerts = engine.restore(&saved.rules, saved.groups, at(now), at(now)).unwrap();
                prop_assert_eq!(alerts, []);
            }
        }
        let alerts = engine.on_time(at(now + 100 * HOUR));
        told += alerts.iter().map(|alert| alert.count).sum::<u64>();
        let record = engine.take_changes().rules.pop();
        if let Some(record) = record {
            prop_assert_eq!((record.matched, record.untold), (matched, matched - told));
            prop_assert!(count > 1 || record.untold == 0);
        }
    }
}
