//! `spike`: far more matches than usual, or far fewer.

use std::path::Path;

use super::*;
use crate::flow::BlindSpot;

/// A rule that tells of `thousandths` of what is usual within 50 seconds: buckets are of 10.
fn rule(thousandths: u32, count: u32) -> EngineSettings {
    let factor = Factor::from_thousandths(thousandths).unwrap();
    EngineSettings {
        detector: Detector::Spike { factor, count, within: seconds(50) },
        ..settings((300, 300), 0)
    }
}

/// A match every `step` seconds in `span`.
fn steady(span: std::ops::Range<u64>, step: usize) -> Vec<u64> {
    span.step_by(step).collect()
}

#[track_caller]
fn check(rule: &EngineSettings, times: &[u64], until: u64, expected: &str) {
    let hits: Vec<_> = (0..).zip(times).map(|(i, time)| hit(*time, i, "eve")).collect();
    for restart in [false, true] {
        assert_eq!(show(&run(rule, &hits, until, restart)), expected, "restart: {restart}");
    }
}

fn spot() -> BlindSpot {
    BlindSpot { path: Path::new("/var/log/app.log").into(), why: "there is no such file".into() }
}

#[test]
fn far_more_matches_than_usual_are_told_and_as_many_as_usual_are_not() {
    let usual = steady(0..1000, 10);
    check(&rule(4000, 5), &usual, 1_500, "");
    let burst = [usual.clone(), vec![995; 20]].concat();
    check(&rule(4000, 5), &burst, 1_290, "995s open(20)");
    let small = [usual, vec![995; 14]].concat();
    check(&rule(4000, 5), &small, 1_500, "");
}

#[test]
fn a_spike_says_how_many_there_are_and_how_many_are_usual() {
    let times = [steady(0..1000, 10), vec![995; 20]].concat();
    let hits: Vec<_> = (0..).zip(times).map(|(i, time)| hit(time, i, "eve")).collect();
    let alerts = run(&rule(4000, 5), &hits, 1_000, false);
    let reason = Reason::Unusual { count: 20, usual: 5_000, within: seconds(50) };
    assert_eq!((&alerts[0].reason, alerts[0].count), (&reason, 20));
    assert_eq!(alerts[0].span, Span { first: at(950), last: at(995) });
}

#[test]
fn a_burst_out_of_nothing_is_a_spike_once_it_is_known_that_there_was_nothing() {
    check(&rule(4000, 5), &[400; 5], 690, "400s open(5)");
    check(&rule(4000, 5), &[400; 4], 690, "");
    // Of 250 seconds before the window, not all were seen.
    check(&rule(4000, 5), &[280; 9], 690, "");
    check(&rule(4000, 5), &[290; 5], 580, "290s open(5)");
}

#[test]
fn while_it_is_open_it_is_measured_by_what_was_usual_before() {
    let high = [steady(0..1000, 10), steady(1000..3000, 1)].concat();
    let alerts = "1016s open(20), 1316s summary(299), 1616s summary(300), 1916s summary(300), \
                  2216s summary(300), 2516s summary(300), 2816s summary(300), 3116s summary(184)";
    let rule = EngineSettings { resolve_after: Some(seconds(600)), ..rule(4000, 5) };
    check(&rule, &high, 3_500, alerts);
    let rest = [high, steady(3000..5000, 10)].concat();
    let hits: Vec<_> = (0..).zip(rest).map(|(i, time)| hit(time, i, "eve")).collect();
    let alerts = run(&rule, &hits, 5_000, false);
    let last = alerts.last().unwrap();
    assert_eq!((last.at, &last.reason), (at(3_620), &Reason::AsUsual { after: seconds(600) }));
}

#[test]
fn what_was_told_makes_up_no_further_spike_and_is_not_usual() {
    let one = [steady(0..1000, 10), vec![1000; 100]].concat();
    check(&rule(4000, 5), &one, 1_900, "1000s open(20), 1300s summary(84)");
    let two = [one, steady(1320..1700, 10), vec![1700; 20]].concat();
    check(&rule(4000, 5), &two, 1_900, "1000s open(20), 1300s summary(84), 1700s open(20)");
}

