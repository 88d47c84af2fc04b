//! Far more groups than there is room for.

use super::*;

/// Groups, of which each has one hit. The shape is that of a million.
const KEYS: u64 = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
/// Hits between two saves.
const PIECE: u64 = 5_000;
/// The room that there is.
const ROOM: usize = 1_000;

/// Throws a group a line at a rule. Returns the engine, what was told, the rule's counts, and how many groups
/// stood for all others.
fn flood(detector: Detector) -> (Engine, Vec<Alert>, RuleRecord, usize) {
    let group_by = vec![GroupWord::Capture("user".into())];
    let mut engine = engine(EngineSettings { group_by, detector, ..settings((300, 3600), 0) });
    let mut alerts = Vec::new();
    let mut saved = std::collections::HashSet::new();
    let (mut record, mut n_other) = (None, 0);
    for second in 0..KEYS / PIECE {
        let first = second * PIECE;
        let hits: Vec<_> =
            (first..first + PIECE).map(|n| hit(second, n, &format!("user{n}"))).collect();
        alerts.extend(engine.on_hits(&hits, at(second)));
        let rule = &engine.rules[0];
        for held in [rule.groups.len(), rule.closed.len(), engine.timers.len()] {
            assert!(held <= ROOM + 1, "{held}");
        }
        let is_other = |key: &&GroupKey| key.iter().any(|(_, value)| value == "(other)");
        n_other = n_other.max(rule.groups.keys().filter(is_other).count());
        assert!(rule.changed.len() <= 2 * (ROOM + 1), "{}", rule.changed.len());
        let changes = engine.take_changes();
        for (_, key) in changes.gone {
            assert!(saved.remove(&key), "{key:?} was never saved");
        }
        saved.extend(changes.groups.into_iter().map(|group| group.key));
        record = changes.rules.into_iter().next().or(record);
        let rule = &engine.rules[0];
        assert!(rule.groups.keys().all(|key| saved.contains(key)));
        assert_eq!((saved.len(), rule.saved.len()), (rule.groups.len(), rule.groups.len()));
    }
    let until = at(1_000_000);
    let mut now = at(KEYS / PIECE);
    run_timers(&mut engine, &mut now, until, &mut alerts);
    let record = engine.take_changes().rules.into_iter().next().or(record).unwrap();
    (engine, alerts, record, n_other)
}

#[test]
fn a_group_a_line_that_is_told_stays_within_bounds_and_is_counted_whole() {
    let (engine, alerts, record, n_other) = flood(Detector::Each);
    let told: u64 = alerts.iter().map(|alert| alert.count).sum();
    assert_eq!((record.matched, record.untold, told), (KEYS, 0, KEYS));
    // Five are told, the storm of all others, and what `(other)` had to say later.
    assert!(alerts.len() < 30, "{}", show(&alerts));
    assert_eq!(n_other, 1, "one group stands for all others");
    let distinct = alerts.iter().filter_map(|alert| Some(alert.crowd.as_ref()?.distinct)).max();
    let distinct = distinct.unwrap();
    assert!(distinct.abs_diff(KEYS) < KEYS / 10, "{distinct}");
    assert_eq!(engine.rules[0].groups.len(), 0, "all of it is over by now");
}

#[test]
fn a_group_a_line_that_is_too_little_to_tell_is_let_go_of_unseen() {
    let (engine, alerts, record, n_other) = flood(threshold(2, 3600));
    assert_eq!((record.matched, record.untold, alerts, n_other), (KEYS, KEYS, vec![], 0));
    assert_eq!(engine.rules[0].groups.len(), 0);
}
