mod hours;
mod laws;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::*;
use crate::engine::tests::{HOUR, MINUTE, at, hit, seconds, settings, show, threshold};
use crate::engine::{EngineSettings, GroupWord};
use crate::flow::{GroupRecord, Mute, MuteId, RuleRecord, WebhookName};

/// An engine with what is saved of it, and all that it has said.
struct World {
    settings: Vec<EngineSettings>,
    engine: Engine,
    groups: BTreeMap<(Arc<str>, GroupKey), GroupRecord>,
    rules: BTreeMap<Arc<str>, RuleRecord>,
    mutes: BTreeMap<MuteId, Mute>,
    last: MuteId,
    now: Timestamp,
    n_hits: u64,
    said: Vec<Alert>,
}

impl World {
    fn new(settings: Vec<EngineSettings>) -> Self {
        Self {
            engine: Engine::new([7; 16], "web-1".into(), settings.clone()),
            settings,
            groups: BTreeMap::new(),
            rules: BTreeMap::new(),
            mutes: BTreeMap::new(),
            last: MuteId::default(),
            now: at(0),
            n_hits: 0,
            said: Vec::new(),
        }
    }

    /// Lets time pass to just before `second`.
    fn pass_to(&mut self, second: u64) -> &mut Self {
        while let Some(due) = self.engine.deadline().filter(|due| *due < at(second)) {
            self.now = due.max(self.now);
            self.said.extend(self.engine.on_time(self.now));
        }
        self.now = at(second);
        self
    }

    fn hit_of(&mut self, rule: u32, second: u64, user: &str) -> &mut Self {
        self.pass_to(second);
        let hit = crate::flow::Hit { rule: RuleId(rule), ..hit(second, self.n_hits, user) };
        self.n_hits += 1;
        self.said.extend(self.engine.on_hits(&[hit], self.now));
        self
    }

    fn hit(&mut self, second: u64, user: &str) -> &mut Self {
        self.hit_of(0, second, user)
    }

    /// A line says that the incident is over.
    fn resolve(&mut self, second: u64, user: &str) -> &mut Self {
        self.pass_to(second);
        let part = crate::flow::Part::Resolve;
        let hit = crate::flow::Hit { part, ..hit(second, self.n_hits, user) };
        self.n_hits += 1;
        self.said.extend(self.engine.on_hits(&[hit], self.now));
        self
    }

    fn mute(&mut self, second: u64, selector: &str, until: u64, until_resolved: bool) -> MuteId {
        self.pass_to(second);
        self.said.extend(self.engine.on_time(self.now));
        let mute = Mute {
            id: MuteId::default(),
            selector: selector.parse().unwrap(),
            who: String::new(),
            why: String::new(),
            since: self.now,
            until: at(until),
            until_resolved,
        };
        self.engine.mute(mute, self.now).unwrap()
    }

    fn unmute(&mut self, second: u64, id: MuteId) -> &mut Self {
        self.pass_to(second);
        self.said.extend(self.engine.unmute(id, self.now).unwrap_or_default());
        self
    }

    fn save(&mut self) {
        let changes = self.engine.take_changes();
        self.rules.extend(changes.rules.into_iter().map(|rule| (Arc::clone(&rule.name), rule)));
        changes.gone.into_iter().for_each(|gone| drop(self.groups.remove(&gone)));
        let groups = changes.groups.into_iter();
        self.groups
            .extend(groups.map(|group| ((Arc::clone(&group.rule), group.key.clone()), group)));
        self.last = changes.mutes.iter().map(|mute| mute.id).max().unwrap_or(self.last);
        self.mutes.extend(changes.mutes.into_iter().map(|mute| (mute.id, mute)));
        changes.unmuted.iter().for_each(|id| drop(self.mutes.remove(id)));
    }

    /// Saves all and takes it up again, with other settings if there are some.
    fn restart(&mut self) -> &mut Self {
        self.save();
        self.engine = Engine::new([7; 16], "web-1".into(), self.settings.clone());
        let mutes = self.mutes.values().cloned().collect();
        self.engine.restore_mutes(mutes, self.last, self.now, self.now);
        let rules: Vec<_> = self.rules.values().cloned().collect();
        let groups = self.groups.values().cloned().collect();
        self.said.extend(self.engine.restore(&rules, groups, self.now, self.now).unwrap());
        self
    }

