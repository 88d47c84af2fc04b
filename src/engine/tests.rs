mod absent;
mod distinct;
mod flood;
mod late;
mod mutes;
mod novelty;
mod pair;
mod resolve;
mod spike;
mod storm;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::flow::{AlertKind, Bytes, GenerationId, Reason, Sample, Span, StreamId, TimeOrigin};

pub(super) const MINUTE: u64 = 60;
pub(super) const HOUR: u64 = 60 * MINUTE;

pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + seconds(second)
}

/// A rule with `debounce` and `resolve_after` in seconds; 0 for no `resolve_after`.
pub(super) fn settings(debounce: (u64, u64), resolve_after: u64) -> EngineSettings {
    EngineSettings {
        name: "rule".into(),
        fingerprint: [1; 16],
        group_by: Vec::new(),
        detector: Detector::Each,
        top: Vec::new(),
        debounce: Debounce { first: seconds(debounce.0), longest: seconds(debounce.1) },
        resolve_after: (resolve_after > 0).then(|| seconds(resolve_after)),
        max_groups: EngineSettings::USUAL_GROUPS,
        max_open: EngineSettings::USUAL_OPEN,
        gates: GateSettings::default(),
    }
}

pub(super) fn threshold(count: u32, within: u64) -> Detector {
    Detector::Threshold { count, within: seconds(within) }
}

fn engine(settings: EngineSettings) -> Engine {
    Engine::new([7; 16], "web-1".into(), vec![settings])
}

/// An engine that began at the first second.
fn started(settings: EngineSettings) -> Engine {
    let mut engine = engine(settings);
    engine.expect(at(0));
    engine
}

pub(super) fn hit(second: u64, offset: u64, user: &str) -> Hit {
    let sample = Sample {
        path: Path::new("/var/log/app.log").into(),
        time: at(second),
        written: None,
        line: Bytes::from(format!("line {offset}").as_str()),
        captures: vec![("user".into(), Bytes::from(user))],
        reading: None,
        before: Vec::new(),
        after: Vec::new(),
    };
    Hit {
        rule: RuleId(0),
        part: Part::Match,
        stream: StreamId(1),
        generation: GenerationId(1),
        offset,
        time: at(second),
        origin: TimeOrigin::NoStamp,
        sample: Arc::new(sample),
    }
}

/// Runs hits at `times` through an engine with its timers in between, until `until`.
///
/// With `restart`, the engine is saved and made anew before each hit.
fn run(settings: &EngineSettings, hits: &[Hit], until: u64, restart: bool) -> Vec<Alert> {
    let mut engine = started(settings.clone());
    let mut saved = BTreeMap::new();
    let mut values = BTreeMap::new();
    let mut rules = Vec::new();
    let mut alerts = Vec::new();
    let mut now = at(0);
    for hit in hits {
        run_timers(&mut engine, &mut now, hit.time, &mut alerts);
        if restart {
            let changes = engine.take_changes();
            rules = if changes.rules.is_empty() { rules } else { changes.rules };
            changes.gone.into_iter().for_each(|(_, key)| drop(saved.remove(&key)));
            saved.extend(changes.groups.into_iter().map(|group| (group.key.clone(), group)));
            changes.values_gone.into_iter().for_each(|(_, value)| drop(values.remove(&value)));
            values.extend(changes.values.into_iter().map(|own| (own.value, own)));
            engine = self::engine(settings.clone());
            let groups = saved.values().cloned().collect();
            let said = engine.restore(&rules, groups, hit.time, hit.time).unwrap();
            assert_eq!(said, [], "a restart has nothing to say");
            engine.recall(values.values().cloned().collect(), hit.time, hit.time);
            engine.expect(hit.time);
        }
        alerts.extend(engine.on_hits(std::slice::from_ref(hit), hit.time));
    }
    run_timers(&mut engine, &mut now, at(until), &mut alerts);
    alerts
}

/// Lets time pass from one deadline to the next, from `now` to just before `until`.
fn run_timers(engine: &mut Engine, now: &mut Timestamp, until: Timestamp, alerts: &mut Vec<Alert>) {
    while let Some(due) = engine.deadline().filter(|due| *due < until) {
        *now = due.max(*now);
        alerts.extend(engine.on_time(*now));
    }
    *now = until;
}