#[test]
fn what_goes_on_for_a_day_is_usual() {
    let day = 24 * HOUR;
    let times = [steady(0..1000, 10), steady(1000..day + 10_000, 1)].concat();
    let hits: Vec<_> = (0..).zip(times).map(|(i, time)| hit(time, i, "eve")).collect();
    let slow = EngineSettings { debounce: settings((3600, 3600), 0).debounce, ..rule(4000, 5) };
    let alerts = run(&slow, &hits, day + 10_000, false);
    let last = alerts.last().unwrap();
    assert_eq!(last.at, at(1016 + day));
    let reason = Reason::NewNormal { usual: Some(50_000), within: seconds(50) };
    assert_eq!((last.kind, &last.reason), (AlertKind::Resolved, &reason));
    let told: u64 = alerts.iter().map(|alert| alert.count).sum();
    assert_eq!(told, last.total);
    // From then on only what is far more than that is told.
    let before = &alerts[alerts.len() - 2];
    assert_eq!((before.at, before.kind), (last.at, AlertKind::Summary));
}

#[test]
fn far_fewer_matches_than_usual_are_told_once_a_window_has_ended_without_them() {
    let usual = steady(0..1000, 10);
    let rule = rule(500, 4);
    check(&rule, &usual, 1_000, "");
    check(&rule, &usual, 1_025, "");
    check(&rule, &usual, 1_300, "1030s open");
    let seldom = steady(0..1000, 20);
    check(&rule, &seldom, 1_300, "");
    let thinner = [usual, steady(1000..1200, 25)].concat();
    check(&rule, &thinner, 1_300, "1050s open");
}

#[test]
fn what_stays_away_is_said_again_and_what_is_back_is_not_open_any_more() {
    let usual = steady(0..1000, 10);
    let rule = EngineSettings { resolve_after: Some(seconds(100)), ..rule(500, 4) };
    check(&rule, &usual, 1_700, "1030s open, 1330s reminder, 1630s reminder");
    let back = [usual.clone(), steady(1200..3000, 10)].concat();
    check(&rule, &back, 2_900, "1030s open, 1330s summary(13), 1630s resolved");
    let few = [usual, vec![1100, 1200], steady(1400..3000, 10)].concat();
    check(&rule, &few, 2_000, "1030s open, 1330s summary(2), 1630s summary(23), 1930s resolved");
}

#[test]
fn lines_that_are_on_their_way_are_not_missing() {
    // Of 40 seconds ago each, where a window is of 50.
    let late = |i| {
        let (time, origin) = (at(i * 10), TimeOrigin::Stamp);
        (at(i * 10 + 40), Hit { time, origin, ..hit(i * 10, i, "eve") })
    };
    let mut engine = engine(rule(500, 4));
    engine.wait_for_reading(at(0));
    let mut alerts = Vec::new();
    for second in 0..1_200 {
        if second >= 40 && second % 10 == 0 && second < 1_040 {
            let (now, hit) = late((second - 40) / 10);
            alerts.extend(engine.on_hits(&[hit], now));
        }
        engine.on_read(RuleId(0), at(second));
        alerts.extend(engine.on_time(at(second)));
    }
    // As without a delay, 40 seconds later.
    assert_eq!(show(&alerts), "1070s open");
}

#[test]
fn a_fall_says_how_many_are_usual_and_shows_the_last_match() {
    let hits: Vec<_> = (0..100).map(|i| hit(i * 10, i, "eve")).collect();
    let alerts = run(&rule(500, 4), &hits, 1_400, false);
    let reason = |count| Reason::Unusual { count, usual: 5_000, within: seconds(50) };
    assert_eq!((&alerts[0].reason, alerts[0].count), (&reason(2), 0));
    assert_eq!(alerts[0].samples, [Arc::clone(&hits[99].sample)]);
    assert_eq!((alerts[1].kind, &alerts[1].reason), (AlertKind::Reminder, &reason(0)));
}

