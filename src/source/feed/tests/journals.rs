//! What the journal's thread does with a journalctl that fails: a script stands in for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::super::inbox::{Batch, Inbox, News};
use super::super::place::Place;
use super::super::tap::Tap;
use crate::source::{JournalSettings, Waker};

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

/// A journal whose journalctl is a script.
struct Trial {
    folder: TempDir,
    waker: Waker,
    tap: Option<Tap>,
    text: String,
    news: Vec<News>,
}

impl Trial {
    /// `script` finds its arguments in `$*`, how often it was called in `$n`, and `entry N TEXT`.
    fn start(script: &str, place: Place) -> Self {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("journalctl");
        let head = r#"#!/bin/sh
cd "${0%/*}"; echo "$*" >> calls; n=$(wc -l < calls)
entry() { echo "{\"MESSAGE\":\"$2\",\"__CURSOR\":\"s=a;i=$1\",\"__REALTIME_TIMESTAMP\":\"$1\"}"; }
"#;
        fs::write(&program, format!("{head}{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        Self::start_program(folder, program, place)
    }

    fn start_program(folder: TempDir, program: PathBuf, place: Place) -> Self {
        let waker = Waker::new();
        let settings = JournalSettings {
            units: vec!["a.service".to_owned(), "b*".to_owned()],
            priority: Some("warning".to_owned()),
            directory: Some("/j".into()),
        };
        let tap = Tap::journal(program.into(), settings, place, 1024, waker.clone()).unwrap();
        Self { folder, waker, tap: Some(tap), text: String::new(), news: Vec::new() }
    }

    /// Waits until `is_there`.
    #[track_caller]
    fn wait(&mut self, is_there: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        loop {
            let inbox = &self.tap.as_ref().unwrap().inbox;
            let mut batch = Batch::default();
            inbox.take(&mut batch);
            self.text += &String::from_utf8(batch.bytes).unwrap();
            self.news.append(&mut inbox.take_news());
            if is_there(self) {
                return;
            }
            assert!(started.elapsed() < LONG, "{:?} {:?}", self.text, self.news);
            self.waker.wait(Some(LONG));
        }
    }

    #[track_caller]
    fn wait_for_trouble(&mut self, text: &str) {
        let is_told = |news: &News| matches!(news, News::Trouble(why) if why.contains(text));
        self.wait(|own| own.news.iter().any(is_told));
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap();
        calls.lines().map(str::to_owned).collect()
    }
}

const COMMON: &str = "--merge --no-pager --output=json \
     --output-fields=MESSAGE,SYSLOG_IDENTIFIER,_COMM,_PID,SYSLOG_PID --directory=/j";

#[test]
fn a_journalctl_that_is_not_there_is_named() {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("nothing");
    let mut trial = Trial::start_program(folder, program, Place::default());
    trial.wait_for_trouble(
        "nothing`; install systemd's, or name files instead; it is started again",
    );
}

#[test]
fn one_that_ends_is_started_again_behind_the_entry_that_was_read_last() {
    let script = r#"case "$n" in
1) entry 1 one; entry 2 two; echo garbage; echo "it broke" >&2; exit 3;;
2) entry 2 two;;
3) entry 2 two; entry 3 three; exec sleep 1000;;
esac"#;
    let mut trial = Trial::start(script, Place { time: 1_500_000, ..Place::default() });
    trial.wait(|own| own.text.ends_with("three\n"));
    assert_eq!(trial.text, "unknown: one\nunknown: two\nunknown: three\n");
    let follow = format!("{COMMON} --follow --no-tail --all");
    let filters = "--unit=a.service --unit=b* --priority=warning";
    let expected = [
        format!("{follow} --since=@1.500000 {filters}"),
        format!("{COMMON} --lines=1 --cursor=s=a;i=2"),
        format!("{follow} --cursor=s=a;i=2 {filters}"),
    ];
    assert_eq!(trial.calls(), expected);
    let remark = |text: &str| News::Remark(text.to_owned());
    assert!(trial.news.contains(&remark("journalctl says: it broke")), "{:?}", trial.news);
    let garbage = "journalctl wrote what is no entry in JSON, which was left out";
    assert!(trial.news.contains(&remark(garbage)), "{:?}", trial.news);
    trial.wait_for_trouble("journalctl has ended (exit status: 3): it broke; it is started again");
    assert!(trial.news.contains(&News::Fine));
    assert!(!trial.news.contains(&News::Missed));
}

