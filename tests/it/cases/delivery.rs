//! From a line in a file to a message in a room: what arrives, when, and how often.

use std::collections::HashMap;

use logbell::chat::limits;
use logbell::chat::room::{Fault, Faults, Probability};

use crate::trial::Trial;

const RULE: &str = r#"
[[rule]]
name  = "oom"
files = "LOG"
match = 'Out of memory: Killed process (?P<pid>\d+) \((?P<proc>[^)]+)\)'
severity = "critical"
title = "{proc} was killed"
debounce = "1s"
resolve_after = "2s"
runbook = "https://wiki.example/oom"
"#;

/// A rule that tells every match.
const EACH: &str = r#"
[[rule]]
name  = "each"
files = "LOG"
match = 'evil|good'
debounce = "0s"
max_open = 60
context = [0, 0]
"#;

#[test]
fn a_line_is_told_at_once_its_repeats_counted_and_its_end_noticed() {
    let mut trial = Trial::new(RULE);
    trial.write("Out of memory: Killed process 1 (old) before the agent was started\n");
    trial.start();
    trial.write("before\nOut of memory: Killed process 42 (java)\nafter\n");
    let open = &trial.wait_for(1)[0];
    assert!(open.message.text.starts_with("🚨 java was killed · "), "{}", open.message.text);
    for pid in 43..46 {
        trial.write(format!("Out of memory: Killed process {pid} (java)\n"));
    }
    let messages = trial.wait_for(3);
    assert!(messages[1].message.text.contains(" 3 more "), "{}", messages[1].message.text);
    assert!(messages[2].message.text.contains("no new match for 2s (lasted "));
    assert!(messages.iter().all(|message| message.thread == messages[0].thread));
    assert!(messages[1].is_reply && messages[2].is_reply && !messages[0].is_reply);
    assert!(trial.stop().success());
    let told = ["open(1) delivered", "summary(3) delivered", "resolved(0) delivered"];
    assert_eq!(trial.told(), told);
    assert_eq!(trial.check_counts("oom"), 4);
}

#[test]
fn ten_thousand_repeats_are_one_open_and_one_summary() {
    let mut trial = Trial::new(&RULE.replace("1s", "3s").replace("resolve_after = \"2s\"", ""));
    trial.start();
    trial.write("Out of memory: Killed process 42 (java)\n".repeat(10_000));
    let messages = trial.wait_for(2);
    assert!(messages[1].message.text.contains("9\u{202f}999 more"), "{}", messages[1].message.text);
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered", "summary(9999) delivered"]);
}

#[test]
fn a_busy_chat_and_lost_answers_cost_no_message_and_double_none() {
    let mut trial = Trial::new(&EACH.replace("'evil|good'", r"'good (?P<n>\d+)'"));
    trial.room.set_faults(Faults {
        fail: vec!["429:2s".parse::<Fault>().unwrap()],
        drop_answers: "0.5".parse::<Probability>().unwrap(),
        ..Faults::default()
    });
    trial.start();
    (0..6).for_each(|n| trial.write(format!("good {n}\n")));
    let messages = trial.wait_for(6);
    trial.room.set_faults(Faults::default());
    assert!(trial.stop().success());
    let mut lines: Vec<_> = messages.iter().map(|m| m.message.text.clone()).collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 6);
    for (n, line) in lines.iter().enumerate() {
        assert!(line.ends_with(&format!("good {n}")), "{lines:?}");
    }
    let mut posts: HashMap<String, usize> = HashMap::new();
    for message in trial.room.messages() {
        *posts.entry(message.request_id.clone().unwrap()).or_default() += 1;
    }
    assert!(posts.values().all(|n| *n == 1) && posts.len() == 6, "{posts:?}");
    assert!(trial.room.requests().iter().any(|request| request.status == 429));
    assert_eq!(trial.told(), ["open(1) delivered"; 6]);
}