    /// What was said of the rule `rule`, up to just before `second`.
    #[track_caller]
    fn check_of(&mut self, rule: u32, second: u64, expected: &str) -> &mut Self {
        self.pass_to(second);
        let own: Vec<_> =
            self.said.iter().filter(|alert| alert.rule == RuleId(rule)).cloned().collect();
        assert_eq!(show(&own), expected);
        self.check_counts();
        self
    }

    #[track_caller]
    fn check(&mut self, second: u64, expected: &str) -> &mut Self {
        self.check_of(0, second, expected)
    }

    /// For each webhook of each rule: what was told there, and what is still to be, is what was matched.
    #[track_caller]
    fn check_counts(&self) {
        for rule in &self.engine.rules {
            let backlogs = rule.gates.backlogs.clone().take();
            let of_webhooks =
                backlogs.iter().filter(|own| matches!(own.gate, Gate::WebhookHours(_)));
            let shared: u64 = of_webhooks.map(|own| own.untold).sum();
            let webhooks = &rule.settings.gates.webhooks;
            let names = webhooks.iter().map(|(name, _)| Some(name)).chain([None]);
            for name in names.take(webhooks.len().max(1)) {
                let is_told = |alert: &&Alert| {
                    let to = alert.to.as_deref();
                    alert.rule == rule.id
                        && to.is_none_or(|to| name.is_some_and(|name| to.contains(name)))
                };
                let told: u64 = self.said.iter().filter(is_told).map(|alert| alert.count).sum();
                let gate = name.map(|name| Gate::WebhookHours(name.clone()));
                let own = gate.and_then(|gate| rule.gates.backlogs.of(&gate));
                let kept = own.map_or(0, |own| own.held.count);
                let name = &rule.settings.name;
                assert_eq!(told + kept + rule.untold - shared, rule.matched, "{name}");
            }
        }
    }
}

fn named(name: &str, gates: GateSettings) -> EngineSettings {
    let name = name.into();
    EngineSettings { name, gates, ..settings((60, 600), 120) }
}

fn by_user(rule: EngineSettings) -> EngineSettings {
    EngineSettings { group_by: vec![GroupWord::Capture("user".into())], ..rule }
}

/// From 08:00 to 19:00 UTC. The first second is at 22:13:20.
fn daytime() -> Hours {
    let span = HoursSpan { days: [true; 7], from: 8 * 60, until: 19 * 60 };
    Hours { spans: vec![span], zone: TimeZone::UTC }
}

/// When daytime begins and ends first.
const MORNING: u64 = 35_200;
const EVENING: u64 = MORNING + 11 * HOUR;

fn in_daytime() -> GateSettings {
    GateSettings { hours: Some(daytime()), ..GateSettings::default() }
}

#[test]
fn outside_hours_all_is_held_and_one_digest_tells_of_it() {
    let mut world = World::new(vec![by_user(named("rule", in_daytime()))]);
    world.hit(0, "eve").hit(10, "bob").hit(20, "eve").hit(5000, "eve");
    world.check(MORNING, "").check(MORNING + 1, "35200s digest(4)");
    let digest = &world.said[0];
    let crowd = digest.crowd.as_ref().unwrap();
    assert_eq!((crowd.distinct, crowd.top[0].1, digest.samples.len()), (2, 3, 4));
    let lasted = seconds(MORNING);
    assert_eq!(digest.held, Some(crate::flow::HeldBy { gate: Gate::Hours, lasted }));
    // Within them it is told at once, and then held again.
    world.hit(MORNING + 5, "eve").hit(EVENING - 60, "bob").hit(EVENING + 70, "eve");
    world.check(
        EVENING + 24 * HOUR,
        "35200s digest(4), 35205s open(1), 35325s resolved, 74740s open(1), 74860s resolved, \
         121600s digest(1)",
    );
}

#[test]
fn what_is_open_when_hours_begin_is_in_the_digest_and_goes_on() {
    let mut world = World::new(vec![named("rule", in_daytime())]);
    world.hit(MORNING - 90, "eve").hit(MORNING - 80, "eve").hit(MORNING - 10, "eve");
    world.hit(MORNING + 10, "eve");
    world.check(MORNING + HOUR, "35200s digest(3), 35260s summary(1), 35380s resolved");
    // Nobody is told that what was never told is over.
    let mut world = World::new(vec![named("rule", in_daytime())]);
    world.hit(0, "eve").check(EVENING, "35200s digest(1)");
}

