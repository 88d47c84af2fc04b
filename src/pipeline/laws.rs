//! What a replay says is what was sent while the lines came.

mod reload;

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;
use tempfile::TempDir;

use super::dates::Dates;
use super::dry::{DryRun, Witness};
use super::middle::Changes;
use super::open::{open_matcher, open_middle};
use super::replay::Replay;
use crate::config::{Origin, Secrets, Settings, Style, System, parse};
use crate::flow::{
    Chunk, Events, GenerationId, GroupKey, Message, Progress, RuleId, StreamId, Timestamp,
};
use crate::matcher::Matcher;
use crate::source::{Owners, Past};
use crate::store::Store;
use crate::telemetry::Metrics;

/// A rule of each kind.
const RULES: &str = r#"
state = "state"
[webhook.w]
url = "room"
[defaults]
webhook = "w"
[[rule]]
files = "app.log"
name = "each"
match = 'refused (?P<who>\w+)'
group_by = "who"
debounce = "1m..4m"
resolve_after = "3m"
[[rule]]
files = "app.log"
name = "many"
match = 'refused'
count = 4
within = "20s"
debounce = "2m"
[[rule]]
files = "app.log"
name = "several"
match = 'refused (?P<who>\w+)'
count = 3
within = "30s"
distinct = "who"
debounce = "0s"
[[rule]]
files = "app.log"
name = "stuck"
match = 'begins (?P<who>\w+)'
unless = 'ends (?P<who>\w+)'
within = "45s"
debounce = "1m"
[[rule]]
files = "app.log"
name = "silent"
match = 'begins (?P<who>\w+)'
group_by = "who"
absent = "4m"
[[rule]]
files = "app.log"
name = "rush"
match = 'refused|begins'
spike = 3
count = 5
within = "20s"
debounce = "1m"
[[rule]]
files = "app.log"
name = "lull"
match = 'refused|begins|ends'
spike = 0.3
count = 3
within = "30s"
debounce = "1m"
"#;

/// When the first line is of: 2026-10-25T00:30:00Z, within the hour that is doubled in Berlin.
const BEGIN: i64 = 1_792_888_200_000;

fn settings(folder: &Path) -> Settings {
    settings_of(RULES, folder)
}

fn settings_of(rules: &str, folder: &Path) -> Settings {
    let origin = Origin {
        name: "logbell.toml",
        directory: folder,
        is_open_to_all: false,
        surroundings: &System,
        secrets: Secrets::Skip,
    };
    let loaded = parse(rules, &origin);
    loaded.settings.unwrap_or_else(|| panic!("{}", loaded.diagnostics.render(Style::Plain)))
}

