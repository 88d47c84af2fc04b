//! More than anybody can be told, over the real program: all of it is counted.

use crate::trial::Trial;

/// Lines are written in so many pieces.
const PIECES: usize = 20;

#[test]
fn fifty_rules_that_fire_on_every_line_are_counted_to_the_last_one() {
    const RULES: usize = 50;
    const LINES: usize = 4_000;
    let rule = |n: usize| {
        // Some tell each line, some a group, some a threshold.
        let words = match n % 3 {
            0 => "debounce = \"0s\"",
            1 => "group_by = [\"user\"]\nmax_groups = 20",
            _ => "count = 100\nwithin = \"1m\"",
        };
        format!(
            "[[rule]]\nname = \"rule-{n}\"\nfiles = \"LOG\"\nmatch = 'user=(?P<user>\\d+)'\n\
             context = [0, 0]\n{words}\n"
        )
    };
    let mut trial = Trial::new(&(0..RULES).map(rule).collect::<Vec<_>>().concat());
    trial.start();
    for piece in 0..PIECES {
        let lines = (0..LINES / PIECES).map(|n| format!("user={}\n", (piece + n) % 100));
        trial.write(lines.collect::<Vec<_>>().concat());
        // In the middle of it.
        if piece == PIECES / 2 {
            trial.kill();
            trial.start();
        }
    }
    for n in 0..RULES {
        trial.wait_for_matched(&format!("rule-{n}"), LINES as u64);
    }
    assert!(trial.stop().success());
    for n in 0..RULES {
        assert_eq!(trial.check_counts(&format!("rule-{n}")), LINES as u64, "rule-{n}");
    }
    // Not more than wait for one space, some before the kill and some after it.
    let waiting = trial.history().iter().filter(|row| row["state"] == "waiting").count();
    assert!(waiting <= 1_100, "{waiting} wait");
}

#[test]
fn groups_without_bound_are_counted_in_one_other_group() {
    const KEYS: usize = 20_000;
    let mut trial = Trial::new(
        "[[rule]]\nname = \"sessions\"\nfiles = \"LOG\"\nmatch = 'session=(?P<id>\\w+)'\n\
         group_by = [\"id\"]\nmax_groups = 100\ncontext = [0, 0]\n",
    );
    trial.start();
    for piece in 0..PIECES {
        let ids = (0..KEYS / PIECES).map(|n| piece * KEYS / PIECES + n);
        let lines = ids.map(|id| format!("session={id:x}\n"));
        trial.write(lines.collect::<Vec<_>>().concat());
    }
    trial.wait_for_matched("sessions", KEYS as u64);
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("sessions"), KEYS as u64);
    let store = rusqlite::Connection::open(trial.state().join("logbell.db")).unwrap();
    let count = |of: &str| {
        let count = format!("SELECT count(*) FROM rule_group WHERE {of}");
        store.query_row(&count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("true"), count("key LIKE '%(other)%'")), (101, 1));
}
