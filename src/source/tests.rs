//! Scenarios of the life of logs, on real files and a clock that is handed in.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::flow::{Checkpoint, GenerationId, StreamId, StreamState, Timestamp};

/// A folder of logs, the agent that follows them, and the store that it commits to.
pub(super) struct Rig {
    pub(super) dir: TempDir,
    settings: Vec<SourceSettings>,
    watching: Watching,
    max_open: usize,
    pub(super) now: Timestamp,
    pub(super) source: Option<Source>,
    waker: Waker,
    store: Store,
    /// Lines matched since the last commit.
    pending: Vec<Line>,
}

/// A line as it was matched: the name of the log, and the text.
type Line = (String, String);

/// What was committed.
#[derive(Clone, Default)]
struct Store {
    rows: BTreeMap<GenerationId, Checkpoint>,
    next_generation: u64,
    lines: Vec<Line>,
    losses: Vec<crate::flow::Loss>,
    states: BTreeMap<PathBuf, StreamState>,
    problems: Vec<Problem>,
    last_up: Option<Timestamp>,
}

impl Rig {
    pub(super) fn new(files: &[&str]) -> Self {
        Self::with(files, Start::End, Watching::Polling)
    }

    pub(super) fn with(files: &[&str], start: Start, watching: Watching) -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let settings = vec![SourceSettings {
            name: "s".into(),
            files: files.iter().map(|file| root.join(file)).collect(),
            exclude: Vec::new(),
            start,
            lead_lines: 2,
        }];
        Self {
            dir,
            settings,
            watching,
            max_open: usize::MAX,
            now: real_now(),
            source: None,
            waker: Waker::new(),
            store: Store::default(),
            pending: Vec::new(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// Writes at the end of a file, which need not be there.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn appender(&self, name: &str) -> File {
        OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap()
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(super) fn truncate(&self, name: &str) {
        OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(0).unwrap();
    }

    pub(super) fn copy(&self, from: &str, to: &str) {
        fs::write(self.path(to), fs::read(self.path(from)).unwrap()).unwrap();
        let now = Duration::from_millis(u64::try_from(self.now.as_millis()).unwrap());
        let copy = OpenOptions::new().write(true).open(self.path(to)).unwrap();
        copy.set_modified(std::time::UNIX_EPOCH + now).unwrap();
    }

    /// Starts the agent on what was committed.
    pub(super) fn start(&mut self) {
        let rows = &self.store.rows;
        let missing = self.store.states.iter().filter(|(_, own)| **own == StreamState::Missing);
        let saved = Saved {
            checkpoints: rows.values().cloned().collect(),
            next_stream: StreamId(rows.values().map(|row| row.stream.0 + 1).max().unwrap_or(1)),
            next_generation: GenerationId(self.store.next_generation.max(1)),
            missing: missing.map(|(path, _)| path.clone()).collect(),
            last_up: self.store.last_up,
        };
        let (watching, waker) = (self.watching, self.waker.clone());
        let source = Source::open(&self.settings, saved, self.max_open, watching, waker, self.now);
        self.source = Some(source);
        self.commit();
        self.run();
    }

    /// Reads all there is, and commits it.
    pub(super) fn run(&mut self) {
        self.source.as_mut().unwrap().reconcile(self.now);
        self.read_all();
        self.commit();
    }

    pub(super) fn read_all(&mut self) {
        let is_over = |source: &Source| source.fresh.is_empty() && source.rest.is_empty();
        while self.read_one() || !is_over(self.source.as_ref().unwrap()) {}
    }

    /// Matches one chunk, without a commit.
    pub(super) fn read_one(&mut self) -> bool {
        self.read_some(usize::MAX)
    }

    /// Matches the first lines of one chunk, as if the others waited for lines after them.
    pub(super) fn read_some(&mut self, n_lines: usize) -> bool {
        let source = self.source.as_mut().unwrap();
        let Some(chunk) = source.next_chunk(self.now) else { return false };
        let name = chunk.path.file_name().unwrap().to_string_lossy().into_owned();
        let n_bytes = chunk.bytes.len();
        assert!(n_bytes > 0 && n_bytes <= 1024 * 1024);
        assert!(chunk.lead.is_empty() || chunk.lead.ends_with(b"\n"));
        let n_lines = if chunk.settled { usize::MAX } else { n_lines };
        let mut n_consumed = 0;
        for line in chunk.bytes.split_inclusive(|&byte| byte == b'\n').take(n_lines) {
            n_consumed += line.len();
            let text = String::from_utf8_lossy(line).trim_end_matches('\n').to_owned();
            self.pending.push((name.clone(), text));
        }
        source.consumed(n_consumed, self.now);
        true
    }

    pub(super) fn commit(&mut self) {
        let changes = self.source.as_mut().unwrap().take_changes();
        for row in changes.checkpoints {
            self.store.next_generation = self.store.next_generation.max(row.generation.0 + 1);
            self.store.rows.insert(row.generation, row);
        }
        for id in changes.forgotten {
            self.store.rows.remove(&id);
        }
        self.store.lines.append(&mut self.pending);
        self.store.losses.extend(changes.losses);
        let states = changes.statuses.iter().map(|own| (own.path.to_path_buf(), own.state));
        self.store.states.extend(states);
        self.store.problems.extend(changes.problems);
        // Files are born by the real clock, which the one that is handed in runs ahead of.
        self.store.last_up = Some(real_now());
    }

    /// Ends the agent; what was not committed never happened.
    pub(super) fn kill(&mut self) {
        self.source = None;
        self.pending.clear();
    }

    /// Lets `seconds` pass, with a look each.
    pub(super) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now + Duration::from_secs(1);
            if self.source.is_some() {
                self.run();
            }
        }
    }

