//! `unless`: what began and did not end in time.

use super::*;

/// A rule whose matches are to end within a minute.
fn pair(group_by: &[&str]) -> EngineSettings {
    EngineSettings {
        detector: Detector::Pair { within: seconds(60), by: vec!["user".into()] },
        group_by: group_by.iter().map(|word| GroupWord::Capture((*word).into())).collect(),
        ..settings((300, 300), 600)
    }
}

fn start(second: u64, offset: u64, user: &str) -> Hit {
    hit(second, offset, user)
}

fn end(second: u64, offset: u64, user: &str) -> Hit {
    Hit { part: Part::End, ..hit(second, offset, user) }
}

#[track_caller]
fn check(hits: &[Hit], expected: &str) {
    assert_eq!(show(&run(&pair(&[]), hits, 5_000, false)), expected);
}

#[test]
fn what_ends_in_time_is_not_told() {
    check(&[start(0, 0, "eve"), end(59, 1, "eve")], "");
    check(&[start(0, 0, "eve"), end(0, 1, "eve")], "");
}

#[test]
fn what_does_not_end_in_time_is_told_with_the_line_that_began_it() {
    let hits = [start(0, 0, "eve"), start(10, 1, "bob"), end(20, 2, "bob"), end(60, 3, "eve")];
    let alerts = run(&pair(&[]), &hits, 5_000, false);
    assert_eq!(show(&alerts), "60s open(1), 660s resolved");
    assert_eq!(alerts[0].reason, Reason::NoEnd { within: seconds(60) });
    assert_eq!(alerts[0].samples, [Arc::clone(&hits[0].sample)]);
    assert_eq!(alerts[1].reason, Reason::AllEnded { after: seconds(600) });
}

#[test]
fn each_start_without_an_end_is_counted() {
    let hits: Vec<_> = (0..5).map(|i| start(i, i, "eve")).collect();
    check(&hits, "60s open(1), 360s summary(4), 664s resolved");
    let ended = [hits, vec![end(10, 9, "eve")]].concat();
    check(&ended, "");
}

#[test]
fn an_end_ends_nothing_that_begins_later() {
    check(&[end(0, 0, "eve"), start(1, 1, "eve")], "61s open(1), 661s resolved");
    let late = Hit { time: at(5), ..end(20, 1, "eve") };
    let mut engine = engine(pair(&[]));
    engine.on_hits(&[start(10, 0, "eve"), late], at(20));
    assert_eq!(show(&engine.on_time(at(80))), "80s open(1)");
}

/// A line of `second` that came so many seconds later.
fn stamped(line: Hit, second: u64) -> Hit {
    Hit { time: at(second), origin: TimeOrigin::Stamp, ..line }
}

#[test]
fn an_end_is_waited_for_as_long_as_its_start_was_on_its_way() {
    let mut engine = engine(pair(&[]));
    engine.on_hits(&[stamped(start(30, 0, "eve"), 0), stamped(start(30, 1, "bob"), 0)], at(30));
    assert_eq!(engine.deadline(), Some(at(90)));
    engine.on_hits(&[stamped(end(89, 2, "eve"), 59), stamped(end(89, 3, "bob"), 60)], at(89));
    let alerts = engine.on_time(at(90));
    assert_eq!(show(&alerts), "90s open(1)");
    assert_eq!(alerts[0].samples[0].line, Bytes::from("line 1"), "the end of bob was too late");
}

#[test]
fn what_is_read_long_after_it_was_written_is_told_at_once_but_not_before_its_end_is_read() {
    let mut engine = engine(pair(&[]));
    let hits = [start(9000, 0, "eve"), start(9000, 1, "bob"), end(9000, 2, "eve")];
    let hits: Vec<_> = (0..).zip(hits).map(|(second, hit)| stamped(hit, second)).collect();
    engine.on_hits(&hits, at(9000));
    assert_eq!(show(&engine.on_time(at(9001))), "9001s open(1)");
}

#[test]
fn an_end_that_is_read_before_its_start_ends_it_if_it_says_so() {
    let check = |end_at, start_at, expected: &str| {
        for restart in [false, true] {
            let mut engine = engine(pair(&[]));
            engine.on_hits(&[stamped(end(20, 0, "eve"), end_at)], at(20));
            if restart {
                let saved = engine.take_changes();
                engine = self::engine(pair(&[]));
                engine.restore(&saved.rules, saved.groups, at(20), at(20)).unwrap();
            }
            engine.on_hits(&[stamped(start(20, 1, "eve"), start_at)], at(20));
            assert_eq!(show(&engine.on_time(at(100))), expected, "{end_at} {start_at}");
        }
    };
    check(15, 10, "");
    check(10, 10, "100s open(1)");
    check(10, 15, "100s open(1)");
}

