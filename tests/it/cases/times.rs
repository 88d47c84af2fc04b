//! Which time of a line counts, over the real program.

use crate::trial::{Trial, logbell};

const RULE: &str = r#"
[[rule]]
name  = "refused"
files = "LOG"
match = 'refused'
count = 3
within = "1m"
debounce = "1h"
"#;

/// Lines that say that they are of so many seconds ago.
fn lines(ago: &[i64]) -> String {
    let now = jiff::Timestamp::now();
    let line = |ago: &i64| format!("{} refused\n", now - jiff::SignedDuration::from_secs(*ago));
    ago.iter().map(line).collect()
}

#[test]
fn lines_of_a_downtime_count_as_of_when_they_were_written() {
    let mut trial = Trial::new(RULE);
    trial.start();
    assert!(trial.stop().success());
    // Never three within a minute, though all are read at once.
    trial.write(lines(&[9000, 8990, 8000, 7990, 7000, 6990]));
    trial.start();
    trial.wait_for_matched("refused", 6);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), [""; 0]);
    // In whatever order they are.
    trial.write(lines(&[5000, 3000, 2990, 4000, 3010]));
    trial.start();
    trial.wait_for(1);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(3) delivered"]);
    assert_eq!(trial.check_counts("refused"), 11);
}

#[test]
fn what_comes_live_and_says_that_it_is_old_counts_as_of_when_it_comes() {
    let mut trial = Trial::new(RULE);
    trial.start();
    trial.write(lines(&[7200]));
    trial.wait_for_matched("refused", 1);
    trial.write(lines(&[3600, -3600]));
    trial.wait_for(1);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(3) delivered"]);
}

#[test]
fn a_source_says_which_time_counts_and_how_it_is_written() {
    let source = |time: &str| {
        let rule = RULE.replace("files = \"LOG\"", "source = \"app\"");
        format!("[source.app]\nfiles = \"LOG\"\ntime = \"{time}\"\n{rule}")
    };
    let mut trial = Trial::new(&source("log"));
    trial.start();
    trial.write(lines(&[9000, 8000, 7000]));
    trial.wait_for_matched("refused", 3);
    assert!(trial.stop().success());
    trial.configure(&source("arrival"));
    trial.write(lines(&[6000, 5000, 4000]));
    trial.start();
    trial.wait_for(1);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(3) delivered"]);
    let trial = Trial::new(&source("%s @"));
    let now = jiff::Timestamp::now().as_second();
    trial.write(format!("2026-01-01 00:00:00 seq {now} @ refused\n").repeat(3));
    let mut replay = logbell();
    replay.args(["replay", "--json", "--config"]).arg(trial.config()).arg(trial.log());
    let output = String::from_utf8(replay.output().unwrap().stdout).unwrap();
    let first: serde_json::Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
    let at: jiff::Timestamp = first["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.as_second(), now);
}

#[test]
fn stamps_of_another_zone_and_lines_that_were_held_up_are_told_once() {
    let rule = RULE.replace("count = 3", "count = 1000");
    let mut trial = Trial::new(&rule);
    trial.start();
    trial.write(lines(&[7200; 20]));
    let texts: Vec<_> = trial.wait_for(1).iter().map(|own| own.message.text.clone()).collect();
    let expected = format!(
        "{}: 20 lines stamped 2h before they come: is it in another time zone?",
        trial.log().display()
    );
    let text = texts[0].replace('`', "");
    assert!(text.starts_with("🟠 logbell · ") && text.ends_with(&expected), "{text}");
    trial.write(lines(&[7200; 20]));
    trial.wait_for_matched("refused", 40);
    assert!(trial.stop().success());
    assert_eq!(trial.room.messages().len(), 1);

    let mut trial = Trial::new(&rule);
    trial.start();
    trial.write(lines(&[400, 500].repeat(10)));
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains(": 20 lines stamped 6m40s to 8m20s ago when they came: "), "{text}");
    assert!(trial.stop().success());
}

#[test]
fn a_message_says_what_was_stamped_otherwise() {
    let mut trial = Trial::new(&RULE.replace("count = 3\nwithin = \"1m\"\n", ""));
    trial.start();
    trial.write(lines(&[7200]));
    let body = serde_json::to_string(&trial.wait_for(1)[0].message).unwrap();
    assert!(body.contains("\"stamped\"") && body.contains(", 2h before it came"), "{body}");
    assert!(trial.stop().success());
}