    /// The lines committed, of all logs.
    pub(super) fn lines(&self) -> Vec<&str> {
        self.store.lines.iter().map(|(_, text)| &**text).collect()
    }

    #[track_caller]
    fn expect(&mut self, lines: &[&str]) {
        self.pass(2);
        assert_eq!(self.lines(), lines);
    }

    #[track_caller]
    fn expect_no_loss(&self) {
        assert_eq!(self.store.losses, []);
    }

    fn state(&self, name: &str) -> Option<StreamState> {
        let path = self.path(name);
        let mut statuses = self.source.as_ref().unwrap().statuses();
        statuses.find(|status| *status.path == *path).map(|status| status.state)
    }
}

fn real_now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
}

fn numbered(prefix: &str, n: usize) -> String {
    let line = |text: String, i| text + &format!("{prefix} line number {i:06} of the log\n");
    (0..n).fold(String::new(), line)
}

// Basics.

#[test]
fn s01_start_at_the_end_reads_only_what_comes() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "A\nB\n");
    rig.start();
    rig.write("a.log", "C\n");
    rig.expect(&["C"]);
}

#[test]
fn s02_an_unterminated_last_line_is_matched_once_it_is_complete() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "A\nxx");
    rig.start();
    rig.expect(&[]);
    rig.write("a.log", "yy\n");
    rig.expect(&["xxyy"]);
}

#[test]
fn s03_start_at_the_beginning_reads_all() {
    let mut rig = Rig::with(&["a.log"], Start::Begin, Watching::Polling);
    rig.write("a.log", "A\nB\n");
    rig.start();
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
}

#[test]
fn s04_a_file_that_appears_is_read_from_its_beginning() {
    for files in ["*.log", "a.log"] {
        let mut rig = Rig::new(&[files]);
        rig.start();
        rig.write("a.log", "A\nB\n");
        rig.expect(&["A", "B"]);
    }
}

#[test]
fn s04_a_file_that_appears_while_the_agent_is_down_is_read_from_its_beginning() {
    let mut rig = Rig::new(&["*.log"]);
    rig.write("old.log", "x\n");
    rig.start();
    rig.kill();
    rig.write("new.log", "A\nB\n");
    rig.start();
    rig.expect(&["A", "B"]);
}

#[test]
fn s05_an_empty_file_that_grows_after_a_minute_is_read_within_a_second() {
    let mut rig = Rig::new(&["a.log"]);
    rig.write("a.log", "");
    rig.start();
    rig.pass(60);
    rig.write("a.log", "A\n");
    rig.pass(1);
    assert_eq!(rig.lines(), ["A"]);
}

#[test]
fn s06_tiny_files_are_read() {
    let mut rig = Rig::new(&["*.log"]);
    rig.start();
    rig.write("a.log", "\n");
    rig.write("b.log", "x\n");
    rig.expect(&["", "x"]);
}

#[test]
fn s07_two_files_with_the_same_content_are_two_files() {
    let mut rig = Rig::new(&["*.log"]);
    rig.start();
    let text = numbered("same", 200);
    rig.write("a.log", &text);
    rig.write("b.log", &text);
    rig.pass(2);
    rig.kill();
    rig.start();
    rig.write("a.log", "A\n");
    rig.write("b.log", "B\n");
    rig.pass(2);
    assert_eq!(rig.lines().len(), 402);
}

#[test]
fn s08_a_file_of_several_names_is_read_once() {
    let mut rig = Rig::new(&["*.log", "a.*", "sub/*.log"]);
    fs::create_dir(rig.path("sub")).unwrap();
    rig.start();
    rig.write("a.log", "A\n");
    fs::hard_link(rig.path("a.log"), rig.path("hard.log")).unwrap();
    std::os::unix::fs::symlink(rig.path("a.log"), rig.path("sub/link.log")).unwrap();
    rig.expect(&["A"]);
    rig.write("hard.log", "B\n");
    rig.expect(&["A", "B"]);
    rig.kill();
    rig.start();
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
}

#[test]
fn s09_s10_a_line_in_three_writes_with_a_restart_is_read_once() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "one ");
    rig.pass(2);
    rig.write("a.log", "two ");
    rig.pass(2);
    rig.kill();
    rig.start();
    rig.write("a.log", "three\n");
    rig.expect(&["one two three"]);
}

#[test]
fn s11_a_fragment_at_the_end_of_a_deleted_file_is_read_once() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\nfrag");
    rig.pass(1);
    rig.remove("a.log");
    rig.expect(&["A"]);
    assert_eq!(rig.state("a.log"), Some(StreamState::Missing));
    rig.pass(70);
    rig.expect(&["A", "frag"]);
    rig.kill();
    rig.start();
    rig.write("a.log", "B\n");
    rig.expect(&["A", "frag", "B"]);
    rig.expect_no_loss();
}

