//! With any gates: all is counted, and restarts change nothing.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Event {
    Hit(u32, &'static str),
    Mute(&'static str, u64, bool),
    Unmute(u32),
    Pass,
}

fn event() -> impl Strategy<Value = Event> {
    let user = || prop::sample::select(vec!["eve", "bob", "joe"]);
    let selector = prop::sample::select(vec!["rule=*", "user=eve", "rule=a", "rule=b user=b*"]);
    prop_oneof![
        8 => (0..3_u32, user()).prop_map(|(rule, user)| Event::Hit(rule, user)),
        1 => (selector, 1..20_000_u64, any::<bool>()).prop_map(|(selector, lasts, resolved)| {
            Event::Mute(selector, lasts, resolved)
        }),
        1 => (1..6_u32).prop_map(Event::Unmute),
        1 => Just(Event::Pass),
    ]
}

fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let pause = prop_oneof![3 => 0..3_u64, 3 => 1..100_u64, 1 => 100..5_000_u64, 1 => Just(20_000)];
    prop::collection::vec((pause, event()), 1..60)
}

fn gates(by: &'static [&'static str]) -> impl Strategy<Value = GateSettings> {
    let hours = || prop::option::weighted(0.3, Just(daytime()));
    let webhooks = (hours(), hours(), 1..3_usize).prop_map(|(first, second, n)| {
        vec![(webhook("one"), first), (webhook("two"), second)][..n].to_vec()
    });
    let escalate = prop::option::of((1..3_000_u64, hours()).prop_map(|(after, hours)| {
        Escalation { after: seconds(after), webhook: webhook("boss"), hours }
    }));
    (hours(), any::<bool>(), 0..8_u64, escalate, webhooks).prop_map(
        move |(hours, is_held, wait, escalate, webhooks)| GateSettings {
            hours,
            inhibited_by: by.iter().filter(|_| is_held).map(|name| Arc::from(*name)).collect(),
            wait: seconds(wait),
            escalate,
            webhooks,
            ..GateSettings::default()
        },
    )
}

fn rule(name: &'static str, by: &'static [&'static str]) -> impl Strategy<Value = EngineSettings> {
    let detector = prop_oneof![Just(crate::engine::Detector::Each), Just(threshold(2, 30))];
    let debounce = prop::sample::select(vec![(0, 0), (20, 20), (30, 300)]);
    let resolve_after = prop::sample::select(vec![0, 3, 100]);
    (detector, debounce, resolve_after, any::<bool>(), gates(by)).prop_map(
        move |(detector, debounce, resolve_after, is_grouped, gates)| {
            let rule = EngineSettings {
                name: name.into(),
                detector,
                gates,
                ..settings(debounce, resolve_after)
            };
            if is_grouped { by_user(rule) } else { rule }
        },
    )
}

fn play(rules: &[EngineSettings], events: &[(u64, Event)], restarts: bool) -> Vec<Alert> {
    let mut world = World::new(rules.to_vec());
    let mut second = 0;
    for (pause, event) in events {
        second += pause;
        match event {
            Event::Hit(rule, user) => {
                world.hit_of(*rule, second, user);
            }
            Event::Mute(selector, lasts, resolved) => {
                world.mute(second, selector, second + lasts, *resolved);
            }
            Event::Unmute(id) => {
                world.unmute(second, MuteId(*id));
            }
            Event::Pass => {
                world.pass_to(second);
            }
        }
        if restarts {
            world.restart();
        }
        world.check_counts();
    }
    world.pass_to(second + 3 * 24 * HOUR).check_counts();
    for rule in &world.engine.rules {
        // Nothing is held for ever: what is left never made up a threshold.
        assert!(rule.gates.backlogs.is_empty() && rule.gates.waiting.is_empty());
        let is_each = rule.settings.detector == crate::engine::Detector::Each;
        assert!(!is_each || rule.untold == 0, "{} untold", rule.untold);
    }
    world.said
}

proptest! {
    #[test]
    fn all_is_counted_and_restarts_change_nothing(
        rules in (rule("a", &["b"]), rule("b", &["c"]), rule("c", &[])), events in events(),
    ) {
        let rules = [rules.0, rules.1, rules.2];
        let said = play(&rules, &events, false);
        prop_assert_eq!(said, play(&rules, &events, true));
    }

    #[test]
    fn an_open_and_that_it_is_over_take_turns(
        rules in (rule("a", &["b"]), rule("b", &[])), events in events(),
    ) {
        let rules = [rules.0, rules.1.clone(), EngineSettings { name: "c".into(), ..rules.1 }];
        let mut open = BTreeMap::new();
        for alert in play(&rules, &events, false) {
            let before = open.insert(alert.incident, alert.kind);
            let is_over = before == Some(AlertKind::Resolved);
            prop_assert!(!is_over || alert.kind == AlertKind::Resolved, "{:?}", alert);
            prop_assert!(alert.kind != AlertKind::Open || before.is_none(), "{:?}", alert);
        }
    }
}
