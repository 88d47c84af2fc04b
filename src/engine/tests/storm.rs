//! Storms: too many opens in a minute are told together.

use std::collections::BTreeSet;

use super::*;
use crate::flow::IncidentId;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// The longest time between two messages of a storm.
pub(super) const LONGEST: Duration = Duration::from_mins(15);

/// A rule with a group for each user, of which `max_open` opens a minute are told one by one.
fn rule(max_open: usize, resolve_after: u64) -> EngineSettings {
    EngineSettings {
        group_by: vec![GroupWord::Capture("user".into())],
        max_open,
        ..settings((300, 3600), resolve_after)
    }
}

/// Hits at seconds by users of these numbers.
fn hits(hits: impl IntoIterator<Item = (u64, u64)>) -> Vec<Hit> {
    let hits = (0..).zip(hits);
    hits.map(|(offset, (second, user))| hit(second, offset, &format!("user{user}"))).collect()
}

#[track_caller]
fn check(rule: &EngineSettings, hits: &[Hit], until: u64, expected: &str) -> Vec<Alert> {
    let alerts = run(rule, hits, until, false);
    assert_eq!(show(&alerts), expected);
    assert_eq!(run(rule, hits, until, true), alerts, "with restarts");
    alerts
}

#[test]
fn more_opens_in_a_minute_than_are_told_one_by_one_are_told_together() {
    let burst = hits((0..8).map(|i| (i, i)).chain([(7, 7), (7, 6)]));
    let expected = "0s open(1), 1s open(1), 2s open(1), 64s digest(5), 366s digest(2)";
    let alerts = check(&rule(3, 0), &burst, HOUR, expected);
    let (storm, after) = (&alerts[3], &alerts[4]);
    let over = Reason::StormOver { lasted: seconds(61), groups: 5, over: 0 };
    assert_eq!((storm.total, storm.crowd.as_ref().unwrap().distinct), (5, 5));
    assert_eq!((&storm.reason, &after.reason), (&over, &Reason::AfterStorm { over: 0 }));
    let crowd = after.crowd.as_ref().unwrap();
    assert_eq!((crowd.distinct, crowd.top[0].1), (2, 1));
    assert_eq!(after.incident, storm.incident, "they share a thread");
    assert_eq!((storm.sequence, after.sequence), (0, 1));
}

#[test]
fn as_many_as_are_told_one_by_one_are_no_storm() {
    let trickle = hits((0..30).map(|i| (i * 20, i)));
    let alerts = run(&rule(3, 0), &trickle, 2 * HOUR, false);
    assert!(alerts.iter().all(|alert| alert.kind == AlertKind::Open));
    assert_eq!(alerts.len(), 30);
}

#[test]
fn a_storm_is_told_of_more_and_more_seldom_and_how_it_was_when_it_is_over() {
    // A new group a second for 40 minutes.
    let many = hits((0..2400).map(|second| (second, second)));
    let alerts = run(&EngineSettings { max_groups: 10_000, ..rule(5, 0) }, &many, HOUR, false);
    let expected = "0s open(1), 1s open(1), 2s open(1), 3s open(1), 4s open(1), 65s digest(60), \
                    185s digest(120), 425s digest(240), 905s digest(480), 1805s digest(900), \
                    2454s digest(595)";
    assert_eq!(show(&alerts), expected);
    let last = alerts.last().unwrap();
    let Reason::StormOver { lasted, groups, over } = last.reason else { panic!("{last:?}") };
    assert_eq!((lasted, over, last.total), (seconds(2449), 0, 2395));
    assert!(groups.abs_diff(2395) < 150, "{groups}");
    let crowd = last.crowd.as_ref().unwrap();
    assert!(crowd.distinct.abs_diff(595) < 40 && crowd.top.len() == 10, "{}", crowd.distinct);
    assert_eq!(last.samples.len(), 4);
    assert_eq!(last.samples[0].line, Bytes::from("line 1805"));
}

#[test]
fn that_incidents_of_a_storm_are_over_is_told_together() {
    let burst = hits((0..10).map(|i| (0, i)));
    let expected = "0s open(1), 60s digest(9), 600s resolved, 660s digest";
    let alerts = check(&rule(1, 600), &burst, HOUR, expected);
    assert_eq!(alerts[3].reason, Reason::AfterStorm { over: 9 });
    assert_eq!(alerts[3].samples, []);
}

#[test]
fn a_group_of_a_storm_that_opens_anew_is_told_by_itself() {
    let burst = hits((0..4).map(|i| (0, i)).chain([(2000, 3)]));
    check(&rule(2, 0), &burst, HOUR, "0s open(1), 0s open(1), 60s digest(2), 2000s open(1)");
}