// Rename.

#[test]
fn s12_rename_and_create() {
    for files in [&["a.log"][..], &["a.log*"]] {
        let mut rig = Rig::new(files);
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "B\n");
        rig.expect(&["A", "B"]);
        rig.kill();
        rig.start();
        rig.expect(&["A", "B"]);
        rig.expect_no_loss();
    }
}

#[test]
fn s13_s14_late_writers_lose_nothing_before_and_after_the_file_is_let_go() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    let mut late = rig.appender("a.log");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "N1\n");
    rig.pass(30);
    late.write_all(b"L1\n").unwrap();
    rig.expect(&["A", "N1", "L1"]);
    rig.pass(600);
    late.write_all(b"L2\n").unwrap();
    rig.pass(12);
    rig.expect(&["A", "N1", "L1", "L2"]);
    rig.pass(100);
    rig.rename("a.log.1", "a.log.2");
    rig.pass(15);
    late.write_all(b"L3\n").unwrap();
    rig.pass(12);
    rig.expect(&["A", "N1", "L1", "L2", "L3"]);
}

#[test]
fn s15_a_cascade_of_rotations_with_unread_data_is_read_in_order() {
    for (files, is_up) in [("a.log*", true), ("a.log", true), ("a.log*", false), ("a.log", false)] {
        let mut rig = Rig::new(&[files]);
        rig.write("a.log.1", "not to be read\n");
        // Births are told apart by the tick of the file system's clock.
        std::thread::sleep(Duration::from_millis(10));
        rig.write("a.log", "");
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        if !is_up {
            rig.kill();
        }
        rig.write("a.log", "B\n");
        for text in ["C\n", "D\n", "E\n"] {
            for (from, to) in [(".3", ".4"), (".2", ".3"), (".1", ".2"), ("", ".1")] {
                if rig.path(&format!("a.log{from}")).exists() {
                    rig.rename(&format!("a.log{from}"), &format!("a.log{to}"));
                }
            }
            std::thread::sleep(Duration::from_millis(10));
            rig.write("a.log", text);
        }
        if !is_up {
            rig.start();
        }
        rig.expect(&["A", "B", "C", "D", "E"]);
        rig.expect_no_loss();
        rig.kill();
        rig.start();
        rig.expect(&["A", "B", "C", "D", "E"]);
    }
}

#[test]
fn s16_late_writes_after_a_rename_into_another_directory_are_seen() {
    let mut rig = Rig::new(&["a.log"]);
    fs::create_dir(rig.path("old")).unwrap();
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "old/a.log");
    rig.write("a.log", "B\n");
    rig.pass(100);
    rig.write("old/a.log", "L\n");
    rig.pass(12);
    rig.expect(&["A", "B", "L"]);
    rig.kill();
    rig.write("old/a.log", "M\n");
    rig.start();
    rig.expect(&["A", "B", "L", "M"]);
}

#[test]
fn s17_s18_a_rotated_and_unlinked_file_is_read_to_its_end() {
    let mut rig = Rig::new(&["a.log*"]);
    rig.start();
    let text = numbered("big", 60_000);
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.write("a.log", &text);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log.1.gz", "not to be read\n");
    rig.write("a.log", "Z\n");
    rig.source.as_mut().unwrap().reconcile(rig.now);
    rig.remove("a.log.1");
    rig.pass(70);
    assert_eq!(rig.lines().len(), 60_002);
    assert_eq!(rig.lines().last(), Some(&"Z"));
    let n_held = rig.source.as_ref().unwrap().streams.values();
    assert_eq!(n_held.flat_map(|s| &s.generations).filter(|own| own.is_held()).count(), 1);
    rig.expect_no_loss();
}

#[test]
fn s19_a_renamed_file_without_a_successor_is_read_on() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.pass(300);
    rig.write("a.log.1", "B\n");
    rig.expect(&["A", "B"]);
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
}

#[test]
fn s20_a_file_that_becomes_readable_is_read_from_its_beginning() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    fs::set_permissions(rig.path("a.log"), fs::Permissions::from_mode(0o0)).unwrap();
    // Root may read it anyway: then there is nothing to wait for.
    let is_denied = File::open(rig.path("a.log")).is_err();
    rig.pass(2);
    if is_denied {
        assert_eq!(rig.state("a.log"), Some(StreamState::Denied));
        assert_eq!(rig.store.problems.len(), 2);
    }
    fs::set_permissions(rig.path("a.log"), fs::Permissions::from_mode(0o644)).unwrap();
    rig.expect(&["A", "B"]);
}

// Truncation.

#[test]
fn s22_copy_and_truncate() {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::new(&[files]);
        rig.start();
        rig.write("a.log", "A\nB\n");
        rig.pass(1);
        rig.copy("a.log", "a.log.1");
        rig.truncate("a.log");
        rig.write("a.log", "C\n");
        rig.expect(&["A", "B", "C"]);
        rig.pass(100);
        rig.kill();
        rig.start();
        rig.expect(&["A", "B", "C"]);
        rig.expect_no_loss();
    }
}

