//! What makes lines worth telling, over the real program.

use crate::trial::Trial;

const SCAN: &str = r#"
[[rule]]
name  = "scan"
files = "LOG"
match = 'from (?P<ip>\S+) to port (?P<port>\d+)'
group_by = "ip"
count = 3
within = "1h"
distinct = "port"
debounce = "1h"
"#;

#[test]
fn different_values_are_counted_not_matches_also_over_a_kill() {
    let mut trial = Trial::new(SCAN);
    trial.start();
    for port in [22, 22, 80, 22, 80] {
        trial.write(format!("from 203.0.113.9 to port {port}\nfrom 198.51.100.7 to port 443\n"));
    }
    trial.wait_for_matched("scan", 10);
    trial.kill();
    trial.write("from 203.0.113.9 to port 25\n");
    trial.start();
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains(" 6 matches "), "{text}");
    assert!(text.contains(", 3 different “port” within 1h: from 203.0.113.9 to port 25"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(6) delivered"]);
    assert_eq!(trial.check_counts("scan"), 11);
}