pub(super) fn show(alerts: &[Alert]) -> String {
    let show = |alert: &Alert| {
        let second = alert.at.since(at(0)).as_secs();
        let count = if alert.count > 0 { format!("({})", alert.count) } else { String::new() };
        format!("{second}s {}{count}", alert.kind.as_str())
    };
    alerts.iter().map(show).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(settings: &EngineSettings, times: &[u64], until: u64, expected: &str) {
    let hits: Vec<_> = (0..).zip(times).map(|(i, time)| hit(*time, i, "eve")).collect();
    assert_eq!(show(&run(settings, &hits, until, false)), expected);
}

#[test]
fn tells_at_once_then_says_exactly_how_many_were_held() {
    check(&settings((60, 60), 0), &[0, 10, 20, 59], 500, "0s open(1), 60s summary(3)");
}

#[test]
fn a_single_line_is_one_message() {
    check(&settings((60, 60), 0), &[0], 500, "0s open(1)");
    check(&settings((60, 60), 300), &[0], 500, "0s open(1), 300s resolved");
}

#[test]
fn windows_double_up_to_the_longest_and_shrink_again_after_the_close() {
    let times: Vec<u64> = (0..100).map(|i| i * 10).chain([2_000]).collect();
    let expected = "0s open(1), 60s summary(5), 180s summary(12), 420s summary(24), \
                    660s summary(24), 900s summary(24), 1140s summary(10), 2000s open(1)";
    check(&settings((60, 240), 0), &times, 5_000, expected);
}

#[test]
fn a_hit_after_a_quiet_window_is_told_at_once_but_never_too_early() {
    let rule = settings((60, 60), 600);
    check(&rule, &[0, 100], 2_000, "0s open(1), 100s summary(1), 700s resolved");
    check(
        &rule,
        &[0, 100, 110, 300],
        2_000,
        "0s open(1), 100s summary(1), 160s summary(1), 300s summary(1), 900s resolved",
    );
}

#[test]
fn a_day_of_one_line_a_second_is_28_messages_and_a_resolved() {
    let hits: Vec<_> = (0..24 * HOUR).map(|second| hit(second, second, "eve")).collect();
    let alerts = run(&settings((5 * MINUTE, HOUR), 10 * MINUTE), &hits, 48 * HOUR, false);
    assert_eq!(alerts.len(), 29);
    assert_eq!(alerts[28].kind, AlertKind::Resolved);
    assert_eq!(alerts.iter().map(|alert| alert.count).sum::<u64>(), 24 * HOUR);
}

#[test]
fn without_debounce_every_match_is_a_message() {
    check(
        &settings((0, 0), 0),
        &[0, 0, 0, 5],
        100,
        "0s open(1), 0s open(1), 0s open(1), 5s open(1)",
    );
}

#[test]
fn ten_thousand_lines_in_a_second_are_two_messages() {
    let hits: Vec<_> = (0..10_000).map(|i| hit(0, i, "eve")).collect();
    let alerts = run(&settings((300, 300), 0), &hits, HOUR, false);
    assert_eq!(show(&alerts), "0s open(1), 300s summary(9999)");
    let lines: Vec<_> = alerts[1].samples.iter().map(|sample| sample.line.clone()).collect();
    assert_eq!(lines, ["line 1", "line 9997", "line 9998", "line 9999"].map(Bytes::from));
}

#[test]
fn a_threshold_fires_at_exactly_its_count() {
    let rule = EngineSettings { detector: threshold(3, 60), ..settings((300, 300), 0) };
    check(&rule, &[0, 30], 1_000, "");
    check(&rule, &[0, 30, 60], 1_000, "60s open(3)");
    check(&rule, &[0, 30, 61], 1_000, "");
    check(&rule, &[0, 30, 61, 62], 1_000, "62s open(3)");
}

#[test]
fn a_threshold_tells_more_only_where_it_was_reached_again() {
    let rule = EngineSettings { detector: threshold(3, 60), ..settings((300, 300), 600) };
    check(&rule, &[0, 1, 2, 100, 200], 2_000, "2s open(3), 602s resolved");
    check(
        &rule,
        &[0, 1, 2, 100, 101, 102, 250],
        2_000,
        "2s open(3), 302s summary(4), 702s resolved",
    );
    // A trickle below the threshold does not keep it open.
    let trickle: Vec<u64> = [0, 1, 2].into_iter().chain((1..20).map(|i| i * 100)).collect();
    check(&rule, &trickle, 5_000, "2s open(3), 602s resolved");
}

#[test]
fn the_commonest_values_of_what_was_held_are_told_once() {
    let rule = EngineSettings { top: vec!["user".into(), "gone".into()], ..settings((60, 60), 0) };
    let users = ["ann", "bob", "bob", " ::ffff:10.0.0.1", "bob", "10.0.0.1"];
    let hits: Vec<_> = (0..).zip(users).map(|(i, user)| hit(i, i, user)).collect();
    let later = [hit(70, 70, "eve")];
    let alerts = run(&rule, &[&hits[..], &later].concat(), HOUR, true);
    assert_eq!(show(&alerts), "0s open(1), 60s summary(5), 120s summary(1)");
    let values = |alert: &Alert| {
        assert!(alert.top.iter().all(|top| !top.is_estimate));
        alert.top.iter().map(|top| (top.name.to_string(), top.values.clone())).collect::<Vec<_>>()
    };
    assert_eq!(values(&alerts[0]), []);
    let held = vec![("bob".into(), 3), ("10.0.0.1".into(), 2)];
    assert_eq!(values(&alerts[1]), [("user".into(), held), ("gone".into(), vec![])]);
    let eve = vec![("eve".into(), 1)];
    assert_eq!(values(&alerts[2]), [("user".into(), eve), ("gone".into(), vec![])]);
}

#[test]
fn groups_have_incidents_of_their_own() {
    let rule = EngineSettings {
        group_by: vec![GroupWord::Capture("user".into()), GroupWord::Host],
        ..settings((60, 60), 0)
    };
    let hits = [hit(0, 0, "eve"), hit(1, 1, "bob"), hit(2, 2, "eve")];
    let alerts = run(&rule, &hits, 500, false);
    assert_eq!(show(&alerts), "0s open(1), 1s open(1), 60s summary(1)");
    let group = serde_json::json!({ "user": "eve", "host": "web-1" });
    assert_eq!(alerts[2].group.to_json(), group);
    assert_eq!(alerts[2].incident, alerts[0].incident);
    assert_ne!(alerts[1].incident, alerts[0].incident);
}

#[test]
fn groups_beyond_the_bound_share_one_that_says_about_how_many_they_are() {
    let rule = EngineSettings {
        group_by: vec![GroupWord::Capture("user".into())],
        max_open: 10_000,
        ..settings((60, 60), 0)
    };
    let mut hits: Vec<_> = (0..1500).map(|i| hit(0, i, &format!("user{i}"))).collect();
    hits.extend((0..20).map(|i| hit(1, 2000 + i, "user1499")));
    let alerts = run(&rule, &hits, 500, false);
    let opens = alerts.iter().filter(|alert| alert.kind == AlertKind::Open).count();
    assert_eq!(opens, 1001);
    let other = alerts.last().unwrap();
    assert_eq!(other.group.to_json(), serde_json::json!({ "user": "(other)" }));
    assert_eq!(other.count, 519);
    let crowd = other.crowd.as_ref().unwrap();
    assert!((480..=520).contains(&crowd.distinct), "{}", crowd.distinct);
    assert_eq!(crowd.top[0].0.to_json(), serde_json::json!({ "user": "user1499" }));
    assert_eq!(alerts.iter().map(|alert| alert.count).sum::<u64>(), 1520);
}

#[test]
fn closed_groups_of_a_threshold_make_room_and_are_forgotten() {
    let rule = EngineSettings {
        group_by: vec![GroupWord::Capture("user".into())],
        detector: threshold(2, 60),
        ..settings((60, 60), 0)
    };
    let mut engine = engine(rule);
    let hits: Vec<_> = (0..1200).map(|i| hit(i, i, &format!("user{i}"))).collect();
    assert_eq!(engine.on_hits(&hits, at(1200)), []);
    let changes = engine.take_changes();
    // What came and went meanwhile was never saved.
    assert_eq!((changes.groups.len(), changes.gone.len()), (1000, 0));
    assert_eq!(engine.on_time(at(1200 + 120)), []);
    assert_eq!(engine.take_changes().gone.len(), 1000);
    assert_eq!(engine.deadline(), None);
}

#[test]
fn a_window_that_ended_while_the_agent_was_down_is_told_once_as_delayed() {
    let mut engine = engine(settings((60, 60), 0));
    engine.on_hits(&[hit(0, 0, "eve"), hit(1, 1, "eve")], at(1));
    let saved = engine.take_changes();
    let mut engine = self::engine(settings((60, 60), 0));
    engine.restore(&saved.rules, saved.groups, at(1), at(1000)).unwrap();
    let alerts = engine.on_time(at(1000));
    assert_eq!(show(&alerts), "1000s summary(1)");
    let delayed = Reason::WindowEnded { window: seconds(60), delayed: seconds(939) };
    assert_eq!(alerts[0].reason, delayed);
}

#[test]
fn a_changed_setting_of_pace_counts_at_once_and_closes_nothing() {
    let mut engine = engine(settings((3600, 3600), 0));
    engine.on_hits(&[hit(0, 0, "eve"), hit(1, 1, "eve")], at(1));
    let saved = engine.take_changes();
    let mut engine = self::engine(settings((60, 60), 0));
    assert_eq!(engine.restore(&saved.rules, saved.groups, at(1), at(2)).unwrap(), []);
    assert_eq!(engine.deadline(), Some(at(61)));
}

#[test]
fn a_rule_that_detects_something_else_now_closes_what_was_open_and_counts_it() {
    let mut engine = engine(settings((60, 60), 0));
    engine.on_hits(&[hit(0, 0, "eve"), hit(1, 1, "eve")], at(1));
    let saved = engine.take_changes();
    let other = EngineSettings { fingerprint: [2; 16], ..settings((60, 60), 0) };
    let mut engine = self::engine(other);
    let alerts = engine.restore(&saved.rules, saved.groups, at(1), at(5)).unwrap();
    assert_eq!(show(&alerts), "5s summary(1)");
    assert_eq!(alerts[0].reason, Reason::RuleChanged);
    let changes = engine.take_changes();
    assert_eq!((changes.gone.len(), changes.rules[0].untold, changes.rules[0].matched), (1, 0, 2));
}

#[test]
fn a_clock_that_was_set_back_while_down_stretches_no_window() {
    let mut engine = engine(settings((60, 60), 0));
    engine.on_hits(&[hit(5000, 0, "eve"), hit(5001, 1, "eve")], at(5001));
    let saved = engine.take_changes();
    let mut engine = self::engine(settings((60, 60), 0));
    engine.restore(&saved.rules, saved.groups, at(5001), at(1001)).unwrap();
    assert_eq!(engine.deadline(), Some(at(1061)));
    // Nor at the start after that.
    let groups = engine.take_changes().groups;
    let mut engine = self::engine(settings((60, 60), 0));
    engine.restore(&saved.rules, groups, at(1001), at(1002)).unwrap();
    assert_eq!(engine.deadline(), Some(at(1061)));
}

#[test]
fn state_that_cannot_be_read_is_an_error_not_a_fresh_start() {
    let mut engine = engine(settings((60, 60), 0));
    engine.on_hits(&[hit(0, 0, "eve")], at(0));
    let mut saved = engine.take_changes();
    saved.groups[0].state.truncate(20);
    let result =
        self::engine(settings((60, 60), 0)).restore(&saved.rules, saved.groups, at(0), at(0));
    assert!(result.unwrap_err().to_string().contains("`rule`"));
}

/// Settings and hit times in seconds, with gaps of all sizes.
fn scenes() -> impl Strategy<Value = (EngineSettings, Vec<Hit>)> {
    let gap = prop_oneof![Just(0u64), 1u64..10, 10u64..400];
    let hits = prop::collection::vec((gap, 0..3usize), 0..120);
    let pace = (1u64..100, 0u64..200, prop_oneof![Just(0u64), 1u64..300]);
    let distinct = |(count, within)| {
        let of = "user".into();
        Detector::Distinct { count, within: seconds(within), of }
    };
    let pair = |within| Detector::Pair { within: seconds(within), by: vec!["user".into()] };
    let absent = |after| Detector::Absent {
        after: seconds(after),
        expect: vec![vec!["joe".into()]],
        forget: seconds(7 * after),
    };
    let new = |(learn, forget)| Detector::New {
        of: GroupWord::Capture("user".into()),
        learn: seconds(learn),
        forget: seconds(forget),
    };
    let spike = |(thousandths, count, within)| {
        let factor = Factor::from_thousandths(thousandths).unwrap();
        Detector::Spike { factor, count, within: seconds(within) }
    };
    let detector = prop_oneof![
        (0u64..60, 1u64..500).prop_map(new),
        (1u64..60).prop_map(pair),
        (1u64..300).prop_map(absent),
        (prop_oneof![100u32..900, 1100u32..4000], 1u32..4, 1u64..60).prop_map(spike),
        Just(Detector::Each),
        (1u32..5, 1u64..60).prop_map(|(n, t)| threshold(n, t)),
        (2u32..4, 1u64..60).prop_map(distinct),
    ];
    let bounds = (prop_oneof![1usize..4, Just(1000)], prop_oneof![1usize..4, Just(1000)]);
    (hits, pace, detector, any::<bool>(), bounds).prop_map(
        |(hits, (first, more, resolve), detector, grouped, (max_groups, max_open))| {
            let words = if grouped { vec![GroupWord::Capture("user".into())] } else { Vec::new() };
            let mut rule = EngineSettings {
                detector,
                group_by: words,
                max_groups,
                max_open,
                ..settings((first, first + more), resolve)
            };
            if waits_for_matches(&rule) {
                // It goes on to be said for ever.
                rule = EngineSettings { resolve_after: None, ..rule };
                rule.debounce.first += seconds(5_000);
                rule.debounce.longest += seconds(5_000);
            }
            if matches!(rule.detector, Detector::Spike { .. }) {
                // So does what stays away, for a day.
                rule.debounce.longest += seconds(2_000);
            }
            let mut second = 0;
            let is_pair = matches!(rule.detector, Detector::Pair { .. });
            let may_resolve = !waits_for_matches(&rule) && rule.resolve_after.is_some();
            let hits = (0..).zip(hits).map(|(offset, (gap, user))| {
                second += gap;
                let hit = hit(second, offset, ["eve", "bob", "joe"][user]);
                // About every other ends what others began.
                let part = match gap % 7 {
                    n if is_pair && n % 2 == 1 => Part::End,
                    6 if may_resolve => Part::Resolve,
                    _ => Part::Match,
                };
                Hit { part, ..hit }
            });
            (rule, hits.collect())
        },
    )
}

fn waits_for_matches(rule: &EngineSettings) -> bool {
    matches!(rule.detector, Detector::Absent { .. })
}

/// What each group has to say by itself.
fn by_group(alerts: &[Alert]) -> BTreeMap<GroupKey, Vec<&Alert>> {
    let mut groups: BTreeMap<GroupKey, Vec<&Alert>> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| alert.kind != AlertKind::Digest) {
        groups.entry(alert.group.clone()).or_default().push(alert);
    }
    groups
}

