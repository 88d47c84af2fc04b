//! The log of what was matched, for those who ask for it.

use crate::trial::Trial;

const RULES: &str = r#"
[[rule]]
name  = "shown"
files = "LOG"
match = 'show \d'
debounce = "1h"
"#;

#[test]
fn each_matched_line_is_logged_once_over_restarts_and_controls_no_terminal() {
    let mut trial = Trial::new(RULES);
    trial.log_filter = "logbell::hit=trace";
    for n in 0..4 {
        trial.start();
        trial.write(format!("not this\nshow {n} \x1b[31mred\u{202e}\n"));
        trial.wait_for_stderr(&format!("show {n}"));
        trial.kill();
    }
    trial.start();
    assert!(trial.stop().success());
    let said = trial.stderr();
    let path = trial.log();
    for n in 0..4 {
        let line = format!(
            "rule `shown` matched in `{}`: show {n} \\u{{1b}}[31mred\\u{{202e}}\n",
            path.display()
        );
        assert_eq!(said.matches(&line).count(), 1, "{said}");
    }
    assert!(!said.contains("not this"), "{said}");
}

#[test]
fn lines_are_not_logged_unless_that_is_asked_for() {
    let mut trial = Trial::new(RULES);
    trial.log_filter = "debug";
    trial.start();
    trial.write("show 1\n");
    trial.wait_for(1);
    assert!(trial.stop().success());
    assert!(!trial.stderr().contains("show 1"), "{}", trial.stderr());
}