#[test]
fn what_stays_away_for_a_day_is_not_waited_for_any_longer() {
    let hits: Vec<_> = (0..100).map(|i| hit(i * 10, i, "eve")).collect();
    let rule = EngineSettings { debounce: settings((3600, 3600), 0).debounce, ..rule(500, 4) };
    let alerts = run(&rule, &hits, END, false);
    let last = alerts.last().unwrap();
    assert_eq!(last.at, at(1030 + 24 * HOUR));
    assert_eq!(last.reason, Reason::NewNormal { usual: Some(0), within: seconds(50) });
    assert_eq!(alerts.len(), 26);
}

#[test]
fn each_group_has_its_own_usual() {
    let rule =
        EngineSettings { group_by: vec![GroupWord::Capture("user".into())], ..rule(4000, 5) };
    let mut hits: Vec<_> = (0..1000).map(|i| hit(i, i, "eve")).collect();
    hits.extend((0..6).map(|i| hit(1000, 2000 + i, "bob")));
    let alerts = run(&rule, &hits, 1_200, true);
    assert_eq!(show(&alerts), "1000s open(5)");
    assert_eq!(alerts[0].group.to_json(), serde_json::json!({ "user": "bob" }));
}

/// An engine that was told at each of `seconds` that all is read.
fn reading(rule: &EngineSettings, seconds: impl IntoIterator<Item = u64>) -> Engine {
    let mut engine = engine(rule.clone());
    engine.wait_for_reading(Timestamp::default());
    engine.expect(at(0));
    for second in seconds {
        assert!(engine.reading_deadline().is_some_and(|due| due <= at(second)));
        assert!(engine.rules_to_read(at(second)).contains(&RuleId(0)));
        engine.on_read(RuleId(0), at(second));
    }
    engine
}

/// Saves it, and takes it up in a new one that has to be told again what is read.
fn restarted(engine: &mut Engine, rule: &EngineSettings, second: u64) -> Engine {
    let saved = engine.take_changes();
    let mut engine = self::engine(rule.clone());
    let said = engine.restore(&saved.rules, saved.groups, at(second), at(second)).unwrap();
    assert_eq!(said, []);
    engine.wait_for_reading(Timestamp::default());
    engine.expect(at(second));
    engine
}

#[test]
fn what_is_read_late_is_no_spike_but_what_comes_then_is() {
    let rule = rule(4000, 5);
    let mut engine = reading(&rule, []);
    // The agent reads what was there before.
    let old: Vec<_> = (0..500).map(|i| hit(1, i, "eve")).collect();
    assert_eq!(engine.on_hits(&old, at(1)), []);
    for second in (2..500).step_by(10) {
        engine.on_read(RuleId(0), at(second));
    }
    let mut engine = restarted(&mut engine, &rule, 1_000);
    let missed: Vec<_> = (0..500).map(|i| hit(1_001, 1_000 + i, "eve")).collect();
    assert_eq!(engine.on_hits(&missed, at(1_001)), []);
    assert_eq!(engine.reading_deadline(), Some(Timestamp::default()), "at once");
    engine.on_read(RuleId(0), at(1_002));
    let burst: Vec<_> = (0..7).map(|i| hit(1_003, 2_000 + i, "eve")).collect();
    let alerts = engine.on_hits(&burst, at(1_003));
    assert_eq!(show(&alerts), "1003s open(5)");
    let record = engine.take_changes().rules.remove(0);
    assert_eq!((record.matched, record.untold), (1_007, 1_002));
}

#[test]
fn what_was_usual_is_known_again_after_a_short_restart() {
    let rule = rule(4000, 5);
    let mut engine = reading(&rule, (0..500).step_by(10));
    let mut engine = restarted(&mut engine, &rule, 520);
    engine.on_read(RuleId(0), at(521));
    let burst: Vec<_> = (0..5).map(|i| hit(522, i, "eve")).collect();
    assert_eq!(show(&engine.on_hits(&burst, at(522))), "522s open(5)");
}

/// An engine that has read a match every 10 seconds, to the thousandth.
fn used_to_matches(rule: &EngineSettings) -> Engine {
    let mut engine = reading(rule, [0]);
    for second in steady(0..1000, 10) {
        assert_eq!(engine.on_hits(&[hit(second, second, "eve")], at(second)), []);
        engine.on_read(RuleId(0), at(second));
    }
    engine
}