const END: u64 = 1_000_000;

proptest! {
    /// C1: open + summaries = hits, for a rule that tells every match.
    #[test]
    fn counts_add_up((mut rule, hits) in scenes()) {
        rule.detector = Detector::Each;
        let alerts = run(&rule, &hits, END, false);
        let matches = hits.iter().filter(|hit| hit.part == Part::Match).count();
        prop_assert_eq!(alerts.iter().map(|alert| alert.count).sum::<u64>(), matches as u64);
    }

    /// C1 for every rule, at every moment: what was told and what was not is what was matched.
    #[test]
    fn told_and_untold_are_what_was_matched((rule, hits) in scenes()) {
        let mut engine = started(rule);
        let mut record = engine.take_changes().rules.remove(0);
        let mut told = 0;
        let mut now = at(0);
        for hit in &hits {
            let mut alerts = Vec::new();
            run_timers(&mut engine, &mut now, hit.time, &mut alerts);
            alerts.extend(engine.on_hits(std::slice::from_ref(hit), hit.time));
            told += alerts.iter().map(|alert| alert.count).sum::<u64>();
            // An end may change nothing.
            record = engine.take_changes().rules.pop().unwrap_or(record);
            prop_assert_eq!(told + record.untold, record.matched);
        }
    }

    /// C2: two messages of one group are at least the first window apart, resolved aside.
    #[test]
    fn messages_of_a_group_are_a_window_apart((rule, hits) in scenes()) {
        let alerts = run(&rule, &hits, END, false);
        for (_, group) in by_group(&alerts) {
            let group: Vec<_> = group.iter().filter(|alert| alert.kind != AlertKind::Resolved).collect();
            for pair in group.windows(2) {
                // After a resolved, the next open may come at once.
                let may_resolve = rule.resolve_after.is_some() || waits_for_matches(&rule);
                let resolved = pair[1].kind == AlertKind::Open && may_resolve;
                // The last word is like a resolved.
                let resolved = resolved || matches!(pair[1].reason, Reason::Forgotten { .. });
                prop_assert!(resolved || pair[1].at.since(pair[0].at) >= rule.debounce.first);
            }
        }
    }

    /// C3: every hit is announced within the longest window, and in a storm that much later at most.
    #[test]
    fn no_hit_waits_longer_than_the_longest_window((mut rule, hits) in scenes()) {
        rule.detector = Detector::Each;
        let alerts = run(&rule, &hits, END, false);
        for alert in alerts.iter().filter(|alert| alert.count > 0) {
            let is_digest = alert.kind == AlertKind::Digest;
            let later = if is_digest { storm::LONGEST + storm::MINUTE } else { Duration::ZERO };
            prop_assert!(alert.at.since(alert.span.first) <= rule.debounce.longest + later);
        }
    }

    /// C4: open and resolved alternate in every group.
    #[test]
    fn open_and_resolved_alternate((rule, hits) in scenes()) {
        let alerts = run(&rule, &hits, END, false);
        for (_, group) in by_group(&alerts) {
            let mut open = false;
            for alert in group {
                match alert.kind {
                    AlertKind::Open => {
                        prop_assert!(!open || rule.resolve_after.is_none());
                        open = true;
                    }
                    AlertKind::Resolved => prop_assert!(std::mem::replace(&mut open, false)),
                    _ if matches!(alert.reason, Reason::Forgotten { .. }) => {
                        prop_assert!(std::mem::replace(&mut open, false));
                    }
                    _ => prop_assert!(open),
                }
            }
            prop_assert!(!open || rule.resolve_after.is_none());
        }
    }

    /// A restart before every line is as no restart.
    #[test]
    fn a_restart_changes_nothing((rule, hits) in scenes()) {
        prop_assert_eq!(run(&rule, &hits, END, true), run(&rule, &hits, END, false));
    }

    /// A rule beside it, which the same lines match, changes nothing of what a rule tells.
    #[test]
    fn an_unrelated_rule_changes_nothing((rule, hits) in scenes(), (other, _) in scenes()) {
        let other = EngineSettings { name: "other".into(), ..other };
        let mut engine = Engine::new([7; 16], "web-1".into(), vec![other, rule.clone()]);
        engine.expect(at(0));
        let mut alerts = Vec::new();
        let mut now = at(0);
        for hit in &hits {
            run_timers(&mut engine, &mut now, hit.time, &mut alerts);
            let both = [hit.clone(), Hit { rule: RuleId(1), ..hit.clone() }];
            alerts.extend(engine.on_hits(&both, hit.time));
        }
        run_timers(&mut engine, &mut now, at(END), &mut alerts);
        alerts.retain(|alert| alert.rule == RuleId(1));
        for alert in &mut alerts {
            alert.rule = RuleId(0);
        }
        prop_assert_eq!(alerts, run(&rule, &hits, END, false));
    }

    /// Time that passes in small steps brings what it brings in due steps.
    #[test]
    fn letting_time_pass_early_or_twice_is_harmless((rule, hits) in scenes(), step in 1u64..50) {
        let mut engine = started(rule.clone());
        let mut alerts = Vec::new();
        let mut now = at(0);
        for hit in &hits {
            run_timers(&mut engine, &mut now, hit.time, &mut alerts);
            let early = hit.time - Duration::from_millis(step);
            prop_assert_eq!(engine.on_time(early), []);
            alerts.extend(engine.on_hits(std::slice::from_ref(hit), hit.time));
        }
        run_timers(&mut engine, &mut now, at(END), &mut alerts);
        prop_assert_eq!(alerts, run(&rule, &hits, END, false));
    }

    /// The threshold fires where brute force over all intervals would, on hits in order of time.
    #[test]
    fn the_threshold_is_brute_force(
        gaps in prop::collection::vec(0u64..20, 0..80), count in 1u32..6, within in 1u64..60,
    ) {
        let times: Vec<u64> = gaps.iter().scan(0, |t, gap| { *t += gap; Some(*t) }).collect();
        let mut machine = condition::Threshold::default();
        let mut since = 0;
        for (i, time) in times.iter().enumerate() {
            let fired = machine.on_hit(at(*time), count, seconds(within)).is_some();
            let close = times[since..=i].iter().filter(|t| *t + within >= *time).count();
            prop_assert_eq!(fired, close >= count as usize);
            if fired { since = i + 1; }
        }
    }

    /// A burst of exactly `count` fires exactly once, in whatever order it comes.
    #[test]
    fn a_burst_in_any_order_fires_once(times in prop::collection::vec(0u64..30, 1..20).prop_shuffle()) {
        let mut machine = condition::Threshold::default();
        let count = u32::try_from(times.len()).unwrap();
        let fired = times.iter().filter(|t| machine.on_hit(at(**t), count, seconds(30)).is_some());
        prop_assert_eq!(fired.count(), 1);
    }
}