#[test]
fn pauses_grow_while_nothing_comes() {
    let started = Instant::now();
    let mut trial = Trial::start("exit 1", Place::default());
    trial.wait(|own| own.folder.path().join("calls").exists() && own.calls().len() == 3);
    // One second, then two.
    assert!(started.elapsed() >= Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(trial.news.len() <= 3, "{:?}", trial.news);
}

#[test]
fn a_cursor_that_is_gone_is_told_and_reading_goes_on_at_the_next_entry() {
    let script = r#"case "$n" in
1) entry 7 seven;;
2) entry 7 seven; entry 8 eight; exec sleep 1000;;
esac"#;
    let place = Place { cursor: Some("s=a;i=3".to_owned()), time: 3, is_missed: false };
    let mut trial = Trial::start(script, place);
    trial.wait(|own| own.text.ends_with("eight\n"));
    assert_eq!(trial.text, "unknown: seven\nunknown: eight\n");
    assert_eq!(trial.news[0], News::Missed);
    assert!(trial.calls()[1].contains("--cursor=s=a;i=3"));
}

#[test]
fn a_cursor_that_journalctl_refuses_gives_way_to_its_time() {
    let script = r#"case "$n" in
1) echo "Failed to seek to cursor: Invalid argument" >&2; exit 1;;
2) entry 8 eight; exec sleep 1000;;
esac"#;
    let place = Place { cursor: Some("nonsense".to_owned()), time: 3_000_000, is_missed: false };
    let mut trial = Trial::start(script, place);
    trial.wait(|own| own.text.ends_with("eight\n"));
    assert_eq!(trial.news[0], News::Missed);
    assert!(trial.calls()[1].contains("--since=@3.000000"));
}

#[test]
fn it_is_ended_and_reaped_with_its_feed() {
    let script = "echo $$ > pid; entry 1 one; exec sleep 1000";
    let mut trial = Trial::start(script, Place::default());
    trial.wait(|own| own.text.ends_with("one\n"));
    let pid = fs::read_to_string(trial.folder.path().join("pid")).unwrap();
    trial.tap = None;
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_err());
}

#[test]
fn a_flood_waits_for_the_pump() {
    let script = r#"i=1; while [ $i -le 20000 ]; do entry $i "message number $i"; i=$((i+1)); done
touch all; exec sleep 1000"#;
    let mut trial = Trial::start(script, Place::default());
    let started = Instant::now();
    while trial.tap.as_ref().unwrap().inbox.n_bytes() < 256 * 1024 {
        trial.waker.wait(Some(LONG));
        assert!(started.elapsed() < LONG);
    }
    // More than the inbox and the pipe hold is still to come, so the script is held up.
    assert!(!trial.folder.path().join("all").exists());
    trial.wait(|own| own.text.ends_with("message number 20000\n"));
    assert_eq!(trial.text.lines().count(), 20_000);
}

#[test]
fn one_that_complains_without_end_is_read_and_stopped_all_the_same() {
    let script = r#"yes "this is wrong" >&2 & entry 1 one; entry 2 two; wait"#;
    let mut trial = Trial::start(script, Place::default());
    trial.wait(|own| own.text.ends_with("two\n"));
    let said = News::Remark("journalctl says: this is wrong".to_owned());
    trial.wait(|own| own.news.contains(&said));
    drop(trial.tap.take());
}

#[test]
fn remarks_that_nobody_takes_are_bounded_and_counted() {
    let inbox = Inbox::new(Waker::new());
    for n in 0..1000 {
        inbox.tell(News::Remark(format!("remark {n}")));
        inbox.tell(News::Fine);
    }
    let news = inbox.take_news();
    assert_eq!(news.iter().filter(|own| **own == News::Fine).count(), 1);
    assert_eq!(news.len(), 66);
    assert_eq!(news[65], News::Remark("936 more remarks were left out".to_owned()));
    assert_eq!(inbox.take_news(), []);
}