#[test]
fn what_was_usual_before_is_learnt_as_far_back_as_is_known() {
    let rule =
        EngineSettings { group_by: vec![GroupWord::Capture("user".into())], ..rule(4000, 5) };
    let stamped =
        |second: u64, i: u64, user: &str| Hit { origin: TimeOrigin::Stamp, ..hit(second, i, user) };
    // Five within 50 seconds are usual of eve, and none of bob.
    let past: Vec<_> = (0..100).map(|i| stamped(i * 10, i, "eve")).collect();
    let burst = |engine: &mut Engine, user: &str, n: u64| {
        engine.on_read(RuleId(0), at(1_001));
        let burst: Vec<_> = (0..n).map(|i| hit(1_002, i, user)).collect();
        show(&engine.on_hits(&burst, at(1_002)))
    };
    let taught = |past: &[Hit], since: u64| {
        let mut engine = engine(rule.clone());
        assert_eq!(engine.rules_to_teach().collect::<Vec<_>>(), [RuleId(0)]);
        assert_eq!(engine.looks_back(RuleId(0)), seconds(25 * 50 + 10));
        engine.learn(past, at(0), at(1_000));
        engine.learnt_since(RuleId(0), at(since), at(1_000));
        assert_eq!(engine.rules_to_teach().count(), 0);
        assert_eq!((engine.rules[0].matched, engine.rules[0].untold), (0, 0));
        engine.wait_for_reading(Timestamp::default());
        engine.expect(at(1_000));
        restarted(&mut engine, &rule, 1_000)
    };
    // Of the window at hand 4 were before.
    assert_eq!(burst(&mut taught(&past, 0), "eve", 15), "");
    assert_eq!(burst(&mut taught(&past, 0), "eve", 16), "1002s open(16)");
    assert_eq!(burst(&mut taught(&past, 0), "bob", 4), "");
    assert_eq!(burst(&mut taught(&past, 0), "bob", 5), "1002s open(5)");
    // What was not all read, or whose time nobody knows, is not known.
    assert_eq!(burst(&mut taught(&past, 720), "eve", 100), "");
    let undated: Vec<_> = (0..100).map(|i| hit(i * 10, i, "eve")).collect();
    assert_eq!(burst(&mut taught(&undated, 0), "eve", 5), "1002s open(5)");
}

#[test]
fn nothing_is_missing_before_all_was_read_that_was_written() {
    let mut engine = used_to_matches(&rule(500, 4));
    assert_eq!((engine.on_time(at(1_060)), engine.rules_to_read(at(1_060)).len()), (vec![], 1));
    // Lines that are read late are there all the same.
    let late: Vec<_> = (0..6).map(|i| hit(1_061, 1_000 + i, "eve")).collect();
    assert_eq!(engine.on_hits(&late, at(1_061)), []);
    engine.on_read(RuleId(0), at(1_062));
    assert_eq!(engine.on_time(at(1_062)), []);
    engine.on_read(RuleId(0), at(1_130));
    assert_eq!(show(&engine.on_time(at(1_130))), "1130s open");
}

#[test]
fn nothing_is_missing_while_the_agent_is_down_nor_while_a_log_cannot_be_read() {
    let rule = rule(500, 4);
    let mut engine = used_to_matches(&rule);
    let mut engine = restarted(&mut engine, &rule, 1_200);
    engine.on_read(RuleId(0), at(1_201));
    assert_eq!(engine.on_time(at(1_250)), []);
    assert_eq!(engine.on_blind_spot(RuleId(0), Some(&spot()), at(1_250)), None);
    assert_eq!(
        (engine.deadline().is_some_and(|due| due < at(1_400)), engine.reading_deadline()),
        (false, None)
    );
    engine.on_read(RuleId(0), at(1_300));
    assert_eq!(engine.on_time(at(1_300)), []);
    assert_eq!(engine.on_blind_spot(RuleId(0), None, at(1_300)), None);
    engine.on_read(RuleId(0), at(1_301));
    // A whole window has to be seen: until then the machine may have been busy with itself.
    engine.on_read(RuleId(0), at(1_359));
    assert_eq!(engine.on_time(at(1_359)), []);
    engine.on_read(RuleId(0), at(1_360));
    assert_eq!(show(&engine.on_time(at(1_360))), "1360s open");
}

