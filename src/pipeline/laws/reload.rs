//! A reload of the same is none, and rules do not disturb each other.

use std::fmt::Write as _;

use proptest::sample::subsequence;

use super::super::reload::Next;
use super::*;
use crate::flow::MuteOrder;

/// What comes before the rules: two spaces, so that the rules of one do not make those of the other wait.
const HEAD: &str = r#"
state = "state"
[webhook.w]
url = "env:W"
[webhook.o]
url = "env:O"
[webhook.boss]
url = "env:B"
[defaults]
webhook = "w"
"#;

/// A rule of each kind, with and without groups, gates and bounds that are reached.
const KINDS: [&str; 14] = [
    "match = 'refused (?P<who>\\w+)'\ngroup_by = 'who'\ndebounce = '1m..4m'\nresolve_after = '3m'",
    "match = 'refused'\ncount = 4\nwithin = '20s'\ndebounce = '2m'",
    "match = 'refused (?P<who>\\w+)'\ncount = 3\nwithin = '30s'\ndistinct = 'who'\ndebounce = '0s'",
    "match = 'begins (?P<who>\\w+)'\nunless = 'ends (?P<who>\\w+)'\nwithin = '45s'\ndebounce = '1m'",
    "match = 'begins (?P<who>\\w+)'\ngroup_by = 'who'\nabsent = '4m'",
    "match = 'begins (?P<who>\\w+)'\ngroup_by = 'who'\nabsent = '6m'\nexpect = ['ann', 'zoe']",
    "match = 'refused|begins'\nspike = 3\ncount = 5\nwithin = '20s'\ndebounce = '1m'",
    "match = 'refused|begins|ends'\nspike = 0.3\ncount = 3\nwithin = '30s'\ndebounce = '1m'",
    "match = 'refused (?P<who>\\w+)'\nnew = 'who'\nlearn = '1m'\nforget = '10m'",
    "match = 'begins|ends'\nnew = 'pattern'\ndebounce = '2m'",
    "match = '(?P<what>\\w+) (?P<who>\\w+)$'\ngroup_by = ['what', 'who']\nmax_open = 1\ndebounce = '30s'",
    "match = '(?P<what>\\w+) (?P<who>\\w+)$'\ngroup_by = ['what', 'who']\nmax_groups = 2\ntop = 'who'",
    "match = 'refused'\nhours = '00:40-00:50; 01:10-02:00 UTC'\ndebounce = '1m'",
    "match = 'ends (?P<who>\\w+)'\ngroup_by = 'who'\ndebounce = '1m'\nresolve_on = 'begins (?P<who>\\w+)'\n\
     escalate = { after = '2m', webhook = 'boss' }",
];

/// Those of `kinds` as rules that tell `webhook`. The last is held back by the first.
fn rules(kinds: &[usize], webhook: &str) -> String {
    let rule = |kind: &usize| {
        let words = KINDS[*kind];
        format!(
            "[[rule]]\nname = '{webhook}{kind}'\nfiles = 'app.log'\nwebhook = '{webhook}'\n{words}\n"
        )
    };
    let mut text: String = kinds.iter().map(rule).collect();
    if let (Some(first), true) = (kinds.first(), kinds.len() > 1) {
        let _ = writeln!(text, "inhibited_by = '{webhook}{first}'");
    }
    text
}

fn kinds() -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..KINDS.len()).collect::<Vec<_>>(), 1..6)
}

impl Live {
    /// Goes on with `settings`, as the pump does.
    fn reload(&mut self, settings: &Settings) {
        let now = self.dry.now;
        self.dry.settle(&mut self.ear);
        Next::retire(settings, &mut self.dry.middle, now);
        self.dry.save(&mut self.ear);
        let next = Next::load(settings, self.ear.store.as_ref().unwrap(), now).unwrap();
        next.take_over(&mut self.dry.middle, metrics(settings), true, now);
        self.dry.middle.end_waiting(Timestamp::MAX);
        self.matcher = open_matcher(settings).unwrap();
        self.dates = Dates::new(settings, self.zone.clone());
        self.settings = settings.clone();
        self.dry.settle(&mut self.ear);
    }