#[test]
fn s23_s24_truncated_and_regrown_past_the_offset() {
    for head in ["", &numbered("same head", 200)] {
        let mut rig = Rig::new(&["a.log"]);
        rig.start();
        rig.write("a.log", head);
        rig.write("a.log", "old 1\nold 2\n");
        rig.pass(1);
        rig.truncate("a.log");
        let text = format!("{head}{}", numbered("new", 50));
        rig.write("a.log", &text);
        rig.pass(2);
        let n_old = head.lines().count() + 2;
        let new: Vec<_> = text.lines().collect();
        assert_eq!(rig.lines()[n_old..], new[..]);
    }
}

#[test]
fn s25_a_hole_under_a_writer_that_does_not_append_is_skipped() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.truncate("a.log");
    let file = OpenOptions::new().write(true).open(rig.path("a.log")).unwrap();
    file.write_at(b"C\n", 5_000_000_123).unwrap();
    rig.expect(&["A", "C"]);
}

#[test]
fn s26_the_rest_of_a_truncated_file_is_read_from_its_copy() {
    for is_up in [true, false] {
        let mut rig = Rig::new(&["a.log*"]);
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        if !is_up {
            rig.kill();
        }
        rig.write("a.log", "B\n");
        rig.copy("a.log", "a.log.1");
        rig.truncate("a.log");
        rig.write("a.log", "C\n");
        if !is_up {
            rig.start();
        }
        rig.expect(&["A", "B", "C"]);
        rig.expect_no_loss();
    }
}

#[test]
fn a_copy_that_is_seen_while_it_is_made_is_not_read_as_a_log() {
    let mut rig = Rig::new(&["a.log*"]);
    rig.start();
    rig.write("a.log", "A\nB\n");
    rig.pass(1);
    for part in ["", "A", "\nB\n"] {
        rig.write("a.log.1", part);
        rig.pass(1);
    }
    rig.truncate("a.log");
    rig.write("a.log", "C\n");
    rig.expect(&["A", "B", "C"]);
    rig.pass(100);
    rig.expect(&["A", "B", "C"]);
}

#[test]
fn s27_truncated_again_and_again_repeats_nothing() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    let mut expected = Vec::new();
    for i in 0..20 {
        rig.write("a.log", &format!("line {i} {}\n", "x".repeat(i % 3 * 10)));
        rig.pass(1);
        rig.truncate("a.log");
        expected.push(format!("line {i} {}", "x".repeat(i % 3 * 10)));
        if i % 2 == 0 {
            rig.pass(1);
        }
    }
    rig.pass(2);
    assert_eq!(rig.lines(), expected);
}

#[test]
fn s28_a_file_written_anew_with_one_more_line_yields_that_line() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    let text = numbered("kept", 50);
    rig.write("a.log", &text);
    rig.pass(1);
    fs::write(rig.path("a.tmp"), format!("{text}new 1\n")).unwrap();
    rig.rename("a.tmp", "a.log");
    rig.pass(2);
    assert_eq!(rig.lines().len(), 51);
    fs::write(rig.path("a.log"), format!("{text}new 1\nnew 2\n")).unwrap();
    rig.pass(2);
    assert_eq!(rig.lines().len(), 52);
}

// Identity.

#[test]
fn s29_s30_deleted_and_recreated_is_read_from_its_beginning() {
    for is_up in [true, false] {
        for n_lines in [1, 30] {
            let mut rig = Rig::new(&["a.log"]);
            rig.start();
            rig.write("a.log", "old 1\nold 2\nold 3\n");
            rig.pass(1);
            if !is_up {
                rig.kill();
            }
            rig.remove("a.log");
            let text = numbered("new", n_lines);
            rig.write("a.log", &text);
            if !is_up {
                rig.start();
            }
            rig.pass(2);
            assert_eq!(rig.lines()[3..], text.lines().collect::<Vec<_>>()[..]);
        }
    }
}

#[test]
fn s31_a_file_restored_from_a_backup_repeats_nothing() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", &numbered("kept", 50));
    rig.pass(1);
    rig.kill();
    rig.copy("a.log", "backup");
    rig.remove("a.log");
    rig.rename("backup", "a.log");
    rig.write("a.log", "new\n");
    rig.start();
    rig.pass(2);
    assert_eq!(rig.lines().len(), 51);
    rig.expect_no_loss();
}

#[test]
fn s32_s33_another_device_number_changes_nothing() {
    let mut rig = Rig::new(&["*.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.kill();
    for row in rig.store.rows.values_mut() {
        row.identity.dev += 7;
        row.identity.born = row.identity.born.map(|born| born + 1);
    }
    rig.write("a.log", "B\n");
    rig.start();
    rig.expect(&["A", "B"]);
}

// Down time.

#[test]
fn s34_a_rotation_while_down_is_read_from_both_files() {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::new(&[files]);
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.kill();
        rig.write("a.log", "B\n");
        rig.rename("a.log", "a.log.1");
        rig.write("a.log", "C\n");
        rig.start();
        rig.expect(&["A", "B", "C"]);
        rig.expect_no_loss();
    }
}

#[test]
fn s39_a_generation_that_is_gone_is_reported() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.kill();
    rig.remove("a.log");
    rig.write("b.log", "");
    rig.write("a.log", "C\n");
    rig.start();
    rig.expect(&["A", "C"]);
    assert_eq!(rig.store.losses.len(), 1);
    assert_eq!(rig.store.losses[0].kind, "generation-gone");
}

