//! What is read long after it was written, over the real program.

use rusqlite::Connection;

use crate::trial::Trial;

const RULES: &str = r#"
[[rule]]
name = "refused"
files = "LOG"
match = 'refused (?P<user>\w+)'
group_by = ["user"]

[[rule]]
name = "disk"
severity = "critical"
files = "LOG"
match = 'disk full'

[[rule]]
name = "burst"
files = "LOG"
match = 'timeout'
count = 5
within = "1m"
"#;

/// A line of so many minutes ago.
fn line(minutes: i64, text: &str) -> String {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
    format!("{at} {text}\n")
}

/// 40 lines of 4 users, 3 of a full disk and 25 timeouts, 2 to 3 hours ago.
fn old_lines() -> String {
    let refused = (0..40).map(|n| line(180 - n, &format!("refused user{}", n % 4)));
    let disk = (0..3).map(|n| line(150 - n, "disk full"));
    let timeouts = (0..25).map(|_| line(125, "timeout"));
    refused.chain(disk).chain(timeouts).collect()
}

fn texts(trial: &Trial, n: usize) -> Vec<String> {
    trial.wait_for(n).into_iter().map(|received| received.message.text).collect()
}

#[test]
fn lines_of_a_long_downtime_are_one_message_a_rule_that_says_so() {
    let mut trial = Trial::new(RULES);
    trial.start();
    trial.write(line(0, "refused alice"));
    trial.wait_for(1);
    trial.kill();
    // As if that had been five hours ago.
    let store = Connection::open(trial.state().join("logbell.db")).unwrap();
    let back = "UPDATE meta SET value = value - 18000000 WHERE key = 'saved_at'";
    assert_eq!(store.execute(back, []).unwrap(), 1);
    drop(store);
    trial.write(old_lines() + &line(1, "refused bob"));
    trial.start();
    // What is not that old is told at once, and before it.
    let told = texts(&trial, 2);
    assert!(told[1].contains("bob"), "{told:#?}");
    // Killed again before they are told.
    trial.wait_for_matched("burst", 25);
    trial.kill();
    trial.start();
    let mut told = texts(&trial, 5).split_off(2);
    told.sort_by_key(|text| ["refused", "disk", "burst"].map(|rule| !text.contains(rule)));
    let down = "read late: logbell was down for up to 5h";
    for (text, said) in
        told.iter().zip(["40 matches in 4 groups", "3 matches", "25 matches"].iter())
    {
        assert!(text.contains(said) && text.contains(down), "{said} expected in {told:#?}");
    }
    assert!(trial.stop().success());
    for (rule, n) in [("refused", 42), ("disk", 3), ("burst", 25)] {
        assert_eq!(trial.check_counts(rule), n);
    }
    assert_eq!(trial.told().len(), 5);
}

#[test]
fn a_first_start_on_an_old_log_is_one_message_a_rule() {
    let rules = RULES.replace("files = \"LOG\"", "source = \"old\"");
    let source = "[source.old]\nfiles = \"LOG\"\nstart = \"begin\"\n";
    let mut trial = Trial::new(&format!("{source}{rules}"));
    trial.write(old_lines());
    trial.start();
    let told = texts(&trial, 3);
    let said = "read more than an hour after they were written";
    assert!(told.iter().all(|text| text.contains(said)), "{told:#?}");
    assert!(trial.stop().success());
    assert_eq!(trial.told().len(), 3);
    for (rule, n) in [("refused", 40), ("disk", 3), ("burst", 25)] {
        assert_eq!(trial.check_counts(rule), n);
    }
}

#[test]
fn an_old_log_on_standard_input_is_told_at_its_end() {
    let mut trial = Trial::new(&RULES.replace("LOG", "-"));
    trial.write(old_lines());
    trial.start_on(std::fs::File::open(trial.log()).unwrap());
    assert!(trial.wait_for_end().success(), "{}", trial.stderr());
    let told = texts(&trial, 3);
    assert!(told.iter().all(|text| text.contains("read more than an hour")), "{told:#?}");
    assert_eq!(trial.check_counts("refused"), 40);
}