#[test]
fn what_was_told_before_hours_ended_is_told_to_be_over() {
    let mut world = World::new(vec![named("rule", in_daytime())]);
    let second = EVENING - 30;
    world.hit(second, "eve").hit(second + 10, "eve").hit(second + 20, "eve");
    world.check(EVENING + 24 * HOUR, "74770s open(1), 74950s resolved, 121600s digest(2)");
}

#[test]
fn a_restart_outside_hours_changes_nothing() {
    let rule = by_user(named("rule", in_daytime()));
    let play = |restart: bool| {
        let mut world = World::new(vec![rule.clone()]);
        for second in [0, 10, 5_000, MORNING - 1, MORNING + 5] {
            world.hit(second, "eve");
            if restart {
                world.restart();
            }
        }
        world.pass_to(EVENING).said.clone()
    };
    assert_eq!(play(true), play(false));
}

#[test]
fn what_is_critical_knows_no_hours() {
    let gates = GateSettings { severity: crate::flow::Severity::Critical, ..in_daytime() };
    World::new(vec![named("rule", gates)]).hit(0, "eve").check(10, "0s open(1)");
}

/// `app` is held back by `db`.
fn app_and_db() -> Vec<EngineSettings> {
    let (inhibited_by, wait) = (vec![Arc::from("db")], seconds(5));
    let gates = GateSettings { inhibited_by, wait, ..GateSettings::default() };
    let app = EngineSettings { resolve_after: Some(seconds(1000)), ..named("app", gates) };
    vec![by_user(app), by_user(named("db", GateSettings::default()))]
}

#[test]
fn what_another_incident_explains_waits_for_its_end() {
    let db = "0s open(1), 120s resolved";
    let mut world = World::new(app_and_db());
    world.hit_of(1, 0, "eve").hit_of(0, 3, "eve").hit_of(0, 200, "eve");
    // Two minutes after the end.
    world.check_of(1, 1000, db).check_of(0, 1000, "240s open(2)");
    let expected = (Gate::Inhibited { by: "db".into(), shared: eve() }, seconds(237));
    let told = world.said.iter().find(|alert| alert.rule == RuleId(0)).unwrap();
    let held = told.held.as_ref().unwrap();
    assert_eq!((held.gate.clone(), held.lasted), expected);
    world.check_of(0, 3000, "240s open(2), 1200s resolved");
}

fn eve() -> GroupKey {
    GroupKey([("user".into(), "eve".into())].into())
}

#[test]
fn the_cause_may_come_a_little_later() {
    let mut world = World::new(app_and_db());
    world.hit_of(0, 0, "eve").hit_of(1, 3, "eve").check_of(0, 1000, "243s open(1)");
    // But not much later.
    let mut world = World::new(app_and_db());
    world.hit_of(0, 0, "eve").hit_of(0, 4, "eve").hit_of(1, 6, "eve");
    world.check_of(0, 10, "5s open(2)");
    let mut world = World::new(app_and_db());
    world.hit_of(0, 0, "eve").hit_of(1, 3, "bob").check_of(0, 100, "5s open(1)");
}

#[test]
fn what_was_over_before_its_cause_is_counted_in_a_digest() {
    let mut rules = app_and_db();
    rules[0].resolve_after = None;
    rules[0].group_by.clear();
    let mut world = World::new(rules);
    world.hit_of(1, 0, "eve").hit_of(0, 3, "x").hit_of(1, 110, "bob").hit_of(0, 300, "x");
    // One of its groups is open up to 230 s, and holds back for two minutes more.
    world.check_of(0, 3000, "350s open(1), 350s digest(1)");
}

#[test]
fn without_a_word_of_debounce_each_waits_all_the_same() {
    let mut rules = app_and_db();
    (rules[0].resolve_after, rules[0].debounce) = (None, settings((0, 0), 0).debounce);
    let mut world = World::new(rules.clone());
    world.hit_of(0, 0, "eve").hit_of(0, 2, "eve").hit_of(0, 20, "eve");
    world.check_of(0, 1000, "7s open(2), 25s open(1)");
    let mut world = World::new(rules);
    world.hit_of(0, 0, "eve").hit_of(1, 2, "eve").hit_of(0, 20, "eve");
    world.check_of(0, 1000, "242s digest(2)");
}

