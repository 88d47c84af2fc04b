//! `distinct`: enough different values within a time.

use std::collections::BTreeSet;

use super::*;
use crate::engine::condition::Distinct;

fn distinct(count: u32, within: u64) -> Detector {
    Detector::Distinct { count, within: seconds(within), of: "user".into() }
}

#[track_caller]
fn check(hits: &[(u64, &str)], expected: &str) {
    let rule = EngineSettings { detector: distinct(3, 60), ..settings((300, 300), 600) };
    let hits: Vec<_> = (0..).zip(hits).map(|(i, (time, user))| hit(*time, i, user)).collect();
    assert_eq!(show(&run(&rule, &hits, 5_000, false)), expected);
}

#[test]
fn repeats_of_a_value_count_once_but_are_told() {
    check(&[(0, "eve"), (1, "eve"), (2, "bob"), (3, "eve"), (4, "bob")], "");
    let hits = [(0, "eve"), (1, "eve"), (2, "bob"), (3, "eve"), (60, "joe")];
    check(&hits, "60s open(5), 660s resolved");
}

#[test]
fn the_newest_time_of_each_value_counts() {
    check(&[(0, "eve"), (30, "bob"), (61, "joe")], "");
    check(&[(0, "eve"), (30, "bob"), (61, "joe"), (62, "eve")], "62s open(3), 662s resolved");
}

#[test]
fn while_open_only_as_many_different_values_keep_it_going() {
    let more = [(100, "eve"), (110, "eve"), (120, "bob")];
    let mut hits = vec![(0, "eve"), (1, "bob"), (2, "joe")];
    hits.extend(more);
    check(&hits, "2s open(3), 602s resolved");
    hits.push((130, "joe"));
    check(&hits, "2s open(3), 302s summary(4), 730s resolved");
}

#[test]
fn a_match_without_the_value_counts_towards_nothing() {
    let rule = EngineSettings {
        detector: Detector::Distinct { count: 2, within: seconds(60), of: "port".into() },
        ..settings((300, 300), 0)
    };
    let hits = [hit(0, 0, "eve"), hit(1, 1, "bob")];
    assert_eq!(run(&rule, &hits, 5_000, false), []);
}

#[test]
fn values_are_the_same_however_an_address_is_written() {
    let rule = EngineSettings { detector: distinct(2, 60), ..settings((300, 300), 0) };
    let same = [hit(0, 0, "2001:DB8:0::1"), hit(1, 1, " 2001:db8::1")];
    assert_eq!(run(&rule, &same, 5_000, false), []);
}

proptest! {
    /// It fires where brute force over all intervals would, on hits in order of time, and tells no
    /// match that is not there.
    #[test]
    fn different_values_are_brute_force(
        hits in prop::collection::vec((0u64..20, 0u64..8), 0..100), count in 1u32..6, within in 1u64..60,
    ) {
        let mut now = 0;
        let hits: Vec<_> = hits.iter().map(|(gap, value)| { now += gap; (now, *value) }).collect();
        let mut machine = Distinct::default();
        let mut since = 0;
        for (i, (time, value)) in hits.iter().enumerate() {
            let fired = machine.on_hit(&value.to_string(), at(*time), count, seconds(within));
            let fresh = &hits[since..=i];
            let close = fresh.iter().filter(|(t, _)| t + within >= *time);
            let values: BTreeSet<_> = close.clone().map(|(_, value)| value).collect();
            prop_assert_eq!(fired.is_some(), values.len() >= count as usize);
            if let Some(fired) = fired {
                prop_assert!(fired.count >= close.count() as u64 && fired.count <= fresh.len() as u64);
                prop_assert_eq!(fired.span.last, at(*time));
                since = i + 1;
            }
        }
    }

    /// A burst of exactly `count` values fires exactly once, in whatever order it comes.
    #[test]
    fn a_burst_of_values_in_any_order_fires_once(
        times in prop::collection::vec(0u64..30, 1..20).prop_shuffle(),
    ) {
        let mut machine = Distinct::default();
        let count = u32::try_from(times.len()).unwrap();
        let hits = (0..).zip(&times);
        let fired = hits.filter(|(value, t): &(u32, _)| {
            machine.on_hit(&value.to_string(), at(**t), count, seconds(30)).is_some()
        });
        prop_assert_eq!(fired.count(), 1);
    }
}
