//! Zones, hours left out and another year, over the real program.

use std::fs::File;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;

use super::rehearsals::Rules;
use crate::trial::{Trial, logbell};

const RULE: &str = r#"
[[rule]]
name  = "refused"
files = "LOG"
match = 'refused'
count = 3
within = "10m"
debounce = "1h"
"#;

/// A line of now, as a program writes it whose host is in `zone`.
fn line_in(zone: &str) -> String {
    let now = jiff::Timestamp::now().to_zoned_datetime(TimeZone::get(zone).unwrap());
    now.strftime("%Y-%m-%d %H:%M:%S refused\n").to_string()
}

#[test]
fn a_zone_that_changes_between_two_runs_moves_nothing_that_was_counted() {
    let mut trial = Trial::new(RULE);
    trial.start_under(&["env", "TZ=Asia/Kolkata"]);
    trial.write(line_in("Asia/Kolkata").repeat(2));
    trial.wait_for_matched("refused", 2);
    assert!(trial.stop().success());
    // By the zone of before it would be of nine hours or more ago, and count as of then.
    trial.write(line_in("America/New_York"));
    trial.start_under(&["env", "TZ=America/New_York"]);
    trial.wait_for(1);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(3) delivered"]);
}

#[test]
fn a_wrong_zone_is_told_and_once_it_is_right_stamps_count_again() {
    let mut trial = Trial::new(&RULE.replace("count = 3", "count = 30"));
    trial.start_under(&["env", "TZ=UTC"]);
    // In New York it is some hours before that.
    trial.write(line_in("America/New_York").repeat(20));
    let said = trial.wait_for(1).remove(0).message.text;
    assert!(said.contains("zone"), "{said}");
    assert!(trial.stop().success());
    trial.write(line_in("America/New_York").repeat(10));
    trial.start_under(&["env", "TZ=America/New_York"]);
    trial.wait_for(2);
    assert!(trial.stop().success());
    let told = trial.told();
    assert_eq!(told.last().unwrap(), "open(30) delivered", "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
}

/// What a replay on a host in Berlin says of `lines`, which were written until `end`; each as `kind count`.
fn replayed(lines: &[&str], end: &str) -> Vec<String> {
    let trial = Trial::new(&RULE.replace("10m", "1m"));
    trial.write(lines.join(" refused\n") + " refused\n");
    let end: jiff::Timestamp = end.parse().unwrap();
    let log = File::options().append(true).open(trial.log()).unwrap();
    let since = Duration::from_secs(end.as_second().try_into().unwrap());
    log.set_modified(SystemTime::UNIX_EPOCH + since).unwrap();
    let mut replay = logbell();
    replay.env("TZ", "Europe/Berlin").args(["replay", "--json", "--config"]);
    let output = replay.arg(trial.config()).arg(trial.log()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    let told = rows.filter(|row| row["kind"].is_string());
    told.map(|row| format!("{} {}", row["kind"].as_str().unwrap(), row["count"])).collect()
}

#[test]
fn a_minute_is_a_minute_where_an_hour_is_left_out_and_where_a_year_ends() {
    let spring = ["2026-03-29 01:59:50", "2026-03-29 03:00:05", "2026-03-29 03:00:10"];
    assert_eq!(replayed(&spring, "2026-03-29T01:01:00Z"), ["open 3"]);
    // With its zone in it, it is known which of the two hours is meant.
    let autumn =
        ["2026-10-25T02:59:50+02:00", "2026-10-25T02:00:05+01:00", "2026-10-25T02:00:10+01:00"];
    assert_eq!(replayed(&autumn, "2026-10-25T01:01:00Z"), ["open 3"]);
    let year = ["Dec 31 23:59:50 web", "Jan  1 00:00:05 web", "Jan  1 00:00:10 web"];
    assert_eq!(replayed(&year, "2025-12-31T23:02:00Z"), ["open 3"]);
    let slower = [year[0], year[1], "Jan  1 00:01:10 web"];
    assert_eq!(replayed(&slower, "2025-12-31T23:02:00Z"), [""; 0]);
    // An hour apart, though the clocks show ten seconds.
    let hour =
        ["2026-10-25T02:59:50+02:00", "2026-10-25T02:59:55+01:00", "2026-10-25T02:59:58+01:00"];
    assert_eq!(replayed(&hour, "2026-10-25T02:00:00Z"), [""; 0]);
}

#[test]
fn hours_begin_by_the_clock_on_the_wall_before_and_after_it_is_changed() {
    let rules = Rules::new(
        r"
[[rule]]
name  = 'refused'
files = '/a.log'
match = 'refused'
hours = '08:00-19:00 Europe/Berlin'

[[test]]
rule = 'refused'
# From 27 March and 23 October on, both evenings before and one after.
lines = '''
85d20h x3/1d  | refused
295d20h x3/1d | refused
'''
until = '298d12h'
silent = true
",
    );
    let told: Vec<_> =
        rules.told().into_iter().map(|(at, kind, n)| format!("{at} {kind} {n}")).collect();
    let spring = ["86d7h digest 1", "87d6h digest 1", "88d6h digest 1"];
    let autumn = ["296d6h digest 1", "297d7h digest 1", "298d7h digest 1"];
    assert_eq!(told, [spring, autumn].concat());
}