#[test]
fn a_rotated_log_that_was_read_and_then_compressed_while_down_is_no_loss() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(2);
    rig.kill();
    rig.rename("a.log.1", "a.log.1.gz");
    rig.remove("a.log.1.gz");
    rig.write("a.log", "C\n");
    rig.start();
    rig.expect(&["A", "B", "C"]);
    rig.expect_no_loss();
}

// Lines.

#[test]
fn a_line_that_is_too_long_is_cut_and_its_rest_counted_over_a_restart() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "before\n");
    rig.write("a.log", &"x".repeat(MAX_LINE + 1000));
    rig.pass(2);
    rig.kill();
    rig.start();
    rig.write("a.log", &"x".repeat(3 * 1024 * 1024));
    rig.write("a.log", "\nafter\n");
    rig.pass(2);
    let lengths: Vec<_> = rig.lines().iter().map(|line| line.len()).collect();
    assert_eq!(lengths, [6, MAX_LINE, 5]);
    assert_eq!(rig.store.losses.len(), 1);
    assert_eq!(rig.store.losses[0].kind, "line-cut");
}

#[test]
fn lines_that_the_matcher_leaves_come_again_with_more_or_settled() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\nB\n");
    rig.now = rig.now + Duration::from_secs(1);
    let mut now = rig.now;
    let mut write = rig.appender("a.log");
    let source = rig.source.as_mut().unwrap();
    let mut next = |source: &mut Source, millis, n_consumed| {
        now = now + Duration::from_millis(millis);
        source.reconcile(now);
        let chunk = source.next_chunk(now)?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let given = (text(chunk.lead), text(chunk.bytes), chunk.settled);
        source.consumed(n_consumed, now);
        Some(given)
    };
    let given = |lead: &str, bytes: &str, settled| Some((lead.into(), bytes.into(), settled));
    assert_eq!(next(source, 0, 2), given("", "A\nB\n", false));
    assert_eq!(next(source, 100, 0), None);
    write.write_all(b"C\nfrag").unwrap();
    assert_eq!(next(source, 1000, 2), given("A\n", "B\nC\n", true));
    assert_eq!(next(source, 100, 0), None);
    assert_eq!(next(source, 200, 2), given("A\nB\n", "C\n", true));
    assert_eq!(next(source, 1000, 0), None);
}

#[test]
fn a_flood_in_one_file_does_not_delay_the_others() {
    let mut rig = Rig::new(&["*.log"]);
    rig.start();
    rig.write("flood.log", &numbered("flood", 100_000));
    rig.pass(0);
    rig.now = rig.now + Duration::from_secs(1);
    rig.source.as_mut().unwrap().reconcile(rig.now);
    assert!(rig.read_one());
    rig.write("quiet.log", "Q\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.source.as_mut().unwrap().reconcile(rig.now);
    assert!(rig.read_one());
    assert_eq!(rig.pending.last().unwrap().1, "Q");
}

#[test]
fn line_ends_and_nuls_of_other_kinds_belong_to_their_lines() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\r\n\n\u{0}B\n");
    rig.write("a.log", "C\u{0}D\n");
    rig.expect(&["A\r", "", "\u{0}B", "C\u{0}D"]);
}

#[test]
fn nuls_at_the_end_wait_for_what_is_written_over_them() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\n\u{0}\u{0}\u{0}\u{0}");
    rig.pass(2);
    std::thread::sleep(Duration::from_millis(10));
    let file = OpenOptions::new().write(true).open(rig.path("a.log")).unwrap();
    file.write_at(b"B\nC\n", 2).unwrap();
    rig.expect(&["A", "B", "C"]);
}