#[test]
fn an_end_need_not_have_what_its_start_is_grouped_by() {
    let mut rule = pair(&["user"]);
    rule.detector = Detector::Pair { within: seconds(60), by: Vec::new() };
    let hits = [start(0, 0, "eve"), start(0, 1, "bob"), end(30, 2, "nobody"), start(31, 3, "joe")];
    let alerts = run(&rule, &hits, 5_000, false);
    assert_eq!(show(&alerts), "91s open(1), 691s resolved");
    assert_eq!(alerts[0].group.to_json(), serde_json::json!({ "user": "joe" }));
}

#[test]
fn a_group_that_waits_for_an_end_makes_no_room_for_others() {
    let mut engine = engine(EngineSettings { max_open: 10_000, ..pair(&["user"]) });
    let hits: Vec<_> = (0..1500).map(|i| start(0, i, &format!("user{i}"))).collect();
    engine.on_hits(&hits, at(0));
    let opens = engine.on_time(at(60));
    assert_eq!(opens.len(), 1001, "all that have room, and the one that stands for the others");
    assert_eq!(opens.iter().map(|alert| alert.count).sum::<u64>(), 1001);
}

#[test]
fn of_a_group_only_so_many_starts_are_waited_for_and_the_rest_stays_untold() {
    let mut engine = engine(pair(&[]));
    let hits: Vec<_> = (0..1200).map(|i| start(0, i, &format!("user{i}"))).collect();
    engine.on_hits(&hits, at(0));
    engine.on_time(at(60));
    let summary = engine.on_time(at(360)).remove(0);
    assert_eq!(summary.count, 999);
    let record = engine.take_changes().rules.remove(0);
    assert_eq!((record.matched, record.untold), (1200, 200));
}

#[test]
fn a_rule_waits_for_so_many_ends_in_all_its_groups_together() {
    let mut engine = engine(pair(&["user"]));
    let hits: Vec<_> = (0..12_000).map(|i| start(0, i, &format!("user{}", i % 20))).collect();
    engine.on_hits(&hits, at(0));
    let ends: Vec<_> = (0..10).map(|i| end(1, 20_000 + i, &format!("user{i}"))).collect();
    engine.on_hits(&ends, at(1));
    // There is room again.
    engine.on_hits(&[start(2, 30_000, "user0")], at(2));
    engine.on_time(at(62));
    engine.on_time(at(1000));
    let record = engine.take_changes().rules.remove(0);
    assert_eq!((record.matched, record.untold), (12_001, 12_001 - 5_001));
}

#[test]
fn nothing_is_told_before_all_was_read_that_was_written() {
    let mut engine = engine(pair(&[]));
    engine.on_hits(&[start(0, 0, "eve"), start(0, 1, "bob")], at(0));
    engine.wait_for_reading(at(0));
    assert_eq!((engine.rules_to_read(at(59)).len(), engine.deadline()), (0, None));
    assert_eq!(engine.reading_deadline(), Some(at(60)));
    assert_eq!(engine.rules_to_read(at(60)), [RuleId(0)].into());
    engine.on_read(RuleId(0), at(59));
    assert_eq!((engine.on_time(at(70)), engine.deadline()), (Vec::new(), None));
    // A line that is read late may end what began long ago.
    assert_eq!(engine.on_hits(&[end(90, 2, "eve"), start(10, 3, "joe")], at(90)), []);
    engine.take_changes();
    engine.on_read(RuleId(0), at(91));
    assert_eq!(engine.take_changes(), Changes::default(), "what was read is saved elsewhere");
    let alerts = engine.on_time(at(95));
    assert_eq!(show(&alerts), "95s open(1)");
    assert_eq!(engine.reading_deadline(), None);
    assert_eq!(alerts[0].samples[0].line, Bytes::from("line 1"));
    assert_eq!(show(&engine.on_time(at(1000))), "1000s summary(1)");
}

#[test]
fn a_window_ends_in_time_also_while_there_is_more_to_read() {
    let mut engine = engine(pair(&[]));
    engine.on_hits(&[start(0, 0, "eve"), start(0, 1, "bob"), start(350, 2, "joe")], at(0));
    assert_eq!(show(&engine.on_time(at(60))), "60s open(1)");
    engine.wait_for_reading(at(0));
    assert_eq!(show(&engine.on_time(at(360))), "360s summary(1)");
}