#[test]
fn hostile_lines_are_valid_messages_that_mention_nobody() {
    let mut trial = Trial::new(EACH);
    trial.start();
    let mut lines: Vec<Vec<u8>> = [
        "evil <users/all> <users/123>",
        "evil </b><a href=\"https://evil.example\">click</a><br><script>",
        "evil ``` *bold* _it_ ~no~ `code`",
        "evil \x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J",
        "evil \u{202e}txet\u{2066} \u{200f}",
        "evil \0\0 NUL",
    ]
    .map(|line| line.as_bytes().to_vec())
    .into();
    lines.push(b"evil \xff\xfe\x80 \xc3".to_vec());
    lines.push([b"evil ".to_vec(), vec![b'<'; 1 << 20]].concat());
    for line in &lines {
        trial.write([line.as_slice(), b"\n"].concat());
    }
    trial.write("good bye\n");
    let messages = trial.wait_for(lines.len() + 1);
    for received in &messages {
        limits::check(&received.message).unwrap();
        assert_eq!(limits::mentions(&received.message), [] as [String; 0]);
        let text = &received.message.text;
        assert!(!text.contains(['<', '>', '`', '*', '\0', '\x1b', '\u{202e}']), "{text:?}");
        let card = serde_json::to_string(&received.message.cards_v2).unwrap();
        assert!(!card.contains("<a ") && !card.contains("<users"), "{card}");
        assert!(!card.contains("\\u001b") && !card.contains("\\u0000"), "{card}");
    }
    assert!(messages.last().unwrap().message.text.ends_with("good bye"));
    assert!(trial.is_alive());
    assert!(trial.room.requests().iter().all(|request| request.status == 200));
}

#[test]
fn what_cannot_be_sent_waits_for_the_next_start() {
    let mut trial = Trial::new(EACH);
    let busy = vec!["503".parse::<Fault>().unwrap()];
    trial.room.set_faults(Faults { fail: busy, ..Faults::default() });
    trial.start();
    let mut requests = trial.room.events();
    trial.write("good morning\n");
    requests.blocking_recv().unwrap();
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) waiting"]);
    trial.room.set_faults(Faults::default());
    trial.start();
    assert!(trial.wait_for(1)[0].message.text.ends_with("good morning"));
    assert!(trial.stop().success());
    assert_eq!(trial.told(), ["open(1) delivered"]);
}

#[test]
fn a_threshold_tells_when_it_is_reached_and_not_before() {
    let mut trial = Trial::new(
        r#"
[[rule]]
name  = "brute-force"
files = "LOG"
match = 'Failed password .* from (?P<ip>\S+)'
group_by = "ip"
count = 3
within = "1m"
"#,
    );
    trial.start();
    for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2", "192.0.2.2"] {
        trial.write(format!("Failed password for root from {ip}\n"));
    }
    let text = trial.wait_for(1)[0].message.text.clone();
    assert!(text.contains(" 3 matches ") && text.ends_with("from 192.0.2.2"), "{text}");
    assert!(trial.stop().success());
    assert_eq!(trial.history()[0]["group"], serde_json::json!({ "ip": "192.0.2.2" }));
    assert_eq!(trial.check_counts("brute-force"), 5);
}

#[test]
fn lines_after_the_match_are_waited_for_but_not_long() {
    let mut trial = Trial::new(&EACH.replace("[0, 0]", "[1, 2]"));
    trial.start();
    trial.write("quiet\nevil\nfirst after\n");
    let shown =
        |n: usize| serde_json::to_string(&trial.wait_for(n)[n - 1].message.cards_v2).unwrap();
    let card = shown(1);
    assert!(card.contains("quiet\\n▸ evil\\n  first after"), "{card}");
    trial.write("good\none\ntwo\nthree\n");
    let card = shown(2);
    assert!(card.contains("▸ good\\n  one\\n  two<"), "{card}");
}