    /// Mutes what `selector` means.
    fn mute(&mut self, selector: &str, minutes: u64) {
        let order = MuteOrder {
            selector: selector.parse().unwrap(),
            lasts: Duration::from_mins(minutes),
            until_resolved: false,
            why: String::new(),
            who: String::new(),
        };
        self.dry.middle.mute(order.mute(self.dry.now), self.dry.now).unwrap();
        self.dry.save(&mut self.ear);
    }

    /// Stops, and is started again.
    fn restart(mut self, folder: &Path) -> Self {
        let now = self.dry.now;
        self.dry.settle(&mut self.ear);
        self.dry.save(&mut self.ear);
        let Self { settings, zone, ear, offset, .. } = self;
        drop(ear.store);
        let store = Store::open(&folder.join("state")).unwrap();
        let mut live = Self::start(&settings, &zone, Some(store), now);
        (live.ear.said, live.offset) = (ear.said, offset);
        live.dry.settle(&mut live.ear);
        live
    }
}

/// What is sent while `lines` come, and `after` each of them something happens.
fn played(
    settings: &Settings,
    lines: &[(i64, String)],
    mut after: impl FnMut(usize, Live, &Path) -> Live,
) -> Vec<Said> {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("state")).unwrap();
    let begin = Timestamp::from_millis(lines[0].0);
    let mut live = Live::start(settings, &TimeZone::UTC, Some(store), begin);
    for (place, (at, line)) in lines.iter().enumerate() {
        live.on_line(line, Timestamp::from_millis(*at));
        live = after(place, live, folder.path());
    }
    live.finish()
}

fn of_webhook(said: Vec<Said>, webhook: &str) -> Vec<Said> {
    said.into_iter().filter(|own| own.0.starts_with(webhook)).collect()
}

proptest! {
    // Each line is a reload of all there is.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 32 + 1, ..ProptestConfig::default() })]

    /// Nor is a restart, whatever the rules are in the middle of, and whatever of it is muted.
    #[test]
    fn a_reload_of_the_same_changes_no_message(
        events in events(),
        kinds in kinds(),
        muted in prop::option::of((0usize..40, 1u64..20)),
        turns in prop::collection::vec(0u8..4, 60),
    ) {
        let folder = TempDir::new().unwrap();
        let settings = settings_of(&format!("{HEAD}{}", rules(&kinds, "w")), folder.path());
        let lines = lines(&events, |at| at.to_string());
        let mute = |place: usize, mut live: Live| {
            if let Some((_, minutes)) = muted.filter(|(at, _)| *at == place) {
                live.mute("rule=w* who=a*", minutes);
            }
            live
        };
        let expected = played(&settings, &lines, |place, live, _| mute(place, live));
        let reloaded = played(&settings, &lines, |place, live, _| {
            let mut live = mute(place, live);
            live.reload(&settings);
            live
        });
        prop_assert_eq!(&reloaded, &expected, "reloaded");
        let mixed = played(&settings, &lines, |place, live, folder| {
            let mut live = mute(place, live);
            match turns[place] {
                0 => return live,
                1 => return live.restart(folder),
                _ => live.reload(&settings),
            }
            live
        });
        prop_assert_eq!(&mixed, &expected, "reloaded and restarted");
    }

    /// Neither while it is there nor as it comes and goes.
    #[test]
    fn another_rule_changes_no_message_of_others(
        events in events(),
        own in kinds(),
        others in kinds(),
        turns in prop::collection::vec(0u8..6, 60),
    ) {
        let folder = TempDir::new().unwrap();
        let own = rules(&own, "w");
        let alone = settings_of(&format!("{HEAD}{own}"), folder.path());
        let before = settings_of(&format!("{HEAD}{}{own}", rules(&others, "o")), folder.path());
        let behind = settings_of(&format!("{HEAD}{own}{}", rules(&others, "o")), folder.path());
        let lines = lines(&events, |at| at.to_string());
        let expected = played(&alone, &lines, |_, live, _| live);
        let together = played(&before, &lines, |_, live, _| live);
        prop_assert_eq!(&of_webhook(together, "w"), &expected, "there");
        let coming = played(&alone, &lines, |place, mut live, _| {
            if let Some(next) = [&alone, &before, &behind].get(usize::from(turns[place])) {
                live.reload(next);
            }
            live
        });
        prop_assert_eq!(&of_webhook(coming, "w"), &expected, "comes and goes");
    }
}