#[test]
fn while_nothing_is_seen_a_fall_is_not_over() {
    let rule = EngineSettings { resolve_after: Some(seconds(10)), ..rule(500, 4) };
    let mut engine = used_to_matches(&rule);
    engine.on_read(RuleId(0), at(1_031));
    assert_eq!(show(&engine.on_time(at(1_031))), "1031s open");
    engine.on_gap(seconds(3_000), at(4_000));
    assert_eq!(engine.on_time(at(4_000)), []);
    engine.on_read(RuleId(0), at(4_001));
    assert_eq!(engine.on_time(at(4_001)), []);
    engine.on_read(RuleId(0), at(4_070));
    assert_eq!(show(&engine.on_time(at(4_070))), "4070s reminder");
}

#[test]
fn a_log_that_hides_a_fall_is_told() {
    let mut falls = reading(&rule(500, 4), []);
    let mut rises = reading(&rule(4000, 5), []);
    assert_eq!(falls.on_blind_spot(RuleId(0), Some(&spot()), at(0)), None);
    assert_eq!(rises.on_blind_spot(RuleId(0), Some(&spot()), at(0)), None);
    assert!(falls.on_blind_spot(RuleId(0), Some(&spot()), at(300)).is_some());
    assert_eq!(rises.on_blind_spot(RuleId(0), Some(&spot()), at(300)), None);
}

#[test]
fn a_clock_that_was_set_back_makes_no_hole() {
    let rule = rule(4000, 5);
    let mut engine = started(rule.clone());
    for second in steady(0..2000, 10) {
        assert_eq!(engine.on_hits(&[hit(second, second, "eve")], at(second)), []);
    }
    let saved = engine.take_changes();
    let mut engine = self::engine(rule);
    engine.restore(&saved.rules, saved.groups, at(1_990), at(990)).unwrap();
    assert_eq!(engine.take_changes().rules.len(), 1);
    let burst: Vec<_> = (0..20).map(|i| hit(991, 2_000 + i, "eve")).collect();
    assert_eq!(show(&engine.on_hits(&burst, at(991))), "991s open(20)");
}

/// What is to be told, by brute force over the matches at `times` in milliseconds.
struct Twin {
    times: Vec<i64>,
    factor: i64,
    count: i64,
    /// The length of a bucket.
    bucket: i64,
    debounce: i64,
    left_out: std::collections::BTreeSet<i64>,
}

impl Twin {
    fn bucket_of(&self, time: i64) -> i64 {
        time.div_euclid(self.bucket)
    }

    /// Matches of buckets up to the one of index `up_to`, of the first `n`.
    fn n_in(&self, buckets: impl Fn(i64) -> bool, n: usize) -> i64 {
        let of = |time: &&i64| {
            let bucket = self.bucket_of(**time);
            buckets(bucket) && !self.left_out.contains(&bucket)
        };
        self.times[..n].iter().filter(of).count().try_into().unwrap()
    }

    /// What is usual before the window that ends with bucket `last`: matches and buckets.
    fn usual(&self, last: i64, n: usize) -> Option<(i64, i64)> {
        let seen = |bucket: &i64| bucket * self.bucket >= at(0).as_millis();
        let own = |bucket: &i64| seen(bucket) && !self.left_out.contains(bucket);
        let before = last - 124..=last - 5;
        let buckets = before.clone().filter(own).count().try_into().unwrap();
        let matches = self.n_in(|own| seen(&own) && before.contains(&own), n);
        (buckets >= 25).then_some((matches, buckets))
    }

