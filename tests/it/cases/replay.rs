//! Old logs through the rules: what would have been sent.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::trial::Trial;

const RULES: &str = r#"
[[rule]]
name  = "refused"
files = "LOG"
match = 'payment of (?P<who>\w+) refused'
group_by = ["who"]
debounce = "10m..1h"

[[rule]]
name  = "many"
files = "LOG"
match = 'slow'
count = 3
within = "1m"
"#;

fn replay(trial: &Trial, more: &[&str]) -> Output {
    command(trial, more).output().unwrap()
}

fn command(trial: &Trial, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logbell"));
    command.current_dir(trial.folder()).arg("replay").arg("--config").arg(trial.config());
    command.args(more).env("TZ", "UTC").stdin(Stdio::null());
    command
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Messages by when, of whom, what and how many they tell.
fn messages(lines: &[Value]) -> Vec<(&str, &str, &str, u64)> {
    let messages = lines.iter().filter(|line| line["rules"].is_null());
    messages
        .map(|own| {
            let at = own["at"].as_str().unwrap();
            let who = own["group"]["who"].as_str().unwrap_or_default();
            (&at[11..19], who, own["kind"].as_str().unwrap(), own["count"].as_u64().unwrap())
        })
        .collect()
}

fn refused(time: &str, who: &str) -> String {
    format!("2026-03-01T{time}Z payment of {who} refused\n")
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn old_logs_are_told_of_by_their_own_clock_and_nothing_is_sent_or_saved() {
    let trial = Trial::new(RULES);
    trial.write(refused("10:00:00", "ann"));
    trial.write(refused("10:01:00", "ann"));
    trial.write(refused("10:02:00", "bob"));
    trial.write(refused("10:09:59", "ann"));
    // Two days later.
    trial.write(refused("10:00:00", "ann").replace("03-01", "03-03"));
    let output = replay(&trial, &["--json", "app.log"]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let expected = [
        ("10:00:00", "ann", "open", 1),
        ("10:02:00", "bob", "open", 1),
        ("10:10:00", "ann", "summary", 2),
        ("10:00:00", "ann", "open", 1),
    ];
    assert_eq!(messages(&lines), expected);
    let sums = json!({ "rules": [
        { "name": "refused", "matched": 5, "groups": 2, "messages": 4, "suppressed": 2, "tried_in_part": 0,
          "worst_hour": { "at": "2026-03-01T10:00:00.000Z", "matched": 4 },
          "first": "2026-03-01T10:00:00.000Z", "last": "2026-03-03T10:00:00.000Z" },
        { "name": "many", "matched": 0, "groups": 0, "messages": 0, "suppressed": 0, "tried_in_part": 0,
          "worst_hour": null, "first": null, "last": null },
    ]});
    assert_eq!(lines.last(), Some(&sums));
    assert!(trial.room.requests().is_empty());
    assert!(!trial.folder().join("state").exists());

    let output = replay(&trial, &["app.log"]);
    let table = String::from_utf8(output.stdout).unwrap();
    let row = table.lines().find(|line| line.starts_with("refused")).unwrap();
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!(cells[1..5], ["5", "2", "4", "2"], "{table}");
    assert_eq!(cells[5..8], ["2026-03-01", "10:00", "(4)"], "{table}");
    assert_eq!(cells[8..10], ["2026-03-01", "10:00:00"], "{table}");
    let told: Vec<_> = table.lines().take_while(|line| !line.is_empty()).collect();
    let expected = [
        "2026-03-01 10:00:00  open      refused  who=ann  payment of ann refused",
        "2026-03-01 10:02:00  open      refused  who=bob  payment of bob refused",
        "2026-03-01 10:10:00  summary   refused  who=ann  2 more in 9m: payment of ann refused",
        "2026-03-03 10:00:00  open      refused  who=ann  payment of ann refused",
    ];
    assert_eq!(told, expected);

    let output = replay(&trial, &["--render", "app.log"]);
    let drawn = String::from_utf8(output.stdout).unwrap();
    assert_eq!(drawn.matches("╭─ room · ").count(), 4, "{drawn}");
    assert_eq!(drawn.matches("  ↳ ╭").count(), 1, "{drawn}");
    assert!(drawn.contains("2 more in 9m: payment of ann refused"), "{drawn}");
}

#[test]
fn rotations_packed_ones_too_are_merged_by_time_in_whatever_order_they_are_named() {
    let trial = Trial::new(RULES);
    let slow = |time: &str| format!("2026-03-01 {time} slow\n");
    fs::write(trial.folder().join("app.log.2.gz"), packed(&slow("09:59:30"))).unwrap();
    let zst = zstd::encode_all(slow("09:59:50").as_bytes(), 1).unwrap();
    fs::write(trial.folder().join("app.log.1.zst"), zst).unwrap();
    trial.write(slow("10:00:20"));
    // Written beside them, in the same minute of another day.
    fs::write(trial.folder().join("app.log-old"), slow("10:00:21").replace("-01", "-02")).unwrap();
    let names = ["app.log", "app.log.1.zst", "app.log.2.gz", "app.log-old"];
    let mut outputs = Vec::new();
    for turn in 0..names.len() {
        let mut order = names;
        order.rotate_left(turn);
        for threads in ["1", "3"] {
            let more = [&["--json", "--threads", threads], &order[..]].concat();
            let output = replay(&trial, &more);
            assert!(output.status.success(), "{output:?}");
            outputs.push(lines(&output));
        }
    }
    assert_eq!(messages(&outputs[0]), [("10:00:20", "", "open", 3)]);
    assert_eq!(outputs[0].last().unwrap()["rules"][1]["matched"], 4);
    let sums = |lines: &Vec<Value>| lines.last().unwrap().to_string();
    assert!(outputs.iter().all(|lines| messages(lines) == messages(&outputs[0])));
    assert!(outputs.iter().all(|lines| sums(lines) == sums(&outputs[0])));
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_replayed() {
    let trial = Trial::new(RULES);
    trial.write(refused("10:00:00", "ann"));
    let folder = trial.folder();
    fs::create_dir(folder.join("dir")).unwrap();
    fs::write(folder.join("app.log.7.bz2"), "BZh").unwrap();
    let half = packed(&refused("09:00:00", "bob").repeat(1000));
    fs::write(folder.join("app.log.8.gz"), &half[..half.len() - 4]).unwrap();
    let files =
        ["missing.log", "dir", "app.log.7.bz2", "app.log.8.gz", "-", "app.log", "./app.log"];
    let output = replay(&trial, &[&["--json"], &files[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    for (file, why) in [
        ("missing.log", "No such file"),
        ("dir", "no regular file"),
        ("app.log.7.bz2", "only gzip and zstd"),
        ("app.log.8.gz", "breaks off"),
        ("-", "standard input"),
    ] {
        let is_said =
            |line: &str| line.starts_with("error: ") && line.contains(file) && line.contains(why);
        assert!(said.lines().any(is_said), "{file}: {said}");
    }
    assert_eq!(said.lines().count(), 5, "{said}");
    let lines = lines(&output);
    let rule = &lines.last().unwrap()["rules"][0];
    // A file that is named twice is read once.
    assert_eq!((&rule["matched"], &rule["groups"]), (&json!(1001), &json!(2)));
}

#[test]
fn a_wrong_configuration_is_shown_and_a_closed_pipe_is_no_failure() {
    let trial = Trial::new(RULES);
    let many: String = (0..20_000).map(|n| refused("10:00:00", &format!("w{n}"))).collect();
    trial.write(many);
    let mut child = command(&trial, &["--json", "app.log"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());

    trial.configure(&RULES.replace("(?P<who>", "(?P<who"));
    let output = replay(&trial, &["app.log"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("error"));
}

#[test]
fn replay_says_what_run_sent() {
    let mut trial = Trial::new(&RULES.replace("10m..1h", "0s"));
    trial.start();
    for who in ["ann", "bob", "eve"] {
        trial.write(refused("10:00:00", who));
    }
    trial.write("slow\n".repeat(5));
    trial.wait_for(4);
    let sent: Vec<_> = trial.history().iter().map(told).collect();
    assert!(trial.stop().success());
    let output = replay(&trial, &["--json", path(&trial.log())]);
    let lines = lines(&output);
    let (sums, messages) = lines.split_last().unwrap();
    assert_eq!(messages.iter().map(told).collect::<Vec<_>>(), sent);
    assert_eq!(sums["rules"][0]["messages"], 3);
    assert_eq!(sums["rules"][1]["matched"], 5);
}

/// What a message tells, whenever that was.
fn told(message: &Value) -> (String, String, Value, Value) {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    (text("rule"), text("kind"), message["group"].clone(), message["count"].clone())
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn what_did_not_come_is_told_as_far_as_the_files_go() {
    const RULES: &str = r#"
[[rule]]
name  = "silence"
files = "LOG"
match = 'beat'
absent = "2m"
debounce = "10m"

[[rule]]
name  = "stuck"
files = "LOG"
match = 'job (?P<who>\w+) begins'
unless = 'job (?P<who>\w+) ends'
group_by = "who"
within = "3m"
debounce = "10m"

[[rule]]
name  = "elsewhere"
files = "DIR/other.log"
match = 'beat'
absent = "2m"
"#;
    let trial = Trial::new(RULES);
    let text = [
        "00:00 something else",
        "00:30 job ann begins",
        "01:00 job bob begins",
        "03:00 job bob ends",
        "05:00 beat",
        "06:00 job eve begins",
        "08:00 job joe begins",
        "10:00 something else",
    ];
    for line in text {
        let (time, what) = line.split_once(' ').unwrap();
        trial.write(format!("2026-03-01T10:{time}Z {what}\n"));
    }
    let output = replay(&trial, &["--json", "app.log"]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let expected = [
        ("10:02:00", "", "open", 0),
        ("10:03:30", "ann", "open", 1),
        ("10:05:00", "", "resolved", 0),
        ("10:07:00", "", "open", 0),
        ("10:09:00", "eve", "open", 1),
    ];
    assert_eq!(messages(&lines), expected);
}

#[test]
fn what_is_unusual_is_told_as_far_as_the_files_go() {
    const RULES: &str = r#"
[[rule]]
name  = "more"
files = "LOG"
match = 'order of (?P<who>\w+)'
spike = 4
count = 20
within = "5m"
debounce = "10m"

[[rule]]
name  = "fewer"
files = "LOG"
match = 'order of ann'
spike = 0.5
count = 5
within = "5m"
debounce = "10m"
resolve_after = "10m"
"#;
    let trial = Trial::new(RULES);
    let line = |minute: u64, second: u64, what: &str| {
        format!("2026-03-01T{:02}:{:02}:{second:02}Z {what}\n", 10 + minute / 60, minute % 60)
    };
    // Ten in five minutes are usual.
    let usual = |minutes: std::ops::Range<u64>| -> String {
        let both = |minute| line(minute, 0, "order of ann") + &line(minute, 30, "order of ann");
        minutes.map(both).collect()
    };
    trial.write(usual(0..60));
    trial.write(usual(70..100));
    trial.write(line(100, 0, "order of eve").repeat(50));
    trial.write(usual(100..120));
    trial.write(line(135, 0, "something else"));
    let output = replay(&trial, &["--json", "app.log"]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let expected = [
        ("11:03:00", "", "open", 0),
        ("11:13:00", "", "summary", 6),
        ("11:23:00", "", "resolved", 0),
        ("11:40:00", "", "open", 36),
        ("11:50:00", "", "summary", 42),
        ("12:03:00", "", "open", 0),
        ("12:13:00", "", "reminder", 0),
    ];
    assert_eq!(messages(&lines), expected);
}

#[test]
fn since_leaves_out_what_is_older_and_finds_the_files_of_all_logs() {
    let trial = Trial::new(&RULES.replacen("\"LOG\"", "[\"LOG\", \"DIR/gone.log\"]", 1));
    let ago = |hours: i64, who: &str| {
        let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
        format!("{} payment of {who} refused\n", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    };
    let folder = trial.folder();
    fs::write(folder.join("app.log.2.gz"), packed(&ago(40, "ann"))).unwrap();
    fs::write(folder.join("app.log.1"), ago(30, "bob") + &ago(20, "eve")).unwrap();
    fs::write(folder.join("other.log"), ago(1, "nobody")).unwrap();
    trial.write(ago(2, "joe"));
    // What was last written to before need not be looked at.
    let old = fs::File::options().append(true).open(folder.join("app.log.2.gz")).unwrap();
    old.set_modified(std::time::SystemTime::now() - std::time::Duration::from_hours(40)).unwrap();
    let who = |more: &[&str]| -> Vec<String> {
        let output = replay(&trial, more);
        assert!(output.status.success(), "{output:?}");
        let lines = lines(&output);
        messages(&lines).iter().map(|(_, who, ..)| (*who).to_owned()).collect()
    };
    assert_eq!(who(&["--json", "--since", "1d"]), ["eve", "joe"]);
    assert_eq!(who(&["--json", "--since", "1d12h"]), ["bob", "eve", "joe"]);
    assert_eq!(who(&["--json", "--since", "2d"]), ["ann", "bob", "eve", "joe"]);
    assert_eq!(who(&["--json", "--since", "1d", "app.log.1"]), ["eve"]);

    let output = replay(&trial, &["--since", "7"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`7` has no unit"), "{said}");
    assert_eq!(replay(&trial, &[]).status.code(), Some(2));
}

/// The trial's log: `ann` three times within ten minutes, `bob` once.
fn four_refused(trial: &Trial) {
    for (time, who) in
        [("10:00:00", "ann"), ("10:01:00", "ann"), ("10:02:00", "bob"), ("10:09:59", "ann")]
    {
        trial.write(refused(time, who));
    }
}

#[test]
fn two_configurations_are_compared_message_by_message() {
    let trial = Trial::new(RULES);
    four_refused(&trial);
    let config = fs::read_to_string(trial.config()).unwrap();
    fs::write(trial.folder().join("other.toml"), config.replace("10m..1h", "2m")).unwrap();
    let output = replay(&trial, &["--diff", "other.toml", "app.log"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (changes, table) = text.split_once("\n\n").unwrap();
    let expected = "\
+ 2026-03-01 10:02:00  summary   refused  who=ann  1 more in 1m: payment of ann refused
+ 2026-03-01 10:09:59  open      refused  who=ann  payment of ann refused
- 2026-03-01 10:10:00  summary   refused  who=ann  2 more in 9m: payment of ann refused";
    assert_eq!(changes, expected);
    let row = table.lines().find(|line| line.starts_with("refused")).unwrap();
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!(cells, ["refused", "3", "4", "2", "1", "0"], "{table}");

    // The same by setting the word for this once.
    let set = ["--json", "--diff", "logbell.toml", "--set", "refused.debounce=2m", "app.log"];
    let output = replay(&trial, &set);
    let lines = lines(&output);
    let changes: Vec<_> = lines.iter().map(|own| own["change"].as_str()).collect();
    assert_eq!(changes, [Some("gained"), Some("gained"), Some("lost"), None]);
    assert_eq!(lines[2]["count_before"], 2);
    let same = replay(&trial, &["--json", "--diff", "logbell.toml", "app.log"]);
    let same = String::from_utf8(same.stdout).unwrap();
    assert_eq!(same.lines().count(), 1, "{same}");
}

#[test]
fn a_word_is_set_on_the_command_line_and_what_is_wrong_with_it_is_shown_there() {
    let trial = Trial::new(RULES);
    four_refused(&trial);
    let output = replay(&trial, &["--json", "--set", "refused.debounce=0s", "app.log"]);
    assert_eq!(messages(&lines(&output)).len(), 4);
    let wrong = |set: &str| {
        let output = replay(&trial, &["--set", set, "app.log"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = wrong("refused.debounce=soon");
    assert!(said.contains("--> --set:1:"), "{said}");
    assert!(said.contains("| refused.debounce = \"soon\""), "{said}");
    let said = wrong("refusd.debounce=5m");
    assert!(said.contains("there is no rule `refusd`") && said.contains("`refused`"), "{said}");
    let said = wrong("refused.debonce=5m");
    assert!(said.contains("`debounce`") && said.contains("--> --set:1:"), "{said}");
    let output = replay(&trial, &["--set", "debounce", "app.log"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn messages_are_sent_only_where_that_is_asked_for_and_marked() {
    let trial = Trial::new(RULES);
    four_refused(&trial);
    let output = replay(&trial, &["--to", "room", "app.log"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("sending 3 messages to `room`"), "{said}");
    let sent = trial.room.messages();
    assert_eq!(sent.len(), 3);
    for received in &sent {
        assert!(received.message.text.starts_with("⏪ replayed · "), "{}", received.message.text);
        let thread = received.message.thread_key().unwrap();
        assert!(thread.starts_with("replayed-"), "{thread}");
    }
    // The summary is in the thread of its open.
    assert_eq!(sent.iter().filter(|received| received.is_reply).count(), 1);

    let output = replay(&trial, &["--to", "nobody", "app.log"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no webhook `nobody`") && said.contains("`room`"), "{said}");
    assert_eq!(trial.room.messages().len(), 3);
}