#[test]
fn what_a_storm_has_not_told_is_told_when_its_rule_is_changed() {
    let mut engine = engine(rule(1, 0));
    engine.on_hits(&hits((0..4).map(|i| (0, i)).chain([(1, 3), (1, 3)])), at(1));
    let saved = engine.take_changes();
    assert_eq!((saved.rules[0].matched, saved.rules[0].untold), (6, 5));
    let changed = EngineSettings { fingerprint: [2; 16], ..rule(1, 0) };
    let mut engine = self::engine(changed);
    let alerts = engine.restore(&saved.rules, saved.groups, at(1), at(9)).unwrap();
    assert_eq!(show(&alerts), "9s resolved, 9s digest(5)");
    assert_eq!(alerts[1].reason, Reason::RuleChanged);
    assert_eq!((engine.take_changes().rules[0].untold, engine.deadline()), (0, None));
}

#[test]
fn a_storm_goes_on_by_a_changed_limit() {
    let mut engine = engine(rule(1, 0));
    for hit in hits((0..4).map(|i| (i * 10, i))) {
        engine.on_hits(std::slice::from_ref(&hit), hit.time);
    }
    let saved = engine.take_changes();
    for (max_open, ends) in [(1, 80), (2, 70), (50, 70)] {
        let mut engine = self::engine(rule(max_open, 0));
        engine.restore(&saved.rules, saved.groups.clone(), at(30), at(30)).unwrap();
        assert_eq!(engine.deadline(), Some(at(ends)), "{max_open}");
    }
}

#[test]
fn a_clock_that_was_set_back_while_down_stretches_no_storm() {
    let mut engine = engine(rule(1, 0));
    engine.on_hits(&hits((0..4).map(|i| (5000, i))), at(5000));
    let saved = engine.take_changes();
    let mut engine = self::engine(rule(1, 0));
    engine.restore(&saved.rules, saved.groups, at(5000), at(1000)).unwrap();
    assert_eq!(engine.deadline(), Some(at(1060)));
}

#[test]
fn groups_without_room_are_counted_in_the_storm() {
    let small = EngineSettings { max_groups: 10, ..rule(5, 0) };
    let many = hits((0..3000).map(|i| (0, i)));
    let alerts = run(&small, &many, 2 * HOUR, false);
    assert_eq!(show(&alerts[5..]), "60s digest(6), 360s digest(2989)");
    let crowd = alerts[6].crowd.as_ref().unwrap();
    assert_eq!(crowd.top[0].0.to_json(), serde_json::json!({ "user": "(other)" }));
    assert!(crowd.distinct.abs_diff(2990) < 180, "{}", crowd.distinct);
}

/// What is told, and what is to be known for it.
#[derive(Default)]
struct Twin {
    told: Vec<(u64, u64, usize, u64)>,
    opens: Vec<u64>,
    storm: Option<(u64, bool)>,
    folded: BTreeSet<IncidentId>,
    waiting: Vec<(u64, Alert)>,
    last: u64,
    n_digests: u32,
}
impl Twin {
    fn settle(&mut self, now: u64, max_open: usize) {
        let Some((began, is_over)) = self.storm else { return };
        let is_above = |at: u64| {
            self.opens.iter().filter(|open| **open <= at && **open + 60 > at).count() > max_open
        };
        let end = (began + 60..now + 120).find(|at| !is_above(*at)).unwrap();
        let is_end = !is_over && end <= now;
        let pause = 60 * (1 << self.n_digests.min(10)).min(15);
        let due = self.waiting.first().map(|(since, _)| (self.last + pause).max(since + 60));
        let is_due = due.is_some_and(|due| due <= now && (is_over || due + 30 < end));
        if is_end || is_due {
            let waiting = std::mem::take(&mut self.waiting);
            let count = waiting.iter().map(|(_, alert)| alert.count).sum();
            let is_over = |alert: &Alert| alert.kind == AlertKind::Resolved;
            let of = waiting.iter().filter(|(_, alert)| !is_over(alert) || alert.count > 0);
            let groups = of.map(|(_, alert)| alert.group.clone()).collect::<BTreeSet<_>>().len();
            let over = waiting.iter().filter(|(_, alert)| is_over(alert)).count() as u64;
            self.told.push((now, count, groups, over));
            (self.last, self.n_digests) = (now, self.n_digests + 1);
        }
        if is_end {
            self.storm = Some((began, true));
            self.opens.clear();
        }
    }