#[test]
fn what_is_muted_is_told_at_the_end_with_its_count() {
    let mut world = World::new(vec![by_user(named("rule", GateSettings::default()))]);
    world.hit(0, "eve").hit(5, "bob");
    let id = world.mute(10, "rule=rule user=ev*", 1000, false);
    for second in 11..900 {
        world.hit(second, "eve");
    }
    world.hit(950, "eve").hit(951, "bob");
    world.check(1000, "0s open(1), 5s open(1), 125s resolved, 951s open(1)");
    world.check(1001, "0s open(1), 5s open(1), 125s resolved, 951s open(1), 1000s summary(890)");
    let held = world.said.last().unwrap().held.clone();
    let expected = crate::flow::HeldBy { gate: Gate::Mute(id), lasted: seconds(940) };
    assert_eq!(held, Some(expected));
}

#[test]
fn what_opened_while_it_was_muted_opens_at_the_end() {
    let mut world = World::new(vec![by_user(named("rule", GateSettings::default()))]);
    let id = world.mute(0, "rule=rule", 10_000, false);
    world.hit(10, "bob").hit(950, "eve").hit(955, "eve").hit(970, "eve");
    world.unmute(1000, id);
    world.check(2000, "1000s open(3), 1000s digest(1), 1090s resolved");
}

#[test]
fn what_was_told_before_the_mute_is_told_to_be_over() {
    let mut world = World::new(vec![named("rule", GateSettings::default())]);
    world.hit(0, "eve");
    world.mute(10, "rule=*", 1000, false);
    world.hit(20, "eve");
    world.check(2000, "0s open(1), 180s resolved, 1000s digest(1)");
}

#[test]
fn a_mute_can_end_with_the_incident() {
    let mut world = World::new(vec![by_user(named("rule", GateSettings::default()))]);
    world.hit(0, "eve").hit(1, "bob");
    world.mute(10, "user=*", 10_000, true);
    world.hit(20, "eve").hit(100, "eve");
    world.check(150, "0s open(1), 1s open(1), 121s resolved");
    world.restart();
    // With the last of them it is over.
    world.check(500, "0s open(1), 1s open(1), 121s resolved, 420s resolved, 420s digest(2)");
    assert_eq!(world.engine.mutes(), []);
    world.hit(600, "eve");
    assert_eq!(world.said.len(), 6);
    // Where nothing is open it waits for what will be.
    let mut world = World::new(vec![named("rule", GateSettings::default())]);
    world.mute(10, "rule=*", 10_000, true);
    world.hit(500, "eve").check(1000, "620s digest(1)").hit(1000, "eve");
    world.check(1001, "620s digest(1), 1000s open(1)");
}

#[test]
fn what_is_absent_is_told_when_the_gate_opens() {
    let after = seconds(100);
    let detector = crate::engine::Detector::Absent { after, expect: Vec::new() };
    let rule = EngineSettings { detector, ..named("rule", in_daytime()) };
    let mut world = World::new(vec![rule]);
    world.engine.expect(at(0));
    world.check(MORNING + 1, "35200s open");
    let expected = Reason::Absent { after, lasted: seconds(MORNING) };
    assert_eq!(world.said[0].reason, expected);
    world.hit(MORNING + 10, "eve");
    world.check(MORNING + 11, "35200s open, 35210s resolved");
}

fn webhook(name: &str) -> WebhookName {
    WebhookName(name.into())
}

fn escalating() -> GateSettings {
    let (after, hours) = (seconds(30 * MINUTE), None);
    let escalate = Some(Escalation { after, webhook: webhook("boss"), hours });
    GateSettings { escalate, webhooks: vec![(webhook("team"), None)], ..GateSettings::default() }
}

#[test]
fn what_stays_open_is_told_elsewhere_as_well_and_that_it_is_over() {
    let mut world = World::new(vec![named("rule", escalating())]);
    for second in (0..2000).step_by(50) {
        world.hit(second, "eve").restart();
    }
    world.pass_to(3000);
    let reminder = world.said.iter().find(|alert| alert.kind == AlertKind::Reminder).unwrap();
    assert_eq!(reminder.at, at(1800));
    assert_eq!(reminder.to.as_deref(), Some(&[webhook("boss")][..]));
    assert_eq!((reminder.count, reminder.total), (0, 36));
    let resolved = world.said.last().unwrap();
    assert_eq!(resolved.kind, AlertKind::Resolved);
    assert_eq!(resolved.to.as_deref(), Some(&[webhook("team"), webhook("boss")][..]));
    world.check_counts();
    // Once is enough, and what was over before was not told.
    world.hit(4000, "eve").pass_to(9000);
    let is_it = |alert: &&Alert| alert.to.is_some() && alert.kind == AlertKind::Reminder;
    assert_eq!(world.said.iter().filter(is_it).count(), 1);
    assert_eq!(world.said.last().unwrap().to, None);
}