#[test]
fn a_log_named_like_a_rotation_is_read_as_its_own() {
    let mut rig = Rig::new(&["*.log*"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.write("a.log.err", "E\n");
    rig.write("a.log.7", "unrelated, and older than this\n");
    rig.pass(20);
    let mut lines = rig.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["A", "E", "unrelated, and older than this"]);
}

#[test]
fn a_link_that_is_turned_to_another_file_is_followed_there() {
    let mut rig = Rig::new(&["current"]);
    rig.write("1.txt", "old\n");
    std::os::unix::fs::symlink(rig.path("1.txt"), rig.path("current")).unwrap();
    rig.start();
    rig.write("1.txt", "A\n");
    rig.pass(1);
    rig.write("1.txt", "B\n");
    rig.write("2.txt", "C\n");
    std::os::unix::fs::symlink(rig.path("2.txt"), rig.path("next")).unwrap();
    rig.rename("next", "current");
    rig.expect(&["A", "B", "C"]);
}

#[test]
fn a_path_that_was_given_a_second_name_has_the_rules_of_both() {
    let mut rig = Rig::new(&["a.log"]);
    let other = SourceSettings {
        name: "t".into(),
        files: vec![rig.path("link")],
        ..rig.settings[0].clone()
    };
    rig.settings.push(other);
    std::os::unix::fs::symlink(rig.path("a.log"), rig.path("link")).unwrap();
    rig.start();
    rig.write("a.log", "A\n");
    rig.expect(&["A"]);
    let statuses: Vec<_> = rig.source.as_ref().unwrap().statuses().collect();
    assert!(statuses.iter().any(|status| status.sources.len() == 2));
}

// States.

#[test]
fn what_cannot_be_followed_is_told_once_and_tried_again() {
    let mut rig = Rig::new(&["missing.log", "dir"]);
    fs::create_dir(rig.path("dir")).unwrap();
    rig.start();
    rig.pass(20);
    assert_eq!(rig.state("missing.log"), Some(StreamState::Missing));
    assert_eq!(rig.state("dir"), Some(StreamState::NotAFile));
    assert_eq!(rig.store.problems.len(), 2);
    rig.write("missing.log", "A\n");
    fs::remove_dir(rig.path("dir")).unwrap();
    rig.write("dir", "B\n");
    rig.pass(2);
    assert_eq!(rig.lines().len(), 2);
    assert_eq!(rig.state("dir"), Some(StreamState::Following));
}

#[test]
fn a_directory_that_appears_is_entered() {
    let mut rig = Rig::new(&["new/deep/a.log", "x*/**/*.log"]);
    rig.start();
    fs::create_dir_all(rig.path("new/deep")).unwrap();
    fs::create_dir_all(rig.path("x1/y/z")).unwrap();
    rig.write("new/deep/a.log", "A\n");
    rig.pass(2);
    rig.write("x1/y/z/b.log", "B\n");
    rig.expect(&["A", "B"]);
}

#[test]
fn nothing_is_committed_while_nothing_happens() {
    let mut rig = Rig::new(&["*.log"]);
    rig.write("a.log", "A\n");
    rig.start();
    for _ in 0..100 {
        rig.now = rig.now + Duration::from_secs(1);
        let source = rig.source.as_mut().unwrap();
        source.reconcile(rig.now);
        assert!(source.next_chunk(rig.now).is_none());
        assert_eq!(source.take_changes(), Changes::default());
        assert!(source.deadline() > rig.now);
    }
}

#[test]
fn rows_go_a_week_after_their_files() {
    let mut rig = Rig::new(&["*.log"]);
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(2);
    rig.remove("a.log");
    rig.pass(100);
    assert_eq!(rig.store.rows.len(), 1);
    assert!(rig.store.rows.values().all(|row| row.finished));
    rig.now = rig.now + Duration::from_hours(7 * 24);
    rig.pass(2);
    assert_eq!(rig.store.rows.len(), 0);
}

/// Not a test of behaviour: `cargo test --release idle -- --ignored --nocapture` shows the cost.
#[test]
#[ignore = "a measurement"]
fn cost_of_idle_files() {
    for n_files in [100, 3_000] {
        let mut rig = Rig::with(&["*.log"], Start::End, Watching::Events);
        for i in 0..n_files {
            rig.write(&format!("{i}.log"), "A\n");
        }
        let begin = std::time::Instant::now();
        rig.start();
        let started = begin.elapsed();
        rig.pass(120);
        let begin = std::time::Instant::now();
        rig.pass(300);
        let share = begin.elapsed().as_secs_f64() / 300.0 * 100.0;
        println!("{n_files} files: start {started:?}, then {share:.3} % of a core");
    }
}

#[test]
fn events_ring_the_bell() {
    let mut rig = Rig::with(&["*.log"], Start::End, Watching::Events);
    rig.start();
    rig.waker.wait(Some(Duration::from_millis(50)));
    for text in ["A\n", "B\n"] {
        rig.write("a.log", text);
        for _ in 0..10 {
            rig.waker.wait(Some(Duration::from_millis(500)));
            rig.run();
            if rig.lines().last() == Some(&text.trim_end()) {
                break;
            }
        }
    }
    rig.rename("a.log", "gone");
    rig.write("a.log", "C\n");
    rig.waker.wait(Some(Duration::from_secs(5)));
    rig.run();
    assert_eq!(rig.lines(), ["A", "B", "C"]);
}

#[test]
fn a_writer_that_rotates_without_a_pause_loses_nothing() {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::with(&[files], Start::End, Watching::Events);
        rig.write("a.log", "");
        rig.start();
        let root = rig.dir.path().canonicalize().unwrap();
        let writer = std::thread::spawn(move || rotate_without_a_pause(&root));
        let mut is_over = false;
        while !is_over {
            is_over = writer.is_finished();
            rig.waker.wait(Some(Duration::from_millis(20)));
            rig.now = rig.now.max(real_now());
            rig.run();
            if rig.store.lines.len().is_multiple_of(7) {
                rig.kill();
                rig.start();
            }
        }
        writer.join().unwrap();
        rig.pass(80);
        let mut n_seen = BTreeMap::new();
        for line in rig.lines() {
            *n_seen.entry(line.to_owned()).or_insert(0) += 1;
        }
        for i in 0..20_000 {
            n_seen.entry(format!("{i:06}")).or_insert(0);
        }
        n_seen.retain(|_, n| *n != 1);
        assert!(
            n_seen.is_empty(),
            "{}: {:?}",
            n_seen.len(),
            n_seen.iter().take(10).collect::<Vec<_>>()
        );
    }
}