#[test]
fn without_debounce_each_start_without_an_end_is_a_message_also_if_told_late() {
    let rule = EngineSettings { debounce: settings((0, 0), 0).debounce, ..pair(&[]) };
    let rule = EngineSettings { resolve_after: None, ..rule };
    let mut engine = engine(rule);
    let hits = [start(0, 0, "eve"), start(0, 1, "bob"), start(2, 2, "joe")];
    engine.on_hits(&hits, at(2));
    assert_eq!(show(&engine.on_time(at(63))), "63s open(1), 63s open(1), 63s open(1)");
}

#[test]
fn an_end_that_comes_after_a_restart_counts() {
    let hits = [start(0, 0, "eve"), start(1, 1, "bob"), end(30, 2, "eve")];
    let alerts = run(&pair(&[]), &hits, 5_000, true);
    assert_eq!(show(&alerts), "61s open(1), 661s resolved");
}

proptest! {
    /// So it does where lines are on their way for different times, and come in another order.
    #[test]
    fn pairs_of_late_lines_are_brute_force(
        lines in prop::collection::vec((0u64..300, 0u64..30, 0usize..3, any::<bool>()), 0..60),
        within in 1u64..60,
    ) {
        // Each is told by itself, however many there are.
        let max_open = *EngineSettings::MAX_OPEN.end();
        let mut rule = EngineSettings { max_open, ..settings((0, 0), 0) };
        rule.detector = Detector::Pair { within: seconds(within), by: vec!["user".into()] };
        let mut hits: Vec<_> = (0..).zip(&lines).map(|(i, (time, late, user, is_end))| {
            let user = ["eve", "bob", "joe"][*user];
            // Ends are on their way for no longer than starts, by more than a second.
            let (time, line) = if *is_end {
                (time * 2, end(time * 2 + late, i, user))
            } else {
                (time * 2, start(time * 2 + late + 30, i, user))
            };
            (line.time, stamped(line, time))
        }).collect();
        hits.sort_by_key(|(arrived, _)| *arrived);
        let ends_in_time = |place: usize, start: &Hit| hits.iter().enumerate().any(|(n, (_, end))| {
            let is_after = if n < place { end.time > start.time } else { end.time >= start.time };
            end.part == Part::End && is_after
                && end.sample.captures == start.sample.captures
                && end.time < start.time + seconds(within)
        });
        let starts = hits.iter().enumerate().filter(|(_, (_, hit))| hit.part == Part::Match);
        let mut expected: Vec<_> = starts.filter(|(n, (_, start))| !ends_in_time(*n, start))
            .map(|(_, (arrived, start))| (*arrived + seconds(within), start.offset)).collect();
        expected.sort_unstable();
        let mut engine = engine(rule);
        let mut told = Vec::new();
        for (arrived, hit) in &hits {
            told.extend(engine.on_hits(std::slice::from_ref(hit), *arrived));
        }
        told.extend(engine.on_time(at(5_000)));
        let line = |alert: &Alert| alert.samples[0].line.clone();
        let told: Vec<_> = told.iter().map(line).collect();
        let expected: Vec<_> = expected.iter()
            .map(|(_, offset)| Bytes::from(format!("line {offset}").as_str())).collect();
        prop_assert_eq!(told.len(), expected.len());
        prop_assert!(expected.iter().all(|line| told.contains(line)));
    }

    /// It fires for each start with no end of the same value in its time, and for no other.
    #[test]
    fn pairs_are_brute_force(
        hits in prop::collection::vec((0u64..30, 0usize..3, any::<bool>()), 0..80), within in 1u64..60,
    ) {
        let mut rule = EngineSettings { max_open: 10_000, ..settings((0, 0), 0) };
        rule.detector = Detector::Pair { within: seconds(within), by: vec!["user".into()] };
        let mut now = 0;
        let hits: Vec<_> = (0..).zip(&hits).map(|(i, (gap, user, is_end))| {
            now += gap;
            let user = ["eve", "bob", "joe"][*user];
            if *is_end { end(now, i, user) } else { start(now, i, user) }
        }).collect();
        let ends_in_time = |start: &Hit| hits.iter().any(|end| {
            end.part == Part::End && end.offset > start.offset
                && end.sample.captures == start.sample.captures
                && end.time < start.time + seconds(within)
        });
        let starts = hits.iter().filter(|hit| hit.part == Part::Match);
        let expected: Vec<_> = starts.filter(|start| !ends_in_time(start))
            .map(|start| (start.time + seconds(within), start.sample.line.clone())).collect();
        for restart in [false, true] {
            let told: Vec<_> = run(&rule, &hits, END, restart).iter()
                .map(|alert| (alert.at, alert.samples[0].line.clone())).collect();
            prop_assert_eq!(&told, &expected);
        }
    }
}