#[test]
fn what_nobody_may_be_told_of_is_not_escalated_before_they_may() {
    let mut world = World::new(vec![named("rule", escalating())]);
    world.mute(0, "rule=*", 3000, false);
    for second in (0..6000).step_by(50) {
        world.hit(second, "eve");
    }
    world.pass_to(7000);
    let is_it = |alert: &&Alert| alert.kind == AlertKind::Reminder;
    let reminders: Vec<_> = world.said.iter().filter(is_it).map(|alert| alert.at).collect();
    // It was told at 3000 s that it had opened.
    assert_eq!(reminders, [at(4800)]);
}

#[test]
fn a_closed_webhook_is_told_in_a_digest_and_the_others_at_once() {
    let webhooks = vec![(webhook("day"), Some(daytime())), (webhook("night"), None)];
    let gates = GateSettings { webhooks, ..GateSettings::default() };
    let mut world = World::new(vec![by_user(named("rule", gates.clone()))]);
    world.hit(0, "eve").hit(10, "bob").hit(20, "eve").restart();
    world.check(
        MORNING + 1,
        "0s open(1), 10s open(1), 60s summary(1), 130s resolved, 180s resolved, 35200s digest(3)",
    );
    let to: Vec<_> = world.said.iter().map(|alert| alert.to.as_deref()).collect();
    let night = Some(&[webhook("night")][..]);
    assert_eq!(to, [night, night, night, night, night, Some(&[webhook("day")][..])]);
    // Where all are closed, it is untold until one of them opens.
    let gates = GateSettings { webhooks: gates.webhooks[..1].to_vec(), ..gates };
    let mut world = World::new(vec![by_user(named("rule", gates))]);
    world.hit(0, "eve").hit(10, "bob").restart().check(20, "");
    assert_eq!(world.engine.rules[0].untold, 2);
    world.check(MORNING + 1, "35200s digest(2)");
    assert_eq!(world.engine.rules[0].untold, 0);
}

#[test]
fn what_is_held_for_a_webhook_that_is_gone_is_told_to_the_others() {
    let webhooks = vec![(webhook("day"), Some(daytime()))];
    let gates = GateSettings { webhooks, ..GateSettings::default() };
    let mut world = World::new(vec![named("rule", gates)]);
    world.hit(0, "eve");
    world.settings[0].gates.webhooks = vec![(webhook("night"), None)];
    world.restart().check(100, "0s digest(1)");
    assert_eq!(world.said[0].to, None);
}

#[test]
fn what_is_held_of_a_rule_that_was_changed_is_told() {
    let mut world = World::new(vec![by_user(named("rule", in_daytime()))]);
    world.hit(0, "eve").hit(10, "eve").hit(5000, "bob");
    world.settings[0].fingerprint = [2; 16];
    world.restart().check(MORNING + 1, "35200s digest(3)");
}

#[test]
fn a_threshold_that_was_reached_behind_a_gate_is_told_as_one_message() {
    let mut rule = named("rule", GateSettings::default());
    rule.detector = threshold(3, 60);
    let mut world = World::new(vec![rule]);
    let id = world.mute(0, "rule=*", 1000, false);
    world.hit(1, "eve").hit(2, "eve").hit(3, "eve").hit(4, "eve").hit(5, "eve");
    world.unmute(10, id).hit(11, "eve").check(1000, "10s open(5), 123s resolved");
}

#[test]
fn what_a_line_resolves_while_it_is_held_back_is_counted_when_the_gate_opens() {
    let mut world = World::new(vec![settings((300, 300), 0)]);
    world.mute(0, "rule=*", 1000, false);
    world.hit(10, "eve").hit(20, "eve").hit(30, "eve").resolve(40, "eve");
    world.check(1000, "").check(1001, "1000s digest(3)");
    // What was told that it began is told that it is over, with what was held of it.
    world.hit(1100, "eve");
    world.mute(1110, "rule=*", 2000, false);
    world.hit(1120, "eve").resolve(1130, "eve");
    world.check(3000, "1000s digest(3), 1100s open(1), 1130s resolved(1)");
}
