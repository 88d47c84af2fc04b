//! `resolve_on`: a line says that it is over; and groups that open anew soon after.

use super::*;
use crate::flow::Reopened;

fn grouped(resolve_after: u64) -> EngineSettings {
    EngineSettings {
        group_by: vec![GroupWord::Capture("user".into())],
        ..settings((60, 60), resolve_after)
    }
}

/// Hits at seconds; an `up` resolves.
fn lines(lines: &[(u64, &str)]) -> Vec<Hit> {
    let line = |(offset, (second, text)): (u64, &(u64, &str))| {
        let user = text.strip_prefix("up ");
        let part = if user.is_some() { Part::Resolve } else { Part::Match };
        Hit { part, ..hit(*second, offset, user.unwrap_or(text)) }
    };
    (0..).zip(lines).map(line).collect()
}

#[track_caller]
fn check(rule: &EngineSettings, said: &[(u64, &str)], expected: &str) -> Vec<Alert> {
    let alerts = run(rule, &lines(said), 20 * HOUR, false);
    assert_eq!(show(&alerts), expected);
    assert_eq!(run(rule, &lines(said), 20 * HOUR, true), alerts, "with restarts");
    alerts
}

#[test]
fn a_line_ends_the_incident_of_its_group_at_once_and_tells_what_was_held() {
    let said = [(0, "eve"), (1, "bob"), (2, "eve"), (3, "eve"), (4, "up eve"), (5, "up joe")];
    let alerts =
        check(&grouped(600), &said, "0s open(1), 1s open(1), 4s resolved(2), 601s resolved");
    assert_eq!((alerts[2].reason.clone(), alerts[2].total), (Reason::ResolvedByLine, 3));
    assert_eq!(alerts[2].incident, alerts[0].incident, "they share a thread");
    assert_eq!(alerts[2].samples[0].line, Bytes::from("line 4"));
}

#[test]
fn a_line_without_an_incident_says_nothing() {
    check(
        &grouped(600),
        &[(0, "up eve"), (5, "eve"), (6, "up eve"), (7, "up eve")],
        "5s open(1), 6s resolved",
    );
}

#[test]
fn a_group_that_opens_anew_soon_says_so_and_takes_longer_to_resolve() {
    let said =
        [(0, "eve"), (300, "eve"), (700, "eve"), (1500, "eve"), (3000, "eve"), (20_000, "eve")];
    let expected = "0s open(1), 100s resolved, 300s open(1), 500s resolved, 700s open(1), \
                    1100s resolved, 1500s open(1), 2300s resolved, 3000s open(1), 3800s resolved, \
                    20000s open(1), 20100s resolved";
    let alerts = check(&grouped(100), &said, expected);
    let reopened: Vec<_> = alerts.iter().map(|alert| alert.reopened).collect();
    let again = |times, over| Some(Reopened { times, over: seconds(over) });
    let opens: Vec<_> = reopened.iter().step_by(2).copied().collect();
    assert_eq!(opens, [None, again(2, 300), again(3, 700), again(4, 1500), again(5, 3000), None]);
    assert!(reopened.iter().skip(1).step_by(2).all(Option::is_none));
    assert_ne!(alerts[2].incident, alerts[0].incident, "it is a thread of its own");
}

#[test]
fn a_group_that_opens_later_than_soon_is_new() {
    let alerts = check(
        &grouped(100),
        &[(0, "eve"), (499, "eve")],
        "0s open(1), 100s resolved, 499s open(1), 699s resolved",
    );
    assert!(alerts[2].reopened.is_some());
    let alerts = check(
        &grouped(100),
        &[(0, "eve"), (500, "eve")],
        "0s open(1), 100s resolved, 500s open(1), 600s resolved",
    );
    assert!(alerts[2].reopened.is_none());
}

#[test]
fn what_ended_by_a_line_follows_closely_as_well() {
    let said = [(0, "eve"), (1, "up eve"), (2, "eve"), (3, "up eve"), (4, "eve")];
    let alerts = check(
        &grouped(100),
        &said,
        "0s open(1), 1s resolved, 2s open(1), 3s resolved, 4s open(1), 404s resolved",
    );
    assert_eq!(alerts[4].reopened.unwrap().times, 3);
}

#[test]
fn nothing_is_left_of_a_group_once_it_was_quiet_for_long() {
    let mut engine = engine(grouped(100));
    engine.on_hits(&lines(&[(0, "eve")]), at(0));
    assert_eq!(engine.take_changes().groups.len(), 1);
    let (mut now, mut alerts) = (at(0), Vec::new());
    run_timers(&mut engine, &mut now, at(HOUR), &mut alerts);
    assert_eq!((show(&alerts), engine.deadline()), ("100s resolved".into(), None));
    assert_eq!(engine.take_changes().gone.len(), 1);
}

#[test]
fn times_of_before_a_clock_was_set_back_follow_it() {
    let mut engine = engine(grouped(100));
    engine.on_hits(&lines(&[(5000, "eve"), (5000, "up eve")]), at(5000));
    let saved = engine.take_changes();
    let mut engine = self::engine(grouped(100));
    engine.restore(&saved.rules, saved.groups, at(5000), at(1000)).unwrap();
    let alerts = engine.on_hits(&lines(&[(1399, "eve")]), at(1399));
    assert_eq!(alerts[0].reopened, Some(Reopened { times: 2, over: seconds(399) }));
}