/// A message: of which rule, what, of whom, how many, and when it was decided.
type Said = (Arc<str>, &'static str, GroupKey, u64, i64);

fn said(message: &Message) -> Said {
    let Message { rule, kind, group, count, at, .. } = message;
    (rule.clone(), kind.as_str(), group.clone(), *count, at.as_millis())
}

/// What is sent, and where all is saved, if it is.
#[derive(Default)]
struct Ear {
    said: Vec<Said>,
    store: Option<Store>,
}

impl Witness for Ear {
    fn on_changes(&mut self, changes: Changes, now: Timestamp) {
        if let Some(store) = &mut self.store {
            store.commit(&changes.into_batch(now)).unwrap();
        }
    }

    fn on_message(&mut self, message: &Message, _: Timestamp) {
        self.said.push(said(message));
    }
}

/// An agent to which lines come one by one.
struct Live {
    settings: Settings,
    zone: TimeZone,
    dry: DryRun,
    ear: Ear,
    matcher: Matcher,
    dates: Dates,
    offset: u64,
}

impl Live {
    /// One that starts at `now`, and saves in `store`.
    fn start(settings: &Settings, zone: &TimeZone, store: Option<Store>, now: Timestamp) -> Self {
        let saved = store.as_ref().map(|store| store.load().unwrap()).unwrap_or_default();
        let middle = open_middle(settings, saved, metrics(settings), now).unwrap();
        let mut live = Self {
            settings: settings.clone(),
            zone: zone.clone(),
            dry: DryRun { middle, now },
            ear: Ear { said: Vec::new(), store },
            matcher: open_matcher(settings).unwrap(),
            dates: Dates::new(settings, zone.clone()),
            offset: 0,
        };
        for rule in (0..).map(RuleId).take(settings.rules.len()) {
            live.dry.middle.expect_of(rule, now);
        }
        live
    }

    fn on_line(&mut self, line: &str, now: Timestamp) {
        self.dry.pass_time(now, &mut self.ear);
        let sources = (0..).map(crate::flow::SourceId).take(self.settings.sources.len()).collect();
        let path: Arc<Path> = self.settings.sources[0].files[0].as_path().into();
        let chunk = Chunk {
            stream: StreamId(1),
            generation: GenerationId(1),
            path: &path,
            sources: &sources,
            read_at: now,
            progress: Progress::Live,
            lead: b"",
            offset: self.offset,
            bytes: line.as_bytes(),
            events: Events::Lines,
            settled: true,
        };
        let mut hits = Vec::new();
        self.matcher.scan(&chunk, 0, &mut hits);
        self.dates.date(&chunk, &mut hits);
        if !hits.is_empty() {
            self.dry.on_hits(&hits, &mut self.ear);
        }
        self.offset += line.len() as u64;
    }

    /// Lets all time pass. Returns what was sent, with what was not saved.
    fn finish(mut self) -> Vec<Said> {
        self.dry.middle.end_waiting(self.dry.now);
        self.dry.pass_time(Timestamp::MAX, &mut self.ear);
        in_order(self.ear.said)
    }
}

fn metrics(settings: &Settings) -> Metrics {
    Metrics::new(settings.rules.iter().map(|rule| &*rule.engine.name))
}

/// What is sent while `lines` come, each `latency` after it was written.
fn live(settings: &Settings, zone: &TimeZone, lines: &[(i64, String)], latency: i64) -> Vec<Said> {
    let arrival = |at: i64| Timestamp::from_millis(at + latency);
    let begin = lines.first().map_or(BEGIN, |(at, _)| *at);
    // It was up when the first was written: from then on it knows that there were no others.
    let mut live = Live::start(settings, zone, None, Timestamp::from_millis(begin));
    for (at, line) in lines {
        live.on_line(line, arrival(*at));
    }
    live.finish()
}

/// What a replay of them says.
fn replayed(settings: &Settings, zone: &TimeZone, lines: &[(i64, String)]) -> Vec<Said> {
    let path = &settings.sources[0].files[0];
    let text: String = lines.iter().map(|(_, line)| line.as_str()).collect();
    fs::write(path, text).unwrap();
    let past = Past::open(path, StreamId(1), &Owners::new(&settings.sources)).unwrap();
    let mut replay = Replay::new(settings, NonZero::<usize>::MIN).unwrap();
    replay.dates = Dates::new(settings, zone.clone());
    let mut all = Vec::new();
    replay.run(vec![past], &AtomicU64::new(0), &mut |message, _| all.push(said(message)));
    in_order(all)
}

/// Those of one instant in one order: lines of one are taken in one by one or together.
fn in_order(mut all: Vec<Said>) -> Vec<Said> {
    all.sort_by(|a, b| (a.4, &a.0, a.1, &a.2, a.3).cmp(&(b.4, &b.0, b.1, &b.2, b.3)));
    all
}

/// Lines with stamps as `stamp` writes them.
fn lines(
    events: &[(u64, u8, u8)],
    stamp: impl Fn(jiff::Timestamp) -> String,
) -> Vec<(i64, String)> {
    lines_from(BEGIN, events, stamp)
}

/// The same from another moment on.
fn lines_from(
    begin: i64,
    events: &[(u64, u8, u8)],
    stamp: impl Fn(jiff::Timestamp) -> String,
) -> Vec<(i64, String)> {
    let mut at = begin;
    let line = |(gap, what, who): &(u64, u8, u8)| {
        at += i64::try_from(Duration::from_secs(*gap).as_millis()).unwrap();
        let what = ["refused", "begins", "ends", "other"][usize::from(*what)];
        let who = ["ann", "bob", "cid"][usize::from(*who)];
        let stamp = stamp(jiff::Timestamp::from_millisecond(at).unwrap());
        (at, format!("{stamp} {what} {who}\n"))
    };
    events.iter().map(line).collect()
}

/// Seconds since the line before, what it says and of whom: now and then nothing comes for long.
fn events() -> impl Strategy<Value = Vec<(u64, u8, u8)>> {
    let gap = prop_oneof![8 => 0u64..10, 1 => 10u64..100, 1 => 100u64..2000];
    prop::collection::vec((gap, 0u8..4, 0u8..3), 1..60)
}

fn shifted(said: Vec<Said>, by: i64) -> Vec<Said> {
    said.into_iter().map(|(a, b, c, d, at)| (a, b, c, d, at - by)).collect()
}

fn local(zone: &TimeZone) -> impl Fn(jiff::Timestamp) -> String {
    move |at| at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A lull, its end and another, as lines tell that come when they were written and some time later.
#[test]
fn a_lull_ends_when_it_did_however_late_lines_come() {
    let gaps = [4, 8, 9, 4, 8, 1, 4, 1, 7, 0, 4, 3, 8, 23, 5, 7, 7, 131, 23, 7, 7, 5, 100];
    let events = gaps.map(|gap| (gap, 0, 0));
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    let lines = lines(&events, |at| at.to_string());
    let replayed = replayed(&settings, &TimeZone::UTC, &lines);
    assert!(replayed.iter().filter(|said| (&*said.0, said.1) == ("lull", "open")).count() > 1);
    for latency in [1835, 6000, 59_000] {
        let live = live(&settings, &TimeZone::UTC, &lines, latency);
        assert_eq!(shifted(live, latency), replayed, "{latency} ms later");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8 + 1, ..ProptestConfig::default() })]

    /// However long lines are on their way, up to a minute, so much later is it sent.
    #[test]
    fn a_replay_says_what_was_sent(events in events(), latency in prop_oneof![Just(0i64), 0i64..60_000]) {
        let folder = TempDir::new().unwrap();
        let settings = settings(folder.path());
        let lines = lines(&events, |at| at.to_string());
        let replayed = replayed(&settings, &TimeZone::UTC, &lines);
        let live = live(&settings, &TimeZone::UTC, &lines, latency);
        prop_assert_eq!(shifted(live, latency), replayed);
    }

    /// In whatever zone the stamps are written, with it or as the host's.
    #[test]
    fn the_zone_of_stamps_changes_no_message(events in events(), hours in -11i8..=13) {
        let folder = TempDir::new().unwrap();
        let settings = settings(folder.path());
        let utc = lines(&events, |at| at.to_string());
        let expected = replayed(&settings, &TimeZone::UTC, &utc);
        let zone = TimeZone::fixed(Offset::constant(hours));
        let of_host = lines(&events, local(&zone));
        prop_assert_eq!(&replayed(&settings, &zone, &of_host), &expected);
        prop_assert_eq!(&live(&settings, &zone, &of_host, 0), &expected);
        let written = |at: jiff::Timestamp| {
            at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
        };
        prop_assert_eq!(&live(&settings, &TimeZone::UTC, &lines(&events, written), 0), &expected);
    }

    /// Where the clocks are set back, live lines are of when they came, of the two times that there are.
    #[test]
    fn the_hour_that_is_doubled_changes_no_message(events in events()) {
        let folder = TempDir::new().unwrap();
        let settings = settings(folder.path());
        let expected = live(&settings, &TimeZone::UTC, &lines(&events, |at| at.to_string()), 0);
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        prop_assert_eq!(live(&settings, &zone, &lines(&events, local(&zone)), 0), expected);
    }
    /// Nor where an hour is left out, nor where stamps have no year and another begins.
    #[test]
    fn neither_an_hour_left_out_nor_a_new_year_changes_a_message(events in events()) {
        let folder = TempDir::new().unwrap();
        let settings = settings(folder.path());
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let syslog = |at: jiff::Timestamp| {
            at.to_zoned_datetime(zone.clone()).strftime("%b %e %H:%M:%S").to_string()
        };
        // 15 minutes before either.
        for (begin, of_host) in [
            ("2026-03-29T00:45:00Z", &local(&zone) as &dyn Fn(_) -> _),
            ("2026-12-31T22:45:00Z", &syslog),
        ] {
            let begin = begin.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            let utc = lines_from(begin, &events, |at| at.to_string());
            let expected = live(&settings, &TimeZone::UTC, &utc, 0);
            let own = lines_from(begin, &events, of_host);
            prop_assert_eq!(&live(&settings, &zone, &own, 0), &expected);
            prop_assert_eq!(&live(&settings, &zone, &own, 30_000), &shifted(expected, -30_000));
        }
    }
}
