//! systemd's journal, by the real journalctl from real journal files, which `tests/all` installs
//! what it takes for.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::trial::Trial;

const RULES: &str = r#"
[source.system]
journal = { units = ["web.service"], priority = "warning", directory = "DIR/journal" }
start = "begin"

[[rule]]
name = "counted"
source = "system"
match = '^web\[42\]: count me (?P<n>\d+)$'
debounce = "1h"
context = [0, 0]

[[rule]]
name = "told"
source = "system"
match = 'tell me (?P<n>\w+)'
group_by = ["n"]
debounce = "0s"
max_open = 60
"#;

/// Writes journal files. A file is open while entries are added to it.
struct Writer {
    directory: PathBuf,
    n_entries: u64,
    began: Duration,
}

impl Writer {
    fn new(trial: &Trial) -> Self {
        let directory = trial.folder().join("journal");
        fs::create_dir(&directory).unwrap();
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self { directory, n_entries: 0, began }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Starts to write a file.
    fn open(&self, name: &str) -> Child {
        let mut command = Command::new("/lib/systemd/systemd-journal-remote");
        command.arg("--output").arg(self.path(name)).arg("-");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Writes a whole file.
    fn write(&mut self, name: &str, messages: &[&str]) {
        let mut child = self.open(name);
        for message in messages {
            self.add(&mut child, message);
        }
        close(child);
    }

    /// Adds an entry of the unit that is followed.
    fn add(&mut self, child: &mut Child, message: &str) {
        self.add_entry(child, message, "web.service", 4);
    }

    /// Adds an entry, in the export format (<https://systemd.io/JOURNAL_EXPORT_FORMATS/>).
    fn add_entry(&mut self, child: &mut Child, message: &str, unit: &str, priority: u32) {
        self.n_entries += 1;
        let at = self.began.as_micros() + u128::from(self.n_entries);
        let n = self.n_entries;
        let mut entry = format!(
            "__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={n}\n\
             _BOOT_ID=00112233445566778899aabbccddeeff\n_SYSTEMD_UNIT={unit}\n\
             SYSLOG_IDENTIFIER=web\n_PID=42\nPRIORITY={priority}\nMESSAGE\n"
        )
        .into_bytes();
        entry.extend_from_slice(&(message.len() as u64).to_le_bytes());
        entry.extend_from_slice(message.as_bytes());
        entry.extend_from_slice(b"\n\n");
        child.stdin.as_mut().unwrap().write_all(&entry).unwrap();
    }
}

/// Ends a file.
fn close(mut child: Child) {
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

fn counted(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("count me {n}")).collect()
}

fn told(trial: &Trial) -> Vec<String> {
    let texts = trial.room.messages().into_iter().map(|received| received.message.text);
    let word = |text: String| text.split("tell me ").nth(1).map(str::to_owned);
    texts.filter_map(word).collect()
}

fn row(trial: &Trial) -> Value {
    let status = trial.status();
    let rows = status["files"].as_array().unwrap().clone();
    rows.into_iter().find(|row| row["path"] == "journal:system").expect("the journal is shown")
}

fn gaps(trial: &Trial) -> usize {
    let status = trial.status();
    status["losses"].as_array().unwrap().iter().filter(|loss| loss["kind"] == "journal-gap").count()
}

/// Processes of journalctl that read `directory`.
fn n_readers(directory: &Path) -> usize {
    let argument = format!("--directory={}", directory.display());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let commands = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let reads = |command: &Vec<u8>| {
        command.split(|&byte| byte == 0).any(|part| part == argument.as_bytes())
    };
    commands.filter(reads).count()
}

#[test]
#[ignore = "needs journalctl and systemd-journal-remote"]
fn each_entry_is_matched_once_over_rotation_stops_and_kills() {
    let mut trial = Trial::new(RULES);
    let mut writer = Writer::new(&trial);
    let mut n_counted = 0;
    let mut n_told = 0;
    for (round, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        // While it is down (but for the first time), in a file that was rotated meanwhile.
        let down: Vec<_> = counted(0..50);
        writer.write(&format!("{name}1.journal"), &down.iter().map(|m| &**m).collect::<Vec<_>>());
        trial.start();
        // And while it runs, in a new file.
        let mut child = writer.open(&format!("{name}2.journal"));
        for message in counted(0..50) {
            writer.add(&mut child, &message);
        }
        writer.add_entry(&mut child, "tell me other", "other.service", 4);
        writer.add_entry(&mut child, "tell me debug", "web.service", 7);
        n_counted += 100;
        for n in 0..3 {
            writer.add(&mut child, &format!("tell me {name}{n}"));
            n_told += 1;
            trial.wait_for(n_told + 1);
        }
        assert_eq!(row(&trial)["state"], "following");
        close(child);
        if round % 2 == 0 {
            trial.kill();
        } else {
            assert!(trial.stop().success());
        }
    }
    trial.start();
    assert!(trial.stop().success());
    assert_eq!(trial.check_counts("counted"), n_counted);
    let expected: Vec<_> = ["a", "b", "c", "d"]
        .iter()
        .flat_map(|name| (0..3).map(move |n| format!("{name}{n}")))
        .collect();
    assert_eq!(told(&trial), expected, "{}", trial.stderr());
    assert_eq!(gaps(&trial), 0);
}

#[test]
#[ignore = "needs journalctl and systemd-journal-remote"]
fn past_a_vacuumed_cursor_it_goes_on_at_the_next_entry_and_says_so_once() {
    let mut trial = Trial::new(RULES);
    let mut writer = Writer::new(&trial);
    writer.write("a.journal", &["tell me a", "tell me b"]);
    trial.start();
    trial.wait_for(2);
    assert!(trial.stop().success());
    writer.write("b.journal", &["tell me lost"]);
    writer.write("c.journal", &["tell me c", "tell me d"]);
    fs::remove_file(writer.path("a.journal")).unwrap();
    fs::remove_file(writer.path("b.journal")).unwrap();
    trial.start();
    // The loss is told as well, by a message of its own.
    trial.wait_for(5);
    assert_eq!(told(&trial), ["a", "b", "c", "d"]);
    assert_eq!(gaps(&trial), 1, "{}", trial.stderr());
    trial.kill();
    trial.start();
    writer.write("d.journal", &["tell me e"]);
    trial.wait_for(6);
    assert!(trial.stop().success());
    assert_eq!(told(&trial), ["a", "b", "c", "d", "e"]);
    assert_eq!(gaps(&trial), 1, "{}", trial.stderr());
}

#[test]
#[ignore = "needs journalctl and systemd-journal-remote"]
fn an_event_is_a_whole_message_and_a_long_one_is_cut_and_counted() {
    let rules = RULES.replacen("start =", "max_line = 1024\nstart =", 1);
    let part = "[[rule]]\nname = \"part\"\nsource = \"system\"\nmatch = 'at two'\nnot = 'at one'\n";
    let mut trial = Trial::new(&format!("{rules}\n{part}"));
    let mut writer = Writer::new(&trial);
    let long = format!("tell me long {}", "x".repeat(3_000_000));
    writer.write("a.journal", &["tell me first\n  at one\n  at two", &long, "tell me last"]);
    trial.start();
    // One more tells of the loss.
    trial.wait_for(4);
    assert!(trial.stop().success());
    assert_eq!(told(&trial).len(), 3);
    assert_eq!(trial.matched("part"), 0);
    let status = trial.status();
    let losses = status["losses"].as_array().unwrap();
    assert_eq!(losses.len(), 1, "{losses:#?}");
    assert_eq!(losses[0]["kind"], "line-cut");
    assert_eq!(losses[0]["bytes"], 3_000_000 + "web[42]: tell me long ".len() - 1023);
}

#[test]
#[ignore = "needs journalctl and systemd-journal-remote"]
fn at_the_first_start_only_entries_to_come_are_matched_and_none_is_missed_afterwards() {
    let mut trial = Trial::new(&RULES.replace("\"begin\"", "\"end\""));
    let mut writer = Writer::new(&trial);
    writer.began -= Duration::from_hours(1);
    writer.write("a.journal", &["tell me old"]);
    trial.start();
    trial.kill();
    // Killed before any entry: what comes now is after the first start.
    writer.began += Duration::from_hours(2);
    writer.write("b.journal", &["tell me new"]);
    trial.start();
    trial.wait_for(1);
    assert!(trial.stop().success());
    assert_eq!(told(&trial), ["new"]);
}

#[test]
#[ignore = "needs journalctl and systemd-journal-remote"]
fn journalctl_does_not_outlive_an_agent_that_is_stopped_or_killed() {
    let mut trial = Trial::new(RULES);
    let mut writer = Writer::new(&trial);
    writer.write("a.journal", &["tell me a"]);
    trial.start();
    trial.wait_for(1);
    assert_eq!(n_readers(&writer.directory), 1);
    assert!(trial.stop().success());
    assert_eq!(n_readers(&writer.directory), 0);
    trial.start();
    writer.write("b.journal", &["tell me b"]);
    trial.wait_for(2);
    trial.kill();
    // It sees its output closed, which no signal tells of here.
    let started = std::time::Instant::now();
    while n_readers(&writer.directory) > 0 {
        assert!(started.elapsed() < crate::trial::LONG);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn without_a_journal_it_is_said_once_and_the_rest_goes_on() {
    let mut trial = Trial::new(&format!(
        "{RULES}\n[[rule]]\nname = \"file\"\nfiles = \"LOG\"\nmatch = 'in a file'\n"
    ));
    File::create(trial.folder().join("journal")).unwrap();
    trial.start();
    trial.wait_for_stderr("it is started again");
    trial.write("in a file\n");
    trial.wait_for(1);
    assert_eq!(row(&trial)["state"], "failing");
    assert!(trial.stop().success());
    assert_eq!(trial.stderr().matches("it is started again").count(), 1, "{}", trial.stderr());
}