    /// Whether the window that ends with bucket `last` is far from `usual`, of the first `n` matches.
    fn holds(&self, last: i64, n: usize, frozen: Option<(i64, i64)>) -> Option<(i64, i64)> {
        let matches = self.n_in(|own| (last - 4..=last).contains(&own), n);
        let (usual, buckets) = frozen.or_else(|| self.usual(last, n))?;
        let (own, limit) = (matches * buckets * 1000, self.factor * usual * 5);
        let holds = if self.factor > 1000 {
            matches >= self.count && own >= limit
        } else {
            let whole = (last - 4..=last)
                .all(|own| own * self.bucket >= at(0).as_millis() && !self.left_out.contains(&own));
            whole && usual * 5 >= self.count * buckets && own <= limit
        };
        holds.then_some((usual, buckets))
    }

    fn close(&mut self, opened: i64, now: i64) {
        let first = self.bucket_of(opened - 5 * self.bucket);
        self.left_out.extend(first..=self.bucket_of(now));
    }

    /// What is told by `until`: when, and whether that it is open.
    fn told(mut self, until: i64) -> Vec<(i64, bool)> {
        // At one instant: the end of a window, then that of a bucket, then matches.
        let is_rise = self.factor > 1000;
        let mut told = Vec::new();
        let mut open: Option<(i64, i64, (i64, i64), bool)> = None;
        let ends = (self.bucket_of(at(0).as_millis())..=self.bucket_of(until))
            .map(|own| own * self.bucket);
        let mut events: Vec<(i64, usize)> = if is_rise {
            self.times.iter().copied().zip(1..).collect()
        } else {
            ends.map(|end| (end, self.times.iter().filter(|time| **time < end).count())).collect()
        };
        events.push((i64::MAX, self.times.len()));
        for (time, n) in events {
            // Windows that ended before, or with the end of a bucket.
            while let Some((opened, last, usual, hot)) = open {
                let end = last + self.debounce;
                let is_over = if is_rise { end <= time } else { end < time };
                if !is_over || end >= until {
                    break;
                }
                open = None;
                if hot {
                    told.push((end, false));
                    open = Some((opened, end, usual, false));
                } else {
                    self.close(opened, end);
                }
            }
            if time >= until {
                break;
            }
            let last = if is_rise { self.bucket_of(time) } else { self.bucket_of(time) - 1 };
            match &mut open {
                None => {
                    if let Some(usual) = self.holds(last, n, None) {
                        told.push((time, true));
                        open = Some((time, time, usual, false));
                    }
                }
                Some((_, _, usual, hot)) => {
                    let usual = *usual;
                    *hot |= self.holds(last, n, Some(usual)).is_some();
                }
            }
        }
        told
    }
}

proptest! {
    /// It is told where brute force over all buckets tells it, up and down.
    #[test]
    fn spikes_are_brute_force(
        hits in prop::collection::vec(prop_oneof![Just(0u64), 1u64..4, 1u64..40], 0..150),
        thousandths in prop_oneof![100u32..900, 1100u32..4000],
        count in 1u32..5, within in 1u64..25, debounce in 1u64..400,
    ) {
        let mut now = 0;
        let times: Vec<u64> = hits.iter().map(|gap| { now += gap; now }).collect();
        let factor = Factor::from_thousandths(thousandths).unwrap();
        let rule = EngineSettings {
            detector: Detector::Spike { factor, count, within: seconds(within) },
            ..settings((debounce, debounce), 0)
        };
        let until = now + 3_000;
        let twin = Twin {
            times: times.iter().map(|time| at(*time).as_millis()).collect(),
            factor: thousandths.into(),
            count: count.into(),
            bucket: i64::try_from(within).unwrap() * 200,
            debounce: i64::try_from(debounce).unwrap() * 1000,
            left_out: std::collections::BTreeSet::new(),
        };
        let expected = twin.told(at(until).as_millis());
        let hits: Vec<_> = (0..).zip(&times).map(|(i, time)| hit(*time, i, "eve")).collect();
        for restart in [false, true] {
            let told: Vec<_> = run(&rule, &hits, until, restart).iter()
                .map(|alert| (alert.at.as_millis(), alert.kind == AlertKind::Open)).collect();
            prop_assert_eq!(&told, &expected);
        }
    }
}