    fn say(&mut self, now: u64, alert: &Alert, max_open: usize) {
        if alert.kind == AlertKind::Open {
            self.opens.push(now);
            let is_on = self.storm.is_some_and(|(_, is_over)| !is_over);
            let n_latest = self.opens.iter().filter(|open| **open + 60 > now).count();
            if is_on || n_latest > max_open {
                self.folded.insert(alert.incident);
                if !is_on {
                    self.storm = Some((now, false));
                    (self.last, self.n_digests) = (now, 0);
                }
            }
        }
        if self.folded.contains(&alert.incident) {
            self.waiting.push((now, alert.clone()));
        } else {
            self.told.push((now, alert.count, 0, 0));
        }
    }
}

/// The same by brute force: what is told of what groups say without a storm, second by second, as
/// `(second, count, groups, over)`; 0 groups where it is told by itself.
fn brute_force(rule: &EngineSettings, hits: &[Hit], until: u64) -> Vec<(u64, u64, usize, u64)> {
    let unbounded = EngineSettings { max_open: 10_000, ..rule.clone() };
    let (mut engine, mut twin) = (started(unbounded), Twin::default());
    for now in 0..until {
        let say = |alerts: Vec<Alert>, twin: &mut Twin| {
            for alert in &alerts {
                twin.say(now, alert, rule.max_open);
            }
        };
        say(engine.on_time(at(now)), &mut twin);
        twin.settle(now, rule.max_open);
        for hit in hits.iter().filter(|hit| hit.time == at(now)) {
            say(engine.on_hits(std::slice::from_ref(hit), at(now)), &mut twin);
            say(engine.on_time(at(now)), &mut twin);
            twin.settle(now, rule.max_open);
        }
    }
    twin.told
}

proptest! {
    /// What is told of a storm is what brute force would tell.
    #[test]
    fn a_storm_is_brute_force((mut rule, hits) in scenes(), max_open in 1usize..5) {
        (rule.detector, rule.max_open, rule.max_groups) = (Detector::Each, max_open, 1000);
        rule.group_by = vec![GroupWord::Capture("user".into())];
        let until = hits.last().map_or(0, |hit| hit.time.since(at(0)).as_secs()) + 3000;
        let mut expected = brute_force(&rule, &hits, until);
        let show = |alert: &Alert| {
            let second = alert.at.since(at(0)).as_secs();
            if alert.kind != AlertKind::Digest {
                return (second, alert.count, 0, 0);
            }
            let (Reason::Storm { over, .. } | Reason::StormOver { over, .. }
                | Reason::AfterStorm { over }) = alert.reason else { panic!("{alert:?}") };
            let groups = usize::try_from(alert.crowd.as_ref().unwrap().distinct).unwrap();
            (second, alert.count, groups, over)
        };
        let mut told: Vec<_> = run(&rule, &hits, until, false).iter().map(show).collect();
        // At one instant, their order is another matter.
        told.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(told, expected);
    }

    /// No more than `max_open` opens of a rule are told in a minute, whatever it detects.
    #[test]
    fn opens_are_bounded((rule, hits) in scenes()) {
        let alerts = run(&rule, &hits, END, false);
        let opens: Vec<_> = alerts.iter().filter(|own| own.kind == AlertKind::Open).collect();
        for few in opens.windows(rule.max_open.saturating_add(1)) {
            prop_assert!(few[few.len() - 1].at.since(few[0].at) >= MINUTE);
        }
    }

    /// Of an incident, all is told by itself or nothing is.
    #[test]
    fn what_is_told_together_stays_together((rule, hits) in scenes()) {
        let alerts = run(&rule, &hits, END, false);
        let by_itself = alerts.iter().filter(|alert| alert.kind != AlertKind::Digest);
        let mut opened = BTreeSet::new();
        for alert in by_itself {
            let is_open = alert.kind == AlertKind::Open;
            prop_assert_eq!(opened.insert(alert.incident), is_open);
        }
    }

    /// There are no more groups than have room, and `(other)`; what is open is never let go of.
    #[test]
    fn groups_are_bounded((rule, hits) in scenes()) {
        let mut engine = started(rule.clone());
        let mut now = at(0);
        for hit in &hits {
            run_timers(&mut engine, &mut now, hit.time, &mut Vec::new());
            engine.on_time(hit.time);
            let groups = engine.rules[0].groups.iter();
            let open = groups.filter(|(_, group)| group.incident.is_some());
            let open: Vec<_> = open.map(|(key, _)| key.clone()).collect();
            engine.on_hits(std::slice::from_ref(hit), hit.time);
            let state = &engine.rules[0];
            prop_assert!(state.groups.len() <= rule.max_groups + 1 + state.expected.len());
            let own = key::of(&rule.group_by, &hit.sample, "web-1");
            prop_assert!(open.iter().all(|key| state.groups.contains_key(key) || *key == own));
        }
    }
}