/// Writes 20,000 lines into 20 files, in pieces that end anywhere.
fn rotate_without_a_pause(root: &Path) {
    for n_file in 0..20 {
        let log = root.join("a.log");
        let mut file = OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let text: String =
            (0..1000).map(|i| format!("{:06}", n_file * 1000 + i)).collect::<Vec<_>>().join("\n");
        for piece in (text + "\n").as_bytes().chunks(501) {
            file.write_all(piece).unwrap();
            std::thread::yield_now();
        }
        for i in (1..=n_file).rev() {
            let name = |i| root.join(format!("a.log.{i}"));
            fs::rename(name(i), name(i + 1)).unwrap();
        }
        fs::rename(&log, root.join("a.log.1")).unwrap();
    }
}

#[test]
fn a_ring_before_the_wait_is_not_lost() {
    let waker = Waker::new();
    waker.wake();
    waker.wait(None);
    waker.wait(Some(Duration::from_millis(1)));
}

#[test]
fn a_glob_enters_no_directory_in_vain() {
    let tree = |text: &str| match glob::Pattern::parse(Path::new(text)).unwrap() {
        glob::Pattern::Glob(tree) => tree,
        glob::Pattern::Path(_) => panic!("a path"),
    };
    let logs = tree("/var/log/app-*/*.log");
    assert_eq!(logs.base, Path::new("/var/log"));
    assert!(logs.enters("app-1".as_ref(), 0));
    assert!(!logs.enters("other".as_ref(), 0));
    assert!(!logs.enters("app-1".as_ref(), 1));
    assert!(tree("/var/**/x").enters("any".as_ref(), 7));
}

// Fairness and cost.

#[test]
fn a_log_with_much_to_read_gets_its_turns_behind_many_busy_ones() {
    let mut rig = Rig::new(&["*.log"]);
    rig.write("flood.log", "");
    (0..20).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    rig.write("flood.log", &numbered("a line that is a bit longer than the others are", 60_000));
    for turn in 0..30 {
        (0..20).for_each(|i| rig.write(&format!("{i}.log"), &format!("turn {turn}\n")));
        rig.now = rig.now + Duration::from_secs(1);
        rig.source.as_mut().unwrap().reconcile(rig.now);
        let _ = (0..16).take_while(|_| rig.read_one()).count();
        rig.commit();
    }
    let n_read = rig.store.lines.iter().filter(|(name, _)| name == "flood.log").count();
    assert_eq!(n_read, 60_000);
}

#[test]
fn many_quiet_logs_wake_the_agent_no_more_often_than_one() {
    let mut rig = Rig::with(&["*.log"], Start::End, Watching::Events);
    (0..300).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    for i in 0..300 {
        rig.write(&format!("{i}.log"), "B\n");
        rig.now = rig.now + Duration::from_millis(17);
        rig.run();
    }
    let begin = rig.now;
    // Four a second, and the scans.
    let mut n_wakes = 0;
    while rig.now.since(begin) < Duration::from_secs(100) {
        rig.now = rig.now.max(rig.source.as_ref().unwrap().deadline());
        rig.run();
        n_wakes += 1;
        assert!(n_wakes <= 450);
    }
}

#[test]
fn a_path_that_cannot_be_opened_is_not_ready_until_it_can() {
    let mut rig = Rig::new(&["a.log/b.log"]);
    rig.start();
    assert!(rig.source.as_ref().unwrap().is_ready());
    fs::create_dir(rig.path("a.log")).unwrap();
    std::os::unix::fs::symlink("b.log", rig.path("a.log/b.log")).unwrap();
    rig.pass(2);
    assert!(!rig.source.as_ref().unwrap().is_ready());
    rig.remove("a.log/b.log");
    rig.pass(6);
    assert!(rig.source.as_ref().unwrap().is_ready());
}

#[test]
fn lines_that_trickle_in_do_not_put_off_those_that_wait_for_them() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "hit\n");
    rig.now = rig.now + Duration::from_secs(1);
    rig.source.as_mut().unwrap().reconcile(rig.now);
    let begin = rig.now;
    while rig.pending.is_empty() && rig.now.since(begin) < Duration::from_secs(5) {
        rig.read_some(0);
        rig.now = rig.now + Duration::from_millis(290);
        rig.write("a.log", "more\n");
        let id = *rig.source.as_ref().unwrap().streams.keys().next().unwrap();
        rig.source.as_mut().unwrap().look(id, rig.now);
        rig.source.as_mut().unwrap().reconcile(rig.now);
    }
    assert!(rig.now.since(begin) < Duration::from_secs(1));
}

// The limit of open files.

#[test]
fn with_more_logs_than_may_be_open_no_line_is_lost_or_repeated() {
    let mut rig = Rig::new(&["*.log"]);
    rig.max_open = 8;
    (0..30).for_each(|i| rig.write(&format!("{i:02}.log"), "old\n"));
    rig.start();
    assert!(rig.source.as_ref().unwrap().is_ready());
    let mut expected = Vec::new();
    for round in 0..6 {
        for i in (0..30).filter(|i| (i + round) % 5 == 0) {
            rig.write(&format!("{i:02}.log"), &format!("{i:02} in {round}\n"));
            expected.push(format!("{i:02} in {round}"));
        }
        if round == 3 {
            rig.kill();
            rig.start();
        }
        rig.pass(320);
    }
    rig.pass(700);
    let mut lines = rig.lines();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    rig.expect_no_loss();
    assert_eq!(rig.source.as_ref().unwrap().statuses().count(), 30);
}

#[test]
fn a_log_that_finds_no_room_is_failing_and_told_of_once() {
    let mut rig = Rig::with(&["*.log"], Start::Begin, Watching::Polling);
    rig.max_open = 2;
    (0..5).for_each(|i| rig.write(&format!("{i}.log"), "A\n"));
    rig.start();
    let told: Vec<_> = rig.store.problems.iter().map(|problem| &*problem.what).collect();
    let expected = "more logs than this process may open at once (2); raise LimitNOFILE";
    assert_eq!(told, [expected]);
    let statuses = rig.source.as_ref().unwrap().statuses();
    let n_failing = statuses.filter(|status| status.state == StreamState::Failing).count();
    assert_eq!(n_failing, 3);
    assert!(!rig.source.as_ref().unwrap().is_ready());
    // Not for long: a quiet one makes room.
    rig.pass(20);
    assert_eq!(rig.lines().len(), 5);
    let told = rig.store.problems.iter().filter(|problem| problem.what == expected);
    assert_eq!(told.count(), 1);
    rig.expect_no_loss();
}

#[test]
fn finished_rotations_are_known_again_on_a_device_of_another_number() {
    let mut rig = Rig::new(&["a.log*"]);
    rig.start();
    rig.write("a.log", &numbered("A", 50));
    rig.pass(1);
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(200);
    rig.kill();
    rig.rename("a.log.1", "a.log.2");
    rig.store.rows.values_mut().for_each(|row| row.identity.dev += 7);
    rig.start();
    rig.pass(3);
    rig.write("a.log.2", "late\n");
    rig.pass(12);
    assert_eq!(rig.lines().len(), 52);
    rig.expect_no_loss();
}

#[test]
fn what_was_copied_and_truncated_several_times_while_the_agent_was_down_is_read_in_order() {
    for files in ["a.log", "a.log*"] {
        let mut rig = Rig::new(&[files]);
        rig.write("a.log.4", "before all\n");
        rig.start();
        rig.write("a.log", "A\n");
        rig.pass(1);
        rig.kill();
        for text in ["B\n", "C\n", "D\n"] {
            rig.write("a.log", text);
            for i in [2, 1] {
                let _ = fs::rename(
                    rig.path(&format!("a.log.{i}")),
                    rig.path(&format!("a.log.{}", i + 1)),
                );
            }
            rig.copy("a.log", "a.log.1");
            rig.truncate("a.log");
        }
        rig.write("a.log", "E\n");
        rig.start();
        rig.pass(200);
        assert_eq!(rig.lines(), ["A", "B", "C", "D", "E"]);
        rig.expect_no_loss();
    }
}

#[test]
fn a_file_that_was_awaited_is_read_from_its_beginning_after_a_crash() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.pass(2);
    rig.kill();
    rig.write("a.log", "A\n");
    // The last commit was made after the file was, and before anyone looked.
    std::thread::sleep(Duration::from_millis(20));
    rig.store.last_up = Some(real_now());
    rig.start();
    rig.write("a.log", "B\n");
    rig.expect(&["A", "B"]);
}

#[test]
fn the_rest_of_a_fragment_that_was_given_out_is_given_out_after_a_restart() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", "A\nfrag");
    rig.pass(1);
    let mut late = rig.appender("a.log");
    rig.rename("a.log", "a.log.1");
    rig.write("a.log", "B\n");
    rig.pass(100);
    assert_eq!(rig.lines(), ["A", "B", "frag"]);
    late.write_all(b"ment").unwrap();
    rig.pass(30);
    rig.kill();
    rig.start();
    late.write_all(b" and rest\nL2\n").unwrap();
    rig.pass(20);
    assert_eq!(rig.lines(), ["A", "B", "frag", "ment and rest", "L2"]);
    rig.expect_no_loss();
}

#[test]
fn a_huge_line_is_passed_over_in_portions() {
    let mut rig = Rig::new(&["a.log"]);
    rig.start();
    rig.write("a.log", &("x".repeat(40_000_000) + "\nnext\n"));
    rig.now = rig.now + Duration::from_secs(1);
    rig.source.as_mut().unwrap().reconcile(rig.now);
    let mut n_pauses = 0;
    while rig.pending.len() < 2 {
        if !rig.read_one() {
            n_pauses += 1;
            assert_eq!(rig.source.as_ref().unwrap().deadline(), rig.now);
        }
    }
    assert_eq!(n_pauses, 4);
    rig.commit();
    assert_eq!(rig.lines()[1], "next");
}

#[test]
fn a_log_without_a_descriptor_that_is_copied_and_truncated_is_not_read_again() {
    let mut rig = Rig::new(&["*.log*"]);
    rig.max_open = 1;
    rig.start();
    rig.write("a.log", "A\n");
    rig.pass(1);
    // It takes the place of the other, which is quiet.
    rig.pass(400);
    rig.write("b.log", "B\n");
    rig.pass(20);
    assert_eq!(rig.lines(), ["A", "B"]);
    rig.copy("a.log", "a.log.1");
    rig.truncate("a.log");
    rig.pass(700);
    rig.write("a.log", "C\n");
    rig.pass(700);
    assert_eq!(rig.lines(), ["A", "B", "C"]);
    rig.expect_no_loss();
}
